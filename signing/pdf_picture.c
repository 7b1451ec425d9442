#include "signing/pdf_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/pdf_expand.h"

#define DEPTH		4	/* forms in forms */
#define SQUARE		1.5	/* an ellipse of 45 x 30 mm, too */
#define RED_SHARE	100	/* one in so many pixels: a thin ring */

struct search {
	struct pdf_doc	*doc;
	unsigned	 left;		/* pictures that may still be looked at */
	size_t		 page;
	char		*seen;
};

static bool
is_squarish(double w, double h)
{
	return w > 0 && h > 0 && w <= h * SQUARE && h <= w * SQUARE;
}

static bool
is_red(double r, double g, double b)
{
	return r > 0.55 && g < 0.5 && b < 0.5 && r > 1.5 * g && r > 1.5 * b;
}

/* The data of a stream that is not packed, or with FlateDecode alone. */
static bool
data_of(struct pdf_doc *doc, qpdf_oh oh, struct buf *out)
{
	qpdf_oh		 filter = pdf_get(doc, oh, "/Filter");
	unsigned char	*p = NULL;
	size_t		 n = 0, got;
	bool		 good = false;

	if (pdf_count(doc, filter) == 1)
		filter = pdf_at(doc, filter, 0);
	if ((filter != 0 && !pdf_name_is(doc, filter, "/FlateDecode")) ||
	    (qpdf_oh_get_stream_data(doc->q, oh, qpdf_dl_none, NULL, &p, &n) &
	    QPDF_ERRORS) != 0)
		goto out;
	if (filter == 0)
		buf_put(out, p, n);
	else if (!pdf_expand(OCTETS(p, n), LIMIT_PDF_PICTURE, out, &got))
		goto out;
	good = buf_ok(out);
out:
	free(p);
	return good;
}

static uint8_t
paeth(int a, int b, int c)
{
	int	pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);

	return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* PNG's prediction (ISO/IEC 15948, 9) undone; rows of w octets. */
static bool
undo_prediction(struct buf *b, size_t w, size_t h)
{
	uint8_t	*to = b->p, *from = b->p, left, up, corner;
	size_t	 x, y;

	if (b->len / (w + 1) < h)
		return false;
	for (y = 0; y < h; y++) {
		uint8_t	kind = *from++;

		for (x = 0; x < w; x++, to++) {
			left = x < 3 ? 0 : to[-3];
			up = y == 0 ? 0 : to[-(ptrdiff_t)w];
			corner = x < 3 || y == 0 ? 0 :
			    to[-(ptrdiff_t)w - 3];
			*to = (uint8_t)(*from++ + (kind == 1 ? left :
			    kind == 2 ? up : kind == 3 ? (left + up) / 2 :
			    kind == 4 ? paeth(left, up, corner) : 0));
		}
	}
	b->len = w * h;
	return true;
}

/* An image of 8 bits a colour, red, green and blue. */
static bool
image_is_red(struct search *s, qpdf_oh oh, size_t w, size_t h)
{
	qpdf_oh		parms = pdf_get(s->doc, oh, "/DecodeParms");
	long long	v = 0, bits = 0;
	struct buf	b;
	size_t		i, red = 0;
	bool		good;

	if (!pdf_int(s->doc, pdf_get(s->doc, oh, "/BitsPerComponent"),
	    &bits) || bits != 8 || w * h > LIMIT_PDF_PICTURE / 4)
		return false;
	if (pdf_count(s->doc, parms) == 1)
		parms = pdf_at(s->doc, parms, 0);
	buf_init(&b, LIMIT_PDF_PICTURE);
	good = data_of(s->doc, oh, &b);
	if (good && pdf_int(s->doc, pdf_get(s->doc, parms, "/Predictor"),
	    &v) && v >= 10)
		good = undo_prediction(&b, 3 * w, h);
	if (good && b.len >= 3 * w * h)
		for (i = 0; i < w * h; i++)
			red += is_red(b.p[3 * i] / 255.0,
			    b.p[3 * i + 1] / 255.0, b.p[3 * i + 2] / 255.0);
	buf_fini(&b);
	return red * RED_SHARE >= w * h && red > 0;
}

