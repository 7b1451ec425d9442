#include <string.h>

#include "base/der.h"
#include "ca/ocsp.h"
#include "ca/ocsp_id.h"

#define DER_ENUMERATED	0x0a
#define DER_PRIM0	0x80
#define DER_CTX1	0xa1
#define DER_CTX2	0xa2
#define KEY_HASH_LEN	20	/* SHA-1, whatever else is used: 4.2.1 */

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_BASIC	OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_CUTOFF	OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x06")

/* ---- writing */

void
ocsp_put_error(enum ocsp_error status, struct buf *out)
{
	uint8_t	 v = (uint8_t)status;
	size_t	 m;

	m = der_open(out, DER_SEQUENCE);
	der_put(out, DER_ENUMERATED, &v, 1);
	der_close(out, m);
}

static void
put_status(const struct ocsp_status *s, struct buf *b)
{
	uint8_t	 reason = (uint8_t)s->reason;
	size_t	 m, r;

	if (s->revoked_at == 0) {
		der_put(b, DER_PRIM0, "", 0);
		return;
	}
	m = der_open(b, DER_CTX1);
	der_put_gentime(b, s->revoked_at);
	if (s->reason != 0) {
		r = der_open(b, DER_CTX0);
		der_put(b, DER_ENUMERATED, &reason, 1);
		der_close(b, r);
	}
	der_close(b, m);
}

/* What is said of an expired certificate, is meant (RFC 6960, 4.4.4). */
static void
put_cutoff(int64_t cutoff, struct buf *b)
{
	struct buf	 v;
	size_t		 m, all;

	if (cutoff == 0)
		return;
	buf_init(&v, 32);
	der_put_gentime(&v, cutoff);
	m = der_open(b, DER_CTX1);
	all = der_open(b, DER_SEQUENCE);
	x509_put_extension(b, OID_CUTOFF, false, buf_octets(&v));
	der_close(b, all);
	der_close(b, m);
	buf_fini(&v);
}

static void
put_single(const struct ocsp_status *s, const struct ocsp_issuer *is,
    enum ocsp_hash h, struct buf *b)
{
	size_t	 m, next;

	m = der_open(b, DER_SEQUENCE);
	ocsp_id_put(is, h, OCTETS(s->serial, s->seriallen), b);
	put_status(s, b);
	der_put_gentime(b, s->this_update);
	next = der_open(b, DER_CTX0);
	der_put_gentime(b, s->next_update);
	der_close(b, next);
	put_cutoff(s->archive_cutoff, b);
	der_close(b, m);
}

/* ResponseData; the responder is named by its key (RFC 5019, 2.2.1). */
static void
put_data(const struct ocsp_status *s, const struct ocsp_issuer *is,
    struct buf *b)
{
	enum ocsp_hash	 h;
	size_t		 data, id, list;

	data = der_open(b, DER_SEQUENCE);
	id = der_open(b, DER_CTX2);
	der_put(b, DER_OCTET_STRING, is->key[OCSP_SHA1], KEY_HASH_LEN);
	der_close(b, id);
	der_put_gentime(b, s->this_update);
	list = der_open(b, DER_SEQUENCE);
	for (h = OCSP_SHA1; h < OCSP_HASHES; h++)
		put_single(s, is, h, b);
	der_close(b, list);
	der_close(b, data);
}

static int
status_check(const struct ocsp_status *s, struct err *e)
{

	if (s->seriallen == 0 || s->seriallen > CERT_SERIAL_MAX ||
	    (s->seriallen > 1 && s->serial[0] == 0))
		return err_set(e, ERR_INVAL, "OCSP: serial of %zu octets",
		    s->seriallen);
	if (s->reason > 10 || s->reason == 7 || s->reason == 8)
		return err_set(e, ERR_INVAL, "OCSP: reason %u "
		    "(RFC 5280, 5.3.1)", s->reason);
	if (s->this_update <= 0 || s->next_update <= s->this_update ||
	    s->revoked_at < 0 || s->revoked_at > s->this_update ||
	    s->archive_cutoff < 0)
		return err_set(e, ERR_INVAL, "OCSP: its times run backwards");
	return 0;
}

int
ocsp_answer_sign(const struct ocsp_status *s, const struct cert *issuer,
    const struct ocsp_issuer *is, const struct keyring *kr,
    enum key_slot slot, struct buf *out, struct err *e)
{
	struct buf	 tbs, basic;
	uint8_t		 mine[SM2_POINT_LEN], theirs[SM2_POINT_LEN], ok = 0;
	size_t		 m, bytes, seq;
	int		 rc;

