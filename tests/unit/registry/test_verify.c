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
#include "ca/chain.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "registry/cmd.h"
#include "registry/judge/memory.h"
#include "registry/judge/verify.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"
#include "signing/reading.h"

/*
 * The rules that need no node: what a reading of the jail becomes.  The node
 * side is proof.h's, with its own tests, and the scenarios'.
 */

#define NOW	1790000000

static char		 dir[] = "/tmp/verify-test-XXXXXX";
static struct keyring	*ring;
static struct buf	 root, maker, signer, other_root, crl;

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

/* A CRL of the authority on which the signer stands since NOW + 600. */
static void
make_crl(const struct cert *ca)
{
	struct crl_entry	 en = { .revoked_at = NOW + 600, .reason = 1 };
	struct crl_spec		 spec = { .entries = &en, .nentries = 1,
				    .number = 1, .this_update = NOW + 700,
				    .next_update = NOW + 9000 };
	const struct cert_facts	*f;
	struct cert		*c = NULL;

	assert_int_equal(cert_parse(buf_octets(&signer), &c, NULL), 0);
	f = cert_facts(c);
	memcpy(en.serial, f->serial, f->seriallen);
	en.seriallen = f->seriallen;
	buf_init(&crl, LIMIT_CRL);
	assert_int_equal(crl_issue(&spec, ca, ring, KEY_AUTHORITY, &crl,
	    NULL), 0);
	cert_free(c);
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
	assert_int_equal(keyring_make(ring, KEY_CHECKPOINT, NULL), 0);
	issue("authority", KEY_AUTHORITY, KEY_AUTHORITY, CERT_ROOT, NULL,
	    &root);
	issue("stranger", KEY_ROOT, KEY_ROOT, CERT_ROOT, NULL, &other_root);
	assert_int_equal(cert_parse(buf_octets(&root), &ca, NULL), 0);
	issue("maker", KEY_MAKER, KEY_AUTHORITY, CERT_MAKER, ca, &maker);
	issue("signer", KEY_CHECKPOINT, KEY_AUTHORITY, CERT_SIGNER, ca, &signer);
	make_crl(ca);
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
	buf_fini(&signer);
	buf_fini(&crl);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* ---- a province, and what its register says */

static char		 province[] = "44", prefix[] = "44";
static char		*prefixes[] = { prefix };
static struct octets	 anchor;
static struct trust_province own = { .province = province,
    .prefixes = prefixes, .nprefixes = 1, .ca = &anchor, .nca = 1,
    .complete_electronic = NOW - 1000 };
static struct trust	 trust = { .provinces = &own, .nprovinces = 1,
    .max_age = 600 };
static uint8_t		 digest[SM3_LEN], other_digest[SM3_LEN] = { 1 };

/* What is heard, for the next report. */
static struct verify_word heard;

static void
hear(void *ctx, const struct trust_province *owner, const char *code,
    const struct verdict_case *c, struct verify_word *w)
{
	(void)ctx;
	assert_ptr_equal(owner, &own);
	assert_string_equal(code, "44010600000001");
	assert_non_null(c->digest);
	*w = heard;
}

static struct record
record_of(uint32_t status, int64_t since, const uint8_t *d)
{
	return (struct record){ .seal_code = "44010600000001",
	    .status = status, .status_effective_at = since,
	    .recorded_at = since, .valid_from = NOW,
	    .valid_until = NOW + 5000, .seal_digest = OCTETS(d, SM3_LEN) };
}

/* The jail's second part, without a jail.  Freed by the caller. */
static ProtobufCMessage *
run_chains(const struct chains *chains, bool with_crl)
{
	const struct jail_handler	*h = jail_handler_of(&program_jail,
					    MSG_TYPE__MSG_CHECK_CHAINS);
	ProtobufCMessage		*reply = NULL;
	struct octets			 list = buf_octets(&crl);
	struct buf			 ask, out;

	buf_init(&ask, 1 << 20);
	buf_init(&out, 1 << 20);
	chains_put(chains, &list, with_crl ? 1 : 0, &ask);
	assert_int_equal(h->run(OCTETS(NULL, 0), buf_octets(&ask), &out,
	    NULL), 0);
	assert_int_equal(msg_unpack(&chains_checked__descriptor,
	    buf_octets(&out), &reply, NULL), 0);
	buf_fini(&ask);
	buf_fini(&out);
	return reply;
}

static void
report(const FileReading *m, const struct verify_ask *ask, bool with_crl,
    struct report *r)
{
	struct chains		*chains = chains_new(m, ask);
	ProtobufCMessage	*said = NULL;

	if (chains_wanted(chains))
		said = run_chains(chains, with_crl);
	chains_set(chains, (const ChainsChecked *)said);
	verify_reading(m, ask, chains, hear, NULL, r);
	chains_free(chains);
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
}

/* ---- readings, as a jail would make them */

static void
put_text(char **field, const char *s)
{
	reading_text(field, OCTETS(s, strlen(s)));
}

static void
add_check(Check ***list, size_t *n, const char *rule, const char *result)
{
	Check	*c = malloc(sizeof(*c));

	assert_non_null(c);
	check__init(c);
	c->rule = strdup(rule);
	c->result = strdup(result);
	*list = realloc(*list, (*n + 1) * sizeof(**list));
	assert_non_null(*list);
	(*list)[(*n)++] = c;
}

static SealReading *
seal_of(const char *generation, const char *code, int64_t from, int64_t to)
{
	SealReading	*m = malloc(sizeof(*m));

	assert_non_null(m);
	seal_reading__init(m);
	put_text(&m->generation, generation);
	put_text(&m->seal_code, code);
	put_text(&m->name, "示例公司");
	m->created = NOW;
	m->valid_from = from;
	m->valid_until = to;
	reading_octets(&m->digest, OCTETS(digest, SM3_LEN));
	reading_octets(&m->maker_certificate, buf_octets(&maker));
	return m;
}

static enum check_result
result_of(struct report_part *p, const char *rule)
{
	struct report_check	*c = report_row(p, rule);

	return c != NULL ? c->result : CHECK_NONE;
}

/* ---- seals */

#define P	CHECK_PASSED
#define F	CHECK_FAILED
#define U	CHECK_UNKNOWN
#define NA	CHECK_NOT_APPLICABLE

static const struct {
	const char		*what;
	const char		*generation, *code, *signature;
	bool			 stranger;	/* the list has another CA */
	int64_t			 at, from, until;
	enum check_result	 chain, validity;
	int			 status;
} seals[] = {
	{ "good, register not asked", "V4", "44010600000001", "passed", false,
	    NOW + 5, NOW, NOW + 10, P, P, EXIT_UNKNOWN },
	{ "bad signature", "V4", "44010600000001", "failed", false,
	    NOW + 5, NOW, NOW + 10, P, P, EXIT_NOT_VALID },
	{ "another authority", "V4", "44010600000001", "passed", true,
	    NOW + 5, NOW, NOW + 10, U, P, EXIT_UNKNOWN },
	{ "nobody's code", "V4", "55010600000001", "passed", false,
	    NOW + 5, NOW, NOW + 10, U, P, EXIT_UNKNOWN },
	{ "no code", "V4", "some-seal", "passed", false,
	    NOW + 5, NOW, NOW + 10, U, P, EXIT_UNKNOWN },
	{ "not yet", "V4", "44010600000001", "passed", false,
	    NOW + 5, NOW + 6, NOW + 10, P, F, EXIT_NOT_VALID },
	{ "last second", "V4", "44010600000001", "passed", false,
	    NOW + 10, NOW, NOW + 10, P, P, EXIT_UNKNOWN },
	{ "expired", "V4", "44010600000001", "passed", false,
	    NOW + 11, NOW, NOW + 10, P, F, EXIT_NOT_VALID },
	{ "maker's certificate ended", "V4", "44010600000001", "passed",
	    false, NOW + 2000, NOW, NOW + 3000, F, P, EXIT_NOT_VALID },
	{ "the same in V1", "V1", "44010600000001", "passed",
	    false, NOW + 2000, NOW, NOW + 3000, F, P, EXIT_NOT_VALID },
	{ "the same in V5", "V5", "44010600000001", "passed", false,
	    NOW + 2000, NOW, NOW + 3000, P, P, EXIT_UNKNOWN },
};

static void
of_seals(void **state)
{
	size_t	i;

	(void)state;
	heard = (struct verify_word){ .heard = HEARD_NOT_ASKED };
	for (i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		FileReading		*m = reading_new("seal");
		struct verify_ask	 ask = { .trust = &trust,
					    .now = seals[i].at };
		struct report		 r;

		anchor = buf_octets(seals[i].stranger ? &other_root : &root);
		m->seal = seal_of(seals[i].generation, seals[i].code,
		    seals[i].from, seals[i].until);
		add_check(&m->seal->checks, &m->seal->n_checks, "format",
		    "passed");
		add_check(&m->seal->checks, &m->seal->n_checks,
		    "seal_signature", seals[i].signature);
		/* A jail that was taken over claims what it cannot know. */
		add_check(&m->seal->checks, &m->seal->n_checks,
		    "registry_status", "passed");
		add_check(&m->seal->checks, &m->seal->n_checks,
		    "maker_chain", "passed");
		report(m, &ask, false, &r);
		if (result_of(&r.whole, "maker_chain") != seals[i].chain ||
		    result_of(&r.whole, "seal_validity") !=
		    seals[i].validity ||
		    result_of(&r.whole, "registry_status") != U ||
		    report_exit(&r) != seals[i].status)
			fail_msg("%s: chain %d, validity %d, exit %d",
			    seals[i].what, result_of(&r.whole, "maker_chain"),
			    result_of(&r.whole, "seal_validity"),
			    report_exit(&r));
		assert_int_equal(r.whole.n, 5);
		assert_string_equal(r.whole.generation, seals[i].generation);
		report_fini(&r);
		reading_free(m);
	}
	anchor = buf_octets(&root);
}

/* ---- many files: what is remembered of certificates */

static void
remembers(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 now, signed_at;
		bool		 hurt;	/* an octet of the signer is another */
		bool		 asks;
		const char	*then, *at_present;
	} files[] = {
		{ "the first", NOW + 10, NOW + 1, false, true, "", "" },
		{ "another moment", NOW + 20, NOW + 7, false, false, "", "" },
		{ "one octet changed", NOW + 20, NOW + 7, true, true,
		    "certificate-signature", "certificate-signature" },
		{ "up to the last second", NOW + 599, NOW + 30, false, false,
		    "", "" },
		{ "revoked between two files", NOW + 600, NOW + 30, false,
		    true, "", "certificate-revoked" },
		{ "stamped before it was issued", NOW + 20, NOW - 5, false,
		    true, "certificate-not-yet-valid", "" },
		{ "expired between two files", NOW + 1001, NOW + 8, false,
		    true, "", "certificate-expired" },
		{ "and it stays so", NOW + 1500, NOW + 8, false, false, "",
		    "certificate-expired" },
		{ "the first once more", NOW + 10, NOW + 1, false, false, "",
		    "" },
	};
	struct memory	*mem = memory_new(64);
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct verify_ask	 ask = { .trust = &trust,
					    .now = files[i].now };
		FileReading		*m = reading_new("stamp");
		StampReading		*s = reading_add_stamp(m, "");
		ProtobufCMessage	*said = NULL;
		struct octets		 cert;
		const ChainAt		*then, *now;
		struct chains		*c;

		s->signed_at = files[i].signed_at;
		reading_octets(&s->signer_certificate, buf_octets(&signer));
		if (files[i].hurt)
			s->signer_certificate.data[
			    s->signer_certificate.len - 1] ^= 1;
		cert = OCTETS(s->signer_certificate.data,
		    s->signer_certificate.len);
		c = chains_new(m, &ask);
		memory_recall(mem, c);
		if (chains_wanted(c) != files[i].asks)
			fail_msg("%s: asked %d", files[i].what,
			    chains_wanted(c));
		if (chains_wanted(c))
			said = run_chains(c, true);
		chains_set(c, (const ChainsChecked *)said);
		then = chains_at(c, cert, CHAINS_ANY, CHAINS_SIGNER,
		    files[i].signed_at, NULL);
		now = chains_at(c, cert, CHAINS_ANY, CHAINS_SIGNER,
		    files[i].now, NULL);
		if (then == NULL || now == NULL ||
		    strcmp(then->id, files[i].then) != 0 ||
		    strcmp(now->id, files[i].at_present) != 0)
			fail_msg("%s: %s, now %s", files[i].what,
			    then != NULL ? then->id : "nothing",
			    now != NULL ? now->id : "nothing");
		memory_keep(mem, c);
		chains_free(c);
		if (said != NULL)
			protobuf_c_message_free_unpacked(said, NULL);
		reading_free(m);
	}
	memory_free(mem);
}

