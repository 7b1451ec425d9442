#ifndef CA_JAIL_CA_H
#define CA_JAIL_CA_H

#include "base/jail.h"

/*
 * What this room does in the jail: read an OCSP request (MSG_READ_OCSP;
 * ERR_FORMAT "bad-ocsp-request"), what a licensed body sent
 * (MSG_READ_DELIVERY; errors of delivery_split()), and its revocation list.
 */
extern const struct jail_handler ca_jail_handlers[];

/*
 * MSG_READ_LIST: ReadList -> ListReading (jail_list.c).  ERR_FORMAT "bad-crl";
 * ERR_VERIFY "list-not-by-body", "crl-signature"; ERR_TOOBIG "too-big".
 */
#define LIMIT_LISTED	30000	/* certificates on a licensed body's list */
int	 jail_read_list(struct octets in, struct octets large,
	    struct buf *out, struct err *e) MUST_CHECK;

/* MSG_READ_DELIVERY: ReadDelivery -> DeliveryReading (jail_delivery.c). */
int	 jail_read_delivery(struct octets in, struct octets large,
	    struct buf *out, struct err *e) MUST_CHECK;

#endif /* CA_JAIL_CA_H */
