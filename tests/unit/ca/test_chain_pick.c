#include "tests/unit/ca/nation.h"

#include <time.h>

#include "ca/chain.h"
#include "ca/chain_pick.h"

/*
 * A nation of 31 provinces: two roots of one name with cross certificates both
 * ways, in each province two authorities of one name (rollover) with theirs,
 * and a revocation list of the whole and eight parts under either key.
 */

#define PROVINCES	31
#define PARTS		8
#define LAST		(PROVINCES - 1)
#define MADE_UP		2000
#define MADE_UP_LISTS	600	/* with the right ones over LIMIT_CHAIN_GIVEN */
#define MOMENT		(T0 + 3600)
#define FAR		(T0 + 2 * (int64_t)YEAR)

static struct nation	 n, other;
static struct province {
	char		 dir[64];
	struct keyring	*kr;
	struct cert	*ca[2];		/* by the first root, by the second */
	struct cert	*cross;		/* the second by the first */
	struct buf	 crl[2][PARTS + 1];
} prov[PROVINCES];
static struct cert	*root2, *cross[2], *signer;
static struct buf	 root_crl[2], revoking;
static char		 urls[PARTS + 1][CERT_URL_MAX];

/* What a policy of it all would bring. */
static struct octets	 anchors[1], ours[PROVINCES * 3 + 2];
static struct octets	 lists[PROVINCES * 2 * (PARTS + 1) + 2];
static size_t		 nours, nlists;

static const enum key_slot slots[] = { KEY_AUTHORITY, KEY_MAKER };

static struct cert *
authority(struct cert *by, const struct keyring *kr, enum key_slot by_slot,
    const char *name, const uint8_t *point, enum cert_profile profile)
{
	struct cert_spec	s = nation_spec(profile, name, point);

	if (profile == CERT_CROSS || profile == CERT_CROSS_ROOT)
		s.not_after = T0 + YEAR;
	if (profile == CERT_CROSS_ROOT) {
		s.subject.organisation = cert_facts(by)->organisation;
		s.crl_url = "http://127.0.0.1:18440/ca/root.crl";
	}
	return nation_issue(&s, by, kr, by_slot);
}

static void
list(struct buf *out, const struct cert *by, const struct keyring *kr,
    enum key_slot slot, const char *url, const struct cert *revoked)
{
	struct crl_entry	 en;
	struct crl_spec		 s = { &en, revoked != NULL, 1, T0 + 1000,
				    FAR, url };
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
	assert_int_equal(crl_issue(&s, by, kr, slot, out, &e), 0);
}

static void
found(struct province *p, size_t at)
{
	struct err	 e = ERR_INIT;
	uint8_t		 point[2][SM2_POINT_LEN];
	char		 name[64];
	size_t		 i, k;

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_ca.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(keyring_create(p->dir, &p->kr, &e), 0);
	(void)snprintf(name, sizeof(name), "Seal Authority %02zu", at);
	for (i = 0; i < 2; i++) {
		assert_int_equal(keyring_make(p->kr, slots[i], &e), 0);
		assert_int_equal(keyring_point(p->kr, slots[i], point[i],
		    &e), 0);
		p->ca[i] = authority(i == 0 ? n.root : root2, i == 0 ?
		    n.state : other.state, KEY_ROOT, name, point[i],
		    CERT_AUTHORITY);
		for (k = 0; k <= PARTS; k++) {
			list(&p->crl[i][k], p->ca[i], p->kr, slots[i],
			    k == 0 ? NULL : urls[k], NULL);
			lists[nlists++] = buf_octets(&p->crl[i][k]);
		}
		ours[nours++] = cert_der(p->ca[i]);
	}
	p->cross = authority(p->ca[0], p->kr, slots[0], name, point[1],
	    CERT_CROSS);
	ours[nours++] = cert_der(p->cross);
}

