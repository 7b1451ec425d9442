#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "signing/ofd_coverage.h"
#include "signing/path.h"
#include "signing/xml.h"

/* How bad it is that something is not covered; the worst wins. */
enum weight { WEIGHT_NONE = 0, WEIGHT_UNKNOWN, WEIGHT_FAILED };

struct judgement {
	const struct ofd_show	*show;
	const struct ofd_sign	*sign;
	const struct ofd_sign	*signs;
	size_t			 n;
	bool			*shown;	/* each file: its document uses it */
	enum weight		 weight;
	char			 why[OFD_LINE_SIZE];
};

static void __attribute__((format(printf, 3, 4)))
weigh(struct judgement *j, enum weight w, const char *fmt, ...)
{
	va_list	ap;

	if (w <= j->weight)
		return;
	j->weight = w;
	va_start(ap, fmt);
	(void)vsnprintf(j->why, sizeof(j->why), fmt, ap);
	va_end(ap);
}

/* What changes nothing that a reader shows or hands out. */
static bool
is_unseen(enum ofd_part part)
{
	return part == OFD_UNSEEN || part == OFD_SIGNATURES;
}

/* What is put into a document as a whole. */
static bool
is_sheet(enum ofd_part part)
{
	return part == OFD_PAGE || part == OFD_ANNOTATION ||
	    part == OFD_TEMPLATE || part == OFD_ANNOTATIONS;
}

static bool
is_covered_by_any(const struct judgement *j, size_t file)
{
	size_t	i;

	for (i = 0; i < j->n; i++)
		if (j->signs[i].covered[file])
			return true;
	return false;
}

/* ---- is it the document that was signed? */

struct root_scan {
	struct xml_scan	*scan;
	bool		 seen;
	enum ofd_part	 part;
};

static void
on_begin(void *arg, const char *name, unsigned depth,
    const struct xml_attributes *a)
{
	struct root_scan	*r = arg;

	(void)a;
	if (depth > 0)
		return;
	r->seen = true;
	r->part = strcmp(name, "Document") == 0 ? OFD_DOCUMENT :
	    strcmp(name, "Page") == 0 ? OFD_PAGE : OFD_NOTHING;
}

static void
on_end(void *arg, const char *name, const char *text)
{
	(void)arg;
	(void)name;
	(void)text;
}

static bool
to_scan(void *arg, const uint8_t *o, size_t n)
{
	struct root_scan	*r = arg;

	return xml_scan_add(r->scan, o, n) && !r->seen;
}

/* Is a file a document or a page, whatever its name is? */
static enum ofd_part
part_of_file(const struct ofd_show *show, size_t file)
{
	static const struct xml_sink	sink = { .begin = on_begin,
					    .end = on_end };
	struct root_scan		r = { .part = OFD_NOTHING };

	r.scan = xml_scan_new(&sink, &r, "");
	if (package_stream(show->package, file, to_scan, &r, NULL) != 0)
		r.part = OFD_NOTHING;
	xml_scan_free(r.scan);
	return r.part;
}

/*
 * A document that was signed and is not shown, though OFD.xml may lead
 * elsewhere by now; or such a page, though Document.xml may.
 */
static bool
signed_elsewhere(const struct judgement *j, size_t *file)
{
	const struct ofd_show	*show = j->show;
	const bool		*covered = j->sign->covered;
	bool			 root = covered[show->root], document =
				    covered[show->bodies[j->sign->body].
				    document];
	enum ofd_part		 part;
	size_t			 i;

	for (i = 0; i < package_count(show->package) && !(root && document);
	    i++) {
		if (!covered[i] || j->shown[i] || i == show->root)
			continue;
		part = part_of_file(show, i);
		if ((part == OFD_DOCUMENT && !root) ||
		    (part == OFD_PAGE && !document)) {
			*file = i;
			return true;
		}
	}
	return false;
}

/*
 * /OFD.xml decides what is shown.  Where it is covered, it is what the stamper
 * saw; where not, it must lead to what is.
 */
static void
judge_roots(struct judgement *j)
{
	const struct ofd_show	*show = j->show;
	const struct ofd_sign	*sign = j->sign;
	const struct ofd_body	*b;
	size_t			 other;
	unsigned		 i;

	if (signed_elsewhere(j, &other))
		weigh(j, WEIGHT_FAILED, "what was signed is not what is "
		    "shown: /%.150s is not", package_name(show->package,
		    other));
	for (i = 0; i < show->nbodies; i++) {
		b = &show->bodies[i];
		if (sign->covered[b->document])
			continue;
		if (i == sign->body || sign->covered[show->root] ||
		    is_covered_by_any(j, b->document))
			weigh(j, WEIGHT_UNKNOWN, "it does not cover /%.150s, "
			    "which is shown", package_name(show->package,
			    b->document));
		else
			weigh(j, WEIGHT_FAILED, "OFD.xml, which is not "
			    "covered, shows another document: /%.150s",
			    package_name(show->package, b->document));
	}
}

/* ---- is all of the document covered? */

/*
 * Which files a covered file names, so that the stamper knew of them; and
 * which files name a sheet that is covered.
 */
