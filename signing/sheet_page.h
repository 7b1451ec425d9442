#ifndef SIGNING_SHEET_PAGE_H
#define SIGNING_SHEET_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "signing/sheet_res.h"
#include "signing/sheet_value.h"

/*
 * The first page of the first document in a package (GB/T 33190-2016, 7.4 to
 * 7.7): how large it is, and its layers with those of its templates, in the
 * order in which they are drawn.
 */

#define LIMIT_SHEET_LAYERS	256

struct sheet_page {
	struct sheet_res	*res;
	struct sheet_box	 box;		/* millimetres */
	const struct _xmlNode	*layer[LIMIT_SHEET_LAYERS];
	size_t			 n;
	size_t			 left_out;	/* things that are not drawn */
};

/*
 * Read it; package is borrowed until sheet_page_fini(), which is called after a
 * failure, too.  ERR_FORMAT "picture-unreadable": it has no page that can be
 * read; "bad-xml", "bad-package"; ERR_TOOBIG "picture-too-big",
 * "package-too-big", "xml-too-big".
 */
int	 sheet_page_read(struct package *package, struct sheet_page *p,
	    struct err *e) MUST_CHECK;
void	 sheet_page_fini(struct sheet_page *p);

#endif /* SIGNING_SHEET_PAGE_H */
