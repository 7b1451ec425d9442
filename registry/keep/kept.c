#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "ca/cert.h"
#include "filing/seal.h"
#include "registry/keep/kept.h"
#include "registry/office/office_made.h"

#define PERSON_SALT	32

static const char	other_digest[] = "is not what its digest says";
static const char	other_record[] = "is not what the log says";

struct kept {
	struct store		*st;
	struct kept_finding	 f[LIMIT_KEPT];
	uint64_t		 nf, seals, pictures;
	struct buf		 whole;		/* a seal put together */
	uint8_t			 chain[SM3_LEN];	/* a good one, seen last */
};

/* Columns of STMT_OFFICE_KEPT_SEAL; the first nine are made_seal()'s. */
enum column {
	DIGEST = 2, CERTIFICATE, CHAIN, APPLICATION, PICTURE = 9,
	PICTURE_DIGEST, OWNER_NAME, CREDIT_CODE, SEAL_TYPE, SEAL_NAME,
	VALID_FROM, VALID_UNTIL, RECORD_SALT, PERSON_SALT_AT, TAKEN, ISSUERS
};

/* One seal as it is kept, beside what the log says. */
struct look {
	struct kept		*k;
	struct query		*q;
	const struct record	*r;
};

struct kept *
kept_new(struct store *st)
{
	struct kept	*k = xcalloc(1, sizeof(*k));

	k->st = st;
	buf_init(&k->whole, LIMIT_SEAL);
	return k;
}

void
kept_free(struct kept *k)
{
	if (k == NULL)
		return;
	buf_fini(&k->whole);
	free(k);
}

static void
find(struct kept *k, const char *code, int64_t application, uint32_t version,
    const char *const what[2])
{
	struct kept_finding	*f;

	if (k->nf < LIMIT_KEPT) {
		f = &k->f[k->nf];
		f->application = application;
		f->version = version;
		f->column = what[0];
		f->text = what[1];
		(void)strncpy(f->code, code, sizeof(f->code) - 1);
	}
	k->nf++;
}

static void
find_in(struct look *l, const char *column, const char *text)
{
	const char	*const what[] = { column, text };

	find(l->k, l->r->seal_code, query_int(l->q, APPLICATION),
	    l->r->version, what);
}

/* ---- one seal */

static bool
has_digest(struct octets o, struct octets digest)
{
	uint8_t	is[SM3_LEN];

	sm3(o.p, o.len, is);
	return digest.len == SM3_LEN && memcmp(is, digest.p, SM3_LEN) == 0;
}

/* A renewal has the first filing's picture. */
static bool
look_at_picture(struct look *l)
{
	const struct octets	digest = query_blob(l->q, PICTURE_DIGEST);

	if (query_is_null(l->q, PICTURE)) {
		find_in(l, "picture.application", "names no case of the seal");
		return false;
	}
	if (!octets_same(digest, l->r->picture_digest))
		find_in(l, "picture.digest", other_record);
	if (has_digest(query_blob(l->q, PICTURE), l->r->picture_digest))
		return true;
	find_in(l, "picture.data", other_digest);
	return false;
}

/* It is put together with its picture: one fault is told once. */
static void
look_at_seal(struct look *l, bool picture)
{
	const struct octets	digest = query_blob(l->q, DIGEST);
	struct err		why = ERR_INIT;

	if (!octets_same(digest, l->r->seal_digest)) {
		find_in(l, "seal_made.seal_digest", other_record);
		return;
	}
	buf_reset(&l->k->whole);
	if (picture && made_seal(l->q, &l->k->whole, &why) != 0)
		find_in(l, "seal_made.seal", other_digest);
}

/* Each certificate under the next, the last under itself. */
static int
check_chain(struct octets o, struct err *e)
{
	struct cursor	 c = cursor_of(o.p, o.len);
	struct cert	*below = NULL, *one = NULL;
	struct der	 d;
	int		 rc = 0;

	while (cursor_left(&c) > 0) {
		if ((rc = der_next(&c, &d, "issuers", e)) != 0 ||
		    (rc = cert_parse(d.tlv, &one, e)) != 0)
			break;
		rc = below != NULL ? cert_verify(below, one, e) : 0;
		cert_free(below);
		below = one;
		one = NULL;
		if (rc != 0)
			break;
	}
	if (rc == 0 && below != NULL)
		rc = cert_verify(below, below, e);
	cert_free(below);
	return rc;
}

/* Most have the same: it is checked once. */
static void
look_at_chain(struct look *l)
{
	const struct octets	chain = query_blob(l->q, CHAIN);
	struct err		why = ERR_INIT;
	uint8_t			is[SM3_LEN];

	if (!query_is_null(l->q, TAKEN)) {
		if (!octets_same(query_blob(l->q, TAKEN),
		    query_blob(l->q, CERTIFICATE)))
			find_in(l, "cert_request.certificate",
			    "is not that of the seal");
		if (!octets_same(query_blob(l->q, ISSUERS), chain))
			find_in(l, "cert_request.issuers",
			    "are not those of the seal");
	}
	sm3(chain.p, chain.len, is);
	if (memcmp(is, l->k->chain, SM3_LEN) == 0)
		return;
	if (check_chain(chain, &why) != 0)
		find_in(l, "seal_made.chain", "does not hold");
	else
		memcpy(l->k->chain, is, SM3_LEN);
}

