#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/key.h"
#include "ca/share.h"
#include "registry/found/ceremony.h"
#include "registry/found/folder.h"
#include "registry/found/found.h"
#include "registry/found/nation.h"
#include "registry/found/succession.h"
#include "registry/found/transcript.h"

#define ID_FILE	"ceremony.id"

/* One run. */
struct run {
	const struct plan	*p;
	char *const		*passes;
	uint8_t			 secret[SHARE_SECRET], id[SHARE_ID];
	struct buf		 transcript;
	size_t			 written;	/* shares that are ours to undo */
	int64_t			 began;
};

static void
text_of(const uint8_t secret[SHARE_SECRET], char text[B64_SIZE(SHARE_SECRET)])
{
	(void)b64_encode(secret, SHARE_SECRET, text);
}

int
ceremony_open(const struct share *shares, size_t n, char **pass,
    struct err *e)
{
	uint8_t	secret[SHARE_SECRET];
	int	rc;

	*pass = NULL;
	if ((rc = share_combine(shares, n, secret, e)) == 0) {
		*pass = xcalloc(1, B64_SIZE(SHARE_SECRET));
		text_of(secret, *pass);
	}
	mem_wipe(secret, sizeof(secret));
	return rc;
}

/* ---- before anything is made */

static char *
folder_of(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
}

static int
device_of(const char *path, dev_t *dev, struct err *e)
{
	struct stat	 sb;
	char		*folder = folder_of(path);
	int		 rc = 0;

	if (stat(folder, &sb) != 0)
		rc = err_set_id(e, ERR_CONFLICT, "ceremony-media", "%s: %s",
		    folder, strerror(errno));
	else
		*dev = sb.st_dev;
	free(folder);
	return rc;
}

static int
check_media(const struct plan *p, struct err *e)
{
	dev_t	dev[LIMIT_SHARES + 2], data;
	size_t	i, k;
	int	rc;

	if ((rc = device_of(p->data, &data, e)) != 0 ||
	    (rc = device_of(p->transcript, &dev[LIMIT_SHARES], e)) != 0)
		return rc;
	for (i = 0; i < p->custodians.n; i++) {
		if ((rc = device_of(plan_custodian(p, i)->share, &dev[i],
		    e)) != 0)
			return rc;
		if (strcmp(p->media, "any") == 0)
			continue;
		if (dev[i] == data)
			return err_set_id(e, ERR_CONFLICT, "ceremony-media",
			    "%s is on the file system of the keys themselves",
			    plan_custodian(p, i)->share);
		for (k = 0; k < i; k++)
			if (dev[k] == dev[i])
				return err_set_id(e, ERR_CONFLICT,
				    "ceremony-media", "%s and %s are on one "
				    "file system", plan_custodian(p, k)->share,
				    plan_custodian(p, i)->share);
	}
	return 0;
}

/* The id of a run that was cut short: its folder never got its name. */
static bool
interrupted(const struct plan *p, uint8_t id[SHARE_ID])
{
	struct err	 gone = ERR_INIT;
	struct buf	 b;
	char		*tmp = xasprintf("%s.new", p->data);
	bool		 is;

	buf_init(&b, 256);
	is = folder_read(tmp, ID_FILE, &b, &gone) == 0 &&
	    hex_decode((char *)b.p, b.len, id, SHARE_ID);
	buf_fini(&b);
	free(tmp);
	return is;
}

/* Is the file a share of this ceremony? */
static bool
is_of(const char *path, const uint8_t id[SHARE_ID])
{
	struct share	 s;
	struct err	 why = ERR_INIT;
	uint8_t		*text = NULL;
	size_t		 n = 0;
	bool		 is;

	if (file_read(path, LIMIT_SHARE_TEXT, &text, &n, &why) != 0)
		return false;
	is = share_parse(OCTETS(text, n), &s, &why) == 0 &&
	    memcmp(s.id, id, SHARE_ID) == 0;
	mem_wipe(text, n);
	free(text);
	mem_wipe(&s, sizeof(s));
	return is;
}

/*
 * A file that is there may only be the share of a run that was cut short: that
 * opens nothing, and goes, while the folder of that run still tells its id.
 */
