#ifndef TESTS_UNIT_SIGNING_TYPEFACE_H
#define TESTS_UNIT_SIGNING_TYPEFACE_H

#include "base/buf.h"

/*
 * TrueType typefaces to test with, of boxes: each glyph is one, or is put
 * together from others.  Glyph 0 is the missing one; glyph g is character
 * 'A' + g - 1.
 */

#define TYPEFACE_EM	1000
#define TYPEFACE_GLYPHS	40

/* A glyph: a box in thousandths of the em, y up; or parts, where there are. */
struct typeface_glyph {
	int		 x0, y0, x1, y1;
	unsigned	 nparts;
	unsigned	 part[2];
};

static inline void
typeface_be(struct buf *b, uint32_t v, unsigned n)
{
	while (n-- > 0)
		buf_put_u8(b, (uint8_t)(v >> 8 * n));
}

static inline void
typeface_glyph(const struct typeface_glyph *g, struct buf *b)
{
	const int	dx[] = { g->x0, 0, g->x1 - g->x0, 0 };
	const int	dy[] = { g->y0, g->y1 - g->y0, 0, g->y0 - g->y1 };
	unsigned	i;

	typeface_be(b, g->nparts > 0 ? 0xffff : 1, 2);
	typeface_be(b, (uint16_t)g->x0, 2);
	typeface_be(b, (uint16_t)g->y0, 2);
	typeface_be(b, (uint16_t)g->x1, 2);
	typeface_be(b, (uint16_t)g->y1, 2);
	for (i = 0; i < g->nparts; i++) {
		typeface_be(b, i + 1 < g->nparts ? 0x22 : 2, 2);
		typeface_be(b, g->part[i], 2);
		typeface_be(b, 0, 2);
	}
	if (g->nparts > 0)
		return;
	typeface_be(b, 3, 2);
	typeface_be(b, 0, 2);
	typeface_be(b, 0x01010101, 4);
	for (i = 0; i < 4; i++)
		typeface_be(b, (uint16_t)dx[i], 2);
	for (i = 0; i < 4; i++)
		typeface_be(b, (uint16_t)dy[i], 2);
}

static inline void
typeface_table(struct buf *dir, struct buf *body, const char *tag,
    const struct buf *t, size_t at)
{
	buf_put(dir, tag, 4);
	typeface_be(dir, 0, 4);
	typeface_be(dir, (uint32_t)(at + body->len), 4);
	typeface_be(dir, (uint32_t)t->len, 4);
	buf_put_octets(body, buf_octets(t));
	while (body->len % 4 != 0)
		buf_put_u8(body, 0);
}

/* n characters from 'A' on, glyphs 1 .. n, in one segment. */
static inline void
typeface_cmap(struct buf *b, unsigned n)
{
	static const uint8_t	head[] = { 0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12,
				    0, 4, 0, 32, 0, 0, 0, 4, 0, 4, 0, 1, 0, 0 };

	buf_put(b, head, sizeof(head));
	typeface_be(b, 'A' + n - 1, 2);
	typeface_be(b, 0xffff, 2);
	typeface_be(b, 0, 2);
	typeface_be(b, 'A', 2);
	typeface_be(b, 0xffff, 2);
	typeface_be(b, 0x10000 + 1 - 'A', 2);
	typeface_be(b, 1, 2);
	typeface_be(b, 0, 4);
}

/* g[0 .. n-1] are glyphs 1 .. n; out is a buffer of the caller's. */
static inline void
typeface_make(const struct typeface_glyph *g, unsigned n, struct buf *out)
{
	static const struct typeface_glyph	missing;
	static const char	*const		tags[] = { "cmap", "glyf",
						    "head", "hhea", "hmtx",
						    "loca", "maxp" };
	struct buf				t[7], body;
	unsigned				i;

	for (i = 0; i < 7; i++)
		buf_init(&t[i], 1u << 20);
	buf_init(&body, 1u << 20);
	typeface_cmap(&t[0], n);
	for (i = 0; i <= n; i++) {
		typeface_be(&t[5], (uint32_t)t[1].len, 4);
		typeface_glyph(i == 0 ? &missing : &g[i - 1], &t[1]);
		while (t[1].len % 4 != 0)
			buf_put_u8(&t[1], 0);
		typeface_be(&t[4], TYPEFACE_EM, 2);
		typeface_be(&t[4], 0, 2);
	}
	typeface_be(&t[5], (uint32_t)t[1].len, 4);
	/* Version, revision, sum, magic, flags; em, dates; box. */
	typeface_be(&t[2], 0x10000, 4);
	typeface_be(&t[2], 0x10000, 4);
	typeface_be(&t[2], 0, 4);
	typeface_be(&t[2], 0x5f0f3cf5, 4);
	typeface_be(&t[2], TYPEFACE_EM, 4);
	for (i = 0; i < 6; i++)
		typeface_be(&t[2], 0, 4);
	typeface_be(&t[2], 0, 2);
	typeface_be(&t[2], 8, 2);
	typeface_be(&t[2], 2, 2);
	typeface_be(&t[2], 1, 2);	/* loca has 32 bits */
	typeface_be(&t[2], 0, 2);
	typeface_be(&t[3], 0x10000, 4);
	typeface_be(&t[3], 800, 2);
	typeface_be(&t[3], 0xff38, 2);
	for (i = 0; i < 13; i++)
		typeface_be(&t[3], 0, 2);
	typeface_be(&t[3], n + 1, 2);
	typeface_be(&t[6], 0x10000, 4);
	typeface_be(&t[6], n + 1, 2);
	for (i = 0; i < 12; i++)
		typeface_be(&t[6], 64, 2);
	typeface_be(&t[6], 64, 2);
	typeface_be(out, 0x10000, 4);
	typeface_be(out, 7, 2);
	typeface_be(out, 64, 2);
	typeface_be(out, 2, 2);
	typeface_be(out, 48, 2);
	for (i = 0; i < 7; i++)
		typeface_table(out, &body, tags[i], &t[i], 12 + 7 * 16);
	buf_put_octets(out, buf_octets(&body));
	for (i = 0; i < 7; i++)
		buf_fini(&t[i]);
	buf_fini(&body);
}

#endif /* TESTS_UNIT_SIGNING_TYPEFACE_H */
