#include "tests/unit/ca/nation.h"

#include "base/der.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/chain.h"

static struct nation	 n, other;
static struct buf	 root_crl, crl, revoking, stranger, late;

static void
issue_crl(struct buf *out, const struct cert *issuer,
    const struct keyring *kr, enum key_slot slot, const struct cert *revoked,
    int64_t next)
{
	struct crl_entry	 en;
	struct crl_spec		 s = { &en, revoked != NULL, 1, T0 + 1000,
	    next, NULL };
	struct err		 e = ERR_INIT;

	memset(&en, 0, sizeof(en));
	if (revoked != NULL) {
		memcpy(en.serial, cert_facts(revoked)->serial,
		    cert_facts(revoked)->seriallen);
		en.seriallen = cert_facts(revoked)->seriallen;
		en.revoked_at = T0 + 500;
		en.reason = 1;
	}
	buf_init(out, LIMIT_CRL);
	assert_int_equal(crl_issue(&s, issuer, kr, slot, out, &e), 0);
}

static void	roll_over(void);
static void	roll_back(void);

static int
setup(void **state)
{
	int64_t	 far = T0 + 2 * (int64_t)YEAR;

	(void)state;
	nation_init(&n);
	nation_init(&other);
	roll_over();
	issue_crl(&root_crl, n.root, n.state, KEY_ROOT, NULL, far);
	issue_crl(&crl, n.authority, n.kr, KEY_AUTHORITY, NULL, far);
	issue_crl(&late, n.authority, n.kr, KEY_AUTHORITY, NULL, T0 + 2000);
	issue_crl(&revoking, n.authority, n.kr, KEY_AUTHORITY, n.signer, far);
	/* In the same name, by a stranger's key. */
	issue_crl(&stranger, other.authority, other.kr, KEY_AUTHORITY, NULL,
	    far);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&root_crl);
	buf_fini(&crl);
	buf_fini(&revoking);
	buf_fini(&stranger);
	buf_fini(&late);
	roll_back();
	nation_fini(&other);
	nation_fini(&n);
	return 0;
}

static void
verify(const char *what, const struct cert *leaf,
    const struct chain_spec *s, const char *id)
{
	struct chain_result	 r;
	struct err		 e = ERR_INIT;
	int			 rc;

	rc = chain_verify(cert_der(leaf), s, &r, &e);
	if (rc != (id == NULL ? 0 : ERR_VERIFY) ||
	    strcmp(e.id, id == NULL ? "" : id) != 0)
		fail_msg("%s: %d %s (%s)", what, rc, e.id, e.text);
}

static void
test_paths(void **state)
{
	const struct octets	 root[] = { cert_der(n.root) };
	const struct octets	 auth[] = { cert_der(n.authority) };
	const struct octets	 foreign[] = { cert_der(other.root) };
	const struct octets	 namesake[] = { cert_der(other.authority) };
	const struct octets	 maker[] = { cert_der(n.maker) };
	const int64_t		 now = T0 + 3600;
	const struct {
		const char		*what;
		const struct cert	*leaf;
		const struct octets	*anchor, *between;
		enum chain_purpose	 purpose;
		int64_t			 at;
		unsigned		 depth;
		const char		*id;
	} t[] = {
		{ "signer", n.signer, root, auth, CHAIN_SIGN, now, 1, NULL },
		{ "maker", n.maker, root, auth, CHAIN_SIGN, now, 1, NULL },
		{ "authority as anchor", n.signer, auth, NULL, CHAIN_SIGN, now,
		    0, NULL },
		{ "authority", n.authority, root, NULL, CHAIN_ISSUE, now, 0,
		    NULL },
		{ "root alone", n.root, root, NULL, CHAIN_ISSUE, now, 0,
		    NULL },
		{ "no anchor", n.signer, NULL, auth, CHAIN_SIGN, now, 1,
		    "unknown-issuer" },
		{ "nothing between", n.signer, root, NULL, CHAIN_SIGN, now, 1,
		    "unknown-issuer" },
		{ "another nation", n.signer, foreign, auth, CHAIN_SIGN, now,
		    1, "unknown-issuer" },
		{ "namesake between", n.signer, root, namesake, CHAIN_SIGN,
		    now, 1, "unknown-issuer" },
		{ "a root nobody trusts", n.root, foreign, NULL, CHAIN_ISSUE,
		    now, 1, "unknown-issuer" },
		{ "depth", n.signer, root, auth, CHAIN_SIGN, now, 0,
		    "chain-too-long" },
		{ "too early", n.signer, root, auth, CHAIN_SIGN, T0 - 1, 1,
		    "certificate-not-yet-valid" },
		{ "first second", n.signer, root, auth, CHAIN_SIGN, T0, 1,
		    NULL },
		{ "too late", n.signer, root, auth, CHAIN_SIGN,
		    T0 + YEAR + 1, 1, "certificate-expired" },
		{ "a CA does not sign", n.authority, root, NULL, CHAIN_SIGN,
		    now, 1, "certificate-purpose" },
		{ "a signer does not issue", n.signer, root, auth,
		    CHAIN_ISSUE, now, 1, "certificate-purpose" },
		{ "maker between", n.signer, root, maker, CHAIN_SIGN, now, 1,
		    "unknown-issuer" },
	};
	struct chain_spec	 s;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&s, 0, sizeof(s));
		s.anchors = t[i].anchor;
		s.nanchors = t[i].anchor != NULL;
		s.between = t[i].between;
		s.nbetween = t[i].between != NULL;
		s.purpose = t[i].purpose;
		s.at = t[i].at;
		s.depth = t[i].depth;
		verify(t[i].what, t[i].leaf, &s, t[i].id);
	}
}

