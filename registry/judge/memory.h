#ifndef REGISTRY_MEMORY_H
#define REGISTRY_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "registry/judge/chains.h"

/*
 * What a run over many files remembers of what they have in common: revocation
 * lists as they were fetched, and what was said of certificates, each for the
 * span of time in which it holds.  Nothing is believed longer than it was
 * said for; what is fetched is fetched anew after a while, and a list that
 * changed makes everything that was said under it forgotten.
 */

#define MEMORY_SECONDS		60	/* then the network is asked again */
#define LIMIT_MEMORY_LISTS	(64u << 20)	/* octets of lists */
#define LIMIT_MEMORY_URLS	1024	/* addresses; where nothing is, forgotten */
#define LIMIT_MEMORY_CHAINS	(32u << 20)	/* octets of words */
#define LIMIT_MEMORY_SPANS	16	/* of one certificate */

struct ProtobufCMessage;
struct jail_own;
struct memory;			/* opaque */

/* chains: certificates that are remembered.  Caller frees. */
struct memory	*memory_new(size_t chains);
void		 memory_free(struct memory *m);
/* The jail in which certificates are judged; no file comes into it. */
struct jail_own	*memory_jail(struct memory *m);

/* Before the lists of a file are collected: makes room. */
void		 memory_begin(struct memory *m);
/*
 * The revocation list at url, fetched now or lately; empty where there is
 * none.  Tied to m until memory_begin().
 */
struct octets	 memory_list(struct memory *m, const char *url, int64_t now);

/* Tell c what is known of its certificates ... */
void		 memory_recall(struct memory *m, struct chains *c);
/* ... and keep what was said of the others, when the file is judged; nothing
 * of a file for which lists were left out (chains_crowded()). */
void		 memory_keep(struct memory *m, const struct chains *c);

#endif /* REGISTRY_MEMORY_H */
