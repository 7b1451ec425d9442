#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/msg.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "registry/cmd.h"
#include "registry/judge/verify.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/*
 * The rules that need no node: what a reading of the jail becomes.  The node
 * side is proof.h's, with its own tests, and the scenarios'.
 */

#define NOW	1790000000

static char		 dir[] = "/tmp/verify-test-XXXXXX";
static struct keyring	*ring;
static struct buf	 root, maker, other_root;

static void
issue(const char *cn, enum key_slot slot, enum key_slot by,
    enum cert_profile profile, const struct cert *issuer, struct buf *out)
{
	uint8_t			point[SM2_POINT_LEN];
	struct err		e = ERR_INIT;
	struct cert_spec	spec = {
		.profile = profile,
		.subject = { .organisation = "示例", .common_name = cn },
		.not_before = NOW, .not_after = NOW + 1000, .point = point
	};

	assert_int_equal(keyring_point(ring, slot, point, NULL), 0);
	buf_init(out, LIMIT_CERT);
	if (cert_issue(&spec, issuer, ring, by, out, &e) != 0)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	struct cert	*ca = NULL;

	(void)state;
	assert_int_equal(sm_init(NULL), 0);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(keyring_create(dir, &ring, NULL), 0);
	assert_int_equal(keyring_make(ring, KEY_AUTHORITY, NULL), 0);
	assert_int_equal(keyring_make(ring, KEY_ROOT, NULL), 0);
	assert_int_equal(keyring_make(ring, KEY_MAKER, NULL), 0);
	issue("authority", KEY_AUTHORITY, KEY_AUTHORITY, CERT_ROOT, NULL,
	    &root);
	issue("stranger", KEY_ROOT, KEY_ROOT, CERT_ROOT, NULL, &other_root);
	assert_int_equal(cert_parse(buf_octets(&root), &ca, NULL), 0);
	issue("maker", KEY_MAKER, KEY_AUTHORITY, CERT_MAKER, ca, &maker);
	cert_free(ca);
	return 0;
}

static int
teardown(void **state)
{
	char	cmd[64];

	(void)state;
	keyring_free(ring);
	buf_fini(&root);
	buf_fini(&other_root);
	buf_fini(&maker);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static const struct {
	const char		*what;
	const char		*generation, *code, *signature;
	bool			 stranger;	/* the list has another CA */
	int64_t			 at, from, until;
	enum check_result	 chain, validity;
	int			 status;
} t[] = {
	{ "good, register not asked", "V4", "44010600000001", "passed", false,
	    NOW + 5, NOW, NOW + 10, CHECK_PASSED, CHECK_PASSED,
	    EXIT_UNKNOWN },
	{ "bad signature", "V4", "44010600000001", "failed", false,
	    NOW + 5, NOW, NOW + 10, CHECK_PASSED, CHECK_PASSED,
	    EXIT_NOT_VALID },
	{ "another authority", "V4", "44010600000001", "passed", true,
	    NOW + 5, NOW, NOW + 10, CHECK_UNKNOWN, CHECK_PASSED,
	    EXIT_UNKNOWN },
	{ "nobody's code", "V4", "55010600000001", "passed", false,
	    NOW + 5, NOW, NOW + 10, CHECK_UNKNOWN, CHECK_PASSED,
	    EXIT_UNKNOWN },
	{ "no code", "V4", "some-seal", "passed", false,
	    NOW + 5, NOW, NOW + 10, CHECK_UNKNOWN, CHECK_PASSED,
	    EXIT_UNKNOWN },
	{ "not yet", "V4", "44010600000001", "passed", false,
	    NOW + 5, NOW + 6, NOW + 10, CHECK_PASSED, CHECK_FAILED,
	    EXIT_NOT_VALID },
	{ "last second", "V4", "44010600000001", "passed", false,
	    NOW + 10, NOW, NOW + 10, CHECK_PASSED, CHECK_PASSED,
	    EXIT_UNKNOWN },
	{ "expired", "V4", "44010600000001", "passed", false,
	    NOW + 11, NOW, NOW + 10, CHECK_PASSED, CHECK_FAILED,
	    EXIT_NOT_VALID },
	{ "maker's certificate ended", "V4", "44010600000001", "passed",
	    false, NOW + 2000, NOW, NOW + 3000, CHECK_FAILED, CHECK_PASSED,
	    EXIT_NOT_VALID },
	{ "the same in V5", "V5", "44010600000001", "passed", false,
	    NOW + 2000, NOW, NOW + 3000, CHECK_PASSED, CHECK_PASSED,
	    EXIT_UNKNOWN },
};

static enum check_result
result_of(const struct report *r, const char *rule)
{
	size_t	i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->checks[i].rule, rule) == 0)
			return r->checks[i].result;
	return CHECK_NONE;
}