static void
test_revocation(void **state)
{
	const struct octets	 root[] = { cert_der(n.root) };
	const struct octets	 auth[] = { cert_der(n.authority) };
	const struct octets	 both[] = { buf_octets(&root_crl),
	    buf_octets(&crl) };
	const struct octets	 gone[] = { buf_octets(&root_crl),
	    buf_octets(&revoking) };
	const struct octets	 two[] = { buf_octets(&root_crl),
	    buf_octets(&crl), buf_octets(&revoking) };
	const struct octets	 lacking[] = { buf_octets(&crl) };
	const struct octets	 old[] = { buf_octets(&root_crl),
	    buf_octets(&late) };
	const struct octets	 forged[] = { buf_octets(&root_crl),
	    buf_octets(&stranger) };
	uint8_t			*copy = xmemdup(crl.p, crl.len);
	const struct octets	 bent[] = { buf_octets(&root_crl),
	    OCTETS(copy, crl.len) };
	const struct {
		const char		*what;
		const struct octets	*crls;
		size_t			 ncrls;
		int64_t			 at;
		bool			 need;
		const char		*id;
	} t[] = {
		{ "on no list", both, 2, T0 + 3600, true, NULL },
		{ "no lists asked for", NULL, 0, T0 + 3600, false, NULL },
		{ "no lists", NULL, 0, T0 + 3600, true, "crl-missing" },
		{ "root's list lacking", lacking, 1, T0 + 3600, true,
		    "crl-missing" },
		{ "root's list lacking, not needed", lacking, 1, T0 + 3600,
		    false, NULL },
		{ "revoked", gone, 2, T0 + 3600, true,
		    "certificate-revoked" },
		{ "revoked on one of two", two, 3, T0 + 3600, true,
		    "certificate-revoked" },
		{ "before it was revoked", gone, 2, T0 + 499, true, NULL },
		{ "the second of it", gone, 2, T0 + 500, true,
		    "certificate-revoked" },
		{ "out of date", old, 2, T0 + 3600, true, "crl-expired" },
		{ "out of date, not needed", old, 2, T0 + 3600, false,
		    "crl-expired" },
		/* It names its own key: of a namesake, not of ours. */
		{ "another key", forged, 2, T0 + 3600, true,
		    "crl-missing" },
		{ "a bent signature", bent, 2, T0 + 3600, true,
		    "crl-signature" },
	};
	struct chain_spec	 s;
	size_t			 i;

	copy[crl.len - 1] ^= 1;		/* within s of its signature */
	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&s, 0, sizeof(s));
		s.anchors = root;
		s.nanchors = 1;
		s.between = auth;
		s.nbetween = 1;
		s.crls = t[i].crls;
		s.ncrls = t[i].ncrls;
		s.purpose = CHAIN_SIGN;
		s.at = t[i].at;
		s.depth = 1;
		s.need_crl = t[i].need;
		verify(t[i].what, n.signer, &s, t[i].id);
	}
	free(copy);
}

/*
 * A certificate in the authority's name as others write them, octet by octet:
 * subject NULL means the authority's; extensions as they stand in the list.
 */
static struct cert *
by_hand(const struct x509_name *subject, const uint8_t *point,
    struct octets extensions, const struct keyring *kr)
{
	struct cert	*c = NULL;
	struct buf	 tbs, der;
	struct err	 e = ERR_INIT;
	uint8_t		 serial[16];
	size_t		 m, k, x, y;

