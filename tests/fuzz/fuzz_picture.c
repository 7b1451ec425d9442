#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filing/pixels.h"

/*
 * A picture that is read has as many pixels as it says, no edge longer than was
 * asked for, took its pixels from those that were left, and reads the same
 * again; one that is not read leaves nothing behind.
 */

#define EDGE	64

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint64_t	all = 1u << 20;
	uint64_t	left = all, again = all;
	struct pixels	a, b;
	struct err	e = ERR_INIT;

	if (pixels_read(OCTETS(p, n), EDGE, &left, &a, &e) != 0) {
		if (a.rgb != NULL || a.width != 0 || a.height != 0 ||
		    e.id[0] == '\0' || left > all)
			abort();
		return 0;
	}
	if (a.width == 0 || a.height == 0 || a.width > EDGE ||
	    a.height > EDGE || left > all ||
	    all - left < (uint64_t)a.width * a.height ||
	    pixels_kind_word(pixels_kind(OCTETS(p, n)))[0] == '\0')
		abort();
	if (pixels_read(OCTETS(p, n), EDGE, &again, &b, NULL) != 0 ||
	    again != left || b.width != a.width || b.height != a.height ||
	    memcmp(a.rgb, b.rgb, (size_t)a.width * a.height * 3) != 0)
		abort();
	pixels_fini(&a);
	pixels_fini(&b);
	return 0;
}
