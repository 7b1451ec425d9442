#include <stdio.h>
#include <string.h>

#include "registry/judge/report_css.h"
#include "registry/web/verify_css.h"
#include "registry/web/verify_html.h"
#include "registry/web/verify_js.h"
#include "registry/web/web.h"
#include "schema/report_schema.h"

/*
 * The public page /verify, and the schema of reports: texts that are part of
 * the program, so that nothing is fetched from elsewhere and no file is read.
 */

/* Everything comes from here; what strangers wrote is text, never markup. */
#define PAGE_POLICY	"default-src 'none'; script-src 'self'; " \
	"style-src 'self'; img-src data:; connect-src 'self'; " \
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

static const struct {
	const char	*path, *type, *text;
	size_t		 len;
} texts[] = {
	{ "/verify", "text/html; charset=utf-8", VERIFY_HTML,
	    sizeof(VERIFY_HTML) - 1 },
	{ "/verify/verify.js", "text/javascript; charset=utf-8", VERIFY_JS,
	    sizeof(VERIFY_JS) - 1 },
	{ "/verify/verify.css", "text/css; charset=utf-8", VERIFY_CSS,
	    sizeof(VERIFY_CSS) - 1 },
	{ "/verify/report.css", "text/css; charset=utf-8", REPORT_CSS,
	    sizeof(REPORT_CSS) - 1 },
	{ "/v1/report.schema.json", "application/json", REPORT_SCHEMA,
	    sizeof(REPORT_SCHEMA) - 1 },
};

static void
page(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	const char	*path = http_path(r);
	size_t		 i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]) &&
	    strcmp(texts[i].path, path) != 0; i++)
		;
	if (i == sizeof(texts) / sizeof(texts[0])) {
		web_reply_problem(w, r, 404, "no-such-route",
		    "there is nothing here");
		return;
	}
	http_set(r, "Cache-Control", "no-cache");
	http_set(r, "Content-Security-Policy", PAGE_POLICY);
	http_set(r, "X-Content-Type-Options", "nosniff");
	http_set(r, "Referrer-Policy", "no-referrer");
	web_reply_octets(w, r, 200, texts[i].type, OCTETS(texts[i].text,
	    texts[i].len));
}

/* Who types the node's name alone wants the page. */
static void
home(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;

	http_set(r, "Location", "/verify");
	web_reply_octets(w, r, 302, "text/plain; charset=utf-8",
	    OCTETS("/verify\n", 8));
}

const struct http_route route_page[] = {
	{ "GET", "/", HTTP_PUBLIC, 0, home },
	{ "GET", "/verify", HTTP_PUBLIC, 0, page },
	{ "GET", "/verify/verify.js", HTTP_PUBLIC, 0, page },
	{ "GET", "/verify/verify.css", HTTP_PUBLIC, 0, page },
	{ "GET", "/verify/report.css", HTTP_PUBLIC, 0, page },
	{ "GET", "/v1/report.schema.json", HTTP_PUBLIC, 0, page },
	{ NULL, NULL, 0, 0, NULL }
};
