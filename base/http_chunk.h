#ifndef BASE_HTTP_CHUNK_H
#define BASE_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

/*
 * A body in chunks (RFC 9112, 7.1), decoded where it lies.  Extensions and
 * trailers are read over, within bounds; lines end with CR LF.
 */

#define LIMIT_HTTP_CHUNK_LINE	256	/* size and extensions; 400 beyond */
#define LIMIT_HTTP_TRAILER	4096	/* octets after the last; 400 beyond */

/* Zeroed before the first octet. */
struct http_chunk {
	int	state;
	size_t	left;			/* of the present chunk */
	size_t	line;			/* octets of the present line */
	size_t	trailer;		/* octets of all trailer lines */
};

enum http_chunk_rc {
	HTTP_CHUNK_MORE = 1, HTTP_CHUNK_DONE, HTTP_CHUNK_BAD, HTTP_CHUNK_LARGE
};

/*
 * Take the octets from p + *raw to p + end, and put what they carry behind
 * p + *body (at or before *raw), both moving on.  DONE: the rest, from *raw on,
 * belongs to what follows.  LARGE: the body would go beyond p + limit.
 */
enum http_chunk_rc http_chunk_take(struct http_chunk *c, uint8_t *p,
	    size_t *raw, size_t end, size_t *body, size_t limit);

#endif /* BASE_HTTP_CHUNK_H */
