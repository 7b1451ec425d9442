#ifndef TESTS_UNIT_REGISTRY_WORLD_H
#define TESTS_UNIT_REGISTRY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "filing/code.h"
#include "filing/record.h"
#include "registry/office/batch.h"
#include "registry/config.h"
#include "registry/office/office.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_case.h"
#include "registry/office/office_event.h"
#include "registry/office/office_file.h"
#include "registry/office/office_session.h"
#include "registry/rules.h"
#include "schema/msg.pb-c.h"

/*
 * A province in a temporary folder: real keys, certificates, database and
 * log, and a clock that tests set.
 */

#define WORLD_ORIGIN	"44.sealreg.example/log"
#define WORLD_DIVISION	"440106"

static int64_t	world_clock;	/* what of.now() says */

static inline int64_t
world_now(void)
{
	return world_clock;
}

struct world {
	char		 dir[64];
	struct keyring	*kr;
	struct vkey	*vk;
	struct config	 cf;
	struct office	 of;
	int64_t		 applicant, clerk, reviewer, both;
};

/* tokens of the sessions that world_open() makes, and their hashes */
static inline char *
world_token_text(char c)
{
	static char	t[256][65];

	memset(t[(uint8_t)c], c, 64);
	return t[(uint8_t)c];
}

#define TOKEN(C)	OCTETS(world_token(C), SM3_LEN)
static inline const uint8_t *
world_token(char c)
{
	static uint8_t	t[256][SM3_LEN];

	sm3(world_token_text(c), 64, t[(uint8_t)c]);
	return t[(uint8_t)c];
}

static inline void
world_remove(const char *path)
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
			world_remove(sub);
			free(sub);
		}
		closedir(d);
	}
	(void)remove(path);
}

#define must(CALL)	do {						\
	struct err e_ = ERR_INIT, *ep = &e_;				\
	if ((CALL) != 0)						\
		fail_msg("%s: [%s] %s", #CALL, ep->id, ep->text);	\
} while (0)

static inline void
world_put_file(struct world *w, const char *name, struct octets o)
{
	char	*path = xasprintf("%s/ca/%s", w->dir, name);

	must(file_write(path, o, 0644, ep));
	free(path);
}

/* Issue a certificate for a slot by another (or itself), keep and store it. */
static inline void
world_issue(struct world *w, enum cert_profile profile, enum key_slot slot,
    enum key_slot issuer, const char *file)
{
	uint8_t			 point[SM2_POINT_LEN];
	struct cert		*by = NULL;
	struct cert_spec	 spec = { .profile = profile,
				    .not_before = world_clock - 86400 };
	struct buf		 der;

	buf_init(&der, LIMIT_CERT);
	must(keyring_make(w->kr, slot, ep));
	must(keyring_point(w->kr, slot, point, ep));
	spec.point = point;
	spec.subject.organisation = "Test";
	spec.subject.common_name = file;
	if (issuer == KEY_AUTHORITY)
		spec.crl_url = "http://127.0.0.1:18440/ca/province.crl";
	if (issuer != slot)
		must(cert_parse(keyring_certificate(w->kr, issuer), &by, ep));
	must(cert_issue(&spec, by, w->kr, issuer, &der, ep));
	must(keyring_set_certificate(w->kr, slot, buf_octets(&der), ep));
	world_put_file(w, file, buf_octets(&der));
	cert_free(by);
	buf_fini(&der);
}

/* Sign a checkpoint with the world's own key: a batch_signer. */
static inline int
world_sign(void *arg, uint64_t size, const struct hash *root, int64_t time,
    char **note, struct err *e)
{
	struct world		*w = arg;
	struct checkpoint	 cp = { .size = size };
	uint8_t			 sig[SM2_SIG_LEN];
	struct buf		 body, m;
	int			 rc;

	snprintf(cp.origin, sizeof(cp.origin), "%s", WORLD_ORIGIN);
	memcpy(cp.root, root->h, SM3_LEN);
	buf_init(&body, LIMIT_NOTE);
	buf_init(&m, LIMIT_NOTE);
	checkpoint_format(&cp, &body);
	note_message(buf_octets(&body), time, &m);
	rc = key_sign(w->kr, KEY_CHECKPOINT, buf_octets(&m), sig, e);
	if (rc == 0) {
		note_sign_line(w->vk, time, sig, &body);
		*note = buf_steal_str(&body);
	}
	buf_fini(&m);
	buf_fini(&body);
	return rc;
}

