#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm_table.h"
#include "base/text.h"
#include "ca/cert.h"
#include "filing/draw.h"
#include "filing/record.h"
#include "filing/seal.h"
#include "registry/config.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_event.h"
#include "registry/office/office_file.h"
#include "registry/office/office_key.h"
#include "registry/office/office_renewal.h"
#include "schema/msg.pb-c.h"

#define CARRIER_ELECTRONIC	2

static int
picture_get(struct office *of, struct office_file *f, struct err *e)
{
	const struct val	 v[] = { val_int(f->c->id) };
	struct query		*q = NULL;
	struct octets		 digest;
	bool			 row;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_PICTURE_GET, v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row) {
		rc = err_set(e, ERR_STORE, "application %lld has no picture",
		    (long long)f->c->id);
		goto out;
	}
	f->picture_type = xstrdup(query_text(q, 0));
	buf_put_octets(&f->picture, query_blob(q, 1));
	f->width_mm = (uint32_t)query_int(q, 2);
	f->height_mm = (uint32_t)query_int(q, 3);
	digest = query_blob(q, 4);
	memcpy(f->picture_digest, digest.p, SM3_LEN);	/* CHECKed */
out:
	query_done(q);
	return rc;
}

/* The part of the revocation list that its certificate belongs to. */
static int
shard_get(struct office *of, struct office_file *f, struct err *e)
{
	const struct val	 v = val_blob(OCTETS(f->c->serial,
				    f->c->serial_len));
	struct query		*q = NULL;
	struct octets		 key;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CERT_SHARD, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (row) {
		f->shard = (uint32_t)query_int(q, 0);
		key = query_is_null(q, 1) ? OCTETS(NULL, 0) :
		    query_blob(q, 1);
		f->authoritylen = key.len <= sizeof(f->authority) ?
		    key.len : 0;
		memcpy(f->authority, key.p == NULL ? (const void *)"" :
		    key.p, f->authoritylen);
	} else
		rc = err_set(e, ERR_STORE, "application %lld has no intent to "
		    "certify", (long long)f->c->id);
out:
	query_done(q);
	return rc;
}

/* Is its certificate to come from a licensed body?  How far that is. */
static int
request_get(struct office *of, struct office_file *f, struct err *e)
{
	struct certreq	*r = NULL;
	int		 rc;

	if ((rc = certreq_get(of, f->c->id, &r, e)) != 0 || r == NULL)
		return rc;
	f->outside = true;
	f->requested = r->request.len > 0;
	buf_put_octets(&f->certificate, buf_octets(&r->certificate));
	buf_put_octets(&f->wrapped_key, buf_octets(&r->wrapped_key));
	buf_put_octets(&f->issuers, buf_octets(&r->issuers));
	certreq_free(r);
	return buf_ok(&f->issuers) ? 0 : err_set(e, ERR_STORE, "application "
	    "%lld: the issuers of its certificate are too long",
	    (long long)f->c->id);
}

/* The key that was made for it while it was decided, if there is one. */
static int
key_get(struct office *of, struct office_file *f, struct err *e)
{
	if (f->c->public_key_len > 0)
		return 0;
	return office_key_get(of, f->c->id, f->point, &f->wrapped_key,
	    &f->ahead, e);
}

/* Of a person's seal: nobody's name or number stands in the record or in the
 * certificate, this does. */
static int
commit_to_person(struct office_file *f, struct err *e)
{
	const struct office_case	*c = f->c;
	const char			*person = c->seal_name;

	if (!seal_type_is_person(c->seal_type))
		return 0;
	if (c->person_salt_len != 32)
		return err_set(e, ERR_STORE, "application %lld has no salt",
		    (long long)c->id);
	person_commit(c->person_salt, &person, 1, f->person);
	return 0;
}

int
file_open(struct office *of, int64_t application, struct office_file **out,
    struct err *e)
{
	struct office_file	*f = xcalloc(1, sizeof(*f));
	int			 rc;