static int
clear_way(const struct plan *p, struct err *e)
{
	const char	*path;
	uint8_t		 id[SHARE_ID];
	const bool	 old = interrupted(p, id);
	size_t		 i;

	for (i = 0; i < p->custodians.n; i++) {
		path = plan_custodian(p, i)->share;
		if (access(path, F_OK) == 0 && !(old && is_of(path, id)))
			return err_set_id(e, ERR_CONFLICT, "ceremony-share",
			    "%s is there, and is not left by a try that was "
			    "cut short; nothing was changed", path);
	}
	for (i = 0; i < p->custodians.n; i++) {
		path = plan_custodian(p, i)->share;
		if (unlink(path) != 0 && errno != ENOENT)
			return err_set_errno(e, ERR_IO, "%s", path);
	}
	return 0;
}

static int
put_id(const struct run *r, const char *tmp, struct err *e)
{
	char	hex[HEX_SIZE(SHARE_ID)];

	hex_encode(r->id, SHARE_ID, hex);
	return folder_write(tmp, ID_FILE, OCTETS(hex, strlen(hex)), 0644, e);
}

/* ---- shares */

static int
put_share(struct run *r, const struct keyring *kr, struct share *s, size_t i,
    struct err *e)
{
	const struct custodian	*c = plan_custodian(r->p, i);
	struct share_words	 w = { r->p->title, c->name, NULL };
	struct buf		 text;
	uint8_t			 point[SM2_POINT_LEN], d[SM3_LEN];
	char			 hex[HEX_SIZE(16)];
	int			 rc;

	buf_init(&text, LIMIT_SHARE_TEXT);
	if ((rc = keyring_point(kr, plan_is_nation(r->p) ? KEY_ROOT :
	    KEY_AUTHORITY, point, e)) != 0 ||
	    (c->sealed && (rc = share_seal(s, r->passes[i], e)) != 0))
		goto out;
	sm3(point, sizeof(point), d);
	hex_encode(d, 16, hex);
	w.key = hex;
	share_format(s, &w, &text);
	r->written = i + 1;
	rc = file_write(c->share, buf_octets(&text), 0600, e);
out:
	buf_wipe(&text);
	return rc;
}

/* What lies on the medium, opened. */
static int
get_share(const struct run *r, size_t i, struct share *s, struct err *e)
{
	const struct custodian	*c = plan_custodian(r->p, i);
	uint8_t			*text = NULL;
	size_t			 n = 0;
	int			 rc;

	if ((rc = file_read(c->share, LIMIT_SHARE_TEXT, &text, &n, e)) == 0 &&
	    (rc = share_parse(OCTETS(text, n), s, e)) == 0 && c->sealed)
		rc = share_unseal(s, r->passes[i], e);
	if (text != NULL)
		mem_wipe(text, n);
	free(text);
	return rc;
}

/* Every share is part of m that open: windows of m, round about. */
static int
try_shares(const struct run *r, const struct share *all, struct err *e)
{
	const size_t	n = r->p->custodians.n, m = (size_t)r->p->threshold;
	struct share	some[LIMIT_SHARES];
	uint8_t		secret[SHARE_SECRET];
	size_t		i, k;
	int		rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		for (k = 0; k < m; k++)
			some[k] = all[(i + k) % n];
		if ((rc = share_combine(some, m, secret, e)) == 0 &&
		    !mem_equal(secret, r->secret, sizeof(secret)))
			rc = err_set_id(e, ERR_CONFLICT, "ceremony-share",
			    "what was written does not read back");
	}
	mem_wipe(some, sizeof(some));
	mem_wipe(secret, sizeof(secret));
	return rc;
}

static int
put_shares(struct run *r, const struct keyring *kr, struct err *e)
{
	const unsigned	m = (unsigned)r->p->threshold;
	struct share	s[LIMIT_SHARES];
	size_t		i, n = r->p->custodians.n;
	int		rc;

	if ((rc = share_split(r->secret, m, (unsigned)n, s, e)) != 0)
		return rc;
	for (i = 0; i < n && rc == 0; i++)
		rc = put_share(r, kr, &s[i], i, e);
	mem_wipe(s, sizeof(s));
	for (i = 0; i < n && rc == 0; i++)
		rc = get_share(r, i, &s[i], e);
	if (rc == 0)
		rc = try_shares(r, s, e);
	mem_wipe(s, sizeof(s));
	return rc;
}

