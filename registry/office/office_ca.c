#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "registry/config.h"
#include "registry/office/anchors.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_own.h"
#include "schema/msg.pb-c.h"

#define DAY	86400

/* What must fit before a disk that was full counts as having room. */
#define CA_FILLER	"filler"
#define FILLER		(256u << 10)

/* What DIR/ca may hold, and what is passed over where it does not. */
static const struct {
	const char	*name, *path;
	bool		 crl;
	enum { MAY = 0, MUST, ONCE, GOES } rule;
} ca_files[] = {
	{ CA_ROOT_CRT,	"ca/" CA_ROOT_CRT,	false, MUST },
	{ CA_PROVINCE_CRT, "ca/" CA_PROVINCE_CRT, false, MUST },
	{ CA_MAKER_CRT,	"ca/" CA_MAKER_CRT,	false, MUST },
	{ CA_TSA_CRT,	"ca/" CA_TSA_CRT,	false, MAY },
	{ CA_PROVINCE_OLD_CRT, "ca/" CA_PROVINCE_OLD_CRT, false, MAY },
	{ CA_NEW_WITH_OLD_CRT, "ca/" CA_NEW_WITH_OLD_CRT, false, MAY },
	{ CA_OLD_WITH_NEW_CRT, "ca/" CA_OLD_WITH_NEW_CRT, false, MAY },
	{ CA_ROOT_CRL,	"ca/" CA_ROOT_CRL,	true, MAY },
	{ CA_ROOT_OLD_CRT, "ca/" CA_ROOT_OLD_CRT, false, MAY },
	{ CA_ROOT_OLD_CRL, "ca/" CA_ROOT_OLD_CRL, true, MAY },
	{ CA_ROOT_NEXT_CRT, "ca/" CA_ROOT_NEXT_CRT, false, GOES },
	{ CA_ROOT_NEXT_CRL, "ca/" CA_ROOT_NEXT_CRL, true, GOES },
	{ CA_ROOT_NEW_WITH_OLD_CRT, "ca/" CA_ROOT_NEW_WITH_OLD_CRT, false,
	    MAY },
	{ CA_ROOT_OLD_WITH_NEW_CRT, "ca/" CA_ROOT_OLD_WITH_NEW_CRT, false,
	    MAY },
	{ CA_PROVINCE_CRL, "ca/" CA_PROVINCE_CRL, true, ONCE },
};

/* What is stored under a name.  der may be NULL; *found tells. */
struct ca_row {
	int64_t	number, updated, entries;
	int64_t	change;		/* of crl_change that a CRL was signed for */
};

static int
ca_get(struct office *of, const char *name, bool *found, struct ca_row *r,
    struct buf *der, struct err *e)
{
	const struct val	 v[] = { val_text(name) };
	struct query		*q = NULL;
	int			 rc;

	memset(r, 0, sizeof(*r));
	*found = false;
	if ((rc = store_query(of->st, STMT_OFFICE_CA_GET, v, 1, &q,
	    e)) != 0 || (rc = query_next(q, found, e)) != 0 || !*found)
		goto out;
	if (der != NULL)
		buf_put_octets(der, query_blob(q, 0));
	r->number = query_int(q, 1);
	r->updated = query_int(q, 2);
	r->entries = query_int(q, 3);
	r->change = query_int(q, 4);
out:
	query_done(q);
	return rc;
}

static int
ca_put(struct office *of, const char *name, struct octets der,
    const struct ca_row *r, struct err *e)
{
	const struct val	v[] = { val_text(name), val_blob(der),
				    val_int(r->number), val_int(r->updated),
				    val_int(r->entries),
				    val_int(r->change) };

	return store_run(of->st, STMT_OFFICE_CA_PUT, v, 6, NULL, e);
}

int
office_ca_has(struct office *of, const char *name, bool *has, struct err *e)
{
	struct ca_row	row;

	return ca_get(of, name, has, &row, NULL, e);
}

/* What a list or certificate says of itself; it must be one. */
static int
ca_describe(struct octets der, bool is_crl, int64_t now, struct ca_row *r,
    struct err *e)
{
	struct crl	*crl = NULL;
	struct cert	*cert = NULL;
	int		 rc;

