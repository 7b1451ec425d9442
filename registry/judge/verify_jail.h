#ifndef REGISTRY_VERIFY_JAIL_H
#define REGISTRY_VERIFY_JAIL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/evidence.h"
#include "registry/judge/verify.h"

/*
 * Asking a jail that is started for one question: for commands.  Evidence that
 * comes to a node is judged in a jail, which asks itself.
 */

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

/* This process is a jail: from now on it answers such questions itself. */
void	 verify_in_jail(void);
/* *m is freed with protobuf_c_message_free_unpacked(). */
int	 verify_ask_jail(uint16_t type, struct octets large,
	    const struct ProtobufCMessageDescriptor *d,
	    struct ProtobufCMessage **m, struct err *e) MUST_CHECK;
/* ChainsChecked, or NULL. */
struct jail_own;
struct ProtobufCMessage *verify_ask_chains(struct jail_own *jail,
	    const struct chains *chains, const struct octets *crls,
	    size_t ncrls);


/* A question about evidence: what may lead to an authority is what is at hand
 * and what it was judged with. */
struct verify_with {
	struct verify_ask	 ask;
};
void	 verify_with(const struct verify_ask *ask, const struct evidence *ev,
	    struct verify_with *w);

#endif /* REGISTRY_VERIFY_JAIL_H */