/* The first revocation list of an authority, empty. */
static inline void
world_crl(struct world *w, enum key_slot slot, const char *file)
{
	const struct crl_spec	 spec = { .number = 1,
				    .this_update = world_clock,
				    .next_update = world_clock + 7 * 86400 };
	struct cert		*by;
	struct buf		 der;

	buf_init(&der, LIMIT_CA_OBJECT);
	must(cert_parse(keyring_certificate(w->kr, slot), &by, ep));
	must(crl_issue(&spec, by, w->kr, slot, &der, ep));
	world_put_file(w, file, buf_octets(&der));
	cert_free(by);
	buf_fini(&der);
}

static inline void
world_config(struct world *w)
{
	struct config	*cf = &w->cf;

	cf->dir = w->dir;
	cf->province = (char *)(uintptr_t)"44";
	cf->origin = (char *)(uintptr_t)WORLD_ORIGIN;
	cf->url = (char *)(uintptr_t)"http://127.0.0.1:22000";
	cf->vkey = (char *)(uintptr_t)vkey_text(w->vk);
	cf->resign_seconds = 10;
	cf->map_depth = 4;
	cf->seal_valid_days = 1826;
	cf->renewal_days = 90;
	cf->crl_days = 7;
	cf->poll_ms = 1000;
	cf->certificates = (char *)(uintptr_t)"internal";
	cf->external_name = (char *)(uintptr_t)"Test Body";
	cf->external_ca = (char *)(uintptr_t)"";
	cf->external_min_days = 30;
	cf->seal_generation = (char *)(uintptr_t)"V4";
	cf->tsa_policy = (char *)(uintptr_t)"2.999.3161.1";
	cf->tsa_rate = 3;
	cf->tsa_clock_bound = 10;
	cf->filing_office = (char *)(uintptr_t)"440000";
	cf->maker_id = (char *)(uintptr_t)"440000000001";
}

static inline void
world_genesis(struct world *w)
{
	struct hash	 root;
	uint64_t	 size;
	char		*note = NULL;

	must(store_begin(w->of.st, ep));
	must(log_begin(w->of.lg, ep));
	must(log_genesis(w->of.lg, 4, world_clock, &size, &root, ep));
	must(world_sign(w, size, &root, world_clock, &note, ep));
	must(log_publish(w->of.lg, note, world_clock, ep));
	must(store_commit(w->of.st, ep));
	log_settle(w->of.lg, true);
	free(note);
}

static inline int64_t
world_account(struct world *w, const char *name, const char *roles)
{
	static const uint8_t	salt[16] = { 1 }, hash[32] = { 2 };
	const struct val	v[] = { val_text(name), val_text(roles),
				    val_blob(OCTETS(salt, 16)),
				    val_blob(OCTETS(hash, 32)),
				    val_int(world_clock) };
	struct account		a;

	must(store_run(w->of.st, STMT_OFFICE_ACCOUNT_PUT, v, 5, NULL, ep));
	must(account_get(&w->of, name, &a, ep));
	return a.id;
}

/* Open the database (again), as the recorder does. */
static inline void
world_open(struct world *w, enum store_mode mode)
{
	char			*path = xasprintf("%s/province.db", w->dir);
	struct store_spec	 spec = { .path = path, .mode = mode,
				    .kind = STORE_PROVINCE,
				    .may = office_statements };

	w->of.cf = &w->cf;
	w->of.now = world_now;
	must(store_open(&spec, &w->of.st, ep));
	must(log_new(w->of.st, &registry_rules, &w->of.lg, ep));
	free(path);
}

static inline void
world_shut(struct world *w)
{
	log_free(w->of.lg);
	store_close(w->of.st);
	w->of.lg = NULL;
	w->of.st = NULL;
}