	buf_init(&tbs, LIMIT_CERT);
	buf_init(&der, LIMIT_CERT);
	sm_random(serial, sizeof(serial));
	m = der_open(&tbs, DER_SEQUENCE);
	k = der_open(&tbs, DER_CTX0);
	der_put_uint(&tbs, 2);
	der_close(&tbs, k);
	x509_put_serial(&tbs, serial, sizeof(serial));
	x509_put_algorithm(&tbs);
	assert_int_equal(x509_put_subject_of(&tbs, cert_x509(n.authority),
	    &e), 0);
	k = der_open(&tbs, DER_SEQUENCE);
	x509_put_time(&tbs, T0);
	x509_put_time(&tbs, T0 + YEAR);
	der_close(&tbs, k);
	assert_int_equal(subject != NULL ? x509_put_name(&tbs, subject, &e) :
	    x509_put_subject_of(&tbs, cert_x509(n.authority), &e), 0);
	x509_put_public_key(&tbs, point);
	if (extensions.len > 0) {
		x = der_open(&tbs, 0xa3);
		y = der_open(&tbs, DER_SEQUENCE);
		buf_put_octets(&tbs, extensions);
		der_close(&tbs, y);
		der_close(&tbs, x);
	}
	der_close(&tbs, m);
	assert_int_equal(x509_sign(kr, KEY_AUTHORITY, buf_octets(&tbs), &der,
	    &e), 0);
	assert_int_equal(cert_parse(buf_octets(&der), &c, &e), 0);
	buf_fini(&der);
	buf_fini(&tbs);
	return c;
}

/* A leaf: no extensions but purpose, an encoded OID in extKeyUsage, or none
 * where it is empty. */
static struct cert *
plain_leaf(const char *cn, struct octets purpose)
{
	const struct x509_name	 name = { "Organisation", cn };
	struct cert		*c;
	struct buf		 v, ext;
	size_t			 k;

	buf_init(&v, 256);
	buf_init(&ext, 256);
	if (purpose.len > 0) {
		k = der_open(&v, DER_SEQUENCE);
		der_put_oid(&v, purpose);
		der_close(&v, k);
		x509_put_extension(&ext, OCTETS("\x55\x1d\x25", 3), false,
		    buf_octets(&v));
	}
	c = by_hand(&name, n.signer_point, buf_octets(&ext), n.kr);
	buf_fini(&ext);
	buf_fini(&v);
	return c;
}

#define TEXT(S)	OCTETS((S), sizeof(S) - 1)

/* Only a maker makes seals, under an authority that marks its makers. */
static void
test_maker(void **state)
{
	struct {
		const char	*what, *name;
		struct octets	 purpose;
		size_t		 marking;
		const char	*id;
		bool		 unmarked;
	} t[] = {
		{ "marked", "Maker", TEXT(OID_SEAL_MAKING), 1, NULL, false },
		{ "any purpose", "Maker", TEXT("\x55\x1d\x25\0"), 1, NULL,
		    false },
		{ "another purpose", "Maker",
		    TEXT("\x2b\x06\x01\x05\x05\x07\x03\x24"), 1,
		    "certificate-purpose", false },
		{ "the mark's beginning", "Maker",
		    OCTETS(OID_SEAL_MAKING, sizeof(OID_SEAL_MAKING) - 2), 1,
		    "certificate-purpose", false },
		{ "the mark and more", "Maker", TEXT(OID_SEAL_MAKING "\x01"),
		    1, "certificate-purpose", false },
		{ "of before", "Maker", OCTETS("", 0), 1, NULL, true },
		{ "a signer of before", "44010600000001", OCTETS("", 0), 1,
		    "certificate-purpose", false },
		{ "13 digits", "4401060000001", OCTETS("", 0), 1,
		    "certificate-purpose", false },
		{ "15 digits", "440106000000011", OCTETS("", 0), 1, NULL,
		    true },
		{ "an authority that does not mark", "44010600000001",
		    TEXT("\x2b\x06\x01\x05\x05\x07\x03\x24"), 0, NULL,
		    false },
	};
	const struct octets	 auth[] = { cert_der(n.authority) };
	struct chain_spec	 s = { .anchors = auth, .nanchors = 1,
				    .purpose = CHAIN_MAKE, .at = T0 + 3600,
				    .lenient = true };
	struct chain_result	 r;
	struct cert		*c;
	struct err		 e;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		s.nmarking = t[i].marking;
		c = plain_leaf(t[i].name, t[i].purpose);
		if (chain_verify(cert_der(c), &s, &r, &e) !=
		    (t[i].id == NULL ? 0 : ERR_VERIFY) ||
		    (t[i].id != NULL && strcmp(e.id, t[i].id) != 0))
			fail_msg("%s: %s %s", t[i].what, e.id, e.text);
		if (t[i].id == NULL)
			assert_int_equal(r.unmarked, t[i].unmarked);
		cert_free(c);
	}
	/* Ours, by their profiles. */
	s.nmarking = 1;
	verify("the maker", n.maker, &s, NULL);
	verify("a signer", n.signer, &s, "certificate-purpose");
}

/* ---- several certificates of one name */

static struct keyring	*new_kr;	/* the province's next authority */
static char		 new_dir[] = "/tmp/test_chain.XXXXXX";
static struct cert	*new_authority, *new_with_old, *old_with_new, *new_leaf;

static struct cert *
cross(const struct cert *subject, const struct cert *by,
    const struct keyring *kr, int64_t until)
{
	struct cert_spec	s;
	struct err		e = ERR_INIT;
	uint8_t			point[SM2_POINT_LEN];

	assert_int_equal(cert_point(subject, point, &e), 0);
	s = nation_spec(CERT_CROSS, cert_facts(subject)->common_name, point);
	s.subject.organisation = cert_facts(subject)->organisation;
	s.not_after = until;
	return nation_issue(&s, by, kr, KEY_AUTHORITY);
}

