#include "tests/unit/registry/fx.h"

/*
 * Property: an answer whose proof is accepted says what the owner's map says,
 * whatever else was done to it: present or not, the very record, the verdict
 * and the time of the signature.  The key of the fixture has signed one head
 * for these seeds, that of fx_usual().
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int good)
{
	if (!good)
		abort();
}

static void
check(struct fx *f, struct octets in, const char *code, const uint8_t *digest)
{
	struct proof_ask	 ask = { .code = code, .digest = digest,
				    .now = FX_AS_OF + 5 };
	struct verdict_case	 c = { .digest = digest, .now = ask.now,
				    .complete_since = FX_TIME };
	struct proof		*p = NULL;
	struct err		 e = ERR_INIT;
	struct record		 r;
	struct record_box	*box = NULL;
	size_t			 i = fx_find(f, code);

	if (proof_check(in, &f->t, &ask, &p, &e) != 0) {
		must(p == NULL && e.id[0] != '\0' &&
		    (e.code == ERR_FORMAT || e.code == ERR_VERIFY));
		return;
	}
	if (!p->proven) {
		must(p->verdict == VERDICT_UNKNOWN && !p->present);
		proof_free(p);
		return;
	}
	must(p->as_of == FX_AS_OF && p->size == f->head.size);
	must(p->present == (i < f->ncur));
	if (p->present) {
		must(p->octets.len == f->cur[i].rec.len && memcmp(p->octets.p,
		    f->cur[i].rec.p, p->octets.len) == 0);
		must(strcmp(p->record.seal_code, code) == 0);
		must(record_read(f->cur[i].rec, &r, &box, NULL) == 0);
		c.record = &r;
	}
	must(p->verdict == verdict_judge(&c, NULL));
	record_box_free(box);
	proof_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct fx	*f;
	static uint8_t		 other[SM3_LEN];

	if (f == NULL)
		f = fx_usual();
	check(f, OCTETS(p, n), "44010600000001", NULL);
	check(f, OCTETS(p, n), "44010600000001", other);
	check(f, OCTETS(p, n), "44010600000002", NULL);
	check(f, OCTETS(p, n), "44010699999999", NULL);
	return 0;
}
