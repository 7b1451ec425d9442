#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
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
