#include <string.h>

#include "base/der.h"
#include "filing/seal.h"

/*
 * Writing: V4 (GB/T 38540-2020) and V5 (GM/T 0031-2025), DER, nothing optional
 * that says nothing.
 */

static void
put_header(struct buf *out, enum seal_generation g, const char *vid)
{
	size_t	mark = der_open(out, DER_SEQUENCE);

	der_put_text(out, DER_IA5, "ES");
	der_put_uint(out, g);
	der_put_text(out, DER_IA5, vid);
	der_close(out, mark);
}

void
seal_info_encode(const struct seal_spec *spec, struct buf *out)
{
	size_t	info, property, list, picture;

	info = der_open(out, DER_SEQUENCE);
	put_header(out, spec->generation, "sealreg");
	der_put_text(out, DER_IA5, spec->seal_code);
	property = der_open(out, DER_SEQUENCE);
	der_put_uint(out, spec->type);
	der_put_text(out, DER_UTF8, spec->name);
	der_put_uint(out, 1);
	list = der_open(out, DER_SEQUENCE);
	der_put(out, DER_OCTET_STRING, spec->certificate.p,
	    spec->certificate.len);
	der_close(out, list);
	der_put_gentime(out, spec->created);
	der_put_gentime(out, spec->valid_start);
	der_put_gentime(out, spec->valid_end);
	der_close(out, property);
	picture = der_open(out, DER_SEQUENCE);
	der_put_text(out, DER_IA5, spec->picture_type);
	der_put(out, DER_OCTET_STRING, spec->picture.p, spec->picture.len);
	der_put_uint(out, spec->width);
	der_put_uint(out, spec->height);
	der_close(out, picture);
	der_close(out, info);
}

void
seal_encode(struct octets info, struct octets maker_cert,
    const uint8_t sig[SM2_SIG_LEN], struct octets token, struct buf *out)
{
	uint8_t	der[SM2_DER_SIG_MAX];
	size_t	n = sm2_sig_to_der(sig, der), mark, stamp;

	mark = der_open(out, DER_SEQUENCE);
	buf_put_octets(out, info);
	der_put(out, DER_OCTET_STRING, maker_cert.p, maker_cert.len);
	der_put_oid(out, OCTETS(seal_oid_sm2_sm3, sizeof(seal_oid_sm2_sm3)));
	der_put_bits(out, der, n);
	if (token.len > 0) {
		stamp = der_open(out, DER_CTX0);
		der_put_bits(out, token.p, token.len);
		der_close(out, stamp);
	}
	der_close(out, mark);
}

static void
again_property(const struct seal *s, struct buf *out)
{
	size_t	property, list, obj, i;

	property = der_open(out, DER_SEQUENCE);
	der_put_uint(out, s->type);
	der_put(out, DER_UTF8, s->name.p, s->name.len);
	der_put_uint(out, s->cert_list_type);
	list = der_open(out, DER_SEQUENCE);
	for (i = 0; i < s->ncerts; i++) {
		if (s->cert_list_type == 1) {
			der_put(out, DER_OCTET_STRING, s->certs[i].p,
			    s->certs[i].len);
			continue;
		}
		obj = der_open(out, DER_SEQUENCE);
		der_put(out, DER_PRINTABLE, s->digest_types[i].p,
		    s->digest_types[i].len);
		der_put(out, DER_OCTET_STRING, s->certs[i].p,
		    s->certs[i].len);
		der_close(out, obj);
	}
	der_close(out, list);
	der_put_gentime(out, s->created);
	der_put_gentime(out, s->valid_start);
	der_put_gentime(out, s->valid_end);
	der_close(out, property);
}

static void
again_extensions(const struct seal *s, struct buf *out)
{
	static const uint8_t	yes = 0xff;
	size_t			mark, one, i;

	if (!s->has_ext)
		return;
	mark = der_open(out, DER_SEQUENCE);
	for (i = 0; i < s->next; i++) {
		one = der_open(out, DER_SEQUENCE);
		der_put_oid(out, s->ext[i].oid);
		if (s->ext[i].critical)
			der_put(out, DER_BOOLEAN, &yes, 1);
		der_put(out, DER_OCTET_STRING, s->ext[i].value.p,
		    s->ext[i].value.len);
		der_close(out, one);
	}
	der_close(out, mark);
}

void
seal_reencode(const struct seal *s, struct buf *out)
{
	size_t	whole, info, mark;

	whole = der_open(out, DER_SEQUENCE);
	info = der_open(out, DER_SEQUENCE);
	mark = der_open(out, DER_SEQUENCE);
	der_put(out, DER_IA5, s->id.p, s->id.len);
	der_put_uint(out, s->version);
	der_put(out, DER_IA5, s->vid.p, s->vid.len);
	der_close(out, mark);
	der_put(out, DER_IA5, s->es_id.p, s->es_id.len);
	again_property(s, out);
	mark = der_open(out, DER_SEQUENCE);
	der_put(out, DER_IA5, s->picture_type.p, s->picture_type.len);
	der_put(out, DER_OCTET_STRING, s->picture.p, s->picture.len);
	der_put_uint(out, s->width);
	der_put_uint(out, s->height);
	der_close(out, mark);
	again_extensions(s, out);
	der_close(out, info);
	der_put(out, DER_OCTET_STRING, s->cert.p, s->cert.len);
	der_put_oid(out, s->alg);
	der_put_bits(out, s->signature.p, s->signature.len);
	if (s->timestamp.len > 0) {
		mark = der_open(out, DER_CTX0);
		der_put_bits(out, s->timestamp.p, s->timestamp.len);
		der_close(out, mark);
	}
	der_close(out, whole);
}
