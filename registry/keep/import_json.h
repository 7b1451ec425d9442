#ifndef REGISTRY_IMPORT_JSON_H
#define REGISTRY_IMPORT_JSON_H

#include "registry/keep/import_row.h"

/*
 * A line of JSON: one object, texts and whole numbers, for certificate_digest
 * an array of texts.  null and "" are what is not given.
 *
 * ERR_INVAL "bad-json", "duplicate-key", "unknown-member", "bad-member",
 * "bad-text".
 */
int	 import_json_read(struct octets row, struct import_cells *cs,
	    struct import_fault *fault) MUST_CHECK;

#endif /* REGISTRY_IMPORT_JSON_H */
