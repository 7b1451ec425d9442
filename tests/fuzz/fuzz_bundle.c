#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "registry/found/bundle.h"

/*
 * Property: a bundle of the national root that is accepted, with a province's
 * certificate or without, with one root or two, is written again to one that
 * says the same, and that text is a fixed point.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 ||
	    memcmp(a->p, b->p, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	struct bundle	 a, b;
	struct buf	 one, two;
	struct err	 e = ERR_INIT;

	if (!ready && sm_init(NULL) != 0)
		abort();
	ready = true;
	bundle_init(&a);
	if (bundle_parse(OCTETS(p, n), &a, &e) != 0) {
		if (strcmp(e.id, "bad-bundle") != 0)
			abort();
		bundle_fini(&a);
		return 0;
	}
	buf_init(&one, 2 * LIMIT_BUNDLE);
	buf_init(&two, 2 * LIMIT_BUNDLE);
	bundle_init(&b);
	bundle_format(&a, &one);
	if (!buf_ok(&one) || bundle_parse(buf_octets(&one), &b, NULL) != 0)
		abort();
	bundle_format(&b, &two);
	if (!same(&a.province, &b.province) ||
	    !same(&a.roots.root, &b.roots.root) ||
	    !same(&a.roots.crl, &b.roots.crl) ||
	    !same(&a.roots.other, &b.roots.other) ||
	    !same(&a.roots.new_with_old, &b.roots.new_with_old) ||
	    !same(&a.roots.old_with_new, &b.roots.old_with_new) ||
	    !same(&a.roots.other_crl, &b.roots.other_crl) ||
	    !same(&one, &two) ||
	    strcmp(a.national_vkey, b.national_vkey) != 0)
		abort();
	buf_fini(&one);
	buf_fini(&two);
	bundle_fini(&a);
	bundle_fini(&b);
	return 0;
}
