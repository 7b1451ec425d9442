#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "signing/entry_name.h"

static const char *const	texts[] = {
	"names of entries are written with \"\\\"",
	"names of entries begin with \"/\"",
	"names of entries have \".\" parts",
	"names of entries are in GB 18030"
};

/* (iconv_t)-1 until it was opened: a jail has no files to open it from. */
static iconv_t	gb18030 = (iconv_t)-1;

void
entry_name_warm(void)
{
	if (gb18030 == (iconv_t)-1)
		gb18030 = iconv_open("UTF-8", "GB18030");
}

static int
bad(struct err *e, const char *why, const char *name)
{
	return name[0] == '\0' ?
	    err_set_id(e, ERR_FORMAT, "bad-package", "%s", why) :
	    err_set_id(e, ERR_FORMAT, "bad-package", "%s: %.150s", why, name);
}

/* Old Chinese archivers write names in GB 18030, and do not say so. */
static bool
from_gb18030(struct octets raw, char out[PATH_SIZE])
{
	char	*from = (char *)(uintptr_t)raw.p, *to = out;
	size_t	 nfrom = raw.len, nto = PATH_SIZE - 1;

	entry_name_warm();
	if (gb18030 == (iconv_t)-1)
		return false;
	(void)iconv(gb18030, NULL, NULL, NULL, NULL);
	if (iconv(gb18030, &from, &nfrom, &to, &nto) == (size_t)-1)
		return false;
	*to = '\0';
	return utf8_valid(out, strlen(out));
}

int
entry_name_path(struct octets raw, char path[PATH_SIZE], unsigned *dev,
    struct err *e)
{
	char		text[PATH_SIZE];
	unsigned	odd;

	if (raw.len == 0 || raw.len >= sizeof(text) ||
	    memchr(raw.p, '\0', raw.len) != NULL)
		return bad(e, "the name of an entry is empty, too long or "
		    "holds NUL", "");
	memcpy(text, raw.p, raw.len);
	text[raw.len] = '\0';
	if (!utf8_valid(raw.p, raw.len)) {
		if (!from_gb18030(raw, text))
			return bad(e, "the name of an entry is no text", "");
		*dev |= ENTRY_NAME_GB18030;
	}
	if (!path_resolve("", text, path, &odd) || (odd & PATH_PARENT) != 0)
		return bad(e, "the name of an entry is unsafe", text);
	if ((odd & PATH_BACKSLASH) != 0)
		*dev |= ENTRY_NAME_BACKSLASH;
	if ((odd & PATH_ROOTED) != 0)
		*dev |= ENTRY_NAME_ROOTED;
	if ((odd & PATH_DOTS) != 0)
		*dev |= ENTRY_NAME_DOTS;
	return 0;
}

bool
entry_name_other(struct octets raw, char path[PATH_SIZE])
{
	char		text[PATH_SIZE];
	unsigned	odd;
	size_t		i;

	for (i = 0; i < raw.len && raw.p[i] < 0x80; i++)
		;
	return i < raw.len && raw.len < sizeof(text) &&
	    utf8_valid(raw.p, raw.len) && from_gb18030(raw, text) &&
	    path_resolve("", text, path, &odd) && (odd & PATH_PARENT) == 0;
}

char *
entry_name_fold(const char *path)
{
	char	*out = xstrdup(path), *p;

	for (p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return out;
}

const char *
entry_name_deviation_text(unsigned bit)
{
	size_t	i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (bit == 1u << i)
			return texts[i];
	return NULL;
}
