#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "registry/keep/backup.h"
#include "registry/keep/doctor.h"
#include "registry/office/anchors.h"
#include "store/store.h"

#define DAY		86400
#define WAIT_WARNING	(3 * DAY)	/* the oldest request */
#define CERT_WARNING	(30 * DAY)

struct counts {
	int64_t	waiting, since, refused, revoking;
};

static int
count(const struct doctor *d, struct counts *n, struct err *e)
{
	static const enum stmt	 may[] = { STMT_OFFICE_CERTREQ_COUNTS,
				    STMT_NONE };
	char			*path = config_path(d->cf, BACKUP_DATABASE);
	struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = d->running ? STORE_READ :
				    STORE_WRITE };
	struct store		*st = NULL;
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	if ((rc = store_open(&spec, &st, e)) == 0 &&
	    (rc = store_query(st, STMT_OFFICE_CERTREQ_COUNTS, NULL, 0, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		n->waiting = query_int(q, 0);
		n->since = query_int(q, 1);
		n->refused = query_int(q, 2);
		n->revoking = query_int(q, 3);
	}
	query_done(q);
	store_close(st);
	free(path);
	return rc;
}

/* The body's revocation lists that are kept: are they of now? */
static int
lists(struct doctor *d, struct err *e)
{
	static const enum stmt	 may[] = { STMT_OFFICE_CA_LISTS, STMT_NONE };
	char			*path = config_path(d->cf, "province.db");
	const struct store_spec	 spec = { .path = path, .mode = STORE_READ,
				    .kind = STORE_PROVINCE, .may = may };
	struct store		*st = NULL;
	struct query		*q = NULL;
	char			 span[32];
	int64_t			 left;
	bool			 row;
	int			 rc;

	if ((rc = store_open(&spec, &st, e)) != 0 || (rc = store_query(st,
	    STMT_OFFICE_CA_LISTS, NULL, 0, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		if (query_int(q, 2) == 0)
			continue;	/* it does not say until when */
		left = query_int(q, 2) - d->now;
		doctor_span(left < 0 ? -left : left, span);
		doctor_say(d, "list", left < 0 ? DOCTOR_WARNING : DOCTOR_GOOD,
		    left < 0 ? "get the next one of the body: sealreg ca "
		    "list-import" : NULL, left < 0 ? "%s of %s is out of "
		    "date since %s" : "%s of %s is of now; the next one is "
		    "due in %s", query_text(q, 0), d->cf->external_name,
		    span);
	}
out:
	query_done(q);
	store_close(st);
	free(path);
	return rc;
}

/* The authorities that are believed, and when the first of them ends. */
static void
anchors(struct doctor *d)
{
	struct octets	list[LIMIT_ANCHORS];
	struct cert	*c;
	struct buf	 der;
	struct err	 e = ERR_INIT;
	int64_t		 ends = INT64_MAX, left;
	char		 span[32];
	size_t		 i, n;

	buf_init(&der, LIMIT_ANCHORS_DER);
	if (anchors_load(d->cf, 0, &der, &e) != 0) {
		doctor_say(d, "external", DOCTOR_FAULT, "put the licensed "
		    "body's certificates in place; the node does not start "
		    "without", "%s [%s]", e.text, e.id);
		goto out;
	}
	n = anchors_list(buf_octets(&der), list);
	for (i = 0; i < n; i++) {
		if (cert_parse(list[i], &c, NULL) != 0)
			continue;
		if (cert_facts(c)->not_after < ends)
			ends = cert_facts(c)->not_after;
		cert_free(c);
	}
	left = ends - d->now;
	doctor_span(left < 0 ? -left : left, span);
	doctor_say(d, "external", left < CERT_WARNING ? DOCTOR_WARNING :
	    DOCTOR_GOOD, left < CERT_WARNING ? "get its new certificate, add "
	    "it to external_ca, restart" : NULL, left < 0 ?
	    "%s: an authority's certificate ended %s ago" :
	    "%s: the first of its authorities' certificates ends in %s",
	    d->cf->external_name, span);
out:
	buf_fini(&der);
}

void
doctor_requests(struct doctor *d)
{
	struct counts	 n = { 0, 0, 0, 0 };
	struct err	 e = ERR_INIT;
	char		 span[32];
	bool		 late;

	if (d->cf->external_ca[0] != '\0')
		anchors(d);
	if (count(d, &n, &e) != 0 || lists(d, &e) != 0) {
		doctor_say(d, "certifying", DOCTOR_FAULT, "restore the "
		    "database", "requests cannot be read: %s [%s]", e.text,
		    e.id);
		return;
	}
	if (n.waiting == 0 && n.revoking == 0 &&
	    !config_is_external(d->cf))
		return;
	late = n.waiting > 0 && d->now - n.since > WAIT_WARNING;
	doctor_span(n.waiting > 0 ? d->now - n.since : 0, span);
	doctor_say(d, "certifying", late || n.refused > 0 ? DOCTOR_WARNING :
	    DOCTOR_GOOD, n.refused > 0 ? "sealreg ca requests tells why; ask "
	    "the body for others" : late ? "ask the body; sealreg ca requests "
	    "--out DIR sends them again" : NULL, "%" PRId64 " cases wait for a "
	    "certificate, the oldest for %s; of %" PRId64 " one was refused",
	    n.waiting, span, n.refused);
	if (n.revoking > 0)
		doctor_say(d, "revoking", DOCTOR_WARNING, "tell the body "
		    "(sealreg ca requests), then sealreg ca held, revoked or "
		    "released CASE",
		    "the licensed body is to be told the status of %" PRId64
		    " certificates", n.revoking);
}
