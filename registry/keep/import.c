#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/config.h"
#include "registry/keep/import.h"
#include "registry/keep/import_child.h"
#include "registry/keep/import_write.h"
#include "registry/json.h"
#include "registry/keep/restore.h"
#include "registry/node_log.h"
#include "registry/rules.h"
#include "schema/msg.pb-c.h"
#include "sync/note.h"

#define DATABASE	"province.db"
#define READ_MS		60000	/* the reader has this long for 512 rows */
#define REJECT_MAX	(8 * LIMIT_IMPORT_ROW)

struct import {
	const struct import_spec *spec;
	struct import_state	*state;
	struct config		*cf;
	struct trust		*trust;
	struct stat		 seen;		/* of the file, at the start */
	uint8_t			 digest[SM3_LEN];
	int			 lock, file, rejects;
	struct import_child	 reader, key, peers;
	struct store		*st;
	struct log		*lg;
	struct import_write	*w;
	struct import_book	 book;
	struct buf		 line;		/* of the rejects, not written */
	int64_t			 begun;		/* monotonic ms */
};

/* ---- the file */

static int
digest_file(struct import *im, struct err *e)
{
	struct sm3	*h = sm3_new();
	uint8_t		*p = xmalloc(1u << 20);
	ssize_t		 n;

	while ((n = read(im->file, p, 1u << 20)) > 0)
		sm3_add(h, p, (size_t)n);
	sm3_end(h, im->digest);
	sm3_free(h);
	free(p);
	return n == 0 ? 0 : err_set_errno(e, ERR_IO, "%s", im->spec->file);
}

static int
open_file(struct import *im, struct err *e)
{
	im->file = open(im->spec->file, O_RDONLY | O_CLOEXEC);
	if (im->file == -1 || fstat(im->file, &im->seen) == -1)
		return err_set_errno(e, ERR_IO, "%s", im->spec->file);
	if (!S_ISREG(im->seen.st_mode))
		return err_set(e, ERR_INVAL, "%s is not a file: an import "
		    "must be able to go on in it", im->spec->file);
	im->state->size = (uint64_t)im->seen.st_size;
	return digest_file(im, e);
}

/* Whoever writes into it now would have his rows counted as another's. */
static int
unchanged(const struct import *im, struct err *e)
{
	struct stat	sb;

	if (fstat(im->file, &sb) == -1)
		return err_set_errno(e, ERR_IO, "%s", im->spec->file);
	if (sb.st_size != im->seen.st_size ||
	    sb.st_mtim.tv_sec != im->seen.st_mtim.tv_sec ||
	    sb.st_mtim.tv_nsec != im->seen.st_mtim.tv_nsec)
		return err_set_id(e, ERR_CONFLICT, "import-changed",
		    "%s is being changed while it is imported",
		    im->spec->file);
	return 0;
}

