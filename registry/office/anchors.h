#ifndef REGISTRY_OFFICE_ANCHORS_H
#define REGISTRY_OFFICE_ANCHORS_H

#include "ca/cert.h"
#include "registry/office/office.h"

/*
 * Which authorities of the licensed body are believed: the file that
 * external_ca names, read at the start and kept beside the other objects of the
 * CA, whence the recorder takes it.
 */

#define LIMIT_ANCHORS		8
#define LIMIT_ANCHORS_DER	(LIMIT_ANCHORS * LIMIT_CERT)
#define CA_EXTERNAL		"external.crt"	/* in ca_object: DER one by one */

/*
 * Read the file cf names, PEM, and append the DER of each certificate; nothing
 * where cf names none.  ERR_INVAL "bad-external-ca": it cannot be read, holds
 * none or too many, one is no authority on SM2, or one ended before now (0:
 * that does not matter).
 */
int	 anchors_load(const struct config *cf, int64_t now, struct buf *der,
	    struct err *e) MUST_CHECK;
/* The same of a file that is there. */
int	 anchors_read(const char *path, int64_t now, struct buf *der,
	    struct err *e) MUST_CHECK;
/* Views of what anchors_load() appended; how many. */
size_t	 anchors_list(struct octets der, struct octets out[LIMIT_ANCHORS]);
/* What was stored at the start, as anchors_load() gives it.  ERR_CONFLICT
 * "no-external-ca": nothing was. */
int	 anchors_get(struct office *of, struct buf *der,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_ANCHORS_H */