	*out = NULL;
	buf_init(&f->picture, LIMIT_PICTURE);
	buf_init(&f->certificate, LIMIT_CERT);
	buf_init(&f->wrapped_key, LIMIT_WRAPPED_KEY);
	buf_init(&f->seal, LIMIT_SEAL);
	buf_init(&f->issuers, LIMIT_ISSUERS);
	f->v5 = config_is_v5(of->cf);
	if ((rc = case_get(of, application, &f->c, e)) != 0)
		goto out;
	if ((f->c->state != CASE_CERTIFYING && f->c->state != CASE_MAKING) ||
	    f->c->seal_code == NULL || f->c->record_salt == NULL) {
		rc = err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "application %lld is %s: nothing is to be made",
		    (long long)application, case_word(f->c->state));
		goto out;
	}
	if ((rc = picture_get(of, f, e)) != 0 ||
	    (rc = request_get(of, f, e)) != 0 ||
	    (!f->outside && ((rc = shard_get(of, f, e)) != 0 ||
	    (rc = key_get(of, f, e)) != 0)) ||
	    (rc = commit_to_person(f, e)) != 0 ||
	    (f->c->renewal != 0 && (rc = renewal_may_make(of,
	    f->c->seal_code, e)) != 0))
		goto out;
	*out = f;
	f = NULL;
out:
	file_free(f);
	return rc;
}

void
file_free(struct office_file *f)
{
	if (f == NULL)
		return;
	case_free(f->c);
	free(f->picture_type);
	buf_fini(&f->picture);
	buf_fini(&f->certificate);
	buf_wipe(&f->wrapped_key);
	buf_fini(&f->seal);
	buf_fini(&f->issuers);
	free(f);
}

static ProtobufCBinaryData
bytes_of(const uint8_t *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = (uint8_t *)(uintptr_t)p };
}

void
file_ask_signer(const struct office_file *f, struct IssueSigner *m)
{
	const struct office_case	*c = f->c;

	issue_signer__init(m);
	m->serial = bytes_of(c->serial, c->serial_len);
	m->common_name = c->seal_code;
	m->organisation = c->owner_name;
	m->credit_code = c->credit_code;
	m->not_before = c->valid_from;
	m->not_after = c->valid_until;
	m->public_key = f->ahead ? bytes_of(f->point, sizeof(f->point)) :
	    bytes_of(c->public_key, c->public_key_len);
	m->shard = f->shard;
	m->authority = bytes_of(f->authority, f->authoritylen);
	if (seal_type_is_person(c->seal_type))
		m->person = bytes_of(f->person, sizeof(f->person));
}

void
file_ask_request(const struct office_file *f, struct RequestSigner *m)
{
	request_signer__init(m);
	m->common_name = f->c->seal_code;
	m->organisation = f->c->owner_name;
}

void
file_ask_seal(const struct office_file *f, struct SignSeal *m)
{
	const struct office_case	*c = f->c;

	sign_seal__init(m);
	m->seal_code = c->seal_code;
	m->seal_type = c->seal_type;
	m->seal_name = c->seal_name;
	m->certificate = bytes_of(f->certificate.p, f->certificate.len);
	m->created = c->valid_from;
	m->valid_from = c->valid_from;
	m->valid_until = c->valid_until;
	m->picture_type = f->picture_type;
	m->picture = bytes_of(f->picture.p, f->picture.len);
	m->width_mm = f->width_mm;
	m->height_mm = f->height_mm;
}

void
file_ask_v5(const struct office_file *f, struct SignTime *stamp,
    struct SignSeal *m)
{
	file_ask_seal(f, m);
	m->generation = SEAL_V5;
	m->stamp = stamp;
}

/* Does the certificate name the list that it will be on? */
static bool
names_its_list(const struct office_file *f, struct octets url)
{
	char	name[CRL_NAME_SIZE + 1] = "/";
	size_t	n;

	office_crl_name(f->shard, name + 1);
	n = strlen(name);
	return url.len == 0 ? f->shard == 0 : url.len > n &&
	    memcmp(url.p + url.len - n, name, n) == 0;
}