/* The jail's part, without a jail. */
static ChainChecked *
check(const SealReading *m, const struct verify_ask *ask)
{
	const struct trust_province	*owner = verify_owner(m, ask->trust);
	const struct jail_handler	*h = jail_handler_of(&program_jail,
					    MSG_TYPE__MSG_CHECK_CHAIN);
	ProtobufCMessage		*reply = NULL;
	CheckChain			 q;
	struct buf			 out;
	uint8_t				*p;

	if (owner == NULL)
		return NULL;
	verify_chain_ask(m, owner, ask, &q);
	assert_non_null(p = malloc(check_chain__get_packed_size(&q)));
	buf_init(&out, 1 << 16);
	assert_int_equal(h->run(OCTETS(p, check_chain__pack(&q, p)),
	    OCTETS(NULL, 0), &out, NULL), 0);
	assert_int_equal(msg_unpack(&chain_checked__descriptor,
	    buf_octets(&out), &reply, NULL), 0);
	buf_fini(&out);
	free(q.anchors);
	free(p);
	return (ChainChecked *)reply;
}

static void
rules(void **state)
{
	char			province[] = "44", prefix[] = "44";
	char			*prefixes[] = { prefix };
	struct octets		ca;
	struct trust_province	p = { .province = province,
				    .prefixes = prefixes, .nprefixes = 1,
				    .ca = &ca, .nca = 1 };
	struct trust		trust = { .provinces = &p, .nprovinces = 1 };
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char			 f[] = "format", s[] = "seal_signature",
					 x[] = "registry_status",
					 ok[] = "passed", none[] = "";
		char			 gen[8], code[32], sig[16];
		Check			 c[3];
		Check			*list[3] = { &c[0], &c[1], &c[2] };
		SealReading		 m = SEAL_READING__INIT;
		struct verify_ask	 ask = { .trust = &trust,
					    .now = t[i].at };
		struct verify_facts	 facts = { .word = WORD_NOT_ASKED };
		ChainChecked		*chain;
		uint8_t			 digest[SM3_LEN] = { 0 };
		struct report		 r;
		size_t			 k;

		(void)snprintf(gen, sizeof(gen), "%s", t[i].generation);
		(void)snprintf(code, sizeof(code), "%s", t[i].code);
		(void)snprintf(sig, sizeof(sig), "%s", t[i].signature);
		for (k = 0; k < 3; k++) {
			check__init(&c[k]);
			c[k].rule = k == 0 ? f : k == 1 ? s : x;
			c[k].result = k == 1 ? sig : ok;
			c[k].detail = none;
		}
		m.generation = gen;
		m.seal_code = code;
		/* A jail that was taken over claims what it cannot know. */
		m.checks = list;
		m.n_checks = 3;
		m.digest.data = digest;
		m.digest.len = sizeof(digest);
		m.maker_certificate.data = maker.p;
		m.maker_certificate.len = maker.len;
		m.created = NOW;
		m.valid_from = t[i].from;
		m.valid_until = t[i].until;
		ca = t[i].stranger ? buf_octets(&other_root) :
		    buf_octets(&root);
		chain = check(&m, &ask);
		facts.chain = chain;
		verify_seal(&m, &ask, &facts, &r);
		if (chain != NULL)
			chain_checked__free_unpacked(chain, NULL);
		if (result_of(&r, "maker_chain") != t[i].chain ||
		    result_of(&r, "seal_validity") != t[i].validity ||
		    result_of(&r, "registry_status") != CHECK_UNKNOWN ||
		    report_exit(&r) != t[i].status)
			fail_msg("%s: chain %d, validity %d, exit %d",
			    t[i].what, result_of(&r, "maker_chain"),
			    result_of(&r, "seal_validity"), report_exit(&r));
		assert_int_equal(r.n, 5);
		assert_string_equal(r.generation, t[i].generation);
	}
}

