#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>

#include "base/mem.h"
#include "signing/xml.h"
#include "signing/xml_guard.h"

#define OPTIONS	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | \
		XML_PARSE_NOCDATA)
#define ATTRIBUTE	5	/* pointers of one in SAX2 */

enum fault {
	FAULT_NONE = 0, FAULT_DOCTYPE, FAULT_DEPTH, FAULT_ELEMENTS,
	FAULT_ATTRIBUTES, FAULT_HIDDEN
};

static const char *const	faults[] = {
	[FAULT_DOCTYPE] = "a DOCTYPE is not allowed",
	[FAULT_DEPTH] = "nested too deeply",
	[FAULT_ELEMENTS] = "too many elements",
	[FAULT_ATTRIBUTES] = "too many attributes",
	[FAULT_HIDDEN] = "octets behind a NUL, which readers do not see"
};

/* Namespaces of GB/T 33190-2016, and one met in files before it. */
static const char *const	known[] = {
	"http://www.ofdspec.org/2016", "http://www.ofdspec.org"
};

/* What both ways of reading have in common; the parser's _private. */
struct watch {
	enum fault	 fault;
	unsigned	 depth;
	size_t		 elements;
	bool		 foreign;
	struct xml_scan	*scan;		/* NULL: a tree is built */
};

struct xml {
	xmlDocPtr	doc;
	bool		foreign;
};

struct xml_attributes {
	const xmlChar	**v;
	int		  n;
};

struct xml_scan {
	const struct xml_sink	*sink;
	void			*arg;
	const char		*what;
	xmlParserCtxtPtr	 ctxt;
	struct watch		 watch;
	struct xml_guard	 guard;
	bool			 stopped;
	/* Text of the elements that are open. */
	struct {
		char	*p;
		size_t	 len;
		bool	 over;
	}			 text[LIMIT_XML_DEPTH];
};

static void
stop(void *arg, enum fault f)
{
	xmlParserCtxtPtr	 ctxt = arg;
	struct watch		*w = ctxt->_private;

	if (w->fault == FAULT_NONE)
		w->fault = f;
	xmlStopParser(ctxt);
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	stop(arg, FAULT_DOCTYPE);
}

static void
scan_begin(struct xml_scan *s, unsigned depth, const xmlChar *name,
    const struct xml_attributes *a)
{
	free(s->text[depth].p);
	memset(&s->text[depth], 0, sizeof(s->text[depth]));
	s->sink->begin(s->arg, (const char *)name, depth, a);
}

static void
scan_end(struct xml_scan *s, unsigned depth, const xmlChar *name)
{
	char	*p = s->text[depth].p, *text = s->text[depth].over ? NULL :
		    xml_trim(p != NULL ? p : "", s->text[depth].len);

	s->sink->end(s->arg, (const char *)name, text);
	free(text);
}

