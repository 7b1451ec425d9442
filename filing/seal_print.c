#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "filing/life.h"
#include "filing/seal.h"

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

static const char *
standard(enum seal_generation g)
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
	case SEAL_DEV_END:
		break;
	}
	return NULL;
}

/* A name as it is; anything else with its odd octets as \xNN. */
static void
put_text(struct buf *out, struct octets o)
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

static void
put_row(struct buf *out, const char *what, struct octets o)
{
	buf_printf(out, "%-20s", what);
	put_text(out, o);
	buf_puts(out, "\n");
}

static void
put_time(struct buf *out, const char *what, int64_t t)
{
	char	utc[TM_RFC3339_SIZE], cst[48];

	tm_rfc3339(t, utc);
	tm_beijing(t, cst);
	buf_printf(out, "%-20s%s (%s)\n", what, utc, cst);
}

static void
put_oid(struct buf *out, struct octets oid)
{
	struct der	d = { .tag = DER_OID, .val = oid };
	char		text[SEAL_OID_SIZE];

	buf_puts(out, der_oid_text(&d, text, sizeof(text), NULL) == 0 ?
	    text : "?");
}

/* Whose a certificate is, and until when; a line or "does not parse". */
static void
put_cert(struct buf *out, const char *what, struct octets der)
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
		put_text(out, OCTETS(f->subject, strlen(f->subject)));
		buf_printf(out, "\n  %-18s", "issuer");
		put_text(out, OCTETS(f->issuer, strlen(f->issuer)));
		buf_printf(out, "\n  %-18s%s to %s\n", "good", from, to);
	}
	buf_printf(out, "  %-18s%s\n", "SM3", hex);
	cert_free(c);
}

static void
put_certs(struct buf *out, const struct seal *s)
{
	char	hex[HEX_SIZE(64)];
	size_t	i, n;

	for (i = 0; i < s->ncerts; i++) {
		if (s->cert_list_type == 1) {
			put_cert(out, "certList: certificate", s->certs[i]);
			continue;
		}
		n = s->certs[i].len < 64 ? s->certs[i].len : 64;
		hex_encode(s->certs[i].p, n, hex);
		buf_puts(out, "certList: digest ");
		put_text(out, s->digest_types[i]);
		buf_printf(out, "\n  %s\n", hex);
	}
}

static void
put_extensions(struct buf *out, const struct seal *s)
{
	size_t	i;

	for (i = 0; i < s->next; i++) {
		buf_printf(out, "%-20s", "extension");
		put_oid(out, s->ext[i].oid);
		buf_printf(out, "%s, %zu octets\n",
		    s->ext[i].critical ? ", critical" : "",
		    s->ext[i].value.len);
	}
}

void
seal_print(const struct seal *s, struct buf *out)
{
	const char	*type = s->type <= UINT32_MAX ?
			    seal_type_word((uint32_t)s->type) : NULL;
	uint8_t		 h[SM3_LEN];
	char		 hex[HEX_SIZE(SM3_LEN)];
	unsigned	 bit;

	seal_digest(s, h);
	hex_encode(h, sizeof(h), hex);
	buf_printf(out, "%-20s%s (%s), %zu octets\n", "seal",
	    seal_generation_word(s->generation), standard(s->generation),
	    s->whole.len);
	buf_printf(out, "%-20s%s\n", "SM3", hex);
	put_row(out, "esID", s->es_id);
	put_row(out, "name", s->name);
	buf_printf(out, "%-20s%" PRIu64 " %s\n", "type", s->type,
	    s->generation == SEAL_V1 || type == NULL ? "" : type);
	buf_printf(out, "%-20s", "header");
	put_text(out, s->id);
	buf_printf(out, " version %" PRIu64 ", vendor ", s->version);
	put_text(out, s->vid);
	buf_puts(out, "\n");
	put_time(out, "createDate", s->created);
	put_time(out, "validStart", s->valid_start);
	put_time(out, "validEnd", s->valid_end);
	buf_printf(out, "%-20s", "picture");
	put_text(out, s->picture_type);
	buf_printf(out, ", %zu octets, %" PRIu64 " x %" PRIu64 " mm\n",
	    s->picture.len, s->width, s->height);
	put_extensions(out, s);
	put_certs(out, s);
	put_cert(out, "maker (cert)", s->cert);
	buf_printf(out, "%-20s", "signAlgID");
	put_oid(out, s->alg);
	buf_printf(out, "\n%-20s%zu octets\n", "signedValue",
	    s->signature.len);
	if (s->timestamp.len > 0)
		buf_printf(out, "%-20s%zu octets\n", "timeStamp",
		    s->timestamp.len);
	for (bit = 1; bit < SEAL_DEV_END; bit <<= 1)
		if ((s->deviations & bit) != 0)
			buf_printf(out, "%-20s%s\n", "deviation",
			    seal_deviation_word(bit));
}
