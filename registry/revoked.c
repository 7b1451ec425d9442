#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/conf.h"
#include "base/tm.h"
#include "registry/revoked.h"

#define LIMIT_REVOKED	4096	/* octets of the file */

/* RFC 5280, 5.3.1, without the hold and its lifting. */
static const struct {
	unsigned	 reason;
	const char	*word;
} words[] = {
	{ 0, "unspecified" }, { 1, "keyCompromise" }, { 2, "cACompromise" },
	{ 3, "affiliationChanged" }, { 4, "superseded" },
	{ 5, "cessationOfOperation" }, { 9, "privilegeWithdrawn" }
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

struct file {
	char	*at, *reason;
};

static const struct conf_key keys[] = {
	{ .name = "at", .type = CONF_STRING,
	  .offset = offsetof(struct file, at), .min = 20, .max = 32,
	  .help = "Since when" },
	{ .name = "reason", .type = CONF_STRING,
	  .offset = offsetof(struct file, reason), .min = 1, .max = 32,
	  .help = "Why, as RFC 5280 calls it" },
	{ .name = NULL }
};

bool
revoked_reason(const char *word, unsigned *reason)
{
	size_t	 i;

	for (i = 0; i < NWORDS; i++)
		if (strcmp(words[i].word, word) == 0) {
			*reason = words[i].reason;
			return true;
		}
	*reason = 0;
	return false;
}

const char *
revoked_word(unsigned reason)
{
	size_t	 i;

	for (i = 0; i < NWORDS; i++)
		if (words[i].reason == reason)
			return words[i].word;
	return "unspecified";
}

void
revoked_format(const struct revoked *r, struct buf *out)
{
	char	 t[TM_RFC3339_SIZE];

	tm_rfc3339(r->at, t);
	buf_printf(out, "at: \"%s\"\nreason: \"%s\"\n", t,
	    revoked_word(r->reason));
}

int
revoked_parse(const char *name, struct octets text, struct revoked *r,
    struct err *e)
{
	struct file	 f = { NULL, NULL };
	struct err	 why = ERR_INIT;
	int		 rc = 0;

	memset(r, 0, sizeof(*r));
	if (text.len > LIMIT_REVOKED || conf_parse(name,
	    (const char *)text.p, text.len, keys, &f, &why) != 0)
		rc = err_set_id(e, ERR_INVAL, "bad-revocation", "%s",
		    why.code != ERR_OK ? why.text : "too long");
	else if (!tm_parse(f.at, &r->at) || r->at <= 0 ||
	    !revoked_reason(f.reason, &r->reason))
		rc = err_set_id(e, ERR_INVAL, "bad-revocation",
		    "%s: no time, or no such reason", name);
	conf_fini(keys, &f);
	return rc;
}
