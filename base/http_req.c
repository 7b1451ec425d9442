#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http_conn.h"
#include "base/mem.h"
#include "base/tls.h"

#define POOL_MAX	256
#define SET_MAX		(32u << 10)	/* octets of headers that we add */

static struct http_req *
req_new(struct http_server *s, size_t room)
{
	struct http_req	*r;

	if ((r = s->pool) != NULL) {
		s->pool = r->next;
		s->npool--;
	} else {
		r = xcalloc(1, sizeof(*r));
		buf_init(&r->set, SET_MAX);
	}
	if (r->roomsize < room) {
		free(r->room);
		r->roomsize = room < 512 ? 512 : room;
		r->room = xmalloc(r->roomsize);
	}
	r->server = s;
	TAILQ_INSERT_TAIL(&s->reqs, r, link);
	return r;
}

void
http_req_free(struct http_req *r)
{
	struct http_server	*s = r->server;

	if (r->conn != NULL)
		r->conn->req = NULL;
	r->conn = NULL;
	if (s != NULL)
		TAILQ_REMOVE(&s->reqs, r, link);
	if (s != NULL && s->npool < POOL_MAX && r->roomsize <= 4096 &&
	    r->set.cap <= 4096) {
		buf_reset(&r->set);
		r->next = s->pool;
		s->pool = r;
		s->npool++;
		return;
	}
	buf_fini(&r->set);
	free(r->room);
	free(r);
}

/* The route for r, or NULL after an answer. */
static const struct http_route *
req_route(struct http_req *r, const char *method, unsigned audiences,
    char *room)
{
	const struct http_route	*rt;
	char			 allow[64] = "";
	size_t			 n = 0;

	for (rt = r->server->routes; rt->method != NULL; rt++) {
		if ((rt->audience & audiences) == 0 ||
		    !http_target_match(&r->target, rt->pattern, room))
			continue;
		if (strcmp(rt->method, method) == 0)
			return rt;
		if (n < sizeof(allow))
			n += (size_t)snprintf(allow + n, sizeof(allow) - n,
			    "%s%s", n > 0 ? ", " : "", strcmp(rt->method,
			    "GET") == 0 ? "GET, HEAD" : rt->method);
	}
	if (n > 0) {
		http_set(r, "Allow", allow);
		http_reply_problem(r, 405, "method-not-allowed",
		    "this method is not for this path");
	} else
		http_reply_problem(r, 404, "no-such-route",
		    "nothing is served under this path");
	return NULL;
}

/* RFC 9112, 3.2: a path, or a whole URI as to a proxy. */
static char *
origin_form(char *target)
{
	static char	root[] = "/";
	size_t		n;

	if (strncasecmp(target, "http://", 7) == 0)
		n = 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		n = 8;
	else
		return target;
	target += n;
	target += strcspn(target, "/?");
	return *target == '\0' ? root : target;
}

void
http_req_dispatch(struct http_conn *c)
{
	const struct http_route	*rt;
	struct http_req		*r;
	const char		*method = (char *)c->in + c->head.method;
	char			*path, *query, *room;

	path = origin_form((char *)c->in + c->head.target);
	r = req_new(c->server, HTTP_TARGET_ROOM(strlen(path)));
	r->conn = c;
	r->head = strcmp(method, "HEAD") == 0;
	c->req = r;
	c->last = !c->head.keep;
	if (r->head) {
		method = "GET";
		if (c->body > c->head.size || c->head.chunked) {
			c->last = true;
			http_reply_problem(r, 400, "bad-request",
			    "a body where none can be");
			return;
		}
	}
	if ((query = strchr(path, '?')) != NULL)
		*query++ = '\0';
	if (strchr(path, '#') != NULL || (room = http_target_parse(path,
	    query, r->room, &r->target)) == NULL) {
		http_reply_problem(r, 400, "bad-path", "the path or query is "
		    "not percent-encoded UTF-8, or has too many parts");
		return;
	}
	if ((rt = req_route(r, method, c->listener->audiences, room)) == NULL)
		return;
	if (http_body(r).len > rt->max_body) {
		http_reply_problem(r, 413, "body-too-large",
		    rt->max_body == 0 ? "this request takes no body" :
		    "the body is over the limit of this path");
		return;
	}
	rt->handle(c->server->ctx, r);
}

