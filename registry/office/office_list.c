#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "registry/office/anchors.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_list.h"
#include "schema/msg.pb-c.h"

#define PREFIX		"external-"
#define DIGITS		16
#define HOLD		6	/* certificateHold (RFC 5280, 5.3.1) */
#define CLOCK_SLACK	300	/* seconds that the body's clock may be ahead */

static const char *const words[] = {
	[LIST_NONE] = "", [LIST_KNOWN] = "known", [LIST_TAKEN] = "taken",
	[LIST_WAITS] = "waits", [LIST_UNASKED] = "unasked"
};

const char *
list_word(enum list_word w)
{
	return words[w];
}

void
list_done_fini(struct list_done *d)
{
	free(d->rows);
	d->rows = NULL;
	d->nrows = 0;
}

bool
office_list_is(const char *name)
{
	const size_t	n = sizeof(PREFIX) - 1;

	return strncmp(name, PREFIX, n) == 0 &&
	    strspn(name + n, "0123456789abcdef") == DIGITS &&
	    strcmp(name + n + DIGITS, ".crl") == 0;
}

/* One name for each issuer, and for each part of its list. */
static void
name_of(const ListReading *m, char name[LIST_NAME_SIZE])
{
	struct buf	b;
	uint8_t		h[SM3_LEN];
	char		hex[HEX_SIZE(DIGITS / 2)];

	buf_init(&b, 65536);
	buf_put(&b, m->issuer.data, m->issuer.len);
	buf_puts(&b, m->url);
	sm3(b.p, b.len, h);
	buf_fini(&b);
	hex_encode(h, DIGITS / 2, hex);
	(void)snprintf(name, LIST_NAME_SIZE, PREFIX "%s.crl", hex);
}

/* Is the one that is kept older than m, or the very same? */
static int
compare(struct office *of, const ListReading *m, struct octets der,
    struct list_done *d, struct err *e)
{
	const struct val	 v = val_text(d->name);
	struct query		*q = NULL;
	struct octets		 kept;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CA_GET, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0 || !row)
		goto out;
	kept = query_blob(q, 0);
	d->repeated = kept.len == der.len &&
	    memcmp(kept.p, der.p, der.len) == 0;
	if (!d->repeated && (query_int(q, 2) > m->this_update ||
	    (query_int(q, 2) == m->this_update &&
	    query_int(q, 1) > (int64_t)m->number)))
		rc = err_set_id(e, ERR_CONFLICT, "list-older",
		    "a newer list of this issuer is kept");
out:
	query_done(q);
	return rc;
}

/* What is wanted of the certificate, beside what the list says. */
static enum list_word
word_of(int want, unsigned reason)
{
	if (want == -1)
		return LIST_UNASKED;
	if (want == HOLD)
		return reason == HOLD ? LIST_TAKEN : LIST_UNASKED;
	return reason == HOLD ? LIST_WAITS : LIST_TAKEN;
}

static int
take_row(struct office *of, const ListedCertificate *l, int64_t application,
    struct list_done *d, struct err *e)
{
	const struct val	 v = val_int(application);
	struct certreq		*r = NULL;
	struct list_row		*row = &d->rows[d->nrows];
	int64_t			 changed = 0;
	int			 rc;

	if ((rc = certreq_get(of, application, &r, e)) != 0)
		return rc;
	if (r == NULL)
		return err_set(e, ERR_STORE, "application %lld has no request",
		    (long long)application);
	row->application = application;
	row->revoked_at = l->revoked_at;
	row->reason = l->reason;
	row->word = word_of(r->want, l->reason);
	(void)snprintf(row->seal_code, sizeof(row->seal_code), "%s",
	    r->seal_code);
	certreq_free(r);
	if (row->word == LIST_TAKEN && (rc = store_run(of->st,
	    STMT_OFFICE_CERTREQ_LISTED, &v, 1, &changed, e)) != 0)
		return rc;
	if (row->word == LIST_TAKEN && changed == 0)
		d->known++;
	else
		d->nrows++;
	return 0;
}

static int
take_rows(struct office *of, const ListReading *m, struct list_done *d,
    struct err *e)
{
	const ListedCertificate	*l;
	struct query		*q;
	int64_t			 application;
	size_t			 i;
	bool			 row;
	int			 rc = 0;

	d->rows = xcalloc(m->n_entries + 1, sizeof(*d->rows));
	for (i = 0; i < m->n_entries && rc == 0; i++) {
		l = m->entries[i];
		const struct val	v[] = { val_blob(OCTETS(m->issuer.data,
				    m->issuer.len)), val_blob(OCTETS(
				    l->serial.data, l->serial.len)) };
		q = NULL;
		row = false;
		application = 0;
		if ((rc = store_query(of->st, STMT_OFFICE_CERTREQ_BY_SERIAL, v,
		    2, &q, e)) == 0 && (rc = query_next(q, &row, e)) == 0 &&
		    row)
			application = query_int(q, 0);
		query_done(q);
		if (rc == 0 && row)
			rc = take_row(of, l, application, d, e);
	}
	return rc;
}

int
office_list_take(struct office *of, const struct session *s,
    const ListReading *m, struct octets der, struct list_done *d,
    struct err *e)
{
	int	rc;

	memset(d, 0, sizeof(*d));
	name_of(m, d->name);
	if (m->this_update > of->now() + CLOCK_SLACK)
		return err_set_id(e, ERR_CONFLICT, "list-not-yet",
		    "the list says that it was made in the future");
	if ((rc = compare(of, m, der, d, e)) != 0 ||
	    (rc = take_rows(of, m, d, e)) != 0 || d->repeated)
		return rc;
	/* Of such a list: updated is its thisUpdate, change its nextUpdate. */
	const struct val	v[] = { val_text(d->name), val_blob(der),
		    val_int((int64_t)m->number), val_int(m->this_update),
		    val_int((int64_t)m->n_entries), val_int(m->next_update) };
	if ((rc = store_run(of->st, STMT_OFFICE_CA_PUT, v, 6, NULL,
	    e)) != 0)
		return rc;
	return office_trail(of, s->account, "list-taken", d->name, e);
}

int
office_list_issuers(struct office *of, struct buf *der, struct err *e)
{
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	if ((rc = anchors_get(of, der, e)) != 0 || (rc = store_query(of->st,
	    STMT_OFFICE_CERTREQ_ISSUERS, NULL, 0, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row)
		buf_put_octets(der, query_blob(q, 0));
out:
	query_done(q);
	return rc;
}
