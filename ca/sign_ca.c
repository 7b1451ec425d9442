#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/authority.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "schema/msg.pb-c.h"

/*
 * What the authority signs on request: certificates of signers and its CRL.
 * The to-be-signed octets are built here, from fields that were checked.
 */

static int
cert_of(const struct keyring *kr, enum key_slot slot, const struct cert **c,
    struct err *e)
{

	if ((*c = keyring_cert(kr, slot)) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-certificate",
		    "the keyring has no certificate of %s",
		    key_slot_name(slot));
	return 0;
}

static const char *
or_null(const char *s)
{

	return s == NULL || s[0] == '\0' ? NULL : s;
}

static int
signer_check(const IssueSigner *rq, struct err *e)
{

	if (rq->serial.len != CERT_SERIAL_LEN)
		return err_set(e, ERR_INVAL, "issue: serial of %zu octets",
		    rq->serial.len);
	if (rq->public_key.len != 0 && rq->public_key.len != SM2_POINT_LEN)
		return err_set(e, ERR_INVAL, "issue: public key of %zu octets",
		    rq->public_key.len);
	if (rq->not_after == 0)
		return err_set(e, ERR_INVAL, "issue: no end date");
	if (rq->person.len != 0 && rq->person.len != SM3_LEN)
		return err_set(e, ERR_INVAL, "issue: commitment of %zu "
		    "octets", rq->person.len);
	return 0;
}

/*
 * Who answers for the authority is where its list is: URL/ca/province.crl and
 * URL/ocsp.  Makers' certificates of before there was OCSP do not say.
 */
static int
ocsp_url_of(const char *crl_url, char out[CERT_URL_MAX], struct err *e)
{
	const char	*p = crl_url == NULL ? NULL : strstr(crl_url, "/ca/");
	int		 n;

	out[0] = '\0';
	if (p == NULL)
		return 0;
	n = snprintf(out, CERT_URL_MAX, "%.*s/ocsp", (int)(p - crl_url),
	    crl_url);
	return n < CERT_URL_MAX ? 0 : err_set(e, ERR_TOOBIG,
	    "issue: the URL of OCSP is too long");
}

/*
 * Where part shard of the authority's list is; "" where nobody says.  The
 * maker's certificate names its own part, "-N.crl".
 */
static int
list_url(const struct cert *maker, unsigned shard, char out[CERT_URL_MAX],
    struct err *e)
{
	const char	*mine = cert_facts(maker)->crl_url;
	const char	*dash = strrchr(mine, '-');
	char		 whole[CERT_URL_MAX];

	out[0] = '\0';
	if (mine[0] == '\0' && shard == 0)
		return 0;
	if (dash == NULL || dash[1] == '.' || strcmp(dash + 1 +
	    strspn(dash + 1, "0123456789"), ".crl") != 0)
		return crl_part_url(mine, shard, out, e);
	(void)snprintf(whole, sizeof(whole), "%.*s.crl", (int)(dash - mine),
	    mine);
	return crl_part_url(whole, shard, out, e);
}

