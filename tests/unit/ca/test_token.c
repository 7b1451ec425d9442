#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/tm.h"
#include "ca/key.h"
#include "ca/token_conf.h"
#include "tests/token/p11_sm2.h"

static char		 dir[64], module[512], state_path[128];
static struct p11_file	*token;

static const char	text[] = "module: %s\ntoken: sealreg test\n"
    "sign_mechanism: \"0x80000e01\"\nmake_mechanism: \"0x80000e02\"\n"
    "key_type: \"0x80000e03\"\ntimeout_ms: 1500\nkeys:\n"
    "  - {slot: province, label: a province}\n"
    "  - {slot: maker, label: a maker}\n%s";

static void
put(const char *name, const char *what, mode_t mode)
{
	struct err	 e = ERR_INIT;
	char		*path = xasprintf("%s/keys/%s", dir, name);

	assert_int_equal(file_write(path, OCTETS(what, strlen(what)), mode,
	    &e), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void
gone(const char *name)
{
	char	*path = xasprintf("%s/keys/%s", dir, name);

	(void)remove(path);
	free(path);
}

static bool
there(const char *name)
{
	char	*path = xasprintf("%s/keys/%s", dir, name);
	bool	 is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* The module lies beside the tests: .../tests/unit/ca/test_token. */
static void
find_module(void)
{
	char	self[400], *slash;
	ssize_t	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int	i;

	assert_true(n > 0);
	self[n] = '\0';
	for (i = 0; i < 3; i++) {
		slash = strrchr(self, '/');
		assert_non_null(slash);
		*slash = '\0';
	}
	(void)snprintf(module, sizeof(module), "%s/token/p11_sm2.so", self);
	assert_int_equal(access(module, R_OK), 0);
}

static int
setup(void **state)
{
	struct err	e = ERR_INIT;
	int		fd;

	(void)state;
	log_open("test", LOG_ERROR);
	unsetenv("CREDENTIALS_DIRECTORY");
	find_module();
	strcpy(dir, "/tmp/test_token.XXXXXX");
	if (sm_init(&e) != 0 || mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(state_path, sizeof(state_path), "%s/token", dir);
	if ((fd = open(state_path, O_RDWR | O_CREAT, 0600)) == -1 ||
	    ftruncate(fd, sizeof(*token)) != 0)
		return -1;
	token = mmap(NULL, sizeof(*token), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	if (token == MAP_FAILED)
		return -1;
	token->magic = P11_MAGIC;
	token->tries = P11_TRIES;
	strcpy(token->pin, P11_PIN);
	return setenv("SEALREG_TEST_TOKEN", state_path, 1);
}

static int
teardown(void **state)
{
	static const char *const	files[] = { "keys/passphrase",
	    "keys/token.yaml", "keys/token-pin", "keys/token-pin.state",
	    "keys/checkpoint.pem", "keys/maker.pem", "keys/province.pem",
	    "keys/wrapping.pem", "keys", "token", "" };
	char				*path;
	size_t				 i;

	(void)state;
	munmap(token, sizeof(*token));
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path = xasprintf("%s/%s", dir, files[i]);
		(void)remove(path);
		free(path);
	}
	return 0;
}

/* A keyring whose province and maker lie in the token, the rest in files. */
static struct keyring *
made(void)
{
	struct keyring	*kr;
	struct err	 e = ERR_INIT;
	char		*conf = xasprintf(text, module, "");

	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	put("token-pin", P11_PIN "\n", 0600);
	assert_int_equal(keyring_use_token(kr, OCTETS(conf, strlen(conf)),
	    &e), 0);
	assert_int_equal(keyring_make(kr, KEY_CHECKPOINT, &e), 0);
	assert_int_equal(keyring_make(kr, KEY_AUTHORITY, &e), 0);
	assert_int_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	free(conf);
	return kr;
}

static struct keyring *
opened(void)
{
	struct keyring	*kr = NULL;
	struct err	 e = ERR_INIT;
	int		 rc = keyring_open(dir, &kr, &e);

	if (rc != 0)
		print_error("%s %s\n", e.id, e.text);
	assert_int_equal(rc, 0);
	return kr;
}

static void
signs(const struct keyring *kr, enum key_slot slot)
{
	struct sm2_pub	*pub = NULL;
	struct err	 e = ERR_INIT;
	uint8_t		 point[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	int		 rc = key_sign(kr, slot, OCTETS("abc", 3), sig, &e);

	if (rc != 0)
		print_error("%s %s\n", e.id, e.text);
	assert_int_equal(rc, 0);
	assert_int_equal(keyring_point(kr, slot, point, &e), 0);
	assert_int_equal(sm2_pub_new(point, &pub, &e), 0);
	assert_int_equal(sm2_verify(pub, OCTETS("abc", 3), sig, &e), 0);
	assert_int_not_equal(sm2_verify(pub, OCTETS("abd", 3), sig, NULL), 0);
	sm2_pub_free(pub);
}

/* The refusal has this id, and no signature comes with it. */
static void
refuses(const struct keyring *kr, enum key_slot slot, const char *id)
{
	static const uint8_t	none[SM2_SIG_LEN];
	struct err		e = ERR_INIT;
	uint8_t			sig[SM2_SIG_LEN];

	memset(sig, 1, sizeof(sig));
	assert_int_not_equal(key_sign(kr, slot, OCTETS("abc", 3), sig, &e), 0);
	assert_string_equal(e.id, id);
	assert_memory_equal(sig, none, sizeof(sig));
}

/* What the token can be asked again for after its pause. */
static void
signs_again(const struct keyring *kr, enum key_slot slot)
{
	const int64_t	end = tm_mono_us() + 10000000;
	uint8_t		sig[SM2_SIG_LEN];

	while (key_sign(kr, slot, OCTETS("abc", 3), sig, NULL) != 0)
		assert_true(tm_mono_us() < end);
	signs(kr, slot);
}

static void
test_signs_as_a_file_does(void **state)
{
	struct keyring	*kr = made();

	(void)state;
	assert_true(keyring_in_token(kr, KEY_MAKER));
	assert_false(keyring_in_token(kr, KEY_CHECKPOINT));
	signs(kr, KEY_AUTHORITY);
	signs(kr, KEY_MAKER);
	signs(kr, KEY_CHECKPOINT);
	assert_false(there("maker.pem"));
	keyring_free(kr);
	kr = opened();
	signs(kr, KEY_AUTHORITY);
	signs(kr, KEY_MAKER);
	signs(kr, KEY_CHECKPOINT);
	assert_true(keyring_has(kr, KEY_MAKER));
	assert_null(keyring_pkey(kr, KEY_MAKER));
	assert_int_not_equal(keyring_make(kr, KEY_MAKER, NULL), 0);
	keyring_free(kr);
}

/* What a token does wrong, and what is said of it. */
static void
test_never_a_bad_signature(void **state)
{
	static const struct {
		enum p11_mood	 mood;
		const char	*id;
	} cases[] = {
		{ P11_WRONG, "token-bad-signature" },
		{ P11_OTHER, "token-bad-signature" },
		{ P11_SHORT, "token-bad-signature" },
		{ P11_DER, "token-bad-signature" },
		{ P11_REMOVED, "token-gone" },
	};
	struct keyring	*kr = made();
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		token->mood = cases[i].mood;
		refuses(kr, KEY_MAKER, cases[i].id);
		signs(kr, KEY_CHECKPOINT);	/* files do not care */
		token->mood = P11_GOOD;
		signs_again(kr, KEY_MAKER);
	}
	keyring_free(kr);
}

static void
test_der(void **state)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;
	char		*path = xasprintf("%s/keys/token.yaml", dir);
	char		*p;
	uint8_t		*old = NULL;
	size_t		 n;

	(void)state;
	keyring_free(kr);
	assert_int_equal(file_read(path, 8192, &old, &n, &e), 0);
	assert_non_null(p = strstr((char *)old, "\"raw\""));
	memcpy(p, "\"der\"", 5);
	put("token.yaml", (char *)old, 0600);
	token->mood = P11_DER;
	kr = opened();
	signs(kr, KEY_MAKER);
	keyring_free(kr);
	free(old);
	free(path);
}

static void
test_lost_session_is_opened_again(void **state)
{
	struct keyring	*kr = made();
	uint32_t	 logins = token->logins;

	(void)state;
	token->mood = P11_LOST;
	signs(kr, KEY_MAKER);		/* the caller never notices */
	assert_int_equal(token->logins, logins + 1);
	signs(kr, KEY_MAKER);
	assert_int_equal(token->logins, logins + 1);
	keyring_free(kr);
}

static void
test_absent_at_the_start(void **state)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;

	(void)state;
	keyring_free(kr);
	token->mood = P11_REMOVED;
	kr = opened();
	assert_int_not_equal(keyring_token_state(kr, &e), 0);
	assert_string_equal(e.id, "token-gone");
	refuses(kr, KEY_MAKER, "token-gone");
	signs(kr, KEY_CHECKPOINT);
	token->mood = P11_GOOD;
	signs_again(kr, KEY_MAKER);
	keyring_free(kr);
}

/* A token counts wrong PINs: ours is tried once, whoever asks how often. */
static void
wrong_pin(bool quiet)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;
	uint32_t	 logins;
	int		 i;

	keyring_free(kr);
	token->quiet = quiet;
	put("token-pin", "87654321\n", 0600);
	logins = token->logins;
	for (i = 0; i < 4; i++) {
		kr = opened();
		assert_int_not_equal(keyring_token_state(kr, &e), 0);
		assert_string_equal(e.id, "token-pin");
		e = (struct err)ERR_INIT;
		refuses(kr, KEY_MAKER, "token-pin");
		refuses(kr, KEY_MAKER, "token-pin");
		signs(kr, KEY_CHECKPOINT);
		keyring_free(kr);
	}
	assert_int_equal(token->logins, logins + 1);
	put("token-pin", P11_PIN "\n", 0600);
	kr = opened();			/* nobody has said so yet */
	refuses(kr, KEY_MAKER, "token-pin");
	keyring_free(kr);
	assert_int_equal(keyring_login(dir, &kr, &e), 0);
	signs(kr, KEY_MAKER);
	keyring_free(kr);
	assert_int_equal(token->logins, logins + 2);
	kr = opened();
	signs(kr, KEY_MAKER);
	keyring_free(kr);
}

static void
test_wrong_pin(void **state)
{
	(void)state;
	wrong_pin(false);
}

static void
test_wrong_pin_untold(void **state)
{
	(void)state;
	wrong_pin(true);
}

/* Somebody else has used the tries up: we leave the last one alone. */
static void
test_last_try_is_left(void **state)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;
	uint32_t	 logins;

	(void)state;
	keyring_free(kr);
	logins = token->logins;
	token->tries = 1;
	assert_int_equal(keyring_login(dir, &kr, &e), 0);
	refuses(kr, KEY_MAKER, "token-pin");
	keyring_free(kr);
	token->tries = 0;
	assert_int_equal(keyring_login(dir, &kr, &e), 0);
	refuses(kr, KEY_MAKER, "token-pin");
	keyring_free(kr);
	assert_int_equal(token->logins, logins);
}

