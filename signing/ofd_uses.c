#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/ofd_uses.h"

/* A file while it is read. */
struct reading {
	struct ofd_show	*show;
	size_t		 file;
	enum ofd_part	 part;
	unsigned	 body;
	char		*base;	/* of resources (Res, BaseLoc) */
	struct xml_scan	*scan;
};

/* An element that names a file: in its text, or in an attribute. */
static const struct {
	enum ofd_part	 in;
	enum ofd_part	 part;
	const char	*element;
	const char	*attribute;	/* NULL: its text */
} names[] = {
	{ OFD_DOCUMENT, OFD_RESOURCES, "PublicRes", NULL },
	{ OFD_DOCUMENT, OFD_RESOURCES, "DocumentRes", NULL },
	{ OFD_DOCUMENT, OFD_TEMPLATE, "TemplatePage", "BaseLoc" },
	{ OFD_DOCUMENT, OFD_PAGE, "Page", "BaseLoc" },
	{ OFD_DOCUMENT, OFD_ANNOTATIONS, "Annotations", NULL },
	{ OFD_DOCUMENT, OFD_ATTACHMENTS, "Attachments", NULL },
	{ OFD_DOCUMENT, OFD_UNSEEN, "CustomTags", NULL },
	{ OFD_DOCUMENT, OFD_UNSEEN, "Extensions", NULL },
	{ OFD_PAGE, OFD_RESOURCES, "PageRes", NULL },
	{ OFD_TEMPLATE, OFD_RESOURCES, "PageRes", NULL },
	{ OFD_RESOURCES, OFD_MEDIA, "ColorSpace", "Profile" },
	{ OFD_RESOURCES, OFD_MEDIA, "FontFile", NULL },
	{ OFD_RESOURCES, OFD_MEDIA, "MediaFile", NULL },
	{ OFD_ANNOTATIONS, OFD_ANNOTATION, "FileLoc", NULL },
	{ OFD_ATTACHMENTS, OFD_ATTACHMENT, "FileLoc", NULL },
};

void
ofd_use(struct ofd_show *show, size_t file, size_t by, enum ofd_part part,
    unsigned body)
{
	struct ofd_use	*u;

	if (show->nuses == LIMIT_OFD_USES) {
		ofd_fault(show, "files name files more than %d times",
		    LIMIT_OFD_USES);
		return;
	}
	if ((show->nuses & (show->nuses - 1)) == 0)
		show->uses = xreallocarray(show->uses, show->nuses == 0 ? 1 :
		    show->nuses * 2, sizeof(show->uses[0]));
	u = &show->uses[show->nuses++];
	*u = (struct ofd_use){ .file = file, .by = by, .part = part,
	    .body = body };
}

struct xml *
ofd_xml(struct ofd_show *show, size_t file)
{
	struct xml	*x = NULL;
	struct err	 e = ERR_INIT;
	uint8_t		*p = NULL;
	size_t		 n;

	if (package_read(show->package, file, LIMIT_XML, &p, &n, &e) != 0 ||
	    xml_parse(OCTETS(p, n), package_name(show->package, file), &x,
	    &e) != 0)
		ofd_fault(show, "%s", e.text);
	else if (xml_is_foreign(x))
		ofd_odd(show, "elements of a namespace that OFD does not "
		    "know");
	free(p);
	return x;
}

/* The file being read names loc. */
static void
name_file(struct reading *r, const char *loc, enum ofd_part part)
{
	size_t	file;

	if (loc == NULL || loc[0] == '\0')
		return;
	if (ofd_locate_in(r->show, r->file, part == OFD_MEDIA ? r->base :
	    NULL, loc, &file))
		ofd_use(r->show, file, r->file, part, r->body);
	else if (part == OFD_PAGE)
		ofd_fault(r->show, "the page %.150s is not in the package",
		    loc);
	else
		ofd_odd(r->show, "%.150s is named and not in the package",
		    loc);
}

