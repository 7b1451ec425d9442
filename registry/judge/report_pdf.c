#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/advice.h"
#include "registry/judge/page.h"
#include "registry/judge/report_pdf.h"
#include "registry/judge/report_words.h"

static void
put_term(struct page *p, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		page_put(p, PAGE_MARGIN, 9.5, false, INK, "%s%s%s", name,
		    p->lang == LANG_ZH ? "：" : ": ", value);
}

static void
put_moment(struct page *p, const char *name, int64_t t, const char *note)
{
	char	text[48];

	if (t == 0)
		return;
	report_moment_text(t, text);
	page_put(p, PAGE_MARGIN, 9.5, false, INK, "%s%s%s%s%s", name,
	    p->lang == LANG_ZH ? "：" : ": ", text,
	    note != NULL && *note != '\0' ? " — " : "",
	    note != NULL ? note : "");
}

static unsigned
colour_of(enum check_result r)
{
	switch (r) {
	case CHECK_PASSED:
		return GREEN;
	case CHECK_FAILED:
		return RED;
	case CHECK_NOT_APPLICABLE:
		return PALE;
	case CHECK_UNKNOWN:
	case CHECK_NONE:
	case CHECK_END:
		break;
	}
	return AMBER;
}

/* Result, what is asked and what was found, and where it stands. */
static void
put_rule(struct page *p, const struct report *r,
    const struct report_part *part, const struct report_check *c)
{
	const char	*form = part->form != NULL ? part->form : "";
	char		 text[PHRASE_SIZE], where[256];
	const struct page_cell cells[] = {
		{ PAGE_MARGIN, 52, 9.5, true, colour_of(c->result),
		    p->w->result[c->result] },
		{ PAGE_MARGIN + 56, 290, 9.5, false, INK,
		    c->rule->title[p->lang] },
		{ PAGE_MARGIN + 56, 290, 8.5, false, PALE,
		    report_sentence(c->detail, p->lang, text) },
		{ PAGE_MARGIN + 356, PAGE_WIDTH - 2 * PAGE_MARGIN - 356, 7, false, PALE,
		    where },
	};
	double		 title, detail, clause, high;

	(void)snprintf(where, sizeof(where), "%s%s%s\n%s", c->rule->id,
	    c->sub != NULL ? "\n" : "", c->sub != NULL ? c->sub : "",
	    rule_clause(c->rule, r->kind, form, part->generation));
	title = page_cell(p, &cells[1], 0, false);
	detail = page_cell(p, &cells[2], 0, false);
	clause = page_cell(p, &cells[3], 0, false);
	high = title + detail > clause ? title + detail : clause;
	page_room(p, high + 8);
	page_line(p);
	p->y += 4;
	(void)page_cell(p, &cells[0], p->y, true);
	(void)page_cell(p, &cells[1], p->y, true);
	(void)page_cell(p, &cells[2], p->y + title, true);
	(void)page_cell(p, &cells[3], p->y, true);
	p->y += high + 4;
}

static void
put_rules(struct page *p, const struct report *r,
    const struct report_part *part)
{
	size_t	i;

	p->y += 6;
	for (i = 0; r->nstamps == 1 && part != &r->whole &&
	    i < r->whole.n; i++)
		put_rule(p, r, &r->whole, &r->whole.checks[i]);
	for (i = 0; i < part->n; i++)
		put_rule(p, r, part, &part->checks[i]);
	if (part->n > 0)
		page_line(p);
	p->y += 4;
}

static void
put_list(struct page *p, const char *name, const struct report_list *l)
{
	char	text[PHRASE_SIZE];
	size_t	i;

	if (l->n == 0)
		return;
	p->y += 4;
	page_put(p, PAGE_MARGIN, 10, true, PALE, "%s", name);
	for (i = 0; i < l->n; i++)
		page_put(p, PAGE_MARGIN + 14, 8.5, false, INK, "• %s",
		    report_line_text(l->line[i], p->lang, text));
}

