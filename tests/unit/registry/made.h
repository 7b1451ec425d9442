#ifndef UNIT_MADE_H
#define UNIT_MADE_H

#include "filing/maker.h"
#include "tests/unit/registry/world.h"

/*
 * What the key process would answer: signing by the world's own keys.
 */

typedef int	world_handle(const struct keyring *kr, struct octets request,
		    struct buf *reply, struct err *e);

/* The reply to m; caller frees with protobuf_c_message_free_unpacked(). */
static inline ProtobufCMessage *
world_ask(struct world *w, world_handle *handle, const ProtobufCMessage *m,
    const ProtobufCMessageDescriptor *d)
{
	ProtobufCMessage	*got;
	struct buf		 in, out;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	msg_put(m, &in);
	must(handle(w->kr, buf_octets(&in), &out, ep));
	must(msg_unpack(d, buf_octets(&out), &got, ep));
	buf_fini(&in);
	buf_fini(&out);
	return got;
}

/* Certificate and seal of a case that is open. */
static inline void
world_make(struct world *w, struct office_file *f)
{
	ProtobufCMessage	*m;
	IssueSigner		 is;
	SignSeal		 ss;
	const IssuedSigner	*cert;
	const SignedSeal	*seal;

	file_ask_signer(f, &is);
	m = world_ask(w, sign_issue_signer, &is.base,
	    &issued_signer__descriptor);
	cert = (const IssuedSigner *)m;
	must(file_take_signer(f,
	    OCTETS(cert->certificate.data, cert->certificate.len),
	    OCTETS(cert->wrapped_key.data, cert->wrapped_key.len), ep));
	protobuf_c_message_free_unpacked(m, NULL);
	file_ask_seal(f, &ss);
	m = world_ask(w, sign_seal, &ss.base, &signed_seal__descriptor);
	seal = (const SignedSeal *)m;
	must(file_take_seal(f, OCTETS(seal->seal.data, seal->seal.len), ep));
	protobuf_c_message_free_unpacked(m, NULL);
}

#endif /* UNIT_MADE_H */