static int
setup(void **state)
{
	struct cert_spec	 s;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	size_t			 i;

	(void)state;
	nation_init(&n);
	nation_init(&other);
	/* As the jail does that judges certificates. */
	sm2_tables(16);
	crl_remember(LIMIT_CHAIN_GIVEN);
	root2 = other.root;
	for (i = 1; i <= PARTS; i++)
		assert_int_equal(crl_part_url("http://127.0.0.1:18440/ca/"
		    "province.crl", (unsigned)i, urls[i], &e), 0);
	assert_int_equal(cert_point(root2, point, &e), 0);
	cross[0] = authority(n.root, n.state, KEY_ROOT,
	    cert_facts(root2)->common_name, point, CERT_CROSS_ROOT);
	assert_int_equal(cert_point(n.root, point, &e), 0);
	cross[1] = authority(root2, other.state, KEY_ROOT,
	    cert_facts(n.root)->common_name, point, CERT_CROSS_ROOT);
	for (i = 0; i < PROVINCES; i++)
		found(&prov[i], i);
	for (i = 0; i < 2; i++) {
		ours[nours++] = cert_der(cross[i]);
		list(&root_crl[i], i == 0 ? n.root : root2, i == 0 ? n.state :
		    other.state, KEY_ROOT, NULL, NULL);
		lists[nlists++] = buf_octets(&root_crl[i]);
	}
	anchors[0] = cert_der(n.root);
	/* Under the newest key of all, on the last part. */
	s = nation_spec(CERT_SIGNER, "65010600000001", n.signer_point);
	s.subject.organisation = "示例科技有限公司";
	s.credit_code = CREDIT;
	s.not_after = T0 + YEAR;
	s.crl_url = urls[PARTS];
	signer = nation_issue(&s, prov[LAST].ca[1], prov[LAST].kr, slots[1]);
	list(&revoking, prov[LAST].ca[1], prov[LAST].kr, slots[1],
	    urls[PARTS], signer);
	return 0;
}

static int
teardown(void **state)
{
	size_t	i, k;

	(void)state;
	for (i = 0; i < PROVINCES; i++) {
		for (k = 0; k <= PARTS; k++) {
			buf_fini(&prov[i].crl[0][k]);
			buf_fini(&prov[i].crl[1][k]);
		}
		cert_free(prov[i].ca[0]);
		cert_free(prov[i].ca[1]);
		cert_free(prov[i].cross);
		keyring_free(prov[i].kr);
		nation_remove(prov[i].dir);
	}
	buf_fini(&root_crl[0]);
	buf_fini(&root_crl[1]);
	buf_fini(&revoking);
	cert_free(cross[0]);
	cert_free(cross[1]);
	cert_free(signer);
	nation_fini(&other);
	nation_fini(&n);
	return 0;
}

/* Choose, then judge, with a list for every certificate. */
static void
judge(const char *what, const struct chain_given *g, const char *id,
    struct chain_picked *p)
{
	struct chain_spec	 s = { .purpose = CHAIN_SIGN, .at = MOMENT,
				    .depth = 3, .need_crl = true,
				    .lenient = true };
	struct err		 e = ERR_INIT;
	int			 rc;

	chain_pick(cert_der(signer), g, p);
	s.anchors = p->anchors;
	s.nanchors = p->nanchors;
	s.nmarking = p->nmarking;
	s.between = p->between;
	s.nbetween = p->nbetween;
	s.crls = p->crls;
	s.ncrls = p->ncrls;
	rc = chain_verify(cert_der(signer), &s, NULL, &e);
	if (rc != (id[0] == '\0' ? 0 : ERR_VERIFY) || strcmp(e.id, id) != 0)
		fail_msg("%s: %d %s (%s)", what, rc, e.id, e.text);
}

static struct chain_given
given(struct chain_lists *l)
{

	return (struct chain_given){ .anchors = anchors, .nanchors = 1,
	    .nmarking = 1, .ours = ours, .nours = nours, .lists = l };
}

static bool
has(const struct octets *list_of, size_t count, struct octets o)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (octets_same(list_of[i], o))
			return true;
	return false;
}

static void
test_nation(void **state)
{
	struct octets		 with[sizeof(lists) / sizeof(lists[0])];
	struct chain_lists	*l = chain_lists_new(lists, nlists);
	struct chain_given	 g = given(l);
	struct chain_picked	*p = xcalloc(1, sizeof(*p));
	size_t			 i;

	(void)state;
	assert_true(nlists > 300 && nours > 90);
	judge("the last province", &g, "", p);
	assert_int_equal(p->nanchors, 1);
	assert_int_equal(p->nmarking, 1);
	assert_true(p->nbetween < 8 && p->ncrls < 8);
	assert_true(has(p->crls, p->ncrls, buf_octets(
	    &prov[LAST].crl[1][PARTS])));
	assert_false(has(p->crls, p->ncrls, buf_octets(
	    &prov[LAST].crl[1][PARTS - 1])));
	assert_false(has(p->between, p->nbetween, cert_der(prov[0].ca[1])));
	chain_lists_free(l);

	/* Revoked, by the part that comes last; without it nobody knows. */
	memcpy(with, lists, sizeof(with));
	for (i = 0; i < nlists; i++)
		if (octets_same(with[i], buf_octets(
		    &prov[LAST].crl[1][PARTS])))
			with[i] = with[nlists - 1];
	with[nlists - 1] = buf_octets(&revoking);
	l = chain_lists_new(with, nlists);
	g.lists = l;
	judge("revoked", &g, "certificate-revoked", p);
	chain_lists_free(l);
	l = chain_lists_new(NULL, 0);
	g.lists = l;
	judge("no list", &g, "crl-missing", p);
	chain_lists_free(l);
	free(p);
}

