#ifndef REGISTRY_VERIFY_H
#define REGISTRY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/chains.h"
#include "registry/judge/past.h"
#include "registry/judge/policy.h"
#include "registry/judge/report.h"
#include "sync/trust.h"

/*
 * Is what stands in this file genuine, and was it valid then?  Rules of GB/T
 * 38540-2020 (GM/T 0031-2014 and -2025 where the seal is V1 or V5; domain:
 * they differ in what an expired certificate means), reported one by one.
 * Pure: the jail reads the file and judges the certificates, the caller asks
 * the register, and the rules are applied here, for the command
 * (registry/judge/verify_ask.h) as for the route.
 */

struct FileReading;
struct SealReading;

/*
 * Whose choice the revocation lists are.  Of evidence it is its bringer's: a
 * certificate for which there is none is unknown then, and what the evidence
 * says of its lists is told.
 */
enum verify_lists {
	LISTS_OURS = 0,
	LISTS_WHOLE,		/* those that it was judged by are in it */
	LISTS_GONE,		/* one of them is not */
	LISTS_UNSAID		/* it does not say: of an earlier version */
};

/* Borrowed. */
struct verify_ask {
	const struct trust	*trust;
	const struct policy	*policy;	/* NULL: the usual one */
	bool			 has_at;
	int64_t			 at;	/* the moment asked about */
	int64_t			 now;
	bool			 pictures;	/* of seals are to be shown */
	/* Beside those of the policy: of a node, its own cross certificates. */
	const struct octets	*intermediates;	size_t nintermediates;
	/* Of evidence, those that it was judged with: its bringer's word,
	 * which leaves ours their room. */
	const struct octets	*kept;		size_t nkept;
	enum verify_lists	 lists;
	struct octets		 original;	/* of a stamp that comes alone;
						 * or a NULL pointer */
	bool			 has_digest;	/* of the file */
	uint8_t			 digest[SM3_LEN];
};

/* What became of asking the register about one code. */
enum verify_heard {
	HEARD_NOT_ASKED = 1,	/* nobody to ask was given */
	HEARD_NOTHING,		/* asked; text says why nothing came */
	HEARD_BROKEN,		/* an answer came, and its proof does not hold */
	HEARD_WORD		/* doubt, record, as_of and past */
};

struct verify_word {
	enum verify_heard	 heard;
	char			 text[352];
	enum verdict_why	 doubt;	/* why it is not believed; or NONE */
	const struct record	*record;	/* NULL: no such code */
	int64_t			 as_of;
	const struct past	*past;	/* NULL: not at hand */
};

/* Who is asked about a code: fills *w, whose views live as long as ctx.
 * wants_past: the present record will not do. */
typedef void verify_register(void *ctx, const struct trust_province *owner,
	    const char *code, const struct verdict_case *c,
	    struct verify_word *w);

/* Who owns the code of the seal, or NULL. */
const struct trust_province *verify_owner(const struct SealReading *m,
	    const struct trust *t);

/*
 * Report on what the jail made of the file: its own rows, then those of the
 * certificates (chains_set() was called) and of the register.  Caller ends r
 * with report_fini().
 */
void	 verify_reading(const struct FileReading *m,
	    const struct verify_ask *ask, const struct chains *chains,
	    verify_register *reg, void *ctx, struct report *r);
/* Report on octets that the jail refused, or could not look at, with e. */
void	 verify_refused(const struct err *e, const struct verify_ask *ask,
	    struct report *r);

#endif /* REGISTRY_VERIFY_H */
