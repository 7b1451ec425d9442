#include <string.h>

#include "signing/signature.h"

void
signature_read(struct octets value, bool padded, struct octets original,
    StampReading *s, struct signature *sig)
{
	(void)value;
	(void)padded;
	(void)original;
	memset(sig, 0, sizeof(*sig));
	reading_stamp_check(s, "format", READ_UNKNOWN,
	    "signatures are not read yet");
}
