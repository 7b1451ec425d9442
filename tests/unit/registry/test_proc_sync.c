#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/sm.h"
#include "registry/proc_sync.h"
#include "store/store.h"
#include "sync/pull.h"

/* What the sync process may and may not touch, tried for real in a child. */

#define LIST "sealreg-trust/v1\n" \
    "version: 1\nissued: 2026-11-21T10:00:00Z\n" \
    "expires: 2027-11-21T10:00:00Z\nmax_age: 600\nprovinces:\n" \
    "- {province: \"44\", origin: a, urls: [], prefixes: [\"44\"], " \
    "keys: [], ca: []}\n" \
    "- {province: \"33\", origin: b, urls: [], prefixes: [\"33\"], " \
    "keys: [], ca: []}\n" \
    "\n\xe2\x80\x94 somebody AAAAAAAA\n"

static char		 dir[] = "/tmp/test_proc_sync.XXXXXX";
static char		 province[] = "44", empty[] = "";
static struct config	 cf = { .dir = dir, .province = province,
			     .national_vkey = empty };

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void
put(const char *name, const char *text)
{
	char	*path = path_of(name);

	assert_int_equal(file_write(path, OCTETS(text, strlen(text)), 0600,
	    NULL), 0);
	free(path);
}

static int
setup(void **state)
{
	char	*path;

	(void)state;
	if (sm_init(NULL) != 0 || mkdtemp(dir) == NULL)
		return -1;
	path = path_of("keys");
	if (file_mkdir(path, 0700, NULL) != 0)
		return -1;
	free(path);
	put("keys/checkpoint.pem", "secret");
	put("province.db", "not ours");
	put("sealreg.yaml", "x: 1");
	put("trust", LIST);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	names[] = {
		"keys/checkpoint.pem", "keys", "province.db", "sealreg.yaml",
		"trust", "peer-33.db", "peer-33.db-wal", "peer-33.db-shm", ""
	};
	char				*path;
	size_t				 i;
	int				 rc = 0;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = path_of(names[i]);
		rc = remove(path);
		free(path);
	}
	return rc;
}

static void
test_trust(void **state)
{
	struct config	 pinned = cf;
	struct trust	*t;
	struct err	 e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	static char	 vkey[] = "44.sealreg.example/log+5e9f5b2f+"
	    "/3NlYWxyZWcuc20yL3YxAARQTwKTP5KouuEY2RPr3FqLOSM//j5XNYXxRfwisjq"
	    "YGhSs2AJzKwStbl8Tjm7rpH379+VU/BuWC3cSVwQKowA4";
	static char	 nowhere[] = "/nonexistent", bad[] = "x";

	(void)state;
	assert_int_equal(proc_sync_trust(&cf, &t, NULL), 0);
	assert_int_equal(t->nprovinces, 2);
	trust_free(t);

	pinned.national_vkey = vkey;
	assert_int_equal(proc_sync_trust(&pinned, &t, &e), ERR_VERIFY);
	assert_string_equal(e.id, "unknown-key");
	assert_null(t);
	pinned.national_vkey = bad;
	assert_int_equal(proc_sync_trust(&pinned, &t, &e2), ERR_FORMAT);
	assert_string_equal(e2.id, "bad-verifier-key");
	pinned.dir = nowhere;
	assert_int_equal(proc_sync_trust(&pinned, &t, &e3), ERR_NOTFOUND);
}

/* 0 if it can be opened, else errno. */
static int
try_open(const char *name, int flags)
{
	char	*path = path_of(name);
	int	 fd = open(path, flags, 0600), rc = fd == -1 ? errno : 0;

	if (fd != -1)
		(void)close(fd);
	free(path);
	return rc;
}

/* One letter a thing that is not as it should be. */
static int
confined(struct trust *t, struct store *st)
{
	const char	*missing;
	struct err	 e = ERR_INIT;

	if (proc_sync_confine(&cf, t, &missing, &e) != 0 || missing != NULL)
		return 'c';
	if (try_open("keys/checkpoint.pem", O_RDONLY) != EACCES)
		return 'k';
	if (try_open("keys", O_RDONLY | O_DIRECTORY) != EACCES)
		return 'K';
	if (try_open("province.db", O_RDONLY) != EACCES)
		return 'p';
	if (try_open("trust", O_RDONLY) != EACCES)
		return 't';
	if (try_open("peer-33.db", O_RDWR) != 0)
		return 'd';
	if (try_open("new", O_RDWR | O_CREAT) != EACCES)
		return 'n';
	/* The database still commits, and more than fits into one page. */
	if (store_begin(st, &e) != 0 ||
	    peer_state_good(st, 7, &e) != 0 ||
	    peer_state_error(st, "unreachable", &e) != 0 ||
	    store_commit(st, &e) != 0)
		return 's';
	return 0;
}

static void
test_confine(void **state)
{
	char			*path = path_of("peer-33.db");
	const struct store_spec	 spec = { .path = path, .mode = STORE_CREATE,
				     .kind = STORE_PEER,
				     .may = pull_statements };
	struct peer_state	 ps;
	struct store		*st;
	struct trust		*t;
	pid_t			 pid;
	int			 status;

	(void)state;
	if (sandbox_abi() == 0) {
		free(path);
		skip();
	}
	assert_int_equal(proc_sync_trust(&cf, &t, NULL), 0);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (store_open(&spec, &st, NULL) != 0)
			_exit('o');
		status = confined(t, st);
		store_close(st);
		_exit(status);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("in the sandbox: %c", WEXITSTATUS(status));
	assert_int_equal(store_open(&spec, &st, NULL), 0);
	assert_int_equal(peer_state_load(st, &ps, NULL), 0);
	assert_int_equal(ps.contact, 7);
	assert_string_equal(ps.error, "unreachable");
	peer_state_fini(&ps);
	store_close(st);
	trust_free(t);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_confine),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
