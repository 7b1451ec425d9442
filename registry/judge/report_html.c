#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/advice.h"
#include "registry/judge/impression.h"
#include "registry/judge/report_css.h"
#include "registry/judge/report_html.h"
#include "registry/judge/report_words.h"

/* Text of strangers: nothing of it is markup. */
static void
put(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_put_u8(out, (uint8_t)*s);
		}
}

static void
put_term(struct buf *out, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	buf_puts(out, "<dt>");
	put(out, name);
	buf_puts(out, "</dt><dd>");
	put(out, value);
	buf_puts(out, "</dd>\n");
}

static void
put_moment(struct buf *out, const char *name, int64_t t, const char *note)
{
	char	text[48];

	if (t == 0)
		return;
	report_moment_text(t, text);
	buf_puts(out, "<dt>");
	put(out, name);
	buf_puts(out, "</dt><dd>");
	put(out, text);
	if (note != NULL && *note != '\0') {
		buf_puts(out, " — ");
		put(out, note);
	}
	buf_puts(out, "</dd>\n");
}

static void
put_rule(const struct report *r, const struct report_part *p,
    const struct report_check *c, enum rule_lang lang, struct buf *out)
{
	const char	*form = p->form != NULL ? p->form : "";
	char		 text[PHRASE_SIZE];

	buf_printf(out, "<li class=\"%s\"><span class=\"result\">",
	    check_result_word(c->result));
	put(out, report_words_of(lang)->result[c->result]);
	buf_puts(out, "</span><div><p>");
	put(out, c->rule->title[lang]);
	buf_puts(out, "</p><p class=\"small\">");
	put(out, report_sentence(c->detail, lang, text));
	buf_puts(out, "</p></div><p class=\"clause\"><code>");
	put(out, c->rule->id);
	if (c->sub != NULL) {
		buf_puts(out, "</code><br><code>");
		put(out, c->sub);
	}
	buf_puts(out, "</code><br>");
	put(out, rule_clause(c->rule, r->kind, form, p->generation));
	buf_puts(out, "</p></li>\n");
}

/* Of the part; before them those of the file, where it has one part alone. */
static void
put_rules(const struct report *r, const struct report_part *p,
    enum rule_lang lang, struct buf *out)
{
	size_t	i;

	buf_puts(out, "<ol class=\"rules\">\n");
	for (i = 0; r->nstamps == 1 && i < r->whole.n; i++)
		put_rule(r, &r->whole, &r->whole.checks[i], lang, out);
	for (i = 0; i < p->n; i++)
		put_rule(r, p, &p->checks[i], lang, out);
	buf_puts(out, "</ol>\n");
}

static void
put_list(const char *name, const struct report_list *l, uint32_t count,
    enum rule_lang lang, struct buf *out)
{
	char	text[PHRASE_SIZE];
	size_t	i;

	if (l->n == 0)
		return;
	buf_puts(out, "<h3>");
	put(out, name);
	buf_puts(out, "</h3>\n<ul>\n");
	for (i = 0; i < l->n; i++) {
		buf_puts(out, "<li>");
		put(out, report_line_text(l->line[i], lang, text));
		buf_puts(out, "</li>\n");
	}
	if (count > l->n)
		buf_printf(out, "<li>%u %s</li>\n", count,
		    report_words_of(lang)->more);
	buf_puts(out, "</ul>\n");
}

static void
put_cert(const struct report_cert *c, enum rule_lang lang, struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);
	char			 from[48], to[48];
	char			*way = report_way_text(c, lang);

	buf_puts(out, "<li>");
	put(out, report_role_text(c->role, lang));
	buf_puts(out, lang == LANG_ZH ? "：" : ": ");
	put(out, c->subject != NULL ? c->subject : "—");
	buf_puts(out, "<br><span class=\"small\">");
	if (c->issuer != NULL)
		put(out, c->issuer);
	if (way != NULL) {
		buf_puts(out, "<br>");
		put(out, way);
	}
	free(way);
	report_moment_text(c->not_before, from);
	report_moment_text(c->not_after, to);
	buf_printf(out, "<br>%s – %s<br>%s: %s · %s: %s", from, to, w->then,
	    report_state_text(c->then, lang), w->now,
	    report_state_text(c->now, lang));
	if (c->revoked_at != 0) {
		report_moment_text(c->revoked_at, from);
		buf_printf(out, " · %s %s", w->revoked, from);
	}
	buf_puts(out, "</span></li>\n");
}

