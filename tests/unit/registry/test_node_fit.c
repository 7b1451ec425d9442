#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/node_fit.h"

#define NOBODY	65534

/* A folder that can start, as far as names go. */
struct scene {
	char		dir[64];
	struct config	cf;
};

static void
put(const struct scene *s, const char *name)
{
	char		*path = xasprintf("%s/%s", s->dir, name);
	struct err	 e = ERR_INIT;

	assert_int_equal(file_write(path, OCTETS("x", 1), 0600, &e), 0);
	free(path);
}

static void
put_folder(const struct scene *s, const char *name)
{
	char	*path = xasprintf("%s/%s", s->dir, name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static void
take(const struct scene *s, const char *name)
{
	char	*path = xasprintf("%s/%s", s->dir, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static int
setup(void **state)
{
	static const char	*const names[] = {
		"sealreg.yaml", "province.yaml", "province.db", "trust",
		"keys/checkpoint.pem", "keys/passphrase", "ca/province.csr"
	};
	struct scene	*s = xcalloc(1, sizeof(*s));
	size_t		 i;

	(void)strcpy(s->dir, "/tmp/sealreg-fit-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	put_folder(s, "keys");
	put_folder(s, "ca");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(s, names[i]);
	s->cf.dir = s->dir;
	s->cf.national_vkey = (char *)(uintptr_t)"";
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene	*s = *state;
	char		*cmd = xasprintf("rm -rf %s", s->dir);

	assert_int_equal(system(cmd), 0);
	free(cmd);
	free(s);
	return 0;
}

static void
assert_refused(int rc, const struct err *e, enum err_code code,
    const char *id, const char *word)
{

	assert_int_equal(rc, code);
	assert_string_equal(e->id, id);
	assert_non_null(strstr(e->text, word));
}

static void
test_good(void **state)
{
	struct scene	*s = *state;
	struct err	 e = ERR_INIT;

	assert_int_equal(node_there(s->dir, &e), 0);
	assert_int_equal(node_fit(&s->cf, &e), 0);
}

/* What is missing, and the word that helps. */
static void
test_missing(void **state)
{
	static const struct {
		const char	*gone, *id, *word;
		enum err_code	 code;
	} cases[] = {
		{ "keys/passphrase", "passphrase", "keys/passphrase",
		    ERR_DENIED },
		{ "trust", "no-trust", "trust list", ERR_NOTFOUND },
		{ "keys/checkpoint.pem", "no-key", "restore a backup",
		    ERR_NOTFOUND },
	};
	struct scene	*s = *state;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err	e = ERR_INIT;

		take(s, cases[i].gone);
		assert_refused(node_fit(&s->cf, &e), &e, cases[i].code,
		    cases[i].id, cases[i].word);
		put(s, cases[i].gone);
	}
}

/* Keys of a token, and a credential of systemd, are for others to try. */
static void
test_elsewhere(void **state)
{
	struct scene	*s = *state;
	struct err	 e = ERR_INIT;
	char		*path = xasprintf("%s/credentials", s->dir);

	take(s, "keys/passphrase");
	put_folder(s, "credentials");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", path, 1), 0);
	assert_refused(node_fit(&s->cf, &e), &e, ERR_DENIED, "passphrase",
	    "missing");
	put(s, "credentials/passphrase");
	e = (struct err)ERR_INIT;
	assert_int_equal(node_fit(&s->cf, &e), 0);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	take(s, "keys/checkpoint.pem");
	put(s, "keys/token.yaml");
	assert_int_equal(node_fit(&s->cf, &e), 0);
	free(path);
}

/* How far a folder without a log has come: nobody is told to found twice. */
static void
test_stages(void **state)
{
	struct scene	*s = *state;
	struct err	 e = ERR_INIT;

	take(s, "province.db");
	assert_refused(node_there(s->dir, &e), &e, ERR_NOTFOUND,
	    "no-database", "restore a backup");
	assert_null(strstr(e.text, "sealreg init"));
	e = (struct err)ERR_INIT;
	take(s, "province.yaml");
	assert_refused(node_there(s->dir, &e), &e, ERR_NOTFOUND, "no-node",
	    "--certified");
	e = (struct err)ERR_INIT;
	take(s, "ca/province.csr");
	assert_refused(node_there(s->dir, &e), &e, ERR_NOTFOUND, "no-node",
	    "founds one");
	e = (struct err)ERR_INIT;
	assert_refused(node_there("/tmp/sealreg-fit-nowhere", &e), &e,
	    ERR_NOTFOUND, "no-node", "founds one");
}

/* In a process that is not root: 0, or 1 with the wrong answer. */
static int
as_nobody(const struct scene *s, const char *word)
{
	struct err	e = ERR_INIT;
	int		status;
	pid_t		pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
			_exit(2);
		_exit(node_ours(s->dir, "trust", R_OK | W_OK, &e) !=
		    ERR_DENIED || strcmp(e.id, "not-ours") != 0 ||
		    strstr(e.text, word) == NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* Another user's file, and our own that we may not write. */
static void
test_not_ours(void **state)
{
	struct scene	*s = *state;
	char		*path = xasprintf("%s/trust", s->dir);

	assert_int_equal(chmod(s->dir, 0755), 0);
	assert_int_equal(chmod(path, 0444), 0);
	if (getuid() == 0) {
		assert_int_equal(as_nobody(s, "chown -R"), 0);
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	}
	assert_int_equal(as_nobody(s, "chmod u+rwX"), 0);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_stages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ours, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