static bool
octets_are(struct octets o, const void *p, size_t n)
{
	return o.len == n && (n == 0 || memcmp(o.p, p, n) == 0);
}

static bool
text_is(struct octets o, const char *s)
{
	return octets_are(o, s, strlen(s));
}

/* Does it hold this commitment, where there is one to hold? */
static bool
names_its_person(const struct office_file *f, struct octets certificate)
{
	char	hex[HEX_SIZE(SM3_LEN)];

	if (!seal_type_is_person(f->c->seal_type))
		return true;
	hex_encode(f->person, SM3_LEN, hex);
	return memmem(certificate.p, certificate.len, hex, 2 * SM3_LEN) !=
	    NULL;
}

static int
wrong_answer(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "wrong-answer",
	    "the key process made another %s than it was asked for", what);
}

/* The applicant's key, or the one made ahead, or one that came along wrapped. */
static bool
key_fits(const struct office_file *f, struct octets point,
    struct octets wrapped)
{
	if (f->ahead)
		return wrapped.len == 0 &&
		    octets_are(point, f->point, sizeof(f->point));
	if (f->c->public_key_len > 0)
		return wrapped.len == 0 && octets_are(point,
		    f->c->public_key, f->c->public_key_len);
	return wrapped.len > 0 && sm2_on_curve(point.p);
}

int
file_take_signer(struct office_file *f, struct octets certificate,
    struct octets wrapped_key, struct err *e)
{
	const struct office_case	*c = f->c;
	struct cert_own			 own;
	int				 rc;

	if ((rc = cert_own_read(certificate,
	    seal_type_is_person(c->seal_type) ? CERT_PERSON : CERT_SIGNER,
	    &own, e)) != 0)
		return rc;
	if (!octets_are(own.serial, c->serial, c->serial_len) ||
	    own.not_before != c->valid_from ||
	    own.not_after != c->valid_until ||
	    !text_is(own.common_name, c->seal_code) ||
	    !text_is(own.organisation, c->owner_name) ||
	    !text_is(own.credit_code, c->credit_code) ||
	    !names_its_person(f, certificate) ||
	    !names_its_list(f, own.crl_url))
		return wrong_answer(e, "certificate");
	if (!key_fits(f, own.point, wrapped_key))
		return wrong_answer(e, "key");
	buf_reset(&f->certificate);
	buf_put_octets(&f->certificate, certificate);
	if (!f->ahead) {
		buf_reset(&f->wrapped_key);
		buf_put_octets(&f->wrapped_key, wrapped_key);
	}
	return buf_ok(&f->certificate) && buf_ok(&f->wrapped_key) ? 0 :
	    wrong_answer(e, "size");
}

int
file_take_seal(struct office_file *f, struct octets in, struct err *e)
{
	const struct office_case	*c = f->c;
	struct seal			 s;
	int				 rc;

	if ((rc = seal_parse(in, &s, e)) != 0 ||
	    (rc = seal_lint(&s, e)) != 0 ||
	    (rc = seal_verify(&s, e)) != 0)
		return rc;
	if (!octets_are(s.es_id, c->seal_code, strlen(c->seal_code)) ||
	    s.generation != (f->v5 ? SEAL_V5 : SEAL_V4) ||
	    s.type != c->seal_type ||
	    !octets_are(s.name, c->seal_name, strlen(c->seal_name)) ||
	    s.created != c->valid_from || s.valid_start != c->valid_from ||
	    s.valid_end != c->valid_until ||
	    s.cert_list_type != 1 || s.ncerts != 1 ||
	    !octets_are(s.certs[0], f->certificate.p, f->certificate.len) ||
	    !octets_are(s.picture_type, f->picture_type,
	    strlen(f->picture_type)) ||
	    !octets_are(s.picture, f->picture.p, f->picture.len) ||
	    s.width != f->width_mm || s.height != f->height_mm)
		return wrong_answer(e, "seal");
	sm3(in.p, in.len, f->seal_digest);
	f->picture_at = (size_t)(s.picture.p - in.p);
	buf_reset(&f->seal);
	buf_put(&f->seal, in.p, f->picture_at);
	buf_put(&f->seal, s.picture.p + s.picture.len,
	    in.len - f->picture_at - s.picture.len);
	return buf_ok(&f->seal) ? 0 : wrong_answer(e, "size");
}

