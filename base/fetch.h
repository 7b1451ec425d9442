#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ev.h"

/*
 * HTTP client: libcurl, on the event loop or waiting.  http and https (TLS
 * 1.3) only, no redirects, no proxies from the environment, bounded in size and time.
 */

struct fetch;			/* opaque; a pool of connections on a loop */

struct fetch_req {
	const char	*url;
	const char	*method;	/* NULL: GET */
	const char *const *headers;	/* "Name: value", NULL-terminated, or NULL */
	struct octets	 body;		/* sent with POST */
	size_t		 max;		/* largest answer, octets */
	int64_t		 timeout_ms;
};

/*
 * Over https this process shows the certificate of a pack (base/tls.h) and
 * believes its client_ca instead of the system's CAs, whichever are not empty,
 * from the next connection on.  pack is copied.  ERR_FORMAT: it is none.
 */
int	 fetch_identify(struct octets pack, struct err *e) MUST_CHECK;

/* Everything is tied to the callback, or freed with fetch_res_fini(). */
struct fetch_res {
	int		 status;	/* HTTP status; 0 if there was none */
	char		*type;		/* Content-Type or NULL */
	char		*etag;		/* or NULL */
	int64_t		 date;		/* Date; 0: none, or not made just now */
	bool		 aged;		/* it comes from somebody's cache */
	struct buf	 body;
};

struct fetch *fetch_new(struct ev *ev);
void	 fetch_free(struct fetch *f);

/*
 * req is copied.  done is called once; e is not NULL if no answer came:
 * ERR_IO "unreachable", "tls-untrusted" (the server's certificate is by
 * another CA, of another name or out of date), "tls-refused" (the server
 * wants a certificate of us, or another one); ERR_TOOBIG "answer-too-large".
 */
typedef void fetch_done(void *arg, const struct fetch_res *res,
	    const struct err *e);
void	 fetch_start(struct fetch *f, const struct fetch_req *req,
	    fetch_done *done, void *arg);

/* Wait for it here (commands); the connection stays open for the next one to
 * the same server, unless that closes it.  Errors as fetch_start()'s. */
int	 fetch_once(const struct fetch_req *req, struct fetch_res *res,
	    struct err *e) MUST_CHECK;
void	 fetch_res_fini(struct fetch_res *res);
/* What fetch_once() does before it waits: a command's lines leave.  NULL:
 * nothing. */
typedef void fetch_waits(void);
void	 fetch_before(fetch_waits *fn);

#endif /* BASE_FETCH_H */
