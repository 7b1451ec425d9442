#ifndef SIGNING_OFD_SHOW_H
#define SIGNING_OFD_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "signing/package.h"

/*
 * What a reader of an OFD package shows (GB/T 33190-2016, 7): from /OFD.xml to
 * documents, pages, templates, annotations and the files that these use, and
 * which file names which.  Nothing is judged here (signing/ofd_coverage.h).
 */

#define LIMIT_OFD_BODIES	16	/* documents in one package */
#define LIMIT_OFD_USES		131072	/* times that a file names a file */
#define LIMIT_OFD_PAGES		65536
#define OFD_LINE_SIZE		256
#define OFD_LINES		32	/* of what is odd; more are dropped */

/* What a file is to the file that names it. */
enum ofd_part {
	OFD_NOTHING = 0, OFD_DOCUMENT, OFD_VERSION, OFD_PAGE, OFD_TEMPLATE,
	OFD_RESOURCES, OFD_MEDIA, OFD_ANNOTATIONS, OFD_ANNOTATION,
	OFD_ATTACHMENTS, OFD_ATTACHMENT, OFD_UNSEEN, OFD_SIGNATURES,
	OFD_PART_END
};

struct ofd_use {
	size_t		 file, by;
	enum ofd_part	 part;
	unsigned	 body;
};

/* A document that /OFD.xml shows. */
struct ofd_body {
	size_t	 document;
	bool	 has_signatures;
	size_t	 signatures;	/* its list */
};

struct ofd_page {
	char		*id;
	unsigned	 body;
};

struct ofd_show {
	struct package	*package;	/* borrowed */
	size_t		 root;		/* /OFD.xml */
	struct ofd_body	 bodies[LIMIT_OFD_BODIES];
	unsigned	 nbodies;
	struct ofd_use	*uses;
	size_t		 nuses;
	struct ofd_page	*pages;
	size_t		 npages;
	uint16_t	*read;		/* of each file, a body each: parts */
	bool		 picture;	/* a page shows one */
	/* What is odd, each line once; and what is wrong, or "". */
	char		**lines;
	size_t		 nlines;
	char		 fault[OFD_LINE_SIZE];
};

/*
 * Read what package shows; the caller frees with ofd_show_free().  What is
 * wrong with it is told in fault.  ERR_FORMAT "unknown-object": there is no
 * /OFD.xml.
 */
int	 ofd_show_read(struct package *package, struct ofd_show **show,
	    struct err *e) MUST_CHECK;
void	 ofd_show_free(struct ofd_show *show);

/* A line of what is odd, once; what is wrong, the first of it. */
void	 ofd_odd(struct ofd_show *show, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 ofd_fault(struct ofd_show *show, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/*
 * The file that loc means where the file from names it; false: there is none.
 * Readers find some that the standard would not: told as odd; a location that
 * means two files, as a fault.
 */
bool	 ofd_locate(struct ofd_show *show, size_t from, const char *loc,
	    size_t *file);
/* As ofd_locate(), where a signature names it: whichever way a reader goes, it
 * must lead to one file. */
bool	 ofd_locate_signed(struct ofd_show *show, size_t from,
	    const char *loc, size_t *file);
/* As ofd_locate(), from the folder base, relative to that of from. */
bool	 ofd_locate_in(struct ofd_show *show, size_t from, const char *base,
	    const char *loc, size_t *file);

/* The number of a page in its document, from 1; 0: there is none. */
size_t	 ofd_page_number(const struct ofd_show *show, unsigned body,
	    const char *id);
const char *ofd_part_word(enum ofd_part part);	/* "page" */

#endif /* SIGNING_OFD_SHOW_H */
