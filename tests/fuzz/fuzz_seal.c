#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filing/kind.h"
#include "filing/seal.h"

/*
 * A seal that is read lies within its input, can be printed, and prints
 * nothing that a terminal obeys; a V4 seal without deviations is encoded again
 * to the very same octets.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
inside(struct octets in, struct octets o)
{
	if (o.len > 0 && (o.p < in.p || o.p + o.len > in.p + in.len))
		abort();
}

static void
slices(struct octets in, const struct seal *s)
{
	size_t	i;

	inside(in, s->whole);
	inside(s->whole, s->info);
	inside(s->info, s->id);
	inside(s->info, s->vid);
	inside(s->info, s->es_id);
	inside(s->info, s->name);
	inside(s->info, s->picture_type);
	inside(s->info, s->picture);
	inside(s->whole, s->cert);
	inside(s->whole, s->cert_tlv);
	inside(s->whole, s->alg_tlv);
	inside(s->alg_tlv, s->alg);
	inside(s->whole, s->signature);
	inside(s->whole, s->timestamp);
	if (s->ncerts == 0 || s->ncerts > LIMIT_SEAL_CERTS ||
	    s->next > LIMIT_SEAL_EXTENSIONS)
		abort();
	for (i = 0; i < s->ncerts; i++)
		inside(s->info, s->certs[i]);
	for (i = 0; i < s->next; i++) {
		inside(s->info, s->ext[i].oid);
		inside(s->info, s->ext[i].value);
	}
}

static void
printed(const struct seal *s)
{
	struct buf	b;
	size_t		i;

	buf_init(&b, 1u << 22);
	seal_print(s, &b);
	if (!buf_ok(&b) || b.len == 0)
		abort();
	for (i = 0; i < b.len; i++)
		if (b.p[i] < 0x20 && b.p[i] != '\n')
			abort();
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	struct seal	*s = malloc(sizeof(*s));
	struct buf	 b;

	if (s == NULL || (!ready && sm_init(NULL) != 0))
		abort();
	ready = true;
	(void)object_kind(OCTETS(p, n));
	if (seal_parse(OCTETS(p, n), s, NULL) != 0) {
		if (s->whole.len != 0 || s->ncerts != 0)
			abort();
		free(s);
		return 0;
	}
	slices(OCTETS(p, n), s);
	printed(s);
	if (s->generation == SEAL_V4 && s->deviations == 0) {
		buf_init(&b, LIMIT_SEAL + 16);
		seal_reencode(s, &b);
		if (!buf_ok(&b) || b.len != n || memcmp(b.p, p, n) != 0)
			abort();
		buf_fini(&b);
	}
	if (seal_verify(s, NULL) == 0 && seal_lint(s, NULL) == 0 &&
	    s->generation != SEAL_V4)
		abort();
	free(s);
	return 0;
}
