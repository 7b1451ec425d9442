#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/text.h"
#include "ca/cert.h"
#include "filing/code.h"
#include "filing/life.h"
#include "filing/maker.h"
#include "filing/seal.h"
#include "schema/msg.pb-c.h"

static int
refuse(struct err *e, const char *what)
{
	return err_set_id(e, ERR_INVAL, "bad-seal-request",
	    "seal request: %s", what);
}

/*
 * The recorder may have been taken over: what it asks for must at least be a
 * seal, for a certificate that names this very seal.
 */
static int
check_request(const SignSeal *q, struct err *e)
{
	struct octets	 cn;
	int		 rc;

	if (seal_code_check(q->seal_code, NULL) != 0 ||
	    strlen(q->seal_code) != 14)
		return refuse(e, "the code is not 14 digits");
	if (seal_type_word(q->seal_type) == NULL)
		return refuse(e, "unknown seal type");
	if (q->seal_name[0] == '\0' || !text_is_name(q->seal_name))
		return refuse(e, "the name is none");
	if (q->created > q->valid_from || q->valid_from >= q->valid_until)
		return refuse(e, "its dates run backwards");
	if (strcmp(q->picture_type, "PNG") != 0 || q->picture.len == 0 ||
	    q->picture.len > LIMIT_SEAL / 2 || q->width_mm == 0 ||
	    q->width_mm > 100 || q->height_mm == 0 || q->height_mm > 100)
		return refuse(e, "the picture is none");
	if ((rc = cert_common_name(OCTETS(q->certificate.data,
	    q->certificate.len), &cn, e)) != 0)
		return rc;
	if (cn.len != strlen(q->seal_code) ||
	    memcmp(cn.p, q->seal_code, cn.len) != 0)
		return refuse(e, "the certificate names another seal");
	return 0;
}

/* eSealInfo from the request. */
static void
build_info(const SignSeal *q, struct buf *info)
{
	struct seal_spec	spec = {
		.seal_code = q->seal_code, .type = q->seal_type,
		.name = q->seal_name,
		.certificate = OCTETS(q->certificate.data,
		    q->certificate.len),
		.created = q->created, .valid_start = q->valid_from,
		.valid_end = q->valid_until,
		.picture_type = q->picture_type,
		.picture = OCTETS(q->picture.data, q->picture.len),
		.width = q->width_mm, .height = q->height_mm,
	};

	seal_info_encode(&spec, info);
}

static void
pack_reply(struct buf *seal, struct buf *reply)
{
	SignedSeal	m = SIGNED_SEAL__INIT;
	uint8_t		*p;
	size_t		 n;

	m.seal.data = seal->p;
	m.seal.len = seal->len;
	n = signed_seal__get_packed_size(&m);
	p = xmalloc(n + 1);
	(void)signed_seal__pack(&m, p);
	buf_put(reply, p, n);
	free(p);
}

int
sign_seal(const struct keyring *kr, struct octets request, struct buf *reply,
    struct err *e)
{
	struct octets		 maker = keyring_certificate(kr, KEY_MAKER);
	ProtobufCMessage	*m = NULL;
	uint8_t			 sig[SM2_SIG_LEN];
	struct buf		 info, seal;
	int			 rc;

	buf_init(&info, LIMIT_SEAL);
	buf_init(&seal, LIMIT_SEAL);
	if ((rc = msg_unpack(&sign_seal__descriptor, request, &m, e)) != 0 ||
	    (rc = check_request((const SignSeal *)m, e)) != 0)
		goto out;
	if (maker.len == 0) {
		rc = err_set(e, ERR_CRYPTO, "no maker's certificate");
		goto out;
	}
	build_info((const SignSeal *)m, &info);
	if (!buf_ok(&info)) {
		rc = refuse(e, "longer than a seal may be");
		goto out;
	}
	if ((rc = key_sign(kr, KEY_MAKER, buf_octets(&info), sig, e)) != 0)
		goto out;
	seal_encode(buf_octets(&info), maker, sig, &seal);
	if (!buf_ok(&seal)) {
		rc = refuse(e, "longer than a seal may be");
		goto out;
	}
	pack_reply(&seal, reply);

	rc = 0;
out:
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&seal);
	buf_fini(&info);
	return rc;
}
