#include "signing/pdf_doc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const	pdf_inherited_key[PDF_INHERITED] = {
	"/Resources", "/MediaBox", "/CropBox", "/Rotate"
};

/*
 * What qpdf says of well-meant files, and what no reader takes otherwise: white
 * space before a table, and a /Size that is too large (too small, it would
 * hide objects from some).
 */
static bool
is_harmless(const char *warning)
{
	unsigned long long	said, highest;

	return strcmp(warning, "extraneous whitespace seen before xref") ==
	    0 || (sscanf(warning, "reported number of objects (%llu) is not "
	    "one plus the highest object number (%llu)", &said, &highest) ==
	    2 && said > highest);
}

unsigned
pdf_doc_warnings(struct pdf_doc *doc)
{
	qpdf_error	why;

	while (qpdf_more_warnings(doc->q)) {
		why = qpdf_next_warning(doc->q);
		if (doc->warnings < LIMIT_PDF_WARNINGS && !is_harmless(
		    qpdf_get_error_message_detail(doc->q, why)))
			doc->warnings++;
	}
	if (qpdf_has_error(doc->q)) {
		(void)qpdf_get_error(doc->q);
		doc->warnings++;
	}
	return doc->warnings;
}

void
pdf_doc_end(struct pdf_doc *doc)
{
	if (doc->q == NULL)
		return;
	/* It prints an error that nobody asked for. */
	(void)pdf_doc_warnings(doc);
	qpdf_cleanup(&doc->q);
}

void
pdf_doc_reset(struct pdf_doc *doc)
{
	pdf_doc_end(doc);
	doc->q = qpdf_init();
	doc->warnings = 0;
	qpdf_silence_errors(doc->q);
	qpdf_set_suppress_warnings(doc->q, QPDF_TRUE);
}

bool
pdf_is_dict(struct pdf_doc *doc, qpdf_oh oh)
{
	return oh != 0 && qpdf_oh_is_dictionary(doc->q, oh);
}

bool
pdf_is_array(struct pdf_doc *doc, qpdf_oh oh)
{
	return oh != 0 && qpdf_oh_is_array(doc->q, oh);
}

bool
pdf_is_null(struct pdf_doc *doc, qpdf_oh oh)
{
	return oh == 0 || qpdf_oh_is_null(doc->q, oh);
}

struct pdf_id
pdf_id_of(struct pdf_doc *doc, qpdf_oh oh)
{
	struct pdf_id	id = { 0, 0 };

	if (oh != 0 && qpdf_oh_is_indirect(doc->q, oh)) {
		id.number = qpdf_oh_get_object_id(doc->q, oh);
		id.generation = qpdf_oh_get_generation(doc->q, oh);
	}
	return id;
}

bool
pdf_id_equal(struct pdf_id a, struct pdf_id b)
{
	return a.number != 0 && a.number == b.number &&
	    a.generation == b.generation;
}

qpdf_oh
pdf_get(struct pdf_doc *doc, qpdf_oh dict, const char *key)
{
	qpdf_oh	d, v = 0;

	if (dict == 0)
		return 0;
	if (qpdf_oh_is_dictionary(doc->q, dict))
		v = qpdf_oh_get_key(doc->q, dict, key);
	else if (qpdf_oh_is_stream(doc->q, dict)) {
		d = qpdf_oh_get_dict(doc->q, dict);
		v = qpdf_oh_get_key(doc->q, d, key);
		qpdf_oh_release(doc->q, d);
	}
	if (v != 0 && qpdf_oh_is_null(doc->q, v)) {
		qpdf_oh_release(doc->q, v);
		v = 0;
	}
	return v;
}

size_t
pdf_count(struct pdf_doc *doc, qpdf_oh array)
{
	int	n = pdf_is_array(doc, array) ?
		    qpdf_oh_get_array_n_items(doc->q, array) : 0;

	return n > 0 ? (size_t)n : 0;
}

qpdf_oh
pdf_at(struct pdf_doc *doc, qpdf_oh array, size_t i)
{
	return i < pdf_count(doc, array) ?
	    qpdf_oh_get_array_item(doc->q, array, (int)i) : 0;
}

