#include <stdlib.h>
#include <string.h>

#include "filing/pixels.h"
#include "filing/shrink.h"

static bool
begins(struct octets in, const char *s, size_t n)
{
	return in.len >= n && memcmp(in.p, s, n) == 0;
}

/* Text that has the element among its first octets. */
static bool
is_svg(struct octets in)
{
	size_t	i, n = in.len < 1024 ? in.len : 1024;

	for (i = 0; i + 4 <= n; i++) {
		if (in.p[i] == '\0')
			return false;
		if (memcmp(in.p + i, "<svg", 4) == 0)
			return true;
	}
	return false;
}

enum pixels_kind
pixels_kind(struct octets in)
{
	if (begins(in, "\x89PNG\r\n\x1a\n", 8))
		return PIXELS_PNG;
	if (begins(in, "\xff\xd8\xff", 3))
		return PIXELS_JPEG;
	if (begins(in, "BM", 2))
		return PIXELS_BMP;
	if (begins(in, "GIF87a", 6) || begins(in, "GIF89a", 6))
		return PIXELS_GIF;
	if (begins(in, "PK\x03\x04", 4))
		return PIXELS_OFD;
	return is_svg(in) ? PIXELS_SVG : PIXELS_UNKNOWN;
}

const char *
pixels_kind_word(enum pixels_kind k)
{
	switch (k) {
	case PIXELS_PNG:
		return "PNG";
	case PIXELS_JPEG:
		return "JPEG";
	case PIXELS_BMP:
		return "BMP";
	case PIXELS_GIF:
		return "GIF";
	case PIXELS_SVG:
		return "SVG";
	case PIXELS_OFD:
		return "OFD";
	case PIXELS_UNKNOWN:
		break;
	}
	return "";
}

void
pixels_fini(struct pixels *p)
{
	free(p->rgb);
	free(p->alpha);
	memset(p, 0, sizeof(*p));
}

int
pixels_read(struct octets in, uint32_t edge, uint64_t *left,
    struct pixels *p, struct err *e)
{
	const enum pixels_kind	k = pixels_kind(in);

	memset(p, 0, sizeof(*p));
	switch (k) {
	case PIXELS_PNG:
		return pixels_png(in, edge, left, p, e);
	case PIXELS_JPEG:
		return pixels_jpeg(in, edge, left, p, e);
	case PIXELS_BMP:
		return pixels_bmp(in, edge, left, p, e);
	case PIXELS_GIF:
	case PIXELS_SVG:
	case PIXELS_OFD:
		return err_set_id(e, ERR_FORMAT, "picture-kind",
		    "a picture of type %s is not shown",
		    pixels_kind_word(k));
	case PIXELS_UNKNOWN:
		break;
	}
	return err_set_id(e, ERR_FORMAT, "picture-kind",
	    "its octets are no picture of a kind that is known");
}
