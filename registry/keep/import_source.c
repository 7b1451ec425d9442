#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/msg.h"
#include "registry/keep/import_csv.h"
#include "registry/keep/import_json.h"
#include "registry/keep/import_source.h"
#include "schema/msg.pb-c.h"

#define WINDOW		(1u << 20)	/* octets read at a time */
#define ANSWER_ROWS	512
#define ANSWER_OCTETS	(512u << 10)	/* with one row more: LIMIT_MSG_BODY */

struct import_source {
	struct import_from	 from;
	uint64_t		 at, line;
	uint8_t			*window;	/* WINDOW octets */
	uint64_t		 begin;		/* where in the file it is */
	size_t			 len;
	bool			 last;		/* the file ends with it */
	struct import_csv	 csv;
	struct import_cells	*cells;
	struct buf		 record;
};

enum import_format
import_format_of(const char *word, const char *file)
{
	const char	*dot = file != NULL ? strrchr(file, '.') : NULL;

	if (word == NULL)
		word = dot != NULL ? dot + 1 : "";
	if (strcmp(word, "csv") == 0)
		return IMPORT_CSV;
	if (strcmp(word, "jsonl") == 0 || strcmp(word, "ndjson") == 0)
		return IMPORT_JSONL;
	return IMPORT_NONE;
}

/* ---- the window */

static int
fill(struct import_source *s, struct err *e)
{
	ssize_t	n;

	s->begin = s->at;
	s->len = 0;
	s->last = false;
	/* Calls that a process without files keeps (base/calls.h). */
	n = lseek(s->from.fd, (off_t)s->begin, SEEK_SET);
	while (s->len < WINDOW) {
		if (n != -1)
			n = read(s->from.fd, s->window + s->len,
			    WINDOW - s->len);
		if (n == -1)
			return err_set_errno(e, ERR_IO, "reading at octet "
			    "%" PRIu64, s->begin + s->len);
		if (n == 0) {
			s->last = true;
			break;
		}
		s->len += (size_t)n;
	}
	return 0;
}

/* What of the window lies ahead; enough for a row, or up to the end. */
static int
ahead(struct import_source *s, struct octets *o, struct err *e)
{
	int	rc;

	if (s->at < s->begin || s->at > s->begin + s->len ||
	    (!s->last && s->begin + s->len - s->at <= 2 * LIMIT_IMPORT_ROW)) {
		if ((rc = fill(s, e)) != 0)
			return rc;
	}
	*o = OCTETS(s->window + (s->at - s->begin),
	    (size_t)(s->begin + s->len - s->at));
	return 0;
}

/* Behind the line that begins at s->at, however long it is. */
static int
skip_line(struct import_source *s, struct err *e)
{
	const uint8_t	*nl;
	struct octets	 o;
	int		 rc;

	for (;;) {
		if ((rc = ahead(s, &o, e)) != 0)
			return rc;
		if (o.len == 0)
			return 0;
		nl = memchr(o.p, '\n', o.len);
		s->at += nl != NULL ? (size_t)(nl - o.p) + 1 : o.len;
		if (nl != NULL) {
			s->line++;
			return 0;
		}
	}
}

/* ---- rows */

static bool
is_blank(struct octets o)
{
	size_t	i;

	for (i = 0; i < o.len; i++)
		if (o.p[i] != ' ' && o.p[i] != '\t' && o.p[i] != '\r' &&
		    o.p[i] != '\n')
			return false;
	return true;
}

static size_t
span(const struct import_source *s, struct octets o, size_t *lines)
{
	const uint8_t	*nl;

	if (s->from.format == IMPORT_CSV)
		return import_csv_span(o, s->last, lines);
	nl = memchr(o.p, '\n', o.len);
	*lines = nl != NULL;
	if (nl != NULL)
		return (size_t)(nl - o.p) + 1;
	return s->last ? o.len : 0;
}

