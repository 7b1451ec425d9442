#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "filing/words.h"

#define OID_SIZE	64	/* dotted text; longer ones are "?" */

/* A name as it is; anything else with its odd octets as \xNN. */
void
words_text(struct buf *out, struct octets o)
{
	char	*s = xstrndup((const char *)o.p, o.len);
	size_t	 i;

	if (o.len > 0 && strlen(s) == o.len && text_is_name(s)) {
		buf_put(out, s, o.len);
	} else {
		buf_put_u8(out, '"');
		for (i = 0; i < o.len; i++)
			if (o.p[i] >= 0x20 && o.p[i] < 0x7f)
				buf_put_u8(out, o.p[i]);
			else
				buf_printf(out, "\\x%02x", o.p[i]);
		buf_put_u8(out, '"');
	}
	free(s);
}

void
words_row(struct buf *out, const char *what, struct octets o)
{
	buf_printf(out, "%-20s", what);
	words_text(out, o);
	buf_puts(out, "\n");
}

void
words_time(struct buf *out, const char *what, int64_t t)
{
	char	utc[TM_RFC3339_SIZE], cst[48];

	tm_rfc3339(t, utc);
	tm_beijing(t, cst);
	buf_printf(out, "%-20s%s (%s)\n", what, utc, cst);
}

void
words_oid(struct buf *out, struct octets oid)
{
	struct der	d = { .tag = DER_OID, .val = oid };
	char		text[OID_SIZE];

	buf_puts(out, der_oid_text(&d, text, sizeof(text), NULL) == 0 ?
	    text : "?");
}

/* Whose a certificate is, and until when; a line or "does not parse". */
void
words_cert(struct buf *out, const char *what, struct octets der)
{
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	uint8_t			 h[SM3_LEN];
	char			 hex[HEX_SIZE(SM3_LEN)];
	char			 from[TM_RFC3339_SIZE], to[TM_RFC3339_SIZE];

	sm3(der.p, der.len, h);
	hex_encode(h, sizeof(h), hex);
	buf_printf(out, "%s\n", what);
	if (cert_parse(der, &c, NULL) != 0) {
		buf_printf(out, "  %-18s%s\n", "certificate",
		    "does not parse");
	} else {
		f = cert_facts(c);
		tm_rfc3339(f->not_before, from);
		tm_rfc3339(f->not_after, to);
		buf_printf(out, "  %-18s", "subject");
		words_text(out, OCTETS(f->subject, strlen(f->subject)));
		buf_printf(out, "\n  %-18s", "issuer");
		words_text(out, OCTETS(f->issuer, strlen(f->issuer)));
		buf_printf(out, "\n  %-18s%s to %s\n", "good", from, to);
	}
	buf_printf(out, "  %-18s%s\n", "SM3", hex);
	cert_free(c);
}

void
words_octets(struct buf *out, const char *what, size_t n)
{
	buf_printf(out, "%-20s%zu octets\n", what, n);
}

void
words_extensions(struct buf *out, const struct seal_extension *x, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		buf_printf(out, "%-20s", "extension");
		words_oid(out, x[i].oid);
		buf_printf(out, "%s, %zu octets\n",
		    x[i].critical ? ", critical" : "", x[i].value.len);
	}
}

void
words_deviations(struct buf *out, unsigned set, unsigned end,
    const char *(*word)(unsigned bit))
{
	unsigned	bit;

	for (bit = 1; bit < end; bit <<= 1)
		if ((set & bit) != 0)
			buf_printf(out, "%-20s%s\n", "deviation", word(bit));
}
