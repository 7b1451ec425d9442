#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/sheet_canvas.h"
#include "signing/sheet_glyphs.h"
#include "signing/sheet_value.h"
#include "signing/xml.h"

#define EACH	256	/* octets that one counts for */

/* Characters at .. at + codes - 1 are glyphs first .. first + n - 1. */
struct part {
	size_t	at, codes, first, n;
};

struct sheet_glyphs {
	struct part	*parts;
	size_t		 nparts;
	uint32_t	*glyph;
	size_t		 n;
};

/* Neither is larger than what may be drawn. */
static size_t
count_of(const struct _xmlNode *n, const char *name, size_t usual)
{
	const double	v = sheet_one(n, name, (double)usual);

	return v < 0 ? 0 : v > LIMIT_SHEET_GLYPHS ? LIMIT_SHEET_GLYPHS :
	    (size_t)v;
}

/* Exactly so many. */
static bool
add_glyphs(struct sheet_glyphs *g, const char *s, size_t count)
{
	double	v;

	for (; count > 0 && g->n < LIMIT_SHEET_GLYPHS &&
	    sheet_number(&s, &v) && v >= 0; count--)
		g->glyph[g->n++] = (uint32_t)v;
	return count == 0 && sheet_is_end(s);
}

/* False: it is malformed, and its characters would be missing. */
static bool
add_part(struct sheet_glyphs *g, const struct _xmlNode *n)
{
	bool		 good;
	struct part	*p = &g->parts[g->nparts];
	char		*text = xml_text(xml_child(n, "Glyphs"));

	p->at = count_of(n, "CodePosition", 0);
	p->codes = count_of(n, "CodeCount", 1);
	p->first = g->n;
	good = text != NULL && add_glyphs(g, text, count_of(n, "GlyphCount",
	    1));
	p->n = g->n - p->first;
	if (good && p->n > 0 && p->codes > 0)
		g->nparts++;
	free(text);
	return good;
}

/* The first of those that stand before n, without another TextCode between. */
static const struct _xmlNode *
first_before(const struct _xmlNode *n)
{
	const struct _xmlNode	*first = NULL;

	for (n = xml_before(n); n != NULL && !xml_is(n, "TextCode");
	    n = xml_before(n))
		if (xml_is(n, "CGTransform"))
			first = n;
	return first;
}

struct sheet_glyphs *
sheet_glyphs_new(const struct _xmlNode *code, bool only, struct sheet_canvas *c)
{
	const struct _xmlNode	*first = first_before(code), *n;
	struct sheet_glyphs	*g;
	size_t			 count = 0;

	if (first == NULL && only)
		first = xml_behind(code);
	for (n = first; n != NULL && !xml_is(n, "TextCode");
	    n = xml_behind(n))
		count += xml_is(n, "CGTransform");
	if (count == 0)
		return NULL;
	if (!sheet_canvas_spend(&c->octets, count * EACH)) {
		c->left_out++;
		return NULL;
	}
	g = xcalloc(1, sizeof(*g));
	g->parts = xcalloc(count, sizeof(*g->parts));
	g->glyph = xcalloc(LIMIT_SHEET_GLYPHS, sizeof(*g->glyph));
	for (n = first; n != NULL && !xml_is(n, "TextCode");
	    n = xml_behind(n))
		if (xml_is(n, "CGTransform") && !add_part(g, n))
			c->left_out++;
	return g;
}

void
sheet_glyphs_free(struct sheet_glyphs *g)
{
	if (g == NULL)
		return;
	free(g->parts);
	free(g->glyph);
	free(g);
}

static const struct part *
part_of(const struct sheet_glyphs *g, size_t i)
{
	size_t	k;

	for (k = 0; g != NULL && k < g->nparts; k++)
		if (i >= g->parts[k].at &&
		    i - g->parts[k].at < g->parts[k].codes)
			return &g->parts[k];
	return NULL;
}

bool
sheet_glyphs_has(const struct sheet_glyphs *g, size_t i)
{
	return part_of(g, i) != NULL;
}

int64_t
sheet_glyphs_of(const struct sheet_glyphs *g, size_t i, size_t k)
{
	const struct part	*p = part_of(g, i);
	size_t			 at;

	if (p == NULL)
		return -1;
	at = i - p->at + k;
	if (at >= p->n || (k > 0 && i - p->at + 1 < p->codes))
		return -1;
	return g->glyph[p->first + at];
}
