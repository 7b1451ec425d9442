#ifndef SIGNING_SHEET_RES_H
#define SIGNING_SHEET_RES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The files of an OFD picture's package that are read as XML, and the resources
 * that they name (GB/T 33190-2016, 7.9): typefaces, colour spaces, drawing
 * parameters, pictures, composite units, by their ID.
 */

#define LIMIT_SHEET_FILES	32	/* read as XML */
#define LIMIT_SHEET_XML		(1u << 20)	/* octets of one */

struct package;
struct _xmlNode;
struct sheet_res;			/* opaque */

enum sheet_kind {
	SHEET_FONT = 1, SHEET_COLOR_SPACE, SHEET_DRAW_PARAM, SHEET_MEDIA,
	SHEET_UNIT
};

/* Of package, which is borrowed until sheet_res_free(). */
struct sheet_res *sheet_res_new(struct package *p);
void	 sheet_res_free(struct sheet_res *r);

/*
 * Read loc, which the file numbered from names (a location is relative to its
 * folder; -1: the root), as XML.  *root is tied to r, *file is its number.
 * ERR_NOTFOUND, ERR_FORMAT, ERR_TOOBIG: as package_read(), xml_parse(); more
 * than LIMIT_SHEET_FILES.
 */
int	 sheet_res_open(struct sheet_res *r, int from, const char *loc,
	    const struct _xmlNode **root, int *file,
	    struct err *e) MUST_CHECK;
/* The same, where each child of n of that name says where one is; what is in
 * them is found from then on.  False: one of them cannot be read. */
bool	 sheet_res_add(struct sheet_res *r, int from,
	    const struct _xmlNode *n, const char *name);

/* The first of that kind and ID, or NULL; tied to r. */
const struct _xmlNode *sheet_res_find(const struct sheet_res *r,
	    enum sheet_kind kind, uint32_t id);
/* The colour space of colours that name none, by its ID; 0: none. */
void	 sheet_res_set_space(struct sheet_res *r, uint32_t id);
uint32_t sheet_res_space(const struct sheet_res *r);
/* The octets that child of a resource names; the caller frees *o with free().
 * ERR_NOTFOUND; as package_read(). */
int	 sheet_res_octets(struct sheet_res *r, const struct _xmlNode *n,
	    const char *child, size_t max, uint8_t **o, size_t *len,
	    struct err *e) MUST_CHECK;

#endif /* SIGNING_SHEET_RES_H */
