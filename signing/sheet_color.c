#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "signing/sheet_color.h"
#include "signing/sheet_value.h"
#include "signing/xml.h"

#define CHANNELS_MAX	4
#define STOPS_MAX	64
#define PALETTE_MAX	255	/* the last of eight bits */

double
sheet_color_alpha(const struct _xmlNode *n)
{
	const double	v = sheet_one(n, "Alpha", 255) / 255;

	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* "#ff": a channel in hexadecimal. */
static bool
take_hex(const char **s, double *v)
{
	char		*end;
	unsigned long	 n;

	*s += strspn(*s, " \t\r\n");
	if (**s != '#' || strspn(*s + 1, "0123456789abcdefABCDEF") == 0 ||
	    strspn(*s + 1, "0123456789abcdefABCDEF") > 4)
		return false;
	n = strtoul(*s + 1, &end, 16);
	*s = end;
	*v = (double)n;
	return true;
}

/* Channels of a text; 0: malformed. */
static int
take_channels(const char *s, double v[CHANNELS_MAX])
{
	int	n = 0;

	while (!sheet_is_end(s)) {
		if (n == CHANNELS_MAX || (!take_hex(&s, &v[n]) &&
		    !sheet_number(&s, &v[n])))
			return 0;
		n++;
	}
	return n;
}

/* One of the palette of its colour space. */
static char *
of_palette(const struct _xmlNode *space, double index)
{
	const struct _xmlNode	*n;
	double			 i = 0;

	if (index < 0 || index > PALETTE_MAX)
		return NULL;
	n = xml_child(xml_child(space, "Palette"), "CV");
	for (; n != NULL && i < index; n = xml_next(n))
		i++;
	return xml_text(n);
}

/* Whatever its space is called, its channels say what they are. */
static bool
mix(const double v[CHANNELS_MAX], int n, double top, struct sheet_color *c)
{
	double	k[CHANNELS_MAX] = { 0 };
	int	i;

	for (i = 0; i < n; i++)
		k[i] = v[i] < 0 ? 0 : v[i] > top ? 1 : v[i] / top;
	switch (n) {
	case 1:
		c->red = c->green = c->blue = k[0];
		return true;
	case 3:
		c->red = k[0];
		c->green = k[1];
		c->blue = k[2];
		return true;
	case 4:
		c->red = (1 - k[0]) * (1 - k[3]);
		c->green = (1 - k[1]) * (1 - k[3]);
		c->blue = (1 - k[2]) * (1 - k[3]);
		return true;
	}
	return false;
}

/* The one that it names, else that of all colours of the document, or NULL. */
static const struct _xmlNode *
space_of(const struct sheet_res *res, const struct _xmlNode *n)
{
	const uint32_t	id = sheet_id(n, "ColorSpace");

	return sheet_res_find(res, SHEET_COLOR_SPACE, id != 0 ? id :
	    sheet_res_space(res));
}

bool
sheet_color(const struct sheet_res *res, const struct _xmlNode *n,
    struct sheet_color *c)
{
	const struct _xmlNode	*space;
	double			 v[CHANNELS_MAX], bits, index = 0;
	char			*text;
	bool			 good = true;
	int			 count;

	*c = (struct sheet_color){ .alpha = 1 };
	if (n == NULL)
		return true;
	if (xml_child(n, "Pattern") != NULL ||
	    xml_child(n, "GouraudShd") != NULL ||
	    xml_child(n, "LaGourandShd") != NULL ||
	    xml_child(n, "LaGouraudShd") != NULL)
		return false;
	c->alpha = sheet_color_alpha(n);
	space = space_of(res, n);
	bits = sheet_one(space, "BitsPerComponent", 8);
	if (bits != 1 && bits != 2 && bits != 4 && bits != 16)
		bits = 8;
	text = xml_attribute(n, "Value");
	if (text == NULL &&
	    sheet_list(n, "Index", 1, &index) != SHEET_ABSENT) {
		text = of_palette(space, index);
		good = text != NULL;
	}
	if (text != NULL) {
		count = take_channels(text, v);
		good = mix(v, count, pow(2, bits) - 1, c);
	}
	free(text);
	return good;
}

/* ---- running from one into another */

/*
 * The colours of shade.  cairo goes on with the outermost; where that is not
 * meant, these are nothing.  False: a stop is malformed, or there are too few
 * or too many.
 */
static bool
add_stops(const struct sheet_res *res, const struct _xmlNode *shade,
    double alpha, cairo_pattern_t *pattern)
{
	const struct _xmlNode	*n = xml_child(shade, "Segment");
	const size_t		 count = xml_count(shade, "Segment");
	const double		 goes_on = sheet_one(shade, "Extend", 0);
	struct sheet_color	 c;
	double			 at;
	size_t			 i = 0;

	if (count < 2 || count > STOPS_MAX)
		return false;
	cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
	for (; n != NULL; n = xml_next(n), i++) {
		at = sheet_one(n, "Position", (double)i /
		    (double)(count - 1));
		if (!sheet_color(res, xml_child(n, "Color"), &c))
			return false;
		if (i == 0 && goes_on != 1 && goes_on != 3)
			cairo_pattern_add_color_stop_rgba(pattern, at, c.red,
			    c.green, c.blue, 0);
		cairo_pattern_add_color_stop_rgba(pattern, at, c.red, c.green,
		    c.blue, c.alpha * alpha);
		if (i == count - 1 && goes_on != 2 && goes_on != 3)
			cairo_pattern_add_color_stop_rgba(pattern, at, c.red,
			    c.green, c.blue, 0);
	}
	return true;
}

bool
sheet_color_blend(const struct sheet_res *res, const struct _xmlNode *n,
    double alpha, cairo_t *cr)
{
	cairo_pattern_t	*pattern;
	double		 a[2], b[2], r0, r1;
	bool		 good;

	if (!sheet_says(n, "MapType", "Direct", true) ||
	    sheet_list(n, "StartPoint", 2, a) != SHEET_GOOD ||
	    sheet_list(n, "EndPoint", 2, b) != SHEET_GOOD ||
	    sheet_one(n, "Eccentricity", 0) != 0)
		return false;
	r0 = sheet_one(n, "StartRadius", 0);
	r1 = sheet_one(n, "EndRadius", 0);
	/* From one place to the same, nothing would have a colour. */
	if (a[0] == b[0] && a[1] == b[1] && (xml_is(n, "AxialShd") ||
	    r0 == r1))
		return false;
	if (xml_is(n, "AxialShd")) {
		pattern = cairo_pattern_create_linear(a[0], a[1], b[0], b[1]);
	} else {
		if (r0 < 0 || r1 < 0)
			return false;
		pattern = cairo_pattern_create_radial(a[0], a[1], r0, b[0],
		    b[1], r1);
	}
	good = add_stops(res, n, alpha, pattern);
	if (good)
		cairo_set_source(cr, pattern);
	cairo_pattern_destroy(pattern);
	return good;
}
