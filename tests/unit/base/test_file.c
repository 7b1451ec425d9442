#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static char	folder[] = "/tmp/test_file.XXXXXX";

static int
make_folder(void **state)
{

	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char	*cmd;
	int	 rc;

	(void)state;
	cmd = xasprintf("rm -rf %s", folder);
	rc = system(cmd);
	free(cmd);
	return rc;
}

/* Tied to the next call. */
static const char *
path(const char *name)
{
	static char	 s[4][256];
	static size_t	 i;

	i = (i + 1) % 4;
	snprintf(s[i], sizeof(s[i]), "%s/%s", folder, name);
	return s[i];
}

static size_t
entries(void)
{
	struct dirent	*d;
	DIR		*dir;
	size_t		 n = 0;

	dir = opendir(folder);
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
writes_and_reads(void **state)
{
	static uint8_t	 big[200000];
	struct err	 e = ERR_INIT;
	struct stat	 st;
	uint8_t		*p;
	size_t		 n, i;

	(void)state;
	assert_int_equal(file_write(path("a"), OCTETS("one", 3), 0600, &e),
	    0);
	assert_int_equal(file_write(path("a"), OCTETS("second", 6), 0640, &e),
	    0);
	assert_int_equal(stat(path("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_read(path("a"), 6, &p, &n, &e), 0);
	assert_int_equal(n, 6);
	assert_string_equal((char *)p, "second");
	free(p);
	assert_int_equal(file_read(path("a"), 5, &p, &n, &e), ERR_TOOBIG);
	assert_null(p);
	assert_int_equal(n, 0);
	for (i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	assert_int_equal(file_write(path("a"), OCTETS(big, sizeof(big)), 0600,
	    NULL), 0);
	assert_int_equal(file_read(path("a"), sizeof(big), &p, &n, NULL), 0);
	assert_int_equal(n, sizeof(big));
	assert_memory_equal(p, big, n);
	free(p);
	assert_int_equal(file_write(path("a"), OCTETS(NULL, 0), 0600, NULL),
	    0);
	assert_int_equal(file_read(path("a"), 0, &p, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_string_equal((char *)p, "");
	free(p);
	assert_int_equal(entries(), 1);
}

static void
absent_or_no_file(void **state)
{
	struct err	 e = ERR_INIT;
	uint8_t		*p;
	size_t		 n;

	(void)state;
	assert_int_equal(file_read(path("none"), 9, &p, &n, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "not-found");
	assert_non_null(strstr(e.text, "No such file"));
	assert_int_equal(file_read(folder, 9, &p, &n, NULL), ERR_IO);
	assert_null(p);
	assert_int_equal(file_write(path("no/where"), OCTETS("x", 1), 0600,
	    NULL), ERR_IO);
}

static void
creates_once(void **state)
{
	struct err	 e = ERR_INIT;
	uint8_t		*p;
	size_t		 n, before;

	(void)state;
	before = entries();
	assert_int_equal(file_create(path("c"), OCTETS("first", 5), 0600, &e),
	    0);
	assert_int_equal(file_create(path("c"), OCTETS("again", 5), 0600, &e),
	    ERR_CONFLICT);
	assert_string_equal(e.id, "conflict");
	assert_int_equal(file_read(path("c"), 9, &p, &n, NULL), 0);
	assert_string_equal((char *)p, "first");
	free(p);
	assert_int_equal(entries(), before + 1);
}

static void
folders(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(file_mkdir(path("d"), 0700, &e), 0);
	assert_int_equal(file_mkdir(path("d"), 0700, &e), ERR_CONFLICT);
	assert_int_equal(file_mkdir(path("x/y"), 0700, NULL), ERR_IO);
}

static void
one_holder(void **state)
{
	struct err	 e = ERR_INIT;
	int		 fd, other;

	(void)state;
	assert_int_equal(file_lock(path("lock"), &fd, &e), 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(file_lock(path("lock"), &other, &e), ERR_BUSY);
	assert_string_equal(e.id, "in-use");
	assert_int_equal(other, -1);
	close(fd);
	assert_int_equal(file_lock(path("lock"), &fd, NULL), 0);
	close(fd);
	assert_int_equal(file_lock(path("x/lock"), &fd, NULL), ERR_IO);
	assert_int_equal(fd, -1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(absent_or_no_file),
		cmocka_unit_test(creates_once),
		cmocka_unit_test(folders),
		cmocka_unit_test(one_holder),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