static void
roll_over(void)
{
	struct cert_spec	s;
	struct err		e = ERR_INIT;
	uint8_t			point[SM2_POINT_LEN];

	assert_non_null(mkdtemp(new_dir));
	assert_int_equal(keyring_create(new_dir, &new_kr, &e), 0);
	assert_int_equal(keyring_make(new_kr, KEY_AUTHORITY, &e), 0);
	assert_int_equal(keyring_point(new_kr, KEY_AUTHORITY, point, &e), 0);
	s = nation_spec(CERT_AUTHORITY,
	    cert_facts(n.authority)->common_name, point);
	s.subject.organisation = cert_facts(n.authority)->organisation;
	new_authority = nation_issue(&s, n.root, n.state, KEY_ROOT);
	new_with_old = cross(new_authority, n.authority, n.kr, 0);
	old_with_new = cross(n.authority, new_authority, new_kr, 0);
	s = nation_spec(CERT_SIGNER, "44010600000009", n.signer_point);
	s.credit_code = CREDIT;
	new_leaf = nation_issue(&s, new_authority, new_kr, KEY_AUTHORITY);
}

static void
roll_back(void)
{
	cert_free(new_leaf);
	cert_free(old_with_new);
	cert_free(new_with_old);
	cert_free(new_authority);
	keyring_free(new_kr);
	nation_remove(new_dir);
}

/*
 * A CA's certificate as strangers write them: in the authority's name and
 * with its key's identifier, whatever its key is.  usage: keyUsage, DER.
 */
#define MAY_ISSUE	"\x03\x02\x01\x06"
static struct cert *
namesake(const uint8_t *point, const uint8_t *key_id,
    const uint8_t *issuer_id, const char *usage, const struct keyring *kr)
{
	struct cert	*c;
	struct buf	 v, ext;
	size_t		 k;

	buf_init(&v, 256);
	buf_init(&ext, 1024);
	x509_put_extension(&ext, OCTETS("\x55\x1d\x13", 3), true,
	    OCTETS("\x30\x03\x01\x01\xff", 5));
	x509_put_extension(&ext, OCTETS("\x55\x1d\x0f", 3), true,
	    OCTETS(usage, 4));
	der_put(&v, DER_OCTET_STRING, key_id, CERT_KEY_ID);
	x509_put_extension(&ext, OCTETS("\x55\x1d\x0e", 3), false,
	    buf_octets(&v));
	buf_reset(&v);
	k = der_open(&v, DER_SEQUENCE);
	der_put(&v, 0x80, issuer_id, CERT_KEY_ID);
	der_close(&v, k);
	x509_put_extension(&ext, OCTETS("\x55\x1d\x23", 3), false,
	    buf_octets(&v));
	c = by_hand(NULL, point, buf_octets(&ext), kr);
	buf_fini(&ext);
	buf_fini(&v);
	return c;
}

static void
test_cross(void **state)
{
	const struct cert	*none[] = { NULL };
	const struct cert	*up[] = { new_with_old, NULL };
	const struct cert	*back[] = { old_with_new, NULL };
	const struct cert	*loop[] = { old_with_new, new_with_old, NULL };
	const struct cert	*all[] = { old_with_new, new_with_old,
				    new_authority, n.authority, NULL };
	const struct {
		const char		*what;
		const struct cert	*leaf, *anchor, *const *between;
		unsigned		 length;
		const char		*id;
	} t[] = {
		{ "old under old", n.signer, n.authority, none, 2, NULL },
		{ "new under new", new_leaf, new_authority, none, 2, NULL },
		{ "new under old, alone", new_leaf, n.authority, none, 0,
		    "unknown-issuer" },
		{ "new under old", new_leaf, n.authority, up, 3, NULL },
		{ "old under new", n.signer, new_authority, back, 3, NULL },
		{ "new under old, a loop", new_leaf, n.authority, loop, 3,
		    NULL },
		{ "old under new, a loop", n.signer, new_authority, loop, 3,
		    NULL },
		{ "new under the root, everything", new_leaf, n.root, all, 0,
		    NULL },
		{ "old under the root, everything", n.signer, n.root, all, 0,
		    NULL },
		{ "a loop to nowhere", new_leaf, other.root, loop, 0,
		    "unknown-issuer" },
		{ "a cross certificate is an anchor", new_leaf, new_with_old,
		    none, 2, NULL },
		{ "the wrong cross certificate", new_leaf, n.authority, back,
		    0, "unknown-issuer" },
	};
	struct octets		 anchor[1], between[8];
	struct chain_spec	 s;
	struct chain_result	 r;
	struct err		 e;
	size_t			 i, k;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		anchor[0] = cert_der(t[i].anchor);
		for (k = 0; t[i].between[k] != NULL; k++)
			between[k] = cert_der(t[i].between[k]);
		s = (struct chain_spec){ .anchors = anchor, .nanchors = 1,
		    .between = between, .nbetween = k, .purpose = CHAIN_SIGN,
		    .at = T0 + 3600, .depth = 3 };
		e = (struct err)ERR_INIT;
		rc = chain_verify(cert_der(t[i].leaf), &s, &r, &e);
		if (rc != (t[i].id == NULL ? 0 : ERR_VERIFY) ||
		    (t[i].id != NULL && strcmp(e.id, t[i].id) != 0) ||
		    (t[i].length != 0 && r.length != t[i].length))
			fail_msg("%s: %s %s, %u", t[i].what, e.id, e.text,
			    r.length);
	}
}

