#include <stddef.h>

#include "store/stmt.h"

struct text {
	const char	*name;
	const char	*sql;
};

static const struct text texts[STMT_END] = {
	[STMT_NONE] = { "NONE", "" },
#define STMT(NAME, TEXT)	[STMT_##NAME] = { #NAME, TEXT },
#include "store/stmt_log.inc"
#include "store/stmt_office.inc"
#undef STMT
};

const char *
stmt_name(enum stmt id)
{
	return id > STMT_NONE && id < STMT_END ? texts[id].name : "NONE";
}

const char *
stmt_text(enum stmt id)
{
	return id > STMT_NONE && id < STMT_END ? texts[id].sql : "";
}
