#ifndef REGISTRY_JSON_H
#define REGISTRY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * JSON at the border: request bodies read by a const table, a row a member,
 * into a struct of the caller's, and the few words needed to write answers.
 *
 * A body is one object, nothing behind it.  Refused: what is not JSON or not
 * UTF-8 or nests deeper than its table could ("bad-json"), a member given
 * twice ("duplicate-key"), one that no row names ("unknown-member"), one that
 * is missing ("missing-member"), and one of another type or length
 * ("bad-member").  All are ERR_INVAL and name the member where there is one.
 */

#define LIMIT_JSON_BODY		(64u << 10)
#define LIMIT_JSON_DEPTH	8

enum member_type {
	MEMBER_TEXT = 1,	/* char *: min..max octets of UTF-8, no NUL */
	MEMBER_UINT,		/* struct member_uint: min..max */
	MEMBER_TIME,		/* struct member_time: text, RFC 3339 */
	MEMBER_OCTETS		/* struct octets: base64 text of min..max octets */
};

struct member_uint {
	bool		given;
	uint64_t	v;
};

struct member_time {
	bool		given;
	int64_t		t;
};

struct json_member {
	const char	*name;		/* NULL ends the table */
	enum member_type type;
	bool		 required;
	uint64_t	 min, max;
	size_t		 offset;	/* offsetof() in the caller's struct */
};

/*
 * Read body by table into *out, which the caller zeroed.  An absent text is
 * NULL, absent octets are { NULL, 0 }.  Caller ends with json_fini(), which
 * wipes (a password may be among them).  On failure *out is as zeroed.
 */
int	 json_read(struct octets body, const struct json_member *table,
	    void *out, struct err *e) MUST_CHECK;
void	 json_fini(const struct json_member *table, void *out);

/* Writing.  s NULL is null; text that is not UTF-8 is written as U+FFFD. */
void	 json_put_text(struct buf *b, const char *s);
/* A quoted RFC 3339 moment, or null where t is 0. */
void	 json_put_time(struct buf *b, int64_t t);
/* Quoted base64. */
void	 json_put_octets(struct buf *b, struct octets o);

/*
 * Take the secret of the hash tables that keeps senders from choosing members
 * which collide.  For a process that gives away the right to open the source
 * of it, before it does.
 */
void	 json_warm(void);

#endif /* REGISTRY_JSON_H */
