#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/err.h"

static const struct {
	int		 code;
	const char	*name;
	int		 status;
} cases[] = {
	{ ERR_OK,	"ok",		200 },
	{ ERR_INVAL,	"invalid",	400 },
	{ ERR_FORMAT,	"format",	400 },
	{ ERR_VERIFY,	"verify",	422 },
	{ ERR_NOTFOUND,	"not-found",	404 },
	{ ERR_CONFLICT,	"conflict",	409 },
	{ ERR_DENIED,	"denied",	403 },
	{ ERR_TOOBIG,	"too-big",	413 },
	{ ERR_STORE,	"store",	503 },
	{ ERR_CRYPTO,	"crypto",	500 },
	{ ERR_IO,	"io",		500 },
	{ ERR_BUSY,	"busy",		503 },
	{ 1,		"unknown",	500 },
	{ ERR_CODE_MIN - 1, "unknown",	500 },
};

static void
names_and_statuses(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(err_name(cases[i].code), cases[i].name);
		assert_int_equal(err_http_status(cases[i].code),
		    cases[i].status);
	}
}

static void
first_writer_wins(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set_id(&e, ERR_DENIED, "first-one", "n=%d", 7),
	    ERR_DENIED);
	assert_int_equal(err_set(&e, ERR_IO, "second"), ERR_IO);
	assert_int_equal(e.code, ERR_DENIED);
	assert_string_equal(e.id, "first-one");
	assert_string_equal(e.text, "n=7");
	assert_int_equal(err_set(NULL, ERR_IO, "nobody asks"), ERR_IO);
}

static void
id_is_the_codes_name(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, ERR_CONFLICT, "x"), ERR_CONFLICT);
	assert_string_equal(e.id, "conflict");
}

static void
errno_is_told(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_set_errno(&e, ERR_IO, "%s", "a/b"), ERR_IO);
	assert_string_equal(e.text, "a/b: No such file or directory");
}

static void
openssl_is_told_and_cleared(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	assert_null(EVP_MD_fetch(NULL, "NO-SUCH", NULL));
	assert_int_equal(err_set_crypto(&e, "digest"), ERR_CRYPTO);
	assert_memory_equal(e.text, "digest: error:", 14);
	assert_int_equal(ERR_peek_error(), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(err_set_crypto(&e, "digest"), ERR_CRYPTO);
	assert_string_equal(e.text, "digest");
}

static void
text_is_one_whole_line(void **state)
{
	struct err	 e = ERR_INIT;
	char		 s[400];
	size_t		 n;

	(void)state;
	assert_int_equal(err_set(&e, ERR_INVAL, "a%sb\x7f", "\n\r\t"),
	    ERR_INVAL);
	assert_string_equal(e.text, "a   b ");
	/* 255 octets end inside the 85th character or exactly behind it. */
	for (n = 0; n < 3; n++) {
		size_t	 i;

		e = (struct err)ERR_INIT;
		memset(s, 'x', n);
		for (i = n; i + 3 < sizeof(s); i += 3)
			memcpy(s + i, "\xe7\xab\xa0", 3);
		s[i] = '\0';
		assert_int_equal(err_set(&e, ERR_INVAL, "%s", s), ERR_INVAL);
		assert_int_equal((strlen(e.text) - n) % 3, 0);
		assert_true(strlen(e.text) > 250);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(names_and_statuses),
		cmocka_unit_test(first_writer_wins),
		cmocka_unit_test(id_is_the_codes_name),
		cmocka_unit_test(errno_is_told),
		cmocka_unit_test(openssl_is_told_and_cleared),
		cmocka_unit_test(text_is_one_whole_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
