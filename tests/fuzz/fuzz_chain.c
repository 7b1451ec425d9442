#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/chain.h"
#include "ca/chain_path.h"
#include "ca/key.h"

/*
 * Ways through certificates of one name: authorities with three keys that have
 * certified each other in circles, one that has ended, namesakes of a stranger,
 * and leaves.  The input chooses a leaf, a moment, anchors, and what comes
 * along in which order.  Properties: what is found is a way, each step of which
 * was really signed by the next, none of it twice, up to an anchor; there is an
 * answer exactly where a search of all ways knows one; the search tries no more
 * signatures than it may; and more certificates never spoil a way.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define T0	1790000000
#define DAY	86400

/* Keys, and who they are: A, B and C are the authority's, one after another. */
enum { ROOT, A, B, C, EVIL, KEYS };

static const struct {
	enum cert_profile	profile;
	int			key;	/* certified; KEYS: a leaf's */
	int			by;
	int			from, until;	/* days */
} zoo[] = {
	{ CERT_SIGNER,	  KEYS, A,    0, 900 },	/* leaves */
	{ CERT_SIGNER,	  KEYS, B,    0, 900 },
	{ CERT_SIGNER,	  KEYS, C,    200, 900 },
	{ CERT_SIGNER,	  KEYS, EVIL, 0, 900 },
	{ CERT_ROOT,	  ROOT, ROOT, -900, 1900 },
	{ CERT_AUTHORITY, A,	ROOT, -800, 1000 },
	{ CERT_AUTHORITY, B,	ROOT, -400, 1100 },
	{ CERT_AUTHORITY, C,	ROOT, 200, 1200 },	/* begins later */
	{ CERT_CROSS,	  A,	B,    -800, 1000 },
	{ CERT_CROSS,	  B,	A,    -400, 1000 },
	{ CERT_CROSS,	  B,	C,    -400, 1100 },
	{ CERT_CROSS,	  C,	B,    200, 1100 },
	{ CERT_CROSS,	  C,	A,    200, 1000 },
	{ CERT_CROSS,	  A,	C,    -800, 1000 },
	{ CERT_CROSS,	  B,	A,    -400, 100 },	/* ends early */
	{ CERT_ROOT,	  EVIL, EVIL, -900, 1900 },	/* a namesake */
	{ CERT_CROSS,	  A,	EVIL, -800, 1000 },
	{ CERT_CROSS,	  B,	EVIL, -400, 1000 },
};
#define ZOO	(sizeof(zoo) / sizeof(zoo[0]))
#define LEAVES	4
#define MANY	14	/* chosen at once */

static struct cert	*zoo_cert[ZOO];

static void
must(bool ok)
{

	if (!ok)
		abort();
}

/* The key of each in a folder of its own. */
static void
make_zoo(void)
{
	struct keyring	*kr[KEYS];
	struct cert	*by = NULL;
	struct buf	 der;
	uint8_t		 point[SM2_POINT_LEN], leaf[SM2_POINT_LEN];
	char		 dir[] = "/tmp/fuzz_chain.XXXXXX", path[64], cmd[64];
	struct err	 e = ERR_INIT;
	size_t		 i, k;

	must(sm_init(NULL) == 0 && mkdtemp(dir) != NULL);
	for (i = 0; i < KEYS; i++) {
		(void)snprintf(path, sizeof(path), "%s/%zu", dir, i);
		must(mkdir(path, 0700) == 0);
		must(keyring_create(path, &kr[i], NULL) == 0);
		must(keyring_make(kr[i], KEY_AUTHORITY, NULL) == 0);
	}
	must(keyring_make(kr[0], KEY_MAKER, NULL) == 0 && keyring_point(
	    kr[0], KEY_MAKER, leaf, NULL) == 0);
	for (i = LEAVES; i < ZOO + LEAVES; i++) {
		const size_t		 z = i % ZOO;	/* leaves last */
		struct cert_spec	 s = {
			.profile = zoo[z].profile,
			.subject = { "authority", zoo[z].key == ROOT ?
			    "root" : "of one name" },
			.not_before = T0 + zoo[z].from * DAY,
			.not_after = T0 + zoo[z].until * DAY,
		};

		if (z < LEAVES)
			s.subject = (struct x509_name){ "owner",
			    "44010600000001" };
		if (zoo[z].key < KEYS)
			must(keyring_point(kr[zoo[z].key], KEY_AUTHORITY,
			    point, NULL) == 0);
		s.point = zoo[z].key < KEYS ? point : leaf;
		for (by = NULL, k = LEAVES; k < ZOO && by == NULL; k++)
			if (zoo[k].key == zoo[z].by && zoo[k].profile !=
			    CERT_CROSS && zoo[z].profile != CERT_ROOT)
				by = zoo_cert[k];
		buf_init(&der, LIMIT_CERT);
		if (cert_issue(&s, by, kr[zoo[z].by], KEY_AUTHORITY, &der,
		    &e) != 0) {
			fprintf(stderr, "%zu: %s\n", z, e.text);
			abort();
		}
		must(cert_parse(buf_octets(&der), &zoo_cert[z], NULL) == 0);
		buf_fini(&der);
	}
	for (i = 0; i < KEYS; i++)
		keyring_free(kr[i]);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	must(system(cmd) == 0);
}

/* What the input chooses. */
struct choice {
	size_t	leaf;
	int64_t	at;
	size_t	given[2 * ZOO];		/* anchors first */
	size_t	nanchors, n;
};

static bool
holds(size_t z, int64_t at)
{
	return at >= T0 + zoo[z].from * DAY && at < T0 + zoo[z].until * DAY;
}

/*
 * Is there a way on from z, of at most left issuers, by all that was chosen?
 * own: authorities of their own so far, of which each may have as many below
 * it as its path length says (authorities none, the root two).
 */
