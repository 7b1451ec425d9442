#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/profile.h"
#include "registry/config.h"
#include "registry/office/office_delivery.h"
#include "schema/msg.pb-c.h"

#define DAY		86400

static const char *const words[] = {
	[DELIVERY_ACCEPTED] = "accepted", [DELIVERY_REPEATED] = "repeated",
	[DELIVERY_REFUSED] = "refused"
};

const char *
delivery_word(enum delivery_result r)
{
	return words[r];
}

static int
differs(struct err *e, const char *id, const char *what, const char *is,
    const char *asked)
{
	return err_set_id(e, ERR_VERIFY, id, "its %s is \"%.60s\", asked for "
	    "was \"%.60s\"", what, is, asked);
}

/* A jail that was taken over may not choose our words. */
static int
said_by_jail(const DeliveredCertificate *m, struct err *e)
{
	static const char	letters[] = "abcdefghijklmnopqrstuvwxyz-";
	const size_t		n = strspn(m->code, letters);

	if (n == 0 || n >= ERR_ID_MAX || m->code[n] != '\0' ||
	    !text_is_name(m->detail))
		return err_set_id(e, ERR_VERIFY, "bad-certificate",
		    "it cannot be read");
	return (err_set_id)(e, ERR_VERIFY, m->code, "%s", m->detail);
}

static bool
key_is(const struct certreq *r, const DeliveredCertificate *m)
{
	return m->public_key.len == sizeof(r->point) &&
	    memcmp(m->public_key.data, r->point, sizeof(r->point)) == 0;
}

static int
check_subject(const struct certreq *r, const DeliveredCertificate *m,
    struct err *e)
{
	const char	*id = "certificate-other-subject";

	if (strcmp(m->common_name, r->seal_code) != 0)
		return differs(e, id, "common name", m->common_name,
		    r->seal_code);
	if (strcmp(m->organisation, r->owner_name) != 0)
		return differs(e, id, "organisation", m->organisation,
		    r->owner_name);
	if (m->credit_code[0] != '\0' &&
	    strcmp(m->credit_code, r->credit_code) != 0)
		return differs(e, id, "credit code", m->credit_code,
		    r->credit_code);
	return 0;
}

static int
check_dates(const DeliveredCertificate *m, const struct config *cf,
    int64_t now, struct err *e)
{
	const int64_t	longest = profile_of(CERT_FOREIGN)->span;
	char		t[TM_RFC3339_SIZE];

	tm_rfc3339(m->not_after, t);
	if (m->not_before > now)
		return err_set_id(e, ERR_VERIFY, "certificate-not-yet-valid",
		    "it is not valid yet");
	if (m->not_after < now + cf->external_min_days * DAY)
		return err_set_id(e, ERR_VERIFY, "certificate-too-short",
		    "it ends at %s, within less than %lld days", t,
		    (long long)cf->external_min_days);
	if (m->not_after - m->not_before > longest)
		return err_set_id(e, ERR_VERIFY, "certificate-too-long",
		    "it ends at %s, after more than %lld days", t,
		    (long long)(longest / DAY));
	return 0;
}

int
delivery_check(const struct certreq *r, const DeliveredCertificate *m,
    const struct config *cf, int64_t now, struct err *e)
{
	size_t	i;
	int	rc;

	if (!key_is(r, m))
		return err_set_id(e, ERR_VERIFY, "certificate-other-key",
		    "it is for %s key than was asked for",
		    m->public_key.len == 0 ? "another kind of" : "another");
	if ((rc = check_subject(r, m, e)) != 0)
		return rc;
	if (m->code[0] != '\0')
		return said_by_jail(m, e);
	if (m->serial.len == 0 || m->issuer.len != SM3_LEN)
		return err_set_id(e, ERR_VERIFY, "bad-certificate",
		    "it has no serial number or no issuer");
	if ((rc = check_dates(m, cf, now, e)) != 0)
		return rc;
	for (i = 0; i < m->n_deviations; i++)
		if (config_refuses(cf, m->deviations[i]))
			return err_set_id(e, ERR_VERIFY, "deviation-refused",
			    "it leaves the profile: %s", m->deviations[i]);
	return 0;
}

/* The case that was given a certificate of this issuer and serial, or 0. */
static int
by_serial(struct office *of, const DeliveredCertificate *m, int64_t *id,
    struct err *e)
{
	const struct val	 v[] = { val_blob(OCTETS(m->issuer.data,
				    m->issuer.len)), val_blob(OCTETS(
				    m->serial.data, m->serial.len)) };
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	*id = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_CERTREQ_BY_SERIAL, v, 2,
	    &q, e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row)
		*id = query_int(q, 0);
	query_done(q);
	return rc;
}

static bool
was_taken(const struct certreq *r, const DeliveredCertificate *m)
{
	return r->certificate.len > 0 &&
	    r->certificate.len == m->certificate.len &&
	    memcmp(r->certificate.p, m->certificate.data,
	    m->certificate.len) == 0;
}

/*
 * Which request m answers: the one that it was taken for, or else by its key,
 * or else by the code that it names.  A seal that was renewed with its key has
 * several.
 */
static int
find(struct office *of, const DeliveredCertificate *m, struct certreq **r,
    struct err *e)
{
	int64_t	id;
	int	rc;