static void
put_certs(struct page *p, const struct report_part *part)
{
	const struct report_cert	*c;
	char				 from[48], to[48];
	char				*way;
	size_t				 i;

	if (part->ncerts > 0) {
		p->y += 4;
		page_put(p, PAGE_MARGIN, 10, true, PALE, "%s", p->w->certs);
	}
	for (i = 0; i < part->ncerts; i++) {
		c = &part->certs[i];
		report_moment_text(c->not_before, from);
		report_moment_text(c->not_after, to);
		way = report_way_text(c, p->lang);
		page_put(p, PAGE_MARGIN + 14, 8.5, false, INK,
		    "• %s: %s\n%s\n%s%s%s – %s\n%s: %s · %s: %s",
		    report_role_text(c->role, p->lang),
		    c->subject != NULL ? c->subject : "—",
		    c->issuer != NULL ? c->issuer : "—",
		    way != NULL ? way : "", way != NULL ? "\n" : "", from, to, p->w->then, report_state_text(c->then, p->lang),
		    p->w->now, report_state_text(c->now, p->lang));
		free(way);
	}
}

#define PT_PER_MM	(72 / 25.4)

/* The picture in the seal, as large as it is; pale, and with the verdict below,
 * where that is not good. */
static void
put_picture(struct page *p, const struct report_part *part, enum verdict v)
{
	const struct report_picture	*g = &part->picture;
	struct page_picture		 at = { .rgb = g->rgb,
					    .width = g->width,
					    .height = g->height,
					    .ink = v == VERDICT_VALID ? 1 :
					    v == VERDICT_UNKNOWN ? .6 : .35 };
	char				 what[REPORT_PICTURE_SIZE];
	char				 why[PHRASE_SIZE];
	struct buf			 text;
	size_t				 i;

	if (g->octets == 0 || (g->rgb == NULL && g->why == NULL))
		return;
	if (g->rgb != NULL) {
		report_picture_size(g, &at.wide, &at.high);
		at.wide *= PT_PER_MM;
		at.high *= PT_PER_MM;
	}
	report_picture_text(g, p->lang, what);
	buf_init(&text, LIMIT_REPORT);
	buf_printf(&text, "%s\n%s\n", p->w->picture, what);
	for (i = 0; i < g->lacks.n; i++)
		buf_printf(&text, "%s\n", report_sentence(g->lacks.line[i],
		    p->lang, why));
	buf_printf(&text, "%s%s", g->rgb == NULL ? p->w->hidden :
	    v == VERDICT_VALID ? p->w->proves : p->w->verdict[v],
	    g->rgb == NULL ? report_sentence(g->why, p->lang, why) : "");
	buf_put_u8(&text, '\0');
	at.caption = (const char *)text.p;
	page_picture(p, &at);
	buf_fini(&text);
}

static void
put_part(struct page *p, const struct report *r,
    const struct report_part *part)
{
	const struct report_register	*g = &part->reg;
	char				 text[256];

	put_picture(p, part, part == &r->whole ? report_verdict(r) :
	    report_part_verdict(part));
	put_term(p, p->w->seal, part->seal_name);
	put_term(p, p->w->code, part->code);
	put_term(p, p->w->generation, part->generation);
	put_term(p, p->w->signer, part->signer);
	if (part->source != TIME_SIGNER)
		put_moment(p, p->w->says, part->signed_at, NULL);
	put_moment(p, p->w->judged, part->at, p->w->source[part->source]);
	if (g->verdict != VERDICT_NONE) {
		(void)snprintf(text, sizeof(text), "%s · %s: %s · %s: %s",
		    p->w->verdict[g->verdict], p->w->then, g->then != NULL ?
		    report_state_text(g->then, p->lang) : "—", p->w->now,
		    g->now != NULL ? report_state_text(g->now, p->lang) :
		    "—");
		put_term(p, p->w->reg, text);
		put_moment(p, p->w->asof, g->as_of, NULL);
	}
	page_clear(p);
	put_rules(p, r, part);
	put_list(p, p->w->places, &part->places);
	put_list(p, p->w->uncovered, &part->uncovered);
	put_list(p, p->w->changes, &part->changes);
	put_list(p, p->w->deviations, &part->deviations);
	put_certs(p, part);
}

