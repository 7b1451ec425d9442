#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filing/record.h"
#include "sync/entry.h"

/*
 * An event that is read is written back to the very same octets, and the
 * log's own check of entries (sync/entry.h) accepts it too: no replica reads
 * what another refuses.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
same(const struct buf *b, struct octets o)
{
	if (!buf_ok(b) || b->len != o.len ||
	    (o.len > 0 && memcmp(b->p, o.p, o.len) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct octets		 in = OCTETS(p, n);
	struct record_box	*box;
	enum entry_kind		 kind;
	struct record		 r;
	struct event		 ev;
	struct buf		 b;

	if (n > LIMIT_ENTRY)
		return 0;
	buf_init(&b, 1u << 20);
	if (event_read(in, &ev, &box, NULL) == 0) {
		if (entry_check(in, &kind, NULL, NULL) != 0 ||
		    kind != ENTRY_SEAL)
			abort();
		event_encode(&ev, &b);
		same(&b, in);
		if (record_lint(&ev.record, NULL) == 0 &&
		    event_check(&ev, NULL, NULL) == 0 && ev.has_previous)
			abort();
		record_box_free(box);
	} else if (box != NULL) {
		abort();
	}
	buf_reset(&b);
	if (record_read(in, &r, &box, NULL) == 0) {
		record_encode(&r, &b);
		same(&b, in);
		record_box_free(box);
	}
	buf_fini(&b);
	return 0;
}