static void
on_begin(void *arg, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int na, int ndefault,
    const xmlChar **v)
{
	xmlParserCtxtPtr	 ctxt = arg;
	struct watch		*w = ctxt->_private;
	struct xml_attributes	 a = { v, na };
	size_t			 i;

	if (w->depth >= LIMIT_XML_DEPTH) {
		stop(arg, FAULT_DEPTH);
		return;
	}
	/* An attribute of a tree costs what an element does. */
	w->elements += 1 + (w->scan == NULL ? (size_t)na : 0);
	if (w->scan == NULL && w->elements > LIMIT_XML_ELEMENTS) {
		stop(arg, FAULT_ELEMENTS);
		return;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (uri == NULL || strcmp((const char *)uri, known[i]) == 0)
			break;
	if (i == sizeof(known) / sizeof(known[0]))
		w->foreign = true;
	if (w->scan == NULL)
		xmlSAX2StartElementNs(ctxt, name, prefix, uri, nns, ns, na,
		    ndefault, v);
	else
		scan_begin(w->scan, w->depth, name, &a);
	w->depth++;
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri)
{
	xmlParserCtxtPtr	 ctxt = arg;
	struct watch		*w = ctxt->_private;
	struct xml_scan		*s = w->scan;

	if (w->fault != FAULT_NONE || w->depth == 0)
		return;
	w->depth--;
	if (s == NULL) {
		xmlSAX2EndElementNs(ctxt, name, prefix, uri);
		return;
	}
	scan_end(s, w->depth, name);
}

static void
on_text(void *arg, const xmlChar *p, int len)
{
	xmlParserCtxtPtr	 ctxt = arg;
	struct watch		*w = ctxt->_private;
	struct xml_scan		*s = w->scan;
	size_t			 n = (size_t)len;
	unsigned		 d;

	if (w->fault != FAULT_NONE || w->depth == 0 || len <= 0)
		return;
	d = w->depth - 1;
	if (s->text[d].len + n > LIMIT_XML_TEXT)
		s->text[d].over = true;
	if (s->text[d].over)
		return;
	s->text[d].p = xrealloc(s->text[d].p, s->text[d].len + n + 1);
	memcpy(s->text[d].p + s->text[d].len, p, n);
	s->text[d].len += n;
	s->text[d].p[s->text[d].len] = '\0';
}

/* The parser's state is what it is set to here, for the tree or a scan. */
static void
set_up(xmlParserCtxtPtr ctxt, struct watch *w)
{
	if (xmlCtxtUseOptions(ctxt, OPTIONS) != 0)
		abort();
	ctxt->_private = w;
	ctxt->sax->internalSubset = on_doctype;
	ctxt->sax->externalSubset = on_doctype;
	ctxt->sax->startElementNs = on_begin;
	ctxt->sax->endElementNs = on_end;
	if (w->scan == NULL)
		return;
	ctxt->sax->characters = on_text;
	ctxt->sax->cdataBlock = on_text;
	ctxt->sax->ignorableWhitespace = on_text;
	ctxt->sax->comment = NULL;
	ctxt->sax->processingInstruction = NULL;
}

static int
refuse(xmlParserCtxtPtr ctxt, const struct watch *w, const char *what,
    struct err *e)
{
	if (w->fault != FAULT_NONE)
		return err_set_id(e, ERR_FORMAT, "bad-xml", "%.120s: %s",
		    what, faults[w->fault]);
	return err_set_id(e, ERR_FORMAT, "bad-xml",
	    "%.120s: not well-formed XML at line %d", what,
	    ctxt->lastError.line);
}

/*
 * The parser ends at a NUL and says nothing: some writers leave one behind, but
 * what came after it would be hidden from us.  A character of UTF-16 has two
 * octets, one of which mostly is NUL.
 */
static bool
hides_something(struct octets in)
{
	const size_t	width = in.len >= 2 && (in.p[0] == '\0' ||
			    in.p[1] == '\0' || in.p[0] >= 0xfe) ? 2 : 1;
	size_t		i, first = SIZE_MAX;

	for (i = 0; i + width <= in.len; i += width)
		if (in.p[i] != '\0' || in.p[i + width - 1] != '\0') {
			if (first != SIZE_MAX)
				return true;
		} else if (first == SIZE_MAX) {
			first = i;
		}
	return false;
}

int
xml_parse(struct octets in, const char *what, struct xml **out,
    struct err *e)
{
	xmlParserCtxtPtr	 ctxt = NULL;
	struct watch		 w = { .fault = FAULT_NONE };
	struct xml_guard	 guard = { .place = GUARD_TEXT };
	struct xml		*x;
	int			 rc;

	*out = NULL;
	if (in.len > LIMIT_XML || in.len > INT_MAX)
		return err_set_id(e, ERR_TOOBIG, "xml-too-big",
		    "%.120s: more than %u octets", what, LIMIT_XML);
	if ((ctxt = xmlCreateMemoryParserCtxt((const char *)in.p,
	    (int)in.len)) == NULL)
		return err_set_id(e, ERR_FORMAT, "bad-xml", "%.120s: empty",
		    what);
	set_up(ctxt, &w);
	if (hides_something(in))
		w.fault = FAULT_HIDDEN;
	else if (xml_guard_add(&guard, in.p, in.len))
		(void)xmlParseDocument(ctxt);
	else
		w.fault = FAULT_ATTRIBUTES;
	if (w.fault != FAULT_NONE || !ctxt->wellFormed ||
	    ctxt->myDoc == NULL ||
	    xmlDocGetRootElement(ctxt->myDoc) == NULL) {
		rc = refuse(ctxt, &w, what, e);
		goto out;
	}
	x = xmalloc(sizeof(*x));
	x->doc = ctxt->myDoc;
	x->foreign = w.foreign;
	ctxt->myDoc = NULL;
	*out = x;

	rc = 0;
out:
	if (ctxt->myDoc != NULL)
		xmlFreeDoc(ctxt->myDoc);
	xmlFreeParserCtxt(ctxt);
	return rc;
}

void
xml_free(struct xml *x)
{
	if (x == NULL)
		return;
	xmlFreeDoc(x->doc);
	free(x);
}

bool
xml_is_foreign(const struct xml *x)
{
	return x->foreign;
}

const struct _xmlNode *
xml_root(const struct xml *x)
{
	return xmlDocGetRootElement(x->doc);
}

/* ---- piece by piece */

/* SAX tells of "&" in an attribute as "&#38;", and as nothing else. */
static char *
plain(char *s)
{
	char	*from, *to = s;

	for (from = s; *from != '\0'; to++) {
		*to = *from;
		from += strncmp(from, "&#38;", 5) == 0 ? 5 : 1;
	}
	*to = '\0';
	return s;
}

char *
xml_attributes_get(const struct xml_attributes *a, const char *name)
{
	const xmlChar	**v;
	int		  i;

	for (i = 0; i < a->n; i++) {
		v = a->v + (ptrdiff_t)i * ATTRIBUTE;
		if (strcmp((const char *)v[0], name) == 0)
			return plain(xml_trim((const char *)v[3],
			    (size_t)(v[4] - v[3])));
	}
	return NULL;
}

struct xml_scan *
xml_scan_new(const struct xml_sink *sink, void *arg, const char *what)
{
	struct xml_scan	*s = xcalloc(1, sizeof(*s));

	s->sink = sink;
	s->arg = arg;
	s->what = what;
	s->watch.scan = s;
	s->ctxt = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
	if (s->ctxt == NULL)
		abort();		/* out of memory */
	set_up(s->ctxt, &s->watch);
	return s;
}

void
xml_scan_free(struct xml_scan *s)
{
	size_t	i;

	if (s == NULL)
		return;
	for (i = 0; i < LIMIT_XML_DEPTH; i++)
		free(s->text[i].p);
	if (s->ctxt->myDoc != NULL)
		xmlFreeDoc(s->ctxt->myDoc);
	xmlFreeParserCtxt(s->ctxt);
	free(s);
}

bool
xml_scan_add(struct xml_scan *s, const void *p, size_t n)
{
	if (s->stopped || n == 0)
		return !s->stopped;
	if (!xml_guard_add(&s->guard, p, n)) {
		s->watch.fault = FAULT_ATTRIBUTES;
		s->stopped = true;
	} else if (n > INT_MAX ||
	    xmlParseChunk(s->ctxt, p, (int)n, 0) != 0)
		s->stopped = true;
	return !s->stopped && s->watch.fault == FAULT_NONE;
}

int
xml_scan_end(struct xml_scan *s, struct err *e)
{
	if (!s->stopped)
		(void)xmlParseChunk(s->ctxt, "", 0, 1);
	if (s->watch.fault != FAULT_NONE || !s->ctxt->wellFormed)
		return refuse(s->ctxt, &s->watch, s->what, e);
	return 0;
}
