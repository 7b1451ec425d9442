#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tm.h"
#include "filing/record.h"
#include "registry/judge/answer.h"
#include "registry/keep/export.h"
#include "registry/keep/import_row.h"
#include "registry/json.h"
#include "sync/entry.h"
#include "sync/log.h"

#define LINE_MAX_OCTETS	(1u << 20)

const enum stmt export_statements[] = { LOG_MAY_READ, STMT_NONE };

struct export {
	const struct export_spec *spec;
	struct logview		*lv;
	struct buf		 b;
	uint64_t		 n;
};

/* ---- CSV */

static void
csv_text(struct buf *b, const char *s)
{
	if (s == NULL)
		return;
	if (s[strcspn(s, "\",\r\n")] == '\0') {
		buf_puts(b, s);
		return;
	}
	buf_put_u8(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_put_u8(b, '"');
		buf_put_u8(b, (uint8_t)*s);
	}
	buf_put_u8(b, '"');
}

static void
csv_time(struct buf *b, int64_t t)
{
	char	s[TM_RFC3339_SIZE];

	if (t == 0)
		return;
	tm_rfc3339(t, s);
	buf_puts(b, s);
}

static void
csv_digests(struct buf *b, const struct octets *o, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(b, ' ');
		buf_put_b64(b, o[i].p, o[i].len);
	}
}

static void
csv_field(struct buf *b, const struct record *r, enum import_field f)
{
	switch (f) {
	case IMPORT_SEAL_CODE: csv_text(b, r->seal_code); break;
	case IMPORT_SEAL_TYPE: buf_printf(b, "%u", r->seal_type); break;
	case IMPORT_SEAL_NAME: csv_text(b, r->seal_name); break;
	case IMPORT_OWNER_NAME: csv_text(b, r->owner_name); break;
	case IMPORT_OWNER_ID: csv_text(b, r->owner_id); break;
	case IMPORT_OWNER_COMMITMENT:
		csv_digests(b, &r->owner_commitment,
		    r->owner_commitment.len > 0);
		break;
	case IMPORT_STATUS: csv_text(b, status_word(r->status)); break;
	case IMPORT_STATUS_REASON:
		buf_printf(b, "%u", r->status_reason);
		break;
	case IMPORT_STATUS_EFFECTIVE_AT:
		csv_time(b, r->status_effective_at);
		break;
	case IMPORT_RECORDED_AT: csv_time(b, r->recorded_at); break;
	case IMPORT_VALID_FROM: csv_time(b, r->valid_from); break;
	case IMPORT_VALID_UNTIL: csv_time(b, r->valid_until); break;
	case IMPORT_SEAL_DIGEST:
		csv_digests(b, &r->seal_digest, r->seal_digest.len > 0);
		break;
	case IMPORT_CERTIFICATE_DIGEST:
		csv_digests(b, r->certificate_digest, r->ncertificates);
		break;
	case IMPORT_PICTURE_DIGEST:
		csv_digests(b, &r->picture_digest, r->picture_digest.len > 0);
		break;
	case IMPORT_FILING_OFFICE: csv_text(b, r->filing_office); break;
	case IMPORT_MAKER_ID: csv_text(b, r->maker_id); break;
	case IMPORT_REPLACES: csv_text(b, r->replaces); break;
	case IMPORT_REPLACED_BY: csv_text(b, r->replaced_by); break;
	case IMPORT_CARRIER: buf_printf(b, "%u", r->carrier); break;
	case IMPORT_PAIRED_CODE: csv_text(b, r->paired_code); break;
	case IMPORT_VERSION: buf_printf(b, "%u", r->version); break;
	case IMPORT_SEAL_NAME_OTHER: csv_text(b, r->seal_name_other); break;
	case IMPORT_SALT: buf_put_b64(b, r->salt.p, r->salt.len); break;
	case IMPORT_PERSON_NAME:
	case IMPORT_FIELDS:
		break;
	}
}

/* Every field of a record: person_name is none. */
static void
csv_line(struct buf *b, const struct record *r)
{
	unsigned	f;

	for (f = 0; f < IMPORT_PERSON_NAME; f++) {
		if (f > 0)
			buf_put_u8(b, ',');
		if (r == NULL)
			buf_puts(b, import_field_name((enum import_field)f));
		else
			csv_field(b, r, (enum import_field)f);
	}
	buf_puts(b, "\r\n");
}

/* ---- JSON lines of events */

static void
json_event(struct buf *b, uint64_t index, const struct event *ev)
{
	buf_printf(b, "{\"index\":%" PRIu64 ",\"event\":", index);
	json_put_text(b, event_word(ev->kind));
	buf_puts(b, ",\"reason\":");
	json_put_text(b, reason_word(ev->reason));
	if (ev->has_previous)
		buf_printf(b, ",\"previous\":%" PRIu64, ev->previous);
	else
		buf_puts(b, ",\"previous\":null");
	buf_puts(b, ",\"record\":");
	answer_put_record(&ev->record, b);
	buf_puts(b, "}\n");
}