/* ---- what was asked */

const char *
http_path(const struct http_req *r)
{

	return r->target.path;
}

const char *
http_param(const struct http_req *r, const char *name)
{
	size_t	 i, n = strlen(name);
	const char *p;

	for (i = 0; i < r->target.nparam; i++) {
		p = r->target.param[i].name;
		if (*p == '{' ? strncmp(p + 1, name, n) == 0 &&
		    p[n + 1] == '}' : strcmp(p, name) == 0)
			return r->target.param[i].value;
	}
	abort();		/* a route's pattern lacks it */
}

const char *
http_query(const struct http_req *r, const char *name)
{
	size_t	 i;

	for (i = 0; i < r->target.nquery; i++)
		if (strcmp(r->target.query[i].name, name) == 0)
			return r->target.query[i].value;
	return NULL;
}

int
http_query_only(const struct http_req *r, const char *const *names,
    struct err *e)
{
	const struct http_pair	*q = r->target.query;
	size_t			 i, j;

	for (i = 0; i < r->target.nquery; i++) {
		for (j = 0; names[j] != NULL; j++)
			if (strcmp(names[j], q[i].name) == 0)
				break;
		if (names[j] == NULL)
			return err_set_id(e, ERR_INVAL, "unknown-parameter",
			    "no parameter \"%s\" here", q[i].name);
		for (j = 0; j < i; j++)
			if (strcmp(q[j].name, q[i].name) == 0)
				return err_set_id(e, ERR_INVAL,
				    "unknown-parameter",
				    "parameter \"%s\" comes twice", q[i].name);
	}
	return 0;
}

const char *
http_header(const struct http_req *r, const char *name)
{

	if (r->conn == NULL)
		return NULL;
	return http_head_find(r->conn->in, &r->conn->head, name);
}

struct octets
http_body(const struct http_req *r)
{
	const struct http_conn	*c = r->conn;

	if (c == NULL)
		return OCTETS("", 0);
	return OCTETS(c->in + c->head.size, c->body - c->head.size);
}

const char *
http_bearer(const struct http_req *r)
{
	const char	*p;

	if ((p = http_header(r, "Authorization")) == NULL ||
	    strncasecmp(p, "Bearer ", 7) != 0)
		return NULL;
	p += 7;
	p += strspn(p, " ");
	return *p != '\0' ? p : NULL;
}

bool
http_none_match(const struct http_req *r, const char *etag)
{
	const char	*p = http_header(r, "If-None-Match");
	size_t		 n;

	if (p == NULL)
		return false;
	if (strcmp(p, "*") == 0)
		return true;
	for (;;) {
		p += strspn(p, " \t,");
		if (strncmp(p, "W/", 2) == 0)	/* compared weakly */
			p += 2;
		if (*p != '"')
			return false;
		n = strcspn(p + 1, "\"") + 2;
		if (n == strlen(etag) && strncmp(p, etag, n) == 0)
			return true;
		if (p[n - 1] != '"')
			return false;
		p += n;
	}
}

bool
http_client_certified(const struct http_req *r)
{

	return r->conn != NULL && r->conn->ssl != NULL &&
	    tls_peer_certified(r->conn->ssl);
}

void
http_client_name(const struct http_req *r, char out[LIMIT_TLS_NAME + 1])
{

	*out = '\0';
	if (r->conn != NULL && r->conn->ssl != NULL)
		tls_peer_name(r->conn->ssl, out);
}

bool
http_client_is(const struct http_req *r, const char *name, size_t len)
{

	return r->conn != NULL && r->conn->ssl != NULL &&
	    tls_peer_is(r->conn->ssl, name, len);
}

struct octets
http_from(const struct http_req *r)
{
	return r->conn == NULL ? OCTETS(NULL, 0) :
	    OCTETS(r->conn->addr->key, sizeof(r->conn->addr->key));
}

bool
http_gone(const struct http_req *r)
{

	return r->conn == NULL;
}