static const char *
file_name(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* ---- what was refused */

static int
open_rejects(struct import *im, struct err *e)
{
	im->rejects = open(im->spec->rejects, O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600);
	if (im->rejects == -1 ||
	    ftruncate(im->rejects, (off_t)im->book.rejects) == -1 ||
	    lseek(im->rejects, 0, SEEK_END) == -1)
		return err_set_errno(e, ERR_IO, "%s", im->spec->rejects);
	return 0;
}

/* The row as it stands in the file: as text if it is, else in base64. */
static int
put_octets(struct import *im, const ImportRow *r, struct err *e)
{
	size_t	 n = (size_t)(r->end - r->at);
	char	*p;

	if (r->end < r->at || n > LIMIT_IMPORT_ROW)
		n = LIMIT_IMPORT_ROW;
	p = xmalloc(n + 1);
	if (pread(im->file, p, n, (off_t)r->at) != (ssize_t)n) {
		free(p);
		return err_set_errno(e, ERR_IO, "%s", im->spec->file);
	}
	p[n] = '\0';
	if (utf8_valid(p, n) && memchr(p, '\0', n) == NULL) {
		buf_puts(&im->line, ",\"row\":");
		json_put_text(&im->line, p);
	} else {
		buf_puts(&im->line, ",\"octets\":");
		json_put_octets(&im->line, OCTETS(p, n));
	}
	free(p);
	return 0;
}

static int
flush_rejects(struct import *im, struct err *e)
{
	size_t	done = 0;
	ssize_t	n;

	while (done < im->line.len) {
		n = write(im->rejects, im->line.p + done, im->line.len - done);
		if (n == -1)
			return err_set_errno(e, ERR_IO, "%s",
			    im->spec->rejects);
		done += (size_t)n;
	}
	im->book.rejects += im->line.len;
	buf_reset(&im->line);
	return 0;
}

static int
reject(struct import *im, const ImportRow *r, const char *id,
    const char *detail, struct err *e)
{
	size_t	before = im->line.len;
	int	rc;

	buf_printf(&im->line, "{\"line\":%" PRIu64 ",\"column\":%u,\"at\":%"
	    PRIu64 ",\"end\":%" PRIu64 ",\"code\":", r->line, r->column,
	    r->at, r->end);
	json_put_text(&im->line, id);
	buf_puts(&im->line, ",\"detail\":");
	json_put_text(&im->line, detail);
	if ((rc = put_octets(im, r, e)) != 0)
		return rc;
	buf_puts(&im->line, "}\n");
	if (!buf_ok(&im->line))
		return err_set(e, ERR_TOOBIG, "line %" PRIu64 ": its refusal "
		    "is too large", r->line);
	return before > REJECT_MAX ? flush_rejects(im, e) : 0;
}

/* ---- rows */

static int
take_row(struct import *im, const ImportRow *r, struct err *e)
{
	const char	*person = r->person[0] != '\0' ? r->person : NULL;
	struct err	 why = ERR_INIT;
	bool		 refused;
	int		 rc;

	if (r->error[0] != '\0') {
		im->book.refused++;
		rc = reject(im, r, r->error, r->detail, e);
	} else if ((rc = import_write_row(im->w, OCTETS(r->record.data,
	    r->record.len), person, &refused, &why, e)) == 0) {
		if (!refused)
			im->book.filed++;
		else if (strcmp(why.id, "already-filed") != 0) {
			im->book.refused++;
			rc = reject(im, r, why.id, why.text, e);
		} else if (im->spec->refuse) {
			rc = err_set_id(e, ERR_CONFLICT, "already-filed",
			    "line %" PRIu64 ", column %u: %s", r->line,
			    r->column, why.text);
		} else {
			im->book.present++;
			rc = reject(im, r, why.id, why.text, e);
		}
	}
	if (rc == 0) {
		im->book.at = r->end;
		im->book.line = r->lines;
		im->state->here++;
	}
	return rc;
}

static int
ask(struct import *im, uint16_t type, struct octets body, struct msg *m,
    struct err *e)
{
	struct err	why = ERR_INIT;
	int		rc;

	rc = msg_ask(im->reader.link, type, body, -1, READ_MS, m, &why);
	if (rc == 0)
		return 0;
	if (rc == ERR_NOTFOUND || rc == ERR_BUSY)
		return err_set_id(e, ERR_FORMAT, "import-reader",
		    "the process that reads %s has ended: too large, or "
		    "hostile", im->spec->file);
	return err_set_id(e, rc, why.id, "%s: %s", im->spec->file, why.text);
}

static int
begin_reading(struct import *im, struct err *e)
{
	ImportBegin	 b = IMPORT_BEGIN__INIT;
	struct msg	 m;
	uint8_t		*packed;
	int		 rc;

	b.format = (uint32_t)im->spec->format;
	b.now = im->book.began;
	b.at = im->book.at;
	b.line = im->book.line;
	packed = xmalloc(import_begin__get_packed_size(&b) + 1);
	rc = ask(im, MSG_TYPE__MSG_IMPORT_BEGIN, OCTETS(packed,
	    import_begin__pack(&b, packed)), &m, e);
	if (rc == 0)
		msg_fini(&m);
	free(packed);
	return rc;
}

static void
tell(struct import *im)
{
	struct import_state	*s = im->state;

	s->line = im->book.line;
	s->at = im->book.at;
	s->filed = im->book.filed;
	s->present = im->book.present;
	s->refused = im->book.refused;
	s->seconds = (double)(tm_mono_ms() - im->begun) / 1000;
}

/* Rows of the batch are decided; the list of refusals is durable first. */
static int
end_batch(struct import *im, struct err *e)
{
	int	rc;

	if ((rc = unchanged(im, e)) != 0 ||
	    (rc = flush_rejects(im, e)) != 0)
		return rc;
	if (im->rejects != -1 && fsync(im->rejects) == -1)
		return err_set_errno(e, ERR_IO, "%s", im->spec->rejects);
	if ((rc = import_write_end(im->w, e)) != 0)
		return rc;
	tell(im);
	if (im->spec->tell != NULL)
		im->spec->tell(im->spec->arg, im->state);
	return 0;
}

/* The rows of one answer; *n counts those of the open batch. */
static int
take_rows(struct import *im, const ImportRows *rows, unsigned *n,
    struct err *e)
{
	size_t	i;
	int	rc;

	for (i = 0; i < rows->n_rows; i++) {
		if ((rc = take_row(im, rows->rows[i], e)) != 0)
			return rc;
		if (++*n < im->spec->batch)
			continue;
		*n = 0;
		if ((rc = end_batch(im, e)) != 0 ||
		    (rc = import_write_begin(im->w, e)) != 0)
			return rc;
	}
	return 0;
}

static int
loop(struct import *im, struct err *e)
{
	ProtobufCMessage	*body = NULL;
	const ImportRows	*rows;
	struct msg		 m;
	unsigned		 n = 0;
	bool			 end = false;
	int			 rc;

	if ((rc = import_write_begin(im->w, e)) != 0)
		return rc;
	while (rc == 0 && !end) {
		if ((rc = ask(im, MSG_TYPE__MSG_IMPORT_NEXT, OCTETS(NULL, 0),
		    &m, e)) != 0)
			break;
		if ((rc = msg_unpack(&import_rows__descriptor, m.body, &body,
		    e)) == 0) {
			rows = (const ImportRows *)body;
			end = rows->end;
			rc = take_rows(im, rows, &n, e);
			protobuf_c_message_free_unpacked(body, NULL);
		}
		msg_fini(&m);
	}
	if (rc == 0) {
		im->book.ended = true;
		im->book.at = im->state->size;
		rc = end_batch(im, e);
	} else if (store_in_txn(im->st)) {
		import_write_undo(im->w);
	}
	return rc;
}

/* ---- beginning */

/* A province of its own, so far, has none. */
static int
load_trust(struct import *im, struct err *e)
{
	struct err	no = ERR_INIT;
	int		rc;

	if ((rc = node_trust(im->cf, &im->trust, &no)) == ERR_NOTFOUND)
		return 0;
	if (rc != 0)
		*e = no;
	return rc;
}

static int
take_lock(struct import *im, struct err *e)
{
	char	*path = xasprintf("%s/lock", im->spec->dir);
	int	 rc = file_lock(path, &im->lock, e);

	free(path);
	return rc;
}

/* What came from a backup may be behind what its peers hold. */
static int
check_mark(const struct import *im, struct err *e)
{
	char	*path = config_path(im->cf, CONFIG_RESTORED);
	int	 rc = 0;

	if (access(path, F_OK) == 0 && !im->spec->dry_run)
		rc = err_set_id(e, ERR_BUSY, "log-restored", "this node came "
		    "from a backup: nothing is recorded until \"sealreg "
		    "restore\" has asked its peers");
	free(path);
	return rc;
}

static int
open_log(struct import *im, struct err *e)
{
	char			*path = config_path(im->cf, DATABASE);
	const struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE,
				    .may = import_statements };
	int			 rc;

	if (access(path, F_OK) == -1)
		rc = err_set_id(e, ERR_NOTFOUND, "not-initialised",
		    "%s holds no province; \"sealreg init\" founds one",
		    im->spec->dir);
	else if ((rc = store_open(&spec, &im->st, e)) == 0)
		rc = log_new(im->st, &registry_rules, &im->lg, e);
	free(path);
	if (rc == 0 && log_head_of(im->lg) == NULL)
		rc = err_set(e, ERR_STORE, "the log has no genesis");
	return rc;
}

