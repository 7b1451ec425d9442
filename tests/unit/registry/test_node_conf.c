#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "registry/node_conf.h"

#define HEAD								\
	"province: \"44\"\norigin: 44.sealreg.example/log\n"		\
	"url: http://127.0.0.1:18440\nvkey: some-key\n"
#define LISTEN(ADDRESS, AUDIENCES)					\
	"listeners:\n  - address: " ADDRESS "\n    audiences: " AUDIENCES "\n"
#define GOOD	HEAD LISTEN("127.0.0.1:1", "[public]")

static void
parse(const char *text, struct config **cf)
{
	struct err	e = ERR_INIT;

	assert_int_equal(config_parse("/data", "test",
	    OCTETS(text, strlen(text)), cf, &e), 0);
}

/* What was read is what the memfd has, whatever becomes of the file. */
static void
test_load(void **state)
{
	char		 dir[] = "/tmp/test_node_conf.XXXXXX", *path;
	struct config	*cf, *again;
	struct err	 e = ERR_INIT;
	int		 fd, bad;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/" CONFIG_FILE, dir);
	assert_int_equal(file_write(path, OCTETS(GOOD, strlen(GOOD)), 0600,
	    &e), 0);
	assert_int_equal(node_conf_load(dir, &cf, &fd, &e), 0);
	assert_string_equal(cf->dir, dir);
	config_free(cf);
	assert_int_equal(file_write(path, OCTETS("nothing", 7), 0600, &e), 0);
	assert_int_equal(node_conf_load(dir, &again, &bad, &e), ERR_INVAL);
	assert_null(again);
	assert_int_equal(bad, -1);
	assert_int_equal(unlink(path), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(node_conf_load(dir, &again, &bad, &e),
	    ERR_NOTFOUND);
	assert_null(again);
	assert_int_equal(bad, -1);
	assert_int_equal(node_conf_take(dir, fd, &cf, &e), 0);
	assert_string_equal(cf->dir, dir);
	assert_string_equal(cf->vkey, "some-key");
	config_free(cf);
	close(fd);
	free(path);
	assert_int_equal(rmdir(dir), 0);
}

/* No memfd, one with nothing in it, and one with something else. */
static void
test_take_refused(void **state)
{
	struct config	*cf;
	struct err	 e = ERR_INIT;
	int		 fd;

	(void)state;
	assert_int_equal(node_conf_take("/data", -1, &cf, &e), ERR_FORMAT);
	assert_null(cf);
	e = (struct err)ERR_INIT;
	assert_int_equal(memfd_seal(OCTETS("", 0), &fd, &e), 0);
	assert_int_equal(node_conf_take("/data", fd, &cf, &e), ERR_INVAL);
	assert_string_equal(e.id, "config-syntax");
	assert_null(cf);
	close(fd);
	e = (struct err)ERR_INIT;
	assert_int_equal(memfd_seal(OCTETS("jails: 2\n", 9), &fd, &e), 0);
	assert_int_equal(node_conf_take("/data", fd, &cf, &e), ERR_INVAL);
	assert_string_equal(e.id, "config-missing-key");
	assert_null(cf);
	close(fd);
}

static void
test_fits(void **state)
{
	static const struct {
		const char	*text;
		bool		 fits;
	} cases[] = {
		{ GOOD, true },
		{ GOOD "log_level: debug\nlog_format: json\n", true },
		{ GOOD "peer_tokens: [0123456789abcdef]\n", true },
		{ GOOD "peers:\n  - province: \"33\"\n"
		    "    token: 0123456789abcdef\n", true },
		{ GOOD "peer_ca: ca.pem\n", true },
		{ GOOD "jails: 3\n", false },
		{ GOOD "tsa_need_sync: true\n", false },
		{ GOOD "maker_id: x\n", false },
		{ HEAD LISTEN("127.0.0.1:2", "[public]"), false },
		{ HEAD LISTEN("127.0.0.1:1", "[public, applicant]"), false },
		{ GOOD "  - address: 127.0.0.1:2\n    audiences: [public]\n",
		    false },
		/* A plain port does not become one for TLS. */
		{ GOOD "    tls_certificate: a\n    tls_key: b\n", false },
	};
	struct config	*old, *new;
	struct err	 e;
	size_t		 i;

	(void)state;
	parse(GOOD, &old);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].text, &new);
		e = (struct err)ERR_INIT;
		if (cases[i].fits)
			assert_int_equal(node_conf_fits(old, new, &e), 0);
		else {
			assert_int_equal(node_conf_fits(old, new, &e),
			    ERR_CONFLICT);
			assert_string_equal(e.id, "needs-restart");
		}
		config_free(new);
	}
	config_free(old);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_take_refused),
		cmocka_unit_test(test_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
