#ifndef REGISTRY_VERIFY_ASK_H
#define REGISTRY_VERIFY_ASK_H

#include "registry/judge/evidence.h"
#include "registry/judge/verify.h"

/*
 * Verifying from outside: the file is read in a jail that is started for it,
 * CRLs come from the owners' nodes, and the register is asked through any node
 * (registry/judge/proof.h).  For the command; it waits.
 */

/*
 * What judging many files has in common: node (its URL, borrowed, or NULL: the
 * register is not asked and no CRL is fetched), what is remembered, of many
 * seals and twice as many certificates, and whether evidence is kept.
 */
struct verify_run;		/* opaque */
struct verify_run *verify_run_new(const char *node, size_t many, bool keep);
void	 verify_run_free(struct verify_run *run);
/*
 * Judge what a jail read of a file (FileReading, packed; MSG_READ_MANY or MSG_READ_SHOWN).  *ev
 * as verify_file() fills it, but for the file's digest and length; answers and
 * CRLs only where evidence is kept.
 */
void	 verify_read(struct octets reading, const struct verify_ask *ask,
	    struct verify_run *run, struct evidence *ev, struct report *r);

/*
 * node: its URL, or NULL: the register is not asked and no CRL is fetched.
 * ask->digest is set here, and *ev (zeroed before) is filled with what the
 * report was made from, but for trust and policy.  Caller ends r with
 * report_fini(), ev with evidence_fini().  ERR_INVAL "original-not-needed",
 * "original-empty": there is no report then.
 */
int	 verify_file(struct octets in, struct verify_ask *ask,
	    const char *node, struct evidence *ev, struct report *r,
	    struct err *e) MUST_CHECK;
/*
 * Judge again what is kept in ev, offline, as of the moment at which it was
 * judged.  in: the file itself, or a NULL pointer; then what was read of it is
 * believed.  ERR_INVAL "evidence-other-file"; "evidence-other-original": it
 * was made with an original, or without one, and the file comes otherwise, or
 * with another; ERR_BUSY: the jail died.
 */
int	 verify_replay(struct octets in, struct verify_ask *ask,
	    struct evidence *ev, struct report *r, struct err *e) MUST_CHECK;

/*
 * Have the time-stamp authority of node stamp these octets; its answer
 * (TimeStampResp) is appended to out, whatever it says.  ERR_IO
 * "unreachable"; ERR_BUSY "node-refused".
 */
int	 verify_get_stamp(const char *node, struct octets what,
	    struct buf *out, struct err *e) MUST_CHECK;
/*
 * The row time_stamp of the evidence itself, with the authority behind it, in
 * out, which is zeroed before; out->at is its moment, if it is good.  As
 * verify_replay(), with what may lead to an authority out of ev, too.
 */
void	 verify_evidence(const struct evidence *ev,
	    const struct verify_ask *ask, struct report_part *out);

#endif /* REGISTRY_VERIFY_ASK_H */