/* ---- what the register said, and what the report makes of it */

static void
words(void **state)
{
	const struct record	good = record_of(STATUS_ACTIVE, NOW, digest);
	const struct record	another = record_of(STATUS_ACTIVE, NOW,
				    other_digest);
	const struct {
		enum verify_heard	 heard;
		enum verdict_why	 doubt;
		const struct record	*record;
		int64_t			 as_of;
		enum check_result	 result;
		int			 status;
		const char		*sub;
	} c[] = {
		{ HEARD_WORD, WHY_NONE, &good, NOW + 1, P, EXIT_VALID,
		    NULL },
		{ HEARD_WORD, WHY_NONE, &another, NOW + 1, F,
		    EXIT_NOT_VALID, "SEALREG_MISMATCH" },
		{ HEARD_WORD, WHY_TOO_OLD, NULL, NOW + 1, U, EXIT_UNKNOWN,
		    "SEALREG_STALE" },
		{ HEARD_WORD, WHY_DISPUTED, NULL, NOW + 1, U, EXIT_UNKNOWN,
		    "SEALREG_DISPUTED" },
		{ HEARD_WORD, WHY_NONE, NULL, NOW + 1, F, EXIT_NOT_VALID,
		    "SEALREG_NOT_FILED" },
		/* Signed before the seal was made. */
		{ HEARD_WORD, WHY_NONE, NULL, NOW, U, EXIT_UNKNOWN,
		    "SEALREG_NO_ANSWER" },
		{ HEARD_NOTHING, WHY_NONE, NULL, 0, U, EXIT_UNKNOWN,
		    "SEALREG_NO_ANSWER" },
		{ HEARD_BROKEN, WHY_NONE, NULL, 0, U, EXIT_PROOF,
		    "SEALREG_PROOF_BROKEN" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		FileReading		*m = reading_new("seal");
		struct verify_ask	 ask = { .trust = &trust,
					    .now = NOW + 5 };
		struct report_check	*row;
		struct report		 r;

		heard = (struct verify_word){ .heard = c[i].heard,
		    .doubt = c[i].doubt, .record = c[i].record,
		    .as_of = c[i].as_of };
		m->seal = seal_of("V4", "44010600000001", NOW, NOW + 10);
		add_check(&m->seal->checks, &m->seal->n_checks, "format",
		    "passed");
		add_check(&m->seal->checks, &m->seal->n_checks,
		    "seal_signature", "passed");
		report(m, &ask, false, &r);
		row = report_row(&r.whole, "registry_status");
		if (row == NULL || row->result != c[i].result ||
		    report_exit(&r) != c[i].status)
			fail_msg("case %zu: %s, exit %d", i, row == NULL ?
			    "no row" : row->detail, report_exit(&r));
		if (c[i].sub != NULL)
			assert_string_equal(row->sub, c[i].sub);
		report_fini(&r);
		reading_free(m);
	}
}

/* ---- stamps */

static const char *const all_rules[] = { "format", "seal_signature",
    "signer_in_seal", "stamp_signature", "time_stamp", "data_hash",
    "references", "coverage" };

/* One letter a rule of all_rules: p, f, u, n, and - for no row. */
static void
jail_rows(StampReading *s, const char *letters)
{
	size_t	i;

	for (i = 0; letters[i] != '\0'; i++)
		if (letters[i] != '-')
			add_check(&s->checks, &s->n_checks, all_rules[i],
			    letters[i] == 'p' ? "passed" : letters[i] ==
			    'f' ? "failed" : letters[i] == 'u' ? "unknown" :
			    "not_applicable");
}

static const struct {
	const char		*what, *generation, *form, *rows;
	int64_t			 signed_at, now;	/* after NOW */
	bool			 crl, no_signer, no_seal;
	uint32_t		 status;	/* of the record; 0: none */
	int64_t			 since;		/* after NOW */
	enum check_result	 time, maker, signer, validity, registry;
	enum verdict		 verdict;
	const char		*sub;		/* NULL: none */
} stamps[] = {
	{ "good", "V4", "ses", "ppppnppp", 100, 200, true, false, false,
	    STATUS_ACTIVE, 0, P, P, P, P, P, VERDICT_VALID, NULL },
	/* GM/T 0031-2014, 6.2.3 d 4: goes on. */
	{ "signer revoked since", "V1", "ses", "ppppnppp", 100, 800, true,
	    false, false, STATUS_ACTIVE, 0, P, P, P, P, P, VERDICT_VALID,
	    NULL },
	/* d 3: stops. */
	{ "signer revoked before", "V1", "ses", "ppppnppp", 650, 800, true,
	    false, false, STATUS_ACTIVE, 0, P, P, F, P, P,
	    VERDICT_NOT_VALID, "REVOKED" },
	{ "revoked in the very second", "V4", "ses", "ppppnppp", 600, 800,
	    true, false, false, STATUS_ACTIVE, 0, P, P, F, P, P,
	    VERDICT_NOT_VALID, "REVOKED" },
	/* d 2. */
	{ "after both certificates ended", "V4", "ses", "ppppnppp", 1500,
	    2000, false, false, false, STATUS_ACTIVE, 0, P, F, F, P, P,
	    VERDICT_NOT_VALID, "EXPIRED" },
	{ "the same in V5", "V5", "ses", "ppppnppp", 1500, 2000, false,
	    false, false, STATUS_ACTIVE, 0, P, P, F, P, P,
	    VERDICT_NOT_VALID, "EXPIRED" },
	{ "good then, all ended since", "V4", "ses", "ppppnppp", 100, 90000,
	    false, false, false, STATUS_ACTIVE, 0, P, P, P, P, P,
	    VERDICT_VALID, NULL },
	{ "before the seal was made", "V4", "ses", "ppppnppp", -99999, 200,
	    true, false, false, STATUS_ACTIVE, 0, F, F, F, F, U,
	    VERDICT_NOT_VALID, "TIMESTAMP_ORDER_FAILURE" },
	{ "ahead of the clock", "V4", "ses", "ppppnppp", 99999, 200,
	    false, false, false, STATUS_ACTIVE, 0, F, F, F, F, F,
	    VERDICT_NOT_VALID, "TIMESTAMP_ORDER_FAILURE" },
	{ "a time zone ahead", "V4", "ses", "ppppnppp", 900, 200, false,
	    false, false, STATUS_ACTIVE, 0, U, P, P, P, P, VERDICT_UNKNOWN,
	    "TIMESTAMP_ORDER_FAILURE" },
	{ "suspended then", "V4", "ses", "ppppnppp", 100, 200, false, false,
	    false, STATUS_SUSPENDED, 50, P, P, P, P, F, VERDICT_NOT_VALID,
	    "SEALREG_NOT_ACTIVE" },
	{ "not filed", "V4", "ses", "ppppnppp", 100, 200, false, false,
	    false, STATUS_NONE, 0, P, P, P, P, F, VERDICT_NOT_FILED,
	    "SEALREG_NOT_FILED" },
	{ "document changed", "V4", "ses", "ppppnfpp", 100, 200, false,
	    false, false, STATUS_ACTIVE, 0, P, P, P, P, P,
	    VERDICT_NOT_VALID, "HASH_FAILURE" },
	{ "shadowed", "V4", "ses", "ppppnpnf", 100, 200, false, false,
	    false, STATUS_ACTIVE, 0, P, P, P, P, P, VERDICT_NOT_VALID,
	    "SEALREG_CONTENT_CHANGED" },
	{ "the jail forgot the document", "V4", "ses", "ppppn---", 100, 200,
	    false, false, false, STATUS_ACTIVE, 0, P, P, P, P, P,
	    VERDICT_UNKNOWN, "SIGNED_DATA_NOT_FOUND" },
	{ "the jail forgot the signature", "V4", "ses", "ppp-nppp", 100, 200,
	    false, false, false, STATUS_ACTIVE, 0, P, P, P, P, P,
	    VERDICT_UNKNOWN, "CRYPTO_CONSTRAINTS_FAILURE" },
	{ "nobody says whose it is", "", "bare", "pnnunppp", 0, 200, false,
	    true, true, STATUS_ACTIVE, 0, NA, NA, U, NA, NA,
	    VERDICT_UNKNOWN, "CRYPTO_CONSTRAINTS_FAILURE" },
	{ "a signature without a seal", "", "gbt35275", "pnnpnppp", 100, 200,
	    false, false, true, STATUS_ACTIVE, 0, P, NA, P, NA, NA,
	    VERDICT_VALID, NULL },
	{ "a stamp without a seal", "V4", "ses", "ppppnppp", 100, 200,
	    false, false, true, STATUS_ACTIVE, 0, P, CHECK_NONE, P,
	    CHECK_NONE, U, VERDICT_UNKNOWN, "SEALREG_UNKNOWN" },
	{ "not even a form", "", "", "f-------", 0, 200, false, true, true,
	    STATUS_ACTIVE, 0, CHECK_NONE, CHECK_NONE, CHECK_NONE,
	    CHECK_NONE, CHECK_NONE, VERDICT_NOT_VALID, "FORMAT_FAILURE" },
};

static void
fill_stamp(StampReading *s, size_t i)
{
	put_text(&s->generation, stamps[i].generation);
	put_text(&s->form, stamps[i].form);
	jail_rows(s, stamps[i].rows);
	if (!stamps[i].no_signer)
		reading_octets(&s->signer_certificate, buf_octets(&signer));
	if (!stamps[i].no_seal)
		s->seal = seal_of(*stamps[i].generation != '\0' ?
		    stamps[i].generation : "V4", "44010600000001", NOW,
		    NOW + 3000);
	s->signed_at = stamps[i].signed_at == 0 ? 0 :
	    NOW + stamps[i].signed_at;
}

static void
of_stamps(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		FileReading		*m = reading_new("ofd");
		struct verify_ask	 ask = { .trust = &trust,
					    .now = NOW + stamps[i].now };
		struct record		 rec = record_of(stamps[i].status,
					    NOW + stamps[i].since, digest);
		struct report_part	*p;
		struct report		 r;

		heard = (struct verify_word){ .heard = HEARD_WORD,
		    .as_of = ask.now, .record = stamps[i].status !=
		    STATUS_NONE ? &rec : NULL };
		fill_stamp(reading_add_stamp(m, "A"), i);
		report(m, &ask, stamps[i].crl, &r);
		assert_int_equal(r.nstamps, 1);
		p = &r.stamps[0];
		if (result_of(p, "signing_time") != stamps[i].time ||
		    result_of(p, "maker_chain") != stamps[i].maker ||
		    result_of(p, "signer_chain") != stamps[i].signer ||
		    result_of(p, "seal_validity") != stamps[i].validity ||
		    result_of(p, "registry_status") != stamps[i].registry)
			fail_msg("%s: time %d, maker %d, signer %d, "
			    "validity %d, registry %d", stamps[i].what,
			    result_of(p, "signing_time"),
			    result_of(p, "maker_chain"),
			    result_of(p, "signer_chain"),
			    result_of(p, "seal_validity"),
			    result_of(p, "registry_status"));
		if (report_verdict(&r) != stamps[i].verdict ||
		    (report_sub(&r) == NULL) != (stamps[i].sub == NULL) ||
		    (stamps[i].sub != NULL && strcmp(report_sub(&r),
		    stamps[i].sub) != 0))
			fail_msg("%s: %s, %s", stamps[i].what,
			    verdict_word(report_verdict(&r)), report_sub(&r));
		report_fini(&r);
		reading_free(m);
	}
}