static inline void
world_new(struct world *w)
{
	uint8_t		 point[SM2_POINT_LEN];
	int64_t		 expires;
	char		*path;

	memset(w, 0, sizeof(*w));
	world_clock = 1795000000;
	must(sm_init(ep));
	strcpy(w->dir, "/tmp/test_office.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	unsetenv("CREDENTIALS_DIRECTORY");
	path = xasprintf("%s/ca", w->dir);
	must(file_mkdir(path, 0755, ep));
	free(path);
	must(keyring_create(w->dir, &w->kr, ep));
	must(keyring_make(w->kr, KEY_CHECKPOINT, ep));
	must(keyring_make(w->kr, KEY_WRAPPING, ep));
	world_issue(w, CERT_ROOT, KEY_ROOT, KEY_ROOT, "root.crt");
	world_issue(w, CERT_AUTHORITY, KEY_AUTHORITY, KEY_ROOT,
	    "province.crt");
	world_issue(w, CERT_MAKER, KEY_MAKER, KEY_AUTHORITY, "maker.crt");
	world_issue(w, CERT_TSA, KEY_TSA, KEY_AUTHORITY, "tsa.crt");
	world_crl(w, KEY_ROOT, CA_ROOT_CRL);
	world_crl(w, KEY_AUTHORITY, CA_PROVINCE_CRL);
	must(keyring_point(w->kr, KEY_CHECKPOINT, point, ep));
	must(vkey_new(WORLD_ORIGIN, point, &w->vk, ep));
	world_config(w);
	world_open(w, STORE_CREATE);
	world_genesis(w);
	must(store_begin(w->of.st, ep));
	must(office_ca_load(&w->of, ep));
	must(event_settle(&w->of, ep));
	w->applicant = world_account(w, "applicant", "applicant");
	w->clerk = world_account(w, "clerk", "clerk");
	w->reviewer = world_account(w, "reviewer", "reviewer");
	w->both = world_account(w, "both", "applicant clerk");
	must(session_put(&w->of, TOKEN('a'), w->applicant, &expires, ep));
	must(session_put(&w->of, TOKEN('c'), w->clerk, &expires, ep));
	must(session_put(&w->of, TOKEN('r'), w->reviewer, &expires, ep));
	must(session_put(&w->of, TOKEN('b'), w->both, &expires, ep));
	must(store_commit(w->of.st, ep));
}

static inline void
world_free(struct world *w)
{
	world_shut(w);
	vkey_free(w->vk);
	keyring_free(w->kr);
	world_remove(w->dir);
}

/* An organisation's credit code, number n. */
static inline void
world_credit_code(unsigned n, char out[19])
{
	snprintf(out, 19, "91440101%09u", n);
	out[17] = credit_code_digit(out);
	out[18] = '\0';
}

/* A good application for a finance seal of organisation n. */
static inline struct application
world_application(unsigned n)
{
	static char	code[64][19];
	char		*c = code[n % 64];

	world_credit_code(n, c);
	return (struct application){
		.owner_name = "广州示例科技有限公司",
		.credit_code = c,
		.division = WORLD_DIVISION,
		.seal_type = SEAL_FINANCE,
		.seal_name = "",
		.horizontal_text = "",
	};
}

/*
 * Everything that may have changed: the size of the log and every row of the
 * database.  Equal: nothing happened.
 */
struct world_facts {
	uint64_t	size;
	uint8_t		rows[SM3_LEN];
};

static inline void
world_hash_table(sqlite3 *db, const char *table, struct sm3 *h)
{
	sqlite3_stmt	*s;
	char		*sql = xasprintf("SELECT * FROM \"%s\"", table);
	const void	*p;
	int		 i, n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL),
	    SQLITE_OK);
	sm3_add(h, sql, strlen(sql));
	while (sqlite3_step(s) == SQLITE_ROW)
		for (i = 0; i < sqlite3_column_count(s); i++) {
			p = sqlite3_column_blob(s, i);
			n = sqlite3_column_bytes(s, i);
			sm3_add(h, &n, sizeof(n));
			if (n > 0)
				sm3_add(h, p, (size_t)n);
		}
	sqlite3_finalize(s);
	free(sql);
}

static inline struct world_facts
world_facts(struct world *w)
{
	struct world_facts	 f;
	sqlite3_stmt		*s;
	struct sm3		*h = sm3_new();
	sqlite3			*db;
	char			*path = xasprintf("%s/province.db", w->dir);

	memset(&f, 0, sizeof(f));
	f.size = log_size_now(w->of.lg);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	/* Lists, answers, keys come of themselves, whoever asks for what. */
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM "
	    "sqlite_master WHERE type = 'table' AND name NOT IN "
	    "('ocsp', 'ca_object', 'signer_key') ORDER BY name", -1, &s,
	    NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		world_hash_table(db, (const char *)sqlite3_column_text(s, 0),
		    h);
	sqlite3_finalize(s);
	sqlite3_close(db);
	sm3_end(h, f.rows);
	sm3_free(h);
	free(path);
	return f;
}

static inline void
assert_same(const struct world_facts *a, const struct world_facts *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

#endif /* TESTS_UNIT_REGISTRY_WORLD_H */
