#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/code.h"
#include "registry/ca_folder.h"
#include "registry/found/folder.h"
#include "registry/found/leaf.h"

#define DAY	86400

int
leaf_province_name(const char *province, int64_t now, const char **name,
    struct err *e)
{
	char	code[7];

	if (strlen(province) != 2)
		return err_set_id(e, ERR_INVAL, "unknown-division",
		    "a province is two digits, not \"%s\"", province);
	(void)snprintf(code, sizeof(code), "%s0000", province);
	if ((*name = division_name(code, now)) == NULL)
		return err_set_id(e, ERR_INVAL, "unknown-division",
		    "there is no province %s (GB/T 2260)", province);
	return 0;
}

int
leaf_urls_init(struct leaf_urls *u, const struct config *cf,
    const struct cert *authority, struct err *e)
{
	uint8_t		id[CERT_KEY_ID];
	unsigned	shard = 0;
	int		rc;

	u->crl = u->ocsp = NULL;
	if (cert_key_id(authority, id) &&
	    (rc = ca_folder_shard(cf->dir, id, &shard, e)) != 0)
		return rc;
	u->crl = shard == 0 ? xasprintf("%s/ca/province.crl", cf->url) :
	    xasprintf("%s/ca/province-%u.crl", cf->url, shard);
	u->ocsp = xasprintf("%s/ocsp", cf->url);
	return 0;
}

void
leaf_urls_fini(struct leaf_urls *u)
{

	free(u->crl);
	free(u->ocsp);
	u->crl = u->ocsp = NULL;
}

int
leaf_make(struct keyring *kr, const struct leaf_spec *ls, enum key_slot slot,
    struct err *e)
{
	const struct config	*cf = ls->cf;
	struct cert_spec	 spec;
	struct buf		 der;
	uint8_t			 point[SM2_POINT_LEN];
	struct leaf_urls	 urls;
	char			*ca_url, *cn, *file;
	int			 rc;

	if ((rc = leaf_urls_init(&urls, cf, ls->authority, e)) != 0)
		return rc;

	buf_init(&der, LIMIT_CERT);
	memset(&spec, 0, sizeof(spec));
	ca_url = xasprintf("%s/ca/province.crt", cf->url);
	cn = xasprintf("%s %s", slot == KEY_TSA ? "Time-Stamp Authority" :
	    "Seal Maker", cf->province);
	file = xasprintf("ca/%s.crt", key_slot_name(slot));
	spec.profile = slot == KEY_TSA ? CERT_TSA : CERT_MAKER;
	spec.subject.common_name = cn;
	spec.not_before = ls->now;
	spec.not_after = ls->days == 0 ? 0 : ls->now + ls->days * DAY;
	spec.point = point;
	spec.crl_url = urls.crl;
	spec.ca_url = ca_url;
	spec.ocsp_url = urls.ocsp;
	if ((rc = leaf_province_name(cf->province, ls->now,
	    &spec.subject.organisation, e)) != 0 ||
	    (rc = keyring_point(kr, slot, point, e)) != 0 ||
	    (rc = cert_issue(&spec, ls->authority, kr, KEY_AUTHORITY, &der,
	    e)) != 0 ||
	    (rc = keyring_set_certificate(kr, slot, buf_octets(&der),
	    e)) != 0)
		goto out;
	rc = folder_write(ls->dir, file, buf_octets(&der), 0644, e);
out:
	free(file);
	free(cn);
	free(ca_url);
	leaf_urls_fini(&urls);
	buf_fini(&der);
	return rc;
}