/* Then and now are both told. */
static void
then_and_now(void **state)
{
	FileReading		*m = reading_new("pdf");
	struct verify_ask	 ask = { .trust = &trust, .now = NOW + 800 };
	struct record		 rec = record_of(STATUS_ACTIVE, NOW, digest);
	struct report_part	*p;
	struct report		 r;

	(void)state;
	heard = (struct verify_word){ .heard = HEARD_WORD, .as_of = ask.now,
	    .record = &rec };
	fill_stamp(reading_add_stamp(m, "A"), 0);
	report(m, &ask, true, &r);
	p = &r.stamps[0];
	assert_int_equal(p->ncerts, 2);
	assert_string_equal(p->certs[1].role, "signer");
	assert_string_equal(p->certs[1].then, "good");
	assert_string_equal(p->certs[1].now, "revoked");
	assert_int_equal(p->certs[1].revoked_at, NOW + 600);
	assert_string_equal(p->reg.then, "active");
	assert_int_equal(p->at, NOW + 100);
	assert_int_equal(p->source, TIME_SIGNER);
	report_fini(&r);

	/* The moment asked about comes before the signer's. */
	ask.has_at = true;
	ask.at = NOW + 700;
	report(m, &ask, true, &r);
	assert_int_equal(r.stamps[0].source, TIME_ASKED);
	assert_int_equal(result_of(&r.stamps[0], "signer_chain"), F);
	report_fini(&r);
	reading_free(m);
}

