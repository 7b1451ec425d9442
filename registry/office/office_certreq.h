#ifndef REGISTRY_OFFICE_CERTREQ_H
#define REGISTRY_OFFICE_CERTREQ_H

#include "ca/cert.h"
#include "ca/key.h"
#include "registry/office/office_case.h"

/*
 * Requests for certificates of a licensed body (docs/ca.md): one a case, from
 * the last approval until the body has answered.  What is asked for is stored
 * before anything leaves, and never changed.  Whether an answer is taken is
 * office_delivery.h's.
 */

/* Octets of the issuers of one certificate. */
#define LIMIT_ISSUERS	(8 * LIMIT_CERT)

/* As it stands in the database.  Opaque owner of what it points to. */
struct certreq {
	int64_t		 application;
	struct buf	 request;	/* PKCS#10, DER; empty: not made yet */
	uint8_t		 point[SM2_POINT_LEN];	/* once it is made */
	struct buf	 wrapped_key;	/* empty: the applicant has the key */
	struct buf	 certificate;	/* DER; empty: it waits */
	struct buf	 issuers;	/* DER one by one, root last */
	bool		 closed;	/* the body has said no */
	int		 want;		/* what the seal's status asks of the
					 * certificate: a reason of RFC 5280,
					 * 5.3.1; -1: to be good */
	enum case_state	 state;
	char		*seal_code, *owner_name, *credit_code;
};

/*
 * Inside the transaction of the last approval: the intent, and where the
 * applicant has the key the request that he brought.  ERR_CONFLICT
 * "no-applicant-request": it was not kept (an older version took the case).
 */
int	 certreq_intend(struct office *of, const struct office_case *c,
	    int64_t now, struct err *e) MUST_CHECK;
/* Keep the request that an applicant brought, in the transaction of its case. */
int	 certreq_keep(struct office *of, int64_t application,
	    struct octets der, struct err *e) MUST_CHECK;
/*
 * What the key process made.  ERR_CONFLICT "illegal-transition": there is a
 * request already.
 */
int	 certreq_put(struct office *of, int64_t application,
	    struct octets request, struct octets point,
	    struct octets wrapped_key, struct err *e) MUST_CHECK;

/*
 * The request of a case, of a code; *r is NULL where there is none.  Caller
 * frees with certreq_free().
 */
int	 certreq_get(struct office *of, int64_t application,
	    struct certreq **r, struct err *e) MUST_CHECK;
int	 certreq_by_code(struct office *of, const char *code,
	    struct certreq **r, struct err *e) MUST_CHECK;
/* Of a key: the one that names cn, else the newest. */
int	 certreq_by_key(struct office *of, struct octets point,
	    const char *cn, struct certreq **r, struct err *e) MUST_CHECK;
void	 certreq_free(struct certreq *r);

/*
 * What became of a request, told by an officer in a session: "sent" (it went
 * out, once more), "rejected" (the body says no: the case is returned with
 * the reason), "reopened" (it was returned so, and waits again), "held",
 * "revoked", "released" (the body has done that with the certificate, and it
 * is still what the seal's status asks).  *state is the case's afterwards.
 *
 * ERR_INVAL "bad-mark", "reason-required", "bad-reason"; ERR_NOTFOUND
 * "no-such-request"; ERR_CONFLICT "illegal-transition", "already-has-seal".
 */
int	 certreq_mark(struct office *of, const struct session *s, int64_t id,
	    const char *mark, const char *reason, enum case_state *state,
	    struct err *e) MUST_CHECK;

/* What a seal's new status asks of the body: as event_effects(). */
struct record;
int	 certreq_effects(struct office *of, const struct record *r,
	    struct err *e) MUST_CHECK;

/* How many wait, since when the oldest (0: none) and how many of them had a
 * certificate refused; of how many the body is to be told a status. */
struct certreq_counts {
	uint64_t	waiting, refused, revoking;
	int64_t		since;
};
int	 certreq_counts(struct office *of, struct certreq_counts *n,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_CERTREQ_H */
