#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/key.h"

static char	dir[64];

/* A fresh data folder for each case. */
static int
setup(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	strcpy(dir, "/tmp/test_key.XXXXXX");
	return sm_init(&e) == 0 && mkdtemp(dir) != NULL ? 0 : -1;
}

static void
remove_all(const char *path)
{
	struct dirent	*de;
	DIR		*d;
	char		*sub;

	if ((d = opendir(path)) != NULL) {
		while ((de = readdir(d)) != NULL) {
			if (strcmp(de->d_name, ".") == 0 ||
			    strcmp(de->d_name, "..") == 0)
				continue;
			sub = xasprintf("%s/%s", path, de->d_name);
			remove_all(sub);
			free(sub);
		}
		closedir(d);
	}
	(void)remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	remove_all(dir);
	return 0;
}

static struct keyring *
make(enum key_slot slot)
{
	struct keyring	*kr;
	struct err	 e = ERR_INIT;

	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	assert_int_equal(keyring_make(kr, slot, &e), 0);
	return kr;
}

static char *
path_of(const char *name)
{
	return xasprintf("%s/keys/%s", dir, name);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	struct err	 e = ERR_INIT;
	char		*path = path_of(name);

	assert_int_equal(file_write(path, OCTETS(text, strlen(text)), mode,
	    &e), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

/* Opening must fail with this code and id. */
static void
refused(int code, const char *id)
{
	struct keyring	*kr = NULL;
	struct err	 e = ERR_INIT;

	assert_int_equal(keyring_open(dir, &kr, &e), code);
	assert_string_equal(e.id, id);
	assert_null(kr);
}

static void
test_made_is_opened(void **state)
{
	static const enum key_slot	 slots[] = { KEY_CHECKPOINT,
	    KEY_AUTHORITY, KEY_MAKER, KEY_NATIONAL, KEY_ROOT };
	struct keyring			*kr, *again;
	struct sm2_pub			*pub;
	struct stat			 st;
	struct err			 e = ERR_INIT;
	uint8_t				 a[SM2_POINT_LEN], b[SM2_POINT_LEN];
	uint8_t				 sig[SM2_SIG_LEN];
	char				*path, *name;
	size_t				 i;

	(void)state;
	assert_int_equal(keyring_create(dir, &kr, &e), 0);
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		assert_int_equal(keyring_make(kr, slots[i], &e), 0);
	assert_int_equal(keyring_open(dir, &again, &e), 0);
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		assert_true(keyring_has(again, slots[i]));
		assert_int_equal(keyring_point(kr, slots[i], a, &e), 0);
		assert_int_equal(keyring_point(again, slots[i], b, &e), 0);
		assert_memory_equal(a, b, sizeof(a));
		name = xasprintf("%s.pem", key_slot_name(slots[i]));
		path = path_of(name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		free(path);
		free(name);

		/* What either signs holds under the same point. */
		assert_int_equal(sm2_pub_new(a, &pub, &e), 0);
		assert_int_equal(key_sign(again, slots[i], OCTETS("abc", 3),
		    sig, &e), 0);
		assert_int_equal(sm2_verify(pub, OCTETS("abc", 3), sig, &e),
		    0);
		assert_int_equal(key_sign(kr, slots[i], OCTETS("abd", 3), sig,
		    &e), 0);
		assert_int_equal(sm2_verify(pub, OCTETS("abd", 3), sig, &e),
		    0);
		assert_int_equal(sm2_verify(pub, OCTETS("abc", 3), sig, NULL),
		    ERR_VERIFY);
		sm2_pub_free(pub);
	}
	path = path_of("passphrase");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
	keyring_free(again);
	keyring_free(kr);
}

static void
test_nothing_plain_at_rest(void **state)
{
	struct keyring	*kr = make(KEY_MAKER);
	struct err	 e = ERR_INIT;
	uint8_t		*text;
	size_t		 n;
	char		*path = path_of("maker.pem");

	(void)state;
	assert_int_equal(file_read(path, 65536, &text, &n, &e), 0);
	assert_non_null(strstr((char *)text, "ENCRYPTED PRIVATE KEY"));
	free(text);
	free(path);
	keyring_free(kr);
}

static void
test_pass_phrase_refused(void **state)
{
	static const struct {
		const char	*text;
		mode_t		 mode;
	} t[] = {
		{ "some other pass phrase\n", 0600 },
		{ "", 0600 },
		{ "\n", 0600 },
	};
	static const mode_t	 bits[] = { 0640, 0604, 0620, 0602, 0610, 0644 };
	struct keyring		*kr = make(KEY_MAKER);
	struct err		 e = ERR_INIT;
	char			*path = path_of("passphrase"), *big;
	size_t			 i;

	(void)state;
	keyring_free(kr);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		assert_int_equal(chmod(path, bits[i]), 0);
		refused(ERR_DENIED, "passphrase");
	}
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(keyring_open(dir, &kr, &e), 0);
	keyring_free(kr);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		write_file("passphrase", t[i].text, t[i].mode);
		refused(ERR_DENIED, "passphrase");
	}
	big = xcalloc(1, 4097);
	memset(big, 'a', 4096);
	write_file("passphrase", big, 0600);
	refused(ERR_DENIED, "passphrase");
	free(big);
	assert_int_equal(unlink(path), 0);
	refused(ERR_DENIED, "passphrase");
	assert_int_equal(mkdir(path, 0700), 0);
	refused(ERR_DENIED, "passphrase");
	free(path);
}

