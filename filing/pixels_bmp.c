#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/shrink.h"

/*
 * BMP, as pictures of seals are: a header of 40 octets or more, 1, 4, 8, 24 or
 * 32 bits a pixel, not packed.  Packed ones and 16 bits are not met.
 */

#define FILE_HEAD	14u
#define INFO_MIN	40u
#define INFO_ALPHA	56u	/* from here on it has a mask of alpha */
#define BI_RGB		0u
#define BI_BITFIELDS	3u

struct bmp {
	struct octets	 in;
	uint32_t	 width, height;
	bool		 upwards;	/* the last row comes first */
	bool		 alpha;
	unsigned	 bits;
	uint32_t	 colours;	/* of the palette */
	size_t		 palette, rows;	/* offsets */
	size_t		 stride;
};

static int
damaged(struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "picture-unreadable",
	    "the picture is damaged: it cannot be read as %s", "BMP");
}

static int
not_read(struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "picture-unreadable",
	    "the picture is a %s of a form that is not read", "BMP");
}

static uint32_t
u32(struct octets in, size_t at)
{
	return (uint32_t)in.p[at] | (uint32_t)in.p[at + 1] << 8 |
	    (uint32_t)in.p[at + 2] << 16 | (uint32_t)in.p[at + 3] << 24;
}

static unsigned
u16(struct octets in, size_t at)
{
	return (unsigned)in.p[at] | (unsigned)in.p[at + 1] << 8;
}

/* Masks of 32 bits are blue, green, red, and alpha or nothing: as others are
 * written. */
static int
read_masks(struct bmp *b, uint32_t info, struct err *e)
{
	const size_t	at = FILE_HEAD + INFO_MIN;
	uint32_t	alpha = 0;

	if (b->bits != 32 || b->in.len < at + 16)
		return not_read(e);
	if (info >= INFO_ALPHA)
		alpha = u32(b->in, at + 12);
	if (u32(b->in, at) != 0x00ff0000 || u32(b->in, at + 4) != 0xff00 ||
	    u32(b->in, at + 8) != 0xff || (alpha != 0 &&
	    alpha != 0xff000000))
		return not_read(e);
	b->alpha = alpha != 0;
	return 0;
}

/* Where its palette and rows are: all of them must be there. */
static int
place(struct bmp *b, uint32_t info, uint32_t colours, struct err *e)
{
	b->palette = FILE_HEAD + (size_t)info;
	b->colours = 0;
	if (b->bits <= 8) {
		b->colours = colours == 0 ? 1u << b->bits : colours;
		if (b->colours > 1u << b->bits ||
		    b->palette + 4 * (size_t)b->colours > b->in.len)
			return damaged(e);
	}
	b->stride = ((size_t)b->width * b->bits + 31) / 32 * 4;
	if (b->rows > b->in.len || b->rows < b->palette +
	    4 * (size_t)b->colours ||
	    (b->in.len - b->rows) / b->stride < b->height)
		return damaged(e);
	return 0;
}

static int
read_head(struct octets in, struct bmp *b, struct err *e)
{
	uint32_t	info, packing;
	int32_t		width, height;
	int		rc;

	memset(b, 0, sizeof(*b));
	b->in = in;
	if (in.len < FILE_HEAD + INFO_MIN)
		return damaged(e);
	info = u32(in, FILE_HEAD);
	if (info < INFO_MIN || info > 124)
		return not_read(e);
	width = (int32_t)u32(in, FILE_HEAD + 4);
	height = (int32_t)u32(in, FILE_HEAD + 8);
	b->bits = u16(in, FILE_HEAD + 14);
	packing = u32(in, FILE_HEAD + 16);
	if (width <= 0 || height == 0 || height == INT32_MIN ||
	    in.len < FILE_HEAD + (size_t)info)
		return damaged(e);
	b->width = (uint32_t)width;
	b->upwards = height > 0;
	b->height = (uint32_t)(height > 0 ? height : -height);
	b->rows = u32(in, 10);
	if (b->bits != 1 && b->bits != 4 && b->bits != 8 && b->bits != 24 &&
	    b->bits != 32)
		return not_read(e);
	if (packing == BI_BITFIELDS) {
		if ((rc = read_masks(b, info, e)) != 0)
			return rc;
	} else if (packing != BI_RGB) {
		return not_read(e);
	}
	return place(b, info, u32(in, FILE_HEAD + 32), e);
}

/* A colour that the palette lacks is black, as readers have it. */
static void
put_colour(const struct bmp *b, unsigned i, uint8_t *rgba)
{
	const uint8_t	*c = b->in.p + b->palette + 4 * (size_t)i;

	rgba[3] = 255;
	if (i >= b->colours) {
		memset(rgba, 0, 3);
		return;
	}
	rgba[0] = c[2];
	rgba[1] = c[1];
	rgba[2] = c[0];
}

static void
put_row(const struct bmp *b, const uint8_t *row, uint8_t *rgba)
{
	const size_t	each = b->bits / 8;
	unsigned	per, shift;
	uint32_t	x;

	for (x = 0; x < b->width; x++, rgba += 4) {
		if (b->bits <= 8) {
			per = 8 / b->bits;
			shift = 8 - b->bits - x % per * b->bits;
			put_colour(b, row[x / per] >> shift &
			    ((1u << b->bits) - 1), rgba);
			continue;
		}
		rgba[0] = row[x * each + 2];
		rgba[1] = row[x * each + 1];
		rgba[2] = row[x * each];
		rgba[3] = b->alpha ? row[x * each + 3] : 255;
	}
}

int
pixels_bmp(struct octets in, uint32_t edge, uint64_t *left, struct pixels *p,
    struct err *e)
{
	struct bmp	 b;
	struct shrink	*s;
	uint8_t		*rgba;
	uint32_t	 y;
	int		 rc;

	if ((rc = read_head(in, &b, e)) != 0 ||
	    (rc = shrink_check(b.width, b.height, left, e)) != 0)
		return rc;
	s = shrink_new(b.width, b.height, edge);
	rgba = xcalloc(b.width, 4);
	for (y = 0; y < b.height; y++) {
		put_row(&b, in.p + b.rows + b.stride *
		    (b.upwards ? b.height - 1 - y : y), rgba);
		shrink_row(s, rgba);
	}
	shrink_take(s, p);
	shrink_free(s);
	free(rgba);
	return 0;
}
