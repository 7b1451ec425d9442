#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ca/share.h"
#include "registry/found/plan.h"

#define AT(m)	.offset = offsetof(struct plan, m)
#define IN(m)	.offset = offsetof(struct custodian, m)

static const struct conf_key	custodian_keys[] = {
	{ .name = "name", .type = CONF_STRING, .min = 1,
	  .max = LIMIT_SHARE_NAME, IN(name), .help = "who keeps the share" },
	{ .name = "share", .type = CONF_STRING, .min = 2, .max = 1024,
	  IN(share), .help = "the file that it is written to" },
	{ .name = "sealed", .type = CONF_BOOL, .preset = "false", IN(sealed),
	  .help = "under a pass phrase that its keeper types" },
	{ .name = NULL }
};

const struct conf_key	plan_keys[] = {
	{ .name = "ceremony", .type = CONF_STRING, .min = 1,
	  .max = LIMIT_SHARE_NAME, AT(title), .help = "its name" },
	{ .name = "for", .type = CONF_STRING, .min = 1, .max = 8, AT(kind),
	  .help = "nation or province" },
	{ .name = "data", .type = CONF_STRING, .min = 2, .max = 1024, AT(data),
	  .help = "the folder that is made, absolute path" },
	{ .name = "succeeds", .type = CONF_STRING, .max = 1024, .preset = "",
	  AT(succeeds), .help = "nation: the folder whose root gets another "
	  "key" },
	{ .name = "name", .type = CONF_STRING, .max = 200, .preset = "",
	  AT(name), .help = "nation: who signs trust lists" },
	{ .name = "organisation", .type = CONF_STRING, .max = 192,
	  .preset = "", AT(organisation), .help = "nation: O of the root" },
	{ .name = "common_name", .type = CONF_STRING, .max = 192,
	  .preset = "", AT(common_name), .help = "nation: CN of the root" },
	{ .name = "days", .type = CONF_INT, .min = 0, .max = 10958,
	  .preset = "0", AT(days), .help = "nation: life of the root" },
	{ .name = "province", .type = CONF_STRING, .max = 2, .preset = "",
	  AT(province), .help = "province: its two digits" },
	{ .name = "listen", .type = CONF_STRING, .max = 200, .preset = "",
	  AT(listen), .help = "province: as sealreg init" },
	{ .name = "url", .type = CONF_STRING, .max = 200, .preset = "",
	  AT(url), .help = "province: as sealreg init" },
	{ .name = "origin", .type = CONF_STRING, .max = 200, .preset = "",
	  AT(origin), .help = "province: as sealreg init" },
	{ .name = "keys", .type = CONF_STRINGS, .min = 1, .max = 8, AT(keys),
	  .help = "every key that is made" },
	{ .name = "profile", .type = CONF_STRING, .min = 1, .max = 16,
	  AT(profile), .help = "root, or authority" },
	{ .name = "threshold", .type = CONF_INT, .min = 2,
	  .max = LIMIT_SHARES, AT(threshold), .help = "how many shares open" },
	{ .name = "custodians", .type = CONF_TABLES, .min = 2,
	  .max = LIMIT_SHARES, AT(custodians), .sub = custodian_keys,
	  .subsize = sizeof(struct custodian), .help = "who keep the shares" },
	{ .name = "media", .type = CONF_STRING, .min = 3, .max = 8,
	  .preset = "separate", AT(media), .help = "separate: no two shares "
	  "on one file system; any: for exercises" },
	{ .name = "transcript", .type = CONF_STRING, .min = 2, .max = 1024,
	  AT(transcript), .help = "the file that says what was done" },
	{ .name = NULL }
};

static int
refused(struct err *e, const char *key, const char *why)
{
	return err_set_id(e, ERR_INVAL, "ceremony-plan", "plan: %s: %s", key,
	    why);
}

bool
plan_is_nation(const struct plan *p)
{
	return strcmp(p->kind, "nation") == 0;
}

bool
plan_succeeds(const struct plan *p)
{
	return p->succeeds[0] != '\0';
}

const struct custodian *
plan_custodian(const struct plan *p, size_t i)
{
	return (const struct custodian *)p->custodians.items + i;
}

