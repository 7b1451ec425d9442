#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/ofd_number.h"
#include "signing/ofd_place.h"

#define SLACK_MM	0.5	/* slices are rounded by those who cut them */

struct box {
	double	x, y, w, h;
};

struct place {
	size_t		page;	/* from 1; 0: not there */
	bool		has_box, has_clip;
	struct box	box, clip;
};

/* "x y w h" (ST_Box). */
static bool
read_box(char *text, struct box *b)
{
	const char	*s = text;
	bool		 good = s != NULL &&
			    ofd_number_take(&s, &b->x) &&
			    ofd_number_take(&s, &b->y) &&
			    ofd_number_take(&s, &b->w) &&
			    ofd_number_take(&s, &b->h) &&
			    b->w > 0 && b->h > 0 &&
			    s[strspn(s, " \t\r\n")] == '\0';

	free(text);
	return good;
}

static void
read_place(const struct ofd_show *show, struct ofd_sign *sign,
    const struct _xmlNode *n, struct place *p)
{
	char	*page = xml_attribute(n, "PageRef");
	char	*clip = xml_attribute(n, "Clip");

	p->page = page == NULL ? 0 : ofd_page_number(show, sign->body, page);
	if (p->page == 0)
		ofd_sign_fault(sign, "it shows on page \"%.60s\", which is "
		    "not there", page != NULL ? page : "");
	p->has_box = read_box(xml_attribute(n, "Boundary"), &p->box);
	if (!p->has_box)
		ofd_sign_fault(sign, "a StampAnnot without a Boundary of "
		    "four numbers");
	p->has_clip = clip != NULL && clip[0] != '\0';
	if (!p->has_clip)
		free(clip);
	else if (!read_box(clip, &p->clip))
		ofd_sign_fault(sign, "a StampAnnot whose Clip is not four "
		    "numbers");
	free(page);
}

/*
 * Slices of one seal, each on a page of its own.  *whole: together they are
 * all of it.
 */
static bool
is_edge(const struct place *p, size_t n, bool *whole)
{
	double	wide = 0, high = 0;
	size_t	i;

	if (n < 2)
		return false;
	for (i = 0; i < n; i++) {
		if (!p[i].has_clip || !p[i].has_box ||
		    (i > 0 && p[i].page == p[i - 1].page) ||
		    fabs(p[i].box.w - p[0].box.w) > SLACK_MM ||
		    fabs(p[i].box.h - p[0].box.h) > SLACK_MM)
			return false;
		wide += p[i].clip.w;
		high += p[i].clip.h;
	}
	*whole = fabs(wide - p[0].box.w) <= SLACK_MM * (double)n ||
	    fabs(high - p[0].box.h) <= SLACK_MM * (double)n;
	return true;
}

static void
tell(const struct place *p, StampReading *s)
{
	char	slice[96] = "";

	if (p->page == 0 || !p->has_box)
		return;
	if (p->has_clip)
		(void)snprintf(slice, sizeof(slice), ", the part %g,%g mm, "
		    "%gx%g of it", p->clip.x, p->clip.y, p->clip.w,
		    p->clip.h);
	reading_line(&s->places, &s->n_places, "page %zu, %g,%g mm, %gx%g%s",
	    p->page, p->box.x, p->box.y, p->box.w, p->box.h, slice);
}

void
ofd_places(const struct ofd_show *show, struct ofd_sign *sign,
    const struct _xmlNode *info, StampReading *s)
{
	const struct _xmlNode	*n;
	struct place		*p;
	size_t			 i, count = xml_count(info, "StampAnnot");
	bool			 whole;

	if (count > LIMIT_OFD_PLACES) {
		ofd_sign_fault(sign, "it shows in more than %d places",
		    LIMIT_OFD_PLACES);
		return;
	}
	p = xcalloc(count + 1, sizeof(*p));
	for (i = 0, n = xml_child(info, "StampAnnot"); n != NULL;
	    n = xml_next(n))
		read_place(show, sign, n, &p[i++]);
	if (is_edge(p, count, &whole))
		reading_line(&s->places, &s->n_places, "a page-edge stamp "
		    "over %zu pages, %s", count, whole ? "all of it" :
		    "not all of it: slices are missing");
	for (i = 0; i < count; i++)
		tell(&p[i], s);
	if (count == 0 && !sign->is_sign)
		reading_line(&s->places, &s->n_places, "shows on no page");
	free(p);
}
