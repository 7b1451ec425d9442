#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/chain.h"
#include "ca/crl.h"
#include "registry/found/bundle.h"
#include "sync/note.h"

#define VKEY_LINE	"national-vkey: "

void
bundle_init(struct bundle *b)
{

	b->national_vkey = NULL;
	buf_init(&b->province, LIMIT_CERT);
	roots_init(&b->roots);
}

void
bundle_fini(struct bundle *b)
{

	free(b->national_vkey);
	b->national_vkey = NULL;
	buf_fini(&b->province);
	roots_fini(&b->roots);
}

void
bundle_format(const struct bundle *b, struct buf *out)
{

	buf_printf(out, VKEY_LINE "%s\n", b->national_vkey);
	if (b->province.len > 0)
		cert_put_pem(buf_octets(&b->province), "CERTIFICATE", out);
	roots_format(&b->roots, out);
}

static int
take_vkey(struct cursor *c, struct bundle *b, struct err *e)
{
	struct vkey	*vk = NULL;
	struct octets	 line;
	int		 rc;

	while (take_line(c, &line)) {
		if (line.len <= strlen(VKEY_LINE) || memcmp(line.p, VKEY_LINE,
		    strlen(VKEY_LINE)) != 0)
			continue;
		b->national_vkey = xstrndup((const char *)line.p +
		    strlen(VKEY_LINE), line.len - strlen(VKEY_LINE));
		rc = vkey_parse(b->national_vkey, &vk, e);
		vkey_free(vk);
		return rc;
	}
	return err_set(e, ERR_FORMAT, "no line national-vkey");
}

/* Two certificates before the first list: the first is a province's. */
static bool
has_province(struct cursor c)
{
	struct buf	 b;
	const uint8_t	*crl;
	static const char list[] = "-----BEGIN X509 CRL-----";
	bool		 is;

	if ((crl = memmem(c.p, cursor_left(&c), list, strlen(list))) == NULL)
		return true;
	c = cursor_of(c.p, (size_t)(crl - c.p));
	buf_init(&b, LIMIT_BUNDLE);
	is = cert_unpem_next(&c, "CERTIFICATE", &b, NULL) == 0 &&
	    cert_unpem_next(&c, "CERTIFICATE", &b, NULL) == 0;
	buf_fini(&b);
	return is;
}

int
bundle_parse(struct octets in, struct bundle *b, struct err *e)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	struct err	 why = ERR_INIT;

	if (in.len > LIMIT_BUNDLE || take_vkey(&c, b, &why) != 0 ||
	    (has_province(c) &&
	    cert_unpem_next(&c, "CERTIFICATE", &b->province, &why) != 0) ||
	    roots_parse(&c, &b->roots, &why) != 0 || !buf_ok(&b->province))
		return err_set_id(e, ERR_FORMAT, "bad-bundle",
		    "not what \"sealreg national certify\" wrote: %s",
		    why.text);
	return 0;
}

int
bundle_check(const struct bundle *b, const uint8_t *point, int64_t now,
    struct err *e)
{
	const struct octets	 root[] = { buf_octets(&b->roots.root) };
	const struct octets	 crls[] = { buf_octets(&b->roots.crl) };
	const struct chain_spec	 spec = { .anchors = root, .nanchors = 1,
	    .crls = crls, .ncrls = 1, .purpose = CHAIN_ISSUE, .at = now,
	    .depth = 0, .need_crl = true };
	struct cert		*c = NULL;
	uint8_t			 p[SM2_POINT_LEN];
	bool			 former;
	int			 rc;

	if (b->province.len == 0)
		return err_set_id(e, ERR_FORMAT, "bad-bundle", "it has no "
		    "certificate of a province, only the national root's");
	if ((rc = roots_check(&b->roots, now, &former, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b->province), &c, e)) != 0 ||
	    (rc = cert_check(c, CERT_AUTHORITY, e)) != 0 ||
	    (rc = chain_verify(buf_octets(&b->province), &spec, NULL,
	    e)) != 0 || (rc = cert_point(c, p, e)) != 0)
		goto out;
	if (memcmp(p, point, sizeof(p)) != 0) {
		rc = err_set_id(e, ERR_CONFLICT, "key-mismatch",
		    "the certificate of the province is for another key");
		goto out;
	}
	rc = 0;
out:
	cert_free(c);
	return rc;
}
