#include <string.h>

#include "base/sm.h"
#include "registry/office/office_made.h"

int
made_seal(struct query *row, struct buf *out, struct err *e)
{
	const struct octets	kept = query_blob(row, 1);
	const struct octets	digest = query_blob(row, 2);
	const size_t		begin = out->len;
	uint8_t			is[SM3_LEN];
	size_t			at = kept.len;

	if (!query_is_null(row, 7)) {
		at = (size_t)query_int(row, 7);
		if (at > kept.len)
			at = kept.len;	/* the digest will tell */
	}
	buf_put(out, kept.p, at);
	buf_put_octets(out, query_blob(row, 8));
	buf_put(out, kept.p + at, kept.len - at);
	if (!buf_ok(out))
		return err_set(e, ERR_TOOBIG, "the seal is too large");
	sm3(out->p + begin, out->len - begin, is);
	if (digest.len != SM3_LEN || memcmp(digest.p, is, SM3_LEN) != 0)
		return err_set_id(e, ERR_STORE, "store-corrupt", "the seal is "
		    "not what was made");
	return 0;
}