static void
make(struct import_source *s, struct octets row, struct import_item *it)
{
	int	rc;

	buf_reset(&s->record);
	if (s->from.format == IMPORT_CSV)
		rc = import_csv_read(&s->csv, row, s->cells, &it->fault);
	else
		rc = import_json_read(row, s->cells, &it->fault);
	if (rc == 0)
		rc = import_row_make(s->cells, s->from.now, &s->record,
		    &it->person, &it->fault);
	it->good = rc == 0;
	it->record = buf_octets(&s->record);
	it->code_column = rc == 0 ?
	    s->cells->c[IMPORT_SEAL_CODE].column : 1;
}

static int
too_long(struct import_source *s, struct import_item *it, struct err *e)
{
	it->fault.e = (struct err)ERR_INIT;
	it->fault.column = LIMIT_IMPORT_ROW + 1;
	if (err_set_id(&it->fault.e, ERR_TOOBIG, "row-too-long",
	    "longer than %d octets", LIMIT_IMPORT_ROW) == 0)
		return 0;	/* it never is */
	return skip_line(s, e);
}

int
import_source_next(struct import_source *s, struct import_item *it,
    bool *end, struct err *e)
{
	struct octets	o;
	size_t		n, lines;
	int		rc;

	*end = false;
	for (;;) {
		memset(it, 0, sizeof(*it));
		if ((rc = ahead(s, &o, e)) != 0)
			return rc;
		if (o.len == 0) {
			*end = true;
			return 0;
		}
		n = span(s, o, &lines);
		it->at = s->at;
		it->line = s->line + 1;
		if (n == 0 || n > LIMIT_IMPORT_ROW) {
			if ((rc = too_long(s, it, e)) != 0)
				return rc;
			break;
		}
		s->at += n;
		s->line += lines;
		if (is_blank(OCTETS(o.p, n)))
			continue;
		make(s, OCTETS(o.p, n), it);
		break;
	}
	it->end = s->at;
	it->lines = s->line;
	return 0;
}

/* A byte order mark, then the header.  Reading goes on where it was to. */
static int
begin(struct import_source *s, struct err *e)
{
	static const uint8_t	 bom[] = { 0xef, 0xbb, 0xbf };
	struct import_fault	 fault = { .e = ERR_INIT };
	struct octets		 o;
	size_t			 n, lines;
	int			 rc;

	if ((rc = ahead(s, &o, e)) != 0)
		return rc;
	if (o.len >= sizeof(bom) && memcmp(o.p, bom, sizeof(bom)) == 0)
		s->at += sizeof(bom);
	if (s->from.format == IMPORT_CSV) {
		o = OCTETS(o.p + s->at, o.len - (size_t)s->at);
		n = import_csv_span(o, s->last, &lines);
		if (n == 0 || n > LIMIT_IMPORT_ROW)
			return err_set_id(e, ERR_INVAL, "bad-header",
			    "there is no header, or a very long one");
		if ((rc = import_csv_header(OCTETS(o.p, n), &s->csv,
		    &fault)) != 0)
			return err_set_id(e, rc, "bad-header",
			    "line 1: %s", fault.e.text);
		s->at += n;
		s->line = lines;
	}
	if (s->from.at != 0) {
		s->at = s->from.at;
		s->line = s->from.line;
	}
	return 0;
}

int
import_source_new(const struct import_from *from, struct import_source **out,
    struct err *e)
{
	struct import_source	*s = xcalloc(1, sizeof(*s));
	int			 rc;

