#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "filing/code.h"

/*
 * Small texts that strangers type.  Property: a moment that is read is written
 * in one spelling that reads as the same moment; base64 and hex that decode
 * encode to the same text (hex: in lower case); a code that is accepted is
 * digits; a resident's number that is accepted is also found within a text.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
moment(const char *s)
{
	char	out[TM_RFC3339_SIZE], two[TM_RFC3339_SIZE];
	int64_t	t, again;

	if (!tm_parse(s, &t))
		return;
	tm_rfc3339(t, out);
	must(tm_parse(out, &again) && again == t);
	tm_rfc3339(again, two);
	must(strcmp(out, two) == 0);
}

static void
octets(const char *s, size_t n)
{
	uint8_t	*raw = xmalloc(n + 1);
	char	*text = xmalloc(B64_SIZE(n) + HEX_SIZE(n));
	size_t	 len, i;

	if (b64_decode(s, n, raw, n, &len)) {
		must(b64_encode(raw, len, text) == n);
		must(memcmp(text, s, n) == 0);
	}
	if (n % 2 == 0 && hex_decode(s, n, raw, n / 2)) {
		hex_encode(raw, n / 2, text);
		for (i = 0; i < n; i++)
			must(text[i] == (s[i] >= 'A' && s[i] <= 'F' ?
			    s[i] + ('a' - 'A') : s[i]));
	}
	free(raw);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char		*s;
	struct err	 e = ERR_INIT;

	if (n > 512)
		return 0;
	s = xstrndup((const char *)p, n);
	if (strlen(s) == n) {
		moment(s);
		octets(s, n);
		if (seal_code_check(s, &e) == 0)
			must((n == 13 || n == 14) &&
			    strspn(s, "0123456789") == n);
		else
			must(strcmp(e.id, "invalid-code") == 0);
		if (resident_id_check(s, NULL) == 0)
			must(n == 18 && resident_id_within(s, n));
		if (credit_code_check(s, NULL) == 0)
			must(n == 18 && credit_code_digit(s) == s[17]);
		if (text_is_name(s))
			must(utf8_valid(s, n) && utf8_count(s) <= n);
	}
	free(s);
	return 0;
}
