#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tm.h"
#include "filing/code.h"
#include "filing/record.h"
#include "registry/keep/import_row.h"

#define CREDIT_CODE_LEN	18
#define DAY		86400

static const char *const names[IMPORT_FIELDS] = {
	[IMPORT_SEAL_CODE] = "seal_code", [IMPORT_SEAL_TYPE] = "seal_type",
	[IMPORT_SEAL_NAME] = "seal_name", [IMPORT_OWNER_NAME] = "owner_name",
	[IMPORT_OWNER_ID] = "owner_id",
	[IMPORT_OWNER_COMMITMENT] = "owner_commitment",
	[IMPORT_STATUS] = "status", [IMPORT_STATUS_REASON] = "status_reason",
	[IMPORT_STATUS_EFFECTIVE_AT] = "status_effective_at",
	[IMPORT_RECORDED_AT] = "recorded_at",
	[IMPORT_VALID_FROM] = "valid_from",
	[IMPORT_VALID_UNTIL] = "valid_until",
	[IMPORT_SEAL_DIGEST] = "seal_digest",
	[IMPORT_CERTIFICATE_DIGEST] = "certificate_digest",
	[IMPORT_PICTURE_DIGEST] = "picture_digest",
	[IMPORT_FILING_OFFICE] = "filing_office",
	[IMPORT_MAKER_ID] = "maker_id", [IMPORT_REPLACES] = "replaces",
	[IMPORT_REPLACED_BY] = "replaced_by", [IMPORT_CARRIER] = "carrier",
	[IMPORT_PAIRED_CODE] = "paired_code", [IMPORT_VERSION] = "version",
	[IMPORT_SEAL_NAME_OTHER] = "seal_name_other", [IMPORT_SALT] = "salt",
	[IMPORT_PERSON_NAME] = "person_name",
};

/* Places of the numbers that words may stand for. */
static const char *const carriers[] = { NULL, "physical", "electronic",
    "paired" };

const char *
import_field_name(enum import_field f)
{
	return names[f];
}

