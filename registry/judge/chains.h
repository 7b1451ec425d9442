#ifndef REGISTRY_CHAINS_H
#define REGISTRY_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/trust.h"

/*
 * The certificates of a file, asked about in one visit to the jail
 * (MSG_CHECK_CHAINS): collected, each once with all its moments, sent, and
 * found again in what comes back.  Pure.
 */

struct FileReading;
struct ChainsChecked;
struct ChainAt;
struct ChainWord;
struct verify_ask;

struct chains;			/* opaque */

enum chains_role { CHAINS_MAKER = 1, CHAINS_SIGNER, CHAINS_TIME_STAMP };

/* Under whose authority a certificate stands. */
#define LIMIT_VERIFY_PARTS	16	/* of a revocation list, beyond its first */

#define CHAINS_ANY	((size_t)-1)	/* any of the trust list */
#define CHAINS_FOREIGN	((size_t)-2)	/* only those of the policy */

/* m and ask are borrowed.  Caller frees with chains_free(). */
struct chains	*chains_new(const struct FileReading *m,
		    const struct verify_ask *ask);
void		 chains_free(struct chains *c);
/* Is there anything to ask that is not known yet? */
bool		 chains_wanted(const struct chains *c);
/* Is an authority of this province asked for (its CRLs are wanted)? */
bool		 chains_wants(const struct chains *c, size_t province);
/* Is it asked for itself, not as any is? */
bool		 chains_names(const struct chains *c, size_t province);
/*
 * Parts of its list beyond the first that these certificates name, and those
 * that may lead from them to an authority, each once;
 * how many there are, up to max.  They are numbers, so that nobody else's
 * address is ever asked.
 */
size_t		 chains_parts(const struct chains *c, size_t province,
		    unsigned *parts, size_t max);
/*
 * A list that somebody might be on is not among those asked about: more parts
 * are named than are asked for, or chains_leave_out() was called.  Who stands
 * beside a stamp is its bringer's choice: where there is no list then, it is
 * not known that there is none.
 */
void		 chains_leave_out(struct chains *c);
bool		 chains_crowded(const struct chains *c);
/* The question (CheckChains), with these CRLs, appended to out. */
void		 chains_put(const struct chains *c, const struct octets *crls,
		    size_t ncrls, struct buf *out);
/* What came back; kept by reference.  NULL, or what does not fit: nothing
 * more is known. */
void		 chains_set(struct chains *c, const struct ChainsChecked *m);

/*
 * For a memory (registry/judge/memory.h).  Of certificate i of chains_count():
 * the octets that decide, with the CRLs and what is ours (anchors, and what may
 * lead to them), what is said of it; words
 * known before, kept by reference, for the moments in their spans; what was
 * said of it in answer to the question, or NULL.
 */
size_t		 chains_count(const struct chains *c);
void		 chains_key(const struct chains *c, size_t i,
		    struct buf *out);
void		 chains_recall(struct chains *c, size_t i,
		    const struct ChainWord *known);
const struct ChainWord *chains_heard(const struct chains *c, size_t i);

/*
 * What was said of a certificate, under a province (index into the trust
 * list), CHAINS_ANY or CHAINS_FOREIGN, at a moment.  NULL: nothing.  *word (may be NULL) is
 * about the certificate itself.
 */
const struct ChainAt *chains_at(const struct chains *c, struct octets cert,
		    size_t province, enum chains_role role, int64_t at,
		    const struct ChainWord **word);

#endif /* REGISTRY_CHAINS_H */
