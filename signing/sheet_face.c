#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cairo.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "base/mem.h"
#include "filing/font.h"
#include "filing/outline.h"
#include "filing/picture.h"
#include "signing/sheet_face.h"
#include "signing/xml.h"

#define LOAD		(FT_LOAD_NO_SCALE | FT_LOAD_NO_HINTING | \
			FT_LOAD_NO_BITMAP)
#define EM_MIN		16	/* FreeType's own bounds (OpenType, head) */
#define EM_MAX		16384
#define DEPTH_MAX	4	/* of glyphs made from others */

struct sheet_face {
	struct sheet_faces	*of;
	uint32_t		 id;
	FT_Face			 ft;		/* NULL: it did not come */
	uint8_t			*octets;	/* what ft reads */
};

struct sheet_faces {
	struct sheet_res	*res;
	FT_Library		 library;	/* NULL: none is needed yet */
	struct sheet_face	 face[LIMIT_SHEET_FACES];
	size_t			 n;
	struct sheet_face	 none;
	clock_t			 spent;		/* in FreeType */
};

struct sheet_faces *
sheet_faces_new(struct sheet_res *res)
{
	struct sheet_faces	*f = xcalloc(1, sizeof(*f));

	f->res = res;
	return f;
}

void
sheet_faces_free(struct sheet_faces *f)
{
	size_t	i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n; i++) {
		if (f->face[i].ft != NULL)
			(void)FT_Done_Face(f->face[i].ft);
		free(f->face[i].octets);
	}
	if (f->library != NULL)
		(void)FT_Done_FreeType(f->library);
	free(f);
}

/* TrueType, OpenType, or CFF alone: FreeType knows more that nobody needs. */
static bool
is_known(const uint8_t *p, size_t n)
{
	static const char *const	heads[] = { "\0\1\0\0", "OTTO", "true",
					    "ttcf" };
	size_t				i;

	for (i = 0; n >= 4 && i < sizeof(heads) / sizeof(heads[0]); i++)
		if (memcmp(p, heads[i], 4) == 0)
			return true;
	return n >= 4 && p[0] == 1 && p[1] == 0;
}

static void
open_face(struct sheet_faces *f, const struct _xmlNode *n,
    struct sheet_face *face)
{
	size_t	len;

	if (sheet_res_octets(f->res, n, "FontFile", LIMIT_SHEET_FACE,
	    &face->octets, &len, NULL) != 0)
		return;
	if (f->library == NULL && FT_Init_FreeType(&f->library) != 0)
		f->library = NULL;
	if (f->library == NULL || !is_known(face->octets, len) ||
	    FT_New_Memory_Face(f->library, face->octets, (FT_Long)len, 0,
	    &face->ft) != 0) {
		face->ft = NULL;
		return;
	}
	if (!FT_IS_SCALABLE(face->ft) || face->ft->units_per_EM < EM_MIN ||
	    face->ft->units_per_EM > EM_MAX) {
		(void)FT_Done_Face(face->ft);
		face->ft = NULL;
	}
}

struct sheet_face *
sheet_face(struct sheet_faces *f, uint32_t id)
{
	const struct _xmlNode	*n = sheet_res_find(f->res, SHEET_FONT, id);
	struct sheet_face	*face;
	size_t			 i;

	if (n == NULL || xml_child(n, "FontFile") == NULL)
		return &f->none;
	for (i = 0; i < f->n; i++)
		if (f->face[i].id == id)
			return &f->face[i];
	if (f->n == LIMIT_SHEET_FACES)
		return &f->none;
	face = &f->face[f->n++];
	face->id = id;
	face->of = f;
	open_face(f, n, face);
	return face;
}

bool
sheet_face_came(const struct sheet_face *f)
{
	return f->ft != NULL;
}

/* ---- outlines */

/* May a glyph of n points be drawn in this box of the em?  spent: they are
 * counted already. */
static bool
may(struct sheet_canvas *canvas, const double box[4], size_t n, bool spent)
{
	return sheet_canvas_near(canvas, box[0], box[1]) &&
	    sheet_canvas_near(canvas, box[2], box[1]) &&
	    sheet_canvas_near(canvas, box[0], box[3]) &&
	    sheet_canvas_near(canvas, box[2], box[3]) &&
	    sheet_canvas_spend(&canvas->segments, spent ? 0 : n) &&
	    sheet_canvas_trace(canvas, (box[2] - box[0]) / 4,
	    (box[3] - box[1]) / 4, n);
}

/*
 * A glyph may be put together from others, and these from others again: each
 * is looked at by itself first, since FreeType would go wherever they lead.
 */
