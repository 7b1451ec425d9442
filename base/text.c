#include <string.h>

#include "base/text.h"

static const char	hex[] = "0123456789abcdef";

void
hex_encode(const void *p, size_t n, char *out)
{
	const uint8_t	*q = p;
	size_t		 i;

	for (i = 0; i < n; i++) {
		out[2 * i] = hex[q[i] >> 4];
		out[2 * i + 1] = hex[q[i] & 15];
	}
	out[2 * n] = '\0';
}

int
hex_digit(char c)
{

	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(const char *s, size_t slen, uint8_t *out, size_t n)
{
	size_t	 i;
	int	 hi, lo;

	if (slen / 2 != n || slen % 2 != 0)
		return false;
	for (i = 0; i < n; i++) {
		hi = hex_digit(s[2 * i]);
		lo = hex_digit(s[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* 0 to 63, or -1. */
static int
b64_digit(char c)
{

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
b64_decode(const char *s, size_t slen, uint8_t *out, size_t max, size_t *n)
{
	size_t		 i, j, pad = 0, len;
	uint32_t	 v;
	int		 d;

	*n = 0;
	if (slen % 4 != 0)
		return false;
	if (slen > 0 && s[slen - 1] == '=')
		pad = s[slen - 2] == '=' ? 2 : 1;
	len = slen / 4 * 3 - pad;
	if (len > max)
		return false;
	for (i = 0; i < slen; i += 4) {
		for (v = 0, j = i; j < i + 4; j++) {
			d = j >= slen - pad ? 0 : b64_digit(s[j]);
			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		for (j = 0; j < 3; j++, v <<= 8) {
			if (i / 4 * 3 + j < len)
				out[i / 4 * 3 + j] = (uint8_t)(v >> 16);
			else if ((v >> 16 & 0xff) != 0)
				return false;	/* spare bits are zero */
		}
	}
	*n = len;
	return true;
}

/*
 * Length of the well-formed sequence at p, at most n octets, and its code
 * point; 0 if there is none.  The bounds on the second octet are Unicode's
 * table 3-7.
 */
static size_t
utf8_take(const uint8_t *p, size_t n, uint32_t *cp)
{
	uint8_t	 lo = 0x80, hi = 0xbf;
	size_t	 len, i;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	} else if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		len = 2;
		*cp = p[0] & 0x1f;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		len = 3;
		*cp = p[0] & 0x0f;
		lo = p[0] == 0xe0 ? 0xa0 : lo;
		hi = p[0] == 0xed ? 0x9f : hi;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		len = 4;
		*cp = p[0] & 0x07;
		lo = p[0] == 0xf0 ? 0x90 : lo;
		hi = p[0] == 0xf4 ? 0x8f : hi;
	} else
		return 0;
	if (n < len)
		return 0;
	for (i = 1; i < len; i++) {
		if (p[i] < lo || p[i] > hi)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	return len;
}

bool
utf8_valid(const void *p, size_t n)
{
	const uint8_t	*q = p;
	uint64_t	 eight;
	uint32_t	 cp;
	size_t		 len;

	for (; n > 0; n -= len, q += len) {
		if (n >= sizeof(eight)) {
			memcpy(&eight, q, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				len = sizeof(eight);
				continue;
			}
		}
		/* Most of what is not ASCII here: U+1000 to U+CFFF. */
		if (n >= 3 && q[0] >= 0xe1 && q[0] <= 0xec &&
		    (q[1] & 0xc0) == 0x80 && (q[2] & 0xc0) == 0x80)
			len = 3;
		else if (q[0] < 0x80)
			len = 1;
		else if ((len = utf8_take(q, n, &cp)) == 0)
			return false;
	}
	return true;
}

uint32_t
utf8_next(const char **s)
{
	uint32_t	 cp;
	size_t		 len;

	if (**s == '\0')
		return 0;
	/* strnlen: a sequence cut short by the NUL must not be overrun. */
	len = utf8_take((const uint8_t *)*s, strnlen(*s, 4), &cp);
	if (len == 0) {
		(*s)++;
		return 0xfffd;
	}
	*s += len;
	return cp;
}

size_t
utf8_count(const char *s)
{
	size_t	 n;

	for (n = 0; utf8_next(&s) != 0; n++)
		;
	return n;
}

/* What cannot be seen, or changes how its neighbours are seen. */
static bool
is_unseen(uint32_t c)
{

	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad ||
	    c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	    (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

static bool
is_space(uint32_t c)
{

	return c == ' ' || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}

bool
text_is_name(const char *s)
{
	uint32_t	 c, last = 0;
	bool		 first = true;

	if (!utf8_valid(s, strlen(s)))
		return false;
	for (; (c = utf8_next(&s)) != 0; first = false, last = c) {
		if (is_unseen(c) || (first && is_space(c)))
			return false;
	}
	return !is_space(last);
}