static void
test_credential_first(void **state)
{
	struct keyring	*kr = make(KEY_MAKER);
	struct err	 e = ERR_INIT;
	char		*from = path_of("passphrase"), *cred, *to;

	(void)state;
	keyring_free(kr);
	cred = xasprintf("%s/cred", dir);
	to = xasprintf("%s/passphrase", cred);
	assert_int_equal(mkdir(cred, 0700), 0);
	assert_int_equal(rename(from, to), 0);
	refused(ERR_DENIED, "passphrase");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", cred, 1), 0);
	assert_int_equal(chmod(to, 0440), 0);	/* as systemd's ACLs show */
	assert_int_equal(keyring_open(dir, &kr, &e), 0);
	keyring_free(kr);
	assert_int_equal(chmod(to, 0444), 0);
	refused(ERR_DENIED, "passphrase");
	unsetenv("CREDENTIALS_DIRECTORY");
	free(to);
	free(cred);
	free(from);
}

static void
test_bad_key_file(void **state)
{
	/* An EC key on another curve, under a pass phrase that is known. */
	struct keyring	*kr = make(KEY_MAKER);

	(void)state;
	keyring_free(kr);
	write_file("maker.pem", "no key\n", 0600);
	refused(ERR_FORMAT, "bad-key");
	write_file("maker.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", 0600);
	refused(ERR_FORMAT, "bad-key");
}

