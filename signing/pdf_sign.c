#include "signing/pdf_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "signing/signature.h"

#define MM_PER_POINT	(25.4 / 72)
#define RANGE_NUMBERS	8	/* that are looked at: four are right */
#define REFERENCES	8	/* of one signature, that are looked at */

static const struct {
	const char		*name, *words;
	enum signature_form	 form;
} subfilters[] = {
	{ "/GM.sm2seal", "a stamp with its seal (GB/T 38540)",
	    SIGNATURE_SES },
	{ "/GM.sm2cms.detached", "SM2 SignedData (GB/T 35275)",
	    SIGNATURE_SIGNED_DATA },
	{ "/adbe.pkcs7.detached", "CMS SignedData",
	    SIGNATURE_SIGNED_DATA },
	{ "/ETSI.CAdES.detached", "CMS SignedData, PAdES",
	    SIGNATURE_SIGNED_DATA },
	{ "/ETSI.RFC3161", "a document time-stamp",
	    SIGNATURE_SIGNED_DATA },
	{ "/GM.SM2", "SM2 SignedData", SIGNATURE_SIGNED_DATA },
	{ "/adbe.pkcs7.sha1", "CMS SignedData, SHA-1",
	    SIGNATURE_SIGNED_DATA },
	{ "/adbe.x509.rsa_sha1", "RSA alone (PKCS #1)",
	    SIGNATURE_NONE },
};

const char *
pdf_subfilter_words(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(subfilters) / sizeof(subfilters[0]); i++)
		if (strcmp(subfilters[i].name, name) == 0)
			return subfilters[i].words;
	return NULL;
}

const char *
pdf_sign_result(const StampReading *s, const char *rule)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0)
			return s->checks[i]->result;
	return "";
}

/* ---- the dictionary */

static void
read_range(struct pdf_doc *doc, qpdf_oh value, struct octets contents,
    struct pdf_range *r)
{
	qpdf_oh		list = pdf_get(doc, value, "/ByteRange");
	long long	v[RANGE_NUMBERS];
	size_t		i, n = pdf_count(doc, list);

	for (i = 0; i < n && i < RANGE_NUMBERS; i++)
		if (!pdf_int(doc, pdf_at(doc, list, i), &v[i]))
			n = 0;
	pdf_range_judge(doc->file, v, n, contents, r);
}

static bool
two_digits(struct octets o, size_t at, char *out)
{
	size_t	i;

	for (i = at; i < at + 2; i++)
		if (i >= o.len || o.p[i] < '0' || o.p[i] > '9')
			return false;
	memcpy(out, o.p + at, 2);
	return true;
}

/*
 * A date (7.9.4), "D:20261121180000+08'00'".  Seconds may be left out; without
 * a zone it is taken for Beijing's, and *zoned says so.
 */
static bool
take_date(struct octets o, int64_t *t, bool *zoned)
{
	char	text[] = "0000-00-00T00:00:00+08:00";
	size_t	at = 16;

	*zoned = true;
	if (o.len < 14 || memcmp(o.p, "D:", 2) != 0 ||
	    !two_digits(o, 2, text) || !two_digits(o, 4, text + 2) ||
	    !two_digits(o, 6, text + 5) || !two_digits(o, 8, text + 8) ||
	    !two_digits(o, 10, text + 11) || !two_digits(o, 12, text + 14))
		return false;
	if (!two_digits(o, 14, text + 17))
		at = 14;
	if (o.len == at) {
		*zoned = false;
	} else if (o.p[at] == 'Z') {
		memcpy(text + 19, "+00:00", 6);
	} else {
		text[19] = (char)o.p[at];
		if (!two_digits(o, at + 1, text + 20) || o.len < at + 4 ||
		    o.p[at + 3] != '\'' || !two_digits(o, at + 4, text + 23))
			return false;
	}
	return tm_parse(text, t);
}

/* The time that the dictionary says, where the value says none. */
static void
read_date(struct pdf_doc *doc, qpdf_oh dict, StampReading *s)
{
	struct octets	o = pdf_string(doc, pdf_get(doc, dict, "/M"));
	bool		zoned;

	if (s->signed_at != 0 || o.len == 0)
		return;
	if (!take_date(o, &s->signed_at, &zoned)) {
		s->signed_at = 0;
		reading_line(&s->deviations, &s->n_deviations,
		    "unreadable-date");
	} else if (!zoned)
		reading_line(&s->deviations, &s->n_deviations,
		    "time-without-zone");
}

static void
check_subfilter(const char *name, enum signature_form form, StampReading *s)
{
	size_t	i, n = sizeof(subfilters) / sizeof(subfilters[0]);

	for (i = 0; i < n; i++)
		if (strcmp(subfilters[i].name, name) == 0)
			break;
	if (i == n)
		reading_line(&s->deviations, &s->n_deviations,
		    "unknown-subfilter");
	else if (form != SIGNATURE_NONE && form != subfilters[i].form)
		reading_line(&s->deviations, &s->n_deviations,
		    "subfilter-of-another-form");
}

