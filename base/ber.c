#include "base/ber.h"
#include "base/der.h"

#define CONSTRUCTED	0x20
#define INDEFINITE	0x80
#define OCTETS_IN_PIECES (DER_OCTET_STRING | CONSTRUCTED)

struct frame {
	uint8_t		tag;
	bool		indefinite;
	struct cursor	inside;		/* to the end of the input, if so */
};

static int
bad(struct err *e, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "bad-ber", "BER: %s", what);
}

/* Identifier and length (8.1.2, 8.1.3). */
static int
take_frame(struct cursor *c, struct frame *f, struct err *e)
{
	uint8_t	octet;
	size_t	n, len;

	if (!take_u8(c, &f->tag) || !take_u8(c, &octet))
		return bad(e, "cut off");
	if (f->tag != OCTETS_IN_PIECES && !der_tag_is_good(f->tag))
		return bad(e, "a form that DER does not have");
	f->indefinite = octet == INDEFINITE;
	f->inside = *c;
	if (f->indefinite)
		return (f->tag & CONSTRUCTED) != 0 ? 0 :
		    bad(e, "a primitive of indefinite length (8.1.3.2)");
	len = octet;
	if (octet > INDEFINITE) {
		n = octet & 0x7f;
		for (len = 0; n > 0; n--) {
			if (len > SIZE_MAX >> 8 || !take_u8(c, &octet))
				return bad(e, "length cut off or too long");
			len = len << 8 | octet;
		}
	}
	if (len > cursor_left(c))
		return bad(e, "longer than the input");
	f->inside = cursor_of(c->p, len);
	c->p += len;
	return 0;
}

/* Are we at the end of f?  Its end-of-contents octets are taken. */
static bool
at_end(struct frame *f)
{
	if (!f->indefinite)
		return cursor_left(&f->inside) == 0;
	if (cursor_left(&f->inside) < 2 || f->inside.p[0] != 0 ||
	    f->inside.p[1] != 0)
		return false;
	f->inside.p += 2;
	return true;
}

static int	convert(struct cursor *c, struct buf *out, unsigned depth,
		    bool piece, struct err *e);

/* What is in f, one after the other, then c behind it. */
static int
contents(struct cursor *c, struct frame *f, struct buf *out, unsigned depth,
    bool pieces, struct err *e)
{
	int	rc;

	while (!at_end(f))
		if ((rc = convert(&f->inside, out, depth + 1, pieces,
		    e)) != 0)
			return rc;
	if (f->indefinite)
		*c = f->inside;
	return 0;
}

/* piece: of an OCTET STRING; its octets alone are written. */
static int
convert(struct cursor *c, struct buf *out, unsigned depth, bool piece,
    struct err *e)
{
	struct frame	f;
	size_t		mark;
	int		rc;

	if (depth > LIMIT_DER_DEPTH)
		return bad(e, "nested too deep");
	if ((rc = take_frame(c, &f, e)) != 0)
		return rc;
	if (piece && (f.tag & ~CONSTRUCTED) != DER_OCTET_STRING)
		return bad(e, "a piece that is no OCTET STRING (8.7.3.2)");
	if ((f.tag & CONSTRUCTED) == 0) {
		if (piece)
			buf_put(out, f.inside.p, cursor_left(&f.inside));
		else
			der_put(out, f.tag, f.inside.p,
			    cursor_left(&f.inside));
		return 0;
	}
	if (piece)
		return contents(c, &f, out, depth, true, e);
	mark = der_open(out, f.tag == OCTETS_IN_PIECES ? DER_OCTET_STRING :
	    f.tag);
	if ((rc = contents(c, &f, out, depth, f.tag == OCTETS_IN_PIECES,
	    e)) != 0)
		return rc;
	der_close(out, mark);
	return 0;
}

int
ber_to_der(struct cursor *c, struct buf *out, struct err *e)
{
	struct cursor	at = *c;
	int		rc;

	if ((rc = convert(&at, out, 0, false, e)) != 0)
		return rc;
	if (!buf_ok(out))
		return err_set(e, ERR_TOOBIG, "BER: over %zu octets",
		    out->max);
	*c = at;
	return 0;
}
