#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* text, whether take_decimal() takes it, the value, octets left over. */
static const struct {
	const char	*text;
	bool		 good;
	uint64_t	 v;
	size_t		 left;
} decimals[] = {
	{ "0",				true, 0, 0 },
	{ "7\n",			true, 7, 1 },
	{ "18446744073709551615",	true, UINT64_MAX, 0 },
	{ "18446744073709551616",	false, 0, 20 },
	{ "99999999999999999999",	false, 0, 20 },
	{ "100000000000000000000",	false, 0, 21 },
	{ "00",				false, 0, 2 },
	{ "01",				false, 0, 2 },
	{ "",				false, 0, 0 },
	{ "+1",				false, 0, 2 },
	{ "-1",				false, 0, 2 },
	{ " 1",				false, 0, 2 },
	{ "x",				false, 0, 1 },
};

static void
decimal(void **state)
{
	struct cursor	 c;
	uint64_t	 v;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++) {
		c = cursor_of(decimals[i].text, strlen(decimals[i].text));
		v = 0;
		assert_int_equal(take_decimal(&c, &v), decimals[i].good);
		assert_true(v == decimals[i].v);
		assert_int_equal(cursor_left(&c), decimals[i].left);
	}
}

static void
integers_are_big_endian(void **state)
{
	static const uint8_t	 want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
				    12, 13, 14, 15 };
	struct buf		 b;
	struct cursor		 c;
	uint8_t			 u8;
	uint16_t		 u16;
	uint32_t		 u32;
	uint64_t		 u64;

	(void)state;
	buf_init(&b, 15);
	buf_put_u8(&b, 1);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0x04050607);
	buf_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.p, want, sizeof(want));
	c = cursor_of(b.p, b.len);
	assert_true(take_u8(&c, &u8) && u8 == 1);
	assert_true(take_u16(&c, &u16) && u16 == 0x0203);
	assert_true(take_u32(&c, &u32) && u32 == 0x04050607);
	assert_true(take_u64(&c, &u64));
	assert_true(u64 == UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(take_u8(&c, &u8));
	buf_fini(&b);
	buf_fini(&b);
}

static void
short_input_leaves_the_cursor(void **state)
{
	struct cursor	 c = cursor_of("abc", 3);
	struct octets	 o = { 0 };
	uint64_t	 u64 = 5;
	uint32_t	 u32 = 5;

	(void)state;
	assert_false(take_u64(&c, &u64));
	assert_false(take_u32(&c, &u32));
	assert_false(take_octets(&c, 4, &o));
	assert_false(take_literal(&c, "abcd"));
	assert_false(take_literal(&c, "abd"));
	assert_false(take_line(&c, &o));
	assert_int_equal(cursor_left(&c), 3);
	assert_true(u64 == 5 && u32 == 5 && o.p == NULL);
	assert_true(take_literal(&c, "ab"));
	assert_true(take_octets(&c, 1, &o));
	assert_int_equal(o.p[0], 'c');
	assert_true(take_octets(&c, 0, &o));
	c = cursor_of(NULL, 0);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(take_line(&c, &o));
}

static void
lines(void **state)
{
	struct cursor	 c = cursor_of("a\n\nbc", 5);
	struct octets	 o;

	(void)state;
	assert_true(take_line(&c, &o) && o.len == 1 && o.p[0] == 'a');
	assert_true(take_line(&c, &o) && o.len == 0);
	assert_false(take_line(&c, &o));
	assert_int_equal(cursor_left(&c), 2);
}

static void
maximum_is_hard(void **state)
{
	struct buf	 b;
	size_t		 i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < 100; i++)
		buf_put_u8(&b, (uint8_t)i);
	assert_true(buf_ok(&b));
	buf_put_u8(&b, 0);
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 100);
	buf_put(&b, NULL, 0);
	assert_false(buf_ok(&b));
	for (i = 0; i < 100; i++)
		assert_int_equal(b.p[i], i);
	buf_reset(&b);
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 0);
	buf_put(&b, "ab", SIZE_MAX);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	/* A number is written whole or not at all. */
	for (i = 0; i < 97; i++)
		buf_put_u8(&b, 1);
	buf_put_u32(&b, 7);
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 97);
	buf_wipe(&b);
}

static void
text_and_stealing(void **state)
{
	struct buf	 b;
	uint8_t		*p;
	char		*s;
	size_t		 n;

	(void)state;
	buf_init(&b, 1000);
	p = buf_steal(&b, &n);
	assert_non_null(p);
	assert_int_equal(n, 0);
	free(p);
	s = buf_steal_str(&b);
	assert_string_equal(s, "");
	free(s);
	buf_printf(&b, "%05d", 42);
	buf_puts(&b, "!");
	buf_put_octets(&b, OCTETS("xyz", 2));
	assert_int_equal(buf_octets(&b).len, 8);
	s = buf_steal_str(&b);
	assert_string_equal(s, "00042!xy");
	free(s);
	assert_int_equal(b.len, 0);
	assert_null(b.p);
	assert_int_equal(b.max, 1000);
	buf_printf(&b, "%*s", 1001, "");
	assert_false(buf_ok(&b));
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(decimal),
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(short_input_leaves_the_cursor),
		cmocka_unit_test(lines),
		cmocka_unit_test(maximum_is_hard),
		cmocka_unit_test(text_and_stealing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
