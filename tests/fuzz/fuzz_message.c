#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "schema/msg.pb-c.h"

/*
 * Property: a message that msg_unpack() accepts is packed again to the very
 * same octets, whichever of ours it is, and what it refuses leaves nothing
 * behind.  The first octet chooses the message.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const ProtobufCMessageDescriptor *const messages[] = {
	&sign_checkpoint__descriptor,
	&signed_note__descriptor,
	&issue_signer__descriptor,
	&issued_signer__descriptor,
	&sign_seal__descriptor,
	&signed_seal__descriptor,
	&revoked_certificate__descriptor,
	&issue_crl__descriptor,
	&issued_crl__descriptor,
	&draw_seal__descriptor,
	&picture__descriptor,
	&hash_password__descriptor,
	&password_hash__descriptor,
	&check__descriptor,
	&seal_reading__descriptor,
	&check_chains__descriptor,
	&chains_checked__descriptor,
	&csr_reading__descriptor,
	&description__descriptor,
	&login__descriptor,
	&logged_in__descriptor,
	&logout__descriptor,
	&submit__descriptor,
	&case_state__descriptor,
	&decide__descriptor,
	&change_seal__descriptor,
	&seal_changed__descriptor,
	&peers_seen__descriptor,
	&file_reading__descriptor,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const size_t		 count = sizeof(messages) /
				    sizeof(messages[0]);
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;
	uint8_t			*again;

	if (n == 0)
		return 0;
	if (msg_unpack(messages[p[0] % count], OCTETS(p + 1, n - 1), &m,
	    &e) != 0) {
		if (m != NULL || e.code != ERR_FORMAT)
			abort();
		return 0;
	}
	if ((again = malloc(n)) == NULL ||
	    protobuf_c_message_pack(m, again) != n - 1 ||
	    memcmp(again, p + 1, n - 1) != 0)
		abort();
	free(again);
	protobuf_c_message_free_unpacked(m, NULL);
	return 0;
}