static void
put_certs(const struct report_part *p, enum rule_lang lang, struct buf *out)
{
	size_t	i;

	if (p->ncerts == 0)
		return;
	buf_printf(out, "<h3>%s</h3>\n<ul>\n", report_words_of(lang)->certs);
	for (i = 0; i < p->ncerts; i++)
		put_cert(&p->certs[i], lang, out);
	buf_puts(out, "</ul>\n");
}

static void
put_register(const struct report_register *g, enum rule_lang lang,
    struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);

	if (g->verdict == VERDICT_NONE)
		return;
	buf_puts(out, "<dt>");
	put(out, w->reg);
	buf_puts(out, "</dt><dd>");
	put(out, report_words_of(lang)->verdict[g->verdict]);
	if (g->then != NULL)
		buf_printf(out, " · %s: %s", w->then,
		    report_state_text(g->then, lang));
	if (g->now != NULL)
		buf_printf(out, " · %s: %s", w->now,
		    report_state_text(g->now, lang));
	buf_puts(out, "</dd>\n");
	put_moment(out, w->asof, g->as_of, NULL);
}

/* A file may have many stamps: beyond this nothing is shown again. */
#define PICTURES_MAX	(LIMIT_REPORT / 2)
#define PX_PER_MM	(96 / 25.4)

static void
put_image(const struct report_part *p, enum rule_lang lang, struct buf *out)
{
	const struct report_picture	*g = &p->picture;
	struct buf			 uri;
	double				 width, height;

	buf_init(&uri, LIMIT_REPORT);
	if (out->len < PICTURES_MAX && impression_uri(g, &uri) &&
	    buf_ok(&uri)) {
		report_picture_size(g, &width, &height);
		buf_printf(out, "<img width=\"%.0f\" height=\"%.0f\" alt=\"%s",
		    width * PX_PER_MM, height * PX_PER_MM,
		    report_words_of(lang)->picture);
		if (p->seal_name != NULL) {
			buf_puts(out, " ");
			put(out, p->seal_name);
		}
		buf_puts(out, "\" src=\"");
		buf_put_octets(out, buf_octets(&uri));
		buf_puts(out, "\">");
	}
	buf_fini(&uri);
}

/* The picture in the seal; pale, and with the verdict below, where that is not
 * good: it is what a forger wants to be seen. */
static void
put_picture(const struct report_part *p, enum verdict v, enum rule_lang lang,
    struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);
	const struct report_picture	*g = &p->picture;
	char				 text[REPORT_PICTURE_SIZE];
	char				 why[PHRASE_SIZE];
	size_t				 i;

	if (g->octets == 0 || (g->rgb == NULL && g->why == NULL))
		return;
	buf_printf(out, "<figure class=\"picture%s\">", v == VERDICT_VALID ?
	    "" : v == VERDICT_UNKNOWN ? " pale" : " paler");
	if (g->rgb != NULL)
		put_image(p, lang, out);
	buf_printf(out, "<figcaption class=\"small\">%s<br>", w->picture);
	report_picture_text(g, lang, text);
	put(out, text);
	buf_puts(out, "<br>");
	for (i = 0; i < g->lacks.n; i++) {
		put(out, report_sentence(g->lacks.line[i], lang, why));
		buf_puts(out, "<br>");
	}
	if (g->rgb == NULL) {
		buf_puts(out, w->hidden);
		put(out, report_sentence(g->why, lang, why));
	} else if (v == VERDICT_VALID) {
		buf_puts(out, w->proves);
	} else {
		buf_printf(out, "<b>%s</b>", w->verdict[v]);
	}
	buf_puts(out, "</figcaption></figure>\n");
}

