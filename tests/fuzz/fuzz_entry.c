#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schema/entry.pb-c.h"
#include "sync/entry.h"

/*
 * An entry that is accepted and known comes out of the common library's
 * unpack and pack as the same octets, its record too; an epoch that decodes
 * encodes to them as well.  A bundle that splits whole puts together again.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_record(const ProtobufCBinaryData *in)
{
	SealRecord	*r;
	uint8_t		*again;

	r = seal_record__unpack(NULL, in->len, in->data);
	if (r == NULL || seal_record__get_packed_size(r) != in->len)
		abort();
	if ((again = malloc(in->len + 1)) == NULL)
		abort();
	seal_record__pack(r, again);
	if (in->len != 0 && memcmp(again, in->data, in->len) != 0)
		abort();
	free(again);
	seal_record__free_unpacked(r, NULL);
}

static void
check_known(struct octets in, enum entry_kind kind)
{
	struct epoch	 ep;
	struct buf	 b;
	uint8_t		*again;
	Entry		*m;

	m = entry__unpack(NULL, in.len, in.p);
	if (m == NULL || entry__get_packed_size(m) != in.len)
		abort();
	if ((again = malloc(in.len)) == NULL)
		abort();
	entry__pack(m, again);
	if (memcmp(again, in.p, in.len) != 0)
		abort();
	free(again);
	if (kind == ENTRY_SEAL && m->entry_case == ENTRY__ENTRY_SEAL)
		check_record(&m->seal->record);
	entry__free_unpacked(m, NULL);

	if (kind != ENTRY_EPOCH) {
		if (epoch_decode(in, &ep, NULL) == 0)
			abort();
		return;
	}
	if (epoch_decode(in, &ep, NULL) != 0)
		abort();
	buf_init(&b, LIMIT_ENTRY);
	epoch_encode(&ep, &b);
	if (b.len != in.len || memcmp(b.p, in.p, in.len) != 0)
		abort();
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum entry_kind	 kind;
	struct octets	 in = OCTETS(p, n), one;
	struct cursor	 c = cursor_of(p, n);
	struct buf	 b;

	if (entry_check(in, &kind, NULL, NULL) == 0 && kind != ENTRY_OPAQUE)
		check_known(in, kind);

	buf_init(&b, n + 1);
	while (bundle_next(&c, &one))
		bundle_put(&b, one);
	if (b.len != n - cursor_left(&c) ||
	    (b.len != 0 && memcmp(b.p, p, b.len) != 0))
		abort();
	buf_fini(&b);
	return 0;
}
