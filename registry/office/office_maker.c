#include "ca/chain.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_maker.h"

enum { ROOT, PROVINCE, MAKER, PROVINCE_LIST, ROOT_LIST, NOBJECTS };

static const char *const names[NOBJECTS] = {
	[ROOT] = CA_ROOT_CRT, [PROVINCE] = CA_PROVINCE_CRT,
	[MAKER] = CA_MAKER_CRT, [PROVINCE_LIST] = CA_PROVINCE_CRL,
	[ROOT_LIST] = CA_ROOT_CRL
};

/* What is not there stays empty: the chain's check says what it lacks. */
static int
object(struct office *of, const char *name, struct buf *out, struct err *e)
{
	const struct val	 v[] = { val_text(name) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CA_GET, v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row)
		buf_put_octets(out, query_blob(q, 0));
	query_done(q);
	return rc;
}

int
office_maker_check(struct office *of, int64_t now, struct err *e)
{
	struct chain_spec	spec = { .purpose = CHAIN_MAKE, .at = now,
				    .depth = 1, .need_crl = true };
	struct octets		o[NOBJECTS];
	struct buf		b[NOBJECTS];
	struct err		why = ERR_INIT;
	size_t			i;
	int			rc = 0;

	for (i = 0; i < NOBJECTS; i++)
		buf_init(&b[i], LIMIT_CA_OBJECT);
	for (i = 0; i < NOBJECTS && rc == 0; i++) {
		rc = object(of, names[i], &b[i], e);
		o[i] = buf_octets(&b[i]);
	}
	if (rc != 0)
		goto out;
	spec.anchors = &o[ROOT];
	spec.nanchors = 1;
	spec.nmarking = 1;
	spec.between = &o[PROVINCE];
	spec.nbetween = 1;
	spec.crls = &o[PROVINCE_LIST];
	spec.ncrls = b[ROOT_LIST].len > 0 ? 2 : 1;
	if (chain_verify(o[MAKER], &spec, NULL, &why) != 0)
		rc = err_set_id(e, ERR_BUSY, "maker-certificate", "no seal is "
		    "made: %s [%s]", why.text, why.id);
out:
	for (i = 0; i < NOBJECTS; i++)
		buf_fini(&b[i]);
	return rc;
}
