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
/*
 * Does a page, whoever made it, begin as ours do: so that nothing in it runs or
 * is fetched, wherever it is opened?
 */
bool	 report_html_is_inert(const char *page, enum rule_lang lang);

#endif /* REGISTRY_REPORT_HTML_H */
