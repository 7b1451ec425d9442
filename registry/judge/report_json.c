#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/sm.h"
#include "base/text.h"
#include "registry/json.h"
#include "registry/judge/report.h"

/*
 * A report as JSON (schema/report.schema.json).  Written at once, without a
 * tree of values in between: many files get one each.
 */

/* A member, with the comma before it. */
#define NAME(B, S)	buf_put((B), ",\"" S "\":", sizeof(",\"" S "\":") - 1)

static void
put_text_or_null(struct buf *b, const char *s)
{
	json_put_text(b, s != NULL && *s != '\0' ? s : NULL);
}

static void
put_bool(struct buf *b, bool is)
{
	buf_puts(b, is ? "true" : "false");
}

static void
put_uint(struct buf *b, uint64_t v)
{
	buf_printf(b, "%" PRIu64, v);
}

/* A digest in hex, or null. */
static void
put_digest(struct buf *b, const uint8_t digest[SM3_LEN], bool has)
{
	char	hex[HEX_SIZE(SM3_LEN)];

	if (has)
		hex_encode(digest, SM3_LEN, hex);
	json_put_text(b, has ? hex : NULL);
}

/* The comma of an array. */
static void
go_on(struct buf *b, size_t i)
{
	if (i > 0)
		buf_put_u8(b, ',');
}

static void
put_checks(struct buf *b, const struct report *r,
    const struct report_part *p, const char *form, const char *generation)
{
	const struct report_check	*c;
	size_t				 i;

	buf_put_u8(b, '[');
	for (i = 0; i < p->n; i++) {
		c = &p->checks[i];
		go_on(b, i);
		buf_puts(b, "{\"rule\":");
		json_put_text(b, c->rule->id);
		NAME(b, "result");
		json_put_text(b, check_result_word(c->result));
		NAME(b, "detail");
		json_put_text(b, c->detail);
		NAME(b, "clause");
		json_put_text(b, rule_clause(c->rule, r->kind, form,
		    generation));
		NAME(b, "sub_indication");
		put_text_or_null(b, c->sub);
		buf_put_u8(b, '}');
	}
	buf_put_u8(b, ']');
}

static void
put_lines(struct buf *b, const struct report_list *l)
{
	size_t	i;

	buf_put_u8(b, '[');
	for (i = 0; i < l->n; i++) {
		go_on(b, i);
		json_put_text(b, l->line[i]);
	}
	buf_put_u8(b, ']');
}

static void
put_register(struct buf *b, const struct report_register *g)
{
	buf_puts(b, "{\"verdict\":");
	put_text_or_null(b, verdict_word(g->verdict));
	NAME(b, "status");
	put_text_or_null(b, g->then);
	NAME(b, "status_now");
	put_text_or_null(b, g->now);
	NAME(b, "as_of");
	json_put_time(b, g->as_of);
	NAME(b, "basis");
	put_text_or_null(b, g->basis);
	NAME(b, "why");
	put_text_or_null(b, g->verdict == VERDICT_NONE ? NULL :
	    verdict_why(g->why));
	buf_put_u8(b, '}');
}

/* What stands between a certificate and its authority. */
static void
put_way(struct buf *b, const struct report_cert *c)
{
	size_t	i;

	buf_put_u8(b, '[');
	for (i = 0; i < c->nvia; i++) {
		go_on(b, i);
		buf_puts(b, "{\"subject\":");
		put_text_or_null(b, c->via[i].subject);
		NAME(b, "serial");
		json_put_text(b, c->via[i].serial);
		NAME(b, "cross");
		put_bool(b, c->via[i].cross);
		buf_put_u8(b, '}');
	}
	buf_put_u8(b, ']');
}

static void
put_cert(struct buf *b, const struct report_cert *c)
{
	buf_puts(b, "{\"role\":");
	json_put_text(b, c->role);
	NAME(b, "subject");
	put_text_or_null(b, c->subject);
	NAME(b, "issuer");
	put_text_or_null(b, c->issuer);
	NAME(b, "not_before");
	json_put_time(b, c->not_before);
	NAME(b, "not_after");
	json_put_time(b, c->not_after);
	NAME(b, "status_then");
	json_put_text(b, c->then);
	NAME(b, "status_now");
	json_put_text(b, c->now);
	NAME(b, "revoked_at");
	json_put_time(b, c->revoked_at);
	NAME(b, "via");
	put_way(b, c);
	NAME(b, "anchor");
	put_digest(b, c->anchor, c->has_anchor);
	buf_put_u8(b, '}');
}

/* Facts alone: the picture itself is in the file. */
static void
put_picture(struct buf *b, const struct report_picture *p)
{
	if (p->octets == 0) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"type\":");
	put_text_or_null(b, p->type);
	NAME(b, "octets");
	put_uint(b, p->octets);
	NAME(b, "width_mm");
	put_uint(b, p->width_mm);
	NAME(b, "height_mm");
	put_uint(b, p->height_mm);
	buf_put_u8(b, '}');
}

/* What is told of a seal as of a stamp. */
static void
put_part(struct buf *b, const struct report_part *p)
{
	size_t	i;

	NAME(b, "seal_name");
	put_text_or_null(b, p->seal_name);
	NAME(b, "picture");
	put_picture(b, &p->picture);
	NAME(b, "judged_at");
	json_put_time(b, p->at);
	NAME(b, "deviations");
	put_lines(b, &p->deviations);
	NAME(b, "registry");
	put_register(b, &p->reg);
	NAME(b, "certificates");
	buf_put_u8(b, '[');
	for (i = 0; i < p->ncerts; i++) {
		go_on(b, i);
		put_cert(b, &p->certs[i]);
	}
	buf_put_u8(b, ']');
}

