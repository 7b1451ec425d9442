#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/key.h"
#include "registry/found/folder.h"
#include "registry/keep/restore.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/note.h"

#define STEP	((size_t)64 << 10)

/* Without these there is no node. */
static const char *const needed[] = {
	CONFIG_FILE, "trust", BACKUP_DATABASE, "ca/root.crt",
	"ca/province.crt", "ca/maker.crt", "keys/checkpoint.pem",
	"keys/province.pem", "keys/maker.pem", "keys/wrapping.pem"
};

static int
incomplete(struct err *e, const char *name)
{
	return err_set_id(e, ERR_VERIFY, "backup-incomplete",
	    "the backup lacks %s", name);
}

static int
differs(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "backup-differs", "%s", what);
}

/* ---- unpacking */

static int
get_head(struct vault *v, struct backup_file *bf, struct err *e)
{
	uint8_t	 b[2], tail[BACKUP_HEAD_TAIL];
	char	 name[LIMIT_BACKUP_NAME];
	size_t	 n;
	int	 rc;

	if ((rc = vault_get(v, b, 2, e)) != 0)
		return rc;
	n = (size_t)(b[0] << 8 | b[1]);
	if (n == 0 || n > LIMIT_BACKUP_NAME)
		return differs(e, "a file's name is too long");
	if ((rc = vault_get(v, name, n, e)) != 0 ||
	    (rc = vault_get(v, tail, sizeof(tail), e)) != 0)
		return rc;
	return backup_head(OCTETS(name, n), tail, bf, e);
}