/* ---- the rows */

static void
data_hash(struct octets file, const struct pdf_range *r,
    const struct signature *sig, StampReading *s)
{
	uint8_t	digest[SM3_LEN];

	if (!r->good) {
		reading_stamp_check(s, "data_hash", READ_FAILED, "%s",
		    r->fault);
		return;
	}
	if (sig->has_hash) {
		pdf_range_digest(file, r, digest);
		if (mem_equal(digest, sig->hash, sizeof(digest)))
			reading_stamp_check(s, "data_hash", READ_PASSED,
			    "SM3 of the octets of the ByteRange, 0 to %zu",
			    r->end);
		else
			reading_stamp_check(s, "data_hash", READ_FAILED,
			    "the octets of the ByteRange are not those that "
			    "were stamped");
		return;
	}
	reading_stamp_check(s, "data_hash", READ_UNKNOWN,
	    "the value tells no SM3 digest of what was stamped");
}

static void
put_places(struct pdf_doc *doc, const struct pdf_field *f, StampReading *s)
{
	const struct pdf_annot	*a;
	const struct pdf_page	*p;
	double			 box[4];
	size_t			 i;

	for (i = 0; i < doc->nannots; i++) {
		a = &doc->annots[i];
		if (!pdf_id_equal(a->id, f->id) &&
		    !pdf_id_equal(a->parent, f->id))
			continue;
		p = &doc->pages[a->page];
		if (a->rect[2] - a->rect[0] < 0.01 ||
		    a->rect[3] - a->rect[1] < 0.01)
			continue;
		if (!pdf_rect(doc, p->inherited[PDF_CROP_BOX], box) &&
		    !pdf_rect(doc, p->inherited[PDF_MEDIA_BOX], box))
			box[3] = a->rect[3];
		reading_line(&s->places, &s->n_places,
		    "page %zu, %.0f,%.0f mm, %.0fx%.0f", a->page + 1,
		    (a->rect[0] - box[0]) * MM_PER_POINT,
		    (box[3] - a->rect[3]) * MM_PER_POINT,
		    (a->rect[2] - a->rect[0]) * MM_PER_POINT,
		    (a->rect[3] - a->rect[1]) * MM_PER_POINT);
	}
}

void
pdf_sign_add(struct pdf_sign *sign, const struct pdf_field *field)
{
	const size_t	n = sign->nfields;

	if ((n & (n - 1)) == 0)
		sign->field = xreallocarray(sign->field, n == 0 ? 1 : 2 * n,
		    sizeof(sign->field[0]));
	sign->field[sign->nfields++] = field;
}

void
pdf_sign_fini(struct pdf_sign *sign)
{
	free(sign->field);
	memset(sign, 0, sizeof(*sign));
}

bool
pdf_sign_has(const struct pdf_sign *sign, const char *name)
{
	size_t	i;

	for (i = 0; i < sign->nfields; i++)
		if (strcmp(sign->field[i]->name, name) == 0)
			return true;
	return false;
}

static bool
all_listed(const struct pdf_sign *sign)
{
	size_t	i;

	for (i = 0; i < sign->nfields && sign->field[i]->listed; i++)
		;
	return i == sign->nfields;
}

void
pdf_sign_read(struct pdf_doc *doc, struct pdf_sign *sign)
{
	const qpdf_oh		 dict = sign->field[0]->value;
	StampReading		*s = sign->s;
	struct octets		 contents, original = OCTETS(NULL, 0);
	struct signature	 sig;
	uint8_t			*value, *whole = NULL;
	const char		*subfilter;
	size_t			 i, n;

	contents = pdf_string(doc, pdf_get(doc, dict, "/Contents"));
	/* qpdf keeps one string at a time. */
	value = xmemdup(contents.p, contents.len);
	contents.p = value;
	read_range(doc, dict, contents, &sign->range);
	subfilter = pdf_name(doc, pdf_get(doc, dict, "/SubFilter"));
	if (sign->range.good && strcmp(subfilter, "/GM.sm2seal") != 0) {
		whole = pdf_range_octets(doc->file, &sign->range, &n);
		original = OCTETS(whole, n);
	}
	signature_read(contents, true, original, s, &sig);
	check_subfilter(pdf_name(doc, pdf_get(doc, dict, "/SubFilter")),
	    sig.form, s);
	if (!all_listed(sign))
		reading_line(&s->deviations, &s->n_deviations,
		    "field-not-in-form");
	if (sign->nfields > 1)
		reading_line(&s->deviations, &s->n_deviations,
		    "one-signature-in-several-fields");
	read_date(doc, dict, s);
	data_hash(doc->file, &sign->range, &sig, s);
	reading_stamp_check(s, "references", READ_NOT_APPLICABLE,
	    "a PDF lists no parts");
	for (i = 0; i < sign->nfields; i++)
		put_places(doc, sign->field[i], s);
	free(value);
	free(whole);
}

