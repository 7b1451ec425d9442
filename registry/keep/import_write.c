#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "filing/code.h"
#include "filing/record.h"
#include "registry/keep/import_write.h"
#include "registry/office/clock.h"
#include "registry/office/office_code.h"
#include "schema/msg.pb-c.h"

#define SIGN_MS		30000
#define DIVISIONS	1000000u	/* six digits */

const enum stmt import_statements[] = {
	LOG_MAY_WRITE,
	STMT_OFFICE_IMPORT_BY_NAME, STMT_OFFICE_IMPORT_BY_DIGEST,
	STMT_OFFICE_IMPORT_NEW, STMT_OFFICE_IMPORT_STEP,
	STMT_OFFICE_IMPORT_PERSON, STMT_OFFICE_CODE_LAST,
	STMT_OFFICE_CODE_GIVEN,
	STMT_OFFICE_CASE_BY_CODE, STMT_OFFICE_AUDIT_PUT,
	STMT_NONE
};

struct import_write {
	struct import_write_spec s;
	const struct trust_province *own;
	struct buf	 entry;
	uint64_t	 before;	/* entries when the batch began */
	/* Divisions of this batch whose next number may have to move. */
	uint8_t		*touched;	/* a bit each */
	uint32_t	*division;
	size_t		 ndivisions, room;
	/* Codes of a dry run, which leaves none in the map: 0 is empty. */
	uint64_t	*code;
	size_t		 ncodes, nslots;
};

struct import_write *
import_write_new(const struct import_write_spec *spec)
{
	struct import_write	*w = xcalloc(1, sizeof(*w));

	w->s = *spec;
	if (spec->trust != NULL)
		w->own = trust_by_province(spec->trust, spec->province);
	buf_init(&w->entry, LIMIT_ENTRY);
	w->touched = xcalloc(DIVISIONS / 8, 1);
	return w;
}

void
import_write_free(struct import_write *w)
{
	if (w == NULL)
		return;
	buf_fini(&w->entry);
	free(w->touched);
	free(w->division);
	free(w->code);
	free(w);
}

/* ---- codes */

static uint64_t
code_number(const char *code)
{
	return strtoull(code, NULL, 10) * 2 + (strlen(code) == 13) + 1;
}

