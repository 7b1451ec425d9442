#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/ber.h"
#include "base/der.h"

#define O(S)	{ (const uint8_t *)(S), sizeof(S) - 1 }

static void
converted(void **state)
{
	static const struct {
		struct octets	ber, der;
		size_t		left;
	} cases[] = {
		/* DER stays as it is */
		{ O("\x30\x03\x02\x01\x05"), O("\x30\x03\x02\x01\x05"), 0 },
		{ O("\x05\x00"), O("\x05\x00"), 0 },
		/* indefinite lengths, one in the other */
		{ O("\x30\x80\x02\x01\x05\0\0"), O("\x30\x03\x02\x01\x05"),
		    0 },
		{ O("\x30\x80\xa0\x80\x02\x01\x05\0\0\0\0"),
		    O("\x30\x05\xa0\x03\x02\x01\x05"), 0 },
		{ O("\x30\x80\0\0"), O("\x30\x00"), 0 },
		/* what follows is left */
		{ O("\x30\x80\0\0\0\0"), O("\x30\x00"), 2 },
		{ O("\x02\x01\x05\x02"), O("\x02\x01\x05"), 1 },
		/* lengths that are not minimal */
		{ O("\x30\x81\x03\x02\x01\x05"), O("\x30\x03\x02\x01\x05"),
		    0 },
		{ O("\x02\x83\x00\x00\x01\x05"), O("\x02\x01\x05"), 0 },
		/* octet strings in pieces */
		{ O("\x24\x80\x04\x01" "a" "\x04\x02" "bc" "\0\0"),
		    O("\x04\x03" "abc"), 0 },
		{ O("\x24\x06\x04\x01" "a" "\x04\x01" "b"), O("\x04\x02"
		    "ab"), 0 },
		{ O("\x24\x80\x24\x80\x04\x01" "a" "\0\0\x04\x01" "b"
		    "\0\0"), O("\x04\x02" "ab"), 0 },
		{ O("\x24\x80\0\0"), O("\x04\x00"), 0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor	c = cursor_of(cases[i].ber.p,
				    cases[i].ber.len);
		struct err	e = ERR_INIT;
		struct buf	b;

		buf_init(&b, 64);
		if (ber_to_der(&c, &b, &e) != 0)
			fail_msg("case %zu: %s", i, e.text);
		assert_int_equal(b.len, cases[i].der.len);
		assert_memory_equal(b.p, cases[i].der.p, b.len);
		assert_int_equal(cursor_left(&c), cases[i].left);
		buf_fini(&b);
	}
}

static void
refused(void **state)
{
	static const struct octets	cases[] = {
		O(""), O("\x30"), O("\x30\x80"), O("\x30\x80\x02\x01\x05"),
		O("\x30\x80\x02\x01\x05\0"), O("\x30\x05\x02\x01\x05"),
		O("\x02\x80\0\0"), O("\x1f\x01\x00"), O("\x00\x00"),
		O("\x10\x00"), O("\x22\x03\x02\x01\x05"),
		O("\x23\x80\x03\x01\x00\0\0"),
		O("\x24\x80\x02\x01\x05\0\0"), O("\x24\x03\x02\x01\x05"),
		O("\x02\x89\1\1\1\1\1\1\1\1\1\x05"), O("\x02\x84\1\0"),
		O("\x30\x03\x30\x80\0\0"),
	};
	struct buf	b;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor	c = cursor_of(cases[i].p, cases[i].len);
		struct err	e = ERR_INIT;

		buf_init(&b, 64);
		if (ber_to_der(&c, &b, &e) != ERR_FORMAT)
			fail_msg("case %zu is taken", i);
		assert_string_equal(e.id, "bad-ber");
		assert_ptr_equal(c.p, cases[i].p);
		buf_fini(&b);
	}
}

static void
bounds(void **state)
{
	uint8_t		deep[4 * (LIMIT_DER_DEPTH + 2)];
	struct buf	b;
	struct cursor	c;
	size_t		i, depth;

	(void)state;
	for (depth = LIMIT_DER_DEPTH; depth < LIMIT_DER_DEPTH + 3; depth++) {
		memset(deep, 0, sizeof(deep));
		for (i = 0; i < depth && i < LIMIT_DER_DEPTH + 2; i++)
			memcpy(deep + 2 * i, "\x30\x80", 2);
		c = cursor_of(deep, sizeof(deep));
		buf_init(&b, 4096);
		assert_int_equal(ber_to_der(&c, &b, NULL) == 0,
		    depth <= LIMIT_DER_DEPTH + 1);
		buf_fini(&b);
	}
	c = cursor_of("\x04\x05hello", 7);
	buf_init(&b, 4);
	assert_int_equal(ber_to_der(&c, &b, NULL), ERR_TOOBIG);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(converted),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
