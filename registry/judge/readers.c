#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "registry/judge/readers.h"

#define ANSWER_MS	60000	/* a file is waited for no longer */

struct reader {
	struct jail_own		*jail;
	struct readers_file	*queue[LIMIT_READERS_QUEUE];
	unsigned		 n;
	bool			 used;	/* this jail has read another */
	int64_t			 since;	/* it reads the first one */
};

struct readers {
	struct reader		 all[LIMIT_MANY_JAILS];
	unsigned		 n;
	uint16_t		 type;
	bool			 apart;
	struct readers_file	*again, **tail;	/* to be given once more */
	readers_done		*done;
	void			*arg;
};

struct readers *
readers_new(const struct jail_spec *spec, unsigned jails, uint16_t type,
    bool apart, readers_done *done, void *arg)
{
	struct readers	*s = xcalloc(1, sizeof(*s));
	unsigned	 i;

	assert(jails > 0 && jails <= LIMIT_MANY_JAILS);
	s->n = jails;
	s->type = type;
	s->apart = apart;
	s->tail = &s->again;
	s->done = done;
	s->arg = arg;
	for (i = 0; i < jails; i++)
		s->all[i].jail = jail_new(spec);
	return s;
}

void
readers_free(struct readers *s)
{
	unsigned	i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		jail_free(s->all[i].jail);
	free(s);
}

bool
readers_are_busy(const struct readers *s)
{
	unsigned	i;

	for (i = 0; i < s->n && s->all[i].n == 0; i++)
		;
	return i < s->n || s->again != NULL;
}

/* ---- giving */

/* The one with the least to do; what has no jail now loses none by one that is
 * to be alone. */
static unsigned
emptiest(const struct readers *s)
{
	const struct reader	*d = s->all;
	unsigned		 i, best = 0;

	for (i = 1; i < s->n; i++)
		if (d[i].n < d[best].n || (d[i].n == d[best].n &&
		    !jail_runs(d[i].jail) && jail_runs(d[best].jail)))
			best = i;
	return best;
}

/* What is large, or was trouble, neither waits behind others nor keeps them
 * waiting. */
static bool
may_queue(const struct readers_file *f)
{
	return !f->alone && f->file->fd == -1 && f->file->len <= JAIL_AHEAD;
}

static bool
has_room(const struct readers *s, const struct reader *d,
    const struct readers_file *f)
{
	return d->n == 0 || (!s->apart && d->n < LIMIT_READERS_QUEUE &&
	    may_queue(f) && may_queue(d->queue[0]) && jail_has_room(d->jail));
}

bool
readers_have_room(const struct readers *s, const struct readers_file *f)
{
	/* Those come first. */
	return s->again == NULL && has_room(s, &s->all[emptiest(s)], f);
}

static void
end(struct reader *d)
{
	jail_end(d->jail);
	d->used = false;
}

static int
send_to(const struct readers *s, struct reader *d,
    const struct readers_file *f, struct err *e)
{
	const struct msg_file	*m = f->file;
	struct octets		 o = OCTETS(m->p, m->p != NULL ? m->len : 0);
	/* No octets are no memfd's worth: nothing to read. */
	int			 fd = m->len > 0 ? m->fd : -1;

	if (s->apart || f->alone)
		end(d);
	/* One that has died between two files is none of this one's doing:
	 * another is tried once. */
	if (d->n == 0 && jail_send(d->jail, s->type, o, fd, NULL) == 0)
		return 0;
	if (d->n == 0)
		end(d);
	return jail_send(d->jail, s->type, o, fd, e);
}

static void
put_again(struct readers *s, struct readers_file *f)
{
	f->next = NULL;
	*s->tail = f;
	s->tail = &f->next;
}

static int
give(struct readers *s, struct reader *d, struct readers_file *f,
    struct err *e)
{
	int	rc;

	rc = send_to(s, d, f, e);
	if (rc != 0 && d->n == 0)
		return rc;
	/* Those before it will tell that this jail has died. */
	if (rc != 0) {
		put_again(s, f);
		return 0;
	}
	if (d->n == 0)
		d->since = tm_mono_ms();
	d->queue[d->n++] = f;
	return 0;
}

int
readers_give(struct readers *s, struct readers_file *f, struct err *e)
{
	return give(s, &s->all[emptiest(s)], f, e);
}

/* Those that wait for a new jail, or for one to themselves. */
static void
give_again(struct readers *s)
{
	struct readers_file	*f;
	struct reader		*d;
	struct err		 e;
	int			 rc;

	while ((f = s->again) != NULL &&
	    has_room(s, d = &s->all[emptiest(s)], f)) {
		if ((s->again = f->next) == NULL)
			s->tail = &s->again;
		e = (struct err)ERR_INIT;
		if ((rc = give(s, d, f, &e)) != 0)
			s->done(s->arg, f, rc, OCTETS(NULL, 0), &e);
	}
}

/* ---- taking */

static struct readers_file *
first_of(struct reader *d)
{
	struct readers_file	*f = d->queue[0];

	d->n--;
	memmove(&d->queue[0], &d->queue[1], d->n * sizeof(d->queue[0]));
	d->since = tm_mono_ms();
	return f;
}

/* The first one's answer.  Did others leave it a jail that could not read? */
static int
answer(struct reader *d, const struct readers_file *f, uint8_t **p,
    size_t *n, bool *spoilt, struct err *e)
{
	int	rc;

	rc = jail_take(d->jail, p, n, e);
	*spoilt = rc != 0 && !jail_runs(d->jail) && d->used && !f->alone;
	d->used = jail_runs(d->jail);
	return rc;
}

static void
take(struct readers *s, struct reader *d, bool late)
{
	struct readers_file	*f = first_of(d);
	struct err		 e = ERR_INIT;
	uint8_t			*p = NULL;
	size_t			 n = 0;
	unsigned		 i;
	bool			 spoilt = false;
	int			 rc;

	if (late) {
		end(d);
		rc = err_set_id(&e, ERR_FORMAT, "jail-died", "the reader of "
		    "this input was ended: it took too long");
	} else {
		rc = answer(d, f, &p, &n, &spoilt, &e);
	}
	if (spoilt) {
		f->alone = true;
		put_again(s, f);
	}
	if (!jail_runs(d->jail)) {
		for (i = 0; i < d->n; i++)
			put_again(s, d->queue[i]);
		d->n = 0;
	}
	if (!spoilt)
		s->done(s->arg, f, rc, OCTETS(p, n), &e);
	free(p);
}

bool
readers_wait(struct readers *s, int ms)
{
	struct pollfd	 p[LIMIT_MANY_JAILS];
	struct reader	*d;
	int64_t		 now;
	unsigned	 i;
	bool		 some = false;

	give_again(s);
	for (i = 0; i < s->n; i++)
		p[i] = (struct pollfd){ .events = POLLIN, .fd =
		    s->all[i].n > 0 ? jail_descriptor(s->all[i].jail) : -1 };
	(void)poll(p, s->n, ms);
	now = tm_mono_ms();
	for (i = 0; i < s->n; i++) {
		d = &s->all[i];
		if (p[i].fd != -1 && (p[i].revents != 0 ||
		    now - d->since > ANSWER_MS)) {
			take(s, d, p[i].revents == 0);
			some = true;
		}
	}
	return some;
}