	*r = NULL;
	if ((rc = by_serial(of, m, &id, e)) != 0 ||
	    (id != 0 && (rc = certreq_get(of, id, r, e)) != 0) ||
	    (*r != NULL && was_taken(*r, m)))
		return rc;
	certreq_free(*r);
	*r = NULL;
	if (m->public_key.len > 0 && ((rc = certreq_by_key(of,
	    OCTETS(m->public_key.data, m->public_key.len), m->common_name, r,
	    e)) != 0 || *r != NULL))
		return rc;
	if (m->common_name[0] == '\0')
		return 0;
	return certreq_by_code(of, m->common_name, r, e);
}

static int
check_serial(struct office *of, const DeliveredCertificate *m,
    struct err *why, struct err *e)
{
	int64_t	id;
	int	rc;

	if ((rc = by_serial(of, m, &id, e)) == 0 && id != 0)
		(void)err_set_id(why, ERR_CONFLICT, "serial-used", "its "
		    "issuer has given that serial number before, to "
		    "application %lld", (long long)id);
	return rc;
}

/* The words with one space between; caller frees. */
static char *
join(char *const *list, size_t n)
{
	struct buf	b;
	size_t		i;

	buf_init(&b, 4096);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(&b, ' ');
		buf_puts(&b, list[i]);
	}
	return buf_steal_str(&b);
}

static int
store(struct office *of, const struct session *s, const struct certreq *r,
    const DeliveredCertificate *m, struct err *e)
{
	const int64_t	now = office_now(of);
	int64_t		until = now + of->cf->seal_valid_days * DAY, changed;
	char		object[48], *deviations = NULL;
	struct buf	issuers;
	size_t		i;
	int		rc;

	if (until > m->not_after)
		until = m->not_after;
	buf_init(&issuers, LIMIT_ISSUERS);
	for (i = 0; i < m->n_issuers; i++)
		buf_put(&issuers, m->issuers[i].data, m->issuers[i].len);
	deviations = join(m->deviations, m->n_deviations);
	const struct val	taken[] = { val_int(r->application),
		    val_int(now), val_blob(OCTETS(m->certificate.data,
		    m->certificate.len)), val_blob(OCTETS(m->issuer.data,
		    m->issuer.len)), val_blob(OCTETS(m->serial.data,
		    m->serial.len)), val_blob(buf_octets(&issuers)),
		    val_text(deviations) };
	const struct val	dates[] = { val_int(r->application),
		    val_int(CASE_CERTIFYING), val_int(now), val_int(until) };
	if ((rc = store_run(of->st, STMT_OFFICE_CERTREQ_TAKEN, taken, 7,
	    &changed, e)) != 0)
		goto out;
	if (changed != 1 || !buf_ok(&issuers)) {
		rc = err_set(e, ERR_STORE, "application %lld takes no "
		    "certificate", (long long)r->application);
		goto out;
	}
	if ((rc = store_run(of->st, STMT_OFFICE_CASE_DATES, dates, 4, &changed,
	    e)) != 0)
		goto out;
	if (changed != 1) {
		rc = err_set(e, ERR_STORE, "application %lld has its dates "
		    "already", (long long)r->application);
		goto out;
	}
	snprintf(object, sizeof(object), "application %lld",
	    (long long)r->application);
	rc = office_trail(of, s->account, "certificate-taken", object, e);
out:
	free(deviations);
	buf_fini(&issuers);
	return rc;
}

/* Why it cannot be taken whatever it says; or it was taken before. */
static bool
is_settled(const struct certreq *r, const DeliveredCertificate *m,
    struct delivery_done *done)
{
	if (was_taken(r, m)) {
		done->result = DELIVERY_REPEATED;
		return true;
	}
	if (r->certificate.len > 0)
		(void)err_set_id(&done->why, ERR_CONFLICT,
		    "request-answered", "another certificate was taken for "
		    "application %lld", (long long)r->application);
	else if (r->closed || r->state != CASE_CERTIFYING ||
	    r->request.len == 0)
		(void)err_set_id(&done->why, ERR_CONFLICT, "request-closed",
		    "application %lld is %s: it waits for no certificate",
		    (long long)r->application, case_word(r->state));
	return done->why.code != ERR_OK;
}

int
delivery_take(struct office *of, const struct session *s,
    const DeliveredCertificate *m, struct delivery_done *done, struct err *e)
{
	struct certreq	*r = NULL;
	int		 rc;

	memset(done, 0, sizeof(*done));
	done->result = DELIVERY_REFUSED;
	if ((rc = find(of, m, &r, e)) != 0)
		goto out;
	if (r == NULL) {
		if (m->subject[0] == '\0' && m->code[0] != '\0')
			(void)said_by_jail(m, &done->why);
		else
			(void)err_set_id(&done->why, ERR_NOTFOUND,
			    "no-such-request", "nobody here asked for it");
		goto out;
	}
	done->application = r->application;
	snprintf(done->seal_code, sizeof(done->seal_code), "%s",
	    r->seal_code);
	if (is_settled(r, m, done))
		goto out;
	if (delivery_check(r, m, of->cf, office_now(of), &done->why) == 0 &&
	    (rc = check_serial(of, m, &done->why, e)) != 0)
		goto out;
	if (done->why.code == ERR_OK) {
		if ((rc = store(of, s, r, m, e)) == 0)
			done->result = DELIVERY_ACCEPTED;
		goto out;
	}
	const struct val	v[] = { val_int(r->application),
		    val_int(of->now()), val_text(done->why.id),
		    val_text(done->why.text) };
	rc = store_run(of->st, STMT_OFFICE_CERTREQ_REFUSED, v, 4, NULL, e);
out:
	certreq_free(r);
	return rc;
}
