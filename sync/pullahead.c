#include "sync/pullwork.h"

/*
 * Bundles, some ahead of the replay, so that the owner reads and sends while
 * we verify.  They may come in any order and are taken in theirs.
 */

static void	on_bundle(void *arg, const struct fetch_res *res,
		    const struct err *e);
static void	take_next(void *arg);

void
pull_ahead_new(struct pull *p)
{
	unsigned	i;

	for (i = 0; i < PULL_AHEAD; i++) {
		p->ahead[i].pull = p;
		buf_init(&p->ahead[i].body, LIMIT_PULL_BUNDLE);
	}
	p->turn = ev_timer_new(p->spec.ev, take_next, p);
}

void
pull_ahead_free(struct pull *p)
{
	unsigned	i;

	for (i = 0; i < PULL_AHEAD; i++)
		buf_fini(&p->ahead[i].body);
	ev_timer_free(p->turn);
}

static struct tile_name
bundle_name(const struct pull *p, uint64_t n)
{
	struct tile_name	t = { .level = -1, .n = n };
	uint64_t		left = p->cp.size - n * TILE_WIDTH;

	t.width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
	return t;
}

/* Ask for as many as there is room for. */
static void
ask(struct pull *p)
{
	struct pull_bundle	*b;
	char			 name[TILE_NAME_MAX];

	for (b = p->ahead; b < p->ahead + PULL_AHEAD; b++) {
		if (b->asked || b->here)
			continue;
		if (p->next * TILE_WIDTH >= p->cp.size)
			return;
		b->name = bundle_name(p, p->next++);
		b->round = p->round;
		b->asked = true;
		tile_name_format(&b->name, name);
		pull_get(p, name, true, LIMIT_PULL_BUNDLE, PULL_FETCH_MS,
		    on_bundle, b);
	}
}

void
pull_ahead_start(struct pull *p)
{
	p->next = p->edge.size / TILE_WIDTH;
	ask(p);
}

void
pull_ahead_drop(struct pull *p)
{
	unsigned	i;

	p->round++;
	for (i = 0; i < PULL_AHEAD; i++) {
		p->ahead[i].here = false;
		buf_fini(&p->ahead[i].body);
		buf_init(&p->ahead[i].body, LIMIT_PULL_BUNDLE);
	}
}

static void
on_bundle(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct pull_bundle	*b = arg;
	struct pull		*p = b->pull;

	b->asked = false;
	if (b->round != p->round) {
		/* Of a round that is over; one that waits for room goes on. */
		if (p->state == PULL_BUNDLES)
			ask(p);
		return;
	}
	if (pull_no_answer(p, res, e))
		return;
	buf_put_octets(&b->body, buf_octets(&res->body));
	b->here = true;
	ev_timer_set(p->turn, 0);
}

/* The one whose turn it is, and the loop goes round before the next. */
static void
take_next(void *arg)
{
	struct pull		*p = arg;
	struct pull_bundle	*b;
	struct tile_name	 name;
	struct buf		 body;
	bool			 more;

	for (b = p->ahead; b < p->ahead + PULL_AHEAD; b++)
		if (b->here && b->name.n == p->edge.size / TILE_WIDTH)
			break;
	if (b == p->ahead + PULL_AHEAD)
		return;
	name = b->name;
	body = b->body;
	buf_init(&b->body, LIMIT_PULL_BUNDLE);
	b->here = false;
	ask(p);
	more = pull_take(p, &name, buf_octets(&body));
	buf_fini(&body);
	if (more)
		ev_timer_set(p->turn, 0);
}
