#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/memo.h"

struct place {
	uint8_t	*key;		/* NULL: nothing lies here */
	size_t	 len, weight;
	uint32_t hash;
	void	*value;
};

struct memo {
	struct place	*places;
	size_t		 n, next;	/* next: whose turn it is to go */
	size_t		 weight, max;
	void		(*drop)(void *value);
};

struct memo *
memo_new(size_t count, size_t weight, void (*drop)(void *value))
{
	struct memo	*m = xcalloc(1, sizeof(*m));

	m->n = (count + MEMO_SET - 1) / MEMO_SET * MEMO_SET;
	m->places = xcalloc(m->n, sizeof(m->places[0]));
	m->max = weight;
	m->drop = drop;
	return m;
}

static void
forget(struct memo *m, struct place *p)
{
	if (p->key == NULL)
		return;
	m->weight -= p->weight;
	m->drop(p->value);
	free(p->key);
	memset(p, 0, sizeof(*p));
}

void
memo_clear(struct memo *m)
{
	size_t	i;

	for (i = 0; i < m->n; i++)
		forget(m, &m->places[i]);
}

void
memo_free(struct memo *m)
{
	if (m == NULL)
		return;
	memo_clear(m);
	free(m->places);
	free(m);
}

/* FNV-1a over the length and the end, where signatures lie. */
static uint32_t
hash_of(struct octets key)
{
	uint32_t	h = 2166136261u ^ (uint32_t)key.len;
	size_t		i = key.len > 64 ? key.len - 64 : 0;

	for (; i < key.len; i++)
		h = (h ^ key.p[i]) * 16777619u;
	return h ^ h >> 15;
}

/* The places of a key, and the one where it lies, or NULL. */
static struct place *
look_up(struct memo *m, struct octets key, uint32_t hash, struct place **set)
{
	struct place	*p;
	size_t		 i;

	*set = &m->places[hash % (m->n / MEMO_SET) * MEMO_SET];
	for (i = 0; i < MEMO_SET; i++) {
		p = &(*set)[i];
		if (p->key != NULL && p->hash == hash && p->len == key.len &&
		    memcmp(p->key, key.p, key.len) == 0)
			return p;
	}
	return NULL;
}

void *
memo_get(struct memo *m, struct octets key)
{
	struct place	*set, *p = look_up(m, key, hash_of(key), &set);

	return p != NULL ? p->value : NULL;
}

/* A free place of the set, or the one whose turn it is. */
static struct place *
room_in(struct memo *m, struct place *set)
{
	size_t	i;

	for (i = 0; i < MEMO_SET; i++)
		if (set[i].key == NULL)
			return &set[i];
	i = m->next++ % MEMO_SET;
	forget(m, &set[i]);
	return &set[i];
}

bool
memo_put(struct memo *m, struct octets key, void *value, size_t weight)
{
	uint32_t	 hash = hash_of(key);
	struct place	*set, *p = look_up(m, key, hash, &set);

	weight += key.len;
	if (p != NULL)
		forget(m, p);
	if (key.len == 0 || weight > m->max) {
		m->drop(value);
		return false;
	}
	while (m->weight + weight > m->max)
		forget(m, &m->places[m->next++ % m->n]);
	p = room_in(m, set);
	*p = (struct place){ .key = xmemdup(key.p, key.len), .len = key.len,
	    .weight = weight, .hash = hash, .value = value };
	m->weight += weight;
	return true;
}