/* What the register said, and what the report makes of it. */
static void
words(void **state)
{
	static const struct {
		enum verify_word	word;
		enum verdict		verdict;
		int64_t			as_of;
		enum check_result	result;
		int			status;
	} c[] = {
		{ WORD_SAID, VERDICT_VALID, NOW + 1, CHECK_PASSED,
		    EXIT_UNKNOWN },
		{ WORD_SAID, VERDICT_MISMATCH, NOW + 1, CHECK_FAILED,
		    EXIT_NOT_VALID },
		{ WORD_SAID, VERDICT_UNKNOWN, NOW + 1, CHECK_UNKNOWN,
		    EXIT_UNKNOWN },
		{ WORD_SAID, VERDICT_NOT_FILED, NOW + 1, CHECK_FAILED,
		    EXIT_NOT_VALID },
		/* Signed before the seal was made. */
		{ WORD_SAID, VERDICT_NOT_FILED, NOW, CHECK_UNKNOWN,
		    EXIT_UNKNOWN },
		{ WORD_NOT_HEARD, VERDICT_NONE, 0, CHECK_UNKNOWN,
		    EXIT_UNKNOWN },
		{ WORD_NOT_PROVEN, VERDICT_NONE, 0, CHECK_UNKNOWN,
		    EXIT_PROOF },
	};
	char			 province[] = "44", prefix[] = "44";
	char			 code[] = "44010600000001", gen[] = "V4";
	char			*prefixes[] = { prefix };
	struct trust_province	 p = { .province = province,
				    .prefixes = prefixes, .nprefixes = 1 };
	struct trust		 trust = { .provinces = &p, .nprovinces = 1 };
	uint8_t			 digest[SM3_LEN] = { 0 };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct verify_ask	 ask = { .trust = &trust, .now = NOW };
		struct verify_facts	 facts = { .word = c[i].word,
					    .verdict = c[i].verdict,
					    .why = WHY_GOOD,
					    .as_of = c[i].as_of };
		SealReading		 m = SEAL_READING__INIT;
		struct report		 r;

		m.generation = gen;
		m.seal_code = code;
		m.digest.data = digest;
		m.digest.len = sizeof(digest);
		m.created = m.valid_from = NOW;
		m.valid_until = NOW + 10;
		verify_seal(&m, &ask, &facts, &r);
		if (result_of(&r, "registry_status") != c[i].result ||
		    report_exit(&r) != c[i].status)
			fail_msg("case %zu: %d, exit %d", i,
			    result_of(&r, "registry_status"),
			    report_exit(&r));
	}
}

/* Octets that the jail refused, and octets that it never looked at. */
static void
refused(void **state)
{
	struct err	e = ERR_INIT;
	struct report	r;

	(void)state;
	(void)err_set_id(&e, ERR_FORMAT, "bad-seal", "no");
	verify_refused(&e, &r);
	assert_int_equal(report_exit(&r), EXIT_NOT_VALID);
	e = (struct err)ERR_INIT;
	(void)err_set(&e, ERR_BUSY, "the jail died");
	verify_refused(&e, &r);
	assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
}

static void
other_kinds(void **state)
{
	static const struct {
		char	kind[8];
		bool	other;
	} c[] = { { "ofd", true }, { "pdf", true }, { "stamp", true },
	    { "seal", false }, { "", false }, { "csr", false } };
	struct report	r;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		SealReading	m = SEAL_READING__INIT;
		char		kind[8];

		memcpy(kind, c[i].kind, sizeof(kind));
		m.kind = kind;
		assert_int_equal(verify_is_other(&m, &r), c[i].other);
		if (c[i].other) {
			assert_string_equal(r.kind, c[i].kind);
			assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
		}
	}
}

static void
no_digest(void **state)
{
	struct trust		 trust = { 0 };
	SealReading		 m = SEAL_READING__INIT;
	struct verify_ask	 ask = { .trust = &trust, .now = NOW };
	struct verify_facts	 facts = { .word = WORD_NOT_ASKED };
	struct report		 r;

	(void)state;
	verify_seal(&m, &ask, &facts, &r);
	assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(words),
		cmocka_unit_test(refused),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(no_digest),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