static uint64_t *
code_slot(const struct import_write *w, uint64_t n)
{
	size_t	i = (size_t)(n * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (i &= w->nslots - 1; w->code[i] != 0 && w->code[i] != n; )
		i = (i + 1) & (w->nslots - 1);
	return &w->code[i];
}

/* Remember a code; false: it was there. */
static bool
code_add(struct import_write *w, const char *code)
{
	uint64_t	 n = code_number(code), *old = w->code, *p;
	size_t		 i, had = w->nslots;

	if (2 * (w->ncodes + 1) > had) {
		w->nslots = had > 0 ? 2 * had : 1024;
		w->code = xcalloc(w->nslots, sizeof(*w->code));
		for (i = 0; i < had; i++)
			if (old[i] != 0)
				*code_slot(w, old[i]) = old[i];
		free(old);
	}
	if (*(p = code_slot(w, n)) == n)
		return false;
	*p = n;
	w->ncodes++;
	return true;
}

static void
touch(struct import_write *w, const char *code)
{
	uint32_t	d;

	if (strlen(code) != 14)
		return;
	d = (uint32_t)(strtoull(code, NULL, 10) / 100000000u);
	if (w->touched[d / 8] & 1u << d % 8)
		return;
	w->touched[d / 8] |= (uint8_t)(1u << d % 8);
	if (w->ndivisions == w->room) {
		w->room = w->room > 0 ? 2 * w->room : 64;
		w->division = xreallocarray(w->division, w->room,
		    sizeof(*w->division));
	}
	w->division[w->ndivisions++] = d;
}

static void
forget_touched(struct import_write *w)
{
	while (w->ndivisions > 0) {
		w->ndivisions--;
		w->touched[w->division[w->ndivisions] / 8] = 0;
	}
}

/* ---- rows */

int
import_write_begin(struct import_write *w, struct err *e)
{
	const struct log_head	*head = log_head_of(w->s.lg);
	int			 rc;

	if (head != NULL && (rc = clock_follows(head->signed_at, tm_now(),
	    CLOCK_RECORD_S, e)) != 0)
		return rc;
	if ((rc = store_begin(w->s.st, e)) != 0)
		return rc;
	if ((rc = log_begin(w->s.lg, e)) != 0)
		store_rollback(w->s.st);
	w->before = log_size_now(w->s.lg);
	return rc;
}

static bool
is_own(const struct import_write *w, const char *code)
{
	if (w->s.trust == NULL)
		return strncmp(code, w->s.province, 2) == 0;
	return w->own != NULL && trust_owner(w->s.trust, code) == w->own;
}

/* Private name and salt, of which the record has a commitment. */
static int
keep_person(struct import_write *w, const char *code, const char *person,
    const uint8_t salt[32], struct err *e)
{
	const struct val	v[] = { val_text(code),
				    val_int(w->s.book->id), val_text(person),
				    val_blob(OCTETS(salt, 32)) };

	return store_run(w->s.st, STMT_OFFICE_IMPORT_PERSON, v, 4, NULL, e);
}

static bool
is_ours(int rc)
{
	return rc != ERR_INVAL && rc != ERR_VERIFY && rc != ERR_FORMAT &&
	    rc != ERR_TOOBIG;
}

static int
append(struct import_write *w, const struct record *r, const char *person,
    struct err *why)
{
	struct event	ev;
	uint8_t		salt[RECORD_SALT_LEN], secret[32];
	uint8_t		commitment[SM3_LEN];
	uint64_t	index;
	int		rc;

	memset(&ev, 0, sizeof(ev));
	ev.record = *r;
	import_book_derive(w->s.book, "salt", r->seal_code, salt,
	    sizeof(salt));
	ev.record.salt = OCTETS(salt, sizeof(salt));
	ev.record.recorded_at = w->s.book->began;
	if (person != NULL) {
		import_book_derive(w->s.book, "person", r->seal_code, secret,
		    sizeof(secret));
		person_commit(secret, &person, 1, commitment);
		ev.record.owner_commitment = OCTETS(commitment, SM3_LEN);
	}
	ev.kind = EVENT_IMPORTED;
	buf_reset(&w->entry);
	event_encode(&ev, &w->entry);
	if (!buf_ok(&w->entry)) {
		buf_fini(&w->entry);
		buf_init(&w->entry, LIMIT_ENTRY);
		mem_wipe(secret, sizeof(secret));
		return err_set(why, ERR_TOOBIG, "the entry is too large");
	}
	if ((rc = log_append(w->s.lg, buf_octets(&w->entry), &index,
	    why)) == 0 && person != NULL && !w->s.dry_run)
		rc = keep_person(w, r->seal_code, person, secret, why);
	mem_wipe(secret, sizeof(secret));
	return rc;
}

/* A case may have been given this code, and wait for its certificate. */
static int
not_given(struct import_write *w, const char *code, struct err *why)
{
	const struct val	 v = val_text(code);
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(w->s.st, STMT_OFFICE_CASE_BY_CODE, &v, 1, &q,
	    why)) == 0)
		rc = query_next(q, &row, why);
	query_done(q);
	if (rc == 0 && row)
		rc = err_set_id(why, ERR_INVAL, "code-given", "code %s was "
		    "given to an application that is being filed", code);
	return rc;
}

static int
file_row(struct import_write *w, struct octets octets, const char *person,
    struct err *why)
{
	struct record_box	*box = NULL;
	struct record		 r;
	uint8_t			 key[SM3_LEN];
	bool			 held;
	int			 rc;

