#ifndef REGISTRY_PROGRAM_JAIL_H
#define REGISTRY_PROGRAM_JAIL_H

#include "base/jail.h"

/*
 * Everything that the jail of this program does, of whatever room: what is
 * decoded, drawn and hashed (schema/proto/msg.proto, "to jail").
 */
extern const struct jail_spec program_jail;

#endif /* REGISTRY_PROGRAM_JAIL_H */
