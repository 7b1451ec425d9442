#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/http_chunk.h"

/* However a body comes in pieces, it ends at the same place and is the same. */
#define MAX	4096u

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct http_chunk	 c, d;
	enum http_chunk_rc	 rc, by = HTTP_CHUNK_MORE;
	uint8_t			*a = malloc(n + 1), *b = malloc(n + 1);
	size_t			 raw = 0, body = 0, raw1 = 0, body1 = 0, i;

	if (a == NULL || b == NULL)
		abort();
	memcpy(a, p, n);
	memcpy(b, p, n);
	memset(&c, 0, sizeof(c));
	memset(&d, 0, sizeof(d));
	rc = http_chunk_take(&c, a, &raw, n, &body, MAX);
	for (i = 0; i <= n && by == HTTP_CHUNK_MORE; i++)
		by = http_chunk_take(&d, b, &raw1, i, &body1, MAX);
	if (by != rc || raw != raw1 || body != body1 || raw > n ||
	    body > raw || body > MAX || memcmp(a, b, body) != 0)
		abort();
	if (rc == HTTP_CHUNK_MORE && raw != n)
		abort();
	free(a);
	free(b);
	return 0;
}