/* Every right that a module may be given, at once: the filter takes them. */
static void
test_all_rights(void **state)
{
	struct keyring	*kr;
	struct err	 e = ERR_INIT;
	char		*conf = xasprintf(text, module, "rights: [files, "
	    "network, local, device]\nread: [/etc]\nwrite: [/dev/null]\n");

	(void)state;
	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	put("token-pin", P11_PIN "\n", 0600);
	assert_int_equal(keyring_use_token(kr, OCTETS(conf, strlen(conf)),
	    &e), 0);
	assert_int_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	signs(kr, KEY_MAKER);
	keyring_free(kr);
	free(conf);
}

static void
test_slow(void **state)
{
	struct keyring	*kr = made();
	int64_t		 t0;

	(void)state;
	token->slow_ms = 4000;
	token->mood = P11_SLOW;
	t0 = tm_mono_us();
	refuses(kr, KEY_MAKER, "token-slow");
	assert_true(tm_mono_us() - t0 >= 1500000);
	/* It is not waited for twice, and others are not kept waiting. */
	t0 = tm_mono_us();
	refuses(kr, KEY_MAKER, "token-slow");
	signs(kr, KEY_CHECKPOINT);
	assert_true(tm_mono_us() - t0 < 1000000);
	token->mood = P11_GOOD;
	signs_again(kr, KEY_MAKER);
	keyring_free(kr);
}

