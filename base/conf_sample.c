#include "base/conf.h"

/*
 * Help, then the key: with its default, or commented out where there is none
 * or an empty list may not be written.
 */
static void
sample_key(const struct conf_key *key, struct buf *out)
{

	buf_printf(out, "# %s\n", key->help);
	if (key->preset == NULL)
		buf_printf(out, "# (must be given)\n#%s:", key->name);
	else
		buf_printf(out, "%s%s:", key->min > 0 &&
		    key->preset[0] == '\0' ? "#" : "", key->name);
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
		sample_key(key, out);
		if (key->type != CONF_TABLES)
			continue;
		buf_puts(out, "# each item:\n");
		for (sub = key->sub; sub->name != NULL; sub++)
			buf_printf(out, "#   %s %s: %s\n", sub == key->sub ?
			    "-" : " ", sub->name, sub->help);
	}
}
