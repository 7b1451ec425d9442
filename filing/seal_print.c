#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/text.h"
#include "filing/life.h"
#include "filing/seal.h"
#include "filing/words.h"

/* A seal in words.  Nothing that a stranger wrote reaches a terminal raw. */

const char *
seal_generation_word(enum seal_generation g)
{
	switch (g) {
	case SEAL_V1:
		return "V1";
	case SEAL_V4:
		return "V4";
	case SEAL_V5:
		return "V5";
	case SEAL_GEN_NONE:
		break;
	}
	return "unknown";
}

const char *
seal_standard_word(enum seal_generation g)
{
	switch (g) {
	case SEAL_V1:
		return "GM/T 0031-2014";
	case SEAL_V4:
		return "GB/T 38540-2020";
	case SEAL_V5:
		return "GM/T 0031-2025";
	case SEAL_GEN_NONE:
		break;
	}
	return "no standard";
}

const char *
seal_deviation_word(unsigned bit)
{
	switch ((enum seal_deviation)bit) {
	case SEAL_DEV_DEFAULT_FALSE:
		return "default-false-written";
	case SEAL_DEV_RAW_SIGNATURE:
		return "raw-signature";
	case SEAL_DEV_TIME_KIND:
		return "time-of-another-kind";
	case SEAL_DEV_VERSION:
		return "version-of-another-generation";
	case SEAL_DEV_HEADER_ID:
		return "header-id";
	case SEAL_DEV_WRAPPED:
		return "wrapped-in-octet-string";
	case SEAL_DEV_SIGN_INFO:
		return "sign-info-in-bit-string";
	case SEAL_DEV_EXTENSIONS:
		return "extensions-tagged-or-wrapped";
	case SEAL_DEV_NULL_PARAMETERS:
		return "null-parameters";
	case SEAL_DEV_UNUSED_BITS:
		return "unused-bits";
	case SEAL_DEV_END:
		break;
	}
	return NULL;
}

static void
put_certs(struct buf *out, const struct seal *s)
{
	char	hex[HEX_SIZE(64)];
	size_t	i, n;

	for (i = 0; i < s->ncerts; i++) {
		if (s->cert_list_type == 1) {
			words_cert(out, "certList: certificate", s->certs[i]);
			continue;
		}
		n = s->certs[i].len < 64 ? s->certs[i].len : 64;
		hex_encode(s->certs[i].p, n, hex);
		buf_puts(out, "certList: digest ");
		words_text(out, s->digest_types[i]);
		buf_printf(out, "\n  %s\n", hex);
	}
}

void
seal_print(const struct seal *s, struct buf *out)
{
	const char	*type = s->type <= UINT32_MAX ?
			    seal_type_word((uint32_t)s->type) : NULL;
	uint8_t		 h[SM3_LEN];
	char		 hex[HEX_SIZE(SM3_LEN)];

	seal_digest(s, h);
	hex_encode(h, sizeof(h), hex);
	buf_printf(out, "%-20s%s (%s), %zu octets\n", "seal",
	    seal_generation_word(s->generation), seal_standard_word(s->generation),
	    s->whole.len);
	buf_printf(out, "%-20s%s\n", "SM3", hex);
	words_row(out, "esID", s->es_id);
	words_row(out, "name", s->name);
	buf_printf(out, "%-20s%" PRIu64 " %s\n", "type", s->type,
	    s->generation == SEAL_V1 || type == NULL ? "" : type);
	buf_printf(out, "%-20s", "header");
	words_text(out, s->id);
	buf_printf(out, " version %" PRIu64 ", vendor ", s->version);
	words_text(out, s->vid);
	buf_puts(out, "\n");
	words_time(out, "createDate", s->created);
	words_time(out, "validStart", s->valid_start);
	words_time(out, "validEnd", s->valid_end);
	buf_printf(out, "%-20s", "picture");
	words_text(out, s->picture_type);
	buf_printf(out, ", %zu octets, %" PRIu64 " x %" PRIu64 " mm\n",
	    s->picture.len, s->width, s->height);
	words_extensions(out, s->ext, s->next);
	put_certs(out, s);
	words_cert(out, "maker (cert)", s->cert);
	buf_printf(out, "%-20s", "signAlgID");
	words_oid(out, s->alg);
	buf_puts(out, "\n");
	words_octets(out, "signedValue", s->signature.len);
	if (s->timestamp.len > 0)
		words_octets(out, "timeStamp", s->timestamp.len);
	words_deviations(out, s->deviations, SEAL_DEV_END,
	    seal_deviation_word);
}
