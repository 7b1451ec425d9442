#ifndef REGISTRY_IMPRESSION_H
#define REGISTRY_IMPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "registry/judge/report.h"

/*
 * Pictures of seals, on their way from a file into a report: collected from
 * what was read (MSG_READ_SHOWN), sent to the jail once more (MSG_SHOW_PICTURES),
 * and taken over as pixels of a bounded size.  Nothing is decoded here, whoever
 * made the pixels.  Pure.
 */

struct FileReading;
struct SealReading;
struct ShownPictures;

/* The question (ShowPictures), appended to q; false: there is none to show. */
bool	 impression_ask(const struct FileReading *m, struct buf *q);
/*
 * What the jail made of them, put into m in place of the pictures; NULL: it has
 * not answered, which the report says.
 */
void	 impression_set(struct FileReading *m,
	    const struct ShownPictures *said);
/* Tell in p, which is one of r's or r's own, of the picture of seal, one of m.
 */
void	 impression_tell(const struct FileReading *m,
	    const struct SealReading *seal, struct report *r,
	    struct report_part *p);

/* The pixels as a PNG of our own, as a data: URI; false: it cannot be made. */
bool	 impression_uri(const struct report_picture *p, struct buf *out);

#endif /* REGISTRY_IMPRESSION_H */