/* What is told of a seal and of a stamp alike. */
static void
put_part(const struct report *r, const struct report_part *p,
    enum rule_lang lang, struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);

	put_picture(p, p == &r->whole ? report_verdict(r) :
	    report_part_verdict(p), lang, out);
	buf_puts(out, "<dl>\n");
	put_term(out, w->seal, p->seal_name);
	put_term(out, w->code, p->code);
	put_term(out, w->generation, p->generation);
	put_term(out, w->signer, p->signer);
	if (p->source != TIME_SIGNER)
		put_moment(out, w->says, p->signed_at, NULL);
	put_moment(out, w->judged, p->at, w->source[p->source]);
	put_register(&p->reg, lang, out);
	buf_puts(out, "</dl>\n");
	put_rules(r, p, lang, out);
	put_list(w->places, &p->places, 0, lang, out);
	put_list(w->uncovered, &p->uncovered, p->uncovered_all, lang,
	    out);
	put_list(w->changes, &p->changes, 0, lang, out);
	put_list(w->deviations, &p->deviations, 0, lang, out);
	put_certs(p, lang, out);
}

static const char *
class_of(enum verdict v)
{
	return v == VERDICT_VALID ? " is-valid" : v == VERDICT_UNKNOWN ? "" :
	    " is-bad";
}

/* Why, in the words of the rules: those that failed, or cannot be told. */
static void
put_why(const struct report_part *p, enum verdict v, enum rule_lang lang,
    struct buf *out)
{
	enum check_result	want = v == VERDICT_UNKNOWN ? CHECK_UNKNOWN :
				    CHECK_FAILED;
	char			text[PHRASE_SIZE];
	size_t			i, n = 0;

	for (i = 0; v != VERDICT_VALID && i < p->n; i++) {
		if (p->checks[i].result != want)
			continue;
		buf_puts(out, n++ == 0 ? "<ul class=\"why\">" : "");
		buf_puts(out, "<li><b>");
		put(out, p->checks[i].rule->title[lang]);
		buf_puts(out, lang == LANG_ZH ? "</b>：" : "</b> — ");
		put(out, report_sentence(p->checks[i].detail, lang, text));
		buf_puts(out, "</li>");
	}
	buf_puts(out, n > 0 ? "</ul>" : "");
}

static void
put_verdict(const struct report_part *p, enum verdict v, const char *sub,
    const char *note, enum rule_lang lang, struct buf *out)
{
	buf_printf(out, "<div class=\"verdict%s\"><p class=\"word\">",
	    class_of(v));
	put(out, report_words_of(lang)->verdict[v]);
	buf_puts(out, "</p>");
	if (note != NULL) {
		buf_puts(out, "<p>");
		put(out, note);
		buf_puts(out, "</p>");
	} else {
		put_why(p, v, lang, out);
	}
	buf_puts(out, "<p class=\"clause\"><code>");
	put(out, report_indication(v));
	if (sub != NULL) {
		buf_puts(out, " · ");
		put(out, sub);
	}
	buf_puts(out, "</code></p></div>\n");
}

static void
put_next(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const char	*next = advice_for(r, lang);

	if (next == NULL)
		return;
	buf_puts(out, "<p class=\"next\"><b>");
	put(out, report_words_of(lang)->next);
	buf_puts(out, "</b>");
	put(out, next);
	buf_puts(out, "</p>\n");
}

/* Where it was judged from evidence: what that is worth. */
static void
put_evidence(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const struct report_check	*c = report_evidence(r);
	char				 text[PHRASE_SIZE], when[48];

	if (c == NULL)
		return;
	buf_printf(out, "<p class=\"small\">%s%s — ",
	    report_words_of(lang)->evidence,
	    report_words_of(lang)->result[c->result]);
	put(out, report_sentence(c->detail, lang, text));
	if (r->kept.at != 0) {
		report_moment_text(r->kept.at, when);
		buf_printf(out, " · %s", when);
	}
	if (r->kept.ncerts > 0 && r->kept.certs[0].subject != NULL) {
		buf_puts(out, " · ");
		put(out, r->kept.certs[0].subject);
	}
	buf_puts(out, "</p>\n");
}

