#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "registry/found/descriptor.h"

#define LIMIT_DESCRIPTOR	65536

static const struct conf_key keys[] = {
	{ .name = "province", .type = CONF_STRING,
	  .offset = offsetof(struct descriptor, province), .min = 2, .max = 2,
	  .help = "Two digits" },
	{ .name = "origin", .type = CONF_STRING,
	  .offset = offsetof(struct descriptor, origin), .min = 1, .max = 127,
	  .help = "Name of its log" },
	{ .name = "urls", .type = CONF_STRINGS,
	  .offset = offsetof(struct descriptor, urls), .min = 1, .max = 8,
	  .help = "How it is reached" },
	{ .name = "prefixes", .type = CONF_STRINGS,
	  .offset = offsetof(struct descriptor, prefixes), .min = 1,
	  .max = 64, .help = "Seal codes that begin so are its own" },
	{ .name = "vkey", .type = CONF_STRING,
	  .offset = offsetof(struct descriptor, vkey), .min = 1, .max = 511,
	  .help = "Verifier key of its checkpoints" },
	{ .name = "founded", .type = CONF_STRING,
	  .offset = offsetof(struct descriptor, founded), .min = 20,
	  .max = 20, .help = "Time of the first entry of its log" },
	{ .name = "ca", .type = CONF_STRINGS,
	  .offset = offsetof(struct descriptor, ca), .min = 1, .max = 8,
	  .help = "Certificates of its seal authority, base64 of DER" },
	{ .name = NULL }
};

int
descriptor_parse(const char *name, struct octets text, struct descriptor *d,
    struct err *e)
{
	struct err	 why = ERR_INIT;
	int64_t		 t;
	int		 rc = 0;

	memset(d, 0, sizeof(*d));
	if (text.len > LIMIT_DESCRIPTOR || conf_parse(name,
	    (const char *)text.p, text.len, keys, d, &why) != 0)
		rc = err_set_id(e, ERR_INVAL, "bad-descriptor", "%s",
		    why.code != ERR_OK ? why.text : "too long");
	else if (!tm_parse(d->founded, &t))
		rc = err_set_id(e, ERR_INVAL, "bad-descriptor",
		    "%s: founded is not a time", name);
	if (rc != 0)
		descriptor_fini(d);
	return rc;
}

int
descriptor_load(const char *path, struct descriptor *d, struct err *e)
{
	struct stat	 st;
	uint8_t		*text = NULL;
	char		*file;
	size_t		 n;
	int		 rc;

	memset(d, 0, sizeof(*d));
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		file = xasprintf("%s/%s", path, DESCRIPTOR_FILE);
	else
		file = xstrdup(path);
	if ((rc = file_read(file, LIMIT_DESCRIPTOR, &text, &n, e)) == 0)
		rc = descriptor_parse(file, OCTETS(text, n), d, e);
	free(text);
	free(file);
	return rc;
}

void
descriptor_fini(struct descriptor *d)
{

	conf_fini(keys, d);
	memset(d, 0, sizeof(*d));
}

void
descriptor_format(const char *province, const char *origin, const char *url,
    const char *vkey, int64_t founded, struct octets ca, struct buf *out)
{
	char	 t[TM_RFC3339_SIZE];

	tm_rfc3339(founded, t);
	buf_printf(out, "# Province %s, for \"sealreg national trust\".\n"
	    "province: \"%s\"\norigin: \"%s\"\nurls:\n  - \"%s\"\n"
	    "prefixes:\n  - \"%s\"\nvkey: \"%s\"\nfounded: \"%s\"\nca:\n"
	    "  - \"", province, province, origin, url, province, vkey, t);
	buf_put_b64(out, ca.p, ca.len);
	buf_puts(out, "\"\n");
}

static void
put_list(const char *key, const struct conf_list *l, struct buf *out)
{
	char	*const *items = l->items;
	size_t	 i;

	buf_printf(out, "%s:\n", key);
	for (i = 0; i < l->n; i++)
		buf_printf(out, "  - \"%s\"\n", items[i]);
}

/* Is the certificate in b64 for this key? */
static int
is_for(const char *b64, const uint8_t *point, bool *is, struct err *e)
{
	struct cert	*c = NULL;
	uint8_t		*der = xmalloc(LIMIT_CERT);
	uint8_t		 p[SM2_POINT_LEN];
	size_t		 n;
	int		 rc;

	*is = false;
	if (!b64_decode(b64, strlen(b64), der, LIMIT_CERT, &n))
		rc = err_set_id(e, ERR_INVAL, "bad-descriptor",
		    "ca is not base64");
	else if ((rc = cert_parse(OCTETS(der, n), &c, e)) == 0 &&
	    (rc = cert_point(c, p, e)) == 0)
		*is = memcmp(p, point, sizeof(p)) == 0;
	cert_free(c);
	free(der);
	return rc;
}

int
descriptor_put(const struct descriptor *d, struct octets der,
    const uint8_t *point, struct buf *out, struct err *e)
{
	char	*const *ca = d->ca.items;
	size_t	 i;
	bool	 is;
	int	 rc;

	buf_printf(out, "# Province %s, for \"sealreg national trust\".\n"
	    "province: \"%s\"\norigin: \"%s\"\n", d->province, d->province,
	    d->origin);
	put_list("urls", &d->urls, out);
	put_list("prefixes", &d->prefixes, out);
	buf_printf(out, "vkey: \"%s\"\nfounded: \"%s\"\nca:\n  - \"",
	    d->vkey, d->founded);
	buf_put_b64(out, der.p, der.len);
	buf_puts(out, "\"\n");
	for (i = 0; i < d->ca.n; i++) {
		if ((rc = is_for(ca[i], point, &is, e)) != 0)
			return rc;
		if (!is)
			buf_printf(out, "  - \"%s\"\n", ca[i]);
	}
	return 0;
}