/*
 * Who may not sign certificates has issued none: be it the anchor or between,
 * whatever is put up with of strangers, and though the signatures hold.
 */
static void
test_key_usage(void **state)
{
	static const struct {
		const char	*name, *usage, *id;
	} t[] = {
		{ "keyCertSign and cRLSign", MAY_ISSUE, NULL },
		{ "cRLSign", "\x03\x02\x01\x02", "certificate-purpose" },
		{ "digitalSignature", "\x03\x02\x07\x80",
		    "certificate-purpose" },
	};
	const struct octets	top = cert_der(n.authority);
	uint8_t			point[SM2_POINT_LEN], old[CERT_KEY_ID],
				id[CERT_KEY_ID];
	struct cert		*c;
	struct octets		ca;
	struct chain_spec	s = { .nanchors = 1, .purpose = CHAIN_SIGN,
				    .at = T0 + 3600, .depth = 3 };
	size_t			i;
	int			turn;

	(void)state;
	assert_int_equal(cert_point(new_authority, point, NULL), 0);
	assert_true(cert_key_id(new_authority, id));
	assert_true(cert_key_id(n.authority, old));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		c = namesake(point, id, old, t[i].usage, n.kr);
		ca = cert_der(c);
		for (turn = 0; turn < 4; turn++) {
			s.lenient = turn % 2 == 1;
			s.anchors = turn < 2 ? &ca : &top;
			s.between = turn < 2 ? NULL : &ca;
			s.nbetween = turn < 2 ? 0 : 1;
			verify(t[i].name, new_leaf, &s, t[i].id);
		}
		cert_free(c);
	}
}

/*
 * Sixty namesakes beside the right one: with other keys under its identifier,
 * and with its own key, issued by each other in circles.  The right way is
 * found behind them, none is found without it, and neither takes long.
 */
static void
test_namesakes(void **state)
{
	enum { MANY = 60 };
	struct octets		 anchor[] = { cert_der(n.root) };
	struct octets		 between[MANY + 1];
	struct cert		*c[MANY];
	struct chain_spec	 s = { .anchors = anchor, .nanchors = 1,
				    .between = between,
				    .purpose = CHAIN_SIGN, .at = T0 + 3600,
				    .depth = 3, .lenient = true };
	struct err		 e;
	uint8_t			 real[SM2_POINT_LEN], fake[SM2_POINT_LEN];
	uint8_t			 id[CERT_KEY_ID], top[CERT_KEY_ID];
	int64_t			 start;
	size_t			 i;
	int			 turn;

	(void)state;
	e = (struct err)ERR_INIT;
	assert_int_equal(cert_point(n.authority, real, &e), 0);
	assert_int_equal(keyring_point(other.kr, KEY_AUTHORITY, fake, &e), 0);
	assert_true(cert_key_id(n.authority, id));
	assert_true(cert_key_id(n.root, top));
	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < MANY; i++) {
			c[i] = namesake(turn == 0 ? fake : real, id,
			    turn == 0 ? top : id, MAY_ISSUE, other.kr);
			between[i] = cert_der(c[i]);
		}
		between[MANY] = cert_der(n.authority);
		start = tm_mono_ms();
		s.nbetween = MANY + 1;
		verify("behind namesakes", n.signer, &s, NULL);
		s.nbetween = MANY;
		e = (struct err)ERR_INIT;
		assert_int_equal(chain_verify(cert_der(n.signer), &s, NULL,
		    &e), ERR_VERIFY);
		if (tm_mono_ms() - start > 3000)
			fail_msg("turn %d: %lld ms", turn,
			    (long long)(tm_mono_ms() - start));
		for (i = 0; i < MANY; i++)
			cert_free(c[i]);
	}
}

