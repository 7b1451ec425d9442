#ifndef CA_JAIL_CA_H
#define CA_JAIL_CA_H

#include "base/jail.h"

/*
 * What this room does in the jail: read an OCSP request (MSG_READ_OCSP).
 * ERR_FORMAT "bad-ocsp-request".
 */
extern const struct jail_handler ca_jail_handlers[];

#endif /* CA_JAIL_CA_H */