	memset(r, 0, sizeof(*r));
	r->updated = now;
	if (!is_crl) {
		rc = cert_parse(der, &cert, e);
		cert_free(cert);
		return rc;
	}
	if ((rc = crl_parse(der, &crl, e)) != 0)
		return rc;
	r->number = (int64_t)crl_number(crl);
	r->updated = crl_this_update(crl);
	r->entries = (int64_t)crl_count(crl);
	crl_free(crl);
	return 0;
}

static int
drop(struct office *of, const char *name, struct err *e)
{
	const struct val	v[] = { val_text(name) };

	return store_run(of->st, STMT_OFFICE_CA_DROP, v, 1, NULL, e);
}

/* The licensed body's authorities, or none. */
static int
load_anchors(struct office *of, struct err *e)
{
	const struct ca_row	row = { .updated = of->now() };
	struct buf		der;
	int			rc;

	buf_init(&der, LIMIT_ANCHORS_DER);
	if ((rc = anchors_load(of->cf, 0, &der, e)) == 0)
		rc = der.len == 0 ? drop(of, CA_EXTERNAL, e) : ca_put(of, CA_EXTERNAL, buf_octets(&der),
		    &row, e);
	buf_fini(&der);
	return rc;
}

int
office_ca_load(struct office *of, struct err *e)
{
	struct ca_row	 row;
	struct err	 why = ERR_INIT;
	uint8_t		*p;
	char		*path;
	size_t		 i, n;
	bool		 found;
	int		 rc;

	for (i = 0; i < sizeof(ca_files) / sizeof(ca_files[0]); i++) {
		if (ca_files[i].rule == ONCE) {
			if ((rc = ca_get(of, ca_files[i].name, &found, &row,
			    NULL, e)) != 0)
				return rc;
			if (found)
				continue;
		}
		path = config_path(of->cf, ca_files[i].path);
		rc = file_read(path, LIMIT_CA_OBJECT, &p, &n, &why);
		free(path);
		if (rc != 0) {
			if (ca_files[i].rule == MUST) {
				*e = why;
				return rc;
			}
			if (ca_files[i].rule == GOES &&
			    (rc = drop(of, ca_files[i].name, e)) != 0)
				return rc;
			continue;
		}
		if ((rc = ca_describe(OCTETS(p, n), ca_files[i].crl,
		    of->now(), &row, e)) == 0)
			rc = ca_put(of, ca_files[i].name, OCTETS(p, n), &row,
			    e);
		free(p);
		if (rc != 0)
			return rc;
	}
	if ((rc = load_anchors(of, e)) != 0 ||
	    (rc = office_own_load(of, e)) != 0)
		return rc;
	/* Left behind where somebody stopped a probe half-way. */
	return drop(of, CA_FILLER, e);
}

int
office_ca_probe(struct office *of, struct err *e)
{
	const struct ca_row	row = { 0, of->now(), 0, 0 };
	uint8_t			*p = xcalloc(1, FILLER);
	int			rc, turn;

	for (turn = 0; turn < 2; turn++) {
		if ((rc = store_begin(of->st, e)) != 0)
			break;
		if ((rc = turn == 0 ? ca_put(of, CA_FILLER, OCTETS(p, FILLER),
		    &row, e) : drop(of, CA_FILLER, e)) != 0) {
			store_rollback(of->st);
			break;
		}
		if ((rc = store_commit(of->st, e)) != 0)
			break;
	}
	free(p);
	return rc;
}

/* Has the authority of this name issued it? */
static int
issued_by(struct office *of, const char *name, struct octets signer,
    bool *is, struct err *e)
{
	struct ca_row	 row;
	struct cert	*c = NULL, *by = NULL;
	struct buf	 b;
	uint8_t		 id[CERT_KEY_ID], want[CERT_KEY_ID];
	int		 rc;

	buf_init(&b, LIMIT_CERT);
	if ((rc = ca_get(of, name, is, &row, &b, e)) != 0 || !*is)
		goto out;
	if ((rc = cert_parse(signer, &c, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b), &by, e)) != 0)
		goto out;
	*is = cert_issuer_key_id(c, want) && cert_key_id(by, id) &&
	    memcmp(id, want, sizeof(id)) == 0;