enum import_field
import_field_find(const char *name, size_t n)
{
	unsigned	i;

	for (i = 0; i < IMPORT_FIELDS; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			break;
	return (enum import_field)i;
}

void
import_cells_reset(struct import_cells *cs)
{
	memset(cs->c, 0, sizeof(cs->c));
	cs->used = 0;
}

int
import_cells_set(struct import_cells *cs, enum import_field f, const void *p,
    size_t n, uint32_t column, struct import_fault *fault)
{
	fault->column = column;
	if (n > LIMIT_IMPORT_TEXT)
		return err_set_id(&fault->e, ERR_INVAL, "bad-member",
		    "%s: longer than %d octets", names[f], LIMIT_IMPORT_TEXT);
	if (memchr(p, '\0', n) != NULL || !utf8_valid(p, n))
		return err_set_id(&fault->e, ERR_INVAL, "bad-text",
		    "%s: not UTF-8, or it contains a NUL", names[f]);
	if (n == 0)
		return 0;
	assert(cs->used + n + 1 <= sizeof(cs->text));
	memcpy(cs->text + cs->used, p, n);
	cs->text[cs->used + n] = '\0';
	cs->c[f] = (struct import_cell){ cs->text + cs->used, column };
	cs->used += n + 1;
	return 0;
}

/* ---- single values */

/* A row under work. */
struct work {
	const struct import_cells	*cs;
	struct import_fault		*fault;
	int64_t				 now;
	struct record			 r;
	uint8_t				 digest[LIMIT_RECORD_CERTS + 3][SM3_LEN];
	size_t				 ndigests;
};

static const char *
text(const struct work *w, enum import_field f)
{
	return w->cs->c[f].s != NULL ? w->cs->c[f].s : "";
}

static int
bad(struct work *w, enum import_field f, const char *what)
{
	w->fault->column = w->cs->c[f].column;
	return err_set_id(&w->fault->e, ERR_INVAL, "bad-member", "%s: %s",
	    names[f], what);
}

static int
missing(struct work *w, enum import_field f)
{
	w->fault->column = 1;
	return err_set_id(&w->fault->e, ERR_INVAL, "missing-member",
	    "\"%s\" is missing", names[f]);
}

/* Decimal, one spelling. */
static bool
number(const char *s, uint64_t max, uint64_t *v)
{
	struct cursor	c = cursor_of(s, strlen(s));

	return take_decimal(&c, v) && cursor_left(&c) == 0 && *v <= max;
}

static int
take_number(struct work *w, enum import_field f, uint32_t absent,
    uint32_t *out)
{
	uint64_t	v;

	*out = absent;
	if (w->cs->c[f].s == NULL)
		return 0;
	if (!number(w->cs->c[f].s, UINT32_MAX, &v))
		return bad(w, f, "not a number");
	*out = (uint32_t)v;
	return 0;
}

/*
 * RFC 3339, or a date: its last second in Beijing where something ends, else
 * its first.
 */
static int
take_time(struct work *w, enum import_field f, bool ends, int64_t *out)
{
	const char	*s = w->cs->c[f].s;

	*out = 0;
	if (s == NULL)
		return 0;
	if (!tm_parse(s, out))
		return bad(w, f, "neither RFC 3339 nor a date "
		    "(2019-05-01)");
	if (strlen(s) == 10 && !ends)
		*out -= DAY - 1;
	if (*out <= 0)
		return bad(w, f, "before 1970");
	return 0;
}

/* 64 hex digits or base64 of 32 octets. */
static int
take_digest(struct work *w, enum import_field f, const char *s, size_t n,
    struct octets *out)
{
	uint8_t	*d = w->digest[w->ndigests];
	size_t	 len;

	*out = OCTETS(NULL, 0);
	if (n == 0)
		return 0;
	if (!hex_decode(s, n, d, SM3_LEN) && (!b64_decode(s, n, d, SM3_LEN,
	    &len) || len != SM3_LEN))
		return bad(w, f, "not a digest: 64 hex digits or base64 of "
		    "32 octets");
	*out = OCTETS(d, SM3_LEN);
	w->ndigests++;
	return 0;
}

/* Digests with one space between. */
static int
take_digests(struct work *w, enum import_field f)
{
	const char	*s = text(w, f);
	size_t		 n;
	int		 rc;

	while (*s != '\0') {
		if (w->r.ncertificates == LIMIT_RECORD_CERTS)
			return bad(w, f, "too many");
		n = strcspn(s, " ");
		if (n == 0)
			return bad(w, f, "one space stands between two");
		if ((rc = take_digest(w, f, s, n,
		    &w->r.certificate_digest[w->r.ncertificates])) != 0)
			return rc;
		w->r.ncertificates++;
		s += n;
		if (*s == ' ' && *++s == '\0')
			return bad(w, f, "one space stands between two");
	}
	return 0;
}

static int
take_code(struct work *w, enum import_field f, const char **out)
{
	*out = text(w, f);
	if (**out == '\0' || seal_code_check(*out, NULL) == 0)
		return 0;
	w->fault->column = w->cs->c[f].column;
	return err_set_id(&w->fault->e, ERR_INVAL, "invalid-code",
	    "%s: not 14 digits, or 13 of an older physical seal", names[f]);
}

static int
take_name(struct work *w, enum import_field f, const char **out)
{
	*out = text(w, f);
	if (**out != '\0' && !text_is_name(*out))
		return bad(w, f, "a character that names do not have, or a "
		    "space at an end");
	return 0;
}

/* ---- the groups of a record */

static int
make_kind(struct work *w)
{
	uint64_t	v;
	uint32_t	t;
	int		rc;

	if (w->cs->c[IMPORT_SEAL_CODE].s == NULL)
		return missing(w, IMPORT_SEAL_CODE);
	if ((rc = take_code(w, IMPORT_SEAL_CODE, &w->r.seal_code)) != 0 ||
	    (rc = take_code(w, IMPORT_REPLACES, &w->r.replaces)) != 0 ||
	    (rc = take_code(w, IMPORT_REPLACED_BY, &w->r.replaced_by)) != 0 ||
	    (rc = take_code(w, IMPORT_PAIRED_CODE, &w->r.paired_code)) != 0)
		return rc;
	if (w->cs->c[IMPORT_SEAL_TYPE].s == NULL)
		return missing(w, IMPORT_SEAL_TYPE);
	if (number(text(w, IMPORT_SEAL_TYPE), SEAL_OTHER, &v))
		w->r.seal_type = (uint32_t)v;
	else
		for (t = 0; ; t++) {
			if (t > SEAL_OTHER)
				return bad(w, IMPORT_SEAL_TYPE,
				    "no type of seal");
			if (seal_type_word(t) != NULL && strcmp(
			    seal_type_word(t), text(w, IMPORT_SEAL_TYPE)) == 0)
				break;
			w->r.seal_type = t + 1;
		}
	if (seal_type_word(w->r.seal_type) == NULL)
		return bad(w, IMPORT_SEAL_TYPE, "no type of seal");
	if (w->cs->c[IMPORT_CARRIER].s == NULL)
		return missing(w, IMPORT_CARRIER);
	for (t = 1; t <= 3; t++)
		if (strcmp(text(w, IMPORT_CARRIER), carriers[t]) == 0 ||
		    (text(w, IMPORT_CARRIER)[0] == (char)('0' + t) &&
		    text(w, IMPORT_CARRIER)[1] == '\0'))
			w->r.carrier = t;
	if (w->r.carrier == 0)
		return bad(w, IMPORT_CARRIER, "1 physical, 2 electronic or 3 "
		    "paired");
	if (strlen(w->r.seal_code) == 13 && w->r.carrier != 1)
		return bad(w, IMPORT_SEAL_CODE, "13 digits are for physical "
		    "seals");
	return take_number(w, IMPORT_VERSION, 1, &w->r.version);
}

static int
make_owner(struct work *w)
{
	const char	*id = text(w, IMPORT_OWNER_ID);
	int		 rc;

	if ((rc = take_name(w, IMPORT_SEAL_NAME, &w->r.seal_name)) != 0 ||
	    (rc = take_name(w, IMPORT_SEAL_NAME_OTHER,
	    &w->r.seal_name_other)) != 0 ||
	    (rc = take_name(w, IMPORT_OWNER_NAME, &w->r.owner_name)) != 0 ||
	    (rc = take_name(w, IMPORT_OWNER_ID, &w->r.owner_id)) != 0 ||
	    (rc = take_name(w, IMPORT_FILING_OFFICE,
	    &w->r.filing_office)) != 0 ||
	    (rc = take_name(w, IMPORT_MAKER_ID, &w->r.maker_id)) != 0)
		return rc;
	/* Older registers have shorter numbers. */
	if (strlen(id) == CREDIT_CODE_LEN && credit_code_check(id,
	    &w->fault->e) != 0) {
		w->fault->column = w->cs->c[IMPORT_OWNER_ID].column;
		return w->fault->e.code;
	}
	if (!seal_type_is_person(w->r.seal_type) &&
	    w->cs->c[IMPORT_PERSON_NAME].s != NULL)
		return bad(w, IMPORT_PERSON_NAME, "only for types 0 and 5");
	if (w->cs->c[IMPORT_PERSON_NAME].s != NULL &&
	    w->cs->c[IMPORT_OWNER_COMMITMENT].s != NULL)
		return bad(w, IMPORT_PERSON_NAME, "a commitment is given, "
		    "too");
	if (w->cs->c[IMPORT_PERSON_NAME].s != NULL &&
	    !text_is_name(text(w, IMPORT_PERSON_NAME)))
		return bad(w, IMPORT_PERSON_NAME, "a character that names do "
		    "not have");
	return take_digest(w, IMPORT_OWNER_COMMITMENT,
	    text(w, IMPORT_OWNER_COMMITMENT),
	    strlen(text(w, IMPORT_OWNER_COMMITMENT)), &w->r.owner_commitment);
}

static int
make_status(struct work *w)
{
	const char	*s = w->cs->c[IMPORT_STATUS].s;
	uint64_t	 v;
	int		 rc;

	if (s == NULL)
		return missing(w, IMPORT_STATUS);
	w->r.status = number(s, STATUS_END - 1, &v) ? (uint32_t)v :
	    status_from_word(s);
	if (w->r.status == STATUS_NONE)
		return bad(w, IMPORT_STATUS, "no status of a seal");
	if ((rc = take_number(w, IMPORT_STATUS_REASON, 0,
	    &w->r.status_reason)) != 0 ||
	    (rc = take_time(w, IMPORT_STATUS_EFFECTIVE_AT, false,
	    &w->r.status_effective_at)) != 0 ||
	    (rc = take_time(w, IMPORT_VALID_FROM, false,
	    &w->r.valid_from)) != 0 ||
	    (rc = take_time(w, IMPORT_VALID_UNTIL, true,
	    &w->r.valid_until)) != 0)
		return rc;
	if (w->r.status_reason != 0 && reason_word(w->r.status_reason) ==
	    NULL) {
		w->fault->column = w->cs->c[IMPORT_STATUS_REASON].column;
		return err_set_id(&w->fault->e, ERR_INVAL, "unknown-reason",
		    "status_reason: no reason has this number");
	}
	if (w->r.valid_from == 0)
		return missing(w, IMPORT_VALID_FROM);
	if (w->r.valid_until != 0 && w->r.valid_until <= w->r.valid_from)
		return bad(w, IMPORT_VALID_UNTIL, "it ends before it begins");
	if (w->r.status_effective_at == 0 && w->r.status == STATUS_ACTIVE)
		w->r.status_effective_at = w->r.valid_from < w->now ?
		    w->r.valid_from : w->now;
	if (w->r.status_effective_at == 0)
		return missing(w, IMPORT_STATUS_EFFECTIVE_AT);
	if (w->r.status_effective_at > w->now) {
		w->fault->column =
		    w->cs->c[IMPORT_STATUS_EFFECTIVE_AT].column;
		return err_set_id(&w->fault->e, ERR_INVAL,
		    "effective-in-future",
		    "status_effective_at: a moment to come");
	}
	return 0;
}

static int
make_digests(struct work *w)
{
	int	rc;

	if ((rc = take_digest(w, IMPORT_SEAL_DIGEST,
	    text(w, IMPORT_SEAL_DIGEST), strlen(text(w, IMPORT_SEAL_DIGEST)),
	    &w->r.seal_digest)) != 0 ||
	    (rc = take_digest(w, IMPORT_PICTURE_DIGEST,
	    text(w, IMPORT_PICTURE_DIGEST),
	    strlen(text(w, IMPORT_PICTURE_DIGEST)),
	    &w->r.picture_digest)) != 0)
		return rc;
	return take_digests(w, IMPORT_CERTIFICATE_DIGEST);
}

/* As the register will check it, with what it adds itself. */
static int
lint(struct work *w, bool person)
{
	static const uint8_t	 zero[SM3_LEN];
	struct record		 r = w->r;

	r.recorded_at = w->now;
	r.salt = OCTETS(zero, RECORD_SALT_LEN);
	if (person)
		r.owner_commitment = OCTETS(zero, SM3_LEN);
	w->fault->column = 1;
	return record_lint(&r, &w->fault->e);
}

int
import_row_make(const struct import_cells *cs, int64_t now,
    struct buf *record, const char **person, struct import_fault *fault)
{
	struct work	w;
	int		rc;

	memset(&w, 0, sizeof(w));
	w.cs = cs;
	w.fault = fault;
	w.now = now;
	*person = NULL;
	fault->e = (struct err)ERR_INIT;
	fault->column = 1;
	if ((rc = make_kind(&w)) != 0 || (rc = make_owner(&w)) != 0 ||
	    (rc = make_status(&w)) != 0 || (rc = make_digests(&w)) != 0)
		return rc;
	*person = cs->c[IMPORT_PERSON_NAME].s;
	if ((rc = lint(&w, *person != NULL)) != 0) {
		*person = NULL;
		return rc;
	}
	record_encode(&w.r, record);
	return 0;
}