static void
put_verdict(struct buf *b, enum verdict v, const char *sub)
{
	NAME(b, "verdict");
	json_put_text(b, verdict_word(v));
	NAME(b, "indication");
	json_put_text(b, report_indication(v));
	NAME(b, "sub_indication");
	put_text_or_null(b, sub);
}

static void
put_stamp(struct buf *b, const struct report *r, const struct report_part *p)
{
	const char	*form = p->form != NULL ? p->form : "";

	buf_puts(b, "{\"label\":");
	json_put_text(b, p->label != NULL ? p->label : "");
	NAME(b, "form");
	put_text_or_null(b, form);
	NAME(b, "generation");
	put_text_or_null(b, p->generation);
	NAME(b, "code");
	put_text_or_null(b, p->code);
	NAME(b, "signer");
	put_text_or_null(b, p->signer);
	NAME(b, "signed_at");
	json_put_time(b, p->signed_at);
	NAME(b, "time_source");
	put_text_or_null(b, report_time_word(p->source));
	put_verdict(b, report_part_verdict(p), report_part_sub(p));
	NAME(b, "checks");
	put_checks(b, r, p, form, p->generation);
	put_part(b, p);
	NAME(b, "uncovered");
	put_lines(b, &p->uncovered);
	NAME(b, "uncovered_all");
	put_uint(b, p->uncovered_all);
	NAME(b, "changes");
	put_lines(b, &p->changes);
	NAME(b, "places");
	put_lines(b, &p->places);
	buf_put_u8(b, '}');
}

/* A text that all stamps share, or NULL. */
static const char *
shared(const struct report *r, bool code)
{
	const char	*s, *first = NULL;
	size_t		 i;

	for (i = 0; i < r->nstamps; i++) {
		s = code ? r->stamps[i].code : r->stamps[i].generation;
		if (s == NULL || (first != NULL && strcmp(first, s) != 0))
			return NULL;
		first = s;
	}
	return first;
}

static void
put_evidence(struct buf *b, const struct report *r)
{
	const struct report_check	*c = report_evidence(r);

	if (c == NULL) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"time_stamp\":");
	json_put_text(b, check_result_word(c->result));
	NAME(b, "detail");
	json_put_text(b, c->detail);
	NAME(b, "at");
	json_put_time(b, r->kept.at);
	NAME(b, "signer");
	put_text_or_null(b, r->kept.ncerts > 0 ? r->kept.certs[0].subject :
	    NULL);
	NAME(b, "file_read");
	put_bool(b, !r->alone);
	NAME(b, "lists");
	json_put_text(b, r->lists != NULL ? r->lists : "not_said");
	buf_put_u8(b, '}');
}

static void
put_head(struct buf *b, const struct report *r, const char *gen,
    const char *code)
{
	buf_puts(b, "{\"kind\":");
	json_put_text(b, r->kind);
	NAME(b, "generation");
	put_text_or_null(b, gen);
	NAME(b, "code");
	put_text_or_null(b, code);
	put_verdict(b, report_verdict(r), report_sub(r));
	NAME(b, "note");
	put_text_or_null(b, r->note);
	NAME(b, "file_digest");
	put_digest(b, r->digest, r->has_digest);
	NAME(b, "original_digest");
	put_digest(b, r->original, r->has_original);
	NAME(b, "policy_digest");
	put_digest(b, r->policy, r->has_policy);
	NAME(b, "evidence");
	put_evidence(b, r);
	NAME(b, "reported_at");
	json_put_time(b, r->now);
}

void
report_json_line(const struct report *r, struct buf *b)
{
	const char		*gen = r->whole.generation, *form = "";
	const char		*code = r->whole.code;
	struct report_part	 merged;
	size_t			 i;

	if (r->nstamps > 0) {
		gen = shared(r, false);
		code = shared(r, true);
		form = r->stamps[0].form != NULL ? r->stamps[0].form : "";
	}
	put_head(b, r, gen, code);
	report_merge(r, &merged);
	NAME(b, "checks");
	put_checks(b, r, &merged, form, gen != NULL ? gen : "");
	if (strcmp(r->kind, "seal") == 0) {
		put_part(b, &r->whole);
	} else {
		NAME(b, "stamps");
		buf_put_u8(b, '[');
		for (i = 0; i < r->nstamps; i++) {
			go_on(b, i);
			put_stamp(b, r, &r->stamps[i]);
		}
		buf_put_u8(b, ']');
	}
	buf_put_u8(b, '}');
}

json_t *
report_object(const struct report *r)
{
	struct buf	 b;
	json_t		*o = NULL;

	buf_init(&b, LIMIT_REPORT);
	report_json_line(r, &b);
	if (buf_ok(&b))
		o = json_loadb((const char *)b.p, b.len, 0, NULL);
	buf_fini(&b);
	return o;
}

void
report_json(const struct report *r, struct buf *out)
{
	json_t	*root = report_object(r);
	char	*text;

	if ((text = json_dumps(root, JSON_INDENT(2))) != NULL)
		buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(root);
}
