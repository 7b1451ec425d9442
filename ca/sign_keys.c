#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/key.h"
#include "schema/msg.pb-c.h"

/* One more at the end of rs. */
static int
make_one(const struct keyring *kr, MadeKeys *rs, struct err *e)
{
	MadeKey		*k;
	struct buf	 wrapped;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	buf_init(&wrapped, LIMIT_WRAPPED_KEY);
	if ((rc = key_make_wrapped(kr, point, &wrapped, e)) == 0) {
		k = xmalloc(sizeof(*k));
		made_key__init(k);
		k->public_key.data = xmemdup(point, sizeof(point));
		k->public_key.len = sizeof(point);
		k->wrapped_key.data = xmemdup(wrapped.p, wrapped.len);
		k->wrapped_key.len = wrapped.len;
		rs->key[rs->n_key++] = k;
	}
	buf_wipe(&wrapped);
	return rc;
}

int
sign_make_keys(const struct keyring *kr, struct octets request,
    struct buf *reply, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	MadeKeys		*rs = NULL;
	uint32_t		 i, n;
	int			 rc;

	if ((rc = msg_unpack(&make_keys__descriptor, request, &m, e)) != 0)
		goto out;
	n = ((const MakeKeys *)m)->count;
	if (n == 0 || n > LIMIT_KEYS_AHEAD) {
		rc = err_set(e, ERR_TOOBIG, "keys: %u at once", n);
		goto out;
	}
	rs = xmalloc(sizeof(*rs));
	made_keys__init(rs);
	rs->key = xcalloc(n, sizeof(*rs->key));
	for (i = 0; i < n; i++)
		if ((rc = make_one(kr, rs, e)) != 0)
			goto out;
	msg_put(&rs->base, reply);
	rc = 0;
out:
	protobuf_c_message_free_unpacked(m, NULL);
	if (rs != NULL)
		made_keys__free_unpacked(rs, NULL);
	return rc;
}