static bool
leads(const struct choice *c, size_t z, unsigned left, unsigned own,
    const bool *used)
{
	bool	now[ZOO];
	size_t	i, g;

	for (i = 0; i < c->n && left > 0; i++) {
		g = c->given[i];
		if (used[g] || g < LEAVES || zoo[g].key != zoo[z].by ||
		    g == z)
			continue;
		if (own > (zoo[g].key == ROOT ? 2 : zoo[g].profile ==
		    CERT_ROOT ? 2 : 0))
			continue;
		if (i < c->nanchors && (holds(g, c->at) || (zoo[z].profile ==
		    CERT_CROSS && c->at < T0 + zoo[g].until * DAY)))
			return true;
		if (!holds(g, c->at) || zoo[g].profile == CERT_ROOT)
			continue;
		memcpy(now, used, sizeof(now));
		now[g] = true;
		if (leads(c, g, left - 1, own + (zoo[g].profile !=
		    CERT_CROSS), now))
			return true;
	}
	return false;
}

static bool
oracle(const struct choice *c)
{
	bool	used[ZOO] = { false };

	return holds(c->leaf, c->at) && leads(c, c->leaf, 4, 0, used);
}

static size_t
which(struct octets o)
{
	size_t	i;

	for (i = 0; i < ZOO; i++)
		if (cert_der(zoo_cert[i]).len == o.len &&
		    memcmp(cert_der(zoo_cert[i]).p, o.p, o.len) == 0)
			return i;
	abort();
}

static bool
verify(const struct choice *c, struct chain_result *r)
{
	struct octets		 o[2 * ZOO];
	struct chain_spec	 s = { .anchors = o, .nanchors = c->nanchors,
				    .between = o + c->nanchors,
				    .nbetween = c->n - c->nanchors,
				    .purpose = CHAIN_SIGN, .at = c->at,
				    .depth = 3, .lenient = true };
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;

	for (i = 0; i < c->n; i++)
		o[i] = cert_der(zoo_cert[c->given[i]]);
	rc = chain_verify(cert_der(zoo_cert[c->leaf]), &s, r, &e);
	must(rc == 0 || (rc == ERR_VERIFY && e.id[0] != '\0'));
	must(r->from <= c->at && c->at <= r->until);
	return rc == 0;
}

static void
check_way(const struct choice *c, const struct chain_result *r)
{
	bool	seen[ZOO] = { false };
	size_t	i, k, z, below = 0;

	must(r->length >= 2 && r->length <= LIMIT_CHAIN);
	for (i = 0; i < r->length; i++) {
		z = which(r->path[i]);
		must(!seen[z]);
		seen[z] = true;
		if (i == 0)
			must(z == c->leaf);
		else
			must(zoo[below].by == zoo[z].key);
		below = z;
	}
	for (k = 0; k < c->nanchors && c->given[k] != below; k++)
		;
	must(k < c->nanchors);
}

/* The search alone: within its bounds, whatever it is told not to use. */
static void
check_search(const struct choice *c, const uint8_t *ban, size_t nban)
{
	struct cert		*given[2 * ZOO];
	struct chain_paths	 s = { .leaf = zoo_cert[c->leaf],
				    .given = given, .ngiven = c->n,
				    .nanchors = c->nanchors, .at = c->at };
	size_t			 path[LIMIT_CHAIN], i, k, n;

	for (i = 0; i < c->n; i++) {
		given[i] = zoo_cert[c->given[i]];
		s.banned[i] = i < nban && ban[i] % 4 == 0;
	}
	while ((n = chain_path_find(&s, path)) > 0) {
		must(n < LIMIT_CHAIN && path[n - 1] < c->nanchors);
		must(s.checks <= LIMIT_CHAIN_CHECKS);
		for (i = 0; i < n; i++) {
			must(path[i] < c->n && !s.banned[path[i]]);
			must(i + 1 == n || path[i] >= c->nanchors);
			for (k = 0; k < i; k++)
				must(path[k] != path[i]);
			must(zoo[i == 0 ? c->leaf : c->given[path[i - 1]]].by
			    == zoo[c->given[path[i]]].key);
		}
		s.banned[path[n - 1]] = true;
	}
	must(s.checks <= LIMIT_CHAIN_CHECKS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const int	 days[] = { 1, 99, 100, 150, 199, 200, 201, 300,
				    899, 900, -1, 1000, 500, 250, 50, 101 };
	struct choice		 c = { .n = 0 }, more;
	struct chain_result	 r, other;
	size_t			 i;
	bool			 good;

	if (zoo_cert[0] == NULL)
		make_zoo();
	if (n < 3 || n > 2 + MANY)
		return 0;
	c.leaf = p[0] % LEAVES;
	c.at = T0 + days[p[0] / LEAVES % 16] * DAY + (p[0] >> 6);
	c.n = n - 2;
	c.nanchors = p[1] % 64 % (c.n + 1);
	for (i = 0; i < c.n; i++)
		c.given[i] = LEAVES + p[2 + i] % (ZOO - LEAVES);
	good = verify(&c, &r);
	must(good == oracle(&c));
	if (good)
		check_way(&c, &r);
	/* What takes long is asked for. */
	if ((p[1] & 64) != 0)
		check_search(&c, p + 2, c.n);
	if ((p[1] & 128) == 0)
		return 0;
	/* The other way round, and with all the rest beside it. */
	more = c;
	for (i = c.nanchors; i < c.n; i++)
		more.given[i] = c.given[c.n - 1 - (i - c.nanchors)];
	must(verify(&more, &other) == good);
	more = c;
	for (i = LEAVES; i < ZOO && good; i++)
		more.given[more.n++] = i;
	must(!good || verify(&more, &other));
	return 0;
}
