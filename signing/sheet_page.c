#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/sheet_page.h"
#include "signing/xml.h"

enum { RANK_BACKGROUND = 0, RANK_BODY, RANK_FOREGROUND, RANKS };

static int
no_page(struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "picture-unreadable",
	    "the OFD picture has no page that can be read");
}

/* Layers of a page, from the paper up (table 15); what says nothing, or
 * something else, is Body. */
static int
rank_of(const struct _xmlNode *layer)
{
	if (sheet_says(layer, "Type", "Background", false))
		return RANK_BACKGROUND;
	return sheet_says(layer, "Type", "Foreground", false) ?
	    RANK_FOREGROUND : RANK_BODY;
}

/* How many of n's children are not called name. */
static size_t
others(const struct _xmlNode *n, const char *name)
{
	size_t	count = 0;

	for (n = xml_first(n); n != NULL; n = xml_behind(n))
		count += !xml_is(n, name);
	return count;
}

static size_t
further(size_t n)
{
	return n > 1 ? n - 1 : 0;
}

static void
add_layers(struct sheet_page *p, const struct _xmlNode *page)
{
	const struct _xmlNode	*content, *n;
	int			 rank;

	content = xml_child(page, "Content");
	p->left_out += others(content, "Layer") +
	    further(xml_count(page, "Content"));
	for (rank = 0; rank < RANKS; rank++)
		for (n = xml_child(content, "Layer"); n != NULL;
		    n = xml_next(n)) {
			if (rank_of(n) != rank)
				continue;
			if (p->n == LIMIT_SHEET_LAYERS)
				p->left_out++;
			else
				p->layer[p->n++] = n;
		}
}

static const struct _xmlNode *
template_of(const struct _xmlNode *common, uint32_t id)
{
	const struct _xmlNode	*n;

	for (n = xml_child(common, "TemplatePage"); n != NULL;
	    n = xml_next(n))
		if (id != 0 && sheet_id(n, "ID") == id)
			return n;
	return NULL;
}

/* The templates of a page that lie below it, or above. */
static void
add_templates(struct sheet_page *p, int document,
    const struct _xmlNode *common, const struct _xmlNode *page, bool above)
{
	const struct _xmlNode	*n, *root;
	char			*loc;
	int			 file;

	for (n = xml_child(page, "Template"); n != NULL; n = xml_next(n)) {
		if (sheet_says(n, "ZOrder", "Foreground", false) != above)
			continue;
		loc = xml_attribute(template_of(common,
		    sheet_id(n, "TemplateID")), "BaseLoc");
		if (loc != NULL && sheet_res_open(p->res, document, loc,
		    &root, &file, NULL) == 0) {
			if (!sheet_res_add(p->res, file, root, "PageRes"))
				p->left_out++;
			add_layers(p, root);
		} else {
			p->left_out++;
		}
		free(loc);
	}
}

/* The page's own area, or that of all. */
static int
read_box(struct sheet_page *p, const struct _xmlNode *common,
    const struct _xmlNode *page, struct err *e)
{
	const struct _xmlNode	*area = xml_child(page, "Area");

	if (xml_child(area, "PhysicalBox") == NULL)
		area = xml_child(common, "PageArea");
	if (sheet_box_text(xml_text(xml_child(area, "PhysicalBox")),
	    &p->box) != SHEET_GOOD)
		return no_page(e);
	return 0;
}

static size_t
pages_of(const struct _xmlNode *document)
{
	const struct _xmlNode	*n;
	size_t			 count = 0;

	for (n = xml_child(document, "Pages"); n != NULL; n = xml_next(n))
		count += xml_count(n, "Page");
	return count;
}

static int
open_child(struct sheet_page *p, int from, char *loc,
    const struct _xmlNode **root, int *file, struct err *e)
{
	int	rc = loc == NULL ? no_page(e) :
		    sheet_res_open(p->res, from, loc, root, file, e);

	free(loc);
	return rc == ERR_NOTFOUND ? ERR_FORMAT : rc;
}

int
sheet_page_read(struct package *package, struct sheet_page *p, struct err *e)
{
	const struct _xmlNode	*root, *body, *common, *page;
	size_t			 documents;
	int			 file, document, rc;

	memset(p, 0, sizeof(*p));
	p->res = sheet_res_new(package);
	if ((rc = open_child(p, -1, xstrdup("OFD.xml"), &root, &file,
	    e)) != 0)
		return rc;
	body = xml_child(root, "DocBody");
	documents = xml_count(root, "DocBody");
	if ((rc = open_child(p, file, xml_text(xml_child(body, "DocRoot")),
	    &root, &document, e)) != 0)
		return rc;
	/* What is signed or noted in a picture is not drawn, nor are further
	 * documents and pages. */
	p->left_out += xml_count(body, "Signatures") +
	    xml_count(root, "Annotations") + further(documents) +
	    further(pages_of(root));
	common = xml_child(root, "CommonData");
	sheet_res_set_space(p->res, sheet_id_text(xml_text(xml_child(common,
	    "DefaultCS"))));
	if (!sheet_res_add(p->res, document, common, "PublicRes") ||
	    !sheet_res_add(p->res, document, common, "DocumentRes"))
		p->left_out++;
	if ((rc = open_child(p, document, xml_attribute(xml_child(xml_child(
	    root, "Pages"), "Page"), "BaseLoc"), &page, &file, e)) != 0)
		return rc;
	if (!sheet_res_add(p->res, file, page, "PageRes"))
		p->left_out++;
	if ((rc = read_box(p, common, page, e)) != 0)
		return rc;
	add_templates(p, document, common, page, false);
	add_layers(p, page);
	add_templates(p, document, common, page, true);
	return 0;
}

void
sheet_page_fini(struct sheet_page *p)
{
	sheet_res_free(p->res);
	p->res = NULL;
}