static void
test_crash_is_its_own(void **state)
{
	struct keyring	*kr = made();

	(void)state;
	token->mood = P11_CRASH;
	refuses(kr, KEY_MAKER, "token-ended");
	assert_true(keyring_is_lost(kr));
	refuses(kr, KEY_MAKER, "token-ended");
	signs(kr, KEY_CHECKPOINT);
	keyring_free(kr);
	token->mood = P11_GOOD;
	kr = opened();
	signs(kr, KEY_MAKER);
	keyring_free(kr);
}

static unsigned
objects(void)
{
	unsigned	n = 0, i;

	for (i = 0; i < P11_OBJECTS; i++)
		n += token->objects[i].class != 0;
	return n;
}

static void
test_making(void **state)
{
	struct keyring	*kr;
	struct err	 e = ERR_INIT;
	char		*conf = xasprintf(text, module, "");

	(void)state;
	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	put("token-pin", P11_PIN "\n", 0600);
	assert_int_equal(keyring_use_token(kr, OCTETS(conf, strlen(conf)),
	    &e), 0);
	token->mood = P11_FULL;
	assert_int_not_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "token-full");
	e = (struct err)ERR_INIT;
	token->mood = P11_OTHER;	/* makes one key and signs with another */
	assert_int_not_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "token-bad-signature");
	assert_int_equal(objects(), 0);
	assert_false(keyring_has(kr, KEY_MAKER));
	e = (struct err)ERR_INIT;
	token->mood = P11_GOOD;
	assert_int_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	assert_int_equal(objects(), 2);
	keyring_undo(kr);		/* nothing is left of a try */
	assert_int_equal(objects(), 0);
	keyring_free(kr);
	free(conf);
}

