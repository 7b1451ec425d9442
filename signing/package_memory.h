#ifndef SIGNING_PACKAGE_MEMORY_H
#define SIGNING_PACKAGE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Files of packages that were expanded lately, by their very packed octets:
 * what a program packs into each document alike (its seal) is expanded once.
 * What they expand to depends on nothing else; its CRC was compared when it
 * was remembered, and is compared with that of each directory again.
 */

#define LIMIT_PACKAGE_MEMORY	(96u << 20)	/* octets, packed and not */

/* How many are remembered; none (0) unless it is said. */
void	 package_remember(size_t count);
/* Is a file of this path one to remember? */
bool	 package_is_worth(const char *path);
/* What packed expands to, if that has this length and CRC; tied to the memory
 * until package_memorise(); or NULL. */
const uint8_t *package_recall(struct octets packed, uint64_t size,
	    uint32_t crc);
void	 package_memorise(struct octets packed, struct octets whole,
	    uint32_t crc);

#endif /* SIGNING_PACKAGE_MEMORY_H */
