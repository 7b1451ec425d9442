#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/shrink.h"

#define SUMS	4	/* of a pixel: three colours on paper, and alpha */

struct shrink {
	uint32_t	 width, height;	/* as brought */
	uint32_t	 y;		/* rows that have come */
	struct pixels	 out;
	uint64_t	*line;		/* sums of one row, made narrower */
	uint64_t	*sum;		/* of the rows of one that is shown */
};

int
shrink_check(uint32_t width, uint32_t height, uint64_t *left, struct err *e)
{
	const uint64_t	all = (uint64_t)width * height;

	if (all == 0)
		return err_set_id(e, ERR_FORMAT, "picture-unreadable",
		    "the picture has no pixels");
	if (width > LIMIT_PIXELS_EDGE || height > LIMIT_PIXELS_EDGE ||
	    all > LIMIT_PIXELS_SOURCE || all > *left)
		return err_set_id(e, ERR_TOOBIG, "picture-too-big",
		    "the picture has %u × %u pixels, too many to be shown",
		    width, height);
	*left -= all;
	return 0;
}

/* An edge of what is shown, where the longest is made edge long. */
static uint32_t
shorter(uint32_t n, uint32_t most, uint32_t edge)
{
	const uint64_t	v = (uint64_t)n * edge / most;

	return most <= edge ? n : v > 0 ? (uint32_t)v : 1;
}

struct shrink *
shrink_new(uint32_t width, uint32_t height, uint32_t edge)
{
	const uint32_t	 most = width > height ? width : height;
	struct shrink	*s = xcalloc(1, sizeof(*s));

	assert(edge > 0 && edge <= LIMIT_PIXELS_SHOWN);
	assert(width > 0 && height > 0 && most <= LIMIT_PIXELS_EDGE);
	s->width = width;
	s->height = height;
	s->out.width = shorter(width, most, edge);
	s->out.height = shorter(height, most, edge);
	s->out.rgb = xcalloc((size_t)s->out.width * s->out.height, 3);
	s->out.alpha = xcalloc((size_t)s->out.width * s->out.height, 1);
	s->line = xcalloc((size_t)s->out.width * SUMS, sizeof(s->line[0]));
	s->sum = xcalloc((size_t)s->out.width * SUMS, sizeof(s->sum[0]));
	return s;
}

void
shrink_free(struct shrink *s)
{
	if (s == NULL)
		return;
	pixels_fini(&s->out);
	free(s->line);
	free(s->sum);
	free(s);
}

/* Paper shows where there is no ink. */
static unsigned
on_paper(unsigned c, unsigned alpha)
{
	return (c * alpha + 255 * (255 - alpha) + 127) / 255;
}

/*
 * Along a row: a pixel of it is out.width wide, one that is shown is width
 * wide, so that what each gives to which is a whole number.
 */
static void
narrow(struct shrink *s, const uint8_t *rgba)
{
	const uint32_t	w = s->width, n = s->out.width;
	uint64_t	at, first, v;
	uint32_t	x, i;
	int		k;

	memset(s->line, 0, (size_t)n * SUMS * sizeof(s->line[0]));
	for (x = 0; x < w; x++, rgba += 4) {
		at = (uint64_t)x * n;
		i = (uint32_t)(at / w);
		first = (uint64_t)(i + 1) * w - at;
		if (first > n)
			first = n;
		for (k = 0; k < SUMS; k++) {
			v = k < 3 ? on_paper(rgba[k], rgba[3]) : rgba[3];
			s->line[SUMS * i + k] += v * first;
			if (first < n)
				s->line[SUMS * (i + 1) + k] += v *
				    (n - first);
		}
	}
}

static void
add_line(struct shrink *s, uint64_t weight)
{
	size_t	i;

	for (i = 0; i < (size_t)s->out.width * SUMS; i++)
		s->sum[i] += s->line[i] * weight;
}

static void
put_line(struct shrink *s, uint32_t y)
{
	const uint64_t	 area = (uint64_t)s->width * s->height;
	const size_t	 n = s->out.width, at = y * n;
	size_t		 i, k;

	assert(area > 0);
	for (i = 0; i < n; i++) {
		for (k = 0; k < 3; k++)
			s->out.rgb[3 * (at + i) + k] = (uint8_t)((
			    s->sum[SUMS * i + k] + area / 2) / area);
		s->out.alpha[at + i] = (uint8_t)((s->sum[SUMS * i + 3] +
		    area / 2) / area);
	}
	memset(s->sum, 0, n * SUMS * sizeof(s->sum[0]));
}

void
shrink_row(struct shrink *s, const uint8_t *rgba)
{
	const uint64_t	at = (uint64_t)s->y * s->out.height;
	const uint32_t	j = (uint32_t)(at / s->height);
	const uint64_t	end = (uint64_t)(j + 1) * s->height;
	const uint64_t	first = end - at < s->out.height ? end - at :
			    s->out.height;

	assert(s->y < s->height);
	narrow(s, rgba);
	add_line(s, first);
	if (at + first == end)
		put_line(s, j);
	if (first < s->out.height)
		add_line(s, s->out.height - first);
	s->y++;
}

void
shrink_take(struct shrink *s, struct pixels *out)
{
	assert(s->y == s->height);
	*out = s->out;
	memset(&s->out, 0, sizeof(s->out));
}