qpdf_oh
pdf_get_inherited(struct pdf_doc *doc, qpdf_oh oh, const char *key)
{
	qpdf_oh		v;
	unsigned	i;

	for (i = 0; i < LIMIT_PDF_DEPTH && pdf_is_dict(doc, oh); i++) {
		if ((v = pdf_get(doc, oh, key)) != 0)
			return v;
		oh = pdf_get(doc, oh, "/Parent");
	}
	return 0;
}

bool
pdf_int(struct pdf_doc *doc, qpdf_oh oh, long long *v)
{
	return oh != 0 && qpdf_oh_is_integer(doc->q, oh) &&
	    qpdf_oh_get_value_as_longlong(doc->q, oh, v);
}

bool
pdf_number(struct pdf_doc *doc, qpdf_oh oh, double *v)
{
	return oh != 0 && qpdf_oh_is_number(doc->q, oh) &&
	    qpdf_oh_get_value_as_number(doc->q, oh, v) && isfinite(*v);
}

bool
pdf_bool(struct pdf_doc *doc, qpdf_oh oh)
{
	return oh != 0 && qpdf_oh_is_bool(doc->q, oh) &&
	    qpdf_oh_get_bool_value(doc->q, oh);
}

const char *
pdf_name(struct pdf_doc *doc, qpdf_oh oh)
{
	return oh != 0 && qpdf_oh_is_name(doc->q, oh) ?
	    qpdf_oh_get_name(doc->q, oh) : "";
}

bool
pdf_name_is(struct pdf_doc *doc, qpdf_oh oh, const char *name)
{
	return strcmp(pdf_name(doc, oh), name) == 0;
}

struct octets
pdf_string(struct pdf_doc *doc, qpdf_oh oh)
{
	size_t		 n = 0;
	const char	*p = "";

	if (oh != 0 && qpdf_oh_is_string(doc->q, oh))
		p = qpdf_oh_get_binary_string_value(doc->q, oh, &n);
	return OCTETS(p, n);
}

struct octets
pdf_text(struct pdf_doc *doc, qpdf_oh oh)
{
	size_t		 n = 0;
	const char	*p = "";

	if (oh != 0 && qpdf_oh_is_string(doc->q, oh))
		p = qpdf_oh_get_binary_utf8_value(doc->q, oh, &n);
	return OCTETS(p, n);
}

static void
sort2(double *a, double *b)
{
	double	t = *a;

	if (*a > *b) {
		*a = *b;
		*b = t;
	}
}

bool
pdf_rect(struct pdf_doc *doc, qpdf_oh oh, double rect[4])
{
	size_t	i;

	memset(rect, 0, 4 * sizeof(rect[0]));
	if (pdf_count(doc, oh) != 4)
		return false;
	for (i = 0; i < 4; i++)
		if (!pdf_number(doc, pdf_at(doc, oh, i), &rect[i]))
			break;
	if (i < 4) {
		memset(rect, 0, 4 * sizeof(rect[0]));
		return false;
	}
	sort2(&rect[0], &rect[2]);
	sort2(&rect[1], &rect[3]);
	return true;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
pdf_keys(struct pdf_doc *doc, qpdf_oh dict, size_t *n)
{
	char	**keys = NULL;
	size_t	  cap = 0;
	qpdf_oh	  d = dict;

	*n = 0;
	if (dict == 0)
		return NULL;
	if (qpdf_oh_is_stream(doc->q, dict))
		d = qpdf_oh_get_dict(doc->q, dict);
	if (pdf_is_dict(doc, d)) {
		qpdf_oh_begin_dict_key_iter(doc->q, d);
		while (qpdf_oh_dict_more_keys(doc->q)) {
			if (*n == LIMIT_PDF_KEYS) {
				doc->cut = true;
				break;
			}
			if (*n == cap) {
				cap = cap == 0 ? 16 : 2 * cap;
				keys = xreallocarray(keys, cap,
				    sizeof(keys[0]));
			}
			keys[(*n)++] = xstrdup(qpdf_oh_dict_next_key(doc->q));
		}
	}
	if (d != dict)
		qpdf_oh_release(doc->q, d);
	if (*n > 0)
		qsort(keys, *n, sizeof(keys[0]), by_text);
	return keys;
}

void
pdf_keys_free(char **keys, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		free(keys[i]);
	free(keys);
}

void
pdf_doc_free(struct pdf_doc *doc)
{
	if (doc == NULL)
		return;
	pdf_doc_end(doc);
	free(doc->pages);
	free(doc->annots);
	free(doc);
}
