#ifndef REGISTRY_WEB_H
#define REGISTRY_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ev.h"
#include "base/http.h"
#include "base/msg.h"
#include "base/slots.h"
#include "registry/judge/answer.h"
#include "registry/config.h"
#include "registry/role.h"
#include "store/store.h"
#include "sync/log.h"
#include "registry/judge/node_policy.h"
#include "sync/trust.h"

/*
 * What the routes of an http process share: its stores, links and counters,
 * and who is asking.  Routes are const tables, one a file, joined here.
 */

#define LIMIT_WEB_JAILS	16
#define WEB_TOKEN_SIZE	65	/* hex of 32 random octets, and NUL */

/* A log that this node serves: its own, or a peer's. */
struct web_log {
	const struct trust_province *owner;	/* tied to the trust list */
	struct store		*st;		/* NULL: not there yet */
	struct logview		*lv;
	struct answer_head	 head;
	bool			 own;
	struct web		*w;
	/* Of the read transaction that this turn of the loop has open. */
	bool			 open, disputed;
	const struct log_head	*now;
};

/* Groups of routes, for counting. */
enum web_group {
	GROUP_OTHER = 0, GROUP_LOOKUP, GROUP_SEAL, GROUP_LOG, GROUP_OFFICE,
	GROUP_NODE, GROUP_END
};

/* Counted for /metrics; an answer's hundreds are its class. */
struct web_counts {
	uint64_t	answers[GROUP_END][6];
	uint64_t	verdicts[VERDICT_END];
	uint64_t	recorder_links;	/* since this process began */
};

struct web {
	const struct config	*cf;		/* as at the start */
	const struct config	*live;		/* as of the last reload */
	struct ev		*ev;
	struct http_server	*server;
	struct trust		*trust;
	struct node_policy	*policy;	/* of POST /v1/verify; NULL
						 * before it was handed out */
	char			*trust_text;
	struct web_log		*logs;		/* own first */
	size_t			 nlogs;
	struct store		*office;	/* the own province's, = logs[0].st */
	struct chan		*recorder;	/* NULL while it is away */
	struct chan		*jail[LIMIT_WEB_JAILS];
	struct slots		*uploads;	/* NULL: none were given */
	struct token_live	*token;		/* NULL: no keys in a token */
	unsigned		 next_jail;
	unsigned		 instance;
	int64_t			 started;
	struct ocsp_issuer	*ocsp;		/* our authorities; NULL: not read */
	size_t			 nocsp;
	int64_t			 ocsp_read;	/* monotonic ms */
	struct web_counts	 counts;
};

extern const struct http_route route_seal[], route_copy[], route_log[],
	    route_ca[], route_session[], route_case[], route_node[],
	    route_verify[], route_upload[], route_metrics[], route_tsa[],
	    route_ocsp[], route_page[], route_certreq[], route_list[],
	    route_renewal[];

/*
 * The member "certificate_request" of a case that asked a licensed body, with a
 * comma in front; nothing for others (route_certreq.c).
 */
int	 web_put_certreq(struct web *w, int64_t application, struct buf *out,
	    struct err *e) MUST_CHECK;

/* The log of this province, or NULL. */
struct web_log *web_log_of(struct web *w, const char *province);
/*
 * Look at a log: brings the view up to one read transaction, which the
 * requests of one turn of the loop share and which ends with the turn.  *head
 * is NULL when there is nothing yet, and is tied to the turn; disputed may be
 * NULL.
 */
int	 web_log_begin(struct web_log *l, const struct log_head **head,
	    bool *disputed, struct err *e) MUST_CHECK;
/* End every open transaction now. */
void	 web_logs_end(struct web *w);

/* Who asks.  account 0: a stranger. */
struct web_who {
	int64_t		account;
	unsigned	roles;		/* enum role */
	const char	*token;		/* tied to the request */
	char		name[65];
	int64_t		expires;
};

/*
 * Whether the listener asks for no certificates, or this client's has the
 * account's name as its common name.
 */
bool	 web_certificate_fits(const struct http_req *r, const char *account);
/*
 * Who is behind the bearer token; a stranger if there is none that counts.
 * ERR_DENIED "wrong-certificate": the client's certificate is another's.
 */
int	 web_who(struct web *w, const struct http_req *r, struct web_who *who,
	    struct err *e) MUST_CHECK;
/*
 * As web_who(), but a stranger gets 401 "no-session" and somebody without
 * any of roles (0: any session) 403 "wrong-role": then false, and r is
 * answered.
 */
bool	 web_must(struct web *w, struct http_req *r, unsigned roles,
	    struct web_who *who);

/* The log that owns a code, or NULL after r got 400 "invalid-code". */
struct web_log *web_owner(struct web *w, struct http_req *r,
	    const char *code);

/*
 * Answers, counted.  A refusal for want of a session or of good credentials is
 * 401, other ERR_DENIED 403.
 */
void	 web_reply(struct web *w, struct http_req *r, int status,
	    const char *type, struct buf *body);	/* empties body */
void	 web_reply_octets(struct web *w, struct http_req *r, int status,
	    const char *type, struct octets body);
void	 web_reply_err(struct web *w, struct http_req *r,
	    const struct err *e);
void	 web_reply_problem(struct web *w, struct http_req *r, int status,
	    const char *code, const char *detail);

/* The number in the path, or 0 after r got 404 with code and detail. */
int64_t	 web_id(struct web *w, struct http_req *r, const char *code,
	    const char *detail);
/* A body by a table (registry/json.h); false: r is answered. */
struct json_member;
bool	 web_body(struct web *w, struct http_req *r,
	    const struct json_member *table, void *out);
/* Only these query parameters; false: r is answered. */
bool	 web_query(struct web *w, struct http_req *r,
	    const char *const *names);

/*
 * Ask the recorder, and call done with its reply for r: unpacked, or NULL
 * when it failed, after r was answered with the problem.  body is packed
 * here.  reply_type names the frame that is expected.
 */
struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;
typedef void web_done(struct web *w, struct http_req *r, void *arg,
	    const struct ProtobufCMessage *reply);
typedef void web_failed(struct web *w, struct http_req *r, void *arg,
	    const struct err *e);
struct web_call {
	uint16_t	 type;
	const struct ProtobufCMessage *body;
	const struct ProtobufCMessageDescriptor *reply;	/* NULL: none read */
	web_done	*done;
	/* Answer r after a failure; NULL: r gets the problem. */
	web_failed	*failed;
	void		*arg;		/* freed with free() afterwards */
};
void	 web_ask_recorder(struct web *w, struct http_req *r,
	    const struct web_call *call);
/* The same of the next jail; large travels as a sealed memfd (may be empty). */
void	 web_ask_jail(struct web *w, struct http_req *r,
	    const struct web_call *call, struct octets large);

#endif /* REGISTRY_WEB_H */
