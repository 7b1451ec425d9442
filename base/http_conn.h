#ifndef BASE_HTTP_CONN_H
#define BASE_HTTP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/ev.h"
#include "base/http.h"
#include "base/http_chunk.h"
#include "base/http_head.h"
#include "base/http_path.h"

/*
 * What the files of the HTTP server share: http.c listens and keeps time,
 * http_conn.c reads and finds requests, http_send.c writes, http_req.c finds
 * the route and tells what was asked, http_reply.c answers.  Nobody else
 * includes this.
 */

#define LIMIT_HTTP_DRAINS	64	/* connections read to their end */

enum http_phase {
	HTTP_HANDSHAKE,		/* of TLS */
	HTTP_IDLE,		/* between requests */
	HTTP_READING,		/* from the first octet of one */
	HTTP_WORKING,		/* it is a handler's */
	HTTP_WRITING,		/* the answer is leaving */
	HTTP_ENDING		/* nothing is said any more, only heard */
};

/* Connections of one address. */
struct http_addr {
	struct http_addr *next;
	uint8_t		 key[17];	/* family, address */
	unsigned	 n;
};

struct http_listener {
	struct http_listener *next;
	struct http_server *server;
	struct ev_io	*io;		/* NULL: closed */
	int		 fd;
	bool		 paused;	/* no descriptor was left */
	unsigned	 audiences;
	const struct tls_server *tls;	/* NULL: plain */
};

struct http_conn {
	TAILQ_ENTRY(http_conn) link;
	struct http_server *server;
	struct http_listener *listener;
	struct http_addr *addr;
	int		 fd;		/* -1: closed, freed after the turn */
	struct ev_io	*io;
	struct ssl_st	*ssl;		/* NULL: plain */
	enum http_phase	 phase;
	int64_t		 deadline;

	uint8_t		*in;		/* head, body, what follows */
	size_t		 len, cap;
	size_t		 scanned;	/* octets without the empty line */
	bool		 whole;		/* the head is read into: */
	struct http_head head;
	struct http_chunk chunk;
	size_t		 body;		/* where it ends, so far */
	size_t		 next;		/* where raw octets go on */

	struct http_req	*req;		/* HTTP_WORKING */
	bool		 last;		/* ends after this answer */
	uint8_t		*out;		/* what the socket did not take */
	size_t		 outlen, outat;
};

struct http_req {
	TAILQ_ENTRY(http_req) link;	/* not answered yet */
	struct http_req	*next;		/* in the pool */
	struct http_server *server;	/* NULL: it is gone */
	struct http_conn *conn;		/* NULL: the client hung up */
	bool		 head;
	struct http_target target;
	char		*room;
	size_t		 roomsize;
	struct buf	 set;		/* headers of the answer */
};

#define HTTP_BUCKETS	1024

struct http_server {
	struct ev	*ev;
	const struct http_route *routes;
	void		*ctx;
	struct http_bounds bounds;
	struct http_listener *listeners;
	TAILQ_HEAD(, http_conn) conns;
	size_t		 nconns, ndrains;
	struct http_addr *addrs[HTTP_BUCKETS];
	TAILQ_HEAD(, http_req) reqs;
	struct http_req	*pool;
	size_t		 npool;
	struct buf	 head;		/* of the answer that is made */
	time_t		 date_at;
	char		 date[40];	/* the header of that second */
	struct ev_timer	*sweep;
	bool		 sweeping, stopped;
	struct ev_timer	*stopping;
	int64_t		 stop_until;
	void		(*on_stopped)(void *arg);
	void		*stopped_arg;
};

/* Count a connection from fd's peer (IPv6: its /64); addr->n tells how many. */
struct http_addr *http_addr_get(struct http_server *s, int fd);
void	 http_addr_put(struct http_server *s, struct http_addr *a);

/* Takes fd, an accepted socket that does not block. */
void	 http_conn_new(struct http_listener *l, int fd);
/* At once, without a word.  c lives until the turn is over. */
void	 http_conn_close(struct http_conn *c);
/* Nothing is said any more; what the client still says is read, a while. */
void	 http_conn_end(struct http_conn *c);
/* After an answer: is the next request there already?  arg is the conn. */
void	 http_conn_go_on(void *arg);
/* How many octets of two pieces the socket took; negative: it is broken. */
ssize_t	 http_conn_put(struct http_conn *c, struct octets a, struct octets b);
/* The socket takes more of what waits. */
void	 http_conn_write(struct http_conn *c);
/*
 * Send head and body as the answer to the request under way; then the next
 * one is looked for, or with c->last the connection ends.  With own, the
 * malloc'd body is taken.
 */
void	 http_conn_answer(struct http_conn *c, struct octets head,
	    struct octets body, bool own);

/* A whole request is in c->in: find its route, call its handler. */
void	 http_req_dispatch(struct http_conn *c);
/* Forget r, which was answered. */
void	 http_req_free(struct http_req *r);

/* Refuse what is no request, and end the connection. */
void	 http_reply_refusal(struct http_conn *c, int status,
	    const char *code, const char *detail);
/* What a client that waits for it gets. */
extern const char http_reply_continue[];

#endif /* BASE_HTTP_CONN_H */
