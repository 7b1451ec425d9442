#include "signing/pdf_same.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH	1200	/* qpdf nests direct objects at most 500 deep, twice */

/* Two indirect objects that were met together: they are, or will be,
 * compared.  If they differ, that shows where they are. */
struct pair {
	struct pdf_id	a, b;
};

struct pdf_same {
	struct pdf_doc		*a, *b;
	struct pdf_purse	*purse;
	struct pair		*pairs;
	size_t			 npairs, cap, done;
	uint32_t		*slot;		/* open hash: pair + 1, or 0 */
	size_t			 nslots;
	/* Numbers of the pages of each, sorted. */
	struct pdf_id		*pages[2];
	size_t			 npages[2];
};

static int
by_id(const void *x, const void *y)
{
	const struct pdf_id	*a = x, *b = y;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->generation < b->generation ? -1 :
	    a->generation > b->generation;
}

static void
take_pages(struct pdf_same *s, unsigned side, struct pdf_doc *doc)
{
	size_t	i;

	s->pages[side] = xcalloc(doc->npages + 1, sizeof(struct pdf_id));
	for (i = 0; i < doc->npages; i++)
		s->pages[side][i] = doc->pages[i].id;
	s->npages[side] = doc->npages;
	qsort(s->pages[side], doc->npages, sizeof(struct pdf_id), by_id);
}

struct pdf_same *
pdf_same_new(struct pdf_doc *a, struct pdf_doc *b, struct pdf_purse *purse)
{
	struct pdf_same	*s = xcalloc(1, sizeof(*s));

	s->a = a;
	s->b = b;
	s->purse = purse;
	s->nslots = 1024;
	s->slot = xcalloc(s->nslots, sizeof(s->slot[0]));
	take_pages(s, 0, a);
	take_pages(s, 1, b);
	return s;
}

void
pdf_same_free(struct pdf_same *s)
{
	if (s == NULL)
		return;
	free(s->pages[0]);
	free(s->pages[1]);
	free(s->pairs);
	free(s->slot);
	free(s);
}

static bool
is_page(const struct pdf_same *s, unsigned side, struct pdf_id id)
{
	return bsearch(&id, s->pages[side], s->npages[side], sizeof(id),
	    by_id) != NULL;
}

/* Compared elsewhere, by rules of their own. */
static bool
is_known(struct pdf_same *s, struct pdf_id a, struct pdf_id b)
{
	return pdf_id_equal(a, b) && ((is_page(s, 0, a) && is_page(s, 1, b)) ||
	    (pdf_id_equal(a, pdf_id_of(s->a, s->a->root)) &&
	    pdf_id_equal(b, pdf_id_of(s->b, s->b->root))));
}

static size_t
hash(struct pdf_id a, struct pdf_id b)
{
	uint64_t	h = (uint64_t)(uint32_t)a.number * 0x9e3779b97f4a7c15u;

	h ^= (uint64_t)(uint32_t)b.number * 0xc2b2ae3d27d4eb4fu;
	h ^= (uint64_t)(uint32_t)(a.generation * 31 + b.generation) << 17;
	return (size_t)(h ^ h >> 29);
}

/* Where the pair stands, or would. */
static size_t
find(const struct pdf_same *s, struct pdf_id a, struct pdf_id b)
{
	size_t			i = hash(a, b) & (s->nslots - 1);
	const struct pair	*p;

	for (; s->slot[i] != 0; i = (i + 1) & (s->nslots - 1)) {
		p = &s->pairs[s->slot[i] - 1];
		if (pdf_id_equal(p->a, a) && pdf_id_equal(p->b, b))
			break;
	}
	return i;
}

static void
grow(struct pdf_same *s)
{
	size_t	i;

	free(s->slot);
	s->nslots *= 2;
	s->slot = xcalloc(s->nslots, sizeof(s->slot[0]));
	for (i = 0; i < s->npairs; i++)
		s->slot[find(s, s->pairs[i].a, s->pairs[i].b)] =
		    (uint32_t)(i + 1);
}

/* Compare this pair, too, later; once. */
static void
remember(struct pdf_same *s, struct pdf_id a, struct pdf_id b)
{
	size_t	i;

	if (is_known(s, a, b) || s->slot[find(s, a, b)] != 0)
		return;
	if (s->npairs == s->cap) {
		s->cap = s->cap == 0 ? 256 : 2 * s->cap;
		s->pairs = xreallocarray(s->pairs, s->cap,
		    sizeof(s->pairs[0]));
	}
	if (2 * s->npairs >= s->nslots)
		grow(s);
	i = find(s, a, b);
	s->pairs[s->npairs++] = (struct pair){ a, b };
	s->slot[i] = (uint32_t)s->npairs;
}

