#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "registry/judge/phrase.h"

/*
 * A sentence, much of which strangers wrote, is said whole and in UTF-8, the
 * same each time, or not at all; what says it never writes beyond its room, and
 * a smaller room gives the same or nothing.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* One more octet than is given away, to see that it stays. */
static bool
say(const char *text, char *out, size_t size)
{
	bool	said;

	out[size] = '!';
	said = phrase_say(phrase_zh, text, out, size);
	must(out[size] == '!' && strnlen(out, size) < size);
	must(said || out[0] == '\0');
	return said;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char	text[PHRASE_SIZE + 1], a[PHRASE_SIZE + 1], b[PHRASE_SIZE + 1];
	size_t	len, size;

	if (n > PHRASE_SIZE)
		n = PHRASE_SIZE;
	memcpy(text, p, n);
	text[n] = '\0';
	len = strlen(text);
	(void)phrase_word(phrase_zh, text);
	if (!say(text, a, PHRASE_SIZE))
		return 0;
	must(!utf8_valid(text, len) || utf8_valid(a, strlen(a)));
	must(say(text, b, PHRASE_SIZE) && strcmp(a, b) == 0);
	for (size = 1; size < PHRASE_SIZE; size = 2 * size + 1)
		if (say(text, b, size))
			must(strcmp(a, b) == 0);
	return 0;
}
