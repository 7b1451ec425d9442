#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/tm.h"

/*
 * Ask each of a list of requests once, over a number of connections that are
 * kept, each with one request under way.
 *
 *	load PORT CONNECTIONS TOKEN <requests >answers 2>summary
 *
 * A request is a line "POST /path BODY" or "GET /path"; an answer is a line
 * "STATUS BODY" in the order of the requests.  The summary is one JSON object.
 * Any answer but one of 2xx, and any broken connection, is an exit status of
 * 1.
 */

#define CONNECTIONS	1024
#define ROOM		65536

struct question {
	char	*line, *answer;
	int	 status;
	int64_t	 took;			/* us */
};

struct conn {
	int		 fd;
	struct question	*q;		/* under way */
	int64_t		 begun;
	struct buf	 out;
	size_t		 sent, len;
	char		 in[ROOM];
};

struct load {
	const char	*token;
	unsigned short	 port;
	struct question	*q;
	size_t		 n, next, done;
};

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
read_questions(struct load *ld)
{
	char	*line = NULL;
	size_t	 size = 0, cap = 0;
	ssize_t	 n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (ld->n == cap) {
			cap = cap == 0 ? 1024 : 2 * cap;
			ld->q = xreallocarray(ld->q, cap, sizeof(*ld->q));
		}
		ld->q[ld->n++] = (struct question){ .line = xstrdup(line) };
	}
	free(line);
}

static void
dial(struct load *ld, struct conn *c)
{
	struct sockaddr_in	 sin;
	int			 one = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(ld->port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)) != 0)
		die("connect");
	buf_init(&c->out, SIZE_MAX);
}

/* The next question, if there is one. */
static void
ask(struct load *ld, struct conn *c)
{
	char	*method, *path, *body;

	c->q = NULL;
	if (ld->next == ld->n)
		return;
	c->q = &ld->q[ld->next++];
	method = c->q->line;
	path = strchr(method, ' ');
	if (path == NULL) {
		errno = EINVAL;
		die(method);
	}
	*path++ = '\0';
	if ((body = strchr(path, ' ')) != NULL)
		*body++ = '\0';
	buf_reset(&c->out);
	buf_printf(&c->out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", method,
	    path);
	if (*ld->token != '\0')
		buf_printf(&c->out, "Authorization: Bearer %s\r\n",
		    ld->token);
	if (body != NULL)
		buf_printf(&c->out, "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&c->out, "\r\n%s", body != NULL ? body : "");
	c->sent = c->len = 0;
	c->begun = tm_mono_us();
}

/* Is the answer whole?  Then it is kept. */
static bool
answered(struct load *ld, struct conn *c)
{
	char	*end, *length;
	size_t	 n, i;

	c->in[c->len] = '\0';
	if ((end = strstr(c->in, "\r\n\r\n")) == NULL)
		return false;
	*end = '\0';
	if ((length = strstr(c->in, "\r\nContent-Length: ")) == NULL) {
		errno = EPROTO;
		die("an answer without a length");
	}
	n = strtoul(length + 18, NULL, 10);
	if (c->len < (size_t)(end + 4 - c->in) + n) {
		*end = '\r';
		return false;
	}
	c->q->status = atoi(c->in + 9);
	c->q->took = tm_mono_us() - c->begun;
	c->q->answer = xstrndup(end + 4, n);
	for (i = 0; i < n; i++)
		if (c->q->answer[i] == '\n')
			c->q->answer[i] = ' ';
	ld->done++;
	return true;
}

static void
serve(struct load *ld, struct conn *c, short what)
{
	ssize_t	n;

	if ((what & POLLOUT) != 0 && c->sent < c->out.len) {
		n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent,
		    MSG_NOSIGNAL);
		if (n == -1)
			die("send");
		c->sent += (size_t)n;
	}
	if ((what & (POLLIN | POLLHUP | POLLERR)) == 0)
		return;
	n = recv(c->fd, c->in + c->len, ROOM - 1 - c->len, 0);
	if (n <= 0)
		die("a connection ended");
	c->len += (size_t)n;
	if (answered(ld, c))
		ask(ld, c);
}

static int
by_time(const void *a, const void *b)
{
	const struct question	*p = a, *q = b;

	return p->took < q->took ? -1 : p->took > q->took;
}

static int
tell(struct load *ld, int64_t us)
{
	size_t	i, bad = 0;

	for (i = 0; i < ld->n; i++) {
		printf("%d %s\n", ld->q[i].status, ld->q[i].answer);
		bad += ld->q[i].status / 100 != 2;
	}
	qsort(ld->q, ld->n, sizeof(*ld->q), by_time);
	fprintf(stderr, "{\"answers\": %zu, \"refused\": %zu, \"seconds\": "
	    "%.3f, \"p50_ms\": %.1f, \"p99_ms\": %.1f}\n", ld->n, bad,
	    (double)us / 1e6, (double)ld->q[ld->n / 2].took / 1e3,
	    (double)ld->q[ld->n * 99 / 100].took / 1e3);
	return bad > 0;
}

int
main(int argc, char **argv)
{
	struct load	 ld;
	struct conn	*c;
	struct pollfd	 p[CONNECTIONS];
	size_t		 i, n;
	int64_t		 begun;

	memset(&ld, 0, sizeof(ld));
	if (argc != 4 || (n = strtoul(argv[2], NULL, 10)) == 0 ||
	    n > CONNECTIONS) {
		fprintf(stderr, "usage: load PORT CONNECTIONS TOKEN\n");
		return 2;
	}
	ld.port = (unsigned short)strtoul(argv[1], NULL, 10);
	ld.token = argv[3];
	read_questions(&ld);
	c = xcalloc(n, sizeof(*c));
	for (i = 0; i < n; i++)
		dial(&ld, &c[i]);
	begun = tm_mono_us();
	for (i = 0; i < n; i++)
		ask(&ld, &c[i]);
	while (ld.done < ld.n) {
		for (i = 0; i < n; i++) {
			p[i].fd = c[i].q != NULL ? c[i].fd : -1;
			p[i].events = c[i].sent < c[i].out.len ? POLLOUT :
			    POLLIN;
		}
		if (poll(p, n, -1) == -1)
			die("poll");
		for (i = 0; i < n; i++)
			if (p[i].fd != -1 && p[i].revents != 0)
				serve(&ld, &c[i], p[i].revents);
	}
	return ld.n > 0 ? tell(&ld, tm_mono_us() - begun) : 0;
}
