#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/x509.h"

#define OID_SM2_SM3	"1.2.156.10197.1.501"
#define OID_SM2_CURVE	"1.2.156.10197.1.301"

int
x509_frame_read(struct octets der, struct x509_frame *f, struct err *e)
{
	struct cursor	 all = cursor_of(der.p, der.len), in;
	struct der	 d, tbs, alg, sig;
	int		 rc;

	memset(f, 0, sizeof(*f));
	if ((rc = der_check(der, e)) != 0 ||
	    (rc = der_expect(&all, DER_SEQUENCE, &d, "signed object",
	    e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_SEQUENCE, &tbs, "signed part",
	    e)) != 0 ||
	    (rc = der_expect(&in, DER_SEQUENCE, &alg, "signatureAlgorithm",
	    e)) != 0 ||
	    (rc = der_expect(&in, DER_BIT_STRING, &sig, "signatureValue",
	    e)) != 0 || (rc = der_bits(&sig, &f->sig, e)) != 0 ||
	    (rc = der_end(&in, "signed object", e)) != 0)
		return rc;
	f->tbs = tbs.tlv;
	f->alg = alg.tlv;
	return 0;
}

int
x509_frame_verify(const struct x509_frame *f,
    const uint8_t point[SM2_POINT_LEN], struct err *e)
{
	struct sm2_pub	*pub = NULL;
	int		 rc;

	if ((rc = sm2_pub_new(point, &pub, e)) == 0)
		rc = sm2_verify_der(pub, f->tbs, f->sig, e);
	sm2_pub_free(pub);
	return rc == ERR_CRYPTO || rc == 0 ? rc : ERR_VERIFY;
}

static bool
obj_is(const ASN1_OBJECT *obj, const char *oid)
{
	char	 text[64];

	return OBJ_obj2txt(text, sizeof(text), obj, 1) > 0 &&
	    strcmp(text, oid) == 0;
}

bool
x509_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm	 tm;

	*out = 0;
	memset(&tm, 0, sizeof(tm));
	if (t == NULL || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

bool
x509_is_sm2_sm3(const X509_ALGOR *alg)
{
	const ASN1_OBJECT	*oid;
	int			 type;

	X509_ALGOR_get0(&oid, &type, NULL, alg);
	return obj_is(oid, OID_SM2_SM3) &&
	    (type == V_ASN1_UNDEF || type == V_ASN1_NULL);
}

int
x509_point(X509_PUBKEY *key, uint8_t point[SM2_POINT_LEN], struct err *e)
{
	const void	*value = NULL;
	ASN1_OBJECT	*oid;
	X509_ALGOR	*alg;
	const uint8_t	*p;
	int		 n, type;

	memset(point, 0, SM2_POINT_LEN);
	if (key == NULL || X509_PUBKEY_get0_param(&oid, &p, &n, &alg,
	    key) != 1)
		return err_set_crypto(e, "public key");
	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey ||
	    type != V_ASN1_OBJECT || !obj_is(value, OID_SM2_CURVE) ||
	    n != SM2_POINT_LEN || p[0] != 4)
		return err_set_id(e, ERR_FORMAT, "not-sm2", "public key is "
		    "not an uncompressed point of the SM2 curve");
	memcpy(point, p, SM2_POINT_LEN);
	return 0;
}

static int
put_name_of(struct buf *b, const X509_NAME *name, struct err *e)
{
	uint8_t	*p = NULL;
	int	 n;

	n = i2d_X509_NAME(name, &p);
	if (n <= 0)
		return err_set_crypto(e, "certificate: name");
	buf_put(b, p, (size_t)n);
	OPENSSL_free(p);
	return 0;
}

int
x509_put_subject_of(struct buf *b, const X509 *c, struct err *e)
{
	return put_name_of(b, X509_get_subject_name(c), e);
}

int
x509_put_issuer_of(struct buf *b, const X509 *c, struct err *e)
{
	return put_name_of(b, X509_get_issuer_name(c), e);
}

static bool
is_unsafe(uint32_t u)
{

	return u < 0x20 || (u >= 0x7f && u < 0xa0) || u == 0x61c ||
	    (u >= 0x200b && u <= 0x200f) || (u >= 0x2028 && u <= 0x202e) ||
	    (u >= 0x2060 && u <= 0x2069) || u == 0xfeff || u == 0xfffd;
}

void
x509_safe_text(const char *s, size_t n, char *out, size_t max)
{
	const char	*from, *p;
	char		*text;
	uint32_t	 u;
	size_t		 at, len;
	bool		 bad;

	/* Printable ASCII, which most of it is, stays as it is. */
	for (at = 0; at < n && at + 1 < max && s[at] >= 0x20 &&
	    s[at] < 0x7f; at++)
		out[at] = s[at];
	out[at] = '\0';
	if (at == n)
		return;
	p = text = xstrndup(s + at, n - at);
	while (from = p, (u = utf8_next(&p)) != 0) {
		bad = is_unsafe(u);
		len = bad ? 3 : (size_t)(p - from);
		if (at + len >= max)
			break;
		memcpy(out + at, bad ? "\xef\xbf\xbd" : from, len);
		at += len;
	}
	out[at] = '\0';
	free(text);
}

const char *
x509_short_text(const char *s, char out[X509_SHORT])
{
	static const char	dots[] = "\xe2\x80\xa6";	/* U+2026 */
	const size_t		n = strlen(s),
				half = (X509_SHORT - sizeof(dots)) / 2;
	size_t			head = half, tail;

	if (n < X509_SHORT) {
		memcpy(out, s, n + 1);
		return out;
	}
	/* Not before an octet that goes on with a character. */
	while (head > 0 && ((uint8_t)s[head] & 0xc0) == 0x80)
		head--;
	for (tail = n - half; ((uint8_t)s[tail] & 0xc0) == 0x80; tail++)
		;
	memcpy(out, s, head);
	memcpy(out + head, dots, sizeof(dots) - 1);
	memcpy(out + head + sizeof(dots) - 1, s + tail, n - tail + 1);
	return out;
}

void
x509_name_text(const X509_NAME *name, char *out, size_t max)
{
	BIO	*bio;
	char	*p;
	long	 n;

	out[0] = '\0';
	if ((bio = BIO_new(BIO_s_mem())) != NULL &&
	    X509_NAME_print_ex(bio, name, 0, (ASN1_STRFLGS_RFC2253 &
	    ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC |
	    XN_FLAG_FN_SN) >= 0 && (n = BIO_get_mem_data(bio, &p)) > 0)
		x509_safe_text(p, (size_t)n, out, max);
	ERR_clear_error();	/* a name that cannot be shown shows nothing */
	BIO_free(bio);
}

void
x509_name_part(const X509_NAME *name, int nid, char *out, size_t max)
{
	const X509_NAME_ENTRY	*ne;
	uint8_t			*utf8 = NULL;
	int			 i, n;

	out[0] = '\0';
	if ((i = X509_NAME_get_index_by_NID(name, nid, -1)) < 0 ||
	    (ne = X509_NAME_get_entry(name, i)) == NULL ||
	    (n = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(ne))) < 0) {
		ERR_clear_error();
		return;
	}
	x509_safe_text((char *)utf8, (size_t)n, out, max);
	OPENSSL_free(utf8);
}