/* Exactly these, in any order: nobody is surprised by a key. */
static int
check_keys(const struct plan *p, struct err *e)
{
	static const char *const	nation[] = { "root", "national", NULL };
	static const char *const	root[] = { "root", NULL };
	static const char *const	province[] = { "checkpoint",
	    "province", "maker", "wrapping", "tsa", NULL };
	const char *const		*want = plan_succeeds(p) ? root :
					    plan_is_nation(p) ? nation :
					    province;
	char				*const *got = p->keys.items;
	size_t				 i, k;

	for (i = 0; want[i] != NULL; i++) {
		for (k = 0; k < p->keys.n && strcmp(got[k], want[i]) != 0; k++)
			;
		if (k == p->keys.n)
			return refused(e, "keys", plan_succeeds(p) ?
			    "it is root, which gets another" :
			    plan_is_nation(p) ? "they are root and national" :
			    "they are checkpoint, province, maker, wrapping "
			    "and tsa");
	}
	if (p->keys.n != i)
		return refused(e, "keys", "one stands twice, or is not made "
		    "here");
	return 0;
}

static bool
is_under(const char *path, const char *folder)
{
	size_t	n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' ||
	    path[n] == '\0');
}

static bool
path_good(const char *s)
{
	return s[0] == '/' && text_is_name(s) && strstr(s, "/../") == NULL &&
	    s[strlen(s) - 1] != '/';
}

/* Its names stay as they are: RFC 4210, 4.4. */
static int
check_succeeds(const struct plan *p, struct err *e)
{
	if (!plan_is_nation(p))
		return refused(e, "succeeds", "not of a province: \"sealreg ca "
		    "rekey province\"");
	if (!path_good(p->succeeds) || is_under(p->succeeds, p->data) ||
	    is_under(p->data, p->succeeds))
		return refused(e, "succeeds", "not an absolute path, or not "
		    "beside the folder that is made");
	if (p->name[0] != '\0' || p->organisation[0] != '\0' ||
	    p->common_name[0] != '\0' || p->province[0] != '\0' ||
	    p->listen[0] != '\0' || p->url[0] != '\0' ||
	    p->origin[0] != '\0')
		return refused(e, "succeeds", "the nation keeps its names: "
		    "with it stand days, and no name, organisation or "
		    "common_name");
	return p->days >= 365 ? 0 : refused(e, "days", "at least 365 days");
}

static int
check_kind(const struct plan *p, struct err *e)
{
	const bool	nation = plan_is_nation(p);

	if (!nation && strcmp(p->kind, "province") != 0)
		return refused(e, "for", "neither nation nor province");
	if (strcmp(p->profile, nation ? "root" : "authority") != 0)
		return refused(e, "profile", nation ? "the nation's is root" :
		    "a province's is authority");
	if (plan_succeeds(p))
		return check_succeeds(p, e);
	if (nation && (p->name[0] == '\0' || p->organisation[0] == '\0' ||
	    p->common_name[0] == '\0' || p->days < 365))
		return refused(e, "name", "a nation has name, organisation, "
		    "common_name and at least 365 days");
	if (nation && (p->province[0] != '\0' || p->listen[0] != '\0' ||
	    p->url[0] != '\0' || p->origin[0] != '\0'))
		return refused(e, "province", "not of a nation");
	if (!nation && (p->province[0] == '\0' || p->listen[0] == '\0' ||
	    p->url[0] == '\0' || p->origin[0] == '\0'))
		return refused(e, "province", "a province has province, "
		    "listen, url and origin");
	if (!nation && (p->name[0] != '\0' || p->organisation[0] != '\0' ||
	    p->common_name[0] != '\0' || p->days != 0))
		return refused(e, "name", "not of a province: the national "
		    "root certifies it");
	return 0;
}

static int
check_custodians(const struct plan *p, struct err *e)
{
	const struct custodian	*c, *d;
	size_t			 i, k;

	if ((size_t)p->threshold > p->custodians.n)
		return refused(e, "threshold", "more than there are "
		    "custodians");
	for (i = 0; i < p->custodians.n; i++) {
		c = plan_custodian(p, i);
		if (!text_is_name(c->name))
			return refused(e, "custodians", "not a name");
		if (!path_good(c->share) || is_under(c->share, p->data))
			return refused(e, "share", "not an absolute path, or "
			    "one in the folder that it opens");
		if (strcmp(c->share, p->transcript) == 0)
			return refused(e, "share", "the transcript's own");
		for (k = 0; k < i; k++) {
			d = plan_custodian(p, k);
			if (strcmp(c->name, d->name) == 0 ||
			    strcmp(c->share, d->share) == 0)
				return refused(e, "custodians", "a name or a "
				    "file stands twice");
		}
	}
	return 0;
}

