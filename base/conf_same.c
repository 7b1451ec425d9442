#include <string.h>

#include "base/conf.h"

static const void *
member(const void *of, const struct conf_key *key)
{

	return (const char *)of + key->offset;
}

static bool	same_key(const struct conf_key *, const void *, const void *);

static bool
same_lists(const struct conf_key *key, const struct conf_list *a,
    const struct conf_list *b)
{
	const struct conf_key	*sub;
	const char		*x = a->items, *y = b->items;
	size_t			 i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (key->type == CONF_STRINGS) {
			if (strcmp(((char *const *)a->items)[i],
			    ((char *const *)b->items)[i]) != 0)
				return false;
			continue;
		}
		for (sub = key->sub; sub->name != NULL; sub++)
			if (!same_key(sub, x + i * key->subsize,
			    y + i * key->subsize))
				return false;
	}
	return true;
}

static bool
same_key(const struct conf_key *key, const void *a, const void *b)
{
	const void	*x = member(a, key), *y = member(b, key);

	switch (key->type) {
	case CONF_STRING:
		return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	case CONF_INT:
		return *(const int64_t *)x == *(const int64_t *)y;
	case CONF_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case CONF_STRINGS:
	case CONF_TABLES:
		return same_lists(key, x, y);
	}
	return false;
}

static bool
is_among(const char *name, const char *const *names)
{

	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

int
conf_same(const struct conf_key *keys, const char *const *live,
    const void *a, const void *b, struct err *e)
{
	const struct conf_key	*key;

	for (key = keys; key->name != NULL; key++)
		if (!is_among(key->name, live) && !same_key(key, a, b))
			return err_set_id(e, ERR_CONFLICT, "needs-restart",
			    "%s has changed, and is taken at the start only",
			    key->name);
	return 0;
}
