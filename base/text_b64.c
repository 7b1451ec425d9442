#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/text.h"

/*
 * base64, written.  A proof is mostly hashes, and a lookup spent more on
 * their base64 than on finding them: twelve octets a step where the
 * processor has SSSE3 (every x86-64 since 2006), else three.
 */

static const char	digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+/";

#ifdef __x86_64__
/*
 * Bytes to sextets by two multiplications, sextets to digits by the distance
 * of their range, after W. Mula.  Sixteen octets are read a step.
 */
__attribute__((target("ssse3")))
static size_t
write_wide(char *o, const uint8_t *p, size_t n)
{
	const __m128i	order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8,
			    7, 10, 9, 11, 10);
	const __m128i	shift = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52,
			    '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
			    '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63,
			    'A', 0, 0);
	__m128i		v, range, low;
	size_t		done = 0;

	for (; n - done >= 16; done += 12, o += 16) {
		v = _mm_loadu_si128((const __m128i *)(const void *)
		    (p + done));
		v = _mm_shuffle_epi8(v, order);
		low = _mm_mullo_epi16(_mm_and_si128(v,
		    _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
		v = _mm_mulhi_epu16(_mm_and_si128(v,
		    _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
		v = _mm_or_si128(v, low);
		/* 0 to 51: 0, then 1 to 12; of those, below 26: 13. */
		range = _mm_subs_epu8(v, _mm_set1_epi8(51));
		range = _mm_or_si128(range, _mm_and_si128(_mm_cmpgt_epi8(
		    _mm_set1_epi8(26), v), _mm_set1_epi8(13)));
		v = _mm_add_epi8(v, _mm_shuffle_epi8(shift, range));
		_mm_storeu_si128((__m128i *)(void *)o, v);
	}
	return done;
}

static bool
is_wide(void)
{

	return __builtin_cpu_supports("ssse3");
}
#else
static size_t
write_wide(char *o, const uint8_t *p, size_t n)
{

	(void)o;
	(void)p;
	(void)n;
	return 0;
}

static bool
is_wide(void)
{

	return false;
}
#endif

/* Four digits for n octets, 1 to 3, with padding. */
static void
write_group(char out[4], const uint8_t *p, size_t n)
{
	uint32_t	 v;

	v = (uint32_t)p[0] << 16;
	if (n > 1)
		v |= (uint32_t)p[1] << 8;
	if (n > 2)
		v |= p[2];
	out[0] = digits[v >> 18];
	out[1] = digits[v >> 12 & 63];
	out[2] = (char)(n > 1 ? digits[v >> 6 & 63] : '=');
	out[3] = (char)(n > 2 ? digits[v & 63] : '=');
}

char *
b64_write(char *o, const void *p, size_t n)
{
	const uint8_t	*q = p;
	size_t		 done;

	if (n >= 16 && is_wide()) {
		done = write_wide(o, q, n);
		q += done;
		n -= done;
		o += done / 3 * 4;
	}
	for (; n >= 3; n -= 3, q += 3, o += 4)
		write_group(o, q, 3);
	if (n == 0)
		return o;
	write_group(o, q, n);
	return o + 4;
}

size_t
b64_encode(const void *p, size_t n, char *out)
{
	char	*end = b64_write(out, p, n);

	*end = '\0';
	return (size_t)(end - out);
}

void
buf_put_b64(struct buf *b, const void *p, size_t n)
{
	uint8_t	*q;

	if ((q = buf_extend(b, B64_SIZE(n) - 1)) != NULL)
		(void)b64_write((char *)q, p, n);
}
