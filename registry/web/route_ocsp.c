#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/ocsp.h"
#include "registry/office/office_ca.h"
#include "registry/web/web.h"
#include "schema/msg.pb-c.h"

/*
 * The status of single certificates (RFC 6960), from answers that were signed
 * ahead (RFC 5019).  The plainest question is compared octet by octet with what
 * it must be and looked up at once; anything else is read in the jail.  What
 * was not signed ahead is "unauthorized": we may not, and cannot, sign here.
 */

#define TYPE_REQUEST	"application/ocsp-request"
#define TYPE_RESPONSE	"application/ocsp-response"
#define LIMIT_FRESH	300	/* seconds that an answer may be kept */
#define ISSUERS		2
#define REREAD_MS	1000

static void
reply_error(struct web *w, struct http_req *r, enum ocsp_error status)
{
	struct buf	b;

	buf_init(&b, 16);
	ocsp_put_error(status, &b);
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, TYPE_RESPONSE, &b);
}

/* One of them is appended, if there is one of this name. */
static int
issuer_add(struct web *w, const char *name, struct err *e)
{
	const struct val	 v = val_text(name);
	struct query		*q = NULL;
	struct cert		*c = NULL;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0 || !row)
		goto out;
	if ((rc = cert_parse(query_blob(q, 0), &c, e)) == 0 &&
	    (rc = ocsp_issuer_init(&w->ocsp[w->nocsp], c, e)) == 0)
		w->nocsp++;
out:
	cert_free(c);
	query_done(q);
	return rc;
}

/*
 * How others name our authorities: the one in use, and the one before it.
 * Read once, and again (at most once a second) when somebody names another:
 * there may have been a rollover.
 */
static int
issuers_read(struct web *w, bool again, struct err *e)
{
	const int64_t	 now = tm_mono_ms();
	int		 rc;

	if (w->nocsp > 0 && (!again || now - w->ocsp_read < REREAD_MS))
		return 0;
	if (w->ocsp == NULL)
		w->ocsp = xcalloc(ISSUERS, sizeof(*w->ocsp));
	w->nocsp = 0;
	w->ocsp_read = now;
	if ((rc = issuer_add(w, CA_PROVINCE_CRT, e)) != 0)
		return rc;
	if (w->nocsp == 0)
		return err_set_id(e, ERR_BUSY, "not-now", "the node has no "
		    "certificate of its authority yet");
	return issuer_add(w, CA_PROVINCE_OLD_CRT, e);
}

/* RFC 5019, 6.2; an answer that holds for days is asked for again sooner. */
static void
reply_answer(struct web *w, struct http_req *r, struct query *q)
{
	const int64_t	 now = tm_now(), left = query_int(q, 2) - now;
	char		 text[96];

	if (query_is_null(q, 0) || left <= 0) {
		reply_error(w, r, OCSP_TRY_LATER);
		return;
	}
	snprintf(text, sizeof(text), "max-age=%lld, public, no-transform, "
	    "must-revalidate", (long long)(left < LIMIT_FRESH ? left :
	    LIMIT_FRESH));
	http_set(r, "Cache-Control", text);
	snprintf(text, sizeof(text), "\"%lld-%lld\"",
	    (long long)query_int(q, 1), (long long)query_int(q, 3));
	http_set(r, "ETag", text);
	if (http_none_match(r, text))
		web_reply_octets(w, r, 304, TYPE_RESPONSE, OCTETS(NULL, 0));
	else
		web_reply_octets(w, r, 200, TYPE_RESPONSE, query_blob(q, 0));
}

/*
 * What was signed ahead for that serial, if it was that authority who gave it:
 * after a rollover there are two, and a question names one of them.
 */
static void
answer(struct web *w, struct http_req *r, const struct ocsp_issuer *is,
    struct octets serial)
{
	const struct val	 v = val_blob(serial);
	struct query		*q = NULL;
	struct err		 e = ERR_INIT;
	bool			 row = false;

	if (store_query(w->office, STMT_OFFICE_OCSP_GET, &v, 1, &q, &e) != 0 ||
	    query_next(q, &row, &e) != 0)
		reply_error(w, r, e.code == ERR_BUSY ? OCSP_TRY_LATER :
		    OCSP_INTERNAL);
	else if (!row || (!query_is_null(q, 0) &&
	    !ocsp_answer_names(is, serial, query_blob(q, 0))))
		reply_error(w, r, OCSP_UNAUTHORIZED);
	else
		reply_answer(w, r, q);
	query_done(q);
}

