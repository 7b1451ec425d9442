#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "base/mem.h"
#include "base/text.h"
#include "signing/sheet_glyphs.h"
#include "signing/sheet_text.h"
#include "signing/sheet_value.h"
#include "signing/xml.h"

/* "g 3 2.5": the value, so many times. */
struct deltas {
	char		*text;		/* or NULL */
	const char	*at;
	double		 value;
	double		 again;		/* times that value comes once more */
	bool			 bad;		/* it is malformed */
};

/* One text object while it is traced. */
struct text {
	struct sheet_canvas	*c;
	struct sheet_face	*face;
	double			 size, wide;	/* of the em, in its space */
	double			 turn;		/* of each character */
	double			 x, y;		/* of the last TextCode */
	size_t			 seen;		/* characters that should be */
};

static void
deltas_init(struct deltas *d, const struct _xmlNode *n, const char *name)
{
	memset(d, 0, sizeof(*d));
	d->text = xml_attribute(n, name);
	d->at = d->text != NULL ? d->text : "";
}

/* The next offset; where the list has ended, the last goes on. */
static double
deltas_next(struct deltas *d)
{
	double	times, v;

	if (d->again > 0) {
		d->again--;
		return d->value;
	}
	d->at += strspn(d->at, " \t\r\n");
	if (*d->at == 'g') {
		d->at++;
		if (!sheet_number(&d->at, &times) ||
		    !sheet_number(&d->at, &v)) {
			d->bad = true;
			d->at = "";
			return d->value;
		}
		d->value = v;
		d->again = times >= 1 ? floor(times) - 1 : 0;
	} else if (sheet_number(&d->at, &v)) {
		d->value = v;
	} else {
		d->bad |= *d->at != '\0';
		d->at = "";
	}
	return d->value;
}

/* White space, and what joins or parts others unseen. */
static bool
is_blank(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x3000 ||
	    (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
	    c == 0x205f || c == 0x2060 || c == 0xfeff;
}

/* Where a character should be: a frame, as wide as its size. */
static void
put_frame(cairo_t *cr)
{
	cairo_rectangle(cr, .08, -.8, .84, .84);
	cairo_new_sub_path(cr);
	cairo_move_to(cr, .14, -.74);
	cairo_line_to(cr, .14, -.02);
	cairo_line_to(cr, .86, -.02);
	cairo_line_to(cr, .86, -.74);
	cairo_close_path(cr);
}

/* One character at (x, y); what the next is further off, in its space. */
static double
put_character(struct text *t, uint32_t c, int64_t glyph, double x, double y)
{
	const double		scale[6] = { t->size * t->wide, 0, 0, t->size,
				    0, 0 };
	double			advance = 1;
	enum sheet_drawn	how = SHEET_TOO_MUCH;

	if (!sheet_canvas_spend(&t->c->glyphs, 1)) {
		t->c->no_glyph++;
		return 0;
	}
	/* A typeface that came along may have a shape for it. */
	if (glyph < 0 && is_blank(c) && !sheet_face_came(t->face))
		return 0;
	cairo_save(t->c->cr);
	cairo_translate(t->c->cr, x, y);
	if (t->turn != 0)
		cairo_rotate(t->c->cr, t->turn * M_PI / 180);
	if (sheet_canvas_turn(t->c, scale))
		how = sheet_face_trace(t->face, c, glyph, t->c, &advance);
	switch (how) {
	case SHEET_DRAWN:
		break;
	case SHEET_OTHER:
		t->c->other_face += glyph >= 0 || !is_blank(c);
		break;
	case SHEET_NO_GLYPH:
		if (glyph < 0 && is_blank(c)) {
			advance = 0;
			break;
		}
		if (sheet_canvas_near(t->c, 0, -1) &&
		    sheet_canvas_near(t->c, 1, 0))
			put_frame(t->c->cr);
		t->c->no_glyph++;
		break;
	case SHEET_TOO_MUCH:
		t->c->no_glyph++;
		break;
	}
	cairo_restore(t->c->cr);
	t->seen += how != SHEET_TOO_MUCH && !is_blank(c);
	return advance * t->size * t->wide;
}

/* A TextCode: its characters, each of which may be glyphs of its own. */
static void
put_code(struct text *t, const struct _xmlNode *n, bool only)
{
	struct sheet_glyphs	*glyphs = NULL;
	struct deltas		 dx, dy;
	char			*text = xml_content(n);
	const char		*s = text;
	double			 further;
	int64_t			 glyph;
	size_t			 i, k;
	uint32_t		 c;

	t->c->left_out += sheet_list(n, "X", 1, &t->x) == SHEET_BAD;
	t->c->left_out += sheet_list(n, "Y", 1, &t->y) == SHEET_BAD;
	deltas_init(&dx, n, "DeltaX");
	deltas_init(&dy, n, "DeltaY");
	if (sheet_face_came(t->face))
		glyphs = sheet_glyphs_new(n, only, t->c);
	if (s != NULL && !sheet_canvas_spend(&t->c->octets, strlen(s) +
	    strlen(dx.at) + strlen(dy.at))) {
		t->c->no_glyph += utf8_count(s);
		s = NULL;
	}
	for (i = 0; s != NULL && (c = utf8_next(&s)) != 0; i++) {
		if (i > 0) {
			t->x += deltas_next(&dx);
			t->y += deltas_next(&dy);
		}
		if (!sheet_glyphs_has(glyphs, i)) {
			(void)put_character(t, c, -1, t->x, t->y);
			continue;
		}
		for (k = 0, further = 0; (glyph = sheet_glyphs_of(glyphs, i,
		    k)) >= 0; k++)
			further += put_character(t, c, glyph,
			    t->x + further, t->y);
	}
	if (dx.bad || dy.bad)
		t->c->left_out++;
	sheet_glyphs_free(glyphs);
	free(dx.text);
	free(dy.text);
	free(text);
}

size_t
sheet_text(const struct _xmlNode *n, struct sheet_faces *faces,
    struct sheet_canvas *c)
{
	const struct _xmlNode	*code = xml_child(n, "TextCode");
	const bool		 only = xml_count(n, "TextCode") == 1;
	struct text		 t = { .c = c };

	t.face = sheet_face(faces, sheet_id(n, "Font"));
	t.size = sheet_one(n, "Size", 0);
	t.wide = sheet_one(n, "HScale", 1);
	t.turn = sheet_one(n, "CharDirection", 0);
	for (; code != NULL; code = xml_next(code))
		put_code(&t, code, only);
	return t.seen;
}