/* A cross certificate that is revoked, and one that has run out. */
static void
test_other_way(void **state)
{
	const struct octets	 anchors[] = { cert_der(n.authority),
	    cert_der(new_authority) };
	struct octets		 between[] = { cert_der(new_with_old) };
	struct cert		*brief;
	struct octets		 crls[2];
	struct buf		 revoked, good;
	struct chain_spec	 s = { .anchors = anchors, .between = between,
				    .nbetween = 1, .crls = crls, .ncrls = 2,
				    .purpose = CHAIN_SIGN, .at = T0 + 3600,
				    .depth = 3, .need_crl = true };

	(void)state;
	issue_crl(&revoked, n.authority, n.kr, KEY_AUTHORITY, new_with_old,
	    T0 + YEAR);
	issue_crl(&good, new_authority, new_kr, KEY_AUTHORITY, NULL,
	    T0 + YEAR);
	crls[0] = buf_octets(&revoked);
	crls[1] = buf_octets(&good);
	s.nanchors = 1;
	verify("only the one that is revoked", new_leaf, &s,
	    "certificate-revoked");
	s.at = T0 + 400;
	verify("before", new_leaf, &s, NULL);
	s.at = T0 + 3600;
	s.nanchors = 2;
	verify("and another way", new_leaf, &s, NULL);
	/* It ends before what it leads to: there is no way from then on. */
	s.nanchors = 1;
	s.ncrls = 0;
	s.need_crl = false;
	brief = cross(new_authority, n.authority, n.kr, T0 + 7200);
	between[0] = cert_der(brief);
	s.at = T0 + 7199;
	verify("its last second", new_leaf, &s, NULL);
	s.at++;
	verify("and the one after", new_leaf, &s, "certificate-expired");
	s.nanchors = 2;
	verify("and another way", new_leaf, &s, NULL);
	cert_free(brief);
	buf_fini(&good);
	buf_fini(&revoked);
}

/* dNSName or directoryName constraints, on nothing of the path or on it. */
static void
put_names(struct buf *ext, bool permitted, const char *organisation)
{
	struct buf	v;
	size_t		m, k, one, dir, name, set, atv;

	buf_init(&v, 512);
	m = der_open(&v, DER_SEQUENCE);
	k = der_open(&v, permitted ? 0xa0 : 0xa1);
	one = der_open(&v, DER_SEQUENCE);
	dir = der_open(&v, 0xa4);
	name = der_open(&v, DER_SEQUENCE);
	/* C=CN, as ours begin; then O, where one is said. */
	set = der_open(&v, DER_SET);
	atv = der_open(&v, DER_SEQUENCE);
	der_put_oid(&v, OCTETS("\x55\x04\x06", 3));
	der_put_text(&v, DER_PRINTABLE, "CN");
	der_close(&v, atv);
	der_close(&v, set);
	if (organisation != NULL) {
		set = der_open(&v, DER_SET);
		atv = der_open(&v, DER_SEQUENCE);
		der_put_oid(&v, OCTETS("\x55\x04\x0a", 3));
		der_put_text(&v, DER_UTF8, organisation);
		der_close(&v, atv);
		der_close(&v, set);
	}
	der_close(&v, name);
	der_close(&v, dir);
	der_close(&v, one);
	der_close(&v, k);
	der_close(&v, m);
	x509_put_extension(ext, OCTETS("\x55\x1d\x1e", 3), true,
	    buf_octets(&v));
	buf_fini(&v);
}

/*
 * Cross certificates that are not what they should be: over another key than
 * that of whom they name, by another key, and with constraints on names.
 */
