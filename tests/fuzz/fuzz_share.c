#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "ca/share.h"

/*
 * Property: any text is read or refused with share-format; what was read makes
 * sense, and written out reads back the same.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct share_words	w = { "a", "b", "c" };
	struct share			s, again;
	struct err			e = ERR_INIT;
	struct buf			b;

	must(sm_init(&e) == 0);
	if (share_parse(OCTETS(p, n), &s, &e) != 0) {
		must(strcmp(e.id, "share-format") == 0 && s.n == 0);
		return 0;
	}
	must(s.m >= 2 && s.m <= s.n && s.n <= LIMIT_SHARES && s.index >= 1 &&
	    s.index <= s.n);
	buf_init(&b, LIMIT_SHARE_TEXT);
	share_format(&s, &w, &b);
	must(share_parse(buf_octets(&b), &again, &e) == 0 &&
	    memcmp(&s, &again, sizeof(s)) == 0);
	buf_fini(&b);
	return 0;
}
