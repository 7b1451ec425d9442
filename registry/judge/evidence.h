#ifndef REGISTRY_EVIDENCE_H
#define REGISTRY_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/chain_pick.h"
#include "registry/judge/policy.h"
#include "registry/judge/report.h"

/*
 * What a report was made from, kept so that anybody can judge again, offline:
 * what was read of the file, the answers and histories of the register with
 * their proofs, the CRLs, the trust list and the policy (docs/verify.md).  What
 * it proves it proves by the owners' signatures in it; a time-stamp over it
 * says that it was there at a moment, and unchanged since.
 */

#define LIMIT_EVIDENCE		(96u << 20)
#define EVIDENCE_FORMAT		"sealreg-evidence/v1"

/* What was heard of one code.  Texts, or NULL. */
struct evidence_word {
	char	 code[32];
	char	*answer, *history;
	char	*silence;		/* why nothing was heard */
};

/* Zero it; everything is owned: end with evidence_fini(). */
struct evidence {
	int64_t			 now, at;	/* when it was judged, for when */
	bool			 has_at;
	bool			 asked;		/* a node was */
	uint8_t			 digest[SM3_LEN];	/* of the file */
	uint64_t		 length;
	uint8_t			*reading;	/* FileReading, packed */
	size_t			 readinglen;
	char			*refused;	/* or why it was not read: its id */
	char			*trust;		/* the list, as it was given */
	struct policy		 policy;
	struct octets		 crls[LIMIT_CHAIN_GIVEN];
	size_t			 ncrls;
	/* H of each list that it was judged by; not said: of an earlier
	 * version.  Lists that are in it and are none of them are left out
	 * when it is read. */
	bool			 lists_said;
	uint8_t			 lists[LIMIT_CHAIN_GIVEN][SM3_LEN];
	size_t			 nlists, nadded;
	struct evidence_word	 words[LIMIT_REPORT_STAMPS];
	size_t			 nwords;
	/* A time-stamp over all the rest (TimeStampResp), or empty; what it
	 * is over was kept when it was read. */
	uint8_t			*stamp;
	size_t			 stamplen;
	char			*core;
};

void	 evidence_fini(struct evidence *ev);
/* The word on a code; made if create is set.  NULL: there is none. */
struct evidence_word *evidence_word(struct evidence *ev, const char *code,
	    bool create);
void	 evidence_add_crl(struct evidence *ev, struct octets crl);
/* How many of the lists that it was judged by are not in it. */
size_t	 evidence_lists_gone(const struct evidence *ev);

/*
 * As JSON, with the report that was made of it and its time-stamp, if there is
 * one.  The core is what a time-stamp is over: the same without it, compact
 * and in the order of the names.
 */
void	 evidence_put(const struct evidence *ev, const struct report *r,
	    struct buf *out);
void	 evidence_put_core(const struct evidence *ev, const struct report *r,
	    struct buf *out);
/* Read it back; the report in it is not looked at.  ERR_FORMAT
 * "bad-evidence"; *ev is zeroed then. */
int	 evidence_read(struct octets in, struct evidence *ev,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_EVIDENCE_H */
