#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slots.h"
#include "base/sm.h"
#include "base/text.h"

/* A holder that has not let go after this long is dead. */
#define HELD_MS		5000
#define HEAD_SIZE	4096u
#define FIXED		(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)

/* Shared between processes. */
struct slot {
	_Atomic int64_t	held;		/* since when; 0: by nobody */
	int64_t		touched;
	uint64_t	length;		/* 0: free */
	uint64_t	offset;
	char		id[SLOT_ID_SIZE];
};
_Static_assert(LIMIT_SLOTS * sizeof(struct slot) <= HEAD_SIZE, "slots");

struct slots {
	struct slot	*slot;
	uint8_t		*octets;	/* LIMIT_SLOT a slot */
	void		*map;
};

static const size_t	whole = HEAD_SIZE + (size_t)LIMIT_SLOTS * LIMIT_SLOT;

int
slots_create(int *fd, struct err *e)
{
	int	f;

	*fd = -1;
	if ((f = memfd_create("slots", MFD_CLOEXEC | MFD_ALLOW_SEALING)) ==
	    -1)
		return err_set_errno(e, ERR_IO, "slots: memfd_create");
	if (ftruncate(f, (off_t)whole) != 0 ||
	    fcntl(f, F_ADD_SEALS, FIXED) == -1) {
		(void)err_set_errno(e, ERR_IO, "slots: memory file");
		(void)close(f);
		return ERR_IO;
	}
	*fd = f;
	return 0;
}

