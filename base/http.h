#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ev.h"
#include "base/tls.h"

/*
 * HTTP/1.1 server with hard bounds, a const table of routes, and audiences: a
 * listener serves some audiences, and a route of another is 404 there.  It
 * knows no route itself.  Errors leave as RFC 9457 problem+json with the
 * stable code of struct err.
 */

#define LIMIT_HTTP_HEADERS	(16u << 10)	/* 431 beyond */
#define LIMIT_HTTP_BODY		(1u << 20)	/* 413 beyond */
#define LIMIT_HTTP_REQUEST_MS	10000		/* whole request, then closed */
#define LIMIT_HTTP_IDLE_MS	60000		/* kept alive between requests */
#define LIMIT_HTTP_HANDSHAKE_MS	5000		/* of TLS, then closed */
#define LIMIT_HTTP_PER_ADDRESS	512		/* connections; IPv6: per /64 */
#define LIMIT_HTTP_CONNECTIONS	8192		/* in all, per process */
#define LIMIT_HTTP_PARAMS	4

enum http_audience {
	HTTP_PUBLIC = 1, HTTP_APPLICANT = 2, HTTP_STAFF = 4, HTTP_PEER = 8,
	HTTP_OPERATOR = 16, HTTP_ALL = 31
};

struct http_req;		/* opaque; lives until answered */
struct http_server;		/* opaque */

/*
 * pattern: "/v1/things/{name}/part"; a last segment "*" takes the rest, also
 * with slashes.  Parameters are percent-decoded; "{code}" may not be empty.
 */
struct http_route {
	const char	*method;	/* "GET" (serves HEAD too), "POST" */
	const char	*pattern;
	unsigned	 audience;	/* one or more enum http_audience */
	size_t		 max_body;	/* 0: no body allowed (413) */
	/* Answer now or later, exactly once, by one of http_reply*(). */
	void		(*handle)(void *ctx, struct http_req *r);
};

/* Caller frees with http_server_free().  routes end with method NULL. */
struct http_server *http_server_new(struct ev *ev,
	    const struct http_route *routes, void *ctx);
void	 http_server_free(struct http_server *s);
/*
 * The bounds in time and number, before the first listener: for tests.  The
 * deadline of a request runs from its first octet to the handler, and again
 * from there to the last octet of the answer (and 1 ms for each 64 octets of
 * it, so that a slow line may fetch a large one).
 */
struct http_bounds {
	int64_t	 request_ms, idle_ms;
	unsigned per_address;
	int64_t	 handshake_ms;	/* 0: the preset */
};
void	 http_server_bounds(struct http_server *s,
	    const struct http_bounds *b);
/* Serve on a listening socket; takes fd. */
int	 http_server_listen(struct http_server *s, int fd, unsigned audiences,
	    struct err *e) MUST_CHECK;
/*
 * The same over TLS; tls is borrowed for the server's life and may be swapped
 * meanwhile (base/tls.h).  The handshake has a deadline of its own.
 */
int	 http_server_listen_tls(struct http_server *s, int fd,
	    unsigned audiences, const struct tls_server *tls,
	    struct err *e) MUST_CHECK;
/*
 * Stop accepting; connections end after their present request.  done(arg) is
 * called once, when the last has ended or after patience_ms.
 */
void	 http_server_stop(struct http_server *s, int64_t patience_ms,
	    void (*done)(void *arg), void *arg);

/*
 * What was asked.  Everything returned is tied to the request.  What does not
 * get as far as a handler is answered here: 400 "bad-path" (escapes, NUL,
 * UTF-8) and "bad-request", 404 "no-such-route", 405 "method-not-allowed",
 * 413 "body-too-large", 417 "expectation-failed", 431 "headers-too-large".
 */
const char *http_path(const struct http_req *r);
const char *http_param(const struct http_req *r, const char *name); /* not NULL */
const char *http_query(const struct http_req *r, const char *name); /* or NULL */
/*
 * Every query parameter is one of names (NULL-terminated) and comes once, else
 * ERR_INVAL "unknown-parameter".
 */
int	 http_query_only(const struct http_req *r, const char *const *names,
	    struct err *e) MUST_CHECK;
const char *http_header(const struct http_req *r, const char *name); /* or NULL */
struct octets http_body(const struct http_req *r);
/* "Authorization: Bearer X": X, or NULL. */
const char *http_bearer(const struct http_req *r);
/*
 * Does the request hold, by If-None-Match, what etag names (RFC 9110, 13.1.2)?
 * etag is strong and comes with its quotes.
 */
bool	 http_none_match(const struct http_req *r, const char *etag);
/*
 * The client's certificate, as base/tls.h says: whether it had to show one,
 * its common name, and one of its DNS names.
 */
bool	 http_client_certified(const struct http_req *r);
void	 http_client_name(const struct http_req *r,
	    char out[LIMIT_TLS_NAME + 1]);
bool	 http_client_is(const struct http_req *r, const char *name,
	    size_t len);
/* Who asks, as connections are counted: its address (IPv6 by /64); empty: it
 * hung up. */
struct octets http_from(const struct http_req *r);
/* A client that hung up: an answer is dropped quietly, work may be skipped. */
bool	 http_gone(const struct http_req *r);

/* Add a header to the answer; one whose value has a line break is left out. */
void	 http_set(struct http_req *r, const char *name, const char *value);
/* Answer.  body is copied; the request is over. */
void	 http_reply(struct http_req *r, int status, const char *type,
	    struct octets body);
/* As http_reply(), taking over a malloc'd body without copying it. */
void	 http_reply_take(struct http_req *r, int status, const char *type,
	    void *body, size_t len);
/*
 * problem+json from e: status by err_http_status(), code e->id, detail
 * e->text; ERR_BUSY and ERR_STORE are 503 with Retry-After: 1.
 */
void	 http_reply_err(struct http_req *r, const struct err *e);
/* The same with a status of its own (401, 404, 409, ...). */
void	 http_reply_problem(struct http_req *r, int status,
	    const char *code, const char *detail);

#endif /* BASE_HTTP_H */
