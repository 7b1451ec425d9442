#ifndef SIGNING_PDF_RANGE_H
#define SIGNING_PDF_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sm.h"

/*
 * A ByteRange (ISO 32000-1, 12.8.1), judged on the octets of the file and on
 * nothing that a parser made of them: two spans, from the first octet to the
 * end of a revision, and between them the hexadecimal string of /Contents.
 */

struct pdf_range {
	bool		good;
	const char	*fault;		/* in words, where it is not; a literal */
	size_t		gap, gap_end;	/* '<' of /Contents; behind its '>' */
	size_t		end;		/* of what is covered */
};

/*
 * Judge the n numbers of /ByteRange; contents are the octets of /Contents as
 * they were parsed, which must be those of the gap.
 */
void	 pdf_range_judge(struct octets file, const long long *numbers, size_t n,
	    struct octets contents, struct pdf_range *r);

/* Digest of what a good range covers. */
void	 pdf_range_digest(struct octets file, const struct pdf_range *r,
	    uint8_t out[SM3_LEN]);
/* The same octets in one piece; the caller frees with free(). */
uint8_t	*pdf_range_octets(struct octets file, const struct pdf_range *r,
	    size_t *n);

/* Where the revision that ends at or before end really ends: behind the last
 * octet that is not white space. */
size_t	 pdf_trimmed(struct octets file, size_t end);
/* How many times an incremental update, or the first writing, was closed. */
size_t	 pdf_count_ends(struct octets file);
/* The last "startxref" and its number, at or behind from. */
bool	 pdf_last_table(struct octets file, size_t from, uint64_t *offset);

#endif /* SIGNING_PDF_RANGE_H */