int
slots_open(int fd, struct slots **out, struct err *e)
{
	struct slots	*s = NULL;
	struct stat	 st;
	void		*map = MAP_FAILED;
	int		 fixed, rc;

	*out = NULL;
	/* Could it shrink, touching it would be SIGBUS. */
	if ((fixed = fcntl(fd, F_GET_SEALS)) == -1 ||
	    (fixed & FIXED) != FIXED || fstat(fd, &st) != 0 ||
	    st.st_size != (off_t)whole) {
		rc = err_set(e, ERR_FORMAT, "slots: not such a memory file");
		goto out;
	}
	map = mmap(NULL, whole, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (map == MAP_FAILED) {
		rc = err_set_errno(e, ERR_IO, "slots: mmap");
		goto out;
	}
	s = xcalloc(1, sizeof(*s));
	s->map = map;
	s->slot = map;
	s->octets = (uint8_t *)map + HEAD_SIZE;
	*out = s;

	rc = 0;
out:
	(void)close(fd);
	return rc;
}

void
slots_close(struct slots *s)
{
	if (s == NULL)
		return;
	(void)munmap(s->map, whole);
	free(s);
}

static uint8_t *
octets_of(const struct slots *s, const struct slot *t)
{
	return s->octets + (size_t)(t - s->slot) * LIMIT_SLOT;
}

static bool
hold(struct slot *t, int64_t now)
{
	int64_t	since = atomic_load(&t->held);

	if (since != 0 && now - since < HELD_MS)
		return false;
	return atomic_compare_exchange_strong(&t->held, &since,
	    now > 0 ? now : 1);
}

static void
let_go(struct slot *t)
{
	atomic_store(&t->held, 0);
}

/* What it says, bounded: another process may have written anything there. */
static struct slot_state
state_of(const struct slot *t)
{
	struct slot_state	st = { .length = t->length,
				    .offset = t->offset };

	if (st.length > LIMIT_SLOT)
		st.length = LIMIT_SLOT;
	if (st.offset > st.length)
		st.offset = st.length;
	return st;
}

/* Held by the caller.  The kernel takes the memory back, so it is zero. */
static void
clear(struct slots *s, struct slot *t)
{
	struct slot_state	st = state_of(t);

	if (st.offset > 0 && madvise(octets_of(s, t), LIMIT_SLOT,
	    MADV_REMOVE) != 0)
		mem_wipe(octets_of(s, t), st.offset);
	mem_wipe(t->id, sizeof(t->id));
	t->offset = 0;
	t->length = 0;
}

/* Find it and hold it.  ERR_NOTFOUND, ERR_BUSY. */
static int
take(struct slots *s, const char *id, int64_t now, struct slot **out,
    struct err *e)
{
	struct slot	*t;
	size_t		 i, n = strlen(id);

	*out = NULL;
	for (i = 0; i < LIMIT_SLOTS && n == SLOT_ID_SIZE - 1; i++) {
		t = &s->slot[i];
		if (t->length == 0 || !mem_equal(t->id, id, n))
			continue;
		if (!hold(t, now))
			return err_set_id(e, ERR_BUSY, "upload-busy",
			    "a piece of it is being taken in just now");
		/* It may have been given away before we held it. */
		if (t->length != 0 && mem_equal(t->id, id, n)) {
			*out = t;
			return 0;
		}
		let_go(t);
	}
	return err_set_id(e, ERR_NOTFOUND, "no-such-upload", "there is no "
	    "such upload, or it was left alone for too long");
}

/* Give away what was left alone; what the others have announced. */
static size_t
sweep(struct slots *s, int64_t now)
{
	struct slot	*t;
	size_t		 i, total = 0;

	for (i = 0; i < LIMIT_SLOTS; i++) {
		t = &s->slot[i];
		if (t->length != 0 && now - t->touched > SLOTS_IDLE_MS &&
		    hold(t, now)) {
			if (now - t->touched > SLOTS_IDLE_MS)
				clear(s, t);
			let_go(t);
		}
		total += state_of(t).length;
	}
	return total;
}

int
slots_begin(struct slots *s, size_t length, int64_t now,
    char id[SLOT_ID_SIZE], struct err *e)
{
	uint8_t		 random[(SLOT_ID_SIZE - 1) / 2];
	struct slot	*t;
	size_t		 i, total = sweep(s, now);

	id[0] = '\0';
	if (length == 0 || length > LIMIT_SLOT)
		return err_set_id(e, ERR_TOOBIG, "upload-too-large",
		    "from 1 to %u octets can be uploaded", LIMIT_SLOT);
	for (i = 0; i < LIMIT_SLOTS; i++) {
		t = &s->slot[i];
		if (t->length != 0 || total + length > LIMIT_SLOTS_TOTAL ||
		    !hold(t, now))
			continue;
		if (t->length == 0) {
			sm_random(random, sizeof(random));
			hex_encode(random, sizeof(random), t->id);
			t->offset = 0;
			t->touched = now;
			t->length = length;
			memcpy(id, t->id, SLOT_ID_SIZE);
			let_go(t);
			return 0;
		}
		let_go(t);
	}
	return err_set_id(e, ERR_BUSY, "uploads-full",
	    "too many uploads are under way; try again in a minute");
}

int
slots_look(struct slots *s, const char *id, int64_t now,
    struct slot_state *st, struct err *e)
{
	struct slot	*t;
	int		 rc;

	memset(st, 0, sizeof(*st));
	if ((rc = take(s, id, now, &t, e)) != 0)
		return rc;
	t->touched = now;
	*st = state_of(t);
	let_go(t);
	return 0;
}

int
slots_append(struct slots *s, const char *id, size_t offset,
    struct octets o, int64_t now, struct slot_state *st, struct err *e)
{
	struct slot	*t;
	int		 rc;

	memset(st, 0, sizeof(*st));
	if ((rc = take(s, id, now, &t, e)) != 0)
		return rc;
	t->touched = now;
	*st = state_of(t);
	if (offset != st->offset) {
		rc = err_set_id(e, ERR_CONFLICT, "upload-offset",
		    "it stands at %zu, not at %zu", st->offset, offset);
	} else if (o.len > st->length - st->offset) {
		rc = err_set_id(e, ERR_TOOBIG, "upload-too-large",
		    "%zu octets were announced", st->length);
	} else {
		memcpy(octets_of(s, t) + st->offset, o.p, o.len);
		st->offset += o.len;
		t->offset = st->offset;
	}
	let_go(t);
	return rc;
}

int
slots_hold(struct slots *s, const char *id, int64_t now, struct octets *o,
    struct err *e)
{
	struct slot_state	 st;
	struct slot		*t;
	int			 rc;

	*o = OCTETS(NULL, 0);
	if ((rc = take(s, id, now, &t, e)) != 0)
		return rc;
	st = state_of(t);
	if (st.offset < st.length) {
		let_go(t);
		return err_set_id(e, ERR_CONFLICT, "upload-incomplete",
		    "%zu of %zu octets have come", st.offset, st.length);
	}
	*o = OCTETS(octets_of(s, t), st.length);
	return 0;
}

void
slots_release(struct slots *s, const char *id)
{
	size_t	i;

	for (i = 0; i < LIMIT_SLOTS; i++)
		if (s->slot[i].length != 0 &&
		    mem_equal(s->slot[i].id, id, SLOT_ID_SIZE - 1))
			let_go(&s->slot[i]);
}

int
slots_drop(struct slots *s, const char *id, int64_t now, struct err *e)
{
	struct slot	*t;
	int		 rc;

	if ((rc = take(s, id, now, &t, e)) != 0)
		return rc;
	clear(s, t);
	let_go(t);
	return 0;
}