static bool
is_text(struct query *q, int column, const char *s)
{
	const char	*t = query_text(q, column);

	return t != NULL && strcmp(t, s) == 0;
}

static bool
makes_person(const char *name, struct octets salt, struct octets commitment)
{
	uint8_t	is[SM3_LEN];

	if (name == NULL || salt.len != PERSON_SALT)
		return false;
	person_commit(salt.p, &name, 1, is);
	return octets_same(OCTETS(is, SM3_LEN), commitment);
}

/* The log may have amended an owner's name since: at a first filing only. */
static void
look_at_owner(struct look *l)
{
	const struct record	*r = l->r;

	if (!is_text(l->q, OWNER_NAME, r->owner_name))
		find_in(l, "application.owner_name", other_record);
	if (!is_text(l->q, CREDIT_CODE, r->owner_id))
		find_in(l, "application.credit_code", other_record);
	if (!seal_type_is_person(r->seal_type)) {
		if (!is_text(l->q, SEAL_NAME, r->seal_name))
			find_in(l, "application.seal_name", other_record);
	} else if (!makes_person(query_text(l->q, SEAL_NAME),
	    query_blob(l->q, PERSON_SALT_AT), r->owner_commitment))
		find_in(l, "application.seal_name",
		    "or person_salt: they do not make what the log has of "
		    "the person");
}

static void
look_at_case(struct look *l, bool first)
{
	const struct record	*r = l->r;

	if (first)
		look_at_owner(l);
	if (query_int(l->q, SEAL_TYPE) != (int64_t)r->seal_type)
		find_in(l, "application.seal_type", other_record);
	if (query_int(l->q, VALID_FROM) != r->valid_from)
		find_in(l, "application.valid_from", other_record);
	if (query_int(l->q, VALID_UNTIL) != r->valid_until)
		find_in(l, "application.valid_until", other_record);
	if (!octets_same(query_blob(l->q, RECORD_SALT), r->salt))
		find_in(l, "application.record_salt", other_record);
}

static void
look_at(struct look *l, bool first)
{
	const struct record	*r = l->r;

	l->k->seals++;
	if (r->ncertificates != 1 || !has_digest(query_blob(l->q,
	    CERTIFICATE), r->certificate_digest[0]))
		find_in(l, "seal_made.certificate", other_record);
	look_at_chain(l);
	if (query_is_null(l->q, SEAL_TYPE)) {
		find_in(l, "seal_made.application", "names no case");
		return;
	}
	look_at_seal(l, look_at_picture(l));
	look_at_case(l, first);
}

/* ---- events */

static int
of_import(struct kept *k, const struct record *r, struct err *e)
{
	static const char *const what[] = { "imported_person.name",
				    "or salt: they do not make what the log "
				    "has of the person" };
	const struct val	 v = val_text(r->seal_code);
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = store_query(k->st, STMT_OFFICE_KEPT_PERSON, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row &&
	    !makes_person(query_text(q, 0), query_blob(q, 1),
	    r->owner_commitment))
		find(k, r->seal_code, 0, r->version, what);
	query_done(q);
	return rc;
}

int
kept_event(struct kept *k, const struct event *ev, struct err *e)
{
	const struct val v[] = { val_text(ev->record.seal_code),
			    val_int(ev->record.version) };
	struct look	 l = { .k = k, .r = &ev->record };
	bool		 row;
	int		 rc;

	if (ev->kind == EVENT_IMPORTED)
		return of_import(k, &ev->record, e);
	if (ev->kind != EVENT_FILED && ev->kind != EVENT_RENEWED)
		return 0;
	if ((rc = store_query(k->st, STMT_OFFICE_KEPT_SEAL, v, 2, &l.q,
	    e)) == 0 && (rc = query_next(l.q, &row, e)) == 0 && row)
		look_at(&l, ev->kind == EVENT_FILED);
	query_done(l.q);
	return rc;
}

/* ---- what no event has led to */

static int
count_seals(struct kept *k, struct err *e)
{
	static const char *const what[] = { "seal_made.code", "or version: "
				    "some have no filing in the log" };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = store_query(k->st, STMT_OFFICE_KEPT_SEALS, NULL, 0, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 &&
	    (uint64_t)query_int(q, 0) != k->seals)
		find(k, "", 0, 0, what);
	query_done(q);
	return rc;
}

int
kept_rest(struct kept *k, struct err *e)
{
	static const char *const what[] = { "picture.data", other_digest };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = count_seals(k, e)) != 0 || (rc = store_query(k->st,
	    STMT_OFFICE_KEPT_PICTURES, NULL, 0, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		k->pictures++;
		if (!has_digest(query_blob(q, 1), query_blob(q, 2)))
			find(k, "", query_int(q, 0), 0, what);
	}
out:
	query_done(q);
	return rc;
}

uint64_t
kept_seals(const struct kept *k)
{
	return k->seals;
}

uint64_t
kept_pictures(const struct kept *k)
{
	return k->pictures;
}

uint64_t
kept_differences(const struct kept *k)
{
	return k->nf;
}

const struct kept_finding *
kept_at(const struct kept *k, size_t i)
{
	return i < k->nf && i < LIMIT_KEPT ? &k->f[i] : NULL;
}
