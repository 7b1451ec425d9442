#ifndef SIGNING_LAYOUT_H
#define SIGNING_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The layout of a ZIP archive (APPNOTE.TXT 6.3), checked so that every reader
 * sees the same files: whether it goes by the central directory or by the
 * headers in front of each file, from the front or from the back.  Nothing is
 * expanded here: that is libzip's (signing/package.h).
 */

#define LIMIT_PACKAGE_ENTRIES	32768

/* Deviations, a bit each: met on real files, accepted, told. */
enum layout_deviation {
	LAYOUT_JUNK_FRONT	= 1 << 0,
	LAYOUT_JUNK_BEHIND	= 1 << 1,
	LAYOUT_GAPS		= 1 << 2, /* octets between the files */
	LAYOUT_ZIP64		= 1 << 3, /* not needed at such a size */
	LAYOUT_HEADER		= 1 << 4, /* another checksum, or flag, in front
					   * of a file: its octets are the same */
	LAYOUT_END		= 1 << 5
};

struct layout_entry {
	struct octets	name;	/* as it stands there; tied to the input */
	uint16_t	flags, method;
	uint32_t	crc;
	uint64_t	packed, size;
	uint64_t	at;	/* its header, in view */
	uint32_t	attributes;
	uint8_t		host;	/* 3: attributes are those of Unix */
};

struct layout {
	struct octets	 view;	/* the archive without what is around it */
	struct layout_entry *entries;	/* in the directory's order */
	size_t		 n;
	unsigned	 deviations;
};

/* Does it end as an archive does, and hold an entry?  Nothing is believed. */
bool	 layout_is_likely(struct octets in);
/*
 * Read the layout of in; the caller frees with layout_fini().  On failure *l
 * is empty.  ERR_FORMAT "bad-package"; ERR_TOOBIG "package-too-big".
 */
int	 layout_read(struct octets in, struct layout *l,
	    struct err *e) MUST_CHECK;
void	 layout_fini(struct layout *l);
const char *layout_deviation_text(unsigned bit);

#endif /* SIGNING_LAYOUT_H */