/* An older copy of the database signs nothing: peers hold the newer log. */
static int
check_seen(struct import *im, struct err *e)
{
	const struct log_head	*head = log_head_of(im->lg);
	const struct trust_province *own;
	ProtobufCMessage	*body = NULL;
	const char		*note;
	struct checkpoint	 cp;
	struct msg		 m;
	int64_t			 t;
	int			 rc;

	if (im->peers.link == -1)
		return 0;
	if ((rc = msg_ask(im->peers.link, MSG_TYPE__MSG_PEERS_SEEN,
	    OCTETS(NULL, 0), -1, READ_MS, &m, e)) != 0)
		return rc;
	if ((rc = msg_unpack(&signed_note__descriptor, m.body, &body,
	    e)) != 0)
		goto out;
	note = ((const SignedNote *)body)->note;
	own = trust_by_province(im->trust, im->cf->province);
	if (note[0] == '\0' || own == NULL)
		goto out;
	if ((rc = trust_open_checkpoint(own, OCTETS(note, strlen(note)), &cp,
	    &t, e)) != 0)
		goto out;
	if (cp.size > head->size || (cp.size == head->size &&
	    memcmp(cp.root, head->root.h, SM3_LEN) != 0))
		rc = err_set_id(e, ERR_BUSY, "log-behind", "peers have seen "
		    "more of this log than it has: restore the database from "
		    "its newest copy");
out:
	if (body != NULL)
		protobuf_c_message_free_unpacked(body, NULL);
	msg_fini(&m);
	return rc;
}

