#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "filing/pixels.h"
#include "filing/png_write.h"
#include "registry/judge/impression.h"
#include "schema/msg.pb-c.h"
#include "signing/jail_show.h"
#include "signing/reading.h"

#define LIMIT_PNG	(2u << 20)	/* of our own making */

/* The seals of a file: its own, and those of its stamps. */
static SealReading *
seal_at(const FileReading *m, size_t i)
{
	return i == 0 ? m->seal : m->stamps[i - 1]->seal;
}

/* Those whose pictures are asked about, in their order. */
static size_t
pictured(const FileReading *m, SealReading *list[LIMIT_SHOW_PICTURES])
{
	SealReading	*s;
	size_t		 i, n = 0;

	for (i = 0; i <= m->n_stamps && n < LIMIT_SHOW_PICTURES; i++)
		if ((s = seal_at(m, i)) != NULL && s->picture.len > 0)
			list[n++] = s;
	return n;
}

bool
impression_ask(const FileReading *m, struct buf *q)
{
	SealReading		*list[LIMIT_SHOW_PICTURES];
	ProtobufCBinaryData	 pictures[LIMIT_SHOW_PICTURES];
	ShowPictures		 ask = SHOW_PICTURES__INIT;
	size_t			 i, n = pictured(m, list);

	if (n == 0)
		return false;
	for (i = 0; i < n; i++)
		pictures[i] = list[i]->picture;
	ask.pictures = pictures;
	ask.n_pictures = n;
	msg_put(&ask.base, q);
	return true;
}

static ShownPicture *
copy_of(const ShownPicture *said)
{
	ShownPicture	*m = xmalloc(sizeof(*m));
	size_t		 i;

	shown_picture__init(m);
	if (said == NULL) {
		m->why = xstrdup("the picture could not be looked at");
		return m;
	}
	m->kind = xstrdup(said->kind);
	m->why = xstrdup(said->why);
	m->width = said->width;
	m->height = said->height;
	if (said->rgb.len > 0)
		m->rgb.data = xmemdup(said->rgb.data, said->rgb.len);
	m->rgb.len = said->rgb.len;
	for (i = 0; i < said->n_lacks; i++)
		reading_line(&m->lacks, &m->n_lacks, "%s", said->lacks[i]);
	return m;
}

void
impression_set(FileReading *m, const ShownPictures *said)
{
	SealReading	*list[LIMIT_SHOW_PICTURES];
	size_t		 i, n = pictured(m, list);

	for (i = 0; i < n; i++) {
		if (list[i]->shown != NULL)
			shown_picture__free_unpacked(list[i]->shown, NULL);
		list[i]->shown = copy_of(said != NULL &&
		    i < said->n_pictures ? said->pictures[i] : NULL);
		free(list[i]->picture.data);
		list[i]->picture = (ProtobufCBinaryData){ 0, NULL };
	}
}

/* ---- in the report */

/* One of several stamps with the same seal has its picture. */
static const ShownPicture *
shown_of(const FileReading *m, const SealReading *seal)
{
	const SealReading	*s;
	size_t			 i;

	for (i = 0; i <= m->n_stamps; i++)
		if ((s = seal_at(m, i)) != NULL && s->shown != NULL &&
		    s->digest.len == SM3_LEN &&
		    seal->digest.len == SM3_LEN && memcmp(s->digest.data,
		    seal->digest.data, SM3_LEN) == 0)
			return s->shown;
	return NULL;
}

/* Pixels that are what they say, whoever made them; or NULL. */
static const uint8_t *
keep(const ShownPicture *s, struct report *r)
{
	const size_t	n = (size_t)s->width * s->height * 3;
	size_t		i;

	if (s->width == 0 || s->height == 0 ||
	    s->width > LIMIT_PIXELS_SHOWN || s->height > LIMIT_PIXELS_SHOWN ||
	    s->rgb.len != n)
		return NULL;
	for (i = 0; i < r->npixels; i++)
		if (r->pixels[i].len == n && memcmp(r->pixels[i].p,
		    s->rgb.data, n) == 0)
			return r->pixels[i].p;
	if (r->npixels == LIMIT_REPORT_PICTURES)
		return NULL;
	r->pixels[r->npixels] = OCTETS(xmemdup(s->rgb.data, n), n);
	return r->pixels[r->npixels++].p;
}

/* JPG is how many write JPEG; the case is free (domain: IA5String). */
static bool
same_type(const char *called, const char *is)
{
	return strcasecmp(called, is) == 0 ||
	    (strcasecmp(called, "jpg") == 0 && strcmp(is, "JPEG") == 0);
}

void
impression_tell(const FileReading *m, const SealReading *seal,
    struct report *r, struct report_part *p)
{
	struct report_picture	*out = &p->picture;
	const ShownPicture	*s = shown_of(m, seal);
	size_t			 i;

	report_text(&out->type, seal->picture_type);
	out->octets = seal->picture_size;
	out->width_mm = seal->width_mm;
	out->height_mm = seal->height_mm;
	if (s == NULL)
		return;
	(void)snprintf(out->kind, sizeof(out->kind), "%.7s", s->kind);
	out->other = out->kind[0] != '\0' && (out->type == NULL ||
	    !same_type(out->type, out->kind));
	if ((out->rgb = keep(s, r)) != NULL) {
		out->width = s->width;
		out->height = s->height;
		for (i = 0; i < s->n_lacks; i++)
			report_line(&out->lacks, s->lacks[i]);
	} else {
		report_text(&out->why, s->why[0] != '\0' ? s->why :
		    "the picture could not be looked at");
	}
}

bool
impression_uri(const struct report_picture *p, struct buf *out)
{
	struct buf	png;
	char		*text;
	bool		 good;

	buf_init(&png, LIMIT_PNG);
	good = png_write_rgb(p->rgb, p->width, p->height, &png, NULL) == 0 &&
	    buf_ok(&png);
	if (good) {
		text = xmalloc(B64_SIZE(png.len));
		(void)b64_encode(png.p, png.len, text);
		buf_puts(out, "data:image/png;base64,");
		buf_puts(out, text);
		free(text);
	}
	buf_fini(&png);
	return good;
}
