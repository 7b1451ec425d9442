#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "ca/tsa_query.h"

#define IMPRINT	"0420" "000102030405060708090a0b0c0d0e0f" \
		"101112131415161718191a1b1c1d1e1f"
#define SM3	"300a06082a811ccf55018311"
#define SM3_0	"300c06082a811ccf550183110500"
#define SHA256	"300b0609608648016503040201"
#define BARE	"302e" SM3 IMPRINT

static const struct {
	const char	*name, *hex;
	const char	*id;		/* NULL: it is read */
	bool		 other;		/* read, but not as we write it */
} rows[] = {
	{ "SM3", "3033" "020101" BARE, NULL, false },
	{ "NULL behind it", "3035" "020101" "3030" SM3_0 IMPRINT, NULL,
	    false },
	{ "SHA-256", "3034" "020101" "302f" SHA256 IMPRINT, NULL, false },
	{ "everything", "3044" "020101" BARE "06052a03040506" "020500ffffffff"
	    "0101ff", NULL, false },
	{ "negative nonce", "3036" "020101" BARE "0201ff", NULL, false },
	{ "certReq FALSE", "3036" "020101" BARE "010100", NULL, true },

	{ "nothing", "", "bad-time-query", false },
	{ "NULL", "0500", "bad-time-query", false },
	{ "cut", "3033" "020101" "302e" SM3, "bad-time-query", false },
	{ "an octet behind", "3033" "020101" BARE "00", "bad-time-query",
	    false },
	{ "long length", "308133" "020101" BARE, "bad-time-query", false },
	{ "indefinite", "3080" "020101" BARE "0000", "bad-time-query", false },
	{ "version 0", "3033" "020100" BARE, "time-query-version", false },
	{ "version 2", "3033" "020102" BARE, "time-query-version", false },
	{ "version -1", "3033" "0201ff" BARE, "bad-time-query", false },
	{ "no imprint", "3003" "020101", "bad-time-query", false },
	{ "MD5", "3025" "020101" "3020" "300c06082a864886f70d02050500" "0410"
	    "000102030405060708090a0b0c0d0e0f", "time-query-hash", false },
	{ "short imprint", "3023" "020101" "301e" SM3 "0410"
	    "000102030405060708090a0b0c0d0e0f", "bad-time-query", false },
	{ "parameters", "3036" "020101" "3031"
	    "300d06082a811ccf55018311" "0201" "01" IMPRINT, "bad-time-query",
	    false },
	{ "NULL with octets", "3036" "020101" "3031"
	    "300d06082a811ccf55018311" "0501" "00" IMPRINT, "bad-time-query",
	    false },
	{ "something in the imprint", "3035" "020101" "3030" SM3 IMPRINT
	    "0500", "bad-time-query", false },
	{ "bad OID", "3037" "020101" BARE "06022a80", "bad-time-query",
	    false },
	{ "empty nonce", "3035" "020101" BARE "0200", "bad-time-query",
	    false },
	{ "padded nonce", "3037" "020101" BARE "02020001", "bad-time-query",
	    false },
	{ "padded negative", "3037" "020101" BARE "0202ff80",
	    "bad-time-query", false },
	{ "certReq 1", "3036" "020101" BARE "010101", "bad-time-query",
	    false },
	{ "order", "3039" "020101" BARE "0101ff" "020101", "bad-time-query",
	    false },
	{ "nonce twice", "3039" "020101" BARE "020101" "020101",
	    "bad-time-query", false },
	{ "extensions", "3035" "020101" BARE "a000", "time-query-extension",
	    false },
	{ "[1]", "3035" "020101" BARE "a100", "bad-time-query", false },
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static size_t
unhex(const char *hex, uint8_t *out)
{
	const size_t	n = strlen(hex) / 2;

	assert_true(hex_decode(hex, strlen(hex), out, n));
	return n;
}

static void
reading(void **state)
{
	struct tsa_query	q, zero;
	struct err		e;
	struct buf		b;
	uint8_t			der[256];
	size_t			i, n;
	int			rc;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	for (i = 0; i < NROWS; i++) {
		e = (struct err)ERR_INIT;
		n = unhex(rows[i].hex, der);
		rc = tsa_query_read(OCTETS(der, n), &q, &e);
		if (rc != (rows[i].id == NULL ? 0 : ERR_FORMAT) ||
		    (rc != 0 && strcmp(e.id, rows[i].id) != 0))
			fail_msg("%s: %d [%s] %s", rows[i].name, rc, e.id,
			    e.text);
		if (rc != 0) {
			assert_memory_equal(&q, &zero, sizeof(q));
			continue;
		}
		buf_init(&b, LIMIT_TSA_QUERY);
		tsa_query_encode(&q, &b);
		if (!rows[i].other && (b.len != n ||
		    memcmp(b.p, der, n) != 0))
			fail_msg("%s: written otherwise", rows[i].name);
		buf_fini(&b);
	}
}

static void
members(void **state)
{
	struct tsa_query	q;
	uint8_t			der[256];
	size_t			n;

	(void)state;
	n = unhex(rows[3].hex, der);
	assert_int_equal(tsa_query_read(OCTETS(der, n), &q, NULL), 0);
	assert_int_equal(q.hash, TSA_SM3);
	assert_int_equal(q.imprint[31], 0x1f);
	assert_false(q.null_parameters);
	assert_int_equal(q.policy.len, 5);
	assert_int_equal(q.nonce.len, 5);
	assert_true(q.certificate);
	n = unhex(rows[1].hex, der);
	assert_int_equal(tsa_query_read(OCTETS(der, n), &q, NULL), 0);
	assert_true(q.null_parameters);
	assert_int_equal(q.nonce.len, 0);
	assert_false(q.certificate);
}

/* No prefix of a request is one, and the reader does not look beyond it. */
static void
truncated(void **state)
{
	struct tsa_query	q;
	uint8_t			der[256], *p;
	size_t			n, i;

	(void)state;
	n = unhex(rows[3].hex, der);
	for (i = 0; i < n; i++) {
		p = xmemdup(der, i);
		assert_int_equal(tsa_query_read(OCTETS(p, i), &q, NULL),
		    ERR_FORMAT);
		free(p);
	}
}

static void
too_long(void **state)
{
	static uint8_t		 der[LIMIT_TSA_QUERY + 1];
	struct tsa_query	 q;
	uint8_t			 nonce[LIMIT_TSA_NONCE + 1];
	struct err		 e = ERR_INIT;
	struct buf		 b;

	(void)state;
	assert_int_equal(tsa_query_read(OCTETS(der, sizeof(der)), &q, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-time-query");
	memset(nonce, 0x42, sizeof(nonce));
	assert_true(tsa_nonce_is_good(OCTETS(nonce, LIMIT_TSA_NONCE)));
	assert_false(tsa_nonce_is_good(OCTETS(nonce, LIMIT_TSA_NONCE + 1)));
	memset(&q, 0, sizeof(q));
	q.hash = TSA_SM3;
	q.nonce = OCTETS(nonce, sizeof(nonce));
	buf_init(&b, LIMIT_TSA_QUERY);
	tsa_query_encode(&q, &b);
	assert_int_equal(tsa_query_read(buf_octets(&b), &q, NULL),
	    ERR_FORMAT);
	buf_fini(&b);
}

static void
policies(void **state)
{
	static const struct {
		const char	*text, *hex;	/* NULL: refused */
	} row[] = {
		{ "2.999.3161.1", "8837985901" },
		{ "1.2.156.10197.1.501", "2a811ccf55018375" },
		{ "0.0", "00" },
		{ "2.40", "78" },
		{ "1.39", "4f" },
		{ "2.5.18446744073709551615", "5581ffffffffffffffff7f" },
		{ "1.2.840.113549", "2a864886f70d" },
		{ "", NULL }, { "1", NULL }, { "1.", NULL }, { ".1", NULL },
		{ "3.1", NULL }, { "1.40", NULL }, { "0.40.1", NULL },
		{ "1.2.03", NULL }, { "1.2..3", NULL }, { "1.2.3.", NULL },
		{ "1.2.x", NULL }, { "1.2 .3", NULL }, { "1.-2", NULL },
		{ "2.5.18446744073709551616", NULL },
		{ "2.18446744073709551615", NULL },
	};
	struct err	e;
	struct buf	b;
	uint8_t		want[32];
	size_t		i, n;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		e = (struct err)ERR_INIT;
		buf_init(&b, LIMIT_TSA_POLICY);
		if (row[i].hex == NULL) {
			if (tsa_policy_encode(row[i].text, &b, &e) !=
			    ERR_INVAL)
				fail_msg("\"%s\" was taken", row[i].text);
			assert_string_equal(e.id, "bad-policy");
		} else {
			assert_int_equal(tsa_policy_encode(row[i].text, &b,
			    &e), 0);
			n = unhex(row[i].hex, want);
			assert_int_equal(b.len, n);
			assert_memory_equal(b.p, want, n);
		}
		buf_fini(&b);
	}
}

/* What a refusal is in octets (RFC 3161, 2.4.2). */
static void
replies(void **state)
{
	static const struct {
		const char	*id;
		unsigned	 bit;
	} row[] = {
		{ "time-query-hash", TSA_BAD_ALG },
		{ "time-query-version", TSA_BAD_REQUEST },
		{ "bad-time-query", TSA_BAD_DATA_FORMAT },
		{ "clock-ahead", TSA_TIME_NOT_AVAILABLE },
		{ "clock-behind", TSA_TIME_NOT_AVAILABLE },
		{ "clock-jumped", TSA_TIME_NOT_AVAILABLE },
		{ "clock-unsynchronised", TSA_TIME_NOT_AVAILABLE },
		{ "time-query-policy", TSA_UNACCEPTED_POLICY },
		{ "time-query-extension", TSA_UNACCEPTED_EXTENSION },
		{ "no-tsa", TSA_SYSTEM_FAILURE },
		{ "too-many-requests", TSA_SYSTEM_FAILURE },
	};
	uint8_t		want[128], code[8];
	struct err	e;
	struct buf	b;
	size_t		i, n, len, text;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		e = (struct err)ERR_INIT;
		(void)err_set_id(&e, ERR_BUSY, row[i].id, "no");
		assert_int_equal(tsa_failure_of(&e), row[i].bit);
		text = strlen(row[i].id) + 4;
		n = 2 + row[i].bit / 8;		/* octets of the BIT STRING */
		memset(code, 0, sizeof(code));
		code[0] = (uint8_t)(7 - row[i].bit % 8);
		code[1 + row[i].bit / 8] = (uint8_t)(0x80 >> row[i].bit % 8);
		len = 0;
		want[len++] = 0x30;
		want[len++] = (uint8_t)(2 + 3 + 4 + text + 2 + n);
		want[len++] = 0x30;
		want[len++] = (uint8_t)(3 + 4 + text + 2 + n);
		memcpy(want + len, "\x02\x01\x02\x30", 4);
		len += 4;
		want[len++] = (uint8_t)(2 + text);
		want[len++] = 0x0c;
		want[len++] = (uint8_t)text;
		memcpy(want + len, row[i].id, text - 4);
		memcpy(want + len + text - 4, ": no", 4);
		len += text;
		want[len++] = 0x03;
		want[len++] = (uint8_t)n;
		memcpy(want + len, code, n);
		len += n;
		buf_init(&b, LIMIT_TSA_REPLY);
		tsa_reply_rejected(&e, &b);
		assert_int_equal(b.len, len);
		assert_memory_equal(b.p, want, len);
		buf_fini(&b);
	}
	buf_init(&b, LIMIT_TSA_REPLY);
	tsa_reply_granted(OCTETS("\x30\x00", 2), &b);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.p, "\x30\x07\x30\x03\x02\x01\x00\x30\x00", 9);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(members),
		cmocka_unit_test(truncated),
		cmocka_unit_test(too_long),
		cmocka_unit_test(policies),
		cmocka_unit_test(replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