/* ---- what is written the same */

/* Behind a string that begins at p, "(" or "<"; "<<" is no string. */
static const char *
skip_string(const char *p)
{
	int	depth = 0;

	if (*p == '<') {
		p += strcspn(p, ">");
		return *p == '>' ? p + 1 : p;
	}
	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return p;
}

/* "12 0 R" at p, as qpdf writes it. */
static const char *
take_reference(const char *p, struct pdf_id *id)
{
	char	*end;
	long	 n, g;

	n = strtol(p, &end, 10);
	if (*end != ' ' || end[1] < '0' || end[1] > '9')
		return NULL;
	g = strtol(end + 1, &end, 10);
	if (end[0] != ' ' || end[1] != 'R' || (end[2] != ' ' &&
	    end[2] != '\0') || n <= 0 || n > INT_MAX || g > INT_MAX)
		return NULL;
	id->number = (int)n;
	id->generation = (int)g;
	return end + 2;
}

/* Two objects whose text is this: what they refer to is compared later. */
static void
remember_all(struct pdf_same *s, const char *p)
{
	const char	*next;
	struct pdf_id	 id;

	while (*p != '\0') {
		if (*p == '(' || (*p == '<' && p[1] != '<'))
			p = skip_string(p);
		else if (*p == '<')
			p += 2;
		else if (*p >= '0' && *p <= '9' &&
		    (next = take_reference(p, &id)) != NULL) {
			remember(s, id, id);
			p = next;
		} else
			p += strcspn(p, " ") == 0 ? 1 : strcspn(p, " ");
	}
}

/* qpdf's text of a dictionary or array, references as they are. */
static bool
same_written(struct pdf_same *s, qpdf_oh a, qpdf_oh b)
{
	const char	*x = qpdf_oh_unparse_resolved(s->a->q, a);
	const char	*y = qpdf_oh_unparse_resolved(s->b->q, b);

	if (strcmp(x, y) != 0)
		return false;
	remember_all(s, x);
	return true;
}

/* ---- one object and the direct ones in it */

static enum pdf_same_result	compare(struct pdf_same *s, qpdf_oh a,
				    qpdf_oh b, unsigned depth);

/* Takes both handles. */
static enum pdf_same_result
compare_member(struct pdf_same *s, qpdf_oh a, qpdf_oh b, unsigned depth)
{
	enum pdf_same_result	rc;

	struct pdf_id		ia = pdf_id_of(s->a, a), ib = pdf_id_of(s->b, b);

	if (ia.number != 0 && ib.number != 0) {
		remember(s, ia, ib);
		rc = PDF_SAME;
	} else
		rc = compare(s, a, b, depth + 1);
	qpdf_oh_release(s->a->q, a);
	qpdf_oh_release(s->b->q, b);
	return rc;
}

static enum pdf_same_result
compare_arrays(struct pdf_same *s, qpdf_oh a, qpdf_oh b, unsigned depth)
{
	enum pdf_same_result	rc = PDF_SAME;
	size_t			i, n = pdf_count(s->a, a);

	if (n != pdf_count(s->b, b))
		return PDF_DIFFERENT;
	for (i = 0; i < n && rc == PDF_SAME; i++)
		rc = compare_member(s,
		    qpdf_oh_get_array_item(s->a->q, a, (int)i),
		    qpdf_oh_get_array_item(s->b->q, b, (int)i), depth);
	return rc;
}