/* A token is worth what its authority is. */
static void
time_stamps(void **state)
{
	FileReading		*m = reading_new("stamp");
	struct verify_ask	 ask = { .trust = &trust, .now = NOW + 200 };
	struct record		 rec = record_of(STATUS_ACTIVE, NOW, digest);
	StampReading		*s = reading_add_stamp(m, "");
	struct report		 r;

	(void)state;
	heard = (struct verify_word){ .heard = HEARD_WORD, .as_of = ask.now,
	    .record = &rec };
	fill_stamp(s, 0);
	free(s->checks[4]->result);
	s->checks[4]->result = strdup("passed");
	s->time_stamp_at = NOW + 120;
	/* A certificate that may sign, but not time-stamps. */
	reading_octets(&s->time_stamp_certificate, buf_octets(&signer));
	report(m, &ask, false, &r);
	assert_int_equal(result_of(&r.stamps[0], "time_stamp"), F);
	assert_int_equal(r.stamps[0].source, TIME_SIGNER);
	assert_int_equal(report_verdict(&r), VERDICT_NOT_VALID);
	report_fini(&r);
	/* Nobody's. */
	anchor = buf_octets(&other_root);
	report(m, &ask, false, &r);
	assert_int_equal(result_of(&r.stamps[0], "time_stamp"), U);
	assert_int_equal(report_verdict(&r), VERDICT_UNKNOWN);
	report_fini(&r);
	anchor = buf_octets(&root);
	reading_free(m);
}

