#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "registry/judge/inspect.h"
#include "registry/judge/inspect_file.h"
#include "signing/reading.h"

/* Everything that was read is told, and an empty fact takes no line. */
static void
told(void **state)
{
	FileReading	*m = reading_new("ofd");
	StampReading	*s = reading_add_stamp(m, "/Doc_0/Signs/Sign_0");
	struct buf	 out;

	(void)state;
	reading_check(m, "format", READ_PASSED, "an archive");
	reading_stamp_check(s, "references", READ_FAILED, "/a was changed");
	reading_line(&s->places, &s->n_places, "page 1");
	reading_line(&s->deviations, &s->n_deviations, "odd");
	reading_line(&s->uncovered, &s->n_uncovered, "/b");
	s->uncovered_all = 3;
	reading_line(&s->changes, &s->n_changes, "/a was changed");
	reading_text(&s->signer, OCTETS("CN=x\033[1m", 8));
	s->signed_at = 1790000000;
	buf_init(&out, 1u << 16);
	inspect_file(m, &out);
	buf_put_u8(&out, '\0');
	assert_string_equal((char *)out.p,
	    "file                ofd\n"
	    "format              passed         an archive\n"
	    "\n-- signature 1 /Doc_0/Signs/Sign_0\n"
	    "signer              CN=x\xef\xbf\xbd[1m\n"
	    "signed at           2026-09-21T14:13:20Z\n"
	    "shows on            page 1\n"
	    "references          failed         /a was changed\n"
	    "deviation           odd\n"
	    "not covered         /b\n"
	    "not covered         and 2 more\n"
	    "after it            /a was changed\n");
	buf_fini(&out);
	reading_free(m);
}

/* Who reads on is told by the first octets, or the last. */
static void
left_to_the_jail(void **state)
{
	static const struct {
		struct octets		 in;
		const char		*kind;
		enum inspect_jail	 jail;
	} rows[] = {
		{ OCTETS("PK\003\004", 4), "ofd", INSPECT_READ_FILE },
		{ OCTETS("%PDF-1.7", 8), "pdf", INSPECT_READ_FILE },
		{ OCTETS("\xef\xbb\xbf%PDF-1.7", 11), "pdf",
		    INSPECT_READ_FILE },
		{ OCTETS("\x89PNG\r\n\x1a\n", 8), "picture",
		    INSPECT_READ_FILE },
		{ OCTETS("a junk PK\003\004 PK\005\006\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0\0\0", 34), "ofd", INSPECT_READ_FILE },
	};
	enum inspect_jail	jail;
	struct err		e = ERR_INIT;
	struct buf		out;
	char			kind[INSPECT_KIND_SIZE];
	size_t			i;

	(void)state;
	buf_init(&out, 1u << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(inspect_object(rows[i].in, kind, &jail,
		    &out, &e), 0);
		assert_string_equal(kind, rows[i].kind);
		assert_int_equal(jail, rows[i].jail);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(inspect_object(OCTETS("junk PK\003\004", 9), kind,
	    &jail, &out, &e), ERR_FORMAT);
	assert_string_equal(e.id, "unknown-object");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(left_to_the_jail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
