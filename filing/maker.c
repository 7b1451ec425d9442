#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/tsa.h"
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
	if ((q->generation != 0 && q->generation != SEAL_V5) ||
	    (q->generation == SEAL_V5) != (q->stamp != NULL))
		return refuse(e, "neither V4 nor V5 with a time-stamp");
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
		.generation = q->generation == SEAL_V5 ? SEAL_V5 : SEAL_V4,
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

/*
 * GM/T 0031-2025: before anything is assembled, the maker's certificate.  Here
 * what can be told without files; the recorder has looked for revocation.
 */
static int
check_maker(const struct keyring *kr, struct err *e)
{
	const struct cert	*c = keyring_cert(kr, KEY_MAKER);
	const struct cert	*by = keyring_cert(kr, KEY_AUTHORITY);
	const struct cert	*old = keyring_cert(kr, KEY_AUTHORITY_OLD);
	const struct cert_facts	*f = cert_facts(c);
	const int64_t		 now = tm_now();

	if (by == NULL || !f->may_sign || now < f->not_before ||
	    now > f->not_after || (cert_verify(c, by, NULL) != 0 &&
	    (old == NULL || cert_verify(c, old, NULL) != 0)))
		return err_set_id(e, ERR_CRYPTO, "maker-certificate",
		    "no seal is made: the maker's certificate is not valid "
		    "now, or not by this province's authority");
	return 0;
}

/* A time-stamp over the signature's DER, never before createDate. */
static int
stamp(const struct keyring *kr, const SignSeal *q,
    const uint8_t sig[SM2_SIG_LEN], struct buf *token, struct err *e)
{
	struct tsa_query	query = { .hash = TSA_SM3,
				    .certificate = true };
	struct tsa_spec		spec = { .query = &query,
				    .policy = OCTETS(q->stamp->policy.data,
				    q->stamp->policy.len),
				    .floor = q->stamp->floor,
				    .bound = q->stamp->bound };
	uint8_t			der[SM2_DER_SIG_MAX];
	int64_t			time;

	if (spec.bound > LIMIT_TSA_BOUND)
		return refuse(e, "its clock may be off by anything");
	if (spec.floor < q->created)
		spec.floor = q->created;
	sm3(der, sm2_sig_to_der(sig, der), query.imprint);
	return tsa_issue(kr, &spec, token, &time, e);
}

static void
pack_reply(struct buf *seal, struct buf *reply)
{
	SignedSeal	m = SIGNED_SEAL__INIT;

	m.seal.data = seal->p;
	m.seal.len = seal->len;
	msg_put(&m.base, reply);
}

int
sign_seal(const struct keyring *kr, struct octets request, struct buf *reply,
    struct err *e)
{
	struct octets		 maker = keyring_certificate(kr, KEY_MAKER);
	ProtobufCMessage	*m = NULL;
	const SignSeal		*q;
	uint8_t			 sig[SM2_SIG_LEN];
	struct buf		 info, token, seal;
	int			 rc;

	buf_init(&info, LIMIT_SEAL);
	buf_init(&token, LIMIT_TSA_TOKEN);
	buf_init(&seal, LIMIT_SEAL);
	if ((rc = msg_unpack(&sign_seal__descriptor, request, &m, e)) != 0 ||
	    (rc = check_request((const SignSeal *)m, e)) != 0)
		goto out;
	if (maker.len == 0) {
		rc = err_set(e, ERR_CRYPTO, "no maker's certificate");
		goto out;
	}
	q = (const SignSeal *)m;
	if (q->stamp != NULL && (rc = check_maker(kr, e)) != 0)
		goto out;
	build_info(q, &info);
	if (!buf_ok(&info)) {
		rc = refuse(e, "longer than a seal may be");
		goto out;
	}
	if ((rc = key_sign(kr, KEY_MAKER, buf_octets(&info), sig, e)) != 0 ||
	    (q->stamp != NULL && (rc = stamp(kr, q, sig, &token, e)) != 0))
		goto out;
	seal_encode(buf_octets(&info), maker, sig, buf_octets(&token), &seal);
	if (!buf_ok(&seal)) {
		rc = refuse(e, "longer than a seal may be");
		goto out;
	}
	pack_reply(&seal, reply);

	rc = 0;
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&seal);
	buf_fini(&token);
	buf_fini(&info);
	return rc;
}
