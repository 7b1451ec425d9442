#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "registry/keep/import.h"
#include "registry/keep/import_child.h"
#include "registry/keep/import_file.h"
#include "registry/keep/import_node.h"
#include "registry/keep/import_rejects.h"
#include "registry/keep/import_write.h"
#include "schema/msg.pb-c.h"

#define READ_MS		60000	/* the reader has this long for 512 rows */

struct import {
	const struct import_spec *spec;
	struct import_state	*state;
	struct import_node	 node;
	struct import_file	 file;
	struct import_rejects	 rejects;
	struct import_child	 reader, key, peers;
	struct import_write	*w;
	struct import_book	 book;
	int64_t			 begun;		/* monotonic ms */
};

static int
take_row(struct import *im, const ImportRow *r, struct err *e)
{
	const char	*person = r->person[0] != '\0' ? r->person : NULL;
	struct err	 why = ERR_INIT;
	bool		 refused;
	int		 rc;

	if (r->error[0] != '\0') {
		im->book.refused++;
		rc = import_rejects_add(&im->rejects, r, r->error, r->detail,
		    e);
	} else if ((rc = import_write_row(im->w, OCTETS(r->record.data,
	    r->record.len), person, &refused, &why, e)) == 0) {
		if (!refused)
			im->book.filed++;
		else if (strcmp(why.id, "already-filed") != 0) {
			im->book.refused++;
			rc = import_rejects_add(&im->rejects, r, why.id,
			    why.text, e);
		} else if (im->spec->refuse) {
			rc = err_set_id(e, ERR_CONFLICT, "already-filed",
			    "line %" PRIu64 ", column %u: %s", r->line,
			    r->column, why.text);
		} else {
			im->book.present++;
			rc = import_rejects_add(&im->rejects, r, why.id,
			    why.text, e);
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

	if ((rc = import_file_unchanged(&im->file, e)) != 0 ||
	    (rc = import_rejects_sync(&im->rejects, e)) != 0)
		return rc;
	im->book.rejects = im->rejects.size;
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
	} else if (store_in_txn(im->node.st)) {
		import_write_undo(im->w);
	}
	return rc;
}

/* Its row of the book; a dry run reads from the start and leaves none. */
static int
open_book(struct import *im, struct err *e)
{
	const char	*name = import_file_name(&im->file);
	char		*object;
	bool		 found;
	int64_t		 now = tm_now();
	int		 rc;

	if ((rc = import_book_find(im->node.st, name, im->file.digest, &im->book,
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
	if ((rc = store_begin(im->node.st, e)) != 0)
		goto out;
	if ((rc = import_book_new(im->node.st, name, im->file.digest, now, &im->book,
	    e)) == 0 &&
	    (rc = store_run(im->node.st, STMT_OFFICE_AUDIT_PUT, trail, 4, NULL,
	    e)) == 0)
		rc = store_commit(im->node.st, e);
	else
		store_rollback(im->node.st);
out:
	free(object);
	return rc;
}

/* Others are forked before there is a key or a database here. */
static int
start(struct import *im, struct err *e)
{
	const struct import_spec *s = im->spec;
	struct import_node	*n = &im->node;
	int			 rc;

	if ((rc = import_node_take(s->dir, !s->dry_run, n, e)) != 0 ||
	    (rc = import_file_open(s->file, &im->file, e)) != 0 ||
	    (rc = import_child_reader(im->file.fd, &im->reader, e)) != 0 ||
	    (!s->dry_run && (rc = import_child_key(s->dir, &im->key,
	    e)) != 0) ||
	    (!s->dry_run && n->trust != NULL &&
	    (rc = import_child_peers(n->trust, n->cf->province, &im->peers,
	    e)) != 0) ||
	    (rc = import_node_open(n, e)) != 0 ||
	    (im->peers.link != -1 &&
	    (rc = import_node_ask_peers(n, im->peers.link, READ_MS,
	    e)) != 0))
		return rc;
	im->state->size = (uint64_t)im->file.seen.st_size;
	return open_book(im, e);
}

static int
run(struct import *im, struct err *e)
{
	const struct import_node	*n = &im->node;
	struct import_write_spec	 ws;
	int				 rc;

	if ((rc = start(im, e)) != 0)
		return rc;
	tell(im);
	if (im->book.ended)
		return 0;
	ws = (struct import_write_spec){ .st = n->st, .lg = n->lg,
	    .origin = n->cf->origin, .trust = n->trust,
	    .province = n->cf->province, .key = im->key.link,
	    .dry_run = im->spec->dry_run, .book = &im->book };
	im->w = import_write_new(&ws);
	if ((rc = import_rejects_open(&im->rejects, im->spec->rejects,
	    &im->file, im->book.rejects, e)) != 0 ||
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
	struct import	im = { .spec = spec, .state = s, .node = { .lock = -1 },
			    .file = { .fd = -1 }, .reader = { 0, -1 },
			    .key = { 0, -1 }, .peers = { 0, -1 } };
	int		rc;

	memset(s, 0, sizeof(*s));
	import_rejects_init(&im.rejects);
	im.begun = tm_mono_ms();
	rc = run(&im, e);
	import_write_free(im.w);
	import_child_end(&im.reader);
	import_child_end(&im.key);
	import_child_end(&im.peers);
	import_rejects_fini(&im.rejects);
	import_file_close(&im.file);
	import_node_close(&im.node);
	return rc;
}
