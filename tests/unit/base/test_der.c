#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/der.h"
#include "base/text.h"

/* Hex, whether der_check() takes it. */
static const struct {
	const char	*hex;
	bool		 good;
} trees[] = {
	{ "0500", true },
	{ "3000", true },
	{ "30060201010500" "00", false },	/* behind it */
	{ "3005020101" "0500", true },
	{ "3005020101" "05", false },		/* cut short */
	{ "3006020101" "0500", false },		/* too long */
	{ "", false }, { "30", false }, { "3081", false }, { "0201", false },
	{ "30800000", false },			/* indefinite (10.1) */
	{ "30810100" "00", false },		/* long form for 1 */
	{ "3082000105", false },		/* leading zero */
	{ "1f810100", false },			/* high tag */
	{ "0000", false },			/* end-of-contents */
	{ "2403040100", false },		/* constructed OCTET STRING */
	{ "1000", false }, { "1100", false },	/* primitive SEQUENCE, SET */
	{ "a003020105", true }, { "8001ff", true },
	{ "a003020205", false },		/* bad inside */
	{ "a00430021f00", false },
	{ "05000500", false },			/* two */
	{ "30" "88ffffffffffffffff", false },
	{ "30" "8901ffffffffffffffff", false },
};

/* Element, the value that der_uint() gives or an error. */
static const struct {
	const char	*hex;
	int		 rc;
	uint64_t	 v;
} uints[] = {
	{ "020100", 0, 0 }, { "02017f", 0, 127 }, { "02020080", 0, 128 },
	{ "020900ffffffffffffffff", 0, UINT64_MAX },
	{ "02087fffffffffffffff", 0, INT64_MAX },
	{ "0200", ERR_FORMAT, 0 }, { "020180", ERR_FORMAT, 0 },
	{ "0202007f", ERR_FORMAT, 0 }, { "02020000", ERR_FORMAT, 0 },
	{ "0209010000000000000000", ERR_FORMAT, 0 },
	{ "020a00ffffffffffffffffff", ERR_FORMAT, 0 },
	{ "040101", ERR_FORMAT, 0 }, { "0202ffff", ERR_FORMAT, 0 },
};

