#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "registry/keep/import_json.h"

/*
 * Where the value of a member begins, from 1, in a line that is known to be
 * JSON: the parser does not tell.  1 for a name that is spelt with escapes.
 */
static uint32_t
value_column(struct octets row, const char *name)
{
	size_t	i, from, n = strlen(name);
	int	depth = 0;

	for (i = 0; i < row.len; i++) {
		if (row.p[i] == '{' || row.p[i] == '[')
			depth++;
		else if (row.p[i] == '}' || row.p[i] == ']')
			depth--;
		else if (row.p[i] == '"') {
			for (from = ++i; i < row.len && row.p[i] != '"'; i++)
				i += row.p[i] == '\\';
			if (depth != 1 || i - from != n ||
			    i >= row.len || memcmp(row.p + from, name, n) != 0)
				continue;
			while (++i < row.len && (row.p[i] == ' ' ||
			    row.p[i] == '\t'))
				;
			if (i >= row.len || row.p[i] != ':') {
				i--;
				continue;
			}
			while (++i < row.len && (row.p[i] == ' ' ||
			    row.p[i] == '\t'))
				;
			return (uint32_t)i + 1;
		}
	}
	return 1;
}

/* Texts with one space between, as CSV has them. */
static int
set_list(struct import_cells *cs, enum import_field f, const json_t *v,
    uint32_t column, struct import_fault *fault)
{
	struct buf	 b;
	json_t		*one;
	size_t		 i;
	int		 rc;

	buf_init(&b, LIMIT_IMPORT_ROW);
	for (i = 0; i < json_array_size(v); i++) {
		one = json_array_get(v, i);
		if (!json_is_string(one) || json_string_length(one) == 0) {
			buf_fini(&b);
			fault->column = column;
			return err_set_id(&fault->e, ERR_INVAL, "bad-member",
			    "%s: not a list of texts", import_field_name(f));
		}
		if (i > 0)
			buf_put_u8(&b, ' ');
		buf_put(&b, json_string_value(one), json_string_length(one));
	}
	rc = import_cells_set(cs, f, b.p != NULL ? b.p :
	    (const uint8_t *)"", b.len, column, fault);
	buf_fini(&b);
	return rc;
}

static int
set(struct import_cells *cs, enum import_field f, const json_t *v,
    uint32_t column, struct import_fault *fault)
{
	char	digits[32];

	if (json_is_null(v))
		return 0;
	if (json_is_string(v))
		return import_cells_set(cs, f, json_string_value(v),
		    json_string_length(v), column, fault);
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		(void)snprintf(digits, sizeof(digits), "%" PRIu64,
		    (uint64_t)json_integer_value(v));
		return import_cells_set(cs, f, digits, strlen(digits), column,
		    fault);
	}
	if (f == IMPORT_CERTIFICATE_DIGEST && json_is_array(v))
		return set_list(cs, f, v, column, fault);
	fault->column = column;
	return err_set_id(&fault->e, ERR_INVAL, "bad-member",
	    "%s: not a text", import_field_name(f));
}

static int
not_json(const json_error_t *je, struct octets row,
    struct import_fault *fault)
{
	bool	twice = json_error_code(je) == json_error_duplicate_key;

	/* Its position is behind the character that it did not like. */
	fault->column = je->position > 0 && (size_t)je->position <= row.len ?
	    (uint32_t)je->position : 1;
	if (twice)
		return err_set_id(&fault->e, ERR_INVAL, "duplicate-key",
		    "a member is given twice");
	return err_set_id(&fault->e, ERR_INVAL, "bad-json", "not JSON: %.60s",
	    json_error_code(je) == json_error_invalid_utf8 ? "not UTF-8" :
	    "malformed");
}

int
import_json_read(struct octets row, struct import_cells *cs,
    struct import_fault *fault)
{
	enum import_field	 f;
	const char		*name;
	json_error_t		 je;
	json_t			*o, *v;
	int			 rc = 0;

	import_cells_reset(cs);
	fault->e = (struct err)ERR_INIT;
	fault->column = 1;
	o = json_loadb((const char *)row.p, row.len, JSON_REJECT_DUPLICATES,
	    &je);
	if (o == NULL)
		return not_json(&je, row, fault);
	if (!json_is_object(o)) {
		json_decref(o);
		return err_set_id(&fault->e, ERR_INVAL, "bad-json",
		    "not an object");
	}
	json_object_foreach(o, name, v) {
		f = import_field_find(name, strlen(name));
		if (f == IMPORT_FIELDS) {
			fault->column = value_column(row, name);
			rc = err_set_id(&fault->e, ERR_INVAL,
			    "unknown-member", "no field is called so");
			break;
		}
		if ((rc = set(cs, f, v, value_column(row, name), fault)) != 0)
			break;
	}
	json_decref(o);
	return rc;
}
