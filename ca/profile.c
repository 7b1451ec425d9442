#include "ca/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/tables.h"

#define OID(S)	{ .p = (const uint8_t *)(S), .len = sizeof(S) - 1 }
#define DAY	86400

#define NCOLUMNS	12

enum column {
	C_NAME = 0, C_PATH_LEN, C_DAYS, C_USAGE, C_EKU, C_CRL, C_CA_URL,
	C_OCSP, C_NO_CHECK, C_CREDIT, C_PERSON, C_DNS
};

#define ROW(...)	{ __VA_ARGS__ },
static const char *const rows[][NCOLUMNS] = { PROFILES_TSV(ROW) };
#undef ROW
#define NROWS	(sizeof(rows) / sizeof(rows[0]))
_Static_assert(NROWS == CERT_END - 1, "a row for each enum cert_profile");

static const struct {
	const char	*name;
	struct octets	 oid;
	bool		 critical;
} exts[EXT_COUNT] = {
	[EXT_BASIC]	 = { "basicConstraints", OID("\x55\x1d\x13"), true },
	[EXT_USAGE]	 = { "keyUsage", OID("\x55\x1d\x0f"), true },
	[EXT_SKI]	 = { "subjectKeyIdentifier", OID("\x55\x1d\x0e"),
	    false },
	[EXT_AKI]	 = { "authorityKeyIdentifier", OID("\x55\x1d\x23"),
	    false },
	[EXT_EKU]	 = { "extKeyUsage", OID("\x55\x1d\x25"), false },
	[EXT_CRL_POINTS] = { "cRLDistributionPoints", OID("\x55\x1d\x1f"),
	    false },
	[EXT_AIA]	 = { "authorityInfoAccess",
	    OID("\x2b\x06\x01\x05\x05\x07\x01\x01"), false },
	[EXT_NO_CHECK]	 = { "ocsp-nocheck",
	    OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x05"), false },
	/* GM/T 0015-2023; domain of identity extensions */
	[EXT_CREDIT]	 = { "credit code", OID("\x2a\x81\x1c\xd0\x14\x04\x04"),
	    false },
	[EXT_PERSON]	 = { "person commitment",
	    OID("\x2a\x81\x1c\xd0\x14\x04\x01\x01"), false },
	[EXT_SAN]	 = { "subjectAltName", OID("\x55\x1d\x11"), false },
};

static const struct {
	const char	*word;
	struct octets	 oid;
} purposes[] = {
	{ "serverAuth", OID("\x2b\x06\x01\x05\x05\x07\x03\x01") },
	{ "clientAuth", OID("\x2b\x06\x01\x05\x05\x07\x03\x02") },
	{ "timeStamping", OID("\x2b\x06\x01\x05\x05\x07\x03\x08") },
	/* RFC 9336 */
	{ "documentSigning", OID("\x2b\x06\x01\x05\x05\x07\x03\x24") },
	{ "sealMaking", OID(OID_SEAL_MAKING) },
	{ "OCSPSigning", OID("\x2b\x06\x01\x05\x05\x07\x03\x09") },
};

/* Bits of KeyUsage, first is bit 0 (RFC 5280, 4.2.1.3). */
static const char *const usages[] = {
	"digitalSignature", "nonRepudiation", "keyEncipherment",
	"dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign"
};
#define NUSAGES	(sizeof(usages) / sizeof(usages[0]))

/* Read once; what is wrong in it is our own fault. */
static struct profile	profiles[CERT_END];
static bool		profiles_read;

static bool
word_is(const char *s, size_t n, const char *word)
{

	return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* DER of a named bit list: no trailing zero bits (X.690, 11.2.2). */
static void
read_usage(const char *s, struct profile *p)
{
	unsigned	 last = 0;
	uint8_t		 bits = 0;
	size_t		 i, n;

	for (; *s != '\0'; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		for (i = 0; i < NUSAGES && !word_is(s, n, usages[i]); i++)
			;
		assert(i < NUSAGES);
		bits = (uint8_t)(bits | 0x80u >> i);
		if (i > last)
			last = (unsigned)i;
	}
	assert(bits != 0);
	p->usage[0] = (uint8_t)(7 - last);
	p->usage[1] = bits;
	p->usagelen = 2;
}

static void
read_purposes(const char *s, struct profile *p)
{
	const size_t	 all = sizeof(purposes) / sizeof(purposes[0]);
	size_t		 i, n;

	if (strcmp(s, "-") == 0)
		return;
	for (; *s != '\0' && *s != '!'; s += n + (s[n] == ' ')) {
		n = strcspn(s, " !");
		for (i = 0; i < all && !word_is(s, n, purposes[i].word); i++)
			;
		assert(i < all && p->neku < PROFILE_EKU_MAX);
		p->eku[p->neku++] = purposes[i].oid;
	}
	p->eku_critical = *s == '!';
	p->ext[EXT_EKU] = EXT_MUST;
}

static enum ext_rule
read_rule(const char *s)
{

	if (strcmp(s, "must") == 0)
		return EXT_MUST;
	if (strcmp(s, "may") == 0)
		return EXT_MAY;
	assert(strcmp(s, "-") == 0);
	return EXT_NEVER;
}

static void
read_row(const char *const *row, struct profile *p)
{

	p->name = row[C_NAME];
	p->ca = strcmp(row[C_PATH_LEN], "-") != 0;
	p->path_len = (unsigned)strtoul(row[C_PATH_LEN], NULL, 10);
	p->span = strtoll(row[C_DAYS], NULL, 10) * DAY;
	assert(p->span > 0);
	read_usage(row[C_USAGE], p);
	read_purposes(row[C_EKU], p);
	p->ca_url = read_rule(row[C_CA_URL]);
	p->ocsp_url = read_rule(row[C_OCSP]);
	p->ext[EXT_BASIC] = p->ca ? EXT_MUST : EXT_NEVER;
	p->ext[EXT_USAGE] = EXT_MUST;
	p->ext[EXT_SKI] = EXT_MUST;
	p->ext[EXT_AKI] = EXT_MUST;
	p->ext[EXT_CRL_POINTS] = read_rule(row[C_CRL]);
	p->ext[EXT_AIA] = p->ca_url > p->ocsp_url ? p->ca_url : p->ocsp_url;
	p->ext[EXT_NO_CHECK] = read_rule(row[C_NO_CHECK]);
	p->ext[EXT_CREDIT] = read_rule(row[C_CREDIT]);
	p->ext[EXT_PERSON] = read_rule(row[C_PERSON]);
	p->ext[EXT_SAN] = read_rule(row[C_DNS]);
}

const struct profile *
profile_of(enum cert_profile p)
{
	size_t	 i;

	if (!profiles_read) {
		for (i = 0; i < NROWS; i++)
			read_row(rows[i], &profiles[i + 1]);
		profiles_read = true;
	}
	return p > CERT_NONE && p < CERT_END ? &profiles[p] : NULL;
}

enum cert_profile
profile_named(const char *name)
{
	size_t	 i;

	for (i = 0; i < NROWS; i++)
		if (strcmp(rows[i][C_NAME], name) == 0)
			return (enum cert_profile)(i + 1);
	return CERT_NONE;
}

struct octets
cert_ext_oid(enum cert_ext x)
{

	return exts[x].oid;
}

const char *
cert_ext_name(enum cert_ext x)
{

	return exts[x].name;
}

bool
cert_ext_critical(const struct profile *p, enum cert_ext x)
{

	return x == EXT_EKU ? p->eku_critical : exts[x].critical;
}
