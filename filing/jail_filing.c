#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "ca/csr.h"
#include "filing/draw.h"
#include "filing/font.h"
#include "filing/jail_chain.h"
#include "filing/jail_filing.h"
#include "filing/kind.h"
#include "schema/msg.pb-c.h"

/* scrypt (RFC 7914): 16 MiB and some 50 ms a password. */
#define SCRYPT_N	(1u << 14)
#define SCRYPT_R	8
#define SCRYPT_P	1
#define SCRYPT_MAXMEM	(64u << 20)
#define HASH_LEN	32
#define LIMIT_PASSWORD	256
#define LIMIT_SALT	64

static int
run_draw(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const DrawSeal		*q;
	struct draw_spec	 spec;
	struct buf		 png;
	Picture			 reply = PICTURE__INIT;
	char			 type[] = "PNG";
	int			 rc;

	(void)large;
	buf_init(&png, LIMIT_PICTURE);
	if ((rc = msg_unpack(&draw_seal__descriptor, in, &m, e)) != 0)
		goto out;
	q = (const DrawSeal *)m;
	spec = (struct draw_spec){ .seal_type = q->seal_type,
	    .name = q->name, .horizontal = q->horizontal_text,
	    .dpi = q->dpi };
	if ((rc = draw_seal(&spec, &png, &reply.width_mm, &reply.height_mm,
	    e)) != 0)
		goto out;
	if (!buf_ok(&png)) {
		rc = err_set(e, ERR_TOOBIG, "the picture is too big");
		goto out;
	}
	reply.type = type;
	reply.data.data = png.p;
	reply.data.len = png.len;
	msg_put(&reply.base, out);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&png);
	return rc;
}

static int
run_hash(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const HashPassword	*q;
	PasswordHash		 reply = PASSWORD_HASH__INIT;
	uint8_t			 hash[HASH_LEN] = { 0 };
	int			 rc;

	(void)large;
	if ((rc = msg_unpack(&hash_password__descriptor, in, &m, e)) != 0)
		goto out;
	q = (const HashPassword *)m;
	if (strlen(q->password) > LIMIT_PASSWORD || q->salt.len == 0 ||
	    q->salt.len > LIMIT_SALT) {
		rc = err_set(e, ERR_INVAL, "password or salt out of bounds");
		goto out;
	}
	if (EVP_PBE_scrypt(q->password, strlen(q->password), q->salt.data,
	    q->salt.len, SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MAXMEM, hash,
	    sizeof(hash)) != 1) {
		rc = err_set_crypto(e, "scrypt");
		goto out;
	}
	reply.match = q->expected.len == HASH_LEN &&
	    mem_equal(q->expected.data, hash, HASH_LEN);
	/* Whoever only compares does not learn the hash. */
	if (q->expected.len == 0) {
		reply.hash.data = hash;
		reply.hash.len = sizeof(hash);
	}
	msg_put(&reply.base, out);
out:
	mem_wipe(hash, sizeof(hash));
	if (m != NULL) {
		mem_wipe(((HashPassword *)m)->password,
		    strlen(((HashPassword *)m)->password));
		protobuf_c_message_free_unpacked(m, NULL);
	}
	return rc;
}

static ProtobufCBinaryData
binary(struct octets o)
{
	/* protobuf-c has no const; packing does not write. */
	return (ProtobufCBinaryData){ .data = (uint8_t *)(uintptr_t)o.p,
	    .len = o.len };
}

static int
run_read_csr(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct csr	csr;
	CsrReading	reply = CSR_READING__INIT;
	int		rc;

	if ((rc = csr_read(large.len > 0 ? large : in, &csr, e)) != 0)
		return rc;
	reply.public_key = binary(OCTETS(csr.point, sizeof(csr.point)));
	reply.organisation = csr.organisation;
	reply.common_name = csr.common_name;
	msg_put(&reply.base, out);
	return 0;
}

int
filing_jail_warm(struct err *e)
{
	uint8_t	out[HASH_LEN];
	int	rc;

	if ((rc = sm_init(e)) != 0)
		return rc;
	if (EVP_PBE_scrypt("warm", 4, (const uint8_t *)"warm", 4, 16, 1, 1, 0,
	    out, sizeof(out)) != 1)
		return err_set_crypto(e, "scrypt");
	if (font_warm(NULL) != 0)
		font_cool();
	return 0;
}

const struct jail_handler filing_jail_handlers[] = {
	{ MSG_TYPE__MSG_DRAW_SEAL, MSG_TYPE__MSG_JAIL_REPLY, run_draw },
	{ MSG_TYPE__MSG_HASH_PASSWORD, MSG_TYPE__MSG_JAIL_REPLY, run_hash },
	{ MSG_TYPE__MSG_READ_CSR, MSG_TYPE__MSG_JAIL_REPLY, run_read_csr },
	{ MSG_TYPE__MSG_CHECK_CHAINS, MSG_TYPE__MSG_JAIL_REPLY,
	    jail_check_chains },
	{ 0, 0, NULL }
};
