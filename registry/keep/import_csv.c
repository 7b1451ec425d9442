#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/keep/import_csv.h"

/* ---- where a row ends */

static size_t
first_line(struct octets w, bool end, size_t *lines)
{
	const uint8_t	*nl = w.len > 0 ? memchr(w.p, '\n', w.len) : NULL;

	*lines = nl != NULL;
	if (nl != NULL)
		return (size_t)(nl - w.p) + 1;
	return end ? w.len : 0;
}

size_t
import_csv_span(struct octets w, bool end, size_t *lines)
{
	bool	quoted = false, start = true;
	size_t	i, n = 0;

	for (i = 0; i < w.len; i++) {
		if (quoted) {
			n += w.p[i] == '\n';
			if (i >= LIMIT_IMPORT_ROW || n >= LIMIT_IMPORT_LINES)
				return first_line(w, end, lines);
			if (w.p[i] != '"')
				continue;
			if (i + 1 < w.len && w.p[i + 1] == '"')
				i++;
			else
				quoted = false;
			continue;
		}
		if (w.p[i] == '\n') {
			*lines = n + 1;
			return i + 1;
		}
		if (w.p[i] == '"') {
			/* Only at the start of a field; elsewhere a fault. */
			if (!start)
				return first_line(w, end, lines);
			quoted = true;
		}
		start = w.p[i] == ',';
	}
	*lines = n;
	if (!end)
		return 0;
	return quoted ? first_line(w, end, lines) : w.len;
}

/* ---- fields */

/* Where reading is: the row without its line end. */
struct scan {
	struct octets	 row;
	size_t		 at;
	uint8_t		*field;		/* unescaped; room for the row */
	size_t		 len;
	uint32_t	 column;
};

static int
malformed(const struct scan *s, struct import_fault *fault, const char *what)
{
	fault->column = (uint32_t)s->at + 1;
	return err_set_id(&fault->e, ERR_INVAL, "bad-csv", "%s", what);
}

static int
take_quoted(struct scan *s, struct import_fault *fault)
{
	uint8_t	c;

	for (s->at++; s->at < s->row.len; s->at++) {
		c = s->row.p[s->at];
		if (c == '"') {
			if (s->at + 1 == s->row.len ||
			    s->row.p[s->at + 1] != '"')
				break;
			s->at++;
		}
		s->field[s->len++] = c;
	}
	if (s->at == s->row.len) {
		s->at = s->column - 1;
		return malformed(s, fault, "a quote that is not closed");
	}
	s->at++;
	if (s->at < s->row.len && s->row.p[s->at] != ',')
		return malformed(s, fault, "something behind a closing "
		    "quote");
	return 0;
}

/* The field at s->at, up to its comma or the end of the row. */
static int
take_field(struct scan *s, struct import_fault *fault)
{
	s->len = 0;
	s->column = (uint32_t)s->at + 1;
	if (s->at < s->row.len && s->row.p[s->at] == '"')
		return take_quoted(s, fault);
	for (; s->at < s->row.len && s->row.p[s->at] != ','; s->at++) {
		if (s->row.p[s->at] == '"')
			return malformed(s, fault, "a quote within a plain "
			    "field");
		if (s->row.p[s->at] == '\r')
			return malformed(s, fault, "a CR that ends no line");
		s->field[s->len++] = s->row.p[s->at];
	}
	return 0;
}

static struct octets
without_end(struct octets row)
{
	if (row.len > 0 && row.p[row.len - 1] == '\n')
		row.len--;
	if (row.len > 0 && row.p[row.len - 1] == '\r')
		row.len--;
	return row;
}

static int
bad_header(struct import_fault *fault, const struct scan *s, const char *what)
{
	fault->column = s->column;
	return err_set_id(&fault->e, ERR_INVAL, "bad-header",
	    "header, column %u: %s", s->column, what);
}

static int
header_field(struct import_csv *csv, const struct scan *s,
    struct import_fault *fault)
{
	enum import_field	f = import_field_find((const char *)s->field,
				    s->len);
	size_t			i;

	if (f == IMPORT_FIELDS)
		return bad_header(fault, s, "no field has this name");
	if (csv->ncolumns == LIMIT_IMPORT_COLUMNS)
		return bad_header(fault, s, "too many columns");
	for (i = 0; i < csv->ncolumns; i++)
		if (csv->column[i] == f)
			return bad_header(fault, s, "the name stands there "
			    "twice");
	csv->column[csv->ncolumns++] = f;
	return 0;
}

int
import_csv_header(struct octets row, struct import_csv *csv,
    struct import_fault *fault)
{
	struct scan	s = { .row = without_end(row) };
	int		rc;

	memset(csv, 0, sizeof(*csv));
	fault->e = (struct err)ERR_INIT;
	s.field = xmalloc(s.row.len + 1);
	do {
		if ((rc = take_field(&s, fault)) != 0 ||
		    (rc = header_field(csv, &s, fault)) != 0)
			break;
	} while (s.at++ < s.row.len);
	free(s.field);
	return rc;
}

int
import_csv_read(const struct import_csv *csv, struct octets row,
    struct import_cells *cs, struct import_fault *fault)
{
	struct scan	s = { .row = without_end(row) };
	size_t		i = 0;
	int		rc;

	import_cells_reset(cs);
	fault->e = (struct err)ERR_INIT;
	s.field = xmalloc(s.row.len + 1);
	do {
		if ((rc = take_field(&s, fault)) != 0)
			break;
		if (i < csv->ncolumns && (rc = import_cells_set(cs,
		    csv->column[i], s.field, s.len, s.column, fault)) != 0)
			break;
		i++;
	} while (s.at++ < s.row.len);
	free(s.field);
	if (rc == 0 && i != csv->ncolumns) {
		fault->column = 1;
		rc = err_set_id(&fault->e, ERR_INVAL, "wrong-fields",
		    "%zu fields, the header has %zu", i, csv->ncolumns);
	}
	return rc;
}