	if ((rc = record_read(octets, &r, &box, why)) != 0 ||
	    (rc = seal_code_check(r.seal_code, why)) != 0)
		goto out;
	record_key(r.seal_code, key);
	if (!is_own(w, r.seal_code)) {
		rc = err_set_id(why, ERR_INVAL, "foreign-code",
		    "code %s does not belong to province %s", r.seal_code,
		    w->s.province);
		goto out;
	}
	if ((rc = log_holds(w->s.lg, key, &held, why)) != 0)
		goto out;
	if (held || (w->s.dry_run && !code_add(w, r.seal_code))) {
		rc = err_set_id(why, ERR_INVAL, "already-filed",
		    "seal %s is filed already", r.seal_code);
		goto out;
	}
	if ((rc = not_given(w, r.seal_code, why)) != 0)
		goto out;
	if ((rc = append(w, &r, person, why)) == 0)
		touch(w, r.seal_code);
out:
	record_box_free(box);
	return rc;
}

int
import_write_row(struct import_write *w, struct octets record,
    const char *person, bool *refused, struct err *why, struct err *e)
{
	int	rc;

	*why = (struct err)ERR_INIT;
	rc = file_row(w, record, person, why);
	*refused = rc != 0;
	if (rc == 0 || !is_ours(rc))
		return 0;
	*e = *why;
	return rc;
}

/* ---- the end of a batch */

static int
sign(struct import_write *w, uint64_t size, const struct hash *root,
    int64_t t, char **note, struct err *e)
{
	SignCheckpoint		 m = SIGN_CHECKPOINT__INIT;
	ProtobufCMessage	*body = NULL;
	struct msg		 reply;
	uint8_t			*packed;
	int			 rc;

	*note = NULL;
	m.origin = (char *)(uintptr_t)w->s.origin;
	m.size = size;
	m.root.data = (uint8_t *)(uintptr_t)root->h;
	m.root.len = SM3_LEN;
	m.time = t;
	packed = xmalloc(sign_checkpoint__get_packed_size(&m) + 1);
	rc = msg_ask(w->s.key, MSG_TYPE__MSG_SIGN_CHECKPOINT, OCTETS(packed,
	    sign_checkpoint__pack(&m, packed)), -1, SIGN_MS, &reply, e);
	free(packed);
	if (rc != 0)
		return rc;
	if ((rc = msg_unpack(&signed_note__descriptor, reply.body, &body,
	    e)) == 0)
		*note = xstrdup(((const SignedNote *)body)->note);
	protobuf_c_message_free_unpacked(body, NULL);
	msg_fini(&reply);
	return rc;
}

/* Epoch, signature, everything read back: as the recorder does. */
static int
publish(struct import_write *w, struct err *e)
{
	const struct log_head	*head = log_head_of(w->s.lg);
	struct hash		 root;
	uint64_t		 size;
	int64_t			 t = tm_now();
	char			*note = NULL;
	int			 rc;

	/* A clock that was set back must not make time fall. */
	if (t < head->signed_at)
		t = head->signed_at;
	if (t < head->epoch_time)
		t = head->epoch_time;
	if ((rc = log_seal(w->s.lg, t, OCTETS(NULL, 0), &size, &root,
	    e)) != 0 || (rc = sign(w, size, &root, t, &note, e)) != 0 ||
	    (rc = log_reread(w->s.lg, e)) != 0)
		goto out;
	rc = log_publish(w->s.lg, note, t, e);
out:
	free(note);
	return rc;
}

int
import_write_end(struct import_write *w, struct err *e)
{
	char	division[8];
	size_t	i;
	int	rc = 0;

	if (w->s.dry_run) {
		import_write_undo(w);
		return 0;
	}
	for (i = 0; rc == 0 && i < w->ndivisions; i++) {
		snprintf(division, sizeof(division), "%06u",
		    w->division[i] % DIVISIONS);
		rc = code_pass_over(w->s.st, w->s.lg, division, e);
	}
	forget_touched(w);
	if (rc == 0 && log_size_now(w->s.lg) > w->before)
		rc = publish(w, e);
	if (rc == 0)
		rc = import_book_step(w->s.st, w->s.book, tm_now(), e);
	if (rc == 0)
		rc = store_commit(w->s.st, e);
	if (rc != 0)
		import_write_undo(w);
	else
		log_settle(w->s.lg, true);
	return rc;
}

void
import_write_undo(struct import_write *w)
{
	forget_touched(w);
	store_rollback(w->s.st);
	log_settle(w->s.lg, false);
}
