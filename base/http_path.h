#ifndef BASE_HTTP_PATH_H
#define BASE_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/http.h"

/*
 * What a request target says, strictly: percent escapes are two hex digits,
 * nothing decodes to NUL, and the whole is UTF-8.  '+' stands for itself.
 * Shared by http.c and the tests; nobody else includes this.
 */

#define LIMIT_HTTP_SEGMENTS	16
#define LIMIT_HTTP_QUERY	16	/* parameters in all */

struct http_segment {
	const char	*p;
	size_t		 len;
};

struct http_pair {
	const char	*name, *value;
};

/* All pointers are tied to the text they were parsed into. */
struct http_target {
	const char	*path;		/* decoded, NUL-terminated */
	size_t		 nseg;
	struct http_segment seg[LIMIT_HTTP_SEGMENTS];
	size_t		 nquery;
	struct http_pair query[LIMIT_HTTP_QUERY];
	size_t		 nparam;
	struct http_pair param[LIMIT_HTTP_PARAMS];
};

/* Room that http_target_parse() and one match need for a target of n octets. */
#define HTTP_TARGET_ROOM(N)	(2 * (N) + 64)

/*
 * Parse raw path and query (may be NULL) into t, writing text at room.
 * Returns where free room begins, or NULL: refused.
 */
char	*http_target_parse(const char *path, const char *query, char *room,
	    struct http_target *t);

/* Does the path fit the pattern?  Fills t->param, with text at room. */
bool	 http_target_match(struct http_target *t, const char *pattern,
	    char *room);

#endif /* BASE_HTTP_PATH_H */