/* The last step before the folder appears. */
static int
last(void *arg, const struct keyring *kr, const char *tmp, struct err *e)
{
	struct run		*r = arg;
	struct transcript_facts	 f = { .began = r->began, .id = r->id };
	struct buf		 cert, before;
	int			 rc;

	buf_init(&cert, LIMIT_TRANSCRIPT);
	buf_init(&before, LIMIT_TRANSCRIPT);
	if ((rc = put_id(r, tmp, e)) != 0 ||
	    (rc = put_shares(r, kr, e)) != 0 || (plan_is_nation(r->p) &&
	    (rc = folder_read(tmp, plan_succeeds(r->p) ? "ca/root-next.crt" :
	    "ca/root.crt", &cert, e)) != 0) || (plan_succeeds(r->p) &&
	    (rc = folder_read(tmp, "ca/root.crt", &before, e)) != 0))
		goto out;
	f.before = buf_octets(&before);
	f.ended = tm_now();
	f.certificate = buf_octets(&cert);
	if ((rc = transcript_write(r->p, kr, &f, &r->transcript, e)) == 0)
		rc = folder_write(tmp, CEREMONY_TRANSCRIPT,
		    buf_octets(&r->transcript), 0644, e);
out:
	buf_fini(&before);
	buf_fini(&cert);
	return rc;
}

/* ---- the whole */

static int
found(struct run *r, struct octets pass, struct err *e)
{
	const struct plan	*p = r->p;
	struct nation_spec	 ns = { .name = p->name,
				    .organisation = p->organisation,
				    .common_name = p->common_name,
				    .days = p->days, .now = r->began,
				    .pass = pass, .last = last, .arg = r };
	struct found_spec	 fs = { .dir = p->data,
				    .province = p->province,
				    .listen = p->listen, .url = p->url,
				    .origin = p->origin, .now = r->began,
				    .pass = pass, .last = last, .arg = r };
	struct succession_spec	 ss = { .from = p->succeeds, .days = p->days,
				    .now = r->began, .pass = pass,
				    .last = last, .arg = r };
	struct founded		 f;

	if (plan_succeeds(p))
		return succession_found(p->data, &ss, e);
	return plan_is_nation(p) ? nation_found(p->data, &ns, e) :
	    found_begin(&fs, &f, e);
}

/* What failed after the folder had its name needs its shares. */
static void
undo(const struct run *r)
{
	size_t	i;

	if (access(r->p->data, F_OK) == 0)
		return;
	for (i = 0; i < r->written; i++)
		(void)unlink(plan_custodian(r->p, i)->share);
}

/* The folder is there: of this plan, and whole, or somebody else's. */
static int
take_up(const struct plan *p, struct buf *text, bool *again, struct err *e)
{
	struct transcript	 t;
	struct err		 gone = ERR_INIT;
	int			 rc;

	*again = false;
	rc = folder_read(p->data, CEREMONY_TRANSCRIPT, text, &gone);
	if (rc != 0)
		return 0;		/* founding says what is wrong */
	if ((rc = transcript_read(buf_octets(text), &t, e)) != 0)
		return rc;
	if (memcmp(t.plan, p->digest, SM3_LEN) != 0)
		return err_set_id(e, ERR_CONFLICT, "already-initialised",
		    "%s was made in the ceremony \"%s\", by another plan; "
		    "nothing was changed", p->data, t.title);
	*again = true;
	return 0;
}

/* The folder before, unless somebody has done away with it by now. */
static int
mark_before(const struct plan *p, struct err *e)
{
	if (!plan_succeeds(p) || access(p->succeeds, F_OK) != 0)
		return 0;
	return succession_mark(p->succeeds, p->data, e);
}

int
ceremony_run(const struct plan *p, char *const *passes, bool *again,
    struct err *e)
{
	struct run	r = { .p = p, .passes = passes, .began = tm_now() };
	char		pass[B64_SIZE(SHARE_SECRET)];
	int		rc;

	buf_init(&r.transcript, LIMIT_TRANSCRIPT);
	if ((rc = take_up(p, &r.transcript, again, e)) != 0)
		goto out;
	if (!*again) {
		if ((rc = check_media(p, e)) != 0 ||
		    (rc = clear_way(p, e)) != 0)
			goto out;
		sm_random(r.secret, sizeof(r.secret));
		share_id(r.secret, r.id);
		text_of(r.secret, pass);
		rc = found(&r, OCTETS(pass, strlen(pass)), e);
		mem_wipe(pass, sizeof(pass));
		if (rc != 0) {
			undo(&r);
			goto out;
		}
	}
	/* What ended after the folder had its name, before the other was marked. */
	if (!*again || (rc = mark_before(p, e)) == 0)
		rc = file_write(p->transcript, buf_octets(&r.transcript),
		    0644, e);
out:
	buf_fini(&r.transcript);
	mem_wipe(&r, sizeof(r));
	return rc;
}
