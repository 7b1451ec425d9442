#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "registry/ca_folder.h"
#include "registry/config.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_ocsp.h"
#include "registry/office/office_own.h"
#include "registry/revoked.h"

#define LIMIT_FILE	LIMIT_CERT

static int
read_file(struct office *of, const char *name, struct buf *out,
    struct err *e)
{
	char	*path = xasprintf("%s/ca/%s", of->cf->dir, name);
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	buf_reset(out);
	if ((rc = file_read(path, LIMIT_FILE, &p, &n, e)) == 0)
		buf_put(out, p, n);
	free(p);
	free(path);
	return rc;
}

/* ---- authorities */

static int
add_authority(struct office *of, const char *name, struct err *e)
{
	struct cert	*c = NULL;
	struct err	 gone = ERR_INIT;
	struct buf	 b;
	uint8_t		 id[CERT_KEY_ID];
	unsigned	 first;
	int		 rc;

	buf_init(&b, LIMIT_FILE);
	if ((rc = read_file(of, name, &b, &gone)) == ERR_NOTFOUND) {
		rc = 0;
		goto out;
	}
	if (rc != 0) {
		*e = gone;
		goto out;
	}
	if ((rc = cert_parse(buf_octets(&b), &c, e)) != 0 ||
	    !cert_key_id(c, id) ||
	    (rc = ca_folder_shard(of->cf->dir, id, &first, e)) != 0)
		goto out;
	const struct val	v[] = { val_blob(OCTETS(id, sizeof(id))),
				    val_int(first) };
	rc = store_run(of->st, STMT_OFFICE_AUTHORITY_ADD, v, 2, NULL, e);
out:
	cert_free(c);
	buf_fini(&b);
	return rc;
}

/* Was it issued by one of them?  Then *shard is the first of its parts. */
static int
find_authority(struct office *of, const struct cert *c, bool *is,
    int64_t *shard, struct err *e)
{
	struct query	*q = NULL;
	struct val	 v;
	uint8_t		 id[CERT_KEY_ID];
	int		 rc;

	*is = false;
	*shard = 0;
	if (!cert_issuer_key_id(c, id))
		return 0;
	v = val_blob(OCTETS(id, sizeof(id)));
	if ((rc = store_query(of->st, STMT_OFFICE_AUTHORITY_GET, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, is, e)) == 0 && *is)
		*shard = query_int(q, 0);
	query_done(q);
	return rc;
}

/* ---- certificates */

/* The part of the list that it names: province.crl, province-N.crl. */
static int64_t
shard_named(const char *url, int64_t preset)
{
	const char	*file = strrchr(url, '/');
	char		 name[CRL_NAME_SIZE];
	unsigned long	 n;

	if (file == NULL)
		return preset;
	if (strcmp(++file, CA_PROVINCE_CRL) == 0)
		return 0;
	if (strncmp(file, "province-", 9) != 0)
		return preset;
	n = strtoul(file + 9, NULL, 10);
	office_crl_name((unsigned)n, name);
	return strcmp(name, file) == 0 ? (int64_t)n : preset;
}

static int
add_certificate(void *arg, const char *name, struct err *e)
{
	struct office		*of = arg;
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	struct buf		 b;
	int64_t			 shard;
	size_t			 zeros;
	bool			 is;
	int			 rc;

	buf_init(&b, LIMIT_FILE);
	if ((rc = read_file(of, name, &b, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b), &c, e)) != 0 ||
	    (rc = find_authority(of, c, &is, &shard, e)) != 0 || !is)
		goto out;
	f = cert_facts(c);
	zeros = f->seriallen > 1 && f->serial[0] == 0;
	const struct val	v[] = {
		    val_blob(OCTETS(f->serial + zeros, f->seriallen - zeros)),
		    val_int(shard_named(f->crl_url, shard)),
		    val_int(f->not_after) };
	if ((rc = store_run(of->st, STMT_OFFICE_OWN_ADD, v, 3, NULL,
	    e)) == 0)
		rc = office_ocsp_add(of, cert_der(c), e);
out:
	cert_free(c);
	buf_fini(&b);
	return rc;
}

/* ---- revocations */

/* "SERIAL.revoked", by its one spelling, the serial without zeros in front. */
static bool
serial_of(const char *name, uint8_t out[CERT_SERIAL_MAX + 1], size_t *n)
{
	const size_t	 len = strcspn(name, ".");
	size_t		 zeros;

	*n = len / 2;
	if (len == 0 || len % 2 != 0 || *n > CERT_SERIAL_MAX + 1 ||
	    !hex_decode(name, len, out, *n))
		return false;
	zeros = *n > 1 && out[0] == 0;
	*n -= zeros;
	memmove(out, out + zeros, *n);
	return true;
}

static int
add_revocation(void *arg, const char *name, struct err *e)
{
	struct office	*of = arg;
	struct revoked	 r;
	struct buf	 b;
	uint8_t		 serial[CERT_SERIAL_MAX + 1];
	size_t		 n;
	int		 rc;

	buf_init(&b, LIMIT_FILE);
	if ((rc = read_file(of, name, &b, e)) != 0 ||
	    (rc = revoked_parse(name, buf_octets(&b), &r, e)) != 0)
		goto out;
	if (!serial_of(name, serial, &n)) {
		rc = err_set_id(e, ERR_INVAL, "bad-revocation",
		    "ca/%s is not called by a serial number", name);
		goto out;
	}
	const struct val	v[] = { val_blob(OCTETS(serial, n)),
				    val_int(r.at), val_int(r.reason) };
	rc = store_run(of->st, STMT_OFFICE_OWN_REVOKE, v, 3, NULL, e);
out:
	buf_fini(&b);
	return rc;
}

int
office_own_load(struct office *of, struct err *e)
{
	int	rc;

	if ((rc = add_authority(of, CA_PROVINCE_OLD_CRT, e)) != 0 ||
	    (rc = add_authority(of, CA_PROVINCE_CRT, e)) != 0 ||
	    (rc = ca_folder_each(of->cf->dir, ".crt", add_certificate, of,
	    e)) != 0)
		return rc;
	return ca_folder_each(of->cf->dir, ".revoked", add_revocation, of, e);
}
