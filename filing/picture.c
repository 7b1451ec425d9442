#include <stdlib.h>
#include <string.h>

#include "filing/picture.h"
#include "schema/tables.h"

/* schema/pictures.tsv */
struct picture_row {
	const char	*style, *shape, *width, *height, *border, *star;
	const char	*gap, *text, *aspect, *arc, *step;
	const char	*min_width, *min_space;
	const char	*line, *line_y, *line_width, *line_step;
	const char	*face, *weight;
};
#define PICTURE_ROW(...)	{ __VA_ARGS__ },
static const struct picture_row rows[] = { PICTURES_TSV(PICTURE_ROW) };

/* Decimal, whatever the locale says about its point. */
static double
number(const char *s)
{
	double	v = 0, unit = 1;
	bool	behind = false;

	for (; *s != '\0'; s++) {
		if (*s == '.') {
			behind = true;
			continue;
		}
		if (behind)
			unit /= 10;
		v = behind ? v + (*s - '0') * unit : v * 10 + (*s - '0');
	}
	return v;
}

bool
picture_at(unsigned i, struct picture *p)
{
	const struct picture_row	*r = &rows[i];

	if (i >= sizeof(rows) / sizeof(rows[0]))
		return false;
	*p = (struct picture){
		.style = r->style, .square = strcmp(r->shape, "square") == 0,
		.width = number(r->width), .height = number(r->height),
		.border = number(r->border), .star = number(r->star),
		.gap = number(r->gap), .text = number(r->text),
		.aspect = number(r->aspect), .arc = number(r->arc),
		.step = number(r->step), .min_width = number(r->min_width),
		.min_space = number(r->min_space), .line = number(r->line),
		.line_y = number(r->line_y),
		.line_width = number(r->line_width),
		.line_step = number(r->line_step), .face = r->face,
		.weight = (int)number(r->weight),
	};
	return true;
}

bool
picture_find(const char *style, struct picture *p)
{
	unsigned	i;

	for (i = 0; style != NULL && picture_at(i, p); i++)
		if (strcmp(p->style, style) == 0)
			return true;
	return false;
}
