#ifndef REGISTRY_FOUND_CONF_H
#define REGISTRY_FOUND_CONF_H

#include "base/buf.h"
#include "base/err.h"
#include "registry/found/found.h"

/* The configuration that a new province begins with, every key explained. */

/* ERR_INVAL "config-invalid": what it would say is refused. */
int	 found_conf_write(const struct found_spec *spec, const char *vkey,
	    struct buf *out, struct err *e) MUST_CHECK;
/* Put the national verifier key into a configuration's text. */
void	 found_conf_national(struct octets text, const char *vkey,
	    struct buf *out);

#endif /* REGISTRY_FOUND_CONF_H */