/* The event that files it, appended to the log. */
static int
append_filed(struct office *of, const struct office_file *f, uint64_t *index,
    struct err *e)
{
	const struct office_case	*c = f->c;
	uint8_t				 cert[SM3_LEN];
	struct event			 ev;
	struct record			*r = &ev.record;
	int64_t				 now = office_now(of);

	memset(&ev, 0, sizeof(ev));
	sm3(f->certificate.p, f->certificate.len, cert);
	if (now < c->valid_from)	/* the clock was set back */
		now = c->valid_from;
	r->seal_code = c->seal_code;
	r->seal_type = c->seal_type;
	r->owner_name = c->owner_name;
	r->owner_id = c->credit_code;
	if (!seal_type_is_person(c->seal_type))
		r->seal_name = c->seal_name;
	else
		r->owner_commitment = OCTETS(f->person, SM3_LEN);
	r->status = STATUS_ACTIVE;
	r->status_effective_at = now;
	r->recorded_at = now;
	r->valid_from = c->valid_from;
	r->valid_until = c->valid_until;
	r->seal_digest = OCTETS(f->seal_digest, SM3_LEN);
	r->certificate_digest[0] = OCTETS(cert, SM3_LEN);
	r->ncertificates = 1;
	r->picture_digest = OCTETS(f->picture_digest, SM3_LEN);
	r->filing_office = of->cf->filing_office;
	r->maker_id = of->cf->maker_id;
	r->carrier = CARRIER_ELECTRONIC;
	r->version = 1;
	r->salt = OCTETS(c->record_salt, c->record_salt_len);
	ev.kind = EVENT_FILED;

	return event_append(of, &ev, index, e);
}

int
file_store(struct office *of, const struct office_file *f, uint64_t *index,
    struct err *e)
{
	const struct office_case	*c = f->c;
	struct buf			 chain;
	char				 object[32];
	uint32_t			 version = 1;
	int				 rc;

	buf_init(&chain, LIMIT_ISSUERS);
	if (c->state == CASE_CERTIFYING &&
	    (rc = case_move(of, c->id, CASE_CERTIFYING, CASE_MAKING, e)) != 0)
		goto out;
	if (f->outside)
		buf_put_octets(&chain, buf_octets(&f->issuers));
	if ((rc = case_move(of, c->id, CASE_MAKING, CASE_FILED, e)) != 0 ||
	    (!f->outside && (rc = office_ca_chain(of,
	    buf_octets(&f->certificate), &chain, e)) != 0))
		goto out;
	rc = c->renewal != 0 ? renewal_file(of, f, &version, index, e) :
	    append_filed(of, f, index, e);
	if (rc != 0)
		goto out;
	const struct val	v[] = { val_text(c->seal_code),
		    val_int(version), val_int(c->id), val_blob(buf_octets(&f->seal)),
		    val_blob(OCTETS(f->seal_digest, SM3_LEN)),
		    val_blob(buf_octets(&f->certificate)),
		    f->wrapped_key.len > 0 ?
		    val_blob(buf_octets(&f->wrapped_key)) : val_null(),
		    val_blob(buf_octets(&chain)), val_int(of->now()),
		    val_int((int64_t)f->picture_at) };
	if ((rc = store_run(of->st, STMT_OFFICE_SEAL_PUT, v, 10, NULL,
	    e)) != 0)
		goto out;
	snprintf(object, sizeof(object), "seal %s", c->seal_code);
	rc = office_trail(of, 0, c->renewal != 0 ? "renewed" : "filed",
	    object, e);
out:
	buf_fini(&chain);
	return rc;
}
