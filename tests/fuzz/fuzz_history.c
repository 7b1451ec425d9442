#include "tests/unit/registry/fx.h"

#include "registry/judge/history.h"

/*
 * Property: a history that is accepted is the owner's, whole or cut where it
 * says so: its events are the entries of the log, newest first, each the one
 * that the later names, and the newest is the present record.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int good)
{
	if (!good)
		abort();
}

static void
check(struct fx *f, struct octets in, const char *code)
{
	struct history	 h;
	struct proof	*p = NULL;
	struct err	 e = ERR_INIT;
	size_t		 i, cur = fx_find(f, code);
	uint64_t	 at;

	if (history_check(in, &f->t, code, &h, &p, &e) != 0) {
		must(p == NULL && h.past.n == 0 && e.id[0] != '\0' &&
		    (e.code == ERR_FORMAT || e.code == ERR_VERIFY));
		return;
	}
	must((p == NULL) == (h.past.n == 0));
	if (p != NULL) {
		must(cur < f->ncur);
		at = f->cur[cur].at;
		for (i = 0; i < h.past.n; i++) {
			must(memcmp(h.octets[i], f->entry[at].p,
			    f->entry[at].len) == 0);
			must(strcmp(h.events[i].record.seal_code, code) == 0);
			at = h.events[i].previous;
		}
		must(h.past.whole == !history_next(&h, &at));
	}
	proof_free(p);
	history_fini(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct fx	*f;

	if (f == NULL)
		f = fx_usual();
	check(f, OCTETS(p, n), "44010600000002");
	check(f, OCTETS(p, n), "44010600000001");
	return 0;
}
