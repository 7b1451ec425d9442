#include <string.h>

#include "filing/ses.h"

#define OID_SIZE	64	/* dotted text that is longer is refused */

int
ses_take(struct cursor *c, uint8_t tag, struct der *d, const char *what,
    struct err *e)
{
	return der_expect(c, (enum der_tag)tag, d, what, e);
}

int
ses_end(const struct cursor *c, const char *what, struct err *e)
{
	if (cursor_left(c) != 0)
		return err_set(e, ERR_FORMAT,
		    "something follows the last member of %s", what);
	return 0;
}

int
ses_uint(struct cursor *c, uint64_t *v, const char *what, struct err *e)
{
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_INTEGER, &d, what, e)) != 0)
		return rc;
	if (der_uint(&d, v, NULL) != 0)
		return err_set(e, ERR_FORMAT,
		    "%s is not a number in the one DER spelling", what);
	return 0;
}

int
ses_ascii(struct cursor *c, uint8_t tag, struct octets *o, const char *what,
    struct err *e)
{
	struct der	d;
	size_t		i;
	int		rc;

	if ((rc = ses_take(c, tag, &d, what, e)) != 0)
		return rc;
	for (i = 0; i < d.val.len; i++)
		if (d.val.p[i] < 0x20 || d.val.p[i] >= 0x7f)
			return err_set(e, ERR_FORMAT,
			    "%s is not printable ASCII", what);
	*o = d.val;
	return 0;
}

int
ses_value(struct cursor *c, uint8_t tag, struct octets *o, const char *what,
    struct err *e)
{
	struct der	d;
	char		text[OID_SIZE];
	int		rc;

	if ((rc = ses_take(c, tag, &d, what, e)) != 0)
		return rc;
	if (tag == DER_OID && der_oid_text(&d, text, sizeof(text), NULL) != 0)
		return err_set(e, ERR_FORMAT,
		    "%s is not an OBJECT IDENTIFIER", what);
	*o = d.val;
	return 0;
}

int
ses_bits(struct cursor *c, struct octets *o, bool *unused, const char *what,
    struct err *e)
{
	struct der	d;
	unsigned	n;
	int		rc;

	if ((rc = ses_take(c, DER_BIT_STRING, &d, what, e)) != 0)
		return rc;
	if (der_bits(&d, o, NULL) == 0)
		return 0;
	n = d.val.len > 1 ? d.val.p[0] : 8;
	if (n > 7 || (d.val.p[d.val.len - 1] & ((1u << n) - 1)) != 0)
		return err_set(e, ERR_FORMAT, "%s has unused bits", what);
	*o = OCTETS(d.val.p + 1, d.val.len - 1);
	*unused = true;
	return 0;
}

bool
ses_restore(struct octets sig, uint8_t room[SES_SIG_MAX],
    struct octets *whole)
{
	const size_t	n = sig.len >= 2 ? 2u + sig.p[1] : 0;

	*whole = sig;
	/* One octet of length is enough for r and s. */
	if (sig.len < 2 || sig.p[0] != DER_SEQUENCE || sig.p[1] >= 0x80 ||
	    n <= sig.len || n > sig.len + SES_ZEROS || n > SES_SIG_MAX)
		return false;
	memset(room, 0, SES_SIG_MAX);
	memcpy(room, sig.p, sig.len);
	*whole = OCTETS(room, n);
	return true;
}

int
ses_time(struct cursor *c, uint8_t *tag, int64_t *t, const char *what,
    struct err *e)
{
	struct der	d;
	int		rc;

	*tag = der_peek(c) == DER_UTCTIME ? DER_UTCTIME : DER_GENTIME;
	if ((rc = ses_take(c, *tag, &d, what, e)) != 0)
		return rc;
	if (der_time(&d, t, NULL) != 0)
		return err_set(e, ERR_FORMAT,
		    "%s is not a time in the one DER spelling", what);
	return 0;
}

static int
extension(struct cursor *c, struct seal_extension *x, bool *written,
    struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_SEQUENCE, &d, "ExtData", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_value(&in, DER_OID, &x->oid, "ExtData.extnID",
	    e)) != 0)
		return rc;
	if (der_peek(&in) == DER_BOOLEAN) {
		if ((rc = ses_take(&in, DER_BOOLEAN, &d, "ExtData.critical",
		    e)) != 0)
			return rc;
		if (der_bool(&d, &x->critical, NULL) != 0)
			return err_set(e, ERR_FORMAT,
			    "ExtData.critical is neither TRUE nor FALSE");
		if (!x->critical)
			*written = true;
	}
	if ((rc = ses_value(&in, DER_OCTET_STRING, &x->value,
	    "ExtData.extnValue", e)) != 0)
		return rc;
	return ses_end(&in, "ExtData", e);
}

int
ses_extensions(struct cursor *list, struct seal_extension *x, size_t max,
    size_t *n, bool *written, struct err *e)
{
	int	rc;

	for (*n = 0; cursor_left(list) > 0; (*n)++) {
		if (*n >= max)
			return err_set(e, ERR_FORMAT,
			    "extDatas is longer than any seal needs");
		if ((rc = extension(list, &x[*n], written, e)) != 0)
			return rc;
	}
	return 0;
}

int
ses_time_stamp(struct cursor *c, struct octets *token, bool *unused,
    struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_CTX0, &d, "timeStamp", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_bits(&in, token, unused, "timeStamp", e)) != 0)
		return rc;
	if (token->len == 0)
		return err_set(e, ERR_FORMAT, "timeStamp is empty");
	return ses_end(&in, "timeStamp", e);
}

int
ses_count(const struct der *d, size_t *n, const char *what, struct err *e)
{
	struct cursor	c = der_inside(d);
	struct der	m;
	int		rc;

	for (*n = 0; cursor_left(&c) > 0; (*n)++)
		if ((rc = der_next(&c, &m, what, e)) != 0)
			return rc;
	return 0;
}
