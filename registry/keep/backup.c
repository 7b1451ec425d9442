#include <dirent.h>
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
#include "base/text.h"
#include "base/tm.h"
#include "registry/keep/backup.h"
#include "store/store.h"
#include "sync/log.h"

#define STEP		((size_t)64 << 10)
#define FIRST_LINE	"sealreg-backup/v1\n"

/* Folders of a node that are saved; what stands beside them is, too. */
static const char *const folders[] = { "", "ca", "keys", "tls" };

/* ---- names */

bool
backup_name_good(const char *name)
{
	const char	*slash = strchr(name, '/');
	size_t		 n = strlen(name);

	return n >= 1 && n <= LIMIT_BACKUP_NAME && name[0] != '.' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-/") == n && (slash == NULL || (slash != name &&
	    slash[1] != '\0' && slash[1] != '.' &&
	    strchr(slash + 1, '/') == NULL));
}

static bool
ends_in(const char *s, const char *end)
{
	size_t	n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* What is made again, is ours alone, or must not lie beside what it opens. */
static bool
is_left_out(const char *name)
{
	return strcmp(name, "lock") == 0 || strcmp(name, BACKUP_PASS) == 0 ||
	    strcmp(name, BACKUP_MANIFEST) == 0 || ends_in(name, ".db") ||
	    ends_in(name, ".db-wal") || ends_in(name, ".db-shm") ||
	    ends_in(name, ".db-journal") || ends_in(name, BACKUP_SUFFIX) ||
	    strcmp(name, "restored") == 0;
}

/* ---- the head of a file */

int
backup_head(struct octets name, const uint8_t tail[BACKUP_HEAD_TAIL],
    struct backup_file *bf, struct err *e)
{
	struct cursor	c = cursor_of(tail, BACKUP_HEAD_TAIL);

	memset(bf, 0, sizeof(*bf));
	(void)take_u32(&c, &bf->mode);
	(void)take_u64(&c, &bf->size);
	if (name.len > LIMIT_BACKUP_NAME)
		name.len = 0;
	memcpy(bf->name, name.p, name.len);
	if (!backup_name_good(bf->name) || strlen(bf->name) != name.len ||
	    bf->mode > 0777 || (bf->size > LIMIT_RESTORE_SMALL &&
	    strcmp(bf->name, BACKUP_DATABASE) != 0)) {
		memset(bf, 0, sizeof(*bf));
		return err_set_id(e, ERR_VERIFY, "backup-differs",
		    "a file's name, mode or size cannot be");
	}
	return 0;
}

/* ---- the manifest */

void
backup_format(const struct backup_facts *f, struct buf *out)
{
	char	time[TM_RFC3339_SIZE], hex[HEX_SIZE(SM3_LEN)];
	size_t	i;

	tm_rfc3339(f->created, time);
	hex_encode(f->log_root, SM3_LEN, hex);
	buf_printf(out, FIRST_LINE "province %s\norigin %s\ncreated %s\n",
	    f->province, f->origin, time);
	tm_rfc3339(f->signed_at, time);
	buf_printf(out, "checkpoint %" PRIu64 " %s %s\n", f->log_size, hex,
	    time);
	for (i = 0; i < f->nfiles; i++) {
		hex_encode(f->files[i].digest, SM3_LEN, hex);
		buf_printf(out, "file %s %" PRIu64 " %04o %s\n", hex,
		    f->files[i].size, f->files[i].mode, f->files[i].name);
	}
}

static int
bad_manifest(struct err *e, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "backup-manifest",
	    "the manifest: %s", what);
}

/* The rest of a line "key REST"; text has room for max octets and a NUL. */
static bool
take_field(struct cursor *c, const char *key, char *text, size_t max)
{
	struct octets	line;
	size_t		k = strlen(key);

	if (!take_line(c, &line) || line.len < k + 2 ||
	    memcmp(line.p, key, k) != 0 || line.p[k] != ' ' ||
	    line.len - k - 1 > max || memchr(line.p, 0, line.len) != NULL)
		return false;
	memcpy(text, line.p + k + 1, line.len - k - 1);
	text[line.len - k - 1] = '\0';
	return true;
}

static bool
parse_checkpoint(const char *text, struct backup_facts *f)
{
	struct cursor	c = cursor_of(text, strlen(text));
	struct octets	hex, time;
	char		t[TM_RFC3339_SIZE];

	if (!take_decimal(&c, &f->log_size) || !take_literal(&c, " ") ||
	    !take_octets(&c, 2 * SM3_LEN, &hex) ||
	    !hex_decode((const char *)hex.p, hex.len, f->log_root, SM3_LEN) ||
	    !take_literal(&c, " ") ||
	    !take_octets(&c, TM_RFC3339_SIZE - 1, &time) ||
	    cursor_left(&c) != 0)
		return false;
	memcpy(t, time.p, time.len);
	t[time.len] = '\0';
	return tm_parse(t, &f->signed_at);
}