/* Of a token's authority the same is asked as of others. */
static void
authorities(void **state)
{
	static const struct {
		const char		*what;
		bool			 need, without, crl, seal_too;
		enum verify_lists	 lists;
		enum check_result	 result;
		const char		*sub, *says;
	} t[] = {
		{ "no list", false, false, false, false, LISTS_OURS, P, NULL,
		    "the stamp's time-stamp: revocation was not looked up" },
		{ "a list", true, false, true, false, LISTS_OURS, P, NULL,
		    "the stamp's time-stamp: not revoked" },
		{ "no list, needed", true, false, false, false, LISTS_OURS,
		    U, "TRY_LATER", "the stamp's time-stamp: revocation was "
		    "not looked up" },
		{ "no list, needed, of two tokens", true, false, false, true,
		    LISTS_OURS, U, "TRY_LATER", "the stamp's time-stamp: "
		    "revocation was not looked up; the seal's time-stamp: "
		    "revocation was not looked up" },
		{ "evidence without", false, false, false, false, LISTS_WHOLE,
		    U, "SEALREG_LIST_MISSING", "not looked up" },
		{ "evidence that lost it", false, false, false, false,
		    LISTS_GONE, U, "SEALREG_LIST_MISSING", "a revocation list "
		    "that it was judged by is not in the evidence" },
		{ "evidence of before", false, false, false, false,
		    LISTS_UNSAID, U, "SEALREG_LIST_MISSING", "does not say" },
		{ "evidence with", false, false, true, true, LISTS_WHOLE, P,
		    NULL, "not revoked; the seal's time-stamp: not revoked" },
		{ "put up with", false, true, false, false, LISTS_GONE, P,
		    NULL, "is not in the evidence" },
		{ "put up with, and needed", true, true, false, false,
		    LISTS_GONE, U, "TRY_LATER", "is not in the evidence" },
	};
	struct record		 rec = record_of(STATUS_ACTIVE, NOW, digest);
	struct buf		 tsa;
	struct cert		*ca = NULL;
	size_t			 i;

	(void)state;
	assert_int_equal(cert_parse(buf_octets(&root), &ca, NULL), 0);
	issue("tsa", KEY_MAKER, KEY_AUTHORITY, CERT_TSA, ca, &tsa);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		FileReading		*m = reading_new("ofd");
		StampReading		*s = reading_add_stamp(m, "A");
		struct policy		 p = { .need_revocation = t[i].need,
					    .evidence_without_lists =
					    t[i].without };
		struct verify_ask	 ask = { .trust = &trust,
					    .policy = &p, .now = NOW + 200,
					    .lists = t[i].lists };
		struct report_check	*row;
		struct report		 r;

		heard = (struct verify_word){ .heard = HEARD_WORD,
		    .as_of = ask.now, .record = &rec };
		fill_stamp(s, 0);
		free(s->checks[4]->result);
		s->checks[4]->result = strdup("passed");
		s->time_stamp_at = NOW + 120;
		reading_octets(&s->time_stamp_certificate, buf_octets(&tsa));
		if (t[i].seal_too) {
			s->seal->time_stamp_at = NOW + 1;
			reading_octets(&s->seal->time_stamp_certificate,
			    buf_octets(&tsa));
		}
		report(m, &ask, t[i].crl, &r);
		row = report_row(&r.stamps[0], "time_stamp_chain");
		if (row == NULL || row->result != t[i].result ||
		    strstr(row->detail, t[i].says) == NULL)
			fail_msg("%s: %s", t[i].what, row == NULL ? "no row" :
			    row->detail);
		if (t[i].sub != NULL)
			assert_string_equal(row->sub, t[i].sub);
		assert_int_equal(result_of(&r.stamps[0], "time_stamp"), P);
		assert_int_equal(r.stamps[0].source, TIME_TOKEN);
		assert_int_equal(report_verdict(&r), t[i].result == P ?
		    VERDICT_VALID : VERDICT_UNKNOWN);
		report_fini(&r);
		reading_free(m);
	}
	cert_free(ca);
	buf_fini(&tsa);
}