/* The rules that decide, in words. */
static void
put_why(struct page *p, const struct report_part *part, enum verdict v)
{
	enum check_result	want = v == VERDICT_UNKNOWN ? CHECK_UNKNOWN :
				    CHECK_FAILED;
	char			text[PHRASE_SIZE];
	size_t			i;

	for (i = 0; v != VERDICT_VALID && i < part->n; i++)
		if (part->checks[i].result == want)
			page_put(p, PAGE_MARGIN, 10, false, INK, "• %s%s%s",
			    part->checks[i].rule->title[p->lang],
			    p->lang == LANG_ZH ? "：" : " — ",
			    report_sentence(part->checks[i].detail, p->lang,
			    text));
}

/* With a bar beside it, as far as it is on one page. */
static void
put_verdict(struct page *p, double size, const struct report_part *part,
    enum verdict v, const char *sub, const char *note)
{
	const unsigned	rgb = v == VERDICT_VALID ? GREEN :
			    v == VERDICT_UNKNOWN ? AMBER : RED;
	const unsigned	page = p->number;
	double		top;

	page_room(p, 3 * size);
	top = p->y;
	page_put(p, PAGE_MARGIN, size, true, rgb, "%s", p->w->verdict[v]);
	if (note != NULL)
		page_put(p, PAGE_MARGIN, 11, true, INK, "%s", note);
	else
		put_why(p, part, v);
	page_put(p, PAGE_MARGIN, 7.5, false, PALE, "%s%s%s", report_indication(v),
	    sub != NULL ? " · " : "", sub != NULL ? sub : "");
	if (page == p->number)
		page_bar(p, top + size / 6, rgb);
	p->y += 4;
}

static void
put_report(struct page *p, const struct report *r)
{
	const struct report_part	*part;
	struct report_part		 merged;
	char				 note[PHRASE_SIZE];
	char				 hex[HEX_SIZE(SM3_LEN)] = "";
	size_t				 i;

	page_put(p, PAGE_MARGIN, 13, true, PALE, "%s", p->w->title);
	report_merge(r, &merged);
	put_verdict(p, 24, &merged, report_verdict(r), report_sub(r),
	    r->note != NULL ? report_sentence(r->note, p->lang, note) : NULL);
	p->y += 4;
	if (advice_for(r, p->lang) != NULL)
		page_put(p, PAGE_MARGIN, 10, true, INK, "%s%s", p->w->next,
		    advice_for(r, p->lang));
	p->y += 6;
	if (strcmp(r->kind, "seal") == 0)
		put_part(p, r, &r->whole);
	else if (r->nstamps != 1)
		put_rules(p, r, &r->whole);
	for (i = 0; i < r->nstamps; i++) {
		part = &r->stamps[i];
		p->y += 12;
		page_room(p, 80);
		page_put(p, PAGE_MARGIN, 13, true, INK, "%s %zu/%zu  %s",
		    p->w->stamp, i + 1, r->nstamps, part->label != NULL ? part->label :
		    "");
		/* With one stamp the verdict above is its own. */
		if (r->nstamps > 1)
			put_verdict(p, 16, part, report_part_verdict(part),
			    report_part_sub(part), NULL);
		put_part(p, r, part);
	}
	if (r->has_digest)
		hex_encode(r->digest, SM3_LEN, hex);
	p->y += 12;
	put_term(p, p->w->kind, report_kind_text(r->kind, p->lang));
	put_term(p, p->w->digest, hex);
	if (r->has_original) {
		hex_encode(r->original, SM3_LEN, hex);
		put_term(p, p->w->original, hex);
	}
	if (r->has_policy)
		hex_encode(r->policy, SM3_LEN, hex);
	put_term(p, p->w->policy, r->has_policy ? hex : p->w->usual);
	put_moment(p, p->w->made, r->now, NULL);
	p->y += 6;
	page_put(p, PAGE_MARGIN, 8.5, false, PALE, "%s", report_legal(p->lang));
	page_put(p, PAGE_MARGIN, 8.5, false, PALE, "%s", p->w->foot);
}

int
report_pdf(const struct report *r, enum rule_lang lang, struct buf *out,
    struct err *e)
{
	struct page	p;

	page_begin(&p, out, lang, r->now);
	put_report(&p, r);
	return page_finish(&p, out, e);
}
