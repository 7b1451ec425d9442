#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "registry/ca_folder.h"

struct names {
	char	*name[LIMIT_CA_FILES];
	size_t	 n;
};

static void
names_fini(struct names *l)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		free(l->name[i]);
}

static bool
ends_in(const char *s, const char *end)
{
	size_t	 n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0 && s[0] != '.';
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_names(const char *dir, const char *end, struct names *l, struct err *e)
{
	struct dirent	*de;
	char		*path = xasprintf("%s/ca", dir);
	DIR		*d;
	int		 rc = 0;

	l->n = 0;
	if ((d = opendir(path)) == NULL) {
		rc = errno == ENOENT ? 0 : err_set_errno(e, ERR_IO, "%s",
		    path);
		goto out;
	}
	while ((de = readdir(d)) != NULL) {
		if (!ends_in(de->d_name, end))
			continue;
		if (l->n == LIMIT_CA_FILES) {
			rc = err_set_id(e, ERR_TOOBIG, "ca-folder",
			    "%s holds over %d names in %s: move away what "
			    "has ended", path, LIMIT_CA_FILES, end);
			break;
		}
		l->name[l->n++] = xstrdup(de->d_name);
	}
	(void)closedir(d);
	qsort(l->name, l->n, sizeof(l->name[0]), by_name);
out:
	free(path);
	return rc;
}

int
ca_folder_each(const char *dir, const char *end,
    int (*fn)(void *, const char *, struct err *), void *arg, struct err *e)
{
	struct names	*l = xcalloc(1, sizeof(*l));
	size_t		 i;
	int		 rc;

	rc = read_names(dir, end, l, e);
	for (i = 0; i < l->n && rc == 0; i++)
		rc = fn(arg, l->name[i], e);
	names_fini(l);
	free(l);
	return rc;
}

/* ---- parts of the revocation list */

static char *
shard_name(const uint8_t key_id[CERT_KEY_ID])
{
	char	 hex[HEX_SIZE(CERT_KEY_ID)];

	hex_encode(key_id, CERT_KEY_ID, hex);
	return xasprintf("%s.shard", hex);
}

static int
read_shard(const char *dir, const char *name, unsigned *shard,
    struct err *e)
{
	struct err	 why = ERR_INIT;
	struct cursor	 c;
	char		*path = xasprintf("%s/ca/%s", dir, name);
	uint8_t		*p = NULL;
	uint64_t	 v;
	size_t		 n;
	int		 rc;

	*shard = 0;
	if ((rc = file_read(path, 64, &p, &n, &why)) == ERR_NOTFOUND) {
		rc = 0;
		goto out;
	}
	c = cursor_of(p, rc == 0 ? n : 0);
	if (rc != 0 || !take_decimal(&c, &v) || v % CA_SHARDS != 0 ||
	    v > (uint64_t)LIMIT_KEY_FILES * CA_SHARDS)
		rc = err_set_id(e, ERR_FORMAT, "ca-folder", "%s is not what "
		    "\"sealreg ca switch\" wrote", path);
	else
		*shard = (unsigned)v;
out:
	free(p);
	free(path);
	return rc;
}

int
ca_folder_shard(const char *dir, const uint8_t key_id[CERT_KEY_ID],
    unsigned *shard, struct err *e)
{
	char	*name = shard_name(key_id);
	int	 rc = read_shard(dir, name, shard, e);

	free(name);
	return rc;
}

struct highest {
	const char	*dir;
	unsigned	 shard;
};

static int
look_at(void *arg, const char *name, struct err *e)
{
	struct highest	*h = arg;
	unsigned	 shard;
	int		 rc;

	if ((rc = read_shard(h->dir, name, &shard, e)) == 0 &&
	    shard > h->shard)
		h->shard = shard;
	return rc;
}

int
ca_folder_shard_new(const char *dir, const uint8_t key_id[CERT_KEY_ID],
    unsigned *shard, struct err *e)
{
	struct highest	 h = { dir, 0 };
	struct buf	 b;
	char		*name = shard_name(key_id), *path;
	int		 rc;

	buf_init(&b, 64);
	path = xasprintf("%s/ca/%s", dir, name);
	if ((rc = read_shard(dir, name, shard, e)) != 0 || *shard > 0 ||
	    (rc = ca_folder_each(dir, ".shard", look_at, &h, e)) != 0)
		goto out;
	*shard = h.shard + CA_SHARDS;
	buf_printf(&b, "%u\n", *shard);
	rc = file_create(path, buf_octets(&b), 0644, e);
out:
	free(path);
	free(name);
	buf_fini(&b);
	return rc;
}

/* ---- has it changed? */

struct digest {
	const char	*dir;
	struct buf	 all;
};

/* Name and content, each by its own digest. */
static int
add(void *arg, const char *name, struct err *e)
{
	struct digest	*d = arg;
	char		*path = xasprintf("%s/ca/%s", d->dir, name);
	uint8_t		*p = NULL, h[SM3_LEN];
	size_t		 n;
	int		 rc;

	if ((rc = file_read(path, LIMIT_CERT, &p, &n, e)) == 0) {
		sm3(name, strlen(name), h);
		buf_put(&d->all, h, sizeof(h));
		sm3(p, n, h);
		buf_put(&d->all, h, sizeof(h));
	}
	free(p);
	free(path);
	return rc;
}

int
ca_folder_digest(const char *dir, uint8_t digest[SM3_LEN], struct err *e)
{
	struct digest	d = { .dir = dir };
	int		rc;

	memset(digest, 0, SM3_LEN);
	buf_init(&d.all, (size_t)3 * LIMIT_CA_FILES * 2 * SM3_LEN);
	if ((rc = ca_folder_each(dir, ".crt", add, &d, e)) == 0 &&
	    (rc = ca_folder_each(dir, ".crl", add, &d, e)) == 0 &&
	    (rc = ca_folder_each(dir, ".revoked", add, &d, e)) == 0)
		sm3(d.all.p, d.all.len, digest);
	buf_fini(&d.all);
	return rc;
}
