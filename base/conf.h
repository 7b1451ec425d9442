#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct conf_key {
	const char	*name;		/* "listen"; ends a table when NULL */
	enum conf_type	 type;
	size_t		 offset;	/* offsetof() in the caller's struct */
	int64_t		 min, max;	/* value, or length of text, or items */
	const char	*preset;	/* default as text; NULL: must be given */
	const char	*help;		/* one sentence for docs and sample */
	const struct conf_key *sub;	/* rows of CONF_TABLES */
	size_t		 subsize;	/* sizeof of its struct */
};

/*
 * Read text (name for errors) by keys into *out, which the caller zeroed.
 * ERR_INVAL "config: FILE:LINE:COLUMN: ...".  On failure *out is as zeroed.
 */
int	 conf_parse(const char *name, const char *text, size_t len,
	    const struct conf_key *keys, void *out, struct err *e) MUST_CHECK;
int	 conf_load(const char *path, const struct conf_key *keys, void *out,
	    struct err *e) MUST_CHECK;
void	 conf_fini(const struct conf_key *keys, void *out);

/* Write a commented sample of every key with its default. */
struct buf;
void	 conf_sample(const struct conf_key *keys, struct buf *out);

#endif /* BASE_CONF_H */
