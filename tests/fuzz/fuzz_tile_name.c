#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/tlog.h"

/* A tile name that parses formats back to itself: there is one spelling. */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tile_name	 t;
	char			 out[TILE_NAME_MAX], *s;

	if ((s = malloc(n + 1)) == NULL)
		return 0;
	memcpy(s, p, n);
	s[n] = '\0';
	if (tile_name_parse(s, &t, NULL) == 0) {
		tile_name_format(&t, out);
		if (strncmp(out, "tile/", 5) != 0 || strcmp(out + 5, s) != 0 ||
		    t.width < 1 || t.width > TILE_WIDTH || t.level < -1)
			abort();
	}
	free(s);
	return 0;
}