static const struct {
	uint8_t		 tag;
	const char	*text;
	int		 rc;
	int64_t		 t;
} times[] = {
	{ DER_GENTIME, "20261121100000Z", 0, 1795255200 },
	{ DER_GENTIME, "99991231235959Z", 0, INT64_C(253402300799) },
	{ DER_UTCTIME, "261121100000Z", 0, 1795255200 },
	{ DER_UTCTIME, "491231235959Z", 0, INT64_C(2524607999) },
	{ DER_UTCTIME, "500101000000Z", 0, -631152000 },
	{ DER_UTCTIME, "991231235959Z", 0, 946684799 },
	{ DER_GENTIME, "20261121100000", ERR_FORMAT, 0 },
	{ DER_GENTIME, "20261121100000.5Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "202611211000Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "20261121100000+", ERR_FORMAT, 0 },
	{ DER_GENTIME, "2026112110000 Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "20261321100000Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "20260229100000Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "20261121100060Z", ERR_FORMAT, 0 },
	{ DER_GENTIME, "261121100000Z", ERR_FORMAT, 0 },
	{ DER_UTCTIME, "2611211000Z", ERR_FORMAT, 0 },
	{ DER_UTCTIME, "26112110000+Z", ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121100000+0800", ERR_FORMAT, 0 },
	{ DER_UTF8, "20261121100000Z", ERR_FORMAT, 0 },
};

/* With an offset, where that is put up with. */
static const struct {
	uint8_t		 tag;
	const char	*text;
	bool		 zoned;
	int		 rc;
	int64_t		 t;
} zoned_times[] = {
	{ DER_GENTIME, "20261121100000Z", false, 0, 1795255200 },
	{ DER_GENTIME, "20261121180000+0800", true, 0, 1795255200 },
	{ DER_GENTIME, "20261120200000-1400", true, 0, 1795255200 },
	{ DER_UTCTIME, "261121180000+0800", true, 0, 1795255200 },
	{ DER_UTCTIME, "261121100000+0000", true, 0, 1795255200 },
	{ DER_UTCTIME, "261121153000+0530", true, 0, 1795255200 },
	{ DER_UTCTIME, "261121180000+1401", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121180000+0860", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121180000 0800", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121180000+08 0", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121180000+08", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261121180000Z+0800", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "2611211800+0800", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "261321180000+0800", false, ERR_FORMAT, 0 },
	{ DER_UTCTIME, "+0800", false, ERR_FORMAT, 0 },
	{ DER_GENTIME, "", false, ERR_FORMAT, 0 },
	{ DER_GENTIME, "20261121180000.5+0800", false, ERR_FORMAT, 0 },
	{ DER_UTF8, "20261121180000+0800", false, ERR_FORMAT, 0 },
};

static const struct {
	const char	*hex, *text;	/* text NULL: ERR_FORMAT */
} oids[] = {
	{ "06082a811ccf5501822d", "1.2.156.10197.1.301" },
	{ "06082a811ccf55018375", "1.2.156.10197.1.501" },
	{ "0603551d0f", "2.5.29.15" }, { "060100", "0.0" },
	{ "060127", "0.39" }, { "060128", "1.0" }, { "06014f", "1.39" },
	{ "060150", "2.0" }, { "06028837", "2.999" },
	{ "060b2a81ffffffffffffffff7f", "1.2.18446744073709551615" },
	{ "060b2a82808080808080808000", NULL },		/* 2^64 */
	{ "060c2a8380808080808080808000", NULL },
	{ "0600", NULL }, { "0602802a", NULL }, { "06032a8001", NULL },
	{ "06022a81", NULL }, { "04022a03", NULL },
};

static size_t
unhex(const char *s, uint8_t *out, size_t max)
{
	size_t	 n = strlen(s) / 2;

	assert_true(n <= max && hex_decode(s, strlen(s), out, n));
	return n;
}

/* The one element that hex spells. */
static struct der
element(const char *s, uint8_t *out, size_t max)
{
	struct cursor	 c;
	struct der	 d;
	struct err	 e = ERR_INIT;

	c = cursor_of(out, unhex(s, out, max));
	assert_int_equal(der_next(&c, &d, "test", &e), 0);
	assert_int_equal(der_end(&c, "test", &e), 0);
	return d;
}

static void
whole_trees(void **state)
{
	uint8_t		 v[64];
	struct err	 e;
	size_t		 i, n;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		e = (struct err)ERR_INIT;
		n = unhex(trees[i].hex, v, sizeof(v));
		rc = der_check(OCTETS(v, n), &e);
		if (rc != (trees[i].good ? 0 : ERR_FORMAT))
			fail_msg("%s: %d %s", trees[i].hex, rc, e.text);
		assert_string_equal(e.id, trees[i].good ? "" : "format");
	}
}

static void
depth_is_bounded(void **state)
{
	struct buf	 b;
	struct err	 e = ERR_INIT;
	size_t		 mark[LIMIT_DER_DEPTH + 2], i, n;

	(void)state;
	for (n = LIMIT_DER_DEPTH; n <= LIMIT_DER_DEPTH + 1; n++) {
		buf_init(&b, 1000);
		for (i = 0; i < n; i++)
			mark[i] = der_open(&b, DER_SEQUENCE);
		der_put(&b, DER_NULL, NULL, 0);
		while (i-- > 0)
			der_close(&b, mark[i]);
		assert_true(buf_ok(&b));
		assert_int_equal(der_check(buf_octets(&b), &e),
		    n <= LIMIT_DER_DEPTH ? 0 : ERR_FORMAT);
		buf_fini(&b);
	}
}

static void
failed_steps_leave_the_cursor(void **state)
{
	struct cursor	 c = cursor_of("\x02\x01\x05\x30", 4);
	struct der	 d;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(der_peek(&c), DER_INTEGER);
	assert_int_equal(der_expect(&c, DER_SEQUENCE, &d, "version", &e),
	    ERR_FORMAT);
	assert_string_equal(e.text, "version: tag 0x02, not 0x30");
	assert_int_equal(cursor_left(&c), 4);
	assert_int_equal(der_expect(&c, DER_INTEGER, &d, "version", NULL), 0);
	assert_int_equal(d.tlv.len, 3);
	assert_int_equal(d.val.len, 1);
	assert_int_equal(d.val.p[0], 5);
	assert_int_equal(der_end(&c, "all", NULL), ERR_FORMAT);
	assert_int_equal(der_next(&c, &d, "rest", NULL), ERR_FORMAT);
	assert_int_equal(cursor_left(&c), 1);
	c = cursor_of(NULL, 0);
	assert_int_equal(der_peek(&c), 0);
	assert_int_equal(der_end(&c, "all", NULL), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(der_next(&c, &d, "cert", &e), ERR_FORMAT);
	assert_string_equal(e.text, "cert: missing");
}

static void
numbers(void **state)
{
	uint8_t		 v[16];
	struct der	 d;
	struct err	 e;
	struct buf	 b;
	uint64_t	 u;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(uints) / sizeof(uints[0]); i++) {
		e = (struct err)ERR_INIT;
		d = element(uints[i].hex, v, sizeof(v));
		assert_int_equal(der_uint(&d, &u, &e), uints[i].rc);
		assert_true(u == uints[i].v);
		if (uints[i].rc != 0)
			continue;
		buf_init(&b, 16);
		der_put_uint(&b, u);
		assert_int_equal(b.len, d.tlv.len);
		assert_memory_equal(b.p, d.tlv.p, b.len);
		buf_fini(&b);
	}
}

static void
booleans_and_bits(void **state)
{
	uint8_t		 v[16];
	struct der	 d;
	struct octets	 o;
	bool		 yes;

	(void)state;
	d = element("0101ff", v, sizeof(v));
	assert_int_equal(der_bool(&d, &yes, NULL), 0);
	assert_true(yes);
	d = element("010100", v, sizeof(v));
	assert_int_equal(der_bool(&d, &yes, NULL), 0);
	assert_false(yes);
	d = element("010101", v, sizeof(v));
	assert_int_equal(der_bool(&d, &yes, NULL), ERR_FORMAT);
	d = element("0100", v, sizeof(v));
	assert_int_equal(der_bool(&d, &yes, NULL), ERR_FORMAT);
	d = element("0201ff", v, sizeof(v));
	assert_int_equal(der_bool(&d, &yes, NULL), ERR_FORMAT);

	d = element("03030001ff", v, sizeof(v));
	assert_int_equal(der_bits(&d, &o, NULL), 0);
	assert_int_equal(o.len, 2);
	assert_int_equal(o.p[1], 0xff);
	d = element("030100", v, sizeof(v));
	assert_int_equal(der_bits(&d, &o, NULL), 0);
	assert_int_equal(o.len, 0);
	d = element("030206c0", v, sizeof(v));
	assert_int_equal(der_bits(&d, &o, NULL), ERR_FORMAT);
	assert_null(o.p);
	d = element("0300", v, sizeof(v));
	assert_int_equal(der_bits(&d, &o, NULL), ERR_FORMAT);
	d = element("040100", v, sizeof(v));
	assert_int_equal(der_bits(&d, &o, NULL), ERR_FORMAT);
}

static void
moments(void **state)
{
	struct buf	 b;
	struct cursor	 c;
	struct der	 d;
	int64_t		 t;
	bool		 zoned;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		buf_init(&b, 64);
		der_put_text(&b, times[i].tag, times[i].text);
		c = cursor_of(b.p, b.len);
		assert_int_equal(der_next(&c, &d, "time", NULL), 0);
		if (der_time(&d, &t, NULL) != times[i].rc || t != times[i].t)
			fail_msg("%s", times[i].text);
		if (times[i].rc == 0 && times[i].tag == DER_GENTIME) {
			buf_reset(&b);
			der_put_gentime(&b, t);
			assert_int_equal(b.len, 17);
			assert_memory_equal(b.p + 2, times[i].text, 15);
		}
		buf_fini(&b);
	}
	for (i = 0; i < sizeof(zoned_times) / sizeof(zoned_times[0]); i++) {
		buf_init(&b, 64);
		der_put_text(&b, zoned_times[i].tag, zoned_times[i].text);
		c = cursor_of(b.p, b.len);
		assert_int_equal(der_next(&c, &d, "time", NULL), 0);
		if (der_time_zoned(&d, &t, &zoned, NULL) !=
		    zoned_times[i].rc || t != zoned_times[i].t ||
		    zoned != zoned_times[i].zoned)
			fail_msg("%s", zoned_times[i].text);
		buf_fini(&b);
	}
	/* A NUL inside must not end the reading early. */
	d = (struct der){ .tag = DER_GENTIME,
	    .val = OCTETS("20261121\0" "00000Z", 15) };
	assert_int_equal(der_time(&d, &t, NULL), ERR_FORMAT);
}

static void
identifiers(void **state)
{
	uint8_t		 v[16];
	char		 text[64];
	struct der	 d;
	size_t		 i, n;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		d = element(oids[i].hex, v, sizeof(v));
		rc = der_oid_text(&d, text, sizeof(text), NULL);
		assert_int_equal(rc, oids[i].text != NULL ? 0 : ERR_FORMAT);
		assert_string_equal(text, oids[i].text != NULL ?
		    oids[i].text : "");
		if (oids[i].text == NULL)
			continue;
		n = strlen(text);
		assert_int_equal(der_oid_text(&d, text, n + 1, NULL), 0);
		assert_int_equal(der_oid_text(&d, text, n, NULL), ERR_FORMAT);
		assert_string_equal(text, "");
	}
}

