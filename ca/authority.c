#include <string.h>

#include "ca/authority.h"

int
authority_find(const struct keyring *kr, struct octets key_id,
    enum key_slot *slot, const struct cert **c, struct err *e)
{
	static const enum key_slot	slots[] = { KEY_AUTHORITY,
	    KEY_AUTHORITY_OLD };
	uint8_t				id[CERT_KEY_ID];
	size_t				i;

	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		*slot = slots[i];
		if ((*c = keyring_cert(kr, *slot)) == NULL)
			continue;
		if (key_id.len == 0 || (key_id.len == sizeof(id) &&
		    cert_key_id(*c, id) &&
		    memcmp(id, key_id.p, sizeof(id)) == 0))
			return 0;
	}
	*slot = KEY_NONE;
	*c = NULL;
	if (keyring_cert(kr, KEY_AUTHORITY) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-certificate",
		    "the keyring has no certificate of %s",
		    key_slot_name(KEY_AUTHORITY));
	return err_set_id(e, ERR_BUSY, "no-authority", "the keyring lacks the "
	    "key or the certificate of the authority that is asked");
}
