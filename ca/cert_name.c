#include <string.h>

#include "base/der.h"
#include "ca/cert.h"

#define OID_COMMON_NAME	"\x55\x04\x03"

/* Take CN out of one RelativeDistinguishedName; *n counts them. */
static int
take_name(struct cursor *rdn, struct octets *cn, unsigned *n, struct err *e)
{
	struct cursor	 in;
	struct der	 attr, oid, value;
	int		 rc;

	while (cursor_left(rdn) > 0) {
		if ((rc = der_expect(rdn, DER_SEQUENCE, &attr, "attribute",
		    e)) != 0)
			return rc;
		in = der_inside(&attr);
		if ((rc = der_expect(&in, DER_OID, &oid, "attribute",
		    e)) != 0 ||
		    (rc = der_next(&in, &value, "attribute", e)) != 0)
			return rc;
		if (oid.val.len != 3 ||
		    memcmp(oid.val.p, OID_COMMON_NAME, 3) != 0)
			continue;
		if (value.tag != DER_UTF8 && value.tag != DER_PRINTABLE)
			return err_set(e, ERR_FORMAT, "the common name is "
			    "neither UTF8String nor PrintableString");
		*cn = value.val;
		(*n)++;
	}
	return 0;
}

/* The subject is the field behind version, serial, algorithm, issuer and
 * validity (RFC 5280, 4.1). */
static int
find_subject(struct octets tbs, struct der *subject, struct err *e)
{
	struct cursor	 c = cursor_of(tbs.p, tbs.len), in;
	struct der	 d;
	int		 i, rc;

	if ((rc = der_expect(&c, DER_SEQUENCE, &d, "certificate", e)) != 0)
		return rc;
	in = der_inside(&d);
	for (i = der_peek(&in) == DER_CTX0 ? -1 : 0; i < 4; i++)
		if ((rc = der_next(&in, &d, "certificate", e)) != 0)
			return rc;
	return der_expect(&in, DER_SEQUENCE, subject, "subject", e);
}

int
cert_common_name(struct octets der, struct octets *cn, struct err *e)
{
	struct x509_frame	 f;
	struct err		 why = ERR_INIT;
	struct cursor		 c, rdn;
	struct der		 d;
	unsigned		 n = 0;
	int			 rc;

	*cn = OCTETS(NULL, 0);
	if ((rc = x509_frame_read(der, &f, &why)) == 0 &&
	    (rc = find_subject(f.tbs, &d, &why)) == 0) {
		c = der_inside(&d);
		while (rc == 0 && cursor_left(&c) > 0)
			if ((rc = der_expect(&c, DER_SET, &d, "subject",
			    &why)) == 0) {
				rdn = der_inside(&d);
				rc = take_name(&rdn, cn, &n, &why);
			}
	}
	if (rc == 0 && n == 1)
		return 0;
	*cn = OCTETS(NULL, 0);
	return err_set_id(e, ERR_FORMAT, "bad-certificate", "certificate: %s",
	    rc != 0 ? why.text : "not one common name");
}
