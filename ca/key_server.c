#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/key_server.h"

#define ROLE_MAX	32
#define LIMIT_REPLY	LIMIT_MSG_BODY

struct link {
	int		 fd;		/* -1: none */
	char		 role[ROLE_MAX];
	unsigned	 i;
};

struct request {
	struct msg		 m;
	const struct sign_type	*type;
	size_t			 link;
};

struct key_server {
	const struct keyring	*kr;
	const struct sign_type	*types;
	struct link		 links[LIMIT_KEY_LINKS];
	struct request		 queue[LIMIT_KEY_QUEUE];
	size_t			 n;	/* of queue, oldest first */
};

struct key_server *
key_server_new(const struct keyring *kr, const struct sign_type *types)
{
	struct key_server	*s;
	size_t			 i;

	s = xcalloc(1, sizeof(*s));
	s->kr = kr;
	s->types = types;
	for (i = 0; i < LIMIT_KEY_LINKS; i++)
		s->links[i].fd = -1;
	return s;
}

static void
drop(struct key_server *s, size_t i)
{

	msg_fini(&s->queue[i].m);
	s->n--;
	memmove(&s->queue[i], &s->queue[i + 1],
	    (s->n - i) * sizeof(s->queue[0]));
}

static void
link_close(struct key_server *s, size_t l)
{
	size_t	 i = 0;

	if (s->links[l].fd == -1)
		return;
	close(s->links[l].fd);
	s->links[l].fd = -1;
	while (i < s->n)
		if (s->queue[i].link == l)
			drop(s, i);
		else
			i++;
}

void
key_server_free(struct key_server *s)
{
	size_t	 i;

	if (s == NULL)
		return;
	for (i = 0; i < LIMIT_KEY_LINKS; i++)
		link_close(s, i);
	free(s);
}

void
key_server_link(struct key_server *s, const char *role, unsigned i, int fd)
{
	size_t	 l, empty = LIMIT_KEY_LINKS;

	for (l = 0; l < LIMIT_KEY_LINKS; l++)
		if (s->links[l].fd == -1) {
			if (empty == LIMIT_KEY_LINKS)
				empty = l;
		} else if (s->links[l].i == i &&
		    strcmp(s->links[l].role, role) == 0) {
			link_close(s, l);
			empty = l;
			break;
		}
	if (empty == LIMIT_KEY_LINKS || strlen(role) >= ROLE_MAX) {
		log_error("key.link", "role=%s refused: too many links", role);
		close(fd);
		return;
	}
	s->links[empty].fd = fd;
	s->links[empty].i = i;
	strcpy(s->links[empty].role, role);
}

size_t
key_server_links(const struct key_server *s)
{
	size_t	 l, n = 0;

	for (l = 0; l < LIMIT_KEY_LINKS; l++)
		n += s->links[l].fd != -1;
	return n;
}

/* Say no; a link that cannot even take that is closed. */
static void
refuse(struct key_server *s, size_t l, uint64_t id, const struct err *why)
{
	struct err	 e = ERR_INIT;

	log_warning("key.refused", "role=%s code=%s text=\"%s\"",
	    s->links[l].role, why->id, why->text);
	if (msg_write_err(s->links[l].fd, id, why, &e) != 0)
		link_close(s, l);
}

static const struct sign_type *
type_of(const struct key_server *s, const struct link *ln,
    const struct msg *m, struct err *e)
{
	const struct sign_type	*t;

	for (t = s->types; t->request != 0; t++)
		if (t->request == m->type)
			break;
	if (t->request == 0) {
		(void)err_set_id(e, ERR_INVAL, "unknown-request",
		    "the key process signs nothing of type %u", m->type);
		return NULL;
	}
	if (strcmp(t->peer, ln->role) != 0) {
		(void)err_set_id(e, ERR_DENIED, "role-not-allowed",
		    "%s may not ask for type %u", ln->role, m->type);
		return NULL;
	}
	return t;
}

/* Read one frame of link l into the queue. */
static void
take(struct key_server *s, size_t l)
{
	struct request	*r = &s->queue[s->n];
	struct err	 e = ERR_INIT, why = ERR_INIT;
	int		 rc;

	if ((rc = msg_read(s->links[l].fd, &r->m, &e)) != 0) {
		if (rc != ERR_NOTFOUND)
			log_warning("key.link", "role=%s closed: %s",
			    s->links[l].role, e.text);
		link_close(s, l);
		return;
	}
	if ((r->type = type_of(s, &s->links[l], &r->m, &why)) == NULL) {
		refuse(s, l, r->m.id, &why);
		msg_fini(&r->m);
		return;
	}
	r->link = l;
	s->n++;
}

/* Poll once and read what is there; *some tells whether anything was. */
static int
read_ready(struct key_server *s, int control, int timeout_ms, bool *some,
    bool *control_ready, struct err *e)
{
	struct pollfd	 p[LIMIT_KEY_LINKS + 1];
	size_t		 l;

	*some = false;
	for (l = 0; l < LIMIT_KEY_LINKS; l++) {
		p[l].fd = s->links[l].fd;	/* -1 is left out */
		p[l].events = POLLIN;
		p[l].revents = 0;
	}
	p[l].fd = control;
	p[l].events = POLLIN;
	p[l].revents = 0;
	if (poll(p, LIMIT_KEY_LINKS + 1, timeout_ms) == -1) {
		if (errno == EINTR)
			return 0;
		return err_set_errno(e, ERR_IO, "key: poll");
	}
	if (p[LIMIT_KEY_LINKS].revents != 0)
		*control_ready = true;
	for (l = 0; l < LIMIT_KEY_LINKS && s->n < LIMIT_KEY_QUEUE; l++)
		if (p[l].revents != 0) {
			take(s, l);
			*some = true;
		}
	return 0;
}

/* Serve the oldest request of the best rank. */
static void
serve(struct key_server *s)
{
	struct err	 e = ERR_INIT, why = ERR_INIT;
	struct request	*r;
	struct buf	 reply;
	size_t		 i, best = 0, l;

	for (i = 1; i < s->n; i++)
		if (s->queue[i].type->rank < s->queue[best].type->rank)
			best = i;
	r = &s->queue[best];
	l = r->link;
	buf_init(&reply, LIMIT_REPLY);
	if (r->type->handle(s->kr, r->m.body, &reply, &why) != 0)
		refuse(s, l, r->m.id, &why);
	else if (!buf_ok(&reply)) {
		(void)err_set(&why, ERR_TOOBIG, "reply over %u octets",
		    LIMIT_REPLY);
		refuse(s, l, r->m.id, &why);
	} else if (msg_write(s->links[l].fd, r->type->reply, r->m.id,
	    buf_octets(&reply), -1, &e) != 0) {
		log_warning("key.link", "role=%s closed: %s", s->links[l].role,
		    e.text);
		link_close(s, l);
	}
	/* Closing a link drops its requests, this one among them. */
	if (s->links[l].fd != -1)
		drop(s, best);
	buf_wipe(&reply);
}

int
key_server_turn(struct key_server *s, int control, int timeout_ms,
    bool *control_ready, struct err *e)
{
	bool	 ready = false, some = true;
	int	 rc, wait = s->n > 0 ? 0 : timeout_ms;

	for (; some && s->n < LIMIT_KEY_QUEUE; wait = 0)
		if ((rc = read_ready(s, control, wait, &some, &ready,
		    e)) != 0)
			return rc;
	if (s->n > 0)
		serve(s);
	if (control_ready != NULL)
		*control_ready = ready;
	return 0;
}
