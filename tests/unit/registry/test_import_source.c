#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/keep/import_source.h"

#define NOW	1790000000
#define ROW(CODE) "{\"seal_code\":\"" CODE "\",\"seal_type\":1," \
	"\"seal_name\":\"a\",\"owner_name\":\"a\",\"owner_id\":\"1\"," \
	"\"status\":\"active\",\"valid_from\":\"2019-05-01\",\"carrier\":1}\n"
#define HEADER	"seal_code,seal_type,seal_name,owner_name,owner_id,status," \
	"valid_from,carrier\n"
#define LINE(CODE) CODE ",1,a,a,1,active,2019-05-01,1\n"

static int
file_of(const void *p, size_t n)
{
	int	fd = memfd_create("import", 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, n), n);
	return fd;
}

static struct import_source *
open_source(int fd, enum import_format format, uint64_t at, uint64_t line)
{
	const struct import_from from = { .fd = fd, .format = format,
				     .now = NOW, .at = at, .line = line };
	struct import_source	*s;
	struct err		 e = ERR_INIT;

	if (import_source_new(&from, &s, &e) != 0)
		fail_msg("%s", e.text);
	return s;
}

/* The next row is on this line and good (id NULL), or refused so. */
static void
expect(struct import_source *s, uint64_t line, const char *id,
    struct import_item *it)
{
	struct err	e = ERR_INIT;
	bool		end;

	assert_int_equal(import_source_next(s, it, &end, &e), 0);
	assert_false(end);
	assert_int_equal(it->line, line);
	if (id == NULL && !it->good)
		fail_msg("line %d: %s", (int)line, it->fault.e.text);
	assert_int_equal(it->good, id == NULL);
	if (id != NULL)
		assert_string_equal(it->fault.e.id, id);
}

static void
expect_end(struct import_source *s)
{
	struct import_item	it;
	struct err		e = ERR_INIT;
	bool			end;

	assert_int_equal(import_source_next(s, &it, &end, &e), 0);
	assert_true(end);
	assert_int_equal(import_source_next(s, &it, &end, &e), 0);
	assert_true(end);
}

/* With or without a byte order mark, and begun anew at every row. */
static void
test_resume(void **state)
{
	static const char	json[] = "\xef\xbb\xbf" ROW("44010600000001")
	    "\n" ROW("44010600000002") "{}\n" ROW("44010600000003");
	static const char	csv[] = "\xef\xbb\xbf" HEADER
	    LINE("44010600000001") "\n" LINE("44010600000002")
	    LINE("\"44010600000009") LINE("44010600000003");
	static const struct {
		enum import_format	 format;
		const char		*text;
		size_t			 n;
		uint64_t		 first;
		const char		*third;
	} t[] = {
		{ IMPORT_JSONL, json, sizeof(json) - 1, 1, "missing-member" },
		{ IMPORT_CSV, csv, sizeof(csv) - 1, 2, "bad-csv" },
	};
	struct import_source	*s;
	struct import_item	 it;
	uint64_t		 at[5] = { 0 }, line[5] = { 0 };
	size_t			 i, k;
	int			 fd;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd = file_of(t[i].text, t[i].n);
		for (k = 0; k < 4; k++) {
			s = open_source(fd, t[i].format, at[k], line[k]);
			if (k <= 0) {
				expect(s, t[i].first, NULL, &it);
				at[1] = it.end;
				line[1] = it.lines;
			}
			if (k <= 1) {
				expect(s, t[i].first + 2, NULL, &it);
				at[2] = it.end;
				line[2] = it.lines;
			}
			if (k <= 2) {
				expect(s, t[i].first + 3, t[i].third, &it);
				at[3] = it.end;
				line[3] = it.lines;
			}
			expect(s, t[i].first + 4, NULL, &it);
			assert_int_equal(it.end, t[i].n);
			expect_end(s);
			import_source_free(s);
		}
		close(fd);
	}
}

/* Longer than a row may be, longer than the window: the next one is read. */
static void
test_long(void **state)
{
	static const size_t	lens[] = { LIMIT_IMPORT_ROW + 1,
				    3u << 20 };
	static const char	good[] = ROW("44010600000001");
	struct import_source	*s;
	struct import_item	 it;
	size_t			 i;
	char			*p;
	int			 fd;

	(void)state;
	for (i = 0; i < 2; i++) {
		p = xmalloc(lens[i] + sizeof(good));
		memset(p, 'x', lens[i]);
		p[lens[i]] = '\n';
		memcpy(p + lens[i] + 1, good, sizeof(good) - 1);
		fd = file_of(p, lens[i] + sizeof(good));
		s = open_source(fd, IMPORT_JSONL, 0, 0);
		expect(s, 1, "row-too-long", &it);
		assert_int_equal(it.end, lens[i] + 1);
		expect(s, 2, NULL, &it);
		expect_end(s);
		import_source_free(s);
		close(fd);
		free(p);
	}
}

static void
test_header(void **state)
{
	static const char *const bad[] = { "", "\n", "seal_code,colour\n" };
	struct import_from	 from = { .format = IMPORT_CSV, .now = NOW };
	struct import_source	*s;
	struct err		 e;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		e = (struct err)ERR_INIT;
		from.fd = file_of(bad[i], strlen(bad[i]));
		assert_int_equal(import_source_new(&from, &s, &e), ERR_INVAL);
		assert_string_equal(e.id, "bad-header");
		assert_null(s);
		close(from.fd);
	}
}

static void
test_empty(void **state)
{
	struct import_source	*s;
	int			 fd = file_of(" \r\n\n", 4);

	(void)state;
	s = open_source(fd, IMPORT_JSONL, 0, 0);
	expect_end(s);
	import_source_free(s);
	close(fd);
}

static void
test_format(void **state)
{
	(void)state;
	assert_int_equal(import_format_of(NULL, "a.csv"), IMPORT_CSV);
	assert_int_equal(import_format_of(NULL, "a.jsonl"), IMPORT_JSONL);
	assert_int_equal(import_format_of("csv", "a.jsonl"), IMPORT_CSV);
	assert_int_equal(import_format_of(NULL, "a"), IMPORT_NONE);
	assert_int_equal(import_format_of("xml", "a.csv"), IMPORT_NONE);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