static int
write_all(int fd, const uint8_t *p, size_t n)
{
	ssize_t	k;

	while (n > 0) {
		if ((k = write(fd, p, n)) == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* The octets of a file into fd, with their digest. */
static int
get_body(struct vault *v, int fd, struct backup_file *bf, struct err *e)
{
	struct sm3	*h = sm3_new();
	uint8_t		*step = xmalloc(STEP);
	uint64_t	 left = bf->size;
	size_t		 n;
	int		 rc = 0;

	while (rc == 0 && left > 0) {
		n = left < STEP ? (size_t)left : STEP;
		if ((rc = vault_get(v, step, n, e)) != 0)
			break;
		sm3_add(h, step, n);
		left -= n;
		if (write_all(fd, step, n) != 0)
			rc = err_set_errno(e, ERR_IO, "%s", bf->name);
	}
	if (rc == 0 && fsync(fd) != 0)
		rc = err_set_errno(e, ERR_IO, "%s", bf->name);
	sm3_end(h, bf->digest);
	sm3_free(h);
	mem_wipe(step, STEP);
	free(step);
	return rc;
}

/* The folder of a name, when its first file comes. */
static int
make_folder(const char *dir, const char *name, struct err *e)
{
	const char	*slash = strchr(name, '/');
	char		*path;
	int		 rc = 0;

	if (slash == NULL)
		return 0;
	path = xasprintf("%s/%.*s", dir, (int)(slash - name), name);
	if (access(path, F_OK) != 0)
		rc = file_mkdir(path, strncmp(name, "keys/", 5) == 0 ? 0700 :
		    0755, e);
	free(path);
	return rc;
}

static int
get_file(struct vault *v, const char *dir, struct backup_file *bf,
    struct err *e)
{
	char	*path = xasprintf("%s/%s", dir, bf->name);
	int	 fd = -1, rc;

	if ((rc = make_folder(dir, bf->name, e)) != 0)
		goto out;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1 ||
	    fchmod(fd, (mode_t)bf->mode) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	rc = get_body(v, fd, bf, e);
out:
	if (fd != -1)
		(void)close(fd);
	free(path);
	return rc;
}

static bool
has_file(const struct backup_facts *f, const char *name)
{
	size_t	k;

	for (k = 0; k < f->nfiles; k++)
		if (strcmp(f->files[k].name, name) == 0)
			return true;
	return false;
}

/* A key file that a token may stand for; the wrapping key never lies there. */
static bool
may_lie_in_token(const char *name)
{
	return strncmp(name, "keys/", 5) == 0 &&
	    strcmp(name, "keys/wrapping.pem") != 0;
}

/* got: what was unpacked, in order; f: what the manifest says. */
static int
compare(const struct backup_facts *got, const struct backup_facts *f,
    struct err *e)
{
	const struct backup_file	*a, *b;
	bool				 token;
	size_t				 i, k;

	for (i = 0; i < f->nfiles; i++) {
		a = &f->files[i];
		for (k = 0; k < got->nfiles &&
		    strcmp(got->files[k].name, a->name) != 0; k++)
			;
		if (k == got->nfiles)
			return incomplete(e, a->name);
		b = &got->files[k];
		if (a->size != b->size || a->mode != b->mode ||
		    memcmp(a->digest, b->digest, SM3_LEN) != 0)
			return err_set_id(e, ERR_VERIFY, "backup-differs",
			    "%s is not what the manifest says", a->name);
	}
	if (got->nfiles != f->nfiles)
		return differs(e, "a file that the manifest does not name");
	token = has_file(f, "keys/token.yaml");
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has_file(f, needed[i]) &&
		    !(token && may_lie_in_token(needed[i])))
			return incomplete(e, needed[i]);
	return 0;
}

static int
get_manifest(struct vault *v, const struct backup_file *bf,
    struct backup_facts *f, struct err *e)
{
	uint8_t	*text;
	int	 rc;

	if (bf->size > LIMIT_BACKUP_MANIFEST)
		return differs(e, "the manifest is too long");
	text = xmalloc((size_t)bf->size + 1);
	if ((rc = vault_get(v, text, (size_t)bf->size, e)) == 0 &&
	    (rc = vault_done(v, e)) == 0)
		rc = backup_parse(OCTETS(text, (size_t)bf->size), f, e);
	free(text);
	return rc;
}

static int
unpack(int fd, struct octets pass, const char *dir, struct backup_facts *f,
    struct err *e)
{
	struct backup_facts	*got = xcalloc(1, sizeof(*got));
	struct backup_file	 bf;
	struct vault		*v = NULL;
	int			 rc;

	if ((rc = vault_open(fd, pass, &v, e)) != 0)
		goto out;
	while ((rc = get_head(v, &bf, e)) == 0 &&
	    strcmp(bf.name, BACKUP_MANIFEST) != 0) {
		if (got->nfiles == LIMIT_BACKUP_FILES) {
			rc = differs(e, "too many files");
			goto out;
		}
		if ((rc = get_file(v, dir, &bf, e)) != 0)
			goto out;
		got->files[got->nfiles++] = bf;
	}
	if (rc != 0 || (rc = get_manifest(v, &bf, f, e)) != 0)
		goto out;
	rc = compare(got, f, e);
out:
	vault_free(v);
	free(got);
	return rc;
}

/* ---- checking what was unpacked */

/* The head is the manifest's, and signed by the key that is configured. */
static int
check_head(const struct config *cf, const struct log_head *head,
    const struct backup_facts *f, struct err *e)
{
	struct vkey		*vk = NULL;
	struct checkpoint	 cp;
	int64_t			 t;
	int			 rc;

	if (strcmp(cf->province, f->province) != 0 ||
	    strcmp(cf->origin, f->origin) != 0)
		return differs(e, "manifest and configuration name two "
		    "provinces");
	if (head == NULL || head->size != f->log_size ||
	    head->signed_at != f->signed_at ||
	    memcmp(head->root.h, f->log_root, SM3_LEN) != 0)
		return differs(e, "the database is of another checkpoint "
		    "than the manifest");
	if ((rc = vkey_parse(cf->vkey, &vk, e)) != 0 ||
	    (rc = checkpoint_open(OCTETS(head->checkpoint,
	    strlen(head->checkpoint)), vk, &cp, &t, e)) != 0)
		goto out;
	if (cp.size != head->size || t != head->signed_at ||
	    memcmp(cp.root, head->root.h, SM3_LEN) != 0)
		rc = differs(e, "the signed checkpoint is not of this head");
out:
	vkey_free(vk);
	return rc;
}

static int
check_log(const struct config *cf, struct restored *r, struct err *e)
{
	static const enum stmt	 may[] = { LOG_MAY_READ, STMT_NONE };
	char			*path = config_path(cf, BACKUP_DATABASE);
	const struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = STORE_WRITE };
	const struct log_head	*head;
	struct store		*st = NULL;
	struct logview		*lv = NULL;
	int			 rc;

	if ((rc = store_open(&spec, &st, e)) != 0 ||
	    (rc = store_begin(st, e)) != 0 ||
	    (rc = logview_open(st, &lv, e)) != 0 ||
	    (rc = logview_refresh(lv, &head, e)) != 0 ||
	    (rc = check_head(cf, head, &r->facts, e)) != 0)
		goto out;
	rc = log_audit(st, &registry_rules, &r->counts, e);
out:
	logview_free(lv);
	store_close(st);
	free(path);
	return rc;
}

/* Where the keys' pass phrase is in the backup, they must open and fit. */
static int
check_keys(const struct config *cf, struct restored *r, struct err *e)
{
	char		*path = config_path(cf, "keys/passphrase");
	struct keyring	*kr = NULL;
	struct vkey	*vk = NULL;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc = 0;

	if (access(path, F_OK) != 0)
		goto out;
	if ((rc = keyring_open(cf->dir, &kr, e)) != 0 ||
	    (rc = keyring_point(kr, KEY_CHECKPOINT, point, e)) != 0 ||
	    (rc = vkey_new(cf->origin, point, &vk, e)) != 0)
		goto out;
	if (strcmp(vkey_text(vk), cf->vkey) != 0)
		rc = differs(e, "the checkpoint key is not the configured one");
	r->keys_tried = true;
out:
	vkey_free(vk);
	keyring_free(kr);
	free(path);
	return rc;
}

static int
put_mark(const char *dir, const struct backup_facts *f, struct err *e)
{
	struct buf	b;
	int		rc;

	buf_init(&b, 256);
	buf_printf(&b, "restored from a backup with %" PRIu64 " entries; "
	    "nothing is recorded until \"sealreg restore\" has asked the "
	    "peers\n", f->log_size);
	rc = folder_write(dir, CONFIG_RESTORED, buf_octets(&b), 0600, e);
	buf_fini(&b);
	return rc;
}

int
restore_new(int fd, struct octets pass, const char *dir, bool keep,
    struct restored *r, struct err *e)
{
	struct config	*cf = NULL;
	char		*tmp = NULL;
	bool		 done = false;
	int		 rc;

	memset(r, 0, sizeof(*r));
	if ((rc = folder_begin(dir, CONFIG_FILE, &tmp, e)) != 0)
		return rc;
	if ((rc = unpack(fd, pass, tmp, &r->facts, e)) != 0 ||
	    (rc = config_load(tmp, &cf, e)) != 0 ||
	    (rc = check_keys(cf, r, e)) != 0 ||
	    (rc = check_log(cf, r, e)) != 0)
		goto out;
	if (keep) {
		if ((rc = put_mark(tmp, &r->facts, e)) != 0 ||
		    (rc = folder_end(dir, tmp, e)) != 0)
			goto out;
		done = true;
	}
	rc = 0;
out:
	if (!done)
		folder_undo(tmp);
	config_free(cf);
	free(tmp);
	return rc;
}

/* ---- the mark */

int
restore_settle(const struct config *cf, struct err *e)
{
	char	*path = config_path(cf, CONFIG_RESTORED);
	int	 rc = 0;

	if (unlink(path) == -1)
		rc = err_set_errno(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO,
		    "%s", path);
	free(path);
	return rc;
}