static int
by_key(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* skip: a key that is judged otherwise, or NULL. */
static enum pdf_same_result
compare_dicts(struct pdf_same *s, qpdf_oh a, qpdf_oh b, const char *skip,
    unsigned depth)
{
	enum pdf_same_result	rc = PDF_SAME;
	size_t			i, na, nb;
	char			**ka = pdf_keys(s->a, a, &na);
	char			**kb = pdf_keys(s->b, b, &nb);

	if (s->a->cut || s->b->cut)
		rc = PDF_TIRED;
	for (i = 0; i < na && rc == PDF_SAME; i++)
		if (skip == NULL || strcmp(ka[i], skip) != 0)
			rc = compare_member(s, pdf_get(s->a, a, ka[i]),
			    pdf_get(s->b, b, ka[i]), depth);
	/* What only b has. */
	for (i = 0; i < nb && rc == PDF_SAME; i++)
		if ((skip == NULL || strcmp(kb[i], skip) != 0) && (na == 0 ||
		    bsearch(&kb[i], ka, na, sizeof(ka[0]), by_key) == NULL))
			rc = compare_member(s, 0, pdf_get(s->b, b, kb[i]),
			    depth);
	pdf_keys_free(ka, na);
	pdf_keys_free(kb, nb);
	return rc;
}

static enum pdf_same_result
compare_streams(struct pdf_same *s, qpdf_oh a, qpdf_oh b, unsigned depth)
{
	enum pdf_same_result	 rc;
	unsigned char		*pa = NULL, *pb = NULL;
	size_t			 na = 0, nb = 0;

	if ((rc = compare_dicts(s, a, b, "/Length", depth)) != PDF_SAME)
		return rc;
	if ((qpdf_oh_get_stream_data(s->a->q, a, qpdf_dl_none, NULL, &pa,
	    &na) & QPDF_ERRORS) != 0 ||
	    (qpdf_oh_get_stream_data(s->b->q, b, qpdf_dl_none, NULL, &pb,
	    &nb) & QPDF_ERRORS) != 0)
		rc = PDF_TIRED;
	else if (na != nb || memcmp(pa, pb, na) != 0)
		rc = PDF_DIFFERENT;
	if (na + nb >= s->purse->octets) {
		s->purse->octets = 0;
		rc = rc == PDF_DIFFERENT ? rc : PDF_TIRED;
	} else
		s->purse->octets -= na + nb;
	free(pa);
	free(pb);
	return rc;
}

static bool
same_text(struct octets a, struct octets b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* Numbers and words by their text: 1.0 for 1 is a change, if a harmless one. */
static bool
same_scalar(struct pdf_same *s, qpdf_oh a, qpdf_oh b)
{
	const char	*x = qpdf_oh_unparse_resolved(s->a->q, a);
	const char	*y = qpdf_oh_unparse_resolved(s->b->q, b);

	return strcmp(x, y) == 0;
}

static enum pdf_same_result
compare(struct pdf_same *s, qpdf_oh a, qpdf_oh b, unsigned depth)
{
	enum qpdf_object_type_e	kind;

	if (pdf_is_null(s->a, a) || pdf_is_null(s->b, b))
		return pdf_is_null(s->a, a) && pdf_is_null(s->b, b) ?
		    PDF_SAME : PDF_DIFFERENT;
	if (s->purse->objects == 0 || depth > DEPTH)
		return PDF_TIRED;
	s->purse->objects--;
	kind = qpdf_oh_get_type_code(s->a->q, a);
	if (kind != qpdf_oh_get_type_code(s->b->q, b))
		return PDF_DIFFERENT;
	if ((kind == ot_dictionary || kind == ot_array) && depth == 0 &&
	    same_written(s, a, b))
		return PDF_SAME;
	if (kind == ot_dictionary)
		return compare_dicts(s, a, b, NULL, depth);
	if (kind == ot_array)
		return compare_arrays(s, a, b, depth);
	if (kind == ot_stream)
		return compare_streams(s, a, b, depth);
	if (kind == ot_string)
		return same_text(pdf_string(s->a, a), pdf_string(s->b, b)) ?
		    PDF_SAME : PDF_DIFFERENT;
	if (kind == ot_name || kind == ot_integer || kind == ot_real ||
	    kind == ot_boolean)
		return same_scalar(s, a, b) ? PDF_SAME : PDF_DIFFERENT;
	return PDF_DIFFERENT;
}

static qpdf_oh
object_of(struct pdf_doc *doc, struct pdf_id id)
{
	return qpdf_get_object_by_id(doc->q, id.number, id.generation);
}

/* As if the pairs from before on had never been met. */
static void
forget(struct pdf_same *s, size_t before)
{
	const struct pair	*p;

	/* The last in the table goes first, so no search is cut short. */
	while (s->npairs > before) {
		p = &s->pairs[s->npairs - 1];
		s->slot[find(s, p->a, p->b)] = 0;
		s->npairs--;
	}
	s->done = before;
}

/*
 * A pair once found the same stays so, for all that it refers to was compared,
 * too.  After a difference nothing is known of the pairs met on the way.
 */
enum pdf_same_result
pdf_same(struct pdf_same *s, qpdf_oh a, qpdf_oh b)
{
	enum pdf_same_result	rc = PDF_SAME;
	const size_t		before = s->npairs;
	struct pdf_id		ia = pdf_id_of(s->a, a), ib = pdf_id_of(s->b, b);

	if (!is_known(s, ia, ib))
		rc = compare(s, a, b, 0);
	while (rc == PDF_SAME && s->done < s->npairs) {
		/* compare() may move the array. */
		const struct pair	p = s->pairs[s->done++];
		qpdf_oh			oa = object_of(s->a, p.a);
		qpdf_oh			ob = object_of(s->b, p.b);

		rc = compare(s, oa, ob, 0);
		qpdf_oh_release(s->a->q, oa);
		qpdf_oh_release(s->b->q, ob);
	}
	if (rc != PDF_SAME)
		forget(s, before);
	return rc;
}
