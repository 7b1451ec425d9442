#ifndef SIGNING_OFD_USES_H
#define SIGNING_OFD_USES_H

#include "signing/ofd_show.h"
#include "signing/xml.h"

/*
 * Which files a file of an OFD package names: documents, pages, resources,
 * lists.  For signing/ofd_show.c and the readers of signatures.
 */

/* Note that by names file; beyond LIMIT_OFD_USES it is a fault. */
void	 ofd_use(struct ofd_show *show, size_t file, size_t by,
	    enum ofd_part part, unsigned body);
/* Read what use i names, once, and note what that names in its turn. */
void	 ofd_uses_of(struct ofd_show *show, size_t i);
/* A small file as XML; NULL: it is not, and that is a fault.  The caller
 * frees with xml_free(). */
struct xml *ofd_xml(struct ofd_show *show, size_t file);

#endif /* SIGNING_OFD_USES_H */