	*out = NULL;
	s->from = *from;
	s->window = xmalloc(WINDOW);
	s->cells = xmalloc(sizeof(*s->cells));
	import_cells_reset(s->cells);
	buf_init(&s->record, LIMIT_IMPORT_ROW);
	if ((rc = begin(s, e)) != 0) {
		import_source_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
import_source_free(struct import_source *s)
{
	if (s == NULL)
		return;
	free(s->window);
	free(s->cells);
	buf_fini(&s->record);
	free(s);
}

/* ---- serving */

/* An answer under work: rows whose octets are copied. */
struct answer_rows {
	ImportRow	 row[ANSWER_ROWS];
	ImportRow	*list[ANSWER_ROWS];
	size_t		 n, octets;
	bool		 end;
};

static void
rows_clear(struct answer_rows *a)
{
	size_t	i;

	for (i = 0; i < a->n; i++) {
		free(a->row[i].record.data);
		free(a->row[i].person);
		free(a->row[i].error);
		free(a->row[i].detail);
	}
	a->n = a->octets = 0;
}

static void
rows_add(struct answer_rows *a, const struct import_item *it)
{
	ImportRow	*r = &a->row[a->n];

	import_row__init(r);
	a->list[a->n++] = r;
	r->line = it->line;
	r->at = it->at;
	r->end = it->end;
	r->lines = it->lines;
	r->column = it->good ? it->code_column : it->fault.column;
	r->record.data = xmemdup(it->record.p, it->good ? it->record.len : 0);
	r->record.len = it->good ? it->record.len : 0;
	r->person = xstrdup(it->good && it->person != NULL ? it->person : "");
	r->error = xstrdup(it->good ? "" : it->fault.e.id);
	r->detail = xstrdup(it->good ? "" : it->fault.e.text);
	a->octets += r->record.len + strlen(r->person) + strlen(r->error) +
	    strlen(r->detail) + 64;
}

/* Read rows until the answer is full or the file ends; pack it. */
static int
read_ahead(struct import_source *s, struct answer_rows *a, struct buf *out,
    struct err *e)
{
	struct import_item	 it;
	ImportRows		 m = IMPORT_ROWS__INIT;
	int			 rc = 0;

	buf_reset(out);
	while (a->n < ANSWER_ROWS && a->octets < ANSWER_OCTETS && !a->end) {
		if ((rc = import_source_next(s, &it, &a->end, e)) != 0)
			break;
		if (!a->end)
			rows_add(a, &it);
	}
	if (rc == 0) {
		m.rows = a->list;
		m.n_rows = a->n;
		m.end = a->end;
		msg_put(&m.base, out);
	}
	rows_clear(a);
	return rc;
}

static int
start(int fd, const struct msg *m, struct import_source **s, struct err *e)
{
	ProtobufCMessage	*body = NULL;
	const ImportBegin	*b;
	struct import_from	 from = { .fd = fd };
	int			 rc;

	if (*s != NULL || m->type != MSG_TYPE__MSG_IMPORT_BEGIN)
		return err_set(e, ERR_INVAL, "import: begin comes first");
	if ((rc = msg_unpack(&import_begin__descriptor, m->body, &body,
	    e)) != 0)
		return rc;
	b = (const ImportBegin *)body;
	from.format = b->format == IMPORT_CSV ? IMPORT_CSV : IMPORT_JSONL;
	from.now = b->now;
	from.at = b->at;
	from.line = b->line;
	rc = import_source_new(&from, s, e);
	protobuf_c_message_free_unpacked(body, NULL);
	return rc;
}

void
import_source_serve(int fd, int link)
{
	struct import_source	*s = NULL;
	struct answer_rows	*a = xcalloc(1, sizeof(*a));
	struct buf		 out;
	struct msg		 m;
	struct err		 e = ERR_INIT, why = ERR_INIT;
	struct pollfd		 p = { .fd = link, .events = POLLIN };
	int			 sent;

	buf_init(&out, LIMIT_MSG_BODY);
	/* A request waits in the socket while rows are read ahead. */
	for (;;) {
		if (poll(&p, 1, -1) == -1 && errno == EINTR)
			continue;
		if (msg_read(link, &m, &e) != 0)
			break;
		if (m.type == MSG_TYPE__MSG_IMPORT_NEXT && s != NULL) {
			sent = msg_write(link, MSG_TYPE__MSG_IMPORT_ROWS,
			    m.id, buf_octets(&out), -1, &e);
		} else if (start(fd, &m, &s, &why) == 0) {
			sent = msg_write(link, MSG_TYPE__MSG_OK, m.id,
			    OCTETS(NULL, 0), -1, &e);
		} else {
			sent = msg_write_err(link, m.id, &why, &e);
		}
		msg_fini(&m);
		if (sent != 0 || s == NULL)
			break;
		/* What cannot be read ends the channel: never half a file. */
		if (read_ahead(s, a, &out, &why) != 0)
			break;
	}
	import_source_free(s);
	buf_fini(&out);
	free(a);
}
