#include "signing/pdf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/pdf_change.h"
#include "signing/pdf_doc.h"
#include "signing/pdf_expand.h"
#include "signing/pdf_field.h"
#include "signing/pdf_picture.h"
#include "signing/pdf_print.h"
#include "signing/pdf_sign.h"

/* What is known of a file while it is read. */
struct file {
	struct pdf_doc		*now;
	struct pdf_fields	 fields;
	struct pdf_sign		*sign;		/* one a StampReading */
	size_t			 nsigns;
	size_t			*ends;		/* of signed revisions, rising */
	size_t			 nends;
	struct pdf_changes	*steps;		/* [i]: from ends[i] to next */
	struct pdf_purse	 purse;
	size_t			 before;	/* octets before the header */
};

static int
by_size(const void *a, const void *b)
{
	const size_t	x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* The signature that is this object, if it has been met; direct objects are
 * each one of their own. */
static struct pdf_sign *
met(struct file *f, struct pdf_id value)
{
	size_t	i;

	for (i = 0; i < f->nsigns; i++)
		if (pdf_id_equal(pdf_id_of(f->now,
		    f->sign[i].field[0]->value), value))
			return &f->sign[i];
	return NULL;
}

/*
 * Every signature, with all the fields whose value it is; more than a reading
 * may have make the format fail.
 */
static void
read_signatures(struct file *f, FileReading *m)
{
	const struct pdf_field	*field;
	struct pdf_sign		*sign;
	StampReading		*s;
	size_t			 i;

	f->sign = xcalloc(LIMIT_READING_STAMPS, sizeof(f->sign[0]));
	for (i = 0; i < f->fields.n; i++) {
		field = &f->fields.field[i];
		if (!pdf_field_is_signed(f->now, field))
			continue;
		sign = met(f, pdf_id_of(f->now, field->value));
		if (sign == NULL) {
			s = reading_add_stamp(m, field->name);
			if (s == NULL) {
				reading_check(m, "format", READ_FAILED, "more "
				    "than %d signatures",
				    LIMIT_READING_STAMPS);
				break;
			}
			sign = &f->sign[f->nsigns++];
			sign->s = s;
		}
		pdf_sign_add(sign, field);
	}
	for (i = 0; i < f->nsigns; i++) {
		s = f->sign[i].s;
		pdf_sign_read(f->now, &f->sign[i]);
		if (f->now->encrypted)
			reading_line(&s->deviations, &s->n_deviations,
			    "encrypted-by-empty-password");
	}
}

/* The ends of what good ranges cover, each once. */
static void
find_ends(struct file *f)
{
	size_t	i, n = 0;

	f->ends = xcalloc(f->nsigns + 1, sizeof(f->ends[0]));
	for (i = 0; i < f->nsigns; i++)
		if (f->sign[i].range.good)
			f->ends[n++] = f->sign[i].range.end;
	qsort(f->ends, n, sizeof(f->ends[0]), by_size);
	for (i = 0; i < n; i++)
		if (i == 0 || f->ends[i] != f->ends[f->nends - 1])
			f->ends[f->nends++] = f->ends[i];
	f->steps = xcalloc(f->nends + 1, sizeof(f->steps[0]));
}

/* Which signatures of this end are in the revision that they cover. */
static void
find_own(struct file *f, size_t end, struct pdf_doc *then,
    const struct pdf_fields *fields)
{
	size_t	i;

	for (i = 0; i < f->nsigns; i++)
		if (f->sign[i].range.good && f->sign[i].range.end == end)
			f->sign[i].own = pdf_sign_is_in(f->now, &f->sign[i],
			    then, fields);
}

/* Opening a revision costs about as much as comparing it. */
static bool
can_open(struct file *f)
{
	const uint64_t	cost = 2 * (f->now->npages + f->now->nannots) + 1;

	if (f->purse.objects <= cost)
		return false;
	f->purse.objects -= cost;
	return true;
}

/* From ends[i] on nothing was compared: what depends on it is unknown. */
static void
give_up(struct file *f, size_t i)
{
	size_t	j;

	for (j = 0; j < f->nsigns; j++)
		if (f->sign[j].range.good && f->sign[j].range.end >= f->ends[i])
			f->sign[j].own = true;
	for (j = i > 0 ? i - 1 : 0; j < f->nends; j++)
		pdf_changes_say(&f->steps[j], PDF_UNSURE, "there is more in "
		    "this file than is compared");
}

/* From each signed revision to the next, and from the last to the file. */
static void
compare_steps(struct file *f)
{
	struct pdf_doc		*old = NULL, *next;
	struct pdf_fields	 old_fields = { 0 }, fields = { 0 };
	struct pdf_diff		 d;
	size_t			 i;
	bool			 last;

	for (i = 0; i <= f->nends; i++) {
		last = i == f->nends;
		next = NULL;
		if (!last && !can_open(f)) {
			give_up(f, i);
			break;
		}
		if (!last && pdf_doc_open(OCTETS(f->now->file.p, f->ends[i]),
		    &next, NULL) != 0)
			next = NULL;
		if (next != NULL)
			pdf_fields_init(&fields, next);
		if (next != NULL && !next->locked)
			find_own(f, f->ends[i], next, &fields);
		if (old != NULL && (last || next != NULL)) {
			d = (struct pdf_diff){ .old = old,
			    .new = last ? f->now : next,
			    .old_fields = &old_fields,
			    .new_fields = last ? &f->fields : &fields,
			    .out = &f->steps[i - 1] };
			d.same = pdf_same_new(d.old, d.new, &f->purse);
			pdf_diff_all(&d);
			pdf_same_free(d.same);
		} else if (i > 0)
			pdf_changes_say(&f->steps[i - 1], PDF_CHANGED,
			    "a revision of the file does not read");
		if (old != NULL) {
			pdf_fields_fini(&old_fields);
			pdf_doc_free(old);
		}
		old = next;
		old_fields = fields;
	}
	if (i <= f->nends && old != NULL) {
		pdf_fields_fini(&old_fields);
		pdf_doc_free(old);
	}
}

/* What came later as a stamp must be one: else it is a drawing. */
static void
judge_added(const struct file *f, const struct pdf_changes *step,
    struct pdf_changes *sum)
{
	const StampReading	*s;
	size_t			 i, j;
	bool			 failed, passed;

	for (i = 0; i < step->nadded; i++) {
		failed = passed = false;
		for (j = 0; j < f->nsigns; j++) {
			s = f->sign[j].s;
			if (!pdf_sign_has(&f->sign[j], step->added[i].name))
				continue;
			passed = strcmp(pdf_sign_result(s, "stamp_signature"),
			    READ_PASSED) == 0 && strcmp(pdf_sign_result(s,
			    "data_hash"), READ_PASSED) == 0;
			failed |= strcmp(pdf_sign_result(s,
			    "stamp_signature"), READ_FAILED) == 0 ||
			    strcmp(pdf_sign_result(s, "format"),
			    READ_FAILED) == 0 || strcmp(pdf_sign_result(s,
			    "data_hash"), READ_FAILED) == 0;
		}
		if (!step->added[i].shows || (passed && !failed))
			continue;
		pdf_changes_say(sum, failed ? PDF_CHANGED : PDF_UNSURE,
		    "stamp %s, added later, %s", step->added[i].name,
		    failed ? "is none: its signature does not hold" :
		    "cannot be checked");
	}
}

static void
cover(struct file *f)
{
	struct pdf_changes	*sum = xmalloc(sizeof(*sum));
	const struct pdf_changes *step;
	size_t			 i, j, k;

	for (i = 0; i < f->nsigns; i++) {
		memset(sum, 0, sizeof(*sum));
		if (f->before > 0)
			pdf_changes_say(sum, PDF_UNSURE, "%zu octets stand "
			    "before %%PDF-: readers differ on where the file "
			    "begins", f->before);
		for (j = 0; f->sign[i].range.good && j < f->nends; j++) {
			if (f->ends[j] < f->sign[i].range.end)
				continue;
			step = &f->steps[j];
			for (k = 0; k < step->n; k++)
				pdf_changes_say(sum, step->line[k].effect,
				    "%s", step->line[k].text);
			if (step->worst > sum->worst)
				sum->worst = step->worst;
			judge_added(f, step, sum);
			pdf_sign_certified(f->now, &f->sign[i], step, sum);
		}
		pdf_sign_cover(f->now, &f->sign[i], sum);
	}
	free(sum);
}

static void
print(struct file *f, FileReading *m)
{
	struct buf	out;
	size_t		i, whole;

	buf_init(&out, LIMIT_PDF_TEXT);
	pdf_print_file(f->now, f->nsigns, &out);
	for (i = 0; i < f->nsigns; i++) {
		whole = out.len;
		pdf_print_sign(f->now, &f->sign[i], &out);
		if (buf_ok(&out))
			continue;
		/* What does not fit is left out whole. */
		out.len = whole;
		out.overflow = false;
	}
	m->text = buf_steal_str(&out);
}

/* Nothing is signed: say what there is that may have looked so. */
static void
no_signature(struct pdf_doc *doc, FileReading *m)
{
	static const char	range[] = "/ByteRange";
	const char		*note = "no electronic seal in this file";
	char			 seen[PDF_PICTURE_SIZE] = "";

	if (memmem(doc->file.p, doc->file.len, range, sizeof(range) - 1) !=
	    NULL)
		note = "something like a signature is in this file, and it "
		    "does not read";
	else if (pdf_picture_of_seal(doc, seen))
		note = "picture only, not an electronic seal";
	if (seen[0] != '\0')
		reading_check(m, "format", READ_FAILED, "%s: %s", note, seen);
	else
		reading_check(m, "format", READ_FAILED, "%s", note);
	reading_text(&m->note, OCTETS(note, strlen(note)));
}

static void
read_file(struct file *f, FileReading *m)
{
	if (f->now->locked) {
		reading_check(m, "format", READ_UNKNOWN, "the file is "
		    "encrypted and is not looked into here; ask who sent it "
		    "for one that opens without a password");
		return;
	}
	pdf_fields_init(&f->fields, f->now);
	read_signatures(f, m);
	if (f->nsigns == 0)
		no_signature(f->now, m);
	else if (m->n_checks == 0)
		reading_check(m, "format", READ_PASSED, "PDF %s, %zu pages, "
		    "%zu signatures", qpdf_get_pdf_version(f->now->q),
		    f->now->npages, f->nsigns);
	find_ends(f);
	compare_steps(f);
	cover(f);
	if (reading_wants_words())
		print(f, m);
}

size_t
pdf_starts_late(struct octets in)
{
	const size_t	 n = in.len < LIMIT_PDF_BEFORE + 5 ? in.len :
			    LIMIT_PDF_BEFORE + 5;
	const uint8_t	*p = n > 0 ? memmem(in.p, n, "%PDF-", 5) : NULL;

	return p != NULL ? (size_t)(p - in.p) : 0;
}

int
pdf_read(struct octets in, FileReading *m, struct err *e)
{
	struct file	f = { .purse = { LIMIT_PDF_COMPARED,
			    LIMIT_PDF_COMPARED_OCTETS } };
	struct err	why = ERR_INIT;
	size_t		i;

	f.before = pdf_starts_late(in);
	in = OCTETS(in.p + f.before, in.len - f.before);
	if (in.len < 5 || memcmp(in.p, "%PDF-", 5) != 0)
		return err_set_id(e, ERR_FORMAT, "unknown-object",
		    "a PDF begins with %%PDF-");
	if (!pdf_expands_well(in))
		reading_check(m, "format", READ_FAILED, "what is packed in "
		    "this file grows beyond %u MB", LIMIT_PDF_EXPANSION >> 20);
	else if (pdf_doc_open(in, &f.now, &why) != 0)
		reading_check(m, "format", READ_FAILED, "%s", why.text);
	else
		read_file(&f, m);
	for (i = 0; i < f.nsigns; i++)
		pdf_sign_fini(&f.sign[i]);
	pdf_fields_fini(&f.fields);
	pdf_doc_free(f.now);
	free(f.sign);
	free(f.ends);
	free(f.steps);
	return 0;
}