static void
add_page(struct reading *r, char *id)
{
	struct ofd_show	*show = r->show;

	if (show->npages == LIMIT_OFD_PAGES) {
		free(id);
		ofd_fault(show, "more than %d pages", LIMIT_OFD_PAGES);
		return;
	}
	if ((show->npages & (show->npages - 1)) == 0)
		show->pages = xreallocarray(show->pages, show->npages == 0 ?
		    1 : show->npages * 2, sizeof(show->pages[0]));
	show->pages[show->npages++] = (struct ofd_page){
	    .id = id != NULL ? id : xstrdup(""), .body = r->body };
}

static void
on_begin(void *arg, const char *name, unsigned depth,
    const struct xml_attributes *a)
{
	struct reading	*r = arg;
	char		*loc;
	size_t		 i;

	if (r->part == OFD_RESOURCES && depth == 0)
		r->base = xml_attributes_get(a, "BaseLoc");
	if ((r->part == OFD_PAGE || r->part == OFD_TEMPLATE ||
	    r->part == OFD_ANNOTATION) && strcmp(name, "ImageObject") == 0)
		r->show->picture = true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].in != r->part || names[i].attribute == NULL ||
		    strcmp(names[i].element, name) != 0)
			continue;
		if ((loc = xml_attributes_get(a, names[i].attribute)) == NULL)
			continue;
		if (names[i].part == OFD_PAGE)
			add_page(r, xml_attributes_get(a, "ID"));
		name_file(r, loc, names[i].part);
		free(loc);
	}
}

static void
on_end(void *arg, const char *name, const char *text)
{
	struct reading	*r = arg;
	size_t		 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].in == r->part && names[i].attribute == NULL &&
		    strcmp(names[i].element, name) == 0)
			name_file(r, text, names[i].part);
}

static bool
to_scan(void *arg, const uint8_t *o, size_t n)
{
	return xml_scan_add(arg, o, n);
}

/* Parts that name no file, or are no XML. */
static bool
is_leaf(enum ofd_part part)
{
	return part == OFD_MEDIA || part == OFD_ATTACHMENT ||
	    part == OFD_UNSEEN || part == OFD_VERSION ||
	    part == OFD_SIGNATURES;
}

/* Some writers leave a list of resources, annotations or attachments of no
 * octets: it names nothing. */
static bool
is_empty(struct ofd_show *show, const struct ofd_use *u)
{
	if ((u->part != OFD_RESOURCES && u->part != OFD_ANNOTATIONS &&
	    u->part != OFD_ATTACHMENTS) ||
	    package_size(show->package, u->file) > 0)
		return false;
	ofd_odd(show, "an empty file, taken for one that names nothing: "
	    "/%.150s", package_name(show->package, u->file));
	return true;
}

void
ofd_uses_of(struct ofd_show *show, size_t i)
{
	static const struct xml_sink	sink = { .begin = on_begin,
					    .end = on_end };
	const struct ofd_use		u = show->uses[i];
	struct reading			r = { .show = show, .file = u.file,
					    .part = u.part, .body = u.body };
	struct err			e = ERR_INIT;
	uint16_t			*read;

	if (is_leaf(u.part) || is_empty(show, &u))
		return;
	/* Once as what it is: files may name each other in a ring. */
	if (show->read == NULL)
		show->read = xcalloc(package_count(show->package) *
		    LIMIT_OFD_BODIES, sizeof(show->read[0]));
	read = &show->read[u.file * LIMIT_OFD_BODIES + u.body];
	if ((*read & 1u << u.part) != 0)
		return;
	*read |= (uint16_t)(1u << u.part);
	r.scan = xml_scan_new(&sink, &r, package_name(show->package,
	    u.file));
	if (package_stream(show->package, u.file, to_scan, r.scan, &e) != 0 ||
	    xml_scan_end(r.scan, &e) != 0)
		ofd_fault(show, "%s", e.text);
	xml_scan_free(r.scan);
	free(r.base);
}