out:
	cert_free(by);
	cert_free(c);
	buf_fini(&b);
	return rc;
}

int
office_ca_chain(struct office *of, struct octets signer, struct buf *out,
    struct err *e)
{
	static const char *const names[] = { CA_PROVINCE_CRT, CA_ROOT_CRT };
	static const char *const old[] = { CA_PROVINCE_OLD_CRT,
	    CA_ROOT_OLD_CRT };
	struct ca_row	 row;
	size_t		 i;
	struct octets	 below = signer;
	bool		 found;
	size_t		 before;
	int		 rc;

	for (i = 0; i < 2; i++) {
		if ((rc = issued_by(of, old[i], below, &found, e)) != 0)
			return rc;
		before = out->len;
		if ((rc = ca_get(of, found ? old[i] : names[i], &found, &row,
		    out, e)) != 0)
			return rc;
		if (!found)
			return err_set(e, ERR_STORE, "%s is not in the "
			    "database", names[i]);
		below = OCTETS(out->p + before, out->len - before);
	}
	return 0;
}

void
office_crl_name(unsigned shard, char out[CRL_NAME_SIZE])
{
	if (shard == 0)
		strcpy(out, CA_PROVINCE_CRL);
	else
		snprintf(out, CRL_NAME_SIZE, "province-%u.crl", shard);
}

/* Of one part; of m (may be NULL): are there others, and whose is it? */
static int
change_of(struct office *of, unsigned shard, int64_t *n, IssueCrl *m,
    struct err *e)
{
	struct octets		 key;
	const struct val	 v = val_int(shard);
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	*n = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_CRL_CHANGE, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		*n = query_int(q, 0);
		if (m != NULL) {
			m->part = query_int(q, 1) != 0;
			key = query_is_null(q, 2) ? OCTETS(NULL, 0) :
			    query_blob(q, 2);
			m->authority.data = xmemdup(key.p, key.len);
			m->authority.len = key.len;
		}
	}
	query_done(q);
	return rc;
}

int
office_crl_change(struct office *of, int64_t *n, struct err *e)
{
	return change_of(of, 0, n, NULL, e);
}

int
office_crl_due(struct office *of, unsigned from, bool *due, unsigned *shard,
    struct err *e)
{
	const struct val	 v[] = { val_int(of->now() -
				    of->cf->crl_days * DAY / 2),
				    val_int(from) };
	struct query		*q = NULL;
	int			 rc;

	*due = false;
	*shard = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_CRL_DUE, v, 2, &q,
	    e)) == 0 && (rc = query_next(q, due, e)) == 0 && *due)
		*shard = (unsigned)query_int(q, 0);
	query_done(q);
	return rc;
}

int
office_crl_skip(struct office *of, int64_t n, struct err *e)
{
	const struct val	v = val_int(n);

	return store_run(of->st, STMT_OFFICE_CRL_SKIP, &v, 1, NULL, e);
}

void
crl_ask_free(struct IssueCrl *m)
{
	if (m != NULL)
		issue_crl__free_unpacked(m, NULL);
}

static void
crl_ask_add(struct IssueCrl *m, struct query *q)
{
	RevokedCertificate	*r = xmalloc(sizeof(*r));
	struct octets		 serial = query_blob(q, 0);

	revoked_certificate__init(r);
	r->serial.data = xmemdup(serial.p, serial.len);
	r->serial.len = serial.len;
	r->revoked_at = query_int(q, 1);
	r->reason = (uint32_t)query_int(q, 2);
	m->revoked = xreallocarray(m->revoked, m->n_revoked + 1,
	    sizeof(m->revoked[0]));
	m->revoked[m->n_revoked++] = r;
}