	if ((rc = status_check(s, e)) != 0 ||
	    (rc = keyring_point(kr, slot, mine, e)) != 0 ||
	    (rc = cert_point(issuer, theirs, e)) != 0)
		return rc;
	if (memcmp(mine, theirs, sizeof(mine)) != 0)
		return err_set(e, ERR_INVAL, "OCSP: the key is not \"%s\"'s",
		    cert_facts(issuer)->subject);
	buf_init(&tbs, LIMIT_OCSP_ANSWER);
	buf_init(&basic, LIMIT_OCSP_ANSWER);
	put_data(s, is, &tbs);
	if ((rc = x509_sign(kr, slot, buf_octets(&tbs), &basic, e)) != 0)
		goto out;
	m = der_open(out, DER_SEQUENCE);
	der_put(out, DER_ENUMERATED, &ok, 1);	/* successful */
	bytes = der_open(out, DER_CTX0);
	seq = der_open(out, DER_SEQUENCE);
	der_put_oid(out, OID_BASIC);
	der_put(out, DER_OCTET_STRING, basic.p, basic.len);
	der_close(out, seq);
	der_close(out, bytes);
	der_close(out, m);
out:
	buf_fini(&basic);
	buf_fini(&tbs);
	return rc;
}

/* ---- reading */

static int
refuse(struct err *e, const char *what)
{

	return err_set_id(e, ERR_FORMAT, "bad-ocsp-answer",
	    "OCSP answer: %s", what);
}

static bool
take(struct cursor *c, uint8_t tag, struct der *d)
{

	return der_next(c, d, "", NULL) == 0 && d->tag == tag;
}

static bool
only(struct octets in, uint8_t tag, struct der *d)
{
	struct cursor	 c = cursor_of(in.p, in.len);

	return take(&c, tag, d) && cursor_left(&c) == 0;
}

static bool
take_time(struct cursor *c, int64_t *t)
{
	struct der	 d;

	return take(c, DER_GENTIME, &d) && der_time(&d, t, NULL) == 0;
}

static bool
take_status(struct cursor *c, struct ocsp_status *s)
{
	struct cursor	 in;
	struct der	 d, r;

	if (der_next(c, &d, "", NULL) != 0)
		return false;
	if (d.tag == DER_PRIM0)
		return d.val.len == 0;
	in = der_inside(&d);
	if (d.tag != DER_CTX1 || !take_time(&in, &s->revoked_at) ||
	    s->revoked_at <= 0)
		return false;
	if (cursor_left(&in) == 0)
		return true;
	if (!take(&in, DER_CTX0, &d) || cursor_left(&in) > 0 ||
	    !only(d.val, DER_ENUMERATED, &r) || r.val.len != 1 ||
	    r.val.p[0] > 10)
		return false;
	s->reason = r.val.p[0];
	return true;
}

/* singleExtensions: the archive cutoff alone. */
static bool
take_cutoff(struct cursor *c, int64_t *t)
{
	struct cursor	 in;
	struct der	 d, all, ext, oid, v;

	if (cursor_left(c) == 0)
		return true;
	if (!take(c, DER_CTX1, &d) || !only(d.val, DER_SEQUENCE, &all) ||
	    !only(all.val, DER_SEQUENCE, &ext))
		return false;
	in = der_inside(&ext);
	if (!take(&in, DER_OID, &oid) || !octets_same(oid.val, OID_CUTOFF) ||
	    !take(&in, DER_OCTET_STRING, &v) || cursor_left(&in) > 0)
		return false;
	in = cursor_of(v.val.p, v.val.len);
	return take_time(&in, t) && cursor_left(&in) == 0 && *t > 0 &&
	    cursor_left(c) == 0;
}

static bool
take_single(struct cursor *c, struct ocsp_id *id, struct ocsp_status *s)
{
	struct cursor	 in, at;
	struct der	 d, next;

	memset(s, 0, sizeof(*s));
	if (!take(c, DER_SEQUENCE, &d))
		return false;
	in = der_inside(&d);
	if (!ocsp_id_take(&in, id) || !take_status(&in, s) ||
	    !take_time(&in, &s->this_update) || !take(&in, DER_CTX0, &next))
		return false;
	at = der_inside(&next);
	if (!take_time(&at, &s->next_update) || cursor_left(&at) > 0 ||
	    !take_cutoff(&in, &s->archive_cutoff))
		return false;
	memcpy(s->serial, id->serial, id->seriallen);
	s->seriallen = id->seriallen;
	return true;
}

/* Said of two names of one certificate. */
static bool
same_status(const struct ocsp_status *a, const struct ocsp_status *b)
{
	return a->seriallen == b->seriallen &&
	    memcmp(a->serial, b->serial, sizeof(a->serial)) == 0 &&
	    a->revoked_at == b->revoked_at && a->reason == b->reason &&
	    a->this_update == b->this_update &&
	    a->next_update == b->next_update &&
	    a->archive_cutoff == b->archive_cutoff;
}