/* What a policy makes stricter. */
static void
policies(void **state)
{
	FileReading		*m = reading_new("ofd");
	struct policy		 p = { .need_time_stamp = true };
	struct verify_ask	 ask = { .trust = &trust, .policy = &p,
				    .now = NOW + 200 };
	struct record		 rec = record_of(STATUS_ACTIVE, NOW, digest);
	StampReading		*s = reading_add_stamp(m, "A");
	struct report		 r;

	(void)state;
	heard = (struct verify_word){ .heard = HEARD_WORD, .as_of = ask.now,
	    .record = &rec };
	fill_stamp(s, 0);
	reading_line(&s->deviations, &s->n_deviations, "raw-signature");
	report(m, &ask, false, &r);
	assert_int_equal(result_of(&r.stamps[0], "signing_time"), U);
	assert_string_equal(report_sub(&r), "NO_POE");
	report_fini(&r);
	p = (struct policy){ .need_revocation = true };
	report(m, &ask, false, &r);
	assert_int_equal(result_of(&r.stamps[0], "signer_chain"), U);
	assert_string_equal(report_sub(&r), "TRY_LATER");
	report_fini(&r);
	p = (struct policy){ .refused = { "raw-signature" }, .nrefused = 1 };
	report(m, &ask, false, &r);
	assert_string_equal(report_sub(&r), "SEALREG_DEVIATION_REFUSED");
	report_fini(&r);
	/* Another authority beside the list's. */
	anchor = buf_octets(&other_root);
	p = (struct policy){ .anchors = { buf_octets(&root) },
	    .nanchors = 1 };
	report(m, &ask, false, &r);
	assert_int_equal(report_verdict(&r), VERDICT_VALID);
	report_fini(&r);
	anchor = buf_octets(&root);
	reading_free(m);
}

/* ---- an authority that got another key */

/* Whence the cross certificate comes. */
enum from { NOWHERE, THE_FILE, THE_POLICY, THE_NODE };

static void
give(enum from from, struct buf *cross, struct octets *view,
    struct policy *policy, struct verify_ask *ask, StampReading *s)
{
	memset(policy, 0, sizeof(*policy));
	*view = buf_octets(cross);
	switch (from) {
	case NOWHERE:
		break;
	case THE_FILE:
		reading_add_octets(&s->certificates, &s->n_certificates,
		    *view);
		break;
	case THE_POLICY:
		policy->intermediates[policy->nintermediates++] = *view;
		ask->policy = policy;
		break;
	case THE_NODE:
		ask->intermediates = view;
		ask->nintermediates = 1;
		break;
	}
}

