#ifndef REGISTRY_HEAR_H
#define REGISTRY_HEAR_H

#include "registry/judge/evidence.h"
#include "registry/judge/verify.h"

/*
 * What the register says of codes: asked through a node and proven here, or
 * taken from evidence.  An answer is remembered for a while with the
 * checkpoint that it was proven under; whether that is still fresh is asked
 * of every file's own moment.
 */

#define HEAR_SECONDS	60	/* then a node is asked again */
#define HEAR_SILENCE	10	/* so long a node that is not there is left alone */
#define LIMIT_HEAR	(64u << 20)	/* octets of answers remembered */

struct hear;			/* opaque */

/* node: its URL, borrowed; NULL: only what evidence keeps is heard.  codes: so
 * many are remembered.  Caller frees with hear_free(). */
struct hear	*hear_new(const char *node, size_t codes);
void		 hear_free(struct hear *h);

/* Of one file.  Borrowed. */
struct hear_file {
	struct hear		*hear;
	const struct verify_ask	*ask;
	struct evidence		*ev;	/* what was asked, and is kept */
	bool			 keep;	/* put the answers into ev */
};

/* A verify_register; ctx is a struct hear_file. */
void		 hear_register(void *ctx, const struct trust_province *owner,
		    const char *code, const struct verdict_case *c,
		    struct verify_word *w);

#endif /* REGISTRY_HEAR_H */
