#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Octets as text: hex, base64 (RFC 4648 section 4, padded, on one line) and
 * UTF-8.  Decoding is strict: one spelling per value.
 */

/* Room for the text of n octets, with its NUL. */
#define HEX_SIZE(n)	(2 * (n) + 1)
#define B64_SIZE(n)	(4 * (((n) + 2) / 3) + 1)

/* out has HEX_SIZE(n) octets; lower case. */
void	 hex_encode(const void *p, size_t n, char *out);
/* What a hex digit of either case is worth: 0 to 15; -1: it is none. */
int	 hex_digit(char c);
/* Exactly 2 * n hex digits, either case, and nothing more. */
bool	 hex_decode(const char *s, size_t slen, uint8_t *out, size_t n);

/* out has B64_SIZE(n) octets; returns the length without the NUL. */
size_t	 b64_encode(const void *p, size_t n, char *out);
void	 buf_put_b64(struct buf *b, const void *p, size_t n);
/* The same without a NUL; returns where it ends. */
char	*b64_write(char *out, const void *p, size_t n);
/*
 * Decode slen characters, canonical padding and zero spare bits required.
 * out has room for max octets; *n is what was written.  False if the text is
 * not base64 or does not fit.
 */
bool	 b64_decode(const char *s, size_t slen, uint8_t *out, size_t max,
	    size_t *n);

/* Well-formed UTF-8 (Unicode table 3-7: no surrogates, no overlong forms). */
bool	 utf8_valid(const void *p, size_t n);
/*
 * Next code point of valid UTF-8 at *s, advancing it; 0 at the end.
 * U+FFFD and one octet forward where the text is not valid.
 */
uint32_t utf8_next(const char **s);
size_t	 utf8_count(const char *s);

/*
 * Valid UTF-8 with no control character (C0, DEL, C1), no bidirectional
 * control (U+061C, 200E, 200F, 202A-202E, 2066-2069), no zero-width or other
 * invisible character (U+200B-200D, 2060, FEFF), and no leading or trailing
 * space: what we accept as a name.
 */
bool	 text_is_name(const char *s);

#endif /* BASE_TEXT_H */
