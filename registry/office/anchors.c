#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/file.h"
#include "registry/config.h"
#include "registry/office/anchors.h"

static int
bad(struct err *e, const char *path, const char *why)
{
	return err_set_id(e, ERR_INVAL, "bad-external-ca",
	    "licensed body: %.100s: %.100s", path, why);
}

/* An authority on SM2 that has not ended. */
static int
check(struct octets der, const char *path, int64_t now, struct err *e)
{
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	struct err		 why = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	if (cert_parse(der, &c, &why) != 0)
		return bad(e, path, why.text);
	f = cert_facts(c);
	if (!f->is_ca || !f->may_issue)
		rc = bad(e, path, "one of its certificates is no authority's");
	else if (!f->sm2_signed || cert_point(c, point, NULL) != 0)
		rc = bad(e, path, "an authority that is not on SM2");
	else if (f->not_after < now)
		rc = bad(e, path, "the certificate of an authority has ended");
	else
		rc = 0;
	cert_free(c);
	return rc;
}

int
anchors_read(const char *path, int64_t now, struct buf *der, struct err *e)
{
	struct err	 why = ERR_INIT;
	struct cursor	 c;
	struct buf	 one;
	uint8_t		*p = NULL;
	size_t		 n, count = 0;
	int		 rc = 0;

	buf_init(&one, LIMIT_CERT);
	if (file_read(path, 2 * LIMIT_ANCHORS_DER, &p, &n, &why) != 0) {
		rc = bad(e, path, why.text);
		goto out;
	}
	c = cursor_of(p, n);
	for (;;) {
		buf_reset(&one);
		if (cert_unpem_next(&c, "CERTIFICATE", &one, NULL) != 0)
			break;
		if (++count > LIMIT_ANCHORS) {
			rc = bad(e, path, "over 8 certificates");
			goto out;
		}
		if ((rc = check(buf_octets(&one), path, now, e)) != 0)
			goto out;
		buf_put_octets(der, buf_octets(&one));
	}
	if (count == 0)
		rc = bad(e, path, "no certificate in PEM");
out:
	free(p);
	buf_fini(&one);
	return rc;
}

int
anchors_load(const struct config *cf, int64_t now, struct buf *der,
    struct err *e)
{
	char	*path;
	int	 rc;

	if (cf->external_ca[0] == '\0')
		return 0;
	path = config_path(cf, cf->external_ca);
	rc = anchors_read(path, now, der, e);
	free(path);
	return rc;
}

size_t
anchors_list(struct octets der, struct octets out[LIMIT_ANCHORS])
{
	struct cursor	c = cursor_of(der.p, der.len);
	struct der	d;
	size_t		n = 0;

	while (n < LIMIT_ANCHORS && cursor_left(&c) > 0 &&
	    der_next(&c, &d, "", NULL) == 0)
		out[n++] = d.tlv;
	return n;
}

int
anchors_get(struct office *of, struct buf *der, struct err *e)
{
	const struct val	 v = val_text(CA_EXTERNAL);
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CA_GET, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row)
		buf_put_octets(der, query_blob(q, 0));
	query_done(q);
	if (rc == 0 && der->len == 0)
		rc = err_set_id(e, ERR_CONFLICT, "no-external-ca", "no "
		    "authority of a licensed body is configured: external_ca");
	return rc;
}