static bool
parse_file(const char *text, struct backup_file *bf)
{
	struct cursor	c = cursor_of(text, strlen(text));
	struct octets	hex, mode;
	size_t		i, n;

	memset(bf, 0, sizeof(*bf));
	if (!take_octets(&c, 2 * SM3_LEN, &hex) ||
	    !hex_decode((const char *)hex.p, hex.len, bf->digest, SM3_LEN) ||
	    !take_literal(&c, " ") || !take_decimal(&c, &bf->size) ||
	    !take_literal(&c, " ") || !take_octets(&c, 4, &mode) ||
	    !take_literal(&c, " "))
		return false;
	for (i = 0; i < 4; i++) {
		if (mode.p[i] < '0' || mode.p[i] > '7')
			return false;
		bf->mode = bf->mode * 8 + (uint32_t)(mode.p[i] - '0');
	}
	n = cursor_left(&c);
	if (n > LIMIT_BACKUP_NAME || bf->mode > 0777)
		return false;
	memcpy(bf->name, c.p, n);
	return backup_name_good(bf->name);
}

int
backup_parse(struct octets text, struct backup_facts *f, struct err *e)
{
	struct cursor	c = cursor_of(text.p, text.len);
	char		line[LIMIT_BACKUP_NAME + 128];
	size_t		i;

	memset(f, 0, sizeof(*f));
	if (!take_literal(&c, FIRST_LINE))
		return bad_manifest(e, "of another version");
	if (!take_field(&c, "province", f->province,
	    sizeof(f->province) - 1) ||
	    !take_field(&c, "origin", f->origin, sizeof(f->origin) - 1) ||
	    !take_field(&c, "created", line, sizeof(line) - 1) ||
	    !tm_parse(line, &f->created))
		return bad_manifest(e, "province, origin or time");
	if (!take_field(&c, "checkpoint", line, sizeof(line) - 1) ||
	    !parse_checkpoint(line, f))
		return bad_manifest(e, "the checkpoint");
	while (cursor_left(&c) > 0) {
		if (f->nfiles == LIMIT_BACKUP_FILES)
			return bad_manifest(e, "too many files");
		if (!take_field(&c, "file", line, sizeof(line) - 1) ||
		    !parse_file(line, &f->files[f->nfiles]))
			return bad_manifest(e, "a file's line");
		for (i = 0; i < f->nfiles; i++)
			if (strcmp(f->files[i].name,
			    f->files[f->nfiles].name) == 0)
				return bad_manifest(e, "a file named twice");
		f->nfiles++;
	}
	return 0;
}

/* ---- writing */

static int
put_head(struct vault *v, const struct backup_file *bf, struct err *e)
{
	struct buf	b;
	int		rc;

	buf_init(&b, LIMIT_BACKUP_NAME + 16);
	buf_put_u16(&b, (uint16_t)strlen(bf->name));
	buf_puts(&b, bf->name);
	buf_put_u32(&b, bf->mode);
	buf_put_u64(&b, bf->size);
	rc = vault_put(v, b.p, b.len, e);
	buf_fini(&b);
	return rc;
}

int
backup_put(struct vault *v, const char *name, uint32_t mode, struct octets o,
    struct backup_file *bf, struct err *e)
{
	int	rc;

	memset(bf, 0, sizeof(*bf));
	(void)snprintf(bf->name, sizeof(bf->name), "%s", name);
	bf->mode = mode;
	bf->size = o.len;
	sm3(o.p, o.len, bf->digest);
	if ((rc = put_head(v, bf, e)) != 0)
		return rc;
	return vault_put(v, o.p, o.len, e);
}

