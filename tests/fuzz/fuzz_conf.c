#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"

/*
 * Property: any octets are read or refused; a refusal names file, line and
 * column, within the text, and leaves everything zeroed; what was read is
 * within the bounds of its row.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct item {
	char		*name;
	int64_t		 n;
	struct conf_list words;
};

struct top {
	char		*text;
	int64_t		 number;
	bool		 yes;
	struct conf_list words;
	struct conf_list items;
};

static const struct conf_key item_keys[] = {
	{ .name = "name", .type = CONF_STRING, .min = 1, .max = 8,
	  .offset = offsetof(struct item, name), .help = "-" },
	{ .name = "n", .type = CONF_INT, .min = -9, .max = 9, .preset = "0",
	  .offset = offsetof(struct item, n), .help = "-" },
	{ .name = "words", .type = CONF_STRINGS, .max = 2, .preset = "",
	  .offset = offsetof(struct item, words), .help = "-" },
	{ .name = NULL }
};

static const struct conf_key keys[] = {
	{ .name = "text", .type = CONF_STRING, .max = 16, .preset = "",
	  .offset = offsetof(struct top, text), .help = "-" },
	{ .name = "number", .type = CONF_INT, .min = 0, .max = 65535,
	  .preset = "1", .offset = offsetof(struct top, number),
	  .help = "-" },
	{ .name = "yes", .type = CONF_BOOL, .preset = "false",
	  .offset = offsetof(struct top, yes), .help = "-" },
	{ .name = "words", .type = CONF_STRINGS, .preset = "",
	  .offset = offsetof(struct top, words), .help = "-" },
	{ .name = "items", .type = CONF_TABLES, .max = 4, .preset = "",
	  .sub = item_keys, .subsize = sizeof(struct item),
	  .offset = offsetof(struct top, items), .help = "-" },
	{ .name = NULL }
};

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
check_read(const struct top *t)
{
	const struct item	*item;
	size_t			 i;

	must(t->text != NULL && strlen(t->text) <= 16);
	must(t->number >= 0 && t->number <= 65535);
	for (i = 0; i < t->words.n; i++)
		must(((char **)t->words.items)[i] != NULL);
	must(t->items.n <= 4);
	for (i = 0; i < t->items.n; i++) {
		item = (const struct item *)t->items.items + i;
		must(item->name != NULL && strlen(item->name) >= 1 &&
		    strlen(item->name) <= 8);
		must(item->n >= -9 && item->n <= 9 && item->words.n <= 2);
	}
}

static void
check_refused(const struct top *t, const struct err *e, size_t n)
{
	struct top	 zero;
	uint64_t	 line = 0, column = 0;
	int		 at = 0;

	memset(&zero, 0, sizeof(zero));
	must(memcmp(t, &zero, sizeof(zero)) == 0);
	if (e->code == ERR_TOOBIG) {
		must(n > LIMIT_CONF_FILE);
		return;
	}
	must(e->code == ERR_INVAL && strncmp(e->id, "config-", 7) == 0);
	must(sscanf(e->text, "config: f.yaml:%" SCNu64 ":%" SCNu64 ": %n",
	    &line, &column, &at) == 2 && at > 0 && e->text[at] != '\0');
	must(line >= 1 && line <= n + 1 && column >= 1 && column <= n + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct top	 t;
	struct err	 e = ERR_INIT;

	memset(&t, 0, sizeof(t));
	if (conf_parse("f.yaml", (const char *)p, n, keys, &t, &e) == 0)
		check_read(&t);
	else
		check_refused(&t, &e, n);
	conf_fini(keys, &t);
	return 0;
}
