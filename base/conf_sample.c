#include "base/conf.h"

/* Help, then the key: with its default, or commented out if it has none. */
static void
sample_key(const struct conf_key *key, const char *indent, struct buf *out)
{

	buf_printf(out, "%s# %s\n", indent, key->help);
	if (key->preset == NULL)
		buf_printf(out, "%s# (must be given)\n%s#%s:", indent,
		    indent, key->name);
	else
		buf_printf(out, "%s%s:", indent, key->name);
	switch (key->type) {
	case CONF_STRING:
		buf_printf(out, " \"%s\"\n",
		    key->preset != NULL ? key->preset : "");
		break;
	case CONF_INT:
	case CONF_BOOL:
		buf_printf(out, "%s%s\n", key->preset != NULL ? " " : "",
		    key->preset != NULL ? key->preset : "");
		break;
	case CONF_STRINGS:
	case CONF_TABLES:
		buf_puts(out, " []\n");
		break;
	}
}

void
conf_sample(const struct conf_key *keys, struct buf *out)
{
	const struct conf_key	*key, *sub;

	for (key = keys; key->name != NULL; key++) {
		if (key != keys)
			buf_puts(out, "\n");
		sample_key(key, "", out);
		if (key->type != CONF_TABLES)
			continue;
		buf_puts(out, "# each item:\n");
		for (sub = key->sub; sub->name != NULL; sub++)
			buf_printf(out, "#   %s %s: %s\n", sub == key->sub ?
			    "-" : " ", sub->name, sub->help);
	}
}