/* size octets of fd, and not one more or less. */
static int
put_body(struct vault *v, int fd, struct backup_file *bf, struct err *e)
{
	struct sm3	*h = sm3_new();
	uint8_t		*step = xmalloc(STEP);
	uint64_t	 left = bf->size;
	ssize_t		 n;
	int		 rc = 0;

	while (rc == 0 && (n = read(fd, step, STEP)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			rc = err_set_errno(e, ERR_IO, "%s", bf->name);
		else if ((uint64_t)n > left)
			break;
		else {
			left -= (uint64_t)n;
			sm3_add(h, step, (size_t)n);
			rc = vault_put(v, step, (size_t)n, e);
		}
	}
	if (rc == 0 && (left != 0 || n != 0))
		rc = err_set_id(e, ERR_BUSY, "backup-changed", "%s changed "
		    "while it was read: try again", bf->name);
	sm3_end(h, bf->digest);
	sm3_free(h);
	mem_wipe(step, STEP);
	free(step);
	return rc;
}

/* The file at path under this name; its row is appended to f. */
static int
put_file(struct vault *v, const char *path, const char *name,
    struct backup_facts *f, struct err *e)
{
	struct backup_file	*bf = &f->files[f->nfiles];
	struct stat		 st;
	int			 fd = -1, rc;

	if (f->nfiles == LIMIT_BACKUP_FILES)
		return err_set(e, ERR_TOOBIG, "more than %d files to save",
		    LIMIT_BACKUP_FILES);
	memset(bf, 0, sizeof(*bf));
	(void)snprintf(bf->name, sizeof(bf->name), "%s", name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1 ||
	    fstat(fd, &st) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	bf->mode = st.st_mode & 0777;
	bf->size = (uint64_t)st.st_size;
	if ((rc = put_head(v, bf, e)) != 0 ||
	    (rc = put_body(v, fd, bf, e)) != 0)
		goto out;
	f->nfiles++;
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	return rc;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every plain file of DIR/folder that is not left out. */
static int
put_folder(const struct config *cf, const char *folder, struct vault *v,
    struct backup_facts *f, struct err *e)
{
	struct dirent	**list = NULL;
	struct stat	  st;
	char		 *path = config_path(cf, folder), *sub, *name;
	int		  i, n, rc = 0;

	if ((n = scandir(path, &list, NULL, by_name)) == -1) {
		if (errno != ENOENT)
			rc = err_set_errno(e, ERR_IO, "%s", path);
		n = 0;
	}
	for (i = 0; i < n; i++) {
		name = *folder == '\0' ? xstrdup(list[i]->d_name) :
		    xasprintf("%s/%s", folder, list[i]->d_name);
		sub = config_path(cf, name);
		if (rc == 0 && lstat(sub, &st) == 0 && S_ISREG(st.st_mode) &&
		    backup_name_good(name) && !is_left_out(name))
			rc = put_file(v, sub, name, f, e);
		free(sub);
		free(name);
		free(list[i]);
	}
	free(list);
	free(path);
	return rc;
}

/* The head and the copy are of one transaction. */
static int
copy_database(const struct config *cf, bool stopped, const char *to,
    struct backup_facts *f, struct err *e)
{
	static const enum stmt	 may[] = { LOG_MAY_READ, STMT_NONE };
	char			*path = config_path(cf, BACKUP_DATABASE);
	struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = STORE_WRITE };
	const struct log_head	*head;
	struct store		*idle = NULL, *st = NULL;
	struct logview		*lv = NULL;
	int			 rc;

	/* Without a writer, a reader may find no index of the WAL. */
	if (stopped && (rc = store_open(&spec, &idle, e)) != 0)
		goto out;
	spec.mode = STORE_READ;
	if ((rc = store_open(&spec, &st, e)) != 0 ||
	    (rc = store_begin(st, e)) != 0 ||
	    (rc = logview_open(st, &lv, e)) != 0 ||
	    (rc = logview_refresh(lv, &head, e)) != 0)
		goto out;
	if (head == NULL) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-node", "%s has no log "
		    "yet", cf->dir);
		goto out;
	}
	f->log_size = head->size;
	f->signed_at = head->signed_at;
	memcpy(f->log_root, head->root.h, SM3_LEN);
	rc = store_copy(st, to, e);
out:
	logview_free(lv);
	store_close(st);
	store_close(idle);
	free(path);
	return rc;
}

static int
put_database(const struct config *cf, bool stopped, struct vault *v,
    struct backup_facts *f, struct err *e)
{
	char	*run = config_path(cf, "run");
	char	*copy = config_path(cf, "run/backup.XXXXXX");
	int	 fd = -1, rc;

	if (access(run, F_OK) != 0 && (rc = file_mkdir(run, 0755, e)) != 0)
		goto out;
	if ((fd = mkostemp(copy, O_CLOEXEC)) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", copy);
		goto out;
	}
	if ((rc = copy_database(cf, stopped, copy, f, e)) == 0)
		rc = put_file(v, copy, BACKUP_DATABASE, f, e);
	(void)unlink(copy);	/* nobody looks for it */
out:
	if (fd != -1)
		(void)close(fd);
	free(copy);
	free(run);
	return rc;
}

int
backup_write(const struct config *cf, bool stopped, int64_t now,
    struct vault *v, struct backup_facts *f, struct err *e)
{
	struct backup_file	last;
	struct buf		b;
	size_t			i;
	int			rc = 0;

	memset(f, 0, sizeof(*f));
	buf_init(&b, LIMIT_BACKUP_MANIFEST);
	(void)snprintf(f->province, sizeof(f->province), "%s", cf->province);
	(void)snprintf(f->origin, sizeof(f->origin), "%s", cf->origin);
	f->created = now;
	for (i = 0; rc == 0 && i < sizeof(folders) / sizeof(folders[0]); i++)
		rc = put_folder(cf, folders[i], v, f, e);
	if (rc != 0 || (rc = put_database(cf, stopped, v, f, e)) != 0)
		goto out;
	backup_format(f, &b);
	if (!buf_ok(&b)) {
		rc = err_set(e, ERR_TOOBIG, "the manifest is too long");
		goto out;
	}
	if ((rc = backup_put(v, BACKUP_MANIFEST, 0600, buf_octets(&b), &last,
	    e)) == 0)
		rc = vault_end(v, e);
out:
	buf_fini(&b);
	return rc;
}