/* Its row of the book; a dry run reads from the start and leaves none. */
static int
open_book(struct import *im, struct err *e)
{
	const char	*name = file_name(im->spec->file);
	char		*object;
	bool		 found;
	int64_t		 now = tm_now();
	int		 rc;

	if ((rc = import_book_find(im->st, name, im->digest, &im->book,
	    &found, e)) != 0)
		return rc;
	if (im->spec->dry_run) {
		memset(&im->book, 0, sizeof(im->book));
		im->book.began = now;
		return 0;
	}
	im->state->resumed = found;
	im->state->ended = im->book.ended;
	if (found)
		return 0;
	object = xasprintf("file %s", name);
	const struct val	trail[] = { val_int(now), val_null(),
				    val_text("import"), val_text(object) };
	if ((rc = store_begin(im->st, e)) != 0)
		goto out;
	if ((rc = import_book_new(im->st, name, im->digest, now, &im->book,
	    e)) == 0 &&
	    (rc = store_run(im->st, STMT_OFFICE_AUDIT_PUT, trail, 4, NULL,
	    e)) == 0)
		rc = store_commit(im->st, e);
	else
		store_rollback(im->st);
out:
	free(object);
	return rc;
}

static int
run(struct import *im, struct err *e)
{
	struct import_write_spec	ws;
	int				rc;

	/* Others are forked before there is a key or a database here. */
	if ((rc = config_load(im->spec->dir, &im->cf, e)) != 0 ||
	    (rc = take_lock(im, e)) != 0 ||
	    (rc = check_mark(im, e)) != 0 ||
	    (rc = load_trust(im, e)) != 0 ||
	    (rc = open_file(im, e)) != 0 ||
	    (rc = import_child_reader(im->file, &im->reader, e)) != 0 ||
	    (!im->spec->dry_run && (rc = import_child_key(im->spec->dir,
	    &im->key, e)) != 0) ||
	    (!im->spec->dry_run && im->trust != NULL &&
	    (rc = import_child_peers(im->trust, im->cf->province,
	    &im->peers, e)) != 0) ||
	    (rc = open_log(im, e)) != 0 || (rc = check_seen(im, e)) != 0 ||
	    (rc = open_book(im, e)) != 0)
		return rc;
	tell(im);
	if (im->book.ended)
		return 0;
	ws = (struct import_write_spec){ .st = im->st, .lg = im->lg,
	    .origin = im->cf->origin, .trust = im->trust,
	    .province = im->cf->province, .key = im->key.link,
	    .dry_run = im->spec->dry_run, .book = &im->book };
	im->w = import_write_new(&ws);
	if ((rc = open_rejects(im, e)) != 0 ||
	    (rc = begin_reading(im, e)) != 0)
		return rc;
	im->begun = tm_mono_ms();
	if ((rc = loop(im, e)) == 0)
		im->state->ended = true;
	return rc;
}

int
import_run(const struct import_spec *spec, struct import_state *s,
    struct err *e)
{
	struct import	im = { .spec = spec, .state = s, .lock = -1,
			    .file = -1, .rejects = -1,
			    .reader = { 0, -1 }, .key = { 0, -1 },
			    .peers = { 0, -1 } };
	int		rc;

	memset(s, 0, sizeof(*s));
	buf_init(&im.line, 3 * REJECT_MAX);
	im.begun = tm_mono_ms();
	rc = run(&im, e);
	import_write_free(im.w);
	log_free(im.lg);
	store_close(im.st);
	import_child_end(&im.reader);
	import_child_end(&im.key);
	import_child_end(&im.peers);
	if (im.rejects != -1)
		(void)close(im.rejects);
	if (im.file != -1)
		(void)close(im.file);
	if (im.lock != -1)
		(void)close(im.lock);
	buf_fini(&im.line);
	trust_free(im.trust);
	config_free(im.cf);
	return rc;
}
