#ifndef REGISTRY_OFFICE_DELIVERY_H
#define REGISTRY_OFFICE_DELIVERY_H

#include "filing/record.h"
#include "registry/office/office_certreq.h"

/*
 * Certificates that a licensed body sent, as a jail read them: each is held
 * against the request that it answers, and taken or refused.  A refusal loses
 * nothing: the case waits on, and shows it.
 */

struct DeliveredCertificate;	/* schema/proto/msg.proto */

enum delivery_result {
	DELIVERY_ACCEPTED = 1,
	DELIVERY_REPEATED,	/* the very same was taken before */
	DELIVERY_REFUSED
};
const char *delivery_word(enum delivery_result r);

/* What came of one.  Plain value. */
struct delivery_done {
	enum delivery_result	result;
	int64_t			application;	/* 0: of no case of ours */
	char			seal_code[SEAL_CODE_SIZE];
	struct err		why;		/* of a refusal */
};

/*
 * Is m what r asks for, now?  ERR_VERIFY "certificate-other-key",
 * "certificate-other-subject", "certificate-too-short",
 * "certificate-too-long", "deviation-refused"; else what the jail said of its
 * chain (ca/chain.h), or "bad-certificate".
 */
int	 delivery_check(const struct certreq *r,
	    const struct DeliveredCertificate *m, const struct config *cf,
	    int64_t now, struct err *e) MUST_CHECK;

/*
 * Take m or refuse it, inside a transaction; an error is the database's.  A
 * refusal is also "no-such-request" (nobody's key and code), "request-closed",
 * "request-answered" (by another certificate), "serial-used".  Where m is
 * taken the seal's dates are settled: from now until the end of seal_valid_days or
 * of the certificate, whichever comes first.
 */
int	 delivery_take(struct office *of, const struct session *s,
	    const struct DeliveredCertificate *m, struct delivery_done *done,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_DELIVERY_H */
