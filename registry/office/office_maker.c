#include <string.h>

#include "ca/cert.h"
#include "ca/chain.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_maker.h"

/* What the maker's certificate is judged by. */
enum { ROOT, ROOT_OLD, PROVINCE, PROVINCE_OLD, MAKER, ROOT_LIST,
    ROOT_OLD_LIST, MAKER_LIST, NOBJECTS };

static const char *const names[] = {
	[ROOT] = CA_ROOT_CRT, [ROOT_OLD] = CA_ROOT_OLD_CRT, [PROVINCE] = CA_PROVINCE_CRT,
	[PROVINCE_OLD] = CA_PROVINCE_OLD_CRT, [MAKER] = CA_MAKER_CRT,
	[ROOT_LIST] = CA_ROOT_CRL, [ROOT_OLD_LIST] = CA_ROOT_OLD_CRL
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

/* The part of the revocation list that it names. */
static int
list_of(struct office *of, struct octets maker, struct buf *out,
    struct err *e)
{
	struct cert	*c = NULL;
	const char	*file;
	int		 rc;

	if (cert_parse(maker, &c, NULL) != 0)
		return 0;	/* the chain's check says so */
	file = strrchr(cert_facts(c)->crl_url, '/');
	rc = object(of, file == NULL ? CA_PROVINCE_CRL : file + 1, out, e);
	cert_free(c);
	return rc;
}

/* Those that are there, one behind the other. */
static size_t
gather(const struct buf *b, const int *which, size_t n, struct octets *out)
{
	size_t	 i, k = 0;

	for (i = 0; i < n; i++)
		if (b[which[i]].len > 0)
			out[k++] = buf_octets(&b[which[i]]);
	return k;
}

int
office_maker_check(struct office *of, int64_t now, struct err *e)
{
	static const int	above[] = { PROVINCE, PROVINCE_OLD };
	static const int	roots[] = { ROOT, ROOT_OLD };
	static const int	lists[] = { MAKER_LIST, ROOT_LIST,
				    ROOT_OLD_LIST };
	struct chain_spec	spec = { .purpose = CHAIN_MAKE, .at = now,
				    .depth = 1, .need_crl = true };
	struct octets		anchors[2], between[2], crls[3];
	struct buf		b[NOBJECTS];
	struct err		why = ERR_INIT;
	size_t			i;
	int			rc = 0;

	for (i = 0; i < NOBJECTS; i++)
		buf_init(&b[i], LIMIT_CA_OBJECT);
	for (i = 0; i < MAKER_LIST && rc == 0; i++)
		rc = object(of, names[i], &b[i], e);
	if (rc != 0 || (rc = list_of(of, buf_octets(&b[MAKER]),
	    &b[MAKER_LIST], e)) != 0)
		goto out;
	spec.anchors = anchors;
	spec.nanchors = gather(b, roots, 2, anchors);
	spec.nmarking = spec.nanchors;
	spec.between = between;
	spec.nbetween = gather(b, above, 2, between);
	spec.crls = crls;
	spec.ncrls = gather(b, lists, 3, crls);
	if (chain_verify(buf_octets(&b[MAKER]), &spec, NULL, &why) != 0)
		rc = err_set_id(e, ERR_BUSY, "maker-certificate", "no seal is "
		    "made: %s [%s]", why.text, why.id);
out:
	for (i = 0; i < NOBJECTS; i++)
		buf_fini(&b[i]);
	return rc;
}