static void
test_bad_cross(void **state)
{
	const struct {
		const char		*what;
		const struct cert	*over;		/* its key and name */
		const struct keyring	*by;		/* signs it */
		const char		*names;		/* O; "" none at all */
		bool			 permitted;
		const char		*id;
	} t[] = {
		{ "right", new_authority, n.kr, "", false, NULL },
		{ "over a stranger's key", other.authority, n.kr, "", false,
		    "unknown-issuer" },
		{ "by a stranger's key", new_authority, other.kr, "", false,
		    "certificate-signature" },
		{ "by its own key", new_authority, new_kr, "", false,
		    "certificate-signature" },
		{ "everybody in the country", new_authority, n.kr, NULL, true,
		    NULL },
		{ "nobody in the country", new_authority, n.kr, NULL, false,
		    "certificate-name" },
		{ "another organisation alone", new_authority, n.kr,
		    "elsewhere", true, "certificate-name" },
		{ "anybody but another organisation", new_authority, n.kr,
		    "elsewhere", false, NULL },
	};
	const struct octets	 top = cert_der(n.authority);
	struct chain_spec	 s = { .anchors = &top, .nanchors = 1,
				    .nbetween = 1, .purpose = CHAIN_SIGN,
				    .at = T0 + 3600, .depth = 3 };
	uint8_t			 point[SM2_POINT_LEN], id[CERT_KEY_ID],
				 old[CERT_KEY_ID];
	struct buf		 v, ext;
	struct octets		 der, two[2];
	struct cert		*c;
	size_t			 i, k;

	(void)state;
	assert_true(cert_key_id(n.authority, old));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(cert_point(t[i].over, point, NULL), 0);
		assert_true(cert_key_id(t[i].over, id));
		buf_init(&v, 256);
		buf_init(&ext, 2048);
		x509_put_extension(&ext, OCTETS("\x55\x1d\x13", 3), true,
		    OCTETS("\x30\x03\x01\x01\xff", 5));
		x509_put_extension(&ext, OCTETS("\x55\x1d\x0f", 3), true,
		    OCTETS(MAY_ISSUE, 4));
		der_put(&v, DER_OCTET_STRING, id, CERT_KEY_ID);
		x509_put_extension(&ext, OCTETS("\x55\x1d\x0e", 3), false,
		    buf_octets(&v));
		buf_reset(&v);
		k = der_open(&v, DER_SEQUENCE);
		der_put(&v, 0x80, old, CERT_KEY_ID);
		der_close(&v, k);
		x509_put_extension(&ext, OCTETS("\x55\x1d\x23", 3), false,
		    buf_octets(&v));
		if (t[i].names == NULL || *t[i].names != '\0')
			put_names(&ext, t[i].permitted, t[i].names);
		c = by_hand(NULL, point, buf_octets(&ext), t[i].by);
		assert_true(cert_is_cross(c));
		der = cert_der(c);
		s.between = &der;
		s.nbetween = 1;
		verify(t[i].what, new_leaf, &s, t[i].id);
		/* Beside one that is right it spoils nothing. */
		two[0] = der;
		two[1] = cert_der(new_with_old);
		s.between = two;
		s.nbetween = 2;
		verify(t[i].what, new_leaf, &s, NULL);
		cert_free(c);
		buf_fini(&ext);
		buf_fini(&v);
	}
	assert_true(cert_is_cross(new_with_old) && cert_is_cross(old_with_new));
	assert_false(cert_is_cross(n.root) || cert_is_cross(n.authority) ||
	    cert_is_cross(n.signer));
}

