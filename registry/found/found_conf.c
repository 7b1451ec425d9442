#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/config.h"
#include "registry/found/found_conf.h"

#define NATIONAL	"national_vkey:"

/* Text that can stand between quotes in YAML as it is. */
static bool
is_plain(const char *s)
{
	size_t	 i;

	for (i = 0; s[i] != '\0'; i++)
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\')
			return false;
	return i > 0;
}

/* ADDRESS:PORT; whether the address is one, "serve" finds out. */
static bool
is_address(const char *s)
{
	const char	*colon = strrchr(s, ':');
	struct cursor	 c;
	uint64_t	 port;

	if (colon == NULL || colon == s)
		return false;
	c = cursor_of(colon + 1, strlen(colon + 1));
	return take_decimal(&c, &port) && cursor_left(&c) == 0 && port > 0 &&
	    port <= 65535;
}

static int
spec_check(const struct found_spec *spec, struct err *e)
{
	size_t	 n = strlen(spec->url);

	if (!is_plain(spec->url) || !is_plain(spec->listen) ||
	    !is_plain(spec->origin))
		return err_set_id(e, ERR_INVAL, "config-invalid",
		    "URL, address and origin are printable ASCII without "
		    "spaces and quotes");
	if (!is_address(spec->listen))
		return err_set_id(e, ERR_INVAL, "config-invalid",
		    "\"%s\" is not ADDRESS:PORT", spec->listen);
	if ((strncmp(spec->url, "http://", 7) != 0 &&
	    strncmp(spec->url, "https://", 8) != 0) || spec->url[n - 1] == '/')
		return err_set_id(e, ERR_INVAL, "config-invalid",
		    "\"%s\" is not http(s)://host without a final slash",
		    spec->url);
	return 0;
}

static void
put_preset(const struct conf_key *k, struct buf *out)
{

	switch (k->type) {
	case CONF_STRING:
		buf_printf(out, " \"%s\"\n", k->preset);
		break;
	case CONF_INT:
	case CONF_BOOL:
		buf_printf(out, " %s\n", k->preset);
		break;
	case CONF_STRINGS:
	case CONF_TABLES:
		buf_puts(out, " []\n");
		break;
	}
}

static void
put_key(const struct conf_key *k, const struct found_spec *spec,
    const char *vkey, struct buf *out)
{

	buf_printf(out, "\n# %s.\n%s:", k->help, k->name);
	if (strcmp(k->name, "province") == 0)
		buf_printf(out, " \"%s\"\n", spec->province);
	else if (strcmp(k->name, "origin") == 0)
		buf_printf(out, " \"%s\"\n", spec->origin);
	else if (strcmp(k->name, "url") == 0)
		buf_printf(out, " \"%s\"\n", spec->url);
	else if (strcmp(k->name, "vkey") == 0)
		buf_printf(out, " \"%s\"\n", vkey);
	else if (strcmp(k->name, "listeners") == 0)
		buf_printf(out, "\n  - address: \"%s\"\n    audiences: "
		    "[public, applicant, staff, peer, operator]\n",
		    spec->listen);
	else
		put_preset(k, out);
}

int
found_conf_write(const struct found_spec *spec, const char *vkey,
    struct buf *out, struct err *e)
{
	const struct conf_key	*k;
	struct config		*cf = NULL;
	int			 rc;

	if ((rc = spec_check(spec, e)) != 0)
		return rc;
	buf_printf(out, "# The node of province %s.  \"sealreg serve --check "
	    "--data DIR\" reads this\n# file and says whether it is good.\n",
	    spec->province);
	for (k = config_keys; k->name != NULL; k++)
		put_key(k, spec, vkey, out);
	rc = config_parse(spec->dir, CONFIG_FILE, buf_octets(out), &cf, e);
	config_free(cf);
	return rc;
}

void
found_conf_national(struct octets text, const char *vkey, struct buf *out)
{
	struct cursor	 c = cursor_of(text.p, text.len);
	struct octets	 line;
	bool		 done = false;

	while (take_line(&c, &line))
		if (line.len >= strlen(NATIONAL) && memcmp(line.p, NATIONAL,
		    strlen(NATIONAL)) == 0) {
			buf_printf(out, NATIONAL " \"%s\"\n", vkey);
			done = true;
		} else {
			buf_put_octets(out, line);
			buf_put_u8(out, '\n');
		}
	buf_put(out, c.p, cursor_left(&c));
	if (!done)
		buf_printf(out, NATIONAL " \"%s\"\n", vkey);
}
