#include <stdlib.h>
#include <string.h>

#include "registry/found/transcript.h"

/*
 * Property: any text is read, whole and with a signature that holds, or refused
 * with an id of transcripts and nothing kept; one more octet is refused.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct transcript	none;
	struct transcript		t;
	struct err			e = ERR_INIT;
	uint8_t				*more;

	must(sm_init(&e) == 0);
	if (transcript_read(OCTETS(p, n), &t, &e) != 0) {
		must(strncmp(e.id, "transcript-", 11) == 0 &&
		    memcmp(&t, &none, sizeof(t)) == 0);
		return 0;
	}
	must(t.point[0] == 4 && t.title[0] != '\0');
	more = malloc(n + 1);
	must(more != NULL);
	memcpy(more, p, n);
	more[n] = '\n';
	must(transcript_read(OCTETS(more, n + 1), &t, &e) != 0);
	free(more);
	return 0;
}