int
office_crl_ask(struct office *of, unsigned shard, struct IssueCrl **out,
    int64_t *change, struct err *e)
{
	const struct val v = val_int(shard);
	struct IssueCrl	*m = xmalloc(sizeof(*m));
	struct query	*q = NULL;
	struct ca_row	 last;
	char		 name[CRL_NAME_SIZE];
	bool		 found, row;
	int		 rc;

	issue_crl__init(m);
	*out = NULL;
	office_crl_name(shard, name);
	if ((rc = ca_get(of, name, &found, &last, NULL, e)) != 0 ||
	    (rc = change_of(of, shard, change, m, e)) != 0)
		goto out;
	m->number = (uint64_t)last.number + 1;
	m->this_update = office_now(of);	/* nothing is later */
	m->next_update = m->this_update + of->cf->crl_days * DAY;
	m->shard = shard;
	if ((rc = store_query(of->st, STMT_OFFICE_CERTS_REVOKED, &v, 1, &q,
	    e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row)
		crl_ask_add(m, q);
	if (rc == 0) {
		*out = m;
		m = NULL;
	}
out:
	query_done(q);
	crl_ask_free(m);
	return rc;
}

/* Was this hold lifted? */
static int
is_good(struct office *of, const struct crl_entry *en, bool *good,
    struct err *e)
{
	const struct val	 v = val_blob(OCTETS(en->serial,
				    en->seriallen));
	struct query		*q = NULL;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CERT_IS_GOOD, &v, 1, &q,
	    e)) == 0)
		rc = query_next(q, good, e);
	query_done(q);
	return rc;
}

/* Whoever was on the list stays on it, but for a hold that was lifted. */
static int
monitor(struct office *of, struct octets before, const struct crl *is,
    struct err *e)
{
	struct crl_entry	*a = NULL, *b = NULL;
	struct crl_entry	 en;
	struct crl		*was = NULL;
	char			 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	size_t			 i, j = 0, na, nb;
	bool			 good;
	int			 rc;

	if ((rc = crl_parse(before, &was, e)) != 0)
		goto out;
	a = crl_entries(was);
	b = crl_entries(is);
	na = crl_count(was);
	nb = crl_count(is);
	for (i = 0; i < na && rc == 0; i++) {
		while (j < nb && crl_entry_cmp(&b[j], &a[i]) < 0)
			j++;
		if (j < nb && crl_entry_cmp(&b[j], &a[i]) == 0)
			continue;
		good = false;
		if (crl_find(was, a[i].serial, a[i].seriallen, &en) &&
		    en.reason == CRL_HOLD)
			rc = is_good(of, &a[i], &good, e);
		if (rc != 0 || good)
			continue;
		hex_encode(a[i].serial, a[i].seriallen, hex);
		rc = err_set_id(e, ERR_VERIFY, "serial-vanished",
		    "certificate %s was on revocation list %llu and is not on "
		    "the next", hex, (unsigned long long)crl_number(was));
	}
out:
	free(b);
	free(a);
	crl_free(was);
	return rc;
}

int
office_crl_put(struct office *of, const struct IssueCrl *asked,
    int64_t change, struct octets der, struct err *e)
{
	struct ca_row	row = { .change = change }, last;
	struct crl	*crl = NULL;
	struct buf	before;
	char		name[CRL_NAME_SIZE];
	bool		found;
	int		rc;

	buf_init(&before, LIMIT_CA_OBJECT);
	office_crl_name(asked->shard, name);
	if ((rc = crl_parse(der, &crl, e)) != 0)
		goto out;
	row.number = (int64_t)crl_number(crl);
	row.updated = crl_this_update(crl);
	row.entries = (int64_t)crl_count(crl);
	if (row.number != (int64_t)asked->number ||
	    row.updated != asked->this_update ||
	    row.entries != (int64_t)asked->n_revoked) {
		rc = err_set_id(e, ERR_VERIFY, "wrong-answer",
		    "the key process made another CRL than it was asked for");
		goto out;
	}
	if ((rc = ca_get(of, name, &found, &last, &before, e)) != 0 ||
	    (found && (rc = monitor(of, buf_octets(&before), crl, e)) != 0))
		goto out;
	rc = ca_put(of, name, der, &row, e);
out:
	crl_free(crl);
	buf_fini(&before);
	return rc;
}