static int
json_epoch(struct buf *b, uint64_t index, struct octets entry, struct err *e)
{
	struct epoch	ep;
	int		rc;

	if ((rc = epoch_decode(entry, &ep, e)) != 0)
		return rc;
	buf_printf(b, "{\"index\":%" PRIu64 ",\"event\":\"epoch\",\"covered\":"
	    "%" PRIu64 ",\"map_root\":", index, ep.covered);
	json_put_octets(b, OCTETS(ep.map_root, SM3_LEN));
	buf_printf(b, ",\"map_count\":%" PRIu64 ",\"map_depth\":%u,\"time\":",
	    ep.map_count, (unsigned)ep.map_depth);
	json_put_time(b, ep.time);
	buf_puts(b, "}\n");
	return 0;
}

/* ---- a log */

static int
flush(struct export *x, struct err *e)
{
	if (!buf_ok(&x->b))
		return err_set(e, ERR_TOOBIG, "export: a line is too long");
	if (fwrite(x->b.p, 1, x->b.len, x->spec->out) != x->b.len)
		return err_set_errno(e, ERR_IO, "export");
	buf_reset(&x->b);
	return 0;
}

/* Is the event at index the last of its seal? */
static int
is_current(struct export *x, const struct event *ev, uint64_t index,
    bool *is, struct err *e)
{
	struct log_proof	p;
	uint8_t			key[SM3_LEN];
	int			rc;

	record_key(ev->record.seal_code, key);
	if ((rc = logview_prove(x->lv, key, &p, e)) == 0)
		*is = p.record.len > 0 && p.index == index;
	return rc;
}

static int
put_seal(struct export *x, uint64_t index, struct octets entry,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	bool			 is = true;
	int			 rc;

	if ((rc = event_read(entry, &ev, &box, e)) != 0 ||
	    (!x->spec->events &&
	    (rc = is_current(x, &ev, index, &is, e)) != 0))
		goto out;
	if (x->spec->events)
		json_event(&x->b, index, &ev);
	else if (is && x->spec->format == IMPORT_CSV)
		csv_line(&x->b, &ev.record);
	else if (is) {
		answer_put_record(&ev.record, &x->b);
		buf_put_u8(&x->b, '\n');
	}
	x->n += is;
out:
	record_box_free(box);
	return rc;
}

static int
put_entry(struct export *x, uint64_t index, struct octets entry,
    struct err *e)
{
	enum entry_kind	kind;
	int		rc;

	if ((rc = entry_check(entry, &kind, NULL, e)) != 0)
		return rc;
	switch (kind) {
	case ENTRY_SEAL:
		rc = put_seal(x, index, entry, e);
		break;
	case ENTRY_EPOCH:
		if (x->spec->events) {
			rc = json_epoch(&x->b, index, entry, e);
			x->n++;
		}
		break;
	case ENTRY_KEY:
	case ENTRY_OPAQUE:
		if (x->spec->events) {
			buf_printf(&x->b, "{\"index\":%" PRIu64 ",\"event\":"
			    "null,\"octets\":", index);
			json_put_octets(&x->b, entry);
			buf_puts(&x->b, "}\n");
			x->n++;
		}
		break;
	}
	return rc != 0 ? rc : flush(x, e);
}

/* An entry is read by number: a row stays while proofs are read. */
static int
put_all(struct export *x, uint64_t size, struct err *e)
{
	struct octets	 entry;
	struct buf	 copy;
	uint64_t	 i;
	int		 rc = 0;

	buf_init(&copy, LIMIT_ENTRY);
	for (i = 0; rc == 0 && i < size; i++) {
		buf_reset(&copy);
		if ((rc = logview_entry(x->lv, i, &entry, e)) != 0)
			break;
		buf_put_octets(&copy, entry);
		rc = put_entry(x, i, buf_octets(&copy), e);
	}
	buf_fini(&copy);
	return rc;
}

int
export_run(struct store *st, const struct export_spec *spec, uint64_t *n,
    struct err *e)
{
	struct export		 x = { .spec = spec };
	const struct log_head	*head;
	int			 rc;

	*n = 0;
	buf_init(&x.b, LINE_MAX_OCTETS);
	if ((rc = store_begin(st, e)) != 0)
		return rc;
	if ((rc = logview_open(st, &x.lv, e)) != 0 ||
	    (rc = logview_refresh(x.lv, &head, e)) != 0)
		goto out;
	if (head == NULL) {
		rc = err_set_id(e, ERR_NOTFOUND, "nothing-held",
		    "no checkpoint of this province was accepted yet");
		goto out;
	}
	if (spec->format == IMPORT_CSV && !spec->events)
		csv_line(&x.b, NULL);
	if ((rc = flush(&x, e)) == 0)
		rc = put_all(&x, head->size, e);
	if (rc == 0 && fflush(spec->out) != 0)
		rc = err_set_errno(e, ERR_IO, "export");
	*n = x.n;
out:
	logview_free(x.lv);
	store_rollback(st);
	buf_fini(&x.b);
	return rc;
}
