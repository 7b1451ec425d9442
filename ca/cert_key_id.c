#include <string.h>

#include <openssl/x509v3.h>

#include "ca/cert.h"

static bool
take_id(const ASN1_OCTET_STRING *s, uint8_t id[CERT_KEY_ID])
{

	memset(id, 0, CERT_KEY_ID);
	if (s == NULL || ASN1_STRING_length(s) != CERT_KEY_ID)
		return false;
	memcpy(id, ASN1_STRING_get0_data(s), CERT_KEY_ID);
	return true;
}

bool
cert_key_id(const struct cert *c, uint8_t id[CERT_KEY_ID])
{

	return take_id(X509_get0_subject_key_id(cert_x509_keyless(c)), id);
}

bool
cert_issuer_key_id(const struct cert *c, uint8_t id[CERT_KEY_ID])
{

	return take_id(X509_get0_authority_key_id(cert_x509_keyless(c)), id);
}

bool
cert_is_cross(const struct cert *c)
{
	uint8_t	by[CERT_KEY_ID], id[CERT_KEY_ID];

	return cert_facts(c)->self_issued && cert_issuer_key_id(c, by) &&
	    cert_key_id(c, id) && memcmp(by, id, sizeof(id)) != 0;
}
