#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/http.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/config.h"

#define HEAD								\
	"province: \"44\"\norigin: 44.sealreg.example/log\n"		\
	"url: http://127.0.0.1:18440\nvkey: some-key\n"
#define LISTEN								\
	"listeners:\n  - address: 127.0.0.1:18440\n"			\
	"    audiences: [public, staff]\n"

static int
parse(const char *text, struct config **cf, struct err *e)
{
	return config_parse("/data", "test", OCTETS(text, strlen(text)), cf,
	    e);
}

static void
test_good(void **state)
{
	struct config	*cf;
	struct err	 e = ERR_INIT;
	char		*p;

	(void)state;
	assert_int_equal(parse(HEAD LISTEN "peers:\n  - province: \"33\"\n"
	    "    token: 0123456789abcdef\n", &cf, &e), 0);
	assert_string_equal(cf->dir, "/data");
	assert_string_equal(cf->filing_office, "440000");
	assert_int_equal(cf->poll_ms, 1000);
	assert_int_equal(cf->map_depth, 16);
	assert_int_equal(config_listeners(cf), 1);
	assert_int_equal(config_audiences(config_listener_at(cf, 0)),
	    HTTP_PUBLIC | HTTP_STAFF);
	assert_int_equal(config_log_level(cf), LOG_NOTICE);
	assert_string_equal(config_peer_token(cf, "33"), "0123456789abcdef");
	assert_null(config_peer_token(cf, "51"));
	p = config_path(cf, "province.db");
	assert_string_equal(p, "/data/province.db");
	free(p);
	config_free(cf);
}

/* Each is refused as a whole, with an id and a place or a key. */
static void
test_refused(void **state)
{
	static const struct {
		const char	*text, *id, *says;
	} t[] = {
		{ HEAD, "config-missing-key", "listeners" },
		{ HEAD LISTEN "colour: red\n", "config-unknown-key", ":8:" },
		{ HEAD LISTEN "url: http://x\n", "config-duplicate-key",
		    ":8:" },
		{ HEAD LISTEN "jails: 99\n", "config-value", ":8:" },
		{ HEAD LISTEN "jails: two\n", "config-value", ":8:" },
		{ HEAD LISTEN "log_level: loud\n", "config-invalid",
		    "log_level" },
		{ HEAD LISTEN "log_format: yaml\n", "config-invalid",
		    "log_format" },
		{ HEAD LISTEN "certificates: somebody\n", "config-invalid",
		    "internal or external" },
		{ HEAD LISTEN "certificates: external\n", "config-invalid",
		    "external_name" },
		{ HEAD LISTEN "certificates: external\nexternal_name: B\n",
		    "config-invalid", "external_ca" },
		{ HEAD LISTEN "external_name: \"a\\nb\"\n",
		    "config-invalid", "external_name" },
		{ HEAD LISTEN "external_refuse: [ugliness]\n",
		    "config-invalid", "no deviation" },
		{ HEAD LISTEN "external_min_days: 0\n", "config-value",
		    ":8:" },
		{ HEAD LISTEN "    tls_certificate: a\n", "config-invalid",
		    "tls_key" },
		{ HEAD LISTEN "    client_ca: a\n", "config-invalid",
		    "client_ca" },
		{ HEAD LISTEN "    tls_certificate: a\n    tls_key: b\n",
		    "config-invalid", "need a client_ca" },
		{ HEAD LISTEN "peer_tls_key: a\n", "config-invalid",
		    "peer_tls_certificate" },
		{ HEAD LISTEN "peer_tokens: [short]\n", "config-invalid",
		    "peer_tokens" },
		{ HEAD LISTEN "peers:\n  - {province: xy, token: "
		    "0123456789abcdef}\n", "config-invalid", "peers" },
		{ HEAD "listeners:\n  - address: 127.0.0.1:1\n"
		    "    audiences: [everybody]\n", "config-invalid",
		    "everybody" },
		{ "province: \"4x\"\norigin: o\nurl: http://a\nvkey: v\n"
		    LISTEN, "config-invalid", "province" },
		{ "province: \"44\"\norigin: o\nurl: ftp://abc\nvkey: v\n"
		    LISTEN, "config-invalid", "url" },
		{ "province: \"44\"\norigin: a b\nurl: http://a\nvkey: v\n"
		    LISTEN, "config-invalid", "origin" },
		{ "\tx", "config-syntax", "test" },
	};
	struct config	*cf;
	struct err	 e;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(parse(t[i].text, &cf, &e), ERR_INVAL);
		assert_null(cf);
		assert_string_equal(e.id, t[i].id);
		assert_non_null(strstr(e.text, t[i].says));
	}
}

/* The sample that people start from is read, once what must be given is. */
static void
test_sample(void **state)
{
	struct config	*cf;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	char		*text;

	(void)state;
	buf_init(&b, LIMIT_CONF_FILE);
	conf_sample(config_keys, &b);
	buf_puts(&b, HEAD LISTEN);
	text = buf_steal_str(&b);
	assert_int_equal(parse(text, &cf, &e), 0);
	assert_int_equal(cf->resign_seconds, 10);
	config_free(cf);
	free(text);
}

/* Every key is in the manual, with its default, and nothing else is. */
static size_t
manual_has(const char *manual, const struct conf_key *keys)
{
	char	want[128], *q;
	size_t	i, n = 0;
	const char *at;

	for (i = 0; keys[i].name != NULL; i++, n++) {
		snprintf(want, sizeof(want), ".It Cm %s\n", keys[i].name);
		if ((at = strstr(manual, want)) == NULL)
			fail_msg("sealreg.yaml.5 lacks %s", keys[i].name);
		if (keys[i].sub != NULL)
			n += manual_has(manual, keys[i].sub);
		if (keys[i].preset == NULL)
			snprintf(want, sizeof(want), "must be given");
		else if (keys[i].preset[0] != '\0')
			snprintf(want, sizeof(want), "default %s\n",
			    keys[i].preset);
		else
			continue;
		q = strstr(at, "\n.Pq ");
		if (q == NULL || strstr(q, want) == NULL ||
		    strstr(q, want) > strchr(q + 1, '\n'))
			fail_msg("sealreg.yaml.5: %s: not \"%s\"",
			    keys[i].name, want);
	}
	return n;
}

static void
test_documents(void **state)
{
	struct err	 e = ERR_INIT;
	struct buf	 b;
	uint8_t		*manual, *sample;
	const char	*p;
	size_t		 n, known;

	(void)state;
	assert_int_equal(file_read("docs/man/sealreg.yaml.5", 1u << 20,
	    &manual, &n, &e), 0);
	known = manual_has((const char *)manual, config_keys);
	for (p = (const char *)manual;
	    (p = strstr(p, ".It Cm ")) != NULL; p++)
		known--;
	assert_int_equal(known, 0);
	free(manual);

	/* sealreg serve --sample-config > deploy/sealreg.yaml.sample */
	assert_int_equal(file_read("deploy/sealreg.yaml.sample", 1u << 20,
	    &sample, &n, &e), 0);
	buf_init(&b, LIMIT_CONF_FILE);
	conf_sample(config_keys, &b);
	assert_int_equal(b.len, n);
	assert_memory_equal(b.p, sample, n);
	buf_fini(&b);
	free(sample);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