static void
put_stamp(const struct report *r, size_t i, enum rule_lang lang,
    struct buf *out)
{
	const struct report_part	*p = &r->stamps[i];

	buf_printf(out, "<section>\n<h2>%s %zu/%zu", report_words_of(lang)->stamp, i + 1,
	    r->nstamps);
	if (p->label != NULL) {
		buf_puts(out, " <code>");
		put(out, p->label);
		buf_puts(out, "</code>");
	}
	buf_puts(out, "</h2>\n");
	/* With one stamp the verdict above is its own. */
	if (r->nstamps > 1)
		put_verdict(p, report_part_verdict(p), report_part_sub(p),
		    NULL, lang, out);
	put_part(r, p, lang, out);
	buf_puts(out, "</section>\n");
}

/* Up to where its policy holds. */
static void
put_begin(enum rule_lang lang, struct buf *out)
{
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n",
	    report_words_of(lang)->tag);
}

bool
report_html_is_inert(const char *page, enum rule_lang lang)
{
	struct buf	b;
	bool		inert;

	buf_init(&b, 1024);
	put_begin(lang, &b);
	inert = buf_ok(&b) && strncmp(page, (const char *)b.p, b.len) == 0;
	buf_fini(&b);
	return inert;
}

static void
put_head(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);
	char			 note[PHRASE_SIZE];
	struct report_part	 merged;

	put_begin(lang, out);
	buf_printf(out, "<title>%s</title>\n<style>\nbody { margin: 0; }\n",
	    w->title);
	buf_puts(out, REPORT_CSS);
	buf_printf(out, "</style>\n</head>\n<body>\n<main class=\"report\" "
	    "lang=\"%s\"%s>\n<h1>%s</h1>\n", w->tag,
	    r->replayed && r->alone ? " data-wants=\"file\"" :
	    report_wants_original(r) ? " data-wants=\"original\"" : "",
	    w->title);
	report_merge(r, &merged);
	put_verdict(&merged, report_verdict(r), report_sub(r),
	    r->note != NULL ? report_sentence(r->note, lang, note) : NULL,
	    lang, out);
	put_next(r, lang, out);
	put_evidence(r, lang, out);
}

/* Which file it is about, and when the report was made. */
static void
put_foot(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const struct report_words	*w = report_words_of(lang);
	char			 hex[HEX_SIZE(SM3_LEN)] = "";

	if (r->has_digest)
		hex_encode(r->digest, SM3_LEN, hex);
	buf_puts(out, "<footer class=\"small\">\n<dl>\n");
	put_term(out, w->kind, report_kind_text(r->kind, lang));
	put_term(out, w->digest, hex);
	if (r->has_original) {
		hex_encode(r->original, SM3_LEN, hex);
		put_term(out, w->original, hex);
	}
	if (r->has_policy)
		hex_encode(r->policy, SM3_LEN, hex);
	put_term(out, w->policy, r->has_policy ? hex : w->usual);
	put_moment(out, w->made, r->now, NULL);
	buf_puts(out, "</dl>\n<p>");
	put(out, report_legal(lang));
	buf_puts(out, "</p><p>");
	put(out, w->foot);
	buf_puts(out, "</p></footer>\n</main>\n</body>\n</html>\n");
}

void
report_html(const struct report *r, enum rule_lang lang, struct buf *out)
{
	size_t	i;

	put_head(r, lang, out);
	if (strcmp(r->kind, "seal") == 0)
		put_part(r, &r->whole, lang, out);
	else if (r->whole.n > 0 && r->nstamps != 1)
		put_rules(r, &r->whole, lang, out);
	for (i = 0; i < r->nstamps; i++)
		put_stamp(r, i, lang, out);
	put_foot(r, lang, out);
}