static bool
is_bounded(FT_Face ft, FT_UInt glyph, unsigned depth, size_t *parts,
    size_t *points)
{
	FT_UInt		list[LIMIT_SHEET_PARTS], flags;
	FT_Int		index, a, b;
	FT_Matrix	turn;
	FT_UInt		i, n;

	if (depth > DEPTH_MAX || !sheet_canvas_spend(parts, 1) ||
	    FT_Load_Glyph(ft, glyph, LOAD | FT_LOAD_NO_RECURSE) != 0)
		return false;
	if (ft->glyph->format != FT_GLYPH_FORMAT_COMPOSITE)
		return sheet_canvas_spend(points,
		    1 + (size_t)ft->glyph->outline.n_points);
	if ((n = ft->glyph->num_subglyphs) > LIMIT_SHEET_PARTS)
		return false;
	/* The next one takes the slot: what is in it is kept first. */
	for (i = 0; i < n; i++) {
		if (FT_Get_SubGlyph_Info(ft->glyph, i, &index, &flags, &a,
		    &b, &turn) != 0 || index < 0)
			return false;
		list[i] = (FT_UInt)index;
	}
	for (i = 0; i < n; i++)
		if (!is_bounded(ft, list[i], depth + 1, parts, points))
			return false;
	return true;
}

/* Into the face's slot. */
static bool
load(struct sheet_face *f, FT_UInt glyph, struct sheet_canvas *canvas)
{
	const clock_t	most = (clock_t)(LIMIT_SHEET_FACE_MS *
			    (CLOCKS_PER_SEC / 1000));
	const clock_t	began = clock();
	size_t		parts = LIMIT_SHEET_PARTS;
	bool		good;

	good = f->of->spent <= most && is_bounded(f->ft, glyph, 0, &parts,
	    &canvas->segments) && FT_Load_Glyph(f->ft, glyph, LOAD) == 0 &&
	    f->ft->glyph->format == FT_GLYPH_FORMAT_OUTLINE;
	f->of->spent += clock() - began;
	return good;
}

static enum sheet_drawn
trace_theirs(struct sheet_face *f, FT_UInt glyph,
    struct sheet_canvas *canvas, double *advance)
{
	const double	em = f->ft->units_per_EM;
	double		box[4];
	FT_BBox		b;

	if (!load(f, glyph, canvas))
		return SHEET_NO_GLYPH;
	*advance = (double)f->ft->glyph->metrics.horiAdvance / em;
	FT_Outline_Get_CBox(&f->ft->glyph->outline, &b);
	box[0] = (double)b.xMin / em;
	box[1] = -(double)b.yMax / em;
	box[2] = (double)b.xMax / em;
	box[3] = -(double)b.yMin / em;
	if (!may(canvas, box, (size_t)f->ft->glyph->outline.n_points, true))
		return SHEET_TOO_MUCH;
	return outline_trace(&f->ft->glyph->outline, em, canvas->cr) ?
	    SHEET_DRAWN : SHEET_NO_GLYPH;
}

/* The typeface that seals of ours are drawn in, or -1. */
static int
our_face(void)
{
	struct picture	p;
	unsigned	i;
	int		face = -1;

	for (i = 0; face == -1 && picture_at(i, &p); i++)
		face = font_find(p.face, p.weight);
	return face;
}

static enum sheet_drawn
trace_ours(uint32_t c, struct sheet_canvas *canvas, double *advance)
{
	const int	face = our_face();
	struct glyph	g;
	double		box[4];

	if (face == -1 || font_measure(face, c, &g, NULL) != 0)
		return SHEET_NO_GLYPH;
	*advance = g.advance;
	box[0] = g.x0;
	box[1] = g.y0;
	box[2] = g.x1;
	box[3] = g.y1;
	/* Shapes of ours are what they are: a character counts as some. */
	if (!may(canvas, box, 32, false))
		return SHEET_TOO_MUCH;
	return font_outline(face, c, canvas->cr, NULL) == 0 ? SHEET_OTHER :
	    SHEET_NO_GLYPH;
}

enum sheet_drawn
sheet_face_trace(struct sheet_face *f, uint32_t c, int64_t glyph,
    struct sheet_canvas *canvas, double *advance)
{
	enum sheet_drawn	how = SHEET_NO_GLYPH;
	FT_UInt			index;

	*advance = 1;
	if (f->ft == NULL)
		return trace_ours(c, canvas, advance);
	index = glyph >= 0 && glyph < f->ft->num_glyphs ? (FT_UInt)glyph :
	    FT_Get_Char_Index(f->ft, c);
	if (index != 0)
		how = trace_theirs(f, index, canvas, advance);
	return how == SHEET_NO_GLYPH ? trace_ours(c, canvas, advance) : how;
}
