#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "signing/pdf.h"

/*
 * Whatever the octets: every signature gets each of its container's rows once,
 * with a result that is one of four words, and text that a terminal does not
 * obey.  Where a signature is said to cover what is shown of this file, and its
 * digest to hold, no octet that its ByteRange covers may be another: one that
 * the input itself chooses is flipped, and the two are never passed again.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *
result_of(const StampReading *s, const char *rule)
{
	const char	*found = NULL;
	size_t		 i;

	for (i = 0; i < s->n_checks; i++) {
		if (strcmp(s->checks[i]->rule, rule) != 0)
			continue;
		if (found != NULL)
			abort();
		found = s->checks[i]->result;
	}
	if (found == NULL || (strcmp(found, READ_PASSED) != 0 &&
	    strcmp(found, READ_FAILED) != 0 &&
	    strcmp(found, READ_UNKNOWN) != 0 &&
	    strcmp(found, READ_NOT_APPLICABLE) != 0))
		abort();
	return found;
}

static void
safe(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text < 0x20 && *text != '\n')
			abort();
}

static bool
passed(const StampReading *s)
{
	return strcmp(result_of(s, "data_hash"), READ_PASSED) == 0 &&
	    strcmp(result_of(s, "coverage"), READ_PASSED) == 0;
}

static FileReading *
reading_of(const uint8_t *p, size_t n)
{
	FileReading	*m = reading_new("pdf");
	struct err	 e = ERR_INIT;
	size_t		 i, j;

	if (pdf_read(OCTETS(p, n), m, &e) != 0) {
		if (m->n_stamps != 0 || n >= 5 || e.id[0] == '\0')
			if (n >= 5 && memcmp(p, "%PDF-", 5) == 0)
				abort();
		reading_free(m);
		return NULL;
	}
	if (m->n_checks == 0)
		abort();
	safe(m->text);
	for (i = 0; i < m->n_stamps; i++) {
		(void)passed(m->stamps[i]);
		(void)result_of(m->stamps[i], "references");
		for (j = 0; j < m->stamps[i]->n_changes; j++)
			safe(m->stamps[i]->changes[j]);
	}
	return m;
}

/* The end of what the last signature covers, as the row says it. */
static size_t
covered(const StampReading *s)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, "data_hash") == 0 &&
		    strstr(s->checks[i]->detail, ", 0 to ") != NULL)
			return strtoull(strstr(s->checks[i]->detail,
			    ", 0 to ") + 7, NULL, 10);
	return 0;
}

/* Is octet at in a string of hexadecimal digits, as /Contents is? */
static bool
in_contents(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t	*q = p, *end;

	while ((q = memmem(q, (size_t)(p + n - q), "/Contents", 9)) != NULL) {
		q += 9;
		end = memchr(q, '>', (size_t)(p + n - q));
		if (end != NULL && p + at >= q && p + at <= end)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	FileReading	*m, *other;
	uint8_t		*copy;
	size_t		 at, i, end = 0;

	if (!ready && sm_init(NULL) != 0)
		abort();
	ready = true;
	if ((m = reading_of(p, n)) == NULL)
		return 0;
	for (i = 0; i < m->n_stamps; i++)
		if (passed(m->stamps[i]) && covered(m->stamps[i]) > end)
			end = covered(m->stamps[i]);
	if (end > 0 && end <= n) {
		at = (size_t)(p[n / 2] | p[n / 3] << 8 | p[n - 1] << 16) % end;
		copy = xmemdup(p, n);
		copy[at] ^= 1;
		other = in_contents(p, n, at) ? NULL : reading_of(copy, n);
		for (i = 0; other != NULL && i < other->n_stamps; i++)
			if (passed(other->stamps[i]) &&
			    covered(other->stamps[i]) >= end)
				abort();
		reading_free(other);
		free(copy);
	}
	reading_free(m);
	return 0;
}