int
sign_issue_signer(const struct keyring *kr, struct octets request,
    struct buf *reply, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const IssueSigner	*rq;
	IssuedSigner		 rs = ISSUED_SIGNER__INIT;
	struct cert_spec	 spec;
	const struct cert	*ca, *maker;
	enum key_slot		 slot;
	struct buf		 der, wrapped;
	uint8_t			 point[SM2_POINT_LEN];
	char			 ocsp[CERT_URL_MAX], list[CERT_URL_MAX];
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	buf_init(&wrapped, LIMIT_WRAPPED_KEY);
	if ((rc = msg_unpack(&issue_signer__descriptor, request, &m,
	    e)) != 0)
		goto out;
	rq = (const IssueSigner *)m;
	if ((rc = signer_check(rq, e)) != 0 ||
	    (rc = authority_find(kr, OCTETS(rq->authority.data,
	    rq->authority.len), &slot, &ca, e)) != 0 ||
	    (rc = cert_of(kr, KEY_MAKER, &maker, e)) != 0)
		goto out;
	if (rq->public_key.len > 0)
		memcpy(point, rq->public_key.data, sizeof(point));
	else if ((rc = key_make_wrapped(kr, point, &wrapped, e)) != 0)
		goto out;

	/* Maker and signer have one issuer: where its CRL is, is said there. */
	memset(&spec, 0, sizeof(spec));
	spec.profile = rq->person.len > 0 ? CERT_PERSON : CERT_SIGNER;
	spec.person = rq->person.len > 0 ? rq->person.data : NULL;
	spec.serial = rq->serial.data;
	spec.subject.common_name = rq->common_name;
	spec.subject.organisation = rq->organisation;
	spec.credit_code = or_null(rq->credit_code);
	spec.not_before = rq->not_before;
	spec.not_after = rq->not_after;
	spec.point = point;
	spec.point_checked = rq->public_key.len == 0;
	if ((rc = list_url(maker, rq->shard, list, e)) != 0)
		goto out;
	spec.crl_url = or_null(list);
	spec.ca_url = or_null(cert_facts(maker)->ca_url);
	if ((rc = ocsp_url_of(spec.crl_url, ocsp, e)) != 0)
		goto out;
	spec.ocsp_url = or_null(ocsp);
	if ((rc = cert_issue(&spec, ca, kr, slot, &der, e)) != 0)
		goto out;
	rs.certificate.data = der.p;
	rs.certificate.len = der.len;
	rs.wrapped_key.data = wrapped.p;
	rs.wrapped_key.len = wrapped.len;
	msg_put(&rs.base, reply);
	rc = 0;
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&wrapped);
	buf_fini(&der);
	return rc;
}

static int
entries_of(const IssueCrl *rq, struct crl_entry *all, struct err *e)
{
	const RevokedCertificate	*r;
	size_t				 i;

	for (i = 0; i < rq->n_revoked; i++) {
		r = rq->revoked[i];
		if (r->serial.len == 0 || r->serial.len > CERT_SERIAL_MAX)
			return err_set(e, ERR_INVAL, "CRL: serial of %zu "
			    "octets", r->serial.len);
		memcpy(all[i].serial, r->serial.data, r->serial.len);
		all[i].seriallen = r->serial.len;
		all[i].revoked_at = r->revoked_at;
		all[i].reason = r->reason;
	}
	return 0;
}

int
sign_issue_crl(const struct keyring *kr, struct octets request,
    struct buf *reply, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const IssueCrl		*rq;
	IssuedCrl		 rs = ISSUED_CRL__INIT;
	struct crl_entry	*all = NULL;
	struct crl_spec		 spec;
	const struct cert	*ca, *maker;
	enum key_slot		 slot;
	struct buf		 der;
	char			 url[CERT_URL_MAX];
	int			 rc;

	buf_init(&der, LIMIT_CRL);
	if ((rc = msg_unpack(&issue_crl__descriptor, request, &m, e)) != 0)
		goto out;
	rq = (const IssueCrl *)m;
	all = xcalloc(rq->n_revoked + 1, sizeof(*all));
	if ((rc = entries_of(rq, all, e)) != 0 ||
	    (rc = authority_find(kr, OCTETS(rq->authority.data,
	    rq->authority.len), &slot, &ca, e)) != 0 ||
	    (rc = cert_of(kr, KEY_MAKER, &maker, e)) != 0 ||
	    (rc = list_url(maker, rq->shard, url, e)) != 0)
		goto out;
	if (rq->shard > 0 && !rq->part) {
		rc = err_set(e, ERR_INVAL, "CRL: part %u of the whole",
		    rq->shard);
		goto out;
	}
	spec.url = rq->part ? url : NULL;
	spec.entries = all;
	spec.nentries = rq->n_revoked;
	spec.number = rq->number;
	spec.this_update = rq->this_update;
	spec.next_update = rq->next_update;
	if ((rc = crl_issue(&spec, ca, kr, slot, &der, e)) != 0)
		goto out;
	rs.crl.data = der.p;
	rs.crl.len = der.len;
	msg_put(&rs.base, reply);
	rc = 0;
out:
	free(all);
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&der);
	return rc;
}
