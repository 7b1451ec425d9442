#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "filing/seal.h"
#include "registry/json.h"
#include "registry/office/office_made.h"
#include "registry/web/web.h"

/*
 * Seal data, pictures and certificates: to those who hold a copy already, to
 * the owner and to officers, and nobody harvests a library for forgers
 * (design section 3).
 */

enum what { WHAT_SEAL = 1, WHAT_PICTURE, WHAT_CERTIFICATE };

/* H(0x03 ‖ DER SESeal): a number that only a holder of the seal knows. */
#define HOLDS_PREFIX	0x03

/* Another province's: say where it is. */
static void
not_here(struct web *w, struct http_req *r,
    const struct trust_province *owner)
{
	struct buf	b;

	buf_init(&b, 8192);
	buf_puts(&b, "{\"type\":\"about:blank\",\"title\":\"Not Found\","
	    "\"status\":404,\"code\":\"not-held-here\",\"detail\":\"only the "
	    "owner's node has it\",\"owner_url\":");
	json_put_text(&b, owner->nurls > 0 ? owner->urls[0] : NULL);
	buf_put_u8(&b, '}');
	web_reply(w, r, 404, "application/problem+json", &b);
}

static void
put_pem(struct buf *out, const void *der, size_t n)
{
	char	*text = xmalloc(B64_SIZE(n));
	size_t	 i, len;

	len = b64_encode(der, n, text);
	buf_puts(out, "-----BEGIN CERTIFICATE-----\n");
	for (i = 0; i < len; i += 64) {
		buf_put(out, text + i, len - i < 64 ? len - i : 64);
		buf_put_u8(out, '\n');
	}
	buf_puts(out, "-----END CERTIFICATE-----\n");
	free(text);
}

/* Certificates one behind another, as DER. */
static int
put_chain(struct buf *out, struct octets chain, struct err *e)
{
	struct cursor	c = cursor_of(chain.p, chain.len);
	struct der	d;
	int		rc;

	while (cursor_left(&c) > 0) {
		if ((rc = der_expect(&c, DER_SEQUENCE, &d, "certificate",
		    e)) != 0)
			return rc;
		put_pem(out, d.tlv.p, d.tlv.len);
	}
	return 0;
}

/* May who have seal?  holds is what was shown, or NULL. */
static bool
may_have(const struct web_who *who, struct query *q, struct octets seal,
    const uint8_t *holds)
{
	uint8_t	own[SM3_LEN];

	if (holds != NULL) {
		sm3_prefixed(HOLDS_PREFIX, seal, OCTETS(NULL, 0), own);
		if (mem_equal(own, holds, SM3_LEN))
			return true;
	}
	return who->account != 0 && ((who->roles & ROLE_READERS) != 0 ||
	    who->account == query_int(q, 6));
}

static int
put_picture(struct web *w, int64_t application, struct buf *out,
    struct err *e)
{
	struct val	 v = val_int(application);
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	if ((rc = store_query(w->office, STMT_OFFICE_PICTURE_GET, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-picture",
		    "there is no picture");
		goto out;
	}
	buf_put_octets(out, query_blob(q, 1));

	rc = 0;
out:
	query_done(q);
	return rc;
}

static int
put_copy(struct web *w, const char *code, enum what what,
    const struct web_who *who, const uint8_t *holds, struct buf *out,
    struct err *e)
{
	struct val	 v = val_text(code);
	struct query	*q = NULL;
	struct buf	 seal;
	bool		 row;
	int		 rc;

	buf_init(&seal, LIMIT_SEAL);
	if ((rc = store_query(w->office, STMT_OFFICE_SEAL_GET, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-such-seal",
		    "no electronic seal was made under this code");
		goto out;
	}
	if ((rc = made_seal(q, &seal, e)) != 0)
		goto out;
	if (!may_have(who, q, buf_octets(&seal), holds)) {
		rc = err_set_id(e, ERR_DENIED, "not-holder",
		    "for its owner, officers, and whoever holds a copy");
		goto out;
	}
	switch (what) {
	case WHAT_SEAL:
		buf_put_octets(out, buf_octets(&seal));
		break;
	case WHAT_PICTURE:
		if ((rc = put_picture(w, query_int(q, 5), out, e)) != 0)
			goto out;
		break;
	case WHAT_CERTIFICATE:
		put_pem(out, query_blob(q, 3).p, query_blob(q, 3).len);
		if ((rc = put_chain(out, query_blob(q, 4), e)) != 0)
			goto out;
		break;
	}

	rc = 0;
out:
	buf_fini(&seal);
	query_done(q);
	return rc;
}

static void
copy(struct web *w, struct http_req *r, enum what what, const char *type)
{
	static const char *const names[] = { "holds", NULL };
	const char	*code = http_param(r, "code"), *s;
	struct web_log	*l;
	struct web_who	 who;
	struct buf	 out;
	struct err	 e = ERR_INIT;
	uint8_t		 holds[SM3_LEN];

	if (!web_query(w, r, names) || (l = web_owner(w, r, code)) == NULL)
		return;
	if (!l->own) {
		not_here(w, r, l->owner);
		return;
	}
	if ((s = http_query(r, "holds")) != NULL &&
	    !hex_decode(s, strlen(s), holds, SM3_LEN)) {
		web_reply_problem(w, r, 400, "bad-digest",
		    "holds must be 64 hex digits");
		return;
	}
	buf_init(&out, 8u << 20);
	if (web_who(w, r, &who, &e) != 0 || put_copy(w, code, what, &who,
	    s != NULL ? holds : NULL, &out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, type, &out);
}

static void
seal(void *ctx, struct http_req *r)
{
	copy(ctx, r, WHAT_SEAL, "application/octet-stream");
}

static void
picture(void *ctx, struct http_req *r)
{
	copy(ctx, r, WHAT_PICTURE, "image/png");
}

static void
certificate(void *ctx, struct http_req *r)
{
	copy(ctx, r, WHAT_CERTIFICATE, "application/x-pem-file");
}

const struct http_route route_copy[] = {
	{ "GET", "/v1/seals/{code}/seal", HTTP_PUBLIC, 0, seal },
	{ "GET", "/v1/seals/{code}/picture", HTTP_PUBLIC, 0, picture },
	{ "GET", "/v1/seals/{code}/certificate", HTTP_PUBLIC, 0, certificate },
	{ NULL, NULL, 0, 0, NULL }
};
