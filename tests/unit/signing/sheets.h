#ifndef TESTS_UNIT_SIGNING_SHEETS_H
#define TESTS_UNIT_SIGNING_SHEETS_H

#include <stdio.h>
#include <string.h>

#include "tests/unit/signing/zipfile.h"

#include "base/mem.h"
#include "signing/sheet.h"

/* Pictures of seals that are OFD packages, to test with. */

#define SHEETS_NS	" xmlns:ofd=\"http://www.ofdspec.org/2016\""

/* What is in one.  NULL: as usual, or nothing. */
struct sheets {
	const char	*content;	/* of its layer */
	const char	*box;		/* "0 0 40 40" */
	const char	*layer;		/* attributes of the layer */
	const char	*page;		/* before the content: templates */
	const char	*common;	/* in CommonData */
	const char	*res;		/* in PublicRes.xml */
	const char	*document;	/* in Document */
	const char	*body;		/* in DocBody */
	const char	*without;	/* a file that is not there */
	/* Files more, up to the first without a name. */
	struct {
		const char	*name;
		struct octets	 o;
	}		 file[4];
};

static inline const char *
sheets_or(const char *s, const char *usual)
{
	return s != NULL ? s : usual;
}

/* text is freed. */
static inline void
sheets_add(const struct sheets *s, struct zipfile *z, const char *name,
    char *text)
{
	if (s->without == NULL || strcmp(s->without, name) != 0)
		zipfile_add(z, name, OCTETS(text, strlen(text)));
	free(text);
}

static inline void
sheets_make(const struct sheets *s, struct zipfile *z)
{
	size_t	i;

	zipfile_init(z);
	sheets_add(s, z, "OFD.xml", xasprintf("<ofd:OFD" SHEETS_NS
	    "><ofd:DocBody>"
	    "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>%s</ofd:DocBody>"
	    "</ofd:OFD>", sheets_or(s->body, "")));
	sheets_add(s, z, "Doc_0/Document.xml", xasprintf("<ofd:Document"
	    SHEETS_NS "><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>"
	    "0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>"
	    "PublicRes.xml</ofd:PublicRes>%s</ofd:CommonData><ofd:Pages>"
	    "<ofd:Page ID=\"1\" BaseLoc=\"Pages/P/Content.xml\"/></ofd:Pages>"
	    "%s</ofd:Document>", sheets_or(s->common, ""),
	    sheets_or(s->document, "")));
	sheets_add(s, z, "Doc_0/PublicRes.xml", xasprintf("<ofd:Res" SHEETS_NS
	    " BaseLoc=\"Res\">%s</ofd:Res>", sheets_or(s->res, "")));
	sheets_add(s, z, "Doc_0/Pages/P/Content.xml", xasprintf("<ofd:Page"
	    SHEETS_NS "><ofd:Area><ofd:PhysicalBox>%s</ofd:PhysicalBox>"
	    "</ofd:Area>%s<ofd:Content><ofd:Layer ID=\"2\" %s>%s</ofd:Layer>"
	    "</ofd:Content></ofd:Page>", sheets_or(s->box, "0 0 40 40"),
	    sheets_or(s->page, ""), sheets_or(s->layer, ""),
	    sheets_or(s->content, "")));
	for (i = 0; i < 4 && s->file[i].name != NULL; i++)
		zipfile_add(z, s->file[i].name, s->file[i].o);
	zipfile_end(z, "");
}

#endif /* TESTS_UNIT_SIGNING_SHEETS_H */
