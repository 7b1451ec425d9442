#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "signing/ofd_show.h"
#include "signing/ofd_uses.h"
#include "signing/path.h"
#include "signing/xml.h"

static const char *const words[OFD_PART_END] = {
	[OFD_NOTHING] = "nothing", [OFD_DOCUMENT] = "document",
	[OFD_VERSION] = "version", [OFD_PAGE] = "page",
	[OFD_TEMPLATE] = "template", [OFD_RESOURCES] = "resources",
	[OFD_MEDIA] = "font or picture",
	[OFD_ANNOTATIONS] = "list of annotations",
	[OFD_ANNOTATION] = "annotation",
	[OFD_ATTACHMENTS] = "list of attachments",
	[OFD_ATTACHMENT] = "attachment", [OFD_UNSEEN] = "not shown",
	[OFD_SIGNATURES] = "list of signatures",
};

const char *
ofd_part_word(enum ofd_part part)
{
	return (unsigned)part < OFD_PART_END ? words[part] : "nothing";
}

void
ofd_odd(struct ofd_show *show, const char *fmt, ...)
{
	char	text[OFD_LINE_SIZE];
	va_list	ap;
	size_t	i;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < show->nlines; i++)
		if (strcmp(show->lines[i], text) == 0)
			return;
	if (show->nlines == OFD_LINES)
		return;
	show->lines = xreallocarray(show->lines, show->nlines + 1,
	    sizeof(show->lines[0]));
	show->lines[show->nlines++] = xstrdup(text);
}

