#ifndef REGISTRY_CMD_CALL_H
#define REGISTRY_CMD_CALL_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A running node asked by somebody with an account: login, requests, logout.
 * For commands.
 */

#define LIMIT_CALL_ANSWER	(16u << 20)

struct call_spec {
	const char	*node;		/* URL, with or without a final slash */
	const char	*account;
	const char	*password_file;	/* "-", or NULL: the terminal is asked */
	/* Over TLS, PEM files; NULL: none, and the system's CAs. */
	const char	*tls_certificate, *tls_key, *server_ca;
};

struct call;			/* opaque; a session */

/*
 * Begin a session.  Errors: what password_read() and tls_pack() say; "unreachable"; what
 * the node says, by its code.  Caller ends with call_end(), which logs out.
 */
int	 call_begin(const struct call_spec *spec, struct call **c,
	    struct err *e) MUST_CHECK;
void	 call_end(struct call *c);

/* GET path, or POST body (type NULL: JSON) to it.  200 or 201: the answer is
 * appended to out.  Any other status is an error with the node's own code. */
int	 call_get(struct call *c, const char *path, struct buf *out,
	    struct err *e) MUST_CHECK;
int	 call_post(struct call *c, const char *path, const char *type,
	    struct octets body, struct buf *out, struct err *e) MUST_CHECK;
/* The same with objects; *answer is the caller's to json_decref().
 * ERR_FORMAT "bad-json": it is none. */
int	 call_get_json(struct call *c, const char *path, json_t **answer,
	    struct err *e) MUST_CHECK;
/* An answer of call_post() as an object. */
int	 call_read_json(const struct buf *answer, json_t **out,
	    struct err *e) MUST_CHECK;
int	 call_post_json(struct call *c, const char *path, const json_t *body,
	    json_t **answer, struct err *e) MUST_CHECK;

#endif /* REGISTRY_CMD_CALL_H */
