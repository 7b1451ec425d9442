#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/report.h"

/* A report as JSON (schema/report.schema.json). */

static json_t *
moment(int64_t t)
{
	char	text[TM_RFC3339_SIZE];

	if (t == 0)
		return json_null();
	tm_rfc3339(t, text);
	return json_string(text);
}

static json_t *
text_or_null(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

static json_t *
checks_of(const struct report *r, const struct report_part *p,
    const char *form, const char *generation)
{
	const struct report_check	*c;
	json_t				*a = json_array();
	size_t				 i;

	for (i = 0; i < p->n; i++) {
		c = &p->checks[i];
		(void)json_array_append_new(a, json_pack(
		    "{s:s, s:s, s:s, s:s, s:o}", "rule", c->rule->id,
		    "result", check_result_word(c->result), "detail",
		    c->detail, "clause", rule_clause(c->rule, r->kind, form,
		    generation), "sub_indication", text_or_null(c->sub)));
	}
	return a;
}

static json_t *
lines_of(const struct report_list *l)
{
	json_t	*a = json_array();
	size_t	 i;

	for (i = 0; i < l->n; i++)
		(void)json_array_append_new(a, json_string(l->line[i]));
	return a;
}

static json_t *
register_of(const struct report_register *g)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
	    "verdict", text_or_null(verdict_word(g->verdict)),
	    "status", text_or_null(g->then),
	    "status_now", text_or_null(g->now),
	    "as_of", moment(g->as_of),
	    "basis", text_or_null(g->basis),
	    "why", text_or_null(g->verdict == VERDICT_NONE ? NULL :
	    verdict_why(g->why)));
}

/* What stands between a certificate and its authority. */
static json_t *
way_of(const struct report_cert *c)
{
	json_t	*a = json_array();
	size_t	 i;

	for (i = 0; i < c->nvia; i++)
		(void)json_array_append_new(a, json_pack("{s:o, s:s, s:b}",
		    "subject", text_or_null(c->via[i].subject),
		    "serial", c->via[i].serial, "cross", c->via[i].cross));
	return a;
}

static json_t *
certs_of(const struct report_part *p)
{
	const struct report_cert	*c;
	json_t				*a = json_array();
	char				 hex[HEX_SIZE(SM3_LEN)];
	size_t				 i;

	for (i = 0; i < p->ncerts; i++) {
		c = &p->certs[i];
		hex[0] = '\0';
		if (c->has_anchor)
			hex_encode(c->anchor, SM3_LEN, hex);
		(void)json_array_append_new(a, json_pack("{s:s, s:o, s:o, "
		    "s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "role", c->role,
		    "subject", text_or_null(c->subject),
		    "issuer", text_or_null(c->issuer),
		    "not_before", moment(c->not_before),
		    "not_after", moment(c->not_after),
		    "status_then", c->then, "status_now", c->now,
		    "revoked_at", moment(c->revoked_at),
		    "via", way_of(c), "anchor", text_or_null(hex)));
	}
	return a;
}

/* Facts alone: the picture itself is in the file. */
static json_t *
picture_of(const struct report_picture *p)
{
	if (p->octets == 0)
		return json_null();
	return json_pack("{s:o, s:I, s:I, s:I}",
	    "type", text_or_null(p->type),
	    "octets", (json_int_t)p->octets,
	    "width_mm", (json_int_t)p->width_mm,
	    "height_mm", (json_int_t)p->height_mm);
}

/* What is told of a seal as of a stamp. */
static void
put_part(json_t *o, const struct report_part *p)
{
	(void)json_object_set_new(o, "seal_name", text_or_null(p->seal_name));
	(void)json_object_set_new(o, "picture", picture_of(&p->picture));
	(void)json_object_set_new(o, "judged_at", moment(p->at));
	(void)json_object_set_new(o, "deviations", lines_of(&p->deviations));
	(void)json_object_set_new(o, "registry", register_of(&p->reg));
	(void)json_object_set_new(o, "certificates", certs_of(p));
}

static json_t *
stamp_of(const struct report *r, const struct report_part *p)
{
	enum verdict	 v = report_part_verdict(p);
	const char	*form = p->form != NULL ? p->form : "";
	json_t		*o;

	o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, "
	    "s:o}",
	    "label", p->label != NULL ? p->label : "",
	    "form", text_or_null(form),
	    "generation", text_or_null(p->generation),
	    "code", text_or_null(p->code),
	    "signer", text_or_null(p->signer),
	    "signed_at", moment(p->signed_at),
	    "time_source", text_or_null(report_time_word(p->source)),
	    "verdict", verdict_word(v),
	    "indication", report_indication(v),
	    "sub_indication", text_or_null(report_part_sub(p)),
	    "checks", checks_of(r, p, form, p->generation));
	put_part(o, p);
	(void)json_object_set_new(o, "uncovered", lines_of(&p->uncovered));
	(void)json_object_set_new(o, "uncovered_all",
	    json_integer(p->uncovered_all));
	(void)json_object_set_new(o, "changes", lines_of(&p->changes));
	(void)json_object_set_new(o, "places", lines_of(&p->places));
	return o;
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

static json_t *
evidence_of(const struct report *r)
{
	const struct report_check	*c = report_evidence(r);

	if (c == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o, s:b}",
	    "time_stamp", check_result_word(c->result), "detail", c->detail,
	    "at", moment(r->kept.at), "signer", text_or_null(
	    r->kept.ncerts > 0 ? r->kept.certs[0].subject : NULL),
	    "file_read", !r->alone);
}

json_t *
report_object(const struct report *r)
{
	const char		*gen = r->whole.generation, *form = "";
	const char		*code = r->whole.code;
	enum verdict		 v = report_verdict(r);
	struct report_part	 merged;
	char			 hex[HEX_SIZE(SM3_LEN)] = "";
	char			 policy[HEX_SIZE(SM3_LEN)] = "";
	char			 original[HEX_SIZE(SM3_LEN)] = "";
	json_t			*o, *stamps;
	size_t			 i;

	if (r->nstamps > 0) {
		gen = shared(r, false);
		code = shared(r, true);
		form = r->stamps[0].form != NULL ? r->stamps[0].form : "";
	}
	if (r->has_digest)
		hex_encode(r->digest, SM3_LEN, hex);
	if (r->has_policy)
		hex_encode(r->policy, SM3_LEN, policy);
	if (r->has_original)
		hex_encode(r->original, SM3_LEN, original);
	report_merge(r, &merged);
	o = json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, "
	    "s:o, s:o, s:o}",
	    "kind", r->kind, "generation", text_or_null(gen),
	    "code", text_or_null(code), "verdict", verdict_word(v),
	    "indication", report_indication(v),
	    "sub_indication", text_or_null(report_sub(r)),
	    "note", text_or_null(r->note),
	    "file_digest", text_or_null(hex),
	    "original_digest", text_or_null(original),
	    "policy_digest", text_or_null(policy),
	    "evidence", evidence_of(r),
	    "reported_at", moment(r->now),
	    "checks", checks_of(r, &merged, form, gen != NULL ? gen : ""));
	if (strcmp(r->kind, "seal") == 0) {
		put_part(o, &r->whole);
		return o;
	}
	stamps = json_array();
	for (i = 0; i < r->nstamps; i++)
		(void)json_array_append_new(stamps, stamp_of(r,
		    &r->stamps[i]));
	(void)json_object_set_new(o, "stamps", stamps);
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