/* Nobody but us checks what a root says of itself. */
static void
test_root_of_nobody(void **state)
{
	struct octets		 o = cert_der(n.root);
	struct octets		 anchor[1];
	const struct octets	 auth[] = { cert_der(n.authority) };
	struct chain_spec	 s;
	struct chain_result	 r;
	struct err		 e = ERR_INIT;
	uint8_t			*bad = xmemdup(o.p, o.len);

	(void)state;
	bad[o.len - 1] ^= 1;		/* within s of its signature */
	anchor[0] = OCTETS(bad, o.len);
	memset(&s, 0, sizeof(s));
	s.anchors = anchor;
	s.nanchors = 1;
	s.between = auth;
	s.nbetween = 1;
	s.purpose = CHAIN_SIGN;
	s.at = T0 + 3600;
	s.depth = 1;
	assert_int_equal(chain_verify(cert_der(n.signer), &s, &r, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "certificate-signature");
	assert_int_equal(r.failed_at, 2);
	free(bad);
}

static void
test_result(void **state)
{
	const struct octets	 root[] = { cert_der(n.root) };
	const struct octets	 auth[] = { cert_der(n.maker),
	    cert_der(n.authority) };
	struct octets		 leaf = cert_der(n.signer), bad;
	struct chain_spec	 s;
	struct chain_result	 r;
	struct err		 e = ERR_INIT;
	uint8_t			*copy = xmemdup(leaf.p, leaf.len);

	(void)state;
	memset(&s, 0, sizeof(s));
	s.anchors = root;
	s.nanchors = 1;
	s.between = auth;
	s.nbetween = 2;
	s.purpose = CHAIN_SIGN;
	s.at = T0 + 3600;
	s.depth = 3;
	assert_int_equal(chain_verify(leaf, &s, &r, &e), 0);
	assert_int_equal(r.length, 3);
	assert_ptr_equal(r.path[0].p, leaf.p);
	assert_ptr_equal(r.path[1].p, auth[1].p);
	assert_ptr_equal(r.path[2].p, root[0].p);

	/* A leaf whose signature was changed, and one that is no certificate. */
	copy[leaf.len - 1] ^= 1;
	bad = OCTETS(copy, leaf.len);
	assert_int_equal(chain_verify(bad, &s, &r, &e), ERR_VERIFY);
	assert_string_equal(e.id, "certificate-signature");
	assert_int_equal(r.failed_at, 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(chain_verify(OCTETS("x", 1), &s, NULL, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-certificate");
	e = (struct err)ERR_INIT;
	s.crls = &bad;
	s.ncrls = 1;
	assert_int_equal(chain_verify(leaf, &s, NULL, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-crl");
	e = (struct err)ERR_INIT;
	s.nbetween = LIMIT_CHAIN_SET + 1;
	assert_int_equal(chain_verify(leaf, &s, NULL, &e), ERR_TOOBIG);
	free(copy);
}

/*
 * Names as long as they may be do not push what is wrong out of the sentence,
 * nor is one of their characters cut.
 */
static void
test_long_name(void **state)
{
	const struct octets	 root[] = { cert_der(n.root) };
	struct chain_spec	 s = { .anchors = root, .nanchors = 1,
				    .purpose = CHAIN_ISSUE,
				    .at = T0 + 11 * (int64_t)YEAR };
	struct cert_spec	 cs;
	struct cert		*c;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	char			 name[3 * 64 + 1] = "";
	size_t			 i;

	(void)state;
	for (i = 0; i < 64; i++)
		strcat(name, i == 63 ? "终" : "长");
	assert_int_equal(cert_point(n.authority, point, &e), 0);
	cs = nation_spec(CERT_AUTHORITY, name, point);
	cs.subject.organisation = name;
	c = nation_issue(&cs, n.root, n.state, KEY_ROOT);
	assert_int_equal(chain_verify(cert_der(c), &s, NULL, &e), ERR_VERIFY);
	assert_string_equal(e.id, "certificate-expired");
	assert_true(utf8_valid(e.text, strlen(e.text)));
	if (strstr(e.text, "长长") == NULL)
		fail_msg("%s", e.text);
	assert_non_null(strstr(e.text, "长终\": certificate has expired"));
	e = (struct err)ERR_INIT;
	s.at = T0 + 3600;
	s.need_crl = true;
	s.purpose = CHAIN_SIGN;
	assert_int_equal(chain_verify(cert_der(c), &s, NULL, &e), ERR_VERIFY);
	assert_string_equal(e.id, "certificate-purpose");
	assert_true(utf8_valid(e.text, strlen(e.text)));
	assert_non_null(strstr(e.text, "长终\" may not "));
	cert_free(c);
}

/*
 * A result that is said of a span of time is that of every moment in it: at
 * its ends, and at whatever else decides.
 */
static void
test_spans(void **state)
{
	const struct octets	 root[] = { cert_der(n.root) };
	const struct octets	 between[] = { cert_der(n.authority) };
	const struct octets	 lists[][2] = {
		{ buf_octets(&root_crl), buf_octets(&crl) },
		{ buf_octets(&root_crl), buf_octets(&revoking) },
		{ buf_octets(&root_crl), buf_octets(&late) },
		{ buf_octets(&late), buf_octets(&stranger) },
	};
	const int64_t		 end = T0 + YEAR;
	const int64_t		 moments[] = {
		T0 - 1, T0, T0 + 1, T0 + 499, T0 + 500, T0 + 501, T0 + 1999,
		T0 + 2000, T0 + 2001, end - 2, end - 1, end, end + 1,
		T0 + 2 * (int64_t)YEAR - 1, T0 + 2 * (int64_t)YEAR,
		T0 + 10 * (int64_t)YEAR, T0 + 40 * (int64_t)YEAR
	};
	const size_t		 nmoments = sizeof(moments) /
				    sizeof(moments[0]);
	struct chain_result	 r, other_r;
	struct err		 e, other_e;
	size_t			 i, k, m, wide = 0;
	int			 rc;

	(void)state;
	for (i = 0; i < 3 * sizeof(lists) / sizeof(lists[0]); i++) {
		struct chain_spec	s = {
			.anchors = root, .nanchors = 1, .between = between,
			.nbetween = 1, .crls = lists[i / 3],
			.ncrls = i % 3 == 2 ? 0 : 2, .need_crl = i % 3 == 1,
			.purpose = CHAIN_SIGN, .depth = 3, .lenient = true
		};

		for (k = 0; k < nmoments; k++) {
			e = (struct err)ERR_INIT;
			s.at = moments[k];
			rc = chain_verify(cert_der(n.signer), &s, &r, &e);
			assert_true(r.from <= s.at && s.at <= r.until);
			wide += r.from < r.until;
			for (m = 0; m < nmoments + 2; m++) {
				s.at = m < nmoments ? moments[m] :
				    m == nmoments ? r.from : r.until;
				if (s.at < r.from || s.at > r.until ||
				    s.at == INT64_MAX)
					continue;
				other_e = (struct err)ERR_INIT;
				assert_int_equal(chain_verify(cert_der(
				    n.signer), &s, &other_r, &other_e), rc);
				assert_string_equal(e.id, other_e.id);
				assert_string_equal(e.text, other_e.text);
				assert_int_equal(r.revoked_at,
				    other_r.revoked_at);
			}
		}
	}
	/* And there are such spans. */
	assert_true(wide > 50);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_maker),
		cmocka_unit_test(test_cross),
		cmocka_unit_test(test_namesakes),
		cmocka_unit_test(test_key_usage),
		cmocka_unit_test(test_other_way),
		cmocka_unit_test(test_bad_cross),
		cmocka_unit_test(test_revocation),
		cmocka_unit_test(test_root_of_nobody),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_spans),
	};

	int			failed;

	failed = cmocka_run_group_tests(tests, setup, NULL);
	/* All the same where lists are remembered. */
	crl_remember(8);
	return failed + cmocka_run_group_tests(tests, NULL, teardown);
}
