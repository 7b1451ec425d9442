#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "registry/json.h"

/*
 * Property: what is accepted is within the limits of its table, and what is
 * refused leaves nothing behind and is refused with one of five ids.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct body {
	char			*name, *note;
	struct member_uint	 kind;
	struct member_time	 at;
	struct octets		 blob;
};

static const struct json_member table[] = {
	{ "name", MEMBER_TEXT, true, 1, 12, offsetof(struct body, name) },
	{ "note", MEMBER_TEXT, false, 0, 600, offsetof(struct body, note) },
	{ "kind", MEMBER_UINT, false, 1, 99, offsetof(struct body, kind) },
	{ "at", MEMBER_TIME, false, 0, 0, offsetof(struct body, at) },
	{ "blob", MEMBER_OCTETS, false, 2, 64, offsetof(struct body, blob) },
	{ NULL, 0, false, 0, 0, 0 }
};

static void
must(int good)
{
	if (!good)
		abort();
}

static int
is_known(const char *id)
{
	static const char *const ids[] = { "bad-json", "duplicate-key",
	    "unknown-member", "missing-member", "bad-member" };
	size_t	i;

	for (i = 0; i < 5; i++)
		if (strcmp(ids[i], id) == 0)
			return 1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct body	b, zero;
	struct err	e = ERR_INIT;

	memset(&b, 0, sizeof(b));
	memset(&zero, 0, sizeof(zero));
	if (json_read(OCTETS(p, n), table, &b, &e) != 0) {
		must(e.code == ERR_INVAL && is_known(e.id));
		must(memcmp(&b, &zero, sizeof(b)) == 0);
		must(utf8_valid(e.text, strlen(e.text)) ||
		    strcmp(e.id, "unknown-member") == 0);
		return 0;
	}
	must(n <= LIMIT_JSON_BODY && utf8_valid(p, n));
	must(b.name != NULL && strlen(b.name) >= 1 && strlen(b.name) <= 12);
	must(utf8_valid(b.name, strlen(b.name)));
	must(b.note == NULL || (strlen(b.note) <= 600 &&
	    utf8_valid(b.note, strlen(b.note))));
	must(!b.kind.given || (b.kind.v >= 1 && b.kind.v <= 99));
	must(b.blob.p == NULL || (b.blob.len >= 2 && b.blob.len <= 64));
	json_fini(table, &b);
	must(memcmp(&b, &zero, sizeof(b)) == 0);
	return 0;
}
