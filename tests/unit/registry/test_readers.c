#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "registry/judge/readers.h"

/* Files side by side: what one does to its jail, and what the others notice. */

enum { READ = 1 };

#define FILES	24
#define LARGE	(300u << 10)	/* more than a socket holds */

static bool	spoilt;		/* in a jail: by the file before */

/* "d..." ends the jail; "s..." the next file's; "r..." is refused; "w..." has
 * a long answer; all others are told in one letter. */
static int
do_read(struct octets in, struct octets large, struct buf *out, struct err *e)
{
	static const uint8_t	page[4096];
	struct octets		o = large.len > 0 ? large : in;
	size_t			i;

	if (spoilt || (o.len > 0 && o.p[0] == 'd'))
		(void)raise(SIGKILL);
	if (o.len == 0 || o.p[0] == 'r')
		return err_set_id(e, ERR_FORMAT, "unknown-object", "no file");
	spoilt = o.p[0] == 's';
	buf_put_u8(out, o.p[0]);
	for (i = 0; o.p[0] == 'w' && i < 1000000; i += sizeof(page))
		buf_put(out, page, sizeof(page));
	return 0;
}

static const struct jail_handler	handlers[] = {
	{ READ, 100, do_read }, { 0, 0, NULL }
};
static const struct jail_handler *const	tables[] = { handlers, NULL };
static const struct jail_spec		spec = { tables, NULL };

/* ---- a run */

struct file {
	struct readers_file	 in;		/* first */
	struct msg_file		 file;
	bool			 done;
	char			 said;		/* its letter, or '!', or '-' */
};

static struct file	files[FILES];
static unsigned		ndone;

static void
on_done(void *arg, struct readers_file *f, int rc, struct octets reading,
    const struct err *why)
{
	struct file	*mine = (struct file *)f;

	assert_ptr_equal(arg, files);
	assert_false(mine->done);
	mine->done = true;
	ndone++;
	mine->said = rc == 0 ? (char)reading.p[0] :
	    strcmp(why->id, "jail-died") == 0 ? '!' : '-';
}

/* A letter a file; capitals are large ones. */
static void
open_files(const char *names)
{
	size_t		i, len;
	uint8_t		*p = xcalloc(1, LARGE);
	struct err	 e = ERR_INIT;

	memset(files, 0, sizeof(files));
	ndone = 0;
	for (i = 0; names[i] != '\0'; i++) {
		assert_true(i < FILES);
		len = names[i] == '0' ? 0 : 20000;
		files[i].in.file = &files[i].file;
		files[i].file = (struct msg_file){ .fd = -1, .len = len };
		p[0] = (uint8_t)names[i];
		if (names[i] >= 'A' && names[i] <= 'Z') {
			p[0] = (uint8_t)(names[i] - 'A' + 'a');
			files[i].file.len = LARGE;
			assert_int_equal(memfd_seal(OCTETS(p, LARGE),
			    &files[i].file.fd, &e), 0);
		} else {
			files[i].file.p = xmemdup(p, len + 1);
		}
	}
	free(p);
}

static void
run(const char *names, unsigned jails, bool apart, char said[FILES + 1])
{
	struct readers	*s = readers_new(&spec, jails, READ, apart, on_done,
			    files);
	const int64_t	 end = tm_mono_ms() + 60000;
	struct err	 e = ERR_INIT;
	size_t		 n = strlen(names), i = 0;

	open_files(names);
	while (ndone < n) {
		for (; i < n && readers_have_room(s, &files[i].in); i++)
			assert_int_equal(readers_give(s, &files[i].in, &e),
			    0);
		assert_true(readers_are_busy(s));
		(void)readers_wait(s, 1000);
		assert_true(tm_mono_ms() < end);
	}
	assert_false(readers_are_busy(s));
	readers_free(s);
	for (i = 0; i < n; i++) {
		said[i] = files[i].said;
		msg_file_fini(&files[i].file);
	}
	said[n] = '\0';
}

static const struct {
	const char	*files, *want;
} cases[] = {
	{ "a", "a" },
	{ "abcefghijklmnop", "abcefghijklmnop" },
	/* One that ends its jail spoils only itself: first, last, all. */
	{ "dabc", "!abc" },
	{ "abcd", "abc!" },
	{ "abdcedfgh", "ab!ce!fgh" },
	{ "ddd", "!!!" },
	/* One after which nothing can be read there. */
	{ "sabc", "sabc" },
	{ "absssc", "absssc" },
	{ "asdbsdc", "as!bs!c" },
	{ "ssssssssssss", "ssssssssssss" },
	/* Refused, and without an octet. */
	{ "arbrc", "a-b-c" },
	{ "a0b", "a-b" },
	/* Long answers, which a jail waits to get rid of. */
	{ "wwwwwwww", "wwwwwwww" },
	{ "awdwbwsw", "aw!wbwsw" },
	/* Large files beside small ones. */
	{ "aBcEfgH", "abcefgh" },
	{ "aDbcDe", "a!bc!e" },
	{ "BSBab", "bsbab" },
};

static void
test_files(void **state)
{
	static const unsigned	jails[] = { 1, 2, 5 };
	char			said[FILES + 1];
	size_t			i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 3; k++) {
			run(cases[i].files, jails[k], false, said);
			assert_string_equal(said, cases[i].want);
			run(cases[i].files, jails[k], true, said);
			assert_string_equal(said, cases[i].want);
		}
}

/* Small files wait with a jail, and no more of them than is said. */
static void
test_queue(void **state)
{
	struct readers	*s = readers_new(&spec, 1, READ, false, on_done,
			    files);
	struct err	 e = ERR_INIT;
	size_t		 i;

	(void)state;
	open_files("aaaaaaaaaaaaB");
	for (i = 0; i < 12 && readers_have_room(s, &files[i].in); i++)
		assert_int_equal(readers_give(s, &files[i].in, &e), 0);
	assert_in_range(i, 2, LIMIT_READERS_QUEUE);
	assert_false(readers_have_room(s, &files[12].in));
	/* Left under way. */
	readers_free(s);
	for (i = 0; i < 13; i++)
		msg_file_fini(&files[i].file);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