static bool
same(ProtobufCBinaryData a, ProtobufCBinaryData b)
{

	return a.len == b.len && (a.len == 0 ||
	    memcmp(a.data, b.data, a.len) == 0);
}

/* The authority of ours that is meant, or NULL. */
static const struct ocsp_issuer *
meant(const struct web *w, const OcspId *m)
{
	struct ocsp_id	 id;
	size_t		 i;

	memset(&id, 0, sizeof(id));
	if (m->issuer_name.len > sizeof(id.name) ||
	    m->issuer_key.len > sizeof(id.key) || m->hash >= OCSP_HASHES)
		return NULL;
	id.hash = (enum ocsp_hash)m->hash;
	memcpy(id.name, m->issuer_name.data, m->issuer_name.len);
	memcpy(id.key, m->issuer_key.data, m->issuer_key.len);
	for (i = 0; i < w->nocsp; i++)
		if (ocsp_issuer_is(&w->ocsp[i], &id))
			return &w->ocsp[i];
	return NULL;
}

/* The same, where all of them are about one certificate, however often it is
 * named. */
static const struct ocsp_issuer *
all_meant(const struct web *w, const OcspReading *m)
{
	const struct ocsp_issuer	*is = NULL;
	size_t				 i;

	for (i = 0; i < m->n_ids; i++) {
		if (i == 0)
			is = meant(w, m->ids[0]);
		else if (meant(w, m->ids[i]) != is)
			return NULL;
		if (!same(m->ids[i]->serial, m->ids[0]->serial))
			return NULL;
	}
	return is;
}

static void
read_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reading)
{
	const OcspReading		*m = (const OcspReading *)reading;
	const struct ocsp_issuer	*is = all_meant(w, m);

	(void)arg;
	if (is == NULL && issuers_read(w, true, NULL) == 0)
		is = all_meant(w, m);
	if (is == NULL)
		reply_error(w, r, OCSP_UNAUTHORIZED);
	else
		answer(w, r, is, OCTETS(m->ids[0]->serial.data,
		    m->ids[0]->serial.len));
}

static void
read_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{

	(void)arg;
	reply_error(w, r, e->code == ERR_BUSY ? OCSP_TRY_LATER :
	    OCSP_MALFORMED);
}

static void
ask(struct web *w, struct http_req *r, struct octets der)
{
	static const struct web_call	 call = {
		.type = MSG_TYPE__MSG_READ_OCSP,
		.reply = &ocsp_reading__descriptor, .done = read_done,
		.failed = read_failed
	};
	struct octets			 serial;
	struct err			 e = ERR_INIT;
	size_t				 i;

	if (issuers_read(w, false, &e) != 0) {
		reply_error(w, r, e.code == ERR_BUSY ? OCSP_TRY_LATER :
		    OCSP_INTERNAL);
		return;
	}
	for (i = 0; i < w->nocsp; i++)
		if (ocsp_is_plain(&w->ocsp[i], der, &serial)) {
			answer(w, r, &w->ocsp[i], serial);
			return;
		}
	web_ask_jail(w, r, &call, der);
}

static void
post(void *ctx, struct http_req *r)
{
	static const char *const	 none[] = { NULL };
	const char			*type = http_header(r, "Content-Type");
	struct web			*w = ctx;

	if (!web_query(w, r, none))
		return;
	if (type == NULL || strncasecmp(type, TYPE_REQUEST,
	    sizeof(TYPE_REQUEST) - 1) != 0)
		web_reply_problem(w, r, 415, "not-ocsp-request",
		    "the body must be " TYPE_REQUEST " (RFC 6960, A.1)");
	else
		ask(w, r, http_body(r));
}

/* RFC 6960, A.1: the request in base64 behind the slash. */
static void
get(void *ctx, struct http_req *r)
{
	static const char *const	 none[] = { NULL };
	const char			*text = http_param(r, "*");
	struct web			*w = ctx;
	uint8_t				 der[LIMIT_OCSP_REQUEST];
	size_t				 n;

	if (!web_query(w, r, none))
		return;
	if (!b64_decode(text, strlen(text), der, sizeof(der), &n))
		reply_error(w, r, OCSP_MALFORMED);
	else
		ask(w, r, OCTETS(der, n));
}

const struct http_route route_ocsp[] = {
	{ "POST", "/ocsp", HTTP_PUBLIC, LIMIT_OCSP_REQUEST, post },
	{ "GET", "/ocsp/*", HTTP_PUBLIC, 0, get },
	{ NULL, NULL, 0, 0, NULL }
};
