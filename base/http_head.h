#ifndef BASE_HTTP_HEAD_H
#define BASE_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The head of an HTTP/1.1 request (RFC 9112), strictly: what two readers in
 * a row could take for two different messages is refused.  Lines end with CR
 * LF, a name touches its colon, no line is folded, and there is at most one
 * length.  Functions over octets; connections are http_conn.c's.
 */

#define LIMIT_HTTP_FIELDS	64	/* header lines; 431 beyond */

/* All numbers are offsets in the head, of text that ends with NUL. */
struct http_field {
	uint16_t	name, value;
};

struct http_head {
	uint16_t	size;		/* the empty line included */
	uint16_t	method, target;
	bool		old;		/* HTTP/1.0 */
	bool		keep;		/* the connection, after the answer */
	bool		chunked;	/* else length holds */
	bool		waits;		/* for 100 (Continue) */
	uint64_t	length;		/* of the body; 0 without one */
	unsigned	nfield;
	struct http_field field[LIMIT_HTTP_FIELDS];
};

enum http_scan {
	HTTP_SCAN_MORE = 1,		/* the end is not there yet */
	HTTP_SCAN_WHOLE,
	HTTP_SCAN_BARE			/* a line ends without CR */
};

/*
 * Look for the empty line in the n octets at p, of which *from were looked at
 * before (0 at first).  WHOLE: *from is the size of the head.
 */
enum http_scan http_head_scan(const uint8_t *p, size_t n, size_t *from);

/*
 * Read a whole head of n octets, 65,535 at most; separators in it become NUL.
 * Returns 0, or the status of a refusal (400, 417, 431) with its sentence in
 * *why, static.
 */
int	 http_head_parse(uint8_t *p, size_t n, struct http_head *h,
	    const char **why);

/* Of the head at p: the first field of that name, or NULL. */
const char *http_head_find(const uint8_t *p, const struct http_head *h,
	    const char *name);

#endif /* BASE_HTTP_HEAD_H */