void
ofd_fault(struct ofd_show *show, const char *fmt, ...)
{
	va_list	ap;

	if (show->fault[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(show->fault, sizeof(show->fault), fmt, ap);
	va_end(ap);
}

/* The file of loc seen from folder, if there is one. */
static bool
look(struct ofd_show *show, const char *folder, const char *loc, size_t *file)
{
	char		path[PATH_SIZE];
	unsigned	odd;
	bool		other;

	if (!path_resolve(folder, loc, path, &odd) ||
	    !package_find(show->package, path, file, &other))
		return false;
	if (other)
		ofd_odd(show, "a file is named in another case than its own: "
		    "%.150s", loc);
	if ((odd & PATH_BACKSLASH) != 0)
		ofd_odd(show, "locations are written with \"\\\"");
	return true;
}

/* "%E5%8D%B0.xml" as the name that it stands for.  False: it is no such. */
static bool
unescape(const char *loc, char out[PATH_SIZE])
{
	size_t	n = 0;
	int	high, low;
	bool	any = false;

	for (; *loc != '\0' && n + 1 < PATH_SIZE; loc++, n++) {
		out[n] = *loc;
		if (*loc != '%')
			continue;
		if ((high = hex_digit(loc[1])) < 0 ||
		    (low = hex_digit(loc[2])) < 0 || (high | low) == 0)
			return false;
		out[n] = (char)(high << 4 | low);
		loc += 2;
		any = true;
	}
	out[n] = '\0';
	return any && *loc == '\0' && utf8_valid(out, n);
}

/* Where a location may begin: as the standard says; at the root; and then as
 * some writers have it. */
#define PLACES	5

struct places {
	const char	*at[PLACES];
	char		 folder[PATH_SIZE], own[PATH_SIZE], above[PATH_SIZE],
			 first[PATH_SIZE];
};

static void
find_places(const struct ofd_show *show, size_t from, const char *base,
    struct places *p)
{
	unsigned	odd;

	path_folder(package_name(show->package, from), p->own);
	if (base == NULL || base[0] == '\0' ||
	    !path_resolve(p->own, base, p->folder, &odd))
		memcpy(p->folder, p->own, sizeof(p->folder));
	path_folder(p->own, p->above);
	memcpy(p->first, p->own, sizeof(p->first));
	p->first[strcspn(p->first, "/")] = '\0';
	p->at[0] = p->folder;
	p->at[1] = "";
	p->at[2] = p->own;
	p->at[3] = p->above;
	p->at[4] = p->first;
}

/* The first place from which loc is a file; the place's number, or PLACES. */
static size_t
look_from(struct ofd_show *show, const struct places *p, const char *loc,
    size_t *file)
{
	size_t	i;

	for (i = 0; i < PLACES; i++)
		if (look(show, p->at[i], loc, file))
			break;
	return i;
}

/*
 * Would a reader that looks from elsewhere take it for another file?  What is
 * written as the standard says, some read from the root; what is not, and all
 * that a signature names, must mean one file from wherever one looks.
 */
static bool
means_another(struct ofd_show *show, const struct places *p, size_t found,
    bool one, const char *loc, size_t file)
{
	size_t	i, other;

	for (i = 1; i < (found > 0 || one ? PLACES : 2); i++)
		if (look(show, p->at[i], loc, &other) && other != file)
			return true;
	return false;
}

static bool
locate(struct ofd_show *show, size_t from, const char *base, bool one,
    const char *loc, size_t *file)
{
	struct places	p;
	char		plain[PATH_SIZE];
	size_t		found, other;
	const bool	escaped = unescape(loc, plain);

	*file = 0;
	find_places(show, from, base, &p);
	found = look_from(show, &p, loc, file);
	if (found < PLACES && escaped &&
	    look_from(show, &p, plain, &other) < PLACES && other != *file)
		ofd_fault(show, "a location that means two files: %.150s",
		    loc);
	if (found == PLACES && escaped) {
		found = look_from(show, &p, plain, file);
		if (found < PLACES)
			ofd_odd(show, "a location is percent-encoded: %.150s",
			    loc);
		loc = plain;
	}
	if (found > 0 && found < PLACES)
		ofd_odd(show, "a location is not relative to the file that "
		    "names it: %.150s", loc);
	if (found < PLACES && means_another(show, &p, found, one, loc, *file))
		ofd_fault(show, "a location that means two files: %.150s",
		    loc);
	return found < PLACES;
}

bool
ofd_locate_in(struct ofd_show *show, size_t from, const char *base,
    const char *loc, size_t *file)
{
	return locate(show, from, base, false, loc, file);
}

bool
ofd_locate(struct ofd_show *show, size_t from, const char *loc, size_t *file)
{
	return locate(show, from, NULL, false, loc, file);
}

bool
ofd_locate_signed(struct ofd_show *show, size_t from, const char *loc,
    size_t *file)
{
	return locate(show, from, NULL, true, loc, file);
}

size_t
ofd_page_number(const struct ofd_show *show, unsigned body, const char *id)
{
	size_t	i, n = 0;

	for (i = 0; i < show->npages; i++)
		if (show->pages[i].body == body) {
			n++;
			if (strcmp(show->pages[i].id, id) == 0)
				return n;
		}
	return 0;
}

/* ---- /OFD.xml */

/* A document more.  NULL: there are too many, or it is not there. */
static struct ofd_body *
add_body(struct ofd_show *show, size_t from, const char *loc)
{
	struct ofd_body	*b = &show->bodies[show->nbodies];
	size_t		 file;

	if (loc == NULL || !ofd_locate(show, from, loc, &file)) {
		ofd_fault(show, "the document %.150s is not in the package",
		    loc == NULL ? "" : loc);
		return NULL;
	}
	if (show->nbodies == LIMIT_OFD_BODIES) {
		ofd_fault(show, "more than %d documents", LIMIT_OFD_BODIES);
		return NULL;
	}
	memset(b, 0, sizeof(*b));
	b->document = file;
	ofd_use(show, file, from, OFD_DOCUMENT, show->nbodies);
	show->nbodies++;
	return b;
}

/* A version of a document (7.4, DocVersion): what it shows is one more. */
static void
read_version(struct ofd_show *show, const char *loc)
{
	struct xml	*x = NULL;
	char		*root;
	size_t		 file;

	if (loc == NULL || !ofd_locate(show, show->root, loc, &file)) {
		ofd_fault(show, "a version of the document is not in the "
		    "package");
		return;
	}
	ofd_use(show, file, show->root, OFD_VERSION, show->nbodies);
	if ((x = ofd_xml(show, file)) != NULL) {
		root = xml_text(xml_child(xml_root(x), "DocRoot"));
		(void)add_body(show, file, root);
		free(root);
	}
	xml_free(x);
}

static void
read_body(struct ofd_show *show, const struct _xmlNode *n)
{
	const struct _xmlNode	*v;
	struct ofd_body		*b;
	char			*s;

	if (xml_count(n, "DocRoot") != 1 || xml_count(n, "Signatures") > 1 ||
	    xml_count(n, "Versions") > 1) {
		ofd_fault(show, "OFD.xml: a DocBody with not one DocRoot, or "
		    "with several lists of signatures");
		return;
	}
	s = xml_text(xml_child(n, "DocRoot"));
	b = add_body(show, show->root, s);
	free(s);
	s = xml_text(xml_child(n, "Signatures"));
	if (b != NULL && s != NULL && s[0] != '\0') {
		b->has_signatures = ofd_locate(show, show->root, s,
		    &b->signatures);
		if (b->has_signatures)
			ofd_use(show, b->signatures, show->root,
			    OFD_SIGNATURES, show->nbodies - 1);
		else
			ofd_fault(show, "the list of signatures %.150s is "
			    "not in the package", s);
	}
	free(s);
	for (v = xml_child(xml_child(n, "Versions"), "Version"); v != NULL;
	    v = xml_next(v)) {
		s = xml_attribute(v, "BaseLoc");
		read_version(show, s);
		free(s);
	}
}

int
ofd_show_read(struct package *package, struct ofd_show **out, struct err *e)
{
	struct ofd_show		*show;
	const struct _xmlNode	*n;
	struct xml		*x;
	size_t			 root, i;
	bool			 other;

	*out = NULL;
	if (!package_find(package, "OFD.xml", &root, &other))
		return err_set_id(e, ERR_FORMAT, "unknown-object",
		    "a ZIP archive without OFD.xml");
	show = xcalloc(1, sizeof(*show));
	show->package = package;
	show->root = root;
	if (other)
		ofd_odd(show, "OFD.xml is spelled in another case");
	if ((x = ofd_xml(show, root)) != NULL) {
		n = xml_root(x);
		if (!xml_is(n, "OFD") || xml_count(n, "DocBody") == 0)
			ofd_fault(show, "OFD.xml shows no document");
		for (n = xml_child(n, "DocBody"); n != NULL; n = xml_next(n))
			read_body(show, n);
	}
	xml_free(x);
	for (i = 0; i < show->nuses; i++)
		ofd_uses_of(show, i);
	*out = show;
	return 0;
}

void
ofd_show_free(struct ofd_show *show)
{
	size_t	i;

	if (show == NULL)
		return;
	for (i = 0; i < show->npages; i++)
		free(show->pages[i].id);
	for (i = 0; i < show->nlines; i++)
		free(show->lines[i]);
	free(show->pages);
	free(show->lines);
	free(show->uses);
	free(show->read);
	free(show);
}
