#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slots.h"
#include "base/sm.h"

#define NOW	1000000

static int	fd = -1;

static struct slots *
open_it(void)
{
	struct slots	*s;

	assert_int_equal(slots_open(dup(fd), &s, NULL), 0);
	return s;
}

static int
make(void **state)
{
	assert_int_equal(slots_create(&fd, NULL), 0);
	*state = open_it();
	return 0;
}

static int
drop(void **state)
{
	slots_close(*state);
	(void)close(fd);
	return 0;
}

static struct octets
text(const char *s)
{
	return OCTETS(s, strlen(s));
}

/* Pieces come through two mappings, as through two processes. */
static void
pieces(void **state)
{
	struct slots		*a = *state, *b = open_it();
	struct slot_state	 st;
	struct octets		 o;
	struct err		 e = ERR_INIT;
	char			 id[SLOT_ID_SIZE];

	assert_int_equal(slots_begin(a, 10, NOW, id, NULL), 0);
	assert_int_equal(strlen(id), SLOT_ID_SIZE - 1);
	assert_int_equal(slots_append(a, id, 0, text("hello"), NOW, &st,
	    NULL), 0);
	assert_int_equal(slots_look(b, id, NOW, &st, NULL), 0);
	assert_int_equal(st.offset, 5);
	assert_int_equal(st.length, 10);
	assert_int_equal(slots_hold(b, id, NOW, &o, &e), ERR_CONFLICT);
	assert_string_equal(e.id, "upload-incomplete");
	assert_int_equal(slots_append(b, id, 5, text("world"), NOW, &st,
	    NULL), 0);
	assert_int_equal(slots_hold(a, id, NOW, &o, NULL), 0);
	assert_int_equal(o.len, 10);
	assert_memory_equal(o.p, "helloworld", 10);
	/* Held by one, it is busy for the other, until it lets go or is
	 * taken for dead. */
	e = (struct err)ERR_INIT;
	assert_int_equal(slots_look(b, id, NOW, &st, &e), ERR_BUSY);
	assert_string_equal(e.id, "upload-busy");
	slots_release(a, id);
	assert_int_equal(slots_hold(a, id, NOW, &o, NULL), 0);
	assert_int_equal(slots_look(b, id, NOW + 6000, &st, NULL), 0);
	slots_release(a, id);
	assert_int_equal(slots_drop(b, id, NOW, NULL), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(slots_look(a, id, NOW, &st, &e), ERR_NOTFOUND);
	assert_string_equal(e.id, "no-such-upload");
	slots_close(b);
}

static void
refused(void **state)
{
	struct slots		*s = *state;
	struct slot_state	 st;
	struct err		 e = ERR_INIT;
	char			 id[SLOT_ID_SIZE], more[SLOT_ID_SIZE];
	size_t			 i;

	assert_int_equal(slots_begin(s, 0, NOW, id, &e), ERR_TOOBIG);
	assert_string_equal(e.id, "upload-too-large");
	assert_string_equal(id, "");
	assert_int_equal(slots_begin(s, LIMIT_SLOT + 1, NOW, id, NULL),
	    ERR_TOOBIG);
	assert_int_equal(slots_begin(s, 4, NOW, id, NULL), 0);
	/* Elsewhere than it stands; more than was announced; both keep it. */
	e = (struct err)ERR_INIT;
	assert_int_equal(slots_append(s, id, 1, text("x"), NOW, &st, &e),
	    ERR_CONFLICT);
	assert_string_equal(e.id, "upload-offset");
	assert_int_equal(st.offset, 0);
	assert_int_equal(slots_append(s, id, 0, text("12345"), NOW, &st,
	    NULL), ERR_TOOBIG);
	assert_int_equal(slots_append(s, id, 0, text("1234"), NOW, &st,
	    NULL), 0);
	assert_int_equal(st.offset, 4);
	/* Names that are none. */
	assert_int_equal(slots_look(s, "", NOW, &st, NULL), ERR_NOTFOUND);
	assert_int_equal(slots_look(s, "0123", NOW, &st, NULL),
	    ERR_NOTFOUND);
	memset(more, 0, sizeof(more));
	memset(more, 'f', SLOT_ID_SIZE - 1);
	assert_int_equal(slots_look(s, more, NOW, &st, NULL), ERR_NOTFOUND);
	/* All of them taken; what was left alone is given away. */
	for (i = 1; i < LIMIT_SLOTS; i++)
		assert_int_equal(slots_begin(s, 1, NOW + 1000, more, NULL),
		    0);
	e = (struct err)ERR_INIT;
	assert_int_equal(slots_begin(s, 1, NOW + 1000, more, &e), ERR_BUSY);
	assert_string_equal(e.id, "uploads-full");
	assert_int_equal(slots_begin(s, 1, NOW + SLOTS_IDLE_MS + 1, more,
	    NULL), 0);
	assert_int_equal(slots_look(s, id, NOW + SLOTS_IDLE_MS + 1, &st,
	    NULL), ERR_NOTFOUND);
}

static void
together(void **state)
{
	struct slots	*s = *state;
	char		 id[3][SLOT_ID_SIZE];

	assert_int_equal(slots_begin(s, LIMIT_SLOT, NOW, id[0], NULL), 0);
	assert_int_equal(slots_begin(s, LIMIT_SLOT, NOW, id[1], NULL), 0);
	assert_int_equal(slots_begin(s, 1, NOW, id[2], NULL), ERR_BUSY);
	assert_int_equal(slots_drop(s, id[0], NOW, NULL), 0);
	assert_int_equal(slots_begin(s, 1, NOW, id[2], NULL), 0);
}

/* What was there before is never seen by the next. */
static void
clean(void **state)
{
	struct slots		*s = *state;
	struct slot_state	 st;
	struct octets		 o;
	char			 id[SLOT_ID_SIZE];
	uint8_t			*p = xmalloc(100000);
	size_t			 i;

	memset(p, 0xaa, 100000);
	assert_int_equal(slots_begin(s, 100000, NOW, id, NULL), 0);
	assert_int_equal(slots_append(s, id, 0, OCTETS(p, 100000), NOW, &st,
	    NULL), 0);
	assert_int_equal(slots_hold(s, id, NOW, &o, NULL), 0);
	slots_release(s, id);
	assert_int_equal(slots_drop(s, id, NOW, NULL), 0);
	for (i = 0; i < 100000; i++)
		assert_int_equal(o.p[i], 0);
	free(p);
}

/* Another process that writes what it likes into the head harms nobody. */
static void
hostile(void **state)
{
	struct slots		*s = *state;
	struct slot_state	 st;
	struct octets		 o;
	struct err		 e = ERR_INIT;
	char			 id[SLOT_ID_SIZE];
	uint8_t			*head;
	size_t			 i, j;

	assert_int_equal(slots_begin(s, 16, NOW, id, NULL), 0);
	head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(head, MAP_FAILED);
	for (i = 0; i + 8 <= 256; i += 8) {
		for (j = 0; j < 8; j++)
			head[i + j] ^= 0xff;
		if (slots_append(s, id, 0, text("abc"), NOW, &st, &e) == 0 ||
		    e.code == ERR_CONFLICT)
			assert_true(st.offset <= st.length &&
			    st.length <= LIMIT_SLOT);
		if (slots_hold(s, id, NOW, &o, NULL) == 0) {
			assert_true(o.len <= LIMIT_SLOT);
			slots_release(s, id);
		}
		e = (struct err)ERR_INIT;
		for (j = 0; j < 8; j++)
			head[i + j] ^= 0xff;
	}
	(void)munmap(head, 4096);
}

/* It cannot shrink under those who map it; another file is refused. */
static void
fixed(void **state)
{
	struct slots	*s;
	int		 other;

	(void)state;
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_true((other = memfd_create("x", 0)) >= 0);
	assert_int_equal(slots_open(other, &s, NULL), ERR_FORMAT);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(pieces, make, drop),
		cmocka_unit_test_setup_teardown(refused, make, drop),
		cmocka_unit_test_setup_teardown(together, make, drop),
		cmocka_unit_test_setup_teardown(clean, make, drop),
		cmocka_unit_test_setup_teardown(hostile, make, drop),
		cmocka_unit_test_setup_teardown(fixed, make, drop),
	};

	if (sm_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
