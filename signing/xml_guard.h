#ifndef SIGNING_XML_GUARD_H
#define SIGNING_XML_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Watches XML on its way into libxml2, which compares every attribute of an
 * element with every other: an element with some 100,000 of them would take
 * all the time that a jail has.  It counts, and understands nothing else.
 */

#define LIMIT_XML_ATTRIBUTES	1024	/* of one element */

/* Zeroed at the start; plain value. */
struct xml_guard {
	enum xml_guard_place {
		GUARD_TEXT = 0, GUARD_TAG, GUARD_VALUE, GUARD_COMMENT,
		GUARD_CDATA, GUARD_PI
	}		 place;
	char		 quote;
	uint8_t		 last[8];	/* octets before this one, in a tag */
	size_t		 nlast;
	unsigned	 attributes;
};

/* The next octets.  False: an element has too many attributes. */
bool	 xml_guard_add(struct xml_guard *g, const void *p, size_t n);

#endif /* SIGNING_XML_GUARD_H */
