#ifndef CA_JAIL_TSA_H
#define CA_JAIL_TSA_H

#include "base/jail.h"

/* What the jail reads of time-stamps: a table for struct jail_spec. */
extern const struct jail_handler tsa_jail_handlers[];

#endif /* CA_JAIL_TSA_H */