static void
test_key_exists(void **state)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;
	char		*conf = xasprintf(text, module, "");
	unsigned	 n = objects();

	(void)state;
	keyring_free(kr);
	gone("token.yaml");
	put("token.yaml", conf, 0600);	/* as if they were not made yet */
	kr = opened();
	assert_int_not_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "token-key-exists");
	assert_int_equal(objects(), n);
	keyring_free(kr);
	free(conf);
}

static void
test_import(void **state)
{
	struct keyring	*kr;
	struct err	 e = ERR_INIT;
	uint8_t		 a[SM2_POINT_LEN], b[SM2_POINT_LEN];
	char		*conf = xasprintf(text, module, "");

	(void)state;
	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	assert_int_equal(keyring_make(kr, KEY_MAKER, &e), 0);
	assert_int_equal(keyring_make(kr, KEY_CHECKPOINT, &e), 0);
	assert_int_equal(keyring_point(kr, KEY_MAKER, a, &e), 0);
	assert_int_not_equal(keyring_import(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "token-config");
	keyring_free(kr);
	put("token-pin", P11_PIN "\n", 0600);
	put("token.yaml", conf, 0600);
	kr = opened();
	signs(kr, KEY_MAKER);		/* still from its file */
	assert_false(keyring_in_token(kr, KEY_MAKER));
	e = (struct err)ERR_INIT;
	token->mood = P11_WRONG;
	assert_int_not_equal(keyring_import(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "token-bad-signature");
	assert_true(there("maker.pem"));
	assert_int_equal(objects(), 0);
	e = (struct err)ERR_INIT;
	token->mood = P11_GOOD;
	assert_int_equal(keyring_import(kr, KEY_MAKER, &e), 0);
	assert_false(there("maker.pem"));
	signs(kr, KEY_MAKER);
	assert_int_not_equal(keyring_import(kr, KEY_MAKER, &e), 0);
	assert_string_equal(e.id, "no-key");
	e = (struct err)ERR_INIT;
	assert_int_not_equal(keyring_import(kr, KEY_CHECKPOINT, &e), 0);
	assert_string_equal(e.id, "token-config");
	keyring_free(kr);
	kr = opened();
	assert_true(keyring_in_token(kr, KEY_MAKER));
	assert_int_equal(keyring_point(kr, KEY_MAKER, b, &e), 0);
	assert_memory_equal(a, b, sizeof(a));
	signs(kr, KEY_MAKER);
	keyring_free(kr);
	free(conf);
}

/* A key follows another: the certificate, or the order, says which is used. */
static void
test_next(void **state)
{
	struct keyring	*kr = made();
	struct err	 e = ERR_INIT;
	uint8_t		 a[SM2_POINT_LEN], b[SM2_POINT_LEN];
	bool		 there;

	(void)state;
	assert_int_equal(keyring_point(kr, KEY_MAKER, a, &e), 0);
	assert_int_equal(keyring_next(kr, KEY_MAKER, true, &there, &e), 0);
	assert_false(there);
	assert_int_equal(keyring_next(kr, KEY_MAKER, false, &there, &e), 0);
	assert_false(there);
	assert_true(keyring_in_token(kr, KEY_MAKER));
	assert_int_equal(keyring_point(kr, KEY_MAKER, b, &e), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	signs(kr, KEY_MAKER);
	keyring_free(kr);
	kr = opened();			/* no certificate: the first */
	assert_int_equal(keyring_point(kr, KEY_MAKER, b, &e), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(keyring_next(kr, KEY_MAKER, false, &there, &e), 0);
	assert_true(there);		/* the one that was made before */
	signs(kr, KEY_MAKER);
	keyring_free(kr);
}

static void
refused_open(const char *id)
{
	struct keyring	*kr = NULL;
	struct err	 e = ERR_INIT;

	assert_int_not_equal(keyring_open(dir, &kr, &e), 0);
	assert_string_equal(e.id, id);
	assert_null(kr);
}

static void
test_what_keeps_it_from_opening(void **state)
{
	struct keyring	*kr = made();
	char		*conf;

	(void)state;
	keyring_free(kr);
	put("maker.pem", "x", 0600);
	refused_open("key-twice");
	gone("maker.pem");
	put("token-pin", P11_PIN, 0644);
	refused_open("token-pin-missing");
	gone("token-pin");
	refused_open("token-pin-missing");
	put("token-pin", P11_PIN, 0600);
	conf = xasprintf(text, "/nonexistent.so", "");
	put("token.yaml", conf, 0600);
	refused_open("token-config");
	free(conf);
	conf = xasprintf("%s/keys/passphrase", dir);	/* a file, no module */
	kr = NULL;
	{
		char	*other = xasprintf(text, conf, "");

		put("token.yaml", other, 0600);
		refused_open("token-module");
		put("token.yaml", other, 0622);
		refused_open("token-config");
		free(other);
	}
	free(conf);
	unsetenv("SEALREG_TEST_TOKEN");			/* does not start */
	conf = xasprintf(text, module, "");
	put("token.yaml", conf, 0600);
	refused_open("token-module");
	free(conf);
}

static void
test_conf(void **state)
{
	static const struct {
		const char	*from, *to;
		const char	*id;
	} cases[] = {
		{ "module: /", "module: ", "token-config" },
		{ "0x80000e01", "80000e01", "token-config" },
		{ "0x80000e01", "0x0", "token-config" },
		{ "0x80000e02", "0xg", "token-config" },
		{ "0x80000e03", "0x", "token-config" },
		{ "slot: maker", "slot: wrapping", "token-config" },
		{ "slot: maker", "slot: province", "token-config" },	/* both to be made */
		{ "slot: maker", "slot: cook", "token-config" },
		{ "a maker", "a province", "token-config" },
		{ "timeout_ms: 1500", "timeout_ms: 9", "config-value" },
		{ "timeout_ms: 1500", "curve: 06f", "token-config" },
		{ "timeout_ms: 1500", "signature: asn", "token-config" },
		{ "timeout_ms: 1500", "rights: [root]", "token-config" },
		{ "timeout_ms: 1500", "read: [/etc]", "token-config" },
		{ "timeout_ms: 1500", "rights: [files]\nread: [etc]",
		    "token-config" },
		{ "timeout_ms: 1500", "pin_file: pin", "token-config" },
		{ "label: a maker", "label: a maker, point: 0401",
		    "token-config" },
		{ "token: sealreg test", "token: \"a\\nb\"", "token-config" },
		{ "label: a maker", "label: \"a\\tb\"", "token-config" },
		{ "token: sealreg test", "tokens: x", "config-unknown-key" },
	};
	struct token_conf	*tc;
	struct err		 e;
	char			*good = xasprintf(text, module, ""), *bad, *p;
	size_t			 i;

	(void)state;
	e = (struct err)ERR_INIT;
	assert_int_equal(token_conf_parse("t", OCTETS(good, strlen(good)),
	    &tc, &e), 0);
	assert_int_equal(tc->keys.n, 2);
	assert_int_equal(token_conf_add(tc, KEY_TSA, "a maker", &e),
	    ERR_CONFLICT);
	e = (struct err)ERR_INIT;
	assert_int_equal(token_conf_add(tc, KEY_TSA, "a tsa", &e), 0);
	assert_int_equal(tc->keys.n, 3);
	token_conf_free(tc);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_non_null(p = strstr(good, cases[i].from));
		bad = xasprintf("%.*s%s%s", (int)(p - good), good,
		    cases[i].to, p + strlen(cases[i].from));
		e = (struct err)ERR_INIT;
		assert_int_equal(token_conf_parse("t", OCTETS(bad,
		    strlen(bad)), &tc, &e), ERR_INVAL);
		assert_string_equal(e.id, cases[i].id);
		assert_null(tc);
		free(bad);
	}
	free(good);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_signs_as_a_file_does), T(test_never_a_bad_signature),
		T(test_der), T(test_lost_session_is_opened_again),
		T(test_absent_at_the_start), T(test_wrong_pin),
		T(test_wrong_pin_untold), T(test_last_try_is_left),
		T(test_all_rights), T(test_slow), T(test_crash_is_its_own), T(test_making),
		T(test_key_exists), T(test_import), T(test_next),
		T(test_what_keeps_it_from_opening), T(test_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
