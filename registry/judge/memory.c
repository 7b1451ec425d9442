#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/jail.h"
#include "base/mem.h"
#include "base/memo.h"
#include "base/sm.h"
#include "ca/chain_pick.h"
#include "ca/crl.h"
#include "registry/judge/memory.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define LIST_TIMEOUT_MS	10000
#define KEY_MAX		(1u << 20)
#define CERTS		512
#define ISSUERS		16	/* whose keys verify many certificates */

/* A revocation list, or that there was none. */
struct list {
	char		*url;
	uint8_t		*p;
	size_t		 n;
	int64_t		 at;		/* when it was fetched */
};

struct memory {
	struct jail_own	*jail;
	struct list	*lists;
	size_t		 nlists, octets;
	struct memo	*words;		/* by chains_key(): ChainWord */
};

/* Certificates come with every question anew, and lists may be long. */
static int
warm(struct err *e)
{
	sm2_tables(ISSUERS);
	cert_remember(CERTS);
	crl_remember(LIMIT_CHAIN_GIVEN);
	return program_jail.warm(e);
}

static struct jail_spec	chain_jail;

static void
drop_word(void *value)
{
	chain_word__free_unpacked(value, NULL);
}

struct memory *
memory_new(size_t chains)
{
	struct memory	*m = xcalloc(1, sizeof(*m));

	chain_jail = (struct jail_spec){ .tables = program_jail.tables,
	    .warm = warm };
	m->jail = jail_new(&chain_jail);
	m->words = memo_new(chains, LIMIT_MEMORY_CHAINS, drop_word);
	return m;
}

static void
drop_lists(struct memory *m)
{
	size_t	i;

	for (i = 0; i < m->nlists; i++) {
		free(m->lists[i].url);
		free(m->lists[i].p);
	}
	free(m->lists);
	m->lists = NULL;
	m->nlists = 0;
	m->octets = 0;
}

void
memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	drop_lists(m);
	memo_free(m->words);
	jail_free(m->jail);
	free(m);
}

struct jail_own *
memory_jail(struct memory *m)
{
	return m->jail;
}

/* ---- revocation lists */

/* A stranger's certificate may name any part of a list. */
static void
drop_empty(struct memory *m)
{
	size_t	i, n = 0;

	for (i = 0; i < m->nlists; i++)
		if (m->lists[i].n > 0)
			m->lists[n++] = m->lists[i];
		else
			free(m->lists[i].url);
	m->nlists = n;
}

void
memory_begin(struct memory *m)
{
	if (m->octets > LIMIT_MEMORY_LISTS)
		drop_lists(m);
	if (m->nlists > LIMIT_MEMORY_URLS)
		drop_empty(m);
}

static struct list *
list_of(struct memory *m, const char *url)
{
	struct list	*l;
	size_t		 i;

	for (i = 0; i < m->nlists; i++)
		if (strcmp(m->lists[i].url, url) == 0)
			return &m->lists[i];
	m->lists = xreallocarray(m->lists, m->nlists + 1,
	    sizeof(m->lists[0]));
	l = &m->lists[m->nlists++];
	memset(l, 0, sizeof(*l));
	l->url = xstrdup(url);
	l->at = INT64_MIN;
	return l;
}

/* Other octets than before: what was said may be otherwise now. */
static void
replace(struct memory *m, struct list *l, struct octets o)
{
	if (l->n == o.len && (o.len == 0 || memcmp(l->p, o.p, o.len) == 0))
		return;
	memo_clear(m->words);
	free(l->p);
	m->octets += o.len - l->n;
	l->p = o.len > 0 ? xmemdup(o.p, o.len) : NULL;
	l->n = o.len;
}

struct octets
memory_list(struct memory *m, const char *url, int64_t now)
{
	struct list		*l = list_of(m, url);
	struct fetch_req	 req = { .max = LIMIT_CRL, .url = url,
				    .timeout_ms = LIST_TIMEOUT_MS };
	struct fetch_res	 res;

	/* A clock that was set back asks again, too. */
	if (l->at == INT64_MIN || now < l->at ||
	    now - l->at >= MEMORY_SECONDS) {
		memset(&res, 0, sizeof(res));
		if (fetch_once(&req, &res, NULL) == 0 && res.status == 200)
			replace(m, l, buf_octets(&res.body));
		else
			replace(m, l, OCTETS(NULL, 0));
		fetch_res_fini(&res);
		l->at = now;
	}
	return OCTETS(l->p, l->n);
}

/* ---- words on certificates */

void
memory_recall(struct memory *m, struct chains *c)
{
	const ChainWord	*known;
	struct buf	 key;
	size_t		 i;

	buf_init(&key, KEY_MAX);
	for (i = 0; i < chains_count(c); i++) {
		buf_reset(&key);
		chains_key(c, i, &key);
		if (buf_ok(&key) && (known = memo_get(m->words,
		    buf_octets(&key))) != NULL)
			chains_recall(c, i, known);
	}
	buf_fini(&key);
}

/* The new words, and as many of the old ones as there is room for; our own
 * copy, or NULL. */
static ChainWord *
merge(const ChainWord *heard, const ChainWord *old, size_t *weight)
{
	ChainAt		*at[LIMIT_MEMORY_SPANS];
	ChainWord	 both = *heard, *copy;
	uint8_t		*packed;
	size_t		 i, n = 0, len;

	for (i = 0; i < heard->n_at && n < LIMIT_MEMORY_SPANS; i++)
		at[n++] = heard->at[i];
	for (i = 0; old != NULL && i < old->n_at && n < LIMIT_MEMORY_SPANS;
	    i++)
		at[n++] = old->at[i];
	both.at = at;
	both.n_at = n;
	packed = xmalloc(chain_word__get_packed_size(&both) + 1);
	len = chain_word__pack(&both, packed);
	copy = chain_word__unpack(NULL, len, packed);
	free(packed);
	*weight = sizeof(*copy) + n * sizeof(**copy->at) + len;
	return copy;
}

void
memory_keep(struct memory *m, const struct chains *c)
{
	const ChainWord	*heard;
	ChainWord	*word;
	struct buf	 key;
	size_t		 i, weight;

	/* Lists were left out for the sake of what stands beside it in that
	 * file; the next one has them. */
	if (chains_crowded(c))
		return;
	buf_init(&key, KEY_MAX);
	for (i = 0; i < chains_count(c); i++) {
		if ((heard = chains_heard(c, i)) == NULL)
			continue;
		buf_reset(&key);
		chains_key(c, i, &key);
		if (!buf_ok(&key))
			continue;
		word = merge(heard, memo_get(m->words, buf_octets(&key)),
		    &weight);
		if (word != NULL)
			(void)memo_put(m->words, buf_octets(&key), word,
			    weight);
	}
	buf_fini(&key);
}
