#ifndef REGISTRY_OPENAPI_H
#define REGISTRY_OPENAPI_H

#include "base/buf.h"
#include "base/err.h"

/*
 * The public contract, schema/openapi.yaml, as JSON: the file is built into
 * the program and turned into JSON where it is asked for.
 */

/* Append the JSON text.  ERR_FORMAT: the contract that was built in is bad. */
int	 openapi_json(struct buf *out, struct err *e) MUST_CHECK;

/*
 * The conversion alone: YAML without anchors, aliases and tags, one document.
 * A plain scalar that is a JSON number, true, false or null is that; every
 * other scalar is text.
 */
int	 openapi_convert(struct octets yaml, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OPENAPI_H */
