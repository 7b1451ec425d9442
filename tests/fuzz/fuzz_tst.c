#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "ca/tst.h"

/*
 * A token that is read lies within its input and has attributes with a digest
 * and a type; it never covers two different things; one that verifies came
 * with its authority's certificate; what is printed, a terminal does not obey.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
inside(struct octets in, struct octets o)
{

	must(o.len == 0 || (o.p >= in.p && o.p + o.len <= in.p + in.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	struct octets	 in = OCTETS(p, n);
	struct tst	*t = malloc(sizeof(*t));
	struct err	 e = ERR_INIT;
	struct buf	 b;
	size_t		 i;

	must(t != NULL && (ready || sm_init(NULL) == 0));
	ready = true;
	if (tst_parse(in, t, &e) != 0) {
		must(strcmp(e.id, "bad-time-stamp") == 0);
		must(t->info.len == 0 && t->time == 0);
		free(t);
		return 0;
	}
	must(tst_is_token(in));
	inside(in, t->info);
	inside(t->info, t->policy);
	inside(t->info, t->imprint);
	inside(t->info, t->serial);
	inside(t->info, t->nonce);
	inside(in, t->cert);
	must(t->cms.has_attributes && t->cms.attr_type.len > 0);
	must(tst_covers(t, OCTETS("signature", 9), NULL) != 0 ||
	    tst_covers(t, OCTETS("other", 5), NULL) != 0);
	must(tst_verify(t, NULL) != 0 || t->cert.len > 0);
	buf_init(&b, 1u << 20);
	tst_print(t, &b);
	must(buf_ok(&b) && utf8_valid(b.p, b.len));
	for (i = 0; i < b.len; i++)
		must(b.p[i] >= 0x20 || b.p[i] == '\n');
	buf_fini(&b);
	free(t);
	return 0;
}