static void
writes_lengths(void **state)
{
	static const size_t	 sizes[] = { 0, 1, 127, 128, 255, 256, 65535,
				    65536 };
	static uint8_t		 zeros[65536];
	struct buf		 b;
	struct cursor		 c;
	struct der		 d;
	size_t			 i, outer, inner;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buf_init(&b, 70000);
		outer = der_open(&b, DER_SEQUENCE);
		inner = der_open(&b, DER_CTX0);
		der_put(&b, DER_OCTET_STRING, zeros, sizes[i]);
		der_close(&b, inner);
		der_put_bits(&b, "\xaa", 1);
		der_put_oid(&b, OCTETS("\x2a\x03", 2));
		der_close(&b, outer);
		assert_true(buf_ok(&b));
		assert_int_equal(der_check(buf_octets(&b), NULL), 0);
		c = cursor_of(b.p, b.len);
		assert_int_equal(der_expect(&c, DER_SEQUENCE, &d, "", NULL),
		    0);
		c = der_inside(&d);
		assert_int_equal(der_expect(&c, DER_CTX0, &d, "", NULL), 0);
		assert_memory_equal(c.p, "\x03\x02\x00\xaa\x06\x02\x2a\x03",
		    8);
		c = der_inside(&d);
		assert_int_equal(der_expect(&c, DER_OCTET_STRING, &d, "",
		    NULL), 0);
		assert_int_equal(d.val.len, sizes[i]);
		buf_fini(&b);
	}
}

static void
writing_beyond_the_maximum(void **state)
{
	struct buf	 b;
	size_t		 mark, max;

	(void)state;
	/* 200 octets want three for their header. */
	for (max = 0; max < 203; max++) {
		buf_init(&b, max);
		mark = der_open(&b, DER_OCTET_STRING);
		buf_printf(&b, "%200s", "");
		der_close(&b, mark);
		assert_false(buf_ok(&b));
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(whole_trees),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(failed_steps_leave_the_cursor),
		cmocka_unit_test(numbers),
		cmocka_unit_test(booleans_and_bits),
		cmocka_unit_test(moments),
		cmocka_unit_test(identifiers),
		cmocka_unit_test(writes_lengths),
		cmocka_unit_test(writing_beyond_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
