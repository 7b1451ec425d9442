#ifndef REGISTRY_REPORT_HTML_H
#define REGISTRY_REPORT_HTML_H

#include "base/buf.h"
#include "registry/judge/report.h"

/*
 * A report as a page of its own: one file, no script, nothing from outside,
 * for the screen and for paper.  Its element <main class="report"> is also
 * what the page /verify shows.
 */
void	 report_html(const struct report *r, enum rule_lang lang,
	    struct buf *out);

#endif /* REGISTRY_REPORT_HTML_H */