static void
rollovers(void **state)
{
	struct buf		 next, up, back, maker2, signer2;
	struct cert		*old_ca = NULL, *next_ca = NULL;
	const struct {
		const char	*what;
		bool		 new_file, new_list;
		struct buf	*cross;
		enum from	 from;
		bool		 good, by_cross;
	} t[] = {
		{ "before, by the list of before", false, false, &up, NOWHERE,
		    true, false },
		{ "after, by the list of before", true, false, &up, NOWHERE,
		    false, false },
		{ "after, the file brings it", true, false, &up, THE_FILE,
		    true, true },
		{ "after, the policy names it", true, false, &up, THE_POLICY,
		    true, true },
		{ "after, the node has it", true, false, &up, THE_NODE, true,
		    true },
		{ "after, the other one", true, false, &back, THE_POLICY,
		    false, false },
		{ "before, by the list of after", false, true, &up, NOWHERE,
		    false, false },
		{ "before, by the list of after, the policy", false, true,
		    &back, THE_POLICY, true, true },
		{ "before, by the list of after, the node", false, true,
		    &back, THE_NODE, true, true },
		{ "before, by the list of after, the file", false, true,
		    &back, THE_FILE, true, true },
		{ "before, by the list of before, though one is there", false,
		    false, &back, THE_NODE, true, false },
	};
	struct record		 rec = record_of(STATUS_ACTIVE, NOW, digest);
	struct policy		 policy;
	struct octets		 view;
	size_t			 i, k;

	(void)state;
	assert_int_equal(cert_parse(buf_octets(&root), &old_ca, NULL), 0);
	issue("authority", KEY_ROOT, KEY_ROOT, CERT_ROOT, NULL, &next);
	assert_int_equal(cert_parse(buf_octets(&next), &next_ca, NULL), 0);
	issue("authority", KEY_ROOT, KEY_AUTHORITY, CERT_CROSS, old_ca, &up);
	issue("authority", KEY_AUTHORITY, KEY_ROOT, CERT_CROSS, next_ca,
	    &back);
	issue("maker", KEY_MAKER, KEY_ROOT, CERT_MAKER, next_ca, &maker2);
	issue("signer", KEY_CHECKPOINT, KEY_ROOT, CERT_SIGNER, next_ca,
	    &signer2);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		FileReading		*m = reading_new("ofd");
		struct verify_ask	 ask = { .trust = &trust,
					    .now = NOW + 200 };
		StampReading		*s = reading_add_stamp(m, "A");
		struct report_part	*p;
		struct report		 r;

		anchor = buf_octets(t[i].new_list ? &next : &root);
		heard = (struct verify_word){ .heard = HEARD_WORD,
		    .as_of = ask.now, .record = &rec };
		fill_stamp(s, 0);
		if (t[i].new_file) {
			reading_octets(&s->signer_certificate,
			    buf_octets(&signer2));
			reading_octets(&s->seal->maker_certificate,
			    buf_octets(&maker2));
		}
		give(t[i].from, t[i].cross, &view, &policy, &ask, s);
		report(m, &ask, false, &r);
		p = &r.stamps[0];
		if (result_of(p, "maker_chain") != (t[i].good ? P : U) ||
		    result_of(p, "signer_chain") != (t[i].good ? P : U) ||
		    report_verdict(&r) != (t[i].good ? VERDICT_VALID :
		    VERDICT_UNKNOWN))
			fail_msg("%s: %s; %s", t[i].what, report_row(p,
			    "maker_chain")->detail, report_row(p,
			    "signer_chain")->detail);
		assert_int_equal(strstr(report_row(p, "maker_chain")->detail,
		    "by a cross certificate (RFC 4210, 4.4)") != NULL,
		    t[i].by_cross);
		for (k = 0; k < 2; k++) {
			assert_int_equal(p->certs[k].nvia, t[i].by_cross);
			assert_int_equal(p->certs[k].has_anchor, t[i].good);
			if (t[i].by_cross)
				assert_true(p->certs[k].via[0].cross);
		}
		report_fini(&r);
		reading_free(m);
	}
	anchor = buf_octets(&root);
	cert_free(old_ca);
	cert_free(next_ca);
	buf_fini(&next);
	buf_fini(&up);
	buf_fini(&back);
	buf_fini(&maker2);
	buf_fini(&signer2);
}

/*
 * Strangers' certificates do not crowd ours out, and a list of which an
 * intermediate is on another part is asked for.
 */
static void
crowded(void **state)
{
	FileReading		*m = reading_new("stamp");
	StampReading		*s = reading_add_stamp(m, "");
	struct buf		 next, up, signer2;
	struct cert		*old_ca = NULL, *next_ca = NULL;
	struct octets		 view;
	struct verify_ask	 ask = { .trust = &trust, .now = NOW + 200,
				    .intermediates = &view,
				    .nintermediates = 1 };
	unsigned		 parts[LIMIT_VERIFY_PARTS];
	struct chains		*c;
	struct report		 r;
	uint8_t			 junk[2] = { 0 };
	size_t			 i;

	(void)state;
	assert_int_equal(cert_parse(buf_octets(&root), &old_ca, NULL), 0);
	issue("authority", KEY_ROOT, KEY_ROOT, CERT_ROOT, NULL, &next);
	assert_int_equal(cert_parse(buf_octets(&next), &next_ca, NULL), 0);
	issue("authority", KEY_ROOT, KEY_AUTHORITY, CERT_CROSS, old_ca, &up);
	issue("signer", KEY_CHECKPOINT, KEY_ROOT, CERT_SIGNER, next_ca,
	    &signer2);
	view = buf_octets(&up);
	fill_stamp(s, 17);		/* without a seal */
	reading_octets(&s->signer_certificate, buf_octets(&signer2));
	for (i = 0; i < 2 * LIMIT_CHAIN_SET; i++) {
		junk[0] = (uint8_t)i;
		reading_add_octets(&s->certificates, &s->n_certificates,
		    OCTETS(junk, sizeof(junk)));
	}
	report(m, &ask, false, &r);
	assert_int_equal(result_of(&r.stamps[0], "signer_chain"), P);
	report_fini(&r);
	s->crls = malloc(3 * sizeof(s->crls[0]));
	assert_non_null(s->crls);
	for (s->n_crls = 0; s->n_crls < 3; s->n_crls++)
		s->crls[s->n_crls] = 10000 + (uint32_t)s->n_crls / 2;
	c = chains_new(m, &ask);
	assert_int_equal(chains_parts(c, 0, parts, LIMIT_VERIFY_PARTS), 2);
	assert_int_equal(parts[0], 10000);
	assert_int_equal(parts[1], 10001);
	assert_int_equal(chains_parts(c, 0, parts, 1), 1);
	assert_false(chains_crowded(c));
	chains_free(c);
	reading_free(m);
	cert_free(old_ca);
	cert_free(next_ca);
	buf_fini(&next);
	buf_fini(&up);
	buf_fini(&signer2);
}