static int
check(const struct plan *p, struct err *e)
{
	int	rc;

	if (!text_is_name(p->title))
		return refused(e, "ceremony", "not a name");
	if (!path_good(p->data))
		return refused(e, "data", "not an absolute path");
	if (!path_good(p->transcript) || is_under(p->transcript, p->data))
		return refused(e, "transcript", "not an absolute path, or one "
		    "in the folder that is made");
	if (strcmp(p->media, "separate") != 0 && strcmp(p->media, "any") != 0)
		return refused(e, "media", "neither separate nor any");
	if ((rc = check_kind(p, e)) != 0 || (rc = check_keys(p, e)) != 0)
		return rc;
	return check_custodians(p, e);
}

int
plan_parse(const char *name, struct octets text, struct plan **out,
    struct err *e)
{
	struct plan	*p = xcalloc(1, sizeof(*p));
	int		 rc;

	*out = NULL;
	if (text.len > LIMIT_PLAN) {
		rc = err_set(e, ERR_TOOBIG, "plan over %u octets", LIMIT_PLAN);
		goto out;
	}
	if ((rc = conf_parse(name, (const char *)text.p, text.len, plan_keys,
	    p, e)) != 0 || (rc = check(p, e)) != 0)
		goto out;
	sm3(text.p, text.len, p->digest);
	*out = p;
	p = NULL;
	rc = 0;
out:
	plan_free(p);
	return rc;
}

void
plan_free(struct plan *p)
{
	if (p == NULL)
		return;
	conf_fini(plan_keys, p);
	free(p);
}

void
plan_tell(const struct plan *p, struct buf *out)
{
	const struct custodian	*c;
	char			 hex[HEX_SIZE(SM3_LEN)];
	char			*const *k = p->keys.items;
	size_t			 i;
	unsigned		 step = 1;

	buf_printf(out, "Ceremony \"%s\"\n%2u. %zu custodians confirm this plan "
	    "by its digest:\n", p->title, step++, p->custodians.n);
	for (i = 0; i < p->custodians.n; i++) {
		c = plan_custodian(p, i);
		buf_printf(out, "      %s%s\n", c->name, c->sealed ?
		    ", and types a pass phrase for the share" : "");
	}
	buf_printf(out, "%2u. Keys are made in %s:", step++, p->data);
	for (i = 0; i < p->keys.n; i++)
		buf_printf(out, " %s", k[i]);
	if (plan_succeeds(p))
		buf_printf(out, "\n%2u. It follows %s, which is opened, and "
		    "opens no more afterwards: the keys that are there come "
		    "along\n%2u. The next root certificate (profile %s): the "
		    "same names, %" PRId64 " days; each root certifies the "
		    "key of the other\n", step, p->succeeds, step + 1,
		    p->profile, p->days);
	else if (plan_is_nation(p))
		buf_printf(out, "\n%2u. The root certificate (profile %s): "
		    "O = %s, CN = %s, %" PRId64 " days; trust lists are signed "
		    "as %s\n", step++, p->profile, p->organisation,
		    p->common_name, p->days, p->name);
	else
		buf_printf(out, "\n%2u. The request of province %s (profile "
		    "%s): listens on %s, reached at %s, log %s\n", step++,
		    p->province, p->profile, p->listen, p->url, p->origin);
	step += plan_succeeds(p) ? 2 : 0;
	buf_printf(out, "%2u. Their pass phrase is split; any %" PRId64
	    " of %zu shares open them (media: %s):\n", step++, p->threshold,
	    p->custodians.n, p->media);
	for (i = 0; i < p->custodians.n; i++)
		buf_printf(out, "      %s: %s\n", plan_custodian(p, i)->name,
		    plan_custodian(p, i)->share);
	buf_printf(out, "%2u. The shares are read back and tried.\n"
	    "%2u. What was done is signed by the new key: %s\n", step,
	    step + 1, p->transcript);
	hex_encode(p->digest, SM3_LEN, hex);
	buf_printf(out, "SM3 of the plan: %s\n", hex);
}