/* A field of this name whose value is this object. */
static bool
has_field(const struct pdf_fields *fields, const char *name,
    struct pdf_doc *doc, struct pdf_id value)
{
	const struct pdf_field	*f;
	size_t			 i;

	for (i = 0; i < fields->n; i++) {
		f = &fields->field[i];
		if (strcmp(f->name, name) == 0 && f->signature &&
		    pdf_id_equal(pdf_id_of(doc, f->value), value))
			return true;
	}
	return false;
}

/* The first of its fields in that revision, with the same range and value. */
static const struct pdf_field *
find_in(struct pdf_doc *now, const struct pdf_sign *sign,
    struct pdf_doc *then, const struct pdf_fields *fields)
{
	const struct pdf_field	*f, *mine = sign->field[0];
	struct pdf_range	 r;
	struct octets		 a, b;
	size_t			 i;

	a = pdf_string(now, pdf_get(now, mine->value, "/Contents"));
	for (i = 0; i < fields->n; i++) {
		f = &fields->field[i];
		if (!pdf_field_is_signed(then, f) ||
		    strcmp(f->name, mine->name) != 0)
			continue;
		b = pdf_string(then, pdf_get(then, f->value, "/Contents"));
		if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)
			continue;
		read_range(then, f->value, b, &r);
		if (r.good && r.gap == sign->range.gap &&
		    r.gap_end == sign->range.gap_end &&
		    r.end == sign->range.end)
			return f;
	}
	return NULL;
}

bool
pdf_sign_is_in(struct pdf_doc *now, const struct pdf_sign *sign,
    struct pdf_doc *then, const struct pdf_fields *fields)
{
	const struct pdf_field	*first = find_in(now, sign, then, fields);
	struct pdf_id		 value;
	size_t			 i;

	if (first == NULL)
		return false;
	value = pdf_id_of(then, first->value);
	for (i = 1; i < sign->nfields; i++)
		if (!has_field(fields, sign->field[i]->name, then, value))
			return false;
	return true;
}

/* P of DocMDP says how much may be changed; absent, it is 2. */
static bool
is_final(struct pdf_doc *doc, qpdf_oh value)
{
	qpdf_oh		list = pdf_get(doc, value, "/Reference"), ref;
	long long	p;
	size_t		i, n = pdf_count(doc, list);

	for (i = 0; i < n && i < REFERENCES; i++) {
		ref = pdf_at(doc, list, i);
		if (pdf_name_is(doc, pdf_get(doc, ref, "/TransformMethod"),
		    "/DocMDP") && pdf_int(doc, pdf_get(doc, pdf_get(doc, ref,
		    "/TransformParams"), "/P"), &p) && p == 1)
			return true;
	}
	return false;
}

void
pdf_sign_certified(struct pdf_doc *now, const struct pdf_sign *sign,
    const struct pdf_changes *step, struct pdf_changes *sum)
{
	size_t	i;

	if (step->nadded == 0 || !is_final(now, sign->field[0]->value))
		return;
	for (i = 0; i < step->nadded; i++)
		if (step->added[i].shows)
			pdf_changes_say(sum, PDF_CHANGED, "certified so that "
			    "nothing may be changed, and stamp %s was added",
			    step->added[i].name);
}

/* The first line that weighs as much as the whole. */
static const char *
worst_line(const struct pdf_changes *c)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		if (c->line[i].effect == c->worst)
			return c->line[i].text;
	return "more was changed than is listed";
}

void
pdf_sign_cover(struct pdf_doc *now, const struct pdf_sign *sign,
    const struct pdf_changes *after)
{
	StampReading	*s = sign->s;
	const size_t	 end = pdf_trimmed(now->file, now->file.len);
	size_t		 i;

	if (!sign->range.good) {
		reading_stamp_check(s, "coverage", READ_FAILED, "%s",
		    sign->range.fault);
		return;
	}
	for (i = 0; i < after->n; i++)
		reading_line(&s->changes, &s->n_changes, "%s",
		    after->line[i].text);
	if (sign->range.end < end) {
		reading_line(&s->uncovered, &s->n_uncovered, "%zu octets "
		    "that were added after it", end - sign->range.end);
		s->uncovered_all = 1;
	}
	if (!sign->own)
		reading_stamp_check(s, "coverage", READ_FAILED, "the octets "
		    "that it covers do not hold this signature");
	else if (after->worst == PDF_CHANGED)
		reading_stamp_check(s, "coverage", READ_FAILED,
		    "after this stamp: %s", worst_line(after));
	else if (after->worst == PDF_UNSURE)
		reading_stamp_check(s, "coverage", READ_UNKNOWN,
		    "after this stamp, or in how the file is written: %s",
		    worst_line(after));
	else if (!all_listed(sign))
		reading_stamp_check(s, "coverage", READ_UNKNOWN,
		    "no form lists this signature: readers may not show it");
	else if (after->n > 0)
		reading_stamp_check(s, "coverage", READ_PASSED, "all that is "
		    "shown; after this stamp: %s", after->line[0].text);
	else
		reading_stamp_check(s, "coverage", READ_PASSED,
		    "the whole file");
}
