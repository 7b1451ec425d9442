#ifndef SIGNING_PATH_H
#define SIGNING_PATH_H

#include <stdbool.h>

/*
 * Locations in a package (GB/T 33190-2016, ST_Loc): "/" is the package's root,
 * everything else is relative to the folder of the file that names it.  Here
 * they are written without the leading "/": "Doc_0/Document.xml".  Pure.
 */

#define PATH_SIZE	512	/* octets of one, with its NUL */

/* What was odd about a location, a bit each. */
enum path_odd {
	PATH_BACKSLASH	= 1 << 0,	/* "\" where "/" is meant */
	PATH_DOTS	= 1 << 1,	/* "." parts, or "//" */
	PATH_PARENT	= 1 << 2,	/* ".." parts */
	PATH_ROOTED	= 1 << 3	/* it begins with "/" */
};

/*
 * Resolve loc against folder (itself resolved; "" is the root) into out, and
 * tell in *odd what was met.  False, with out "": it is empty, too long, holds
 * a control character or a drive, or leaves the package.
 */
bool	path_resolve(const char *folder, const char *loc, char out[PATH_SIZE],
	    unsigned *odd);
/* The folder of a resolved path, "" for one at the root. */
void	path_folder(const char *path, char out[PATH_SIZE]);
/* Its last part; tied to path. */
const char *path_base(const char *path);

#endif /* SIGNING_PATH_H */
