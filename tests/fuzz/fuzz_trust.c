#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "sync/trust.h"

/*
 * A trust list that parses formats to one that parses and formats to the same
 * octets; every prefix is owned by the province that lists it.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define LINE	"\n\xe2\x80\x94 somebody AAAAAAAA\n"

static struct trust *
parse(struct octets body)
{
	struct trust	*t = NULL;
	struct buf	 b;

	buf_init(&b, 2 * LIMIT_NOTE);
	buf_put_octets(&b, body);
	buf_puts(&b, LINE);
	if (trust_parse(buf_octets(&b), NULL, &t, NULL) != 0 && t != NULL)
		abort();
	buf_fini(&b);
	return t;
}

static void
check_owners(const struct trust *t)
{
	const struct trust_province	*p;
	size_t				 i, k;

	for (i = 0; i < t->nprovinces; i++) {
		p = &t->provinces[i];
		for (k = 0; k < p->nprefixes; k++)
			if (trust_owner(t, p->prefixes[k]) != p)
				abort();
		if (trust_by_province(t, p->province) != p ||
		    trust_by_origin(t, p->origin) != p)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int	 ready;
	struct trust	*t, *u;
	struct buf	 a, b;

	if (!ready && sm_init(NULL) != 0)
		abort();
	ready = 1;
	if (n > LIMIT_NOTE / 4 || (t = parse(OCTETS(p, n))) == NULL)
		return 0;
	check_owners(t);
	buf_init(&a, LIMIT_NOTE);
	buf_init(&b, LIMIT_NOTE);
	trust_format(t, &a);
	if ((u = parse(buf_octets(&a))) == NULL)
		abort();
	trust_format(u, &b);
	if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0 ||
	    t->nprovinces != u->nprovinces || t->version != u->version ||
	    t->issued != u->issued || t->expires != u->expires)
		abort();
	buf_fini(&a);
	buf_fini(&b);
	trust_free(t);
	trust_free(u);
	return 0;
}
