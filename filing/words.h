#ifndef FILING_WORDS_H
#define FILING_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "filing/ses.h"

/*
 * Lines for people about an object that a stranger made: a name of the
 * standard in the first 20 columns, then what stands there.  Nothing that a
 * stranger wrote reaches a terminal raw.
 */

/* A name as it is; anything else in quotes, its odd octets as \xNN. */
void	 words_text(struct buf *out, struct octets o);
void	 words_row(struct buf *out, const char *what, struct octets o);
/* In UTC and in Beijing. */
void	 words_time(struct buf *out, const char *what, int64_t t);
/* Dotted; oid is the encoded value. */
void	 words_oid(struct buf *out, struct octets oid);
/* "signature  71 octets". */
void	 words_octets(struct buf *out, const char *what, size_t n);
/* A line each. */
void	 words_extensions(struct buf *out, const struct seal_extension *x,
	    size_t n);
/* Bits from 1 to below end that are set, each by its word. */
void	 words_deviations(struct buf *out, unsigned set, unsigned end,
	    const char *(*word)(unsigned bit));
/* Whose a certificate is, and until when; several lines. */
void	 words_cert(struct buf *out, const char *what, struct octets der);

#endif /* FILING_WORDS_H */
