#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"

/* PEM (RFC 7468): written in its strict form, read a little more freely. */

#define PEM_LINE	48	/* octets a line: 64 characters */

void
cert_put_pem(struct octets der, const char *label, struct buf *out)
{
	size_t	 i, n;

	buf_printf(out, "-----BEGIN %s-----\n", label);
	for (i = 0; i < der.len; i += n) {
		n = der.len - i < PEM_LINE ? der.len - i : PEM_LINE;
		buf_put_b64(out, der.p + i, n);
		buf_put_u8(out, '\n');
	}
	buf_printf(out, "-----END %s-----\n", label);
}

/* Find text in o; NULL if it is not there. */
static const uint8_t *
find(struct octets o, const char *text)
{
	return memmem(o.p, o.len, text, strlen(text));
}

int
cert_unpem_next(struct cursor *c, const char *label, struct buf *out,
    struct err *e)
{
	struct octets	 in = OCTETS(c->p, cursor_left(c));
	const uint8_t	*p, *end;
	uint8_t		*raw = NULL;
	char		*head, *tail, *text = NULL;
	size_t		 n = 0, len;
	int		 rc;

	head = xasprintf("-----BEGIN %s-----", label);
	tail = xasprintf("-----END %s-----", label);
	if ((p = find(in, head)) == NULL ||
	    (end = find(OCTETS(p, (size_t)(in.p + in.len - p)),
	    tail)) == NULL) {
		rc = err_set_id(e, ERR_FORMAT, "bad-pem",
		    "no PEM block %s", label);
		goto out;
	}
	c->p = end + strlen(tail);
	text = xmalloc((size_t)(end - p) + 1);
	for (p += strlen(head); p < end; p++)
		if (*p != '\n' && *p != '\r' && *p != ' ' && *p != '\t')
			text[n++] = (char)*p;
	raw = xmalloc(n + 1);
	if (!b64_decode(text, n, raw, n + 1, &len)) {
		rc = err_set_id(e, ERR_FORMAT, "bad-pem",
		    "PEM block %s is not base64", label);
		goto out;
	}
	buf_put(out, raw, len);
	rc = 0;
out:
	free(raw);
	free(text);
	free(tail);
	free(head);
	return rc;
}

int
cert_unpem(struct octets in, const char *label, struct buf *out,
    struct err *e)
{
	struct cursor	 c = cursor_of(in.p, in.len);

	if (in.len > 0 && in.p[0] == 0x30) {	/* DER: a SEQUENCE */
		buf_put_octets(out, in);
		return 0;
	}
	return cert_unpem_next(&c, label, out, e);
}