/*
 * Certificates beside a stamp that name more parts of lists than are asked for:
 * the part of a token's authority is asked for all the same, and where there is
 * no list, it is not said that this will do.
 */
static void
crowded_out(void **state)
{
	FileReading		*m = reading_new("stamp");
	StampReading		*s = reading_add_stamp(m, "");
	struct verify_ask	 ask = { .trust = &trust, .now = NOW + 200 };
	unsigned		 parts[LIMIT_VERIFY_PARTS];
	struct report_check	*row;
	struct report		 r;
	struct chains		*c;
	struct buf		 tsa;
	struct cert		*ca = NULL;
	size_t			 i, n;

	(void)state;
	assert_int_equal(cert_parse(buf_octets(&root), &ca, NULL), 0);
	issue("tsa", KEY_MAKER, KEY_AUTHORITY, CERT_TSA, ca, &tsa);
	fill_stamp(s, 17);		/* without a seal */
	free(s->checks[4]->result);
	s->checks[4]->result = strdup("passed");
	s->time_stamp_at = NOW + 120;
	s->time_stamp_crl = 7;
	reading_octets(&s->time_stamp_certificate, buf_octets(&tsa));
	s->crls = calloc(2 * LIMIT_VERIFY_PARTS, sizeof(s->crls[0]));
	assert_non_null(s->crls);
	for (i = 0; i < 2 * LIMIT_VERIFY_PARTS; i++) {
		s->crls[i] = 10000 + (uint32_t)i;
		s->n_crls = i + 1;
		c = chains_new(m, &ask);
		n = chains_parts(c, 0, parts, LIMIT_VERIFY_PARTS);
		while (n > 0 && parts[n - 1] != 7)
			n--;
		assert_int_not_equal(n, 0);
		assert_int_equal(chains_crowded(c),
		    i + 2 > LIMIT_VERIFY_PARTS);
		chains_free(c);
	}
	report(m, &ask, false, &r);
	row = report_row(&r.stamps[0], "signer_chain");
	assert_int_equal(row->result, U);
	assert_string_equal(row->sub, "TRY_LATER");
	assert_non_null(strstr(row->detail, "more revocation lists"));
	assert_int_equal(result_of(&r.stamps[0], "time_stamp_chain"), U);
	report_fini(&r);
	report(m, &ask, true, &r);
	assert_int_equal(result_of(&r.stamps[0], "signer_chain"), P);
	report_fini(&r);
	reading_free(m);
	cert_free(ca);
	buf_fini(&tsa);
}

/* Octets that the jail refused, and octets that it never looked at. */
static void
refused(void **state)
{
	struct verify_ask	ask = { .trust = &trust, .now = NOW };
	struct err		e = ERR_INIT;
	struct report		r;

	(void)state;
	(void)err_set_id(&e, ERR_FORMAT, "bad-seal", "no");
	verify_refused(&e, &ask, &r);
	assert_int_equal(report_exit(&r), EXIT_NOT_VALID);
	report_fini(&r);
	e = (struct err)ERR_INIT;
	(void)err_set(&e, ERR_BUSY, "the jail died");
	verify_refused(&e, &ask, &r);
	assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
	report_fini(&r);
	e = (struct err)ERR_INIT;
	(void)err_set_id(&e, ERR_FORMAT, "jail-died", "too much");
	verify_refused(&e, &ask, &r);
	assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
	report_fini(&r);
}

/* Readings that say little, or that a jail that was taken over makes up. */
static void
poor_readings(void **state)
{
	static const char *const kinds[] = { "seal", "stamp", "ofd", "pdf",
	    "picture", "csr", "" };
	struct verify_ask	 ask = { .trust = &trust, .now = NOW };
	struct report		 r;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		FileReading	*m = reading_new(kinds[i]);

		report(m, &ask, false, &r);
		assert_int_equal(report_exit(&r), EXIT_UNKNOWN);
		report_fini(&r);
		reading_check(m, "format", READ_PASSED, "good");
		reading_check(m, "format", READ_FAILED, "not so good");
		report(m, &ask, false, &r);
		assert_int_equal(report_exit(&r), i == 0 || i > 4 ?
		    EXIT_UNKNOWN : EXIT_NOT_VALID);
		report_fini(&r);
		reading_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(of_seals),
		cmocka_unit_test(remembers),
		cmocka_unit_test(words),
		cmocka_unit_test(of_stamps),
		cmocka_unit_test(then_and_now),
		cmocka_unit_test(time_stamps),
		cmocka_unit_test(authorities),
		cmocka_unit_test(policies),
		cmocka_unit_test(rollovers),
		cmocka_unit_test(crowded),
		cmocka_unit_test(crowded_out),
		cmocka_unit_test(refused),
		cmocka_unit_test(poor_readings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