static void
test_slots(void **state)
{
	struct keyring	*kr = make(KEY_MAKER), *other;
	struct err	 e = ERR_INIT;
	uint8_t		 sig[SM2_SIG_LEN], point[SM2_POINT_LEN];

	(void)state;
	assert_int_equal(keyring_make(kr, KEY_MAKER, &e), ERR_CONFLICT);
	e = (struct err)ERR_INIT;
	assert_int_equal(keyring_make(kr, KEY_SLOTS, &e), ERR_INVAL);
	assert_false(keyring_has(kr, KEY_AUTHORITY));
	assert_null(keyring_pkey(kr, KEY_AUTHORITY));
	assert_int_equal(keyring_certificate(kr, KEY_MAKER).len, 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(key_sign(kr, KEY_AUTHORITY, OCTETS("a", 1), sig, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-key");
	e = (struct err)ERR_INIT;
	assert_int_equal(keyring_point(kr, KEY_ROOT, point, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-key");

	/* The wrapping key never signs. */
	e = (struct err)ERR_INIT;
	assert_int_equal(keyring_make(kr, KEY_WRAPPING, &e), 0);
	assert_int_equal(key_sign(kr, KEY_WRAPPING, OCTETS("a", 1), sig, &e),
	    ERR_INVAL);

	/* A folder that has keys is not made again. */
	e = (struct err)ERR_INIT;
	assert_int_not_equal(keyring_create(dir, &other, &e), 0);
	assert_null(other);
	keyring_free(kr);
}

static void
test_wrapped(void **state)
{
	struct keyring	*kr = make(KEY_WRAPPING), *again, *other;
	struct sm2_pub	*pub;
	struct buf	 w, w2;
	struct err	 e = ERR_INIT;
	EVP_PKEY	*pkey;
	uint8_t		 point[SM2_POINT_LEN], p2[SM2_POINT_LEN];
	uint8_t		 sig[SM2_SIG_LEN], *bad;
	char		 keep[sizeof(dir)];
	size_t		 i;

	(void)state;
	buf_init(&w, 1024);
	buf_init(&w2, 1024);
	assert_int_equal(key_make_wrapped(kr, point, &w, &e), 0);
	assert_int_equal(key_make_wrapped(kr, p2, &w2, &e), 0);
	assert_memory_not_equal(point, p2, sizeof(point));

	/* It opens in a later life of the same keyring, and signs. */
	assert_int_equal(keyring_open(dir, &again, &e), 0);
	assert_int_equal(key_unwrap(again, buf_octets(&w), &pkey, &e), 0);
	assert_int_equal(sm2_pub_from_pkey(pkey, &pub, &e), 0);
	assert_memory_equal(sm2_pub_point(pub), point, sizeof(point));
	assert_int_equal(key_sign_wrapped(again, buf_octets(&w),
	    OCTETS("abc", 3), sig, &e), 0);
	assert_int_equal(sm2_verify(pub, OCTETS("abc", 3), sig, &e), 0);
	sm2_pub_free(pub);
	EVP_PKEY_free(pkey);

	/* Every octet counts; so does the length. */
	bad = xmemdup(w.p, w.len + 0);
	for (i = 0; i < w.len; i++) {
		bad[i] ^= 1;
		e = (struct err)ERR_INIT;
		assert_int_equal(key_unwrap(kr, OCTETS(bad, w.len), &pkey, &e),
		    ERR_VERIFY);
		assert_string_equal(e.id, "bad-wrapped-key");
		assert_null(pkey);
		bad[i] ^= 1;
	}
	for (i = 0; i < w.len; i++)
		assert_int_equal(key_unwrap(kr, OCTETS(bad, i), &pkey, NULL),
		    ERR_VERIFY);
	free(bad);

	/* Another keyring cannot open it; one without the slot says so. */
	strcpy(keep, dir);
	strcpy(dir, "/tmp/test_key.XXXXXX");
	assert_non_null(mkdtemp(dir));
	other = make(KEY_MAKER);
	e = (struct err)ERR_INIT;
	assert_int_equal(key_unwrap(other, buf_octets(&w), &pkey, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-key");
	assert_int_equal(key_make_wrapped(other, p2, &w2, NULL), ERR_NOTFOUND);
	e = (struct err)ERR_INIT;
	assert_int_equal(keyring_make(other, KEY_WRAPPING, &e), 0);
	assert_int_equal(key_unwrap(other, buf_octets(&w), &pkey, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "bad-wrapped-key");
	remove_all(dir);
	strcpy(dir, keep);
	keyring_free(other);
	keyring_free(again);
	keyring_free(kr);
	buf_fini(&w2);
	buf_fini(&w);
}

static void
test_guard(void **state)
{
	static const struct {
		const char	*origin;
		uint64_t	 size;
		uint8_t		 root;
		int64_t		 time;
		int		 rc;
	} t[] = {
		{ "a/log", 10, 1, 100, 0 },
		{ "a/log", 10, 1, 100, 0 },	/* the same again */
		{ "a/log", 10, 1, 110, 0 },	/* signed anew */
		{ "a/log", 10, 2, 111, ERR_CONFLICT },	/* a fork */
		{ "a/log", 9, 3, 112, ERR_CONFLICT },	/* a rewind */
		{ "a/log", 10, 1, 109, ERR_CONFLICT },	/* clock back */
		{ "a/log", 11, 1, 109, ERR_CONFLICT },
		{ "b/log", 12, 4, 113, ERR_CONFLICT },	/* another log */
		{ "a/log", 12, 4, 110, 0 },
		{ "a/log", 11, 4, 111, ERR_CONFLICT },
		{ "a/log", UINT64_MAX, 5, 111, 0 },
	};
	static const struct {
		const char	*origin;
		uint64_t	 size;
		uint8_t		 root;
		int64_t		 time;
		int		 rc;
	} u[] = {
		{ "a/log", 11, 4, 111, ERR_CONFLICT },
		{ "a/log", 12, 6, 111, ERR_CONFLICT },
		{ "a/log", 12, 4, 109, ERR_CONFLICT },
		{ "b/log", 13, 4, 111, ERR_CONFLICT },
		{ "a/log", 13, 7, 111, 0 },
		{ "a/log", 13, 8, 111, 0 },	/* not committed either */
		{ "a/log", 12, 4, 111, 0 },
	};
	struct keyring	*kr = make(KEY_CHECKPOINT);
	struct err	 e;
	uint8_t		 root[SM3_LEN];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(root, t[i].root, sizeof(root));
		e = (struct err)ERR_INIT;
		assert_int_equal(key_guard(kr, t[i].origin, t[i].size, root,
		    t[i].time, &e), t[i].rc);
		if (t[i].rc != 0)
			assert_string_equal(e.id, "checkpoint-conflict");
	}
	/*
	 * A new recorder begins where the disk ends: the last claim (of size
	 * UINT64_MAX) may never have reached it, those before did.
	 */
	for (i = 0; i < sizeof(u) / sizeof(u[0]); i++) {
		key_guard_new_recorder(kr);
		memset(root, u[i].root, sizeof(root));
		e = (struct err)ERR_INIT;
		assert_int_equal(key_guard(kr, u[i].origin, u[i].size, root,
		    u[i].time, &e), u[i].rc);
	}
	keyring_free(kr);
}

/* The certificate of what is in slot, in DIR/ca and tied to nothing. */
static void
certify(struct keyring *kr, enum key_slot slot, const char *name)
{
	struct cert_spec	 s = { .profile = CERT_ROOT };
	struct buf		 der;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	char			*path = xasprintf("%s/ca", dir);

	(void)mkdir(path, 0755);
	free(path);
	path = xasprintf("%s/ca/%s", dir, name);
	buf_init(&der, LIMIT_CERT);
	assert_int_equal(keyring_point(kr, slot, point, &e), 0);
	s.subject.organisation = "o";
	s.subject.common_name = name;
	s.not_before = 1790000000;
	s.point = point;
	assert_int_equal(cert_issue(&s, NULL, kr, slot, &der, &e), 0);
	assert_int_equal(file_write(path, buf_octets(&der), 0644, &e), 0);
	buf_fini(&der);
	free(path);
}

/* The slot holds this key after opening. */
static void
opens_with(enum key_slot slot, const uint8_t want[SM2_POINT_LEN])
{
	struct keyring	*kr = NULL;
	struct err	 e = ERR_INIT;
	uint8_t		 point[SM2_POINT_LEN];

	if (keyring_open(dir, &kr, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(keyring_point(kr, slot, point, &e), 0);
	assert_memory_equal(point, want, sizeof(point));
	keyring_free(kr);
}

/* Several keys of one slot: the certificate says which, at every step. */
static void
test_next(void **state)
{
	struct keyring	*kr = make(KEY_MAKER), *again;
	struct err	 e = ERR_INIT;
	uint8_t		 a[SM2_POINT_LEN], b[SM2_POINT_LEN], c[SM2_POINT_LEN];
	char		*path, *sub;
	bool		 there;
	unsigned	 n;

	(void)state;
	assert_int_equal(keyring_point(kr, KEY_MAKER, a, &e), 0);
	certify(kr, KEY_MAKER, "maker.crt");

	/* Nothing follows; a slot that is empty has no next. */
	assert_int_equal(keyring_next(kr, KEY_MAKER, true, &there, &e), 0);
	assert_false(there);
	assert_int_equal(keyring_next(kr, KEY_TSA, false, &there, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-key");

	/* Made, and not in use before it is certified. */
	assert_int_equal(keyring_next(kr, KEY_MAKER, false, &there, &e), 0);
	assert_false(there);
	assert_int_equal(keyring_point(kr, KEY_MAKER, b, &e), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_null(keyring_cert(kr, KEY_MAKER));
	opens_with(KEY_MAKER, a);

	/* The next try takes up what is there. */
	assert_int_equal(keyring_open(dir, &again, &e), 0);
	assert_int_equal(keyring_next(again, KEY_MAKER, true, &there, &e),
	    0);
	assert_true(there);
	assert_int_equal(keyring_point(again, KEY_MAKER, c, &e), 0);
	assert_memory_equal(b, c, sizeof(b));
	certify(again, KEY_MAKER, "maker.crt");
	opens_with(KEY_MAKER, b);
	keyring_free(again);

	/* The first key may go; a certificate for none of them is refused. */
	path = path_of("maker.pem");
	assert_int_equal(unlink(path), 0);
	free(path);
	opens_with(KEY_MAKER, b);
	path = path_of("maker-2.pem");
	sub = path_of("aside");
	assert_int_equal(rename(path, sub), 0);
	assert_int_equal(keyring_make(kr, KEY_CHECKPOINT, &e), 0);
	certify(kr, KEY_CHECKPOINT, "maker.crt");
	assert_int_equal(rename(sub, path), 0);
	refused(ERR_CONFLICT, "key-mismatch");
	certify(kr, KEY_MAKER, "maker.crt");
	opens_with(KEY_MAKER, b);

	/* So many and no more. */
	for (n = 3; n <= LIMIT_KEY_FILES; n++)
		assert_int_equal(keyring_next(kr, KEY_MAKER, false, &there,
		    &e), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(keyring_next(kr, KEY_MAKER, false, &there, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "too-many-keys");
	free(sub);
	free(path);
	keyring_free(kr);
}

#define CASE(F)	cmocka_unit_test_setup_teardown(F, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		CASE(test_made_is_opened),
		CASE(test_nothing_plain_at_rest),
		CASE(test_pass_phrase_refused),
		CASE(test_credential_first),
		CASE(test_bad_key_file),
		CASE(test_slots),
		CASE(test_wrapped),
		CASE(test_guard),
		CASE(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