static void
mark_known(const struct judgement *j, bool *known, bool *partly)
{
	const struct ofd_use	*u;
	size_t			 i;

	for (i = 0; i < j->show->nuses; i++) {
		u = &j->show->uses[i];
		if (u->body != j->sign->body)
			continue;
		if (j->sign->covered[u->by])
			known[u->file] = true;
		if (is_sheet(u->part) && j->sign->covered[u->file])
			partly[u->by] = true;
	}
}

static void
judge_uses(struct judgement *j)
{
	const struct ofd_show	*show = j->show;
	size_t			 i, count = package_count(show->package);
	bool			*known = xcalloc(count + 1, sizeof(bool));
	bool			*partly = xcalloc(count + 1, sizeof(bool));
	const struct ofd_use	*u;

	mark_known(j, known, partly);
	for (i = 0; i < show->nuses; i++) {
		u = &show->uses[i];
		if (u->body != j->sign->body || is_unseen(u->part) ||
		    u->part == OFD_DOCUMENT || u->part == OFD_VERSION ||
		    j->sign->covered[u->file])
			continue;
		if (is_sheet(u->part) && !known[u->file] && partly[u->by])
			weigh(j, WEIGHT_FAILED, "a %s that was not signed is "
			    "shown among those that were: /%.150s",
			    ofd_part_word(u->part),
			    package_name(show->package, u->file));
		else
			weigh(j, WEIGHT_UNKNOWN, "it does not cover /%.150s "
			    "(%s), which is shown",
			    package_name(show->package, u->file),
			    ofd_part_word(u->part));
	}
	free(known);
	free(partly);
}

/* ---- what may lie outside */

/* The folder of a later signature, unless something shown lies in it. */
static void
add_folder(const struct ofd_show *show, const struct ofd_sign *sign,
    const bool *shown, bool *outside)
{
	char	folder[PATH_SIZE];
	size_t	i, len, pass;

	path_folder(package_name(show->package, sign->xml), folder);
	len = strlen(folder);
	for (pass = 0; pass < 2 && len > 0; pass++)
		for (i = 0; i < package_count(show->package); i++) {
			if (strncmp(package_name(show->package, i), folder,
			    len) != 0 ||
			    package_name(show->package, i)[len] != '/')
				continue;
			if (pass == 0 && shown[i])
				return;
			if (pass == 1)
				outside[i] = true;
		}
}

static void
mark_outside(const struct judgement *j, bool *outside)
{
	const struct ofd_show	*show = j->show;
	const struct ofd_sign	*own = j->sign, *later;
	size_t			 k;
	unsigned		 b;

	for (b = 0; b < show->nbodies; b++)
		if (show->bodies[b].has_signatures)
			outside[show->bodies[b].signatures] = true;
	for (k = 0; k < package_count(show->package); k++)
		if (strcasecmp(package_name(show->package, k),
		    "mimetype") == 0)
			outside[k] = true;
	if (own->has_xml)
		outside[own->xml] = true;
	if (own->has_value)
		outside[own->value] = true;
	/* It must be the seal in the value: signing/ofd.c. */
	if (own->has_seal)
		outside[own->seal] = true;
	for (later = own + 1; later < j->signs + j->n; later++) {
		if (!later->has_xml)
			continue;
		outside[later->xml] = true;
		if (later->has_value)
			outside[later->value] = true;
		if (later->has_seal)
			outside[later->seal] = true;
		add_folder(show, later, j->shown, outside);
	}
}

/* ---- the row */

static void
list_uncovered(const struct judgement *j, const bool *outside,
    StampReading *s)
{
	size_t	i;

	for (i = 0; i < package_count(j->show->package); i++) {
		if (j->sign->covered[i] || (outside[i] && !j->shown[i]))
			continue;
		s->uncovered_all++;
		reading_line(&s->uncovered, &s->n_uncovered, "/%.200s",
		    package_name(j->show->package, i));
	}
}

static void
mark_shown(struct judgement *j)
{
	size_t	i;

	for (i = 0; i < j->show->nuses; i++)
		if (!is_unseen(j->show->uses[i].part))
			j->shown[j->show->uses[i].file] = true;
}

void
ofd_coverage(struct ofd_show *show, const struct ofd_sign *signs, size_t n,
    size_t i, StampReading *s)
{
	struct judgement	 j = { .show = show, .sign = &signs[i],
				    .signs = signs, .n = n };
	size_t			 count = package_count(show->package);
	bool			*outside = xcalloc(count + 1, sizeof(bool));

	if (!signs[i].has_xml) {
		reading_stamp_check(s, "coverage", READ_UNKNOWN,
		    "nothing says what it covers");
		free(outside);
		return;
	}
	j.shown = xcalloc(count + 1, sizeof(bool));
	mark_shown(&j);
	mark_outside(&j, outside);
	judge_roots(&j);
	judge_uses(&j);
	list_uncovered(&j, outside, s);
	if (j.weight != WEIGHT_NONE)
		reading_stamp_check(s, "coverage", j.weight == WEIGHT_FAILED ?
		    READ_FAILED : READ_UNKNOWN, "%s", j.why);
	else if (s->uncovered_all == 0)
		reading_stamp_check(s, "coverage", READ_PASSED,
		    "every file of the package");
	else
		reading_stamp_check(s, "coverage", READ_PASSED,
		    "all that is shown; %u files that are not shown, or lead "
		    "to it, lie outside", s->uncovered_all);
	free(j.shown);
	free(outside);
}