/* A copy whose signature does not hold, each another. */
static struct octets
made_up(struct octets of, size_t i)
{
	uint8_t	*p = xmemdup(of.p, of.len);

	p[of.len - 1] ^= (uint8_t)(1 + i % 255);
	p[of.len - 2] ^= (uint8_t)(i / 255);
	return OCTETS(p, of.len);
}

/*
 * Thousands of certificates and lists in the right names, before the right
 * ones: they neither crowd these out, nor do they cost more than a bounded
 * number of signatures.
 */
static void
test_crowd(void **state)
{
	struct octets		*junk = xcalloc(MADE_UP, sizeof(*junk));
	struct octets		*all = xcalloc(MADE_UP + nlists + 1,
				    sizeof(*all));
	struct chain_lists	*l = chain_lists_new(lists, nlists);
	struct chain_given	 g = given(l);
	struct chain_picked	*p = xcalloc(1, sizeof(*p));
	clock_t			 begun, took;
	size_t			 i, n_all = 0;

	(void)state;
	for (i = 0; i < MADE_UP; i++)
		junk[i] = made_up(cert_der(i % 2 == 0 ? prov[LAST].ca[1] :
		    i % 3 == 0 ? cross[0] : prov[LAST].cross), i);
	g.strange = junk;
	g.nstrange = MADE_UP;
	begun = clock();
	judge("made-up certificates", &g, "", p);
	assert_true(p->nbetween <= LIMIT_CHAIN_STRANGE + 8);
	assert_true(clock() - begun < 2 * CLOCKS_PER_SEC);
	chain_lists_free(l);

	/* Lists that are made up, before the one that revokes. */
	for (i = 0; i < MADE_UP_LISTS; i++)
		all[n_all++] = made_up(buf_octets(
		    &prov[LAST].crl[1][PARTS]), i);
	memcpy(all + n_all, lists, nlists * sizeof(*all));
	n_all += nlists;
	all[n_all++] = buf_octets(&revoking);
	l = chain_lists_new(all, n_all);
	g.lists = l;
	begun = clock();
	judge("made-up lists", &g, "certificate-revoked", p);
	assert_true(p->crowded);
	assert_true(clock() - begun < 6 * CLOCKS_PER_SEC);
	chain_lists_free(l);
	/* Asked about again, it says the same, and no signature is tried. */
	g.nstrange = 0;
	g.lists = l = chain_lists_new(all, n_all);
	begun = clock();
	judge("made-up lists alone", &g, "certificate-revoked", p);
	took = clock() - begun;
	begun = clock();
	for (i = 0; i < 10; i++)
		judge("made-up lists again", &g, "certificate-revoked", p);
	assert_true(p->crowded);
	assert_true(clock() - begun < 5 * took);
	chain_lists_free(l);
	for (i = 0; i < MADE_UP; i++)
		free((void *)(uintptr_t)junk[i].p);
	for (i = 0; i < MADE_UP_LISTS; i++)
		free((void *)(uintptr_t)all[i].p);
	free(junk);
	free(all);
	free(p);
}

/* What cannot be read is left out of certificates, and never of lists. */
static void
test_junk(void **state)
{
	const uint8_t		 text[] = "neither";
	const struct octets	 bad[] = { OCTETS(text, sizeof(text)),
				    lists[0] };
	struct chain_lists	*l = chain_lists_new(bad, 2);
	struct chain_given	 g = given(l);
	struct chain_picked	*p = xcalloc(1, sizeof(*p));

	(void)state;
	g.strange = bad;
	g.nstrange = 1;
	chain_pick(cert_der(signer), &g, p);
	assert_int_equal(p->ncrls, 1);
	assert_ptr_equal(p->crls[0].p, text);
	assert_false(has(p->between, p->nbetween, bad[0]));
	chain_pick(bad[0], &g, p);
	assert_int_equal(p->nanchors + p->nbetween + p->ncrls, 0);
	chain_lists_free(l);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_nation),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_junk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
