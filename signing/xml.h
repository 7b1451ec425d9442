#ifndef SIGNING_XML_H
#define SIGNING_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * XML of strangers, through libxml2: nothing is fetched, a DOCTYPE is refused
 * and with it every entity, and depth and number of elements are bounded.
 * Elements are known by their local name, in the namespaces of GB/T 33190, in
 * none and in any other: a reader that does not look at namespaces is not to
 * see something else than we do.
 */

#define LIMIT_XML		(8u << 20)	/* octets of a whole document */
#define LIMIT_XML_DEPTH		64
#define LIMIT_XML_ELEMENTS	262144
#define LIMIT_XML_TEXT		4096	/* octets of one text that is wanted */

struct xml;			/* opaque: a document */
struct _xmlNode;		/* libxml2's: an element */

/*
 * Read a whole document; the caller frees with xml_free().  what names it in
 * the error.  ERR_FORMAT "bad-xml"; ERR_TOOBIG "xml-too-big".
 */
int	 xml_parse(struct octets in, const char *what, struct xml **x,
	    struct err *e) MUST_CHECK;
void	 xml_free(struct xml *x);
/* Does an element stand in a namespace that OFD does not know? */
bool	 xml_is_foreign(const struct xml *x);

/* Elements are tied to their document. */
const struct _xmlNode *xml_root(const struct xml *x);
bool	 xml_is(const struct _xmlNode *n, const char *name);
/* The first child of that name, the next of the same name; or NULL. */
const struct _xmlNode *xml_child(const struct _xmlNode *n, const char *name);
const struct _xmlNode *xml_next(const struct _xmlNode *n);
/* The first child that is an element, the element behind n, and the one before
 * it, whatever their names; or NULL. */
const struct _xmlNode *xml_first(const struct _xmlNode *n);
const struct _xmlNode *xml_behind(const struct _xmlNode *n);
const struct _xmlNode *xml_before(const struct _xmlNode *n);
/* How many children have that name. */
size_t	 xml_count(const struct _xmlNode *n, const char *name);
/* Octets of all its attributes' values, or max where there are more. */
size_t	 xml_attributes_size(const struct _xmlNode *n, size_t max);
/* Text without the white space around it; an attribute; NULL where there is
 * none.  The caller frees with free(). */
char	*xml_text(const struct _xmlNode *n);
char	*xml_attribute(const struct _xmlNode *n, const char *name);
/* Text with its white space; the same. */
char	*xml_content(const struct _xmlNode *n);

/* A copy of n octets without the white space around them; the caller frees
 * with free(). */
char	*xml_trim(const char *p, size_t n);

/* ---- large documents, piece by piece */

struct xml_scan;		/* opaque */
struct xml_attributes;		/* opaque; lives as long as the call */

struct xml_sink {
	/* An element begins, at this depth (0: the root); it ends, with its
	 * own text, or NULL where that is longer than LIMIT_XML_TEXT. */
	void	(*begin)(void *arg, const char *name, unsigned depth,
		    const struct xml_attributes *a);
	void	(*end)(void *arg, const char *name, const char *text);
};

/* As xml_attribute(). */
char	*xml_attributes_get(const struct xml_attributes *a, const char *name);

/* The caller frees with xml_scan_free(); sink and what are borrowed. */
struct xml_scan *xml_scan_new(const struct xml_sink *sink, void *arg,
	    const char *what);
void	 xml_scan_free(struct xml_scan *s);
/* False: it is refused already; xml_scan_end() says why. */
bool	 xml_scan_add(struct xml_scan *s, const void *p, size_t n);
/* ERR_FORMAT "bad-xml". */
int	 xml_scan_end(struct xml_scan *s, struct err *e) MUST_CHECK;

#endif /* SIGNING_XML_H */
