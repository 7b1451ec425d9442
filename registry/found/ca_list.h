#ifndef REGISTRY_CA_LIST_H
#define REGISTRY_CA_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "ca/cert.h"
#include "registry/ca_folder.h"

/* What certificates a data folder holds, for people. */

struct ca_row {
	char		 file[128];	/* name in DIR/ca */
	char		 subject[256];
	char		 serial[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	int64_t		 not_before, not_after;
	const char	*state;		/* "in use", "kept", "cross", "issued",
					 * "revoked" */
};

struct ca_list {
	struct ca_row	row[LIMIT_CA_FILES];
	size_t		n;
};

/* By name.  ERR_FORMAT "bad-certificate": a file is none. */
int	 ca_list_read(const char *dir, struct ca_list *l,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_CA_LIST_H */
