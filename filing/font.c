#include <sys/mman.h>
#include <sys/stat.h>

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "base/mem.h"
#include "base/text.h"
#include "filing/font.h"
#include "filing/outline.h"
#include "filing/picture.h"

struct face {
	char	*family;
	int	 weight;
	void	*map;
	size_t	 maplen;
	FT_Face	 ft;
};

static FT_Library	library;
static struct face	faces[LIMIT_FACES];
static int		nfaces;

/* Where fontconfig says a face is; false where it offers another family. */
static bool
find_file(const char *family, int weight, char **file, int *index)
{
	FcPattern	*want, *got = NULL;
	FcResult	 result;
	FcChar8		*name, *path;
	bool		 found = false;

	*file = NULL;
	want = FcPatternCreate();
	FcPatternAddString(want, FC_FAMILY, (const FcChar8 *)family);
	FcPatternAddInteger(want, FC_WEIGHT, weight);
	FcConfigSubstitute(NULL, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	got = FcFontMatch(NULL, want, &result);
	if (got != NULL &&
	    FcPatternGetString(got, FC_FAMILY, 0, &name) == FcResultMatch &&
	    strcmp((const char *)name, family) == 0 &&
	    FcPatternGetString(got, FC_FILE, 0, &path) == FcResultMatch &&
	    FcPatternGetInteger(got, FC_INDEX, 0, index) == FcResultMatch) {
		*file = xstrdup((const char *)path);
		found = true;
	}
	if (got != NULL)
		FcPatternDestroy(got);
	FcPatternDestroy(want);
	return found;
}

static bool
map_file(const char *file, void **map, size_t *len)
{
	struct stat	st;
	bool		good = false;
	int		fd;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		*len = (size_t)st.st_size;
		*map = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
		good = *map != MAP_FAILED;
	}
	(void)close(fd);	/* the mapping holds the file */
	return good;
}

static int
open_face(const char *family, int weight, struct err *e)
{
	struct face	*f = &faces[nfaces];
	char		*file = NULL;
	int		 index = 0, rc;

	if (nfaces == LIMIT_FACES) {
		rc = err_set(e, ERR_TOOBIG, "too many typefaces");
		goto out;
	}
	if (!find_file(family, weight, &file, &index)) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-font",
		    "the typeface \"%s\" is not installed (fonts-noto-cjk)",
		    family);
		goto out;
	}
	if (!map_file(file, &f->map, &f->maplen)) {
		rc = err_set_errno(e, ERR_IO, "%s", file);
		goto out;
	}
	if (FT_New_Memory_Face(library, f->map, (FT_Long)f->maplen, index,
	    &f->ft) != 0) {
		(void)munmap(f->map, f->maplen);
		rc = err_set_id(e, ERR_NOTFOUND, "no-font",
		    "%s cannot be read as a typeface", file);
		goto out;
	}
	f->family = xstrdup(family);
	f->weight = weight;
	nfaces++;

	rc = 0;
out:
	free(file);
	return rc;
}

int
font_warm(struct err *e)
{
	struct picture	p;
	struct glyph	g;
	unsigned	i;
	int		rc;

	if (library == NULL && FT_Init_FreeType(&library) != 0)
		return err_set(e, ERR_IO, "FreeType does not start");
	for (i = 0, rc = 0; rc == 0 && picture_at(i, &p); i++)
		if (font_find(p.face, p.weight) == -1)
			rc = open_face(p.face, p.weight, e);
	if (rc == 0)
		rc = font_measure(0, 0x5370, &g, e);
	FcFini();
	return rc;
}

void
font_cool(void)
{
	while (nfaces > 0) {
		nfaces--;
		(void)FT_Done_Face(faces[nfaces].ft);
		(void)munmap(faces[nfaces].map, faces[nfaces].maplen);
		free(faces[nfaces].family);
		memset(&faces[nfaces], 0, sizeof(faces[nfaces]));
	}
	if (library != NULL)
		(void)FT_Done_FreeType(library);
	library = NULL;
}

int
font_find(const char *family, int weight)
{
	int	i;

	for (i = 0; i < nfaces; i++)
		if (faces[i].weight == weight &&
		    strcmp(faces[i].family, family) == 0)
			return i;
	return -1;
}

static int
no_glyph(uint32_t c, struct err *e)
{
	char	utf8[5] = "";

	if (c < 0x80)
		utf8[0] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
	else if (c < 0x800) {
		utf8[0] = (char)(0xc0 | c >> 6);
		utf8[1] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		utf8[0] = (char)(0xe0 | c >> 12);
		utf8[1] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[2] = (char)(0x80 | (c & 0x3f));
	} else {
		utf8[0] = (char)(0xf0 | (c >> 18 & 7));
		utf8[1] = (char)(0x80 | (c >> 12 & 0x3f));
		utf8[2] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[3] = (char)(0x80 | (c & 0x3f));
	}
	return err_set_id(e, ERR_INVAL, "no-glyph",
	    "no typeface has the character %s (U+%04X)", utf8, c);
}

/* Load into the face's slot, in units of the em. */
static int
load(int face, uint32_t c, FT_GlyphSlot *slot, double *em, struct err *e)
{
	FT_Face	ft;
	FT_UInt	index;

	if (face < 0 || face >= nfaces)
		return err_set_id(e, ERR_NOTFOUND, "no-font",
		    "no typeface was opened");
	ft = faces[face].ft;
	if ((index = FT_Get_Char_Index(ft, c)) == 0 ||
	    FT_Load_Glyph(ft, index, FT_LOAD_NO_SCALE | FT_LOAD_NO_BITMAP) !=
	    0 || ft->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
		return no_glyph(c, e);
	*slot = ft->glyph;
	*em = ft->units_per_EM;
	return 0;
}

int
font_check(int face, const char *text, struct err *e)
{
	uint32_t	c;

	if (face < 0 || face >= nfaces)
		return err_set_id(e, ERR_NOTFOUND, "no-font",
		    "no typeface was opened");
	while ((c = utf8_next(&text)) != 0)
		if (FT_Get_Char_Index(faces[face].ft, c) == 0)
			return no_glyph(c, e);
	return 0;
}

int
font_measure(int face, uint32_t c, struct glyph *g, struct err *e)
{
	FT_GlyphSlot	slot = NULL;
	FT_BBox		box;
	double		em = 1;
	int		rc;

	memset(g, 0, sizeof(*g));
	if ((rc = load(face, c, &slot, &em, e)) != 0)
		return rc;
	assert(slot != NULL);
	FT_Outline_Get_CBox(&slot->outline, &box);
	g->x0 = (double)box.xMin / em;
	g->x1 = (double)box.xMax / em;
	g->y0 = -(double)box.yMax / em;
	g->y1 = -(double)box.yMin / em;
	g->advance = (double)slot->metrics.horiAdvance / em;
	return 0;
}

int
font_outline(int face, uint32_t c, cairo_t *cr, struct err *e)
{
	FT_GlyphSlot	slot = NULL;
	double		em = 1;
	int		rc;

	if ((rc = load(face, c, &slot, &em, e)) != 0)
		return rc;
	assert(slot != NULL);
	if (!outline_trace(&slot->outline, em, cr))
		return err_set(e, ERR_IO, "an outline cannot be read");
	return 0;
}
