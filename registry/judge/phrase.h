#ifndef REGISTRY_PHRASE_H
#define REGISTRY_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The sentences of a report in another language.  A row's detail is English,
 * made with a format where the thing is found: in the jail, by the rules, or
 * as an error.  The table has that very format with its translation, so that
 * the sentence is found again and what stood in it is taken over; strangers'
 * text is only ever that.  Pure.
 */

#define PHRASE_SIZE	1024

struct phrase {
	const char	*en;	/* a format of printf(3): %s, %zu, %g, %02x... */
	const char	*to;	/* registry/judge/phrase_zh.c says how */
};

/* Ends with en NULL. */
extern const struct phrase phrase_zh[];

/*
 * Say it by the table.  False: it is no sentence of the table, or out is too
 * short; out is empty then.
 */
bool	 phrase_say(const struct phrase *table, const char *en, char *out,
	    size_t size);

/* The translation of a row without slots, static; NULL: there is none. */
const char *phrase_word(const struct phrase *table, const char *en);

#endif /* REGISTRY_PHRASE_H */
