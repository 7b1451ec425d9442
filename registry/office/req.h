#ifndef REGISTRY_REQ_H
#define REGISTRY_REQ_H

#include "registry/office/office_case.h"
#include "registry/office/office_session.h"
#include "registry/office/recorder.h"

/*
 * A request at work at the recorder's desk: what desk*.c share.  Each ends
 * once, by one of the req_ functions that answer, which free it.
 */

struct ProtobufCMessage;

struct req {
	struct client		*cl;		/* held */
	uint64_t		 id;
	struct ProtobufCMessage	*m;		/* the request, owned */
	struct ProtobufCMessage	*reading;	/* what a jail said, owned */
	uint8_t			 point[SM2_POINT_LEN];	/* of a CSR */
	size_t			 pointlen;
	int			(*next)(struct req *q, struct err *e);
	struct account		 account;	/* of a Login */
	/* What the operation came to; set anew by each run. */
	int64_t			 application, expires;
	enum case_state		 state;
	bool			 repeated;	/* answered before */
	struct buf		 answer;	/* packed reply */
	int64_t			*cases;		/* to be made, of a Deliver */
	size_t			 ncases;
};

/* Ends: with an error; with a message; with the packed answer. */
void	req_free(struct req *q);
void	req_fail(struct req *q, const struct err *e);
void	req_reply(struct req *q, uint16_t type,
	    const struct ProtobufCMessage *m);
void	req_reply_packed(struct req *q);

/* Pack the answer; that of a case is what it is now. */
void	req_pack(struct req *q, const struct ProtobufCMessage *m);
void	req_pack_case(struct req *q, const struct office_case *c);

/* The octets of a bytes field. */
#define REQ_BYTES(B)	OCTETS((B).data, (B).len)

struct recorder *req_recorder(const struct req *q);
struct office *req_office(const struct req *q);

/* Queue its operation; a commit follows.  Usual ways to be done: the packed
 * answer, or MSG_OK. */
void	req_add(struct req *q, bool appends, batch_run *run,
	    batch_done *done);
void	req_packed_done(void *arg, const struct err *e);
void	req_ok_done(void *arg, const struct err *e);

/*
 * Who is behind the token, with one of roles (0: any); as session_need().  A
 * hash of it would not do: http reads those in the database.
 */
int	req_session(const struct req *q, const char *token, unsigned roles,
	    struct session *s, struct err *e) MUST_CHECK;

/* A jail to ask.  ERR_BUSY "jail-unavailable". */
int	req_jail(const struct req *q, struct chan **jail,
	    struct err *e) MUST_CHECK;
/*
 * Have a jail read a certificate request (PKCS#10, DER), then go on with next,
 * q->point being its key; what next or the jail says is wrong is answered.
 * ERR_BUSY "jail-unavailable".
 */
typedef int req_next(struct req *q, struct err *e);
int	req_read_csr(struct req *q, struct octets csr, req_next *next,
	    struct err *e) MUST_CHECK;
/* Answers carry no descriptor; a jail that was taken over might send one. */
void	req_no_fd(const struct msg *reply);

/*
 * What is asked, by type.  They answer, now or later, or fail at once and
 * leave q to the caller.
 */
int	desk_login(struct req *q, struct err *e) MUST_CHECK;
int	desk_logout(struct req *q, struct err *e) MUST_CHECK;
int	desk_submit(struct req *q, struct err *e) MUST_CHECK;
int	desk_renew(struct req *q, struct err *e) MUST_CHECK;
int	desk_decide(struct req *q, struct err *e) MUST_CHECK;
int	desk_event(struct req *q, struct err *e) MUST_CHECK;
int	desk_deliver(struct req *q, struct err *e) MUST_CHECK;
int	desk_mark(struct req *q, struct err *e) MUST_CHECK;
int	desk_list(struct req *q, struct err *e) MUST_CHECK;
int	desk_stamp(struct req *q, struct err *e) MUST_CHECK;
int	desk_peer_time(struct req *q, struct err *e) MUST_CHECK;

#endif /* REGISTRY_REQ_H */
