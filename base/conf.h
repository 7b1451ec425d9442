#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Configuration: YAML (libyaml) read by a const table, a row a key, into a
 * struct of the caller's.  Every error names file, line and column.  Unknown
 * keys, keys given twice, anchors, tags and values out of range are refused.
 */

#define LIMIT_CONF_FILE	(1u << 20)

enum conf_type {
	CONF_STRING = 1,	/* char *, freed by conf_fini() */
	CONF_INT,		/* int64_t; min and max apply */
	CONF_BOOL,		/* bool: true or false */
	CONF_STRINGS,		/* struct conf_list: a sequence of scalars */
	CONF_TABLES		/* struct conf_list of structs described by .sub */
};

/* items: char *[] for CONF_STRINGS, an array of structs for CONF_TABLES. */
struct conf_list {
	void	*items;
	size_t	 n;
};

/*
 * min and max bound the value of CONF_INT, the octets of CONF_STRING and the
 * items of a list; for text and lists max == 0 means no bound of its own.
 */
struct conf_key {
	const char	*name;		/* "listen"; ends a table when NULL */
	enum conf_type	 type;
	size_t		 offset;	/* offsetof() in the caller's struct */
	int64_t		 min, max;
	const char	*preset;	/* default as text, "" for an empty list;
					 * NULL: must be given */
	const char	*help;		/* one sentence for docs and sample */
	const struct conf_key *sub;	/* rows of CONF_TABLES */
	size_t		 subsize;	/* sizeof of its struct */
};

#define LIMIT_CONF_KEYS	64		/* of one table */

/*
 * Read text (name for errors; NULL if len is 0) by keys into *out, which the
 * caller zeroed and frees with conf_fini().  Texts are never NULL after
 * success.  Errors: all ERR_INVAL "config: FILE:LINE:COLUMN: ...", as
 * "config-syntax", "config-unknown-key", "config-duplicate-key",
 * "config-missing-key" or "config-value"; ERR_TOOBIG beyond LIMIT_CONF_FILE;
 * conf_load() also what file_read() says.  On failure *out is as zeroed.
 */
int	 conf_parse(const char *name, const char *text, size_t len,
	    const struct conf_key *keys, void *out, struct err *e) MUST_CHECK;
int	 conf_load(const char *path, const struct conf_key *keys, void *out,
	    struct err *e) MUST_CHECK;
/*
 * What was read by keys into a and into b must say the same, but for the keys
 * named in live (which NULL ends): otherwise ERR_CONFLICT "needs-restart",
 * which names the key.
 */
int	 conf_same(const struct conf_key *keys, const char *const *live,
	    const void *a, const void *b, struct err *e) MUST_CHECK;
/* Free what hangs on *out and zero every key's member; may be repeated. */
void	 conf_fini(const struct conf_key *keys, void *out);

/*
 * Write a commented sample of every key with its default, which conf_parse()
 * reads; a key that must be given stands there commented out.
 */
void	 conf_sample(const struct conf_key *keys, struct buf *out);

#endif /* BASE_CONF_H */