static int
read_data(struct octets tbs, struct ocsp_answer *a, struct err *e)
{
	struct cursor	 c, list;
	struct der	 d, id;
	struct ocsp_status s;

	if (!only(tbs, DER_SEQUENCE, &d))
		return refuse(e, "tbsResponseData");
	c = der_inside(&d);
	if (!take(&c, DER_CTX2, &d) || !only(d.val, DER_OCTET_STRING, &id) ||
	    id.val.len != KEY_HASH_LEN)
		return refuse(e, "responderID is not by key");
	if (!take_time(&c, &a->produced_at))
		return refuse(e, "producedAt");
	if (!take(&c, DER_SEQUENCE, &d) || cursor_left(&c) > 0)
		return refuse(e, "responses");
	list = der_inside(&d);
	while (cursor_left(&list) > 0) {
		if (a->nids == OCSP_HASHES ||
		    !take_single(&list, &a->ids[a->nids], &s))
			return refuse(e, "SingleResponse");
		if (a->nids == 0)
			a->status = s;
		else if (!same_status(&s, &a->status))
			return refuse(e, "tells of more than one status");
		a->nids++;
	}
	return a->nids > 0 ? 0 : refuse(e, "says nothing");
}

int
ocsp_answer_read(struct octets der, struct ocsp_answer *a, struct err *e)
{
	struct cursor	 c;
	struct der	 all, status, d, seq, oid, basic;
	struct buf	 alg;
	bool		 good;

	memset(a, 0, sizeof(*a));
	if (der.len > LIMIT_OCSP_ANSWER || der_check(der, NULL) != 0 ||
	    !only(der, DER_SEQUENCE, &all))
		return refuse(e, "not DER");
	c = der_inside(&all);
	if (!take(&c, DER_ENUMERATED, &status) || status.val.len != 1)
		return refuse(e, "responseStatus");
	if (status.val.p[0] != 0)
		return err_set_id(e, ERR_FORMAT, "bad-ocsp-answer",
		    "OCSP answer: says no more than status %u",
		    status.val.p[0]);
	if (!take(&c, DER_CTX0, &d) || cursor_left(&c) > 0 ||
	    !only(d.val, DER_SEQUENCE, &seq))
		return refuse(e, "responseBytes");
	c = der_inside(&seq);
	if (!take(&c, DER_OID, &oid) || !octets_same(oid.val, OID_BASIC) ||
	    !take(&c, DER_OCTET_STRING, &basic) || cursor_left(&c) > 0 ||
	    x509_frame_read(basic.val, &a->frame, NULL) != 0)
		return refuse(e, "not a BasicOCSPResponse without "
		    "certificates");
	/* The algorithm stands between the two that the frame tells of. */
	buf_init(&alg, 64);
	x509_put_algorithm(&alg);
	good = a->frame.tbs.p + a->frame.tbs.len + alg.len <
	    basic.val.p + basic.val.len &&
	    memcmp(a->frame.tbs.p + a->frame.tbs.len, alg.p, alg.len) == 0;
	buf_fini(&alg);
	if (!good)
		return refuse(e, "not signed with SM2 and SM3");
	return read_data(a->frame.tbs, a, e);
}

int
ocsp_answer_verify(const struct ocsp_answer *a, const struct cert *issuer,
    struct err *e)
{
	struct ocsp_issuer	 is;
	struct err		 why = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	size_t			 i;
	int			 rc;

	if ((rc = ocsp_issuer_init(&is, issuer, e)) != 0 ||
	    (rc = cert_point(issuer, point, e)) != 0)
		return rc;
	for (i = 0; i < a->nids; i++)
		if (!ocsp_issuer_is(&is, &a->ids[i]))
			return err_set_id(e, ERR_VERIFY, "ocsp-signature",
			    "OCSP answer: about another issuer's certificate");
	if ((rc = x509_frame_verify(&a->frame, point, &why)) == ERR_CRYPTO)
		return err_set(e, ERR_CRYPTO, "%s", why.text);
	return rc == 0 ? 0 : err_set_id(e, ERR_VERIFY, "ocsp-signature",
	    "OCSP answer: the signature of \"%s\" does not hold",
	    cert_facts(issuer)->subject);
}

bool
ocsp_answer_names(const struct ocsp_issuer *is, struct octets serial,
    struct octets der)
{
	struct buf	id;
	bool		found;

	buf_init(&id, 256);
	ocsp_id_put(is, OCSP_SHA1, serial, &id);
	found = memmem(der.p, der.len, id.p, id.len) != NULL;
	buf_fini(&id);
	return found;
}
