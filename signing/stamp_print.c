#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "filing/words.h"
#include "signing/stamp.h"

/* A stamp in words. */

const char *
stamp_deviation_word(unsigned bit)
{
	switch ((enum stamp_deviation)bit) {
	case STAMP_DEV_DEFAULT_FALSE:
		return "default-false-written";
	case STAMP_DEV_RAW_SIGNATURE:
		return "raw-signature";
	case STAMP_DEV_NULL_PARAMETERS:
		return "null-parameters";
	case STAMP_DEV_VERSION:
		return "version-of-another-generation";
	case STAMP_DEV_TIME_KIND:
		return "time-of-another-kind";
	case STAMP_DEV_TIME_TEXT:
		return "time-as-text";
	case STAMP_DEV_TIME_ZONE:
		return "time-without-zone";
	case STAMP_DEV_OCTET_STRING:
		return "octet-string-for-bit-string";
	case STAMP_DEV_EXTENSIONS:
		return "extensions-untagged-or-wrapped";
	case STAMP_DEV_PADDING:
		return "zero-padded";
	case STAMP_DEV_UNUSED_BITS:
		return "unused-bits";
	case STAMP_DEV_PROPERTY:
		return "property-in-utf8";
	case STAMP_DEV_END:
		break;
	}
	return NULL;
}

static void
put_time(const struct stamp *s, struct buf *out)
{
	if (s->time_token.len > 0)
		buf_printf(out, "%-20sa time-stamp token, %zu octets\n",
		    "timeInfo", s->time_token.len);
	else
		words_time(out, "timeInfo", s->signed_at);
	if ((s->deviations & STAMP_DEV_TIME_TEXT) != 0)
		words_row(out, "  as it stands", s->time_info);
}

static void
put_hex(struct buf *out, const char *what, struct octets o)
{
	char	hex[HEX_SIZE(64)];

	hex_encode(o.p, o.len < 64 ? o.len : 64, hex);
	buf_printf(out, "%-20s%s%s\n", what, hex, o.len > 64 ? "..." : "");
}

void
stamp_print(const struct stamp *s, struct buf *out)
{
	buf_printf(out, "%-20s%s (%s), version %" PRIu64 ", %zu octets\n",
	    "stamp", seal_generation_word(s->generation),
	    seal_standard_word(s->generation), s->version, s->whole.len);
	put_time(s, out);
	put_hex(out, "dataHash", s->data_hash);
	words_row(out, "propertyInfo", s->property);
	words_extensions(out, s->ext, s->next);
	words_cert(out, "signer (cert)", s->cert);
	buf_printf(out, "%-20s", "signatureAlgID");
	words_oid(out, s->alg);
	buf_puts(out, "\n");
	words_octets(out, "signature", s->signature.len);
	if (s->timestamp.len > 0)
		words_octets(out, "timeStamp", s->timestamp.len);
	words_deviations(out, s->deviations, STAMP_DEV_END,
	    stamp_deviation_word);
	buf_puts(out, "-- the seal in it (eseal)\n");
	seal_print(&s->seal, out);
}
