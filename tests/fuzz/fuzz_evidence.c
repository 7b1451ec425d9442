#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "registry/judge/evidence.h"

/*
 * Property: evidence that is accepted is written again so that it reads the
 * same; what is refused leaves nothing behind.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int good)
{
	if (!good)
		abort();
}

static int
same_text(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
compare(const struct evidence *a, const struct evidence *b)
{
	size_t	i;

	must(a->now == b->now && a->has_at == b->has_at &&
	    (!a->has_at || a->at == b->at) && a->asked == b->asked);
	must(memcmp(a->digest, b->digest, SM3_LEN) == 0);
	must(a->length == b->length && a->readinglen == b->readinglen);
	must(a->ncrls == b->ncrls && a->nwords == b->nwords);
	must(a->lists_said == b->lists_said && a->nlists == b->nlists &&
	    b->nadded == 0 &&
	    evidence_lists_gone(a) == evidence_lists_gone(b) &&
	    memcmp(a->lists, b->lists, sizeof(a->lists)) == 0);
	must(a->policy.nintermediates == b->policy.nintermediates);
	must(same_text(a->trust, b->trust) &&
	    same_text(a->refused, b->refused));
	must(a->policy.nrefused == b->policy.nrefused &&
	    a->policy.nanchors == b->policy.nanchors &&
	    a->policy.max_age == b->policy.max_age);
	for (i = 0; i < a->nwords; i++)
		must(same_text(a->words[i].answer, b->words[i].answer) &&
		    same_text(a->words[i].history, b->words[i].history));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct evidence	*a = calloc(2, sizeof(*a));
	struct report	 r;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (evidence_read(OCTETS(p, n), a, &e) != 0) {
		must(e.code == ERR_FORMAT &&
		    strcmp(e.id, "bad-evidence") == 0);
		must(a->reading == NULL && a->nwords == 0 && a->trust == NULL);
		free(a);
		return 0;
	}
	report_init(&r, "seal");
	buf_init(&out, LIMIT_EVIDENCE);
	evidence_put(a, &r, &out);
	must(buf_ok(&out) && evidence_read(buf_octets(&out), a + 1,
	    &e) == 0);
	compare(a, a + 1);
	buf_fini(&out);
	report_fini(&r);
	evidence_fini(a);
	evidence_fini(a + 1);
	free(a);
	return 0;
}
