#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/tm.h"
#include "registry/found/descriptor.h"

/*
 * Property: what a province tells of itself is refused as "bad-descriptor" and
 * leaves nothing, or has a province, a log, at least one place, prefix and
 * certificate, and a time of founding.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct descriptor	 zero;
	struct descriptor		 d;
	struct err			 e = ERR_INIT;
	int64_t				 t;

	if (descriptor_parse("test", OCTETS(p, n), &d, &e) != 0) {
		if (strcmp(e.id, "bad-descriptor") != 0 ||
		    memcmp(&d, &zero, sizeof(d)) != 0)
			abort();
		return 0;
	}
	if (strlen(d.province) != 2 || d.origin[0] == '\0' ||
	    d.vkey[0] == '\0' || d.urls.n == 0 || d.prefixes.n == 0 ||
	    d.ca.n == 0 || !tm_parse(d.founded, &t))
		abort();
	descriptor_fini(&d);
	return 0;
}