/* "r g b RG" or "rg" in what draws: a red pen, or red ink. */
static bool
drawing_is_red(struct search *s, qpdf_oh oh)
{
	struct buf	 b;
	char		*text, *p, *end;
	double		 v[3] = { 1, 1, 1 };
	bool		 red = false;

	buf_init(&b, LIMIT_PDF_PICTURE);
	if (!data_of(s->doc, oh, &b)) {
		buf_fini(&b);
		return false;
	}
	text = xstrndup((const char *)b.p, b.len);
	for (p = text; *p != '\0' && !red; p = end) {
		p += strspn(p, " \r\n\t");
		end = p + strcspn(p, " \r\n\t");
		if ((*p >= '0' && *p <= '9') || *p == '.') {
			v[0] = v[1];
			v[1] = v[2];
			v[2] = strtod(p, NULL);
		} else if (end - p == 2 && (memcmp(p, "rg", 2) == 0 ||
		    memcmp(p, "RG", 2) == 0))
			red = is_red(v[0], v[1], v[2]);
	}
	free(text);
	buf_fini(&b);
	return red;
}

static bool	look_into(struct search *s, qpdf_oh resources, unsigned depth);

static bool
look_at(struct search *s, qpdf_oh oh, unsigned depth)
{
	qpdf_oh		kind = pdf_get(s->doc, oh, "/Subtype");
	long long	w = 0, h = 0;
	double		box[4];

	if (oh == 0 || !qpdf_oh_is_stream(s->doc->q, oh) || s->left == 0)
		return false;
	s->left--;
	if (pdf_name_is(s->doc, kind, "/Image")) {
		if (!pdf_int(s->doc, pdf_get(s->doc, oh, "/Width"), &w) ||
		    !pdf_int(s->doc, pdf_get(s->doc, oh, "/Height"), &h) ||
		    w < 8 || h < 8 || w > 10000 || h > 10000 ||
		    !is_squarish((double)w, (double)h) ||
		    !image_is_red(s, oh, (size_t)w, (size_t)h))
			return false;
		(void)snprintf(s->seen, PDF_PICTURE_SIZE, "page %zu: a red "
		    "image of %lldx%lld pixels", s->page + 1, w, h);
		return true;
	}
	if (pdf_rect(s->doc, pdf_get(s->doc, oh, "/BBox"), box) &&
	    is_squarish(box[2] - box[0], box[3] - box[1]) &&
	    drawing_is_red(s, oh)) {
		(void)snprintf(s->seen, PDF_PICTURE_SIZE, "page %zu: a red "
		    "drawing", s->page + 1);
		return true;
	}
	return look_into(s, pdf_get(s->doc, oh, "/Resources"), depth + 1);
}

/* The images and forms that a page, or a form, may draw. */
static bool
look_into(struct search *s, qpdf_oh resources, unsigned depth)
{
	qpdf_oh		  list = pdf_get(s->doc, resources, "/XObject");
	size_t		  i, n;
	char		**keys;
	bool		  found = false;

	if (depth >= DEPTH || list == 0)
		return false;
	keys = pdf_keys(s->doc, list, &n);
	for (i = 0; i < n && !found; i++)
		found = look_at(s, pdf_get(s->doc, list, keys[i]), depth);
	pdf_keys_free(keys, n);
	return found;
}

bool
pdf_picture_of_seal(struct pdf_doc *doc, char seen[PDF_PICTURE_SIZE])
{
	struct search		 s = { .doc = doc, .left = LIMIT_PDF_PICTURES,
				    .seen = seen };
	const struct pdf_page	*p;
	qpdf_oh			 look;
	size_t			 i;

	for (s.page = 0; s.page < doc->npages && s.left > 0; s.page++) {
		p = &doc->pages[s.page];
		if (look_into(&s, p->inherited[PDF_RESOURCES], 0))
			return true;
		for (i = 0; i < p->nannots && s.left > 0; i++) {
			look = pdf_get(doc, pdf_get(doc, doc->annots[
			    p->first_annot + i].oh, "/AP"), "/N");
			if (look_at(&s, look, 0))
				return true;
		}
	}
	return false;
}
