#include "signing/ofd.h"

int
ofd_read(struct octets in, FileReading *m, struct err *e)
{
	(void)in;
	(void)e;
	reading_check(m, "format", READ_UNKNOWN,
	    "files of this kind are not supported yet");
	return 0;
}
