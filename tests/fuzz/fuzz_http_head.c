#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http_head.h"

/*
 * The end of a head is the same however it comes in pieces, and a head that is
 * accepted says the same again when it is written plainly: so nobody behind
 * us, who reads more strictly or less, can see another message in it.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static size_t
write_plainly(const uint8_t *p, const struct http_head *h, char *out,
    size_t max)
{
	const char	*name, *value, *c;
	size_t		 n;
	unsigned	 i;

	n = (size_t)snprintf(out, max, "%s %s HTTP/1.%d\r\n", p + h->method,
	    p + h->target, h->old ? 0 : 1);
	for (i = 0; i < h->nfield; i++) {
		name = (const char *)p + h->field[i].name;
		value = (const char *)p + h->field[i].value;
		if (*name == '\0' || strpbrk(name, " \t:") != NULL)
			abort();
		for (c = value; *c != '\0'; c++)
			if (((uint8_t)*c < 0x20 && *c != '\t') || *c == 0x7f)
				abort();
		n += (size_t)snprintf(out + n, max - n, "%s: %s\r\n", name,
		    value);
	}
	return n + (size_t)snprintf(out + n, max - n, "\r\n");
}

static void
check_again(const uint8_t *p, const struct http_head *h)
{
	const size_t	 max = h->size + 3u * LIMIT_HTTP_FIELDS + 8;
	char		*text = malloc(max);
	struct http_head again;
	const char	*why;
	unsigned	 i;
	size_t		 n;

	if (text == NULL)
		abort();
	n = write_plainly(p, h, text, max);
	if (n >= max || http_head_parse((uint8_t *)text, n, &again, &why) != 0)
		abort();
	if (again.old != h->old || again.keep != h->keep ||
	    again.chunked != h->chunked || again.waits != h->waits ||
	    again.length != h->length || again.nfield != h->nfield ||
	    (h->chunked && h->length != 0))
		abort();
	for (i = 0; i < h->nfield; i++)
		if (strcmp((const char *)p + h->field[i].value,
		    text + again.field[i].value) != 0)
			abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct http_head	 h;
	enum http_scan		 rc, by = HTTP_SCAN_MORE;
	const char		*why = NULL;
	uint8_t			*copy;
	size_t			 whole = 0, from = 0, i;
	int			 status;

	rc = http_head_scan(p, n, &whole);
	for (i = 0; i <= n && by == HTTP_SCAN_MORE; i++)
		by = http_head_scan(p, i, &from);
	if (by != rc || (rc != HTTP_SCAN_BARE && whole != from))
		abort();
	if (rc != HTTP_SCAN_WHOLE)
		return 0;
	if ((copy = malloc(whole)) == NULL)
		abort();
	memcpy(copy, p, whole);
	status = http_head_parse(copy, whole, &h, &why);
	if (status == 0 && h.size != whole)
		abort();
	if (status != 0 && (why == NULL || status < 400 || status > 499))
		abort();
	if (status == 0)
		check_again(copy, &h);
	free(copy);
	return 0;
}
