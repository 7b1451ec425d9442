#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "filing/code.h"
#include "registry/judge/answer.h"
#include "registry/judge/proof.h"
#include "sync/entry.h"
#include "sync/map.h"
#include "sync/tlog.h"

/* Rows of one bucket that we are ready to hash. */
#define LIMIT_BUCKET_ROWS	(64u << 10)

/* What an answer says, before anything of it is believed. */
struct said {
	const char	*code, *verdict, *basis;
	const char	*status;	/* NULL: null */
	const char	*as_of;		/* NULL: null */
	const json_t	*record;	/* NULL: null */
	const json_t	*proof;		/* NULL: null */
};

/* A proof, decoded. */
struct chain {
	const char	*origin;
	struct octets	 checkpoint;
	uint64_t	 epoch_index;
	uint8_t		*epoch, *rows, *record;	/* record NULL: null */
	size_t		 epochlen, rowslen, recordlen;
	struct hash	*path, *siblings;
	size_t		 npath, nsiblings;
	uint64_t	 bucket;
};

static int
malformed(const char *what, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "answer-malformed", "answer: %s",
	    what);
}

/* ---- reading */

/* Exactly the members of names, in any order. */
static int
only_members(const json_t *o, const char *const *names, struct err *e)
{
	size_t	n;

	if (!json_is_object(o))
		return malformed("an object is expected", e);
	for (n = 0; names[n] != NULL; n++)
		if (json_object_get(o, names[n]) == NULL)
			return err_set_id(e, ERR_FORMAT, "answer-malformed",
			    "answer: member \"%s\" is missing", names[n]);
	if (json_object_size(o) != n)
		return malformed("it has members that the contract lacks", e);
	return 0;
}

static int
get_text(const json_t *o, const char *name, bool may_be_null,
    const char **out, struct err *e)
{
	const json_t	*v = json_object_get(o, name);

	*out = NULL;
	if (may_be_null && json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: member \"%s\" must be text", name);
	*out = json_string_value(v);
	return 0;
}

static int
get_uint(const json_t *o, const char *name, uint64_t *out, struct err *e)
{
	const json_t	*v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: member \"%s\" must be a whole number", name);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int
decode(const json_t *v, const char *name, uint8_t **out, size_t *n,
    struct err *e)
{
	size_t	 len;

	if (!json_is_string(v))
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: \"%s\" must be base64 text", name);
	len = json_string_length(v);
	*out = xmalloc(len / 4 * 3 + 3);
	if (!b64_decode(json_string_value(v), len, *out, len / 4 * 3 + 3, n))
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: \"%s\" is not base64", name);
	return 0;
}

static int
get_hashes(const json_t *o, const char *name, size_t max, struct hash **out,
    size_t *n, struct err *e)
{
	const json_t	*a = json_object_get(o, name);
	size_t		 i, len;

	if (!json_is_array(a) || json_array_size(a) > max)
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: \"%s\" must be an array of at most %zu hashes",
		    name, max);
	*n = json_array_size(a);
	*out = xcalloc(*n + 1, sizeof(**out));
	for (i = 0; i < *n; i++) {
		const json_t	*v = json_array_get(a, i);

		if (!json_is_string(v) ||
		    !b64_decode(json_string_value(v), json_string_length(v),
		    (*out)[i].h, SM3_LEN, &len) || len != SM3_LEN)
			return err_set_id(e, ERR_FORMAT, "answer-malformed",
			    "answer: \"%s\" holds something that is no hash",
			    name);
	}
	return 0;
}

static int
read_said(const json_t *root, struct said *s, struct err *e)
{
	static const char *const names[] = { "code", "verdict", "basis",
	    "status", "as_of", "record", "proof", NULL };
	int	rc;

	if ((rc = only_members(root, names, e)) != 0 ||
	    (rc = get_text(root, "code", false, &s->code, e)) != 0 ||
	    (rc = get_text(root, "verdict", false, &s->verdict, e)) != 0 ||
	    (rc = get_text(root, "basis", false, &s->basis, e)) != 0 ||
	    (rc = get_text(root, "status", true, &s->status, e)) != 0 ||
	    (rc = get_text(root, "as_of", true, &s->as_of, e)) != 0)
		return rc;
	s->record = json_object_get(root, "record");
	s->proof = json_object_get(root, "proof");
	if (json_is_null(s->record))
		s->record = NULL;
	else if (!json_is_object(s->record))
		return malformed("\"record\" must be an object or null", e);
	if (json_is_null(s->proof))
		s->proof = NULL;
	return 0;
}

static int
read_chain(const json_t *o, struct chain *c, struct err *e)
{
	static const char *const names[] = { "origin", "checkpoint", "epoch",
	    "bucket", "record", NULL };
	static const char *const in_epoch[] = { "index", "entry", "path",
	    NULL };
	static const char *const in_bucket[] = { "index", "rows", "siblings",
	    NULL };
	const json_t	*ep, *bu, *rec;
	const char	*note;
	int		 rc;

	if ((rc = only_members(o, names, e)) != 0 ||
	    (rc = get_text(o, "origin", false, &c->origin, e)) != 0 ||
	    (rc = get_text(o, "checkpoint", false, &note, e)) != 0)
		return rc;
	c->checkpoint = OCTETS(note, strlen(note));
	ep = json_object_get(o, "epoch");
	bu = json_object_get(o, "bucket");
	rec = json_object_get(o, "record");
	if ((rc = only_members(ep, in_epoch, e)) != 0 ||
	    (rc = get_uint(ep, "index", &c->epoch_index, e)) != 0 ||
	    (rc = decode(json_object_get(ep, "entry"), "entry", &c->epoch,
	    &c->epochlen, e)) != 0 ||
	    (rc = get_hashes(ep, "path", TLOG_PATH_MAX, &c->path, &c->npath,
	    e)) != 0 ||
	    (rc = only_members(bu, in_bucket, e)) != 0 ||
	    (rc = get_uint(bu, "index", &c->bucket, e)) != 0 ||
	    (rc = decode(json_object_get(bu, "rows"), "rows", &c->rows,
	    &c->rowslen, e)) != 0 ||
	    (rc = get_hashes(bu, "siblings", MAP_DEPTH_MAX, &c->siblings,
	    &c->nsiblings, e)) != 0)
		return rc;
	if (json_is_null(rec))
		return 0;
	return decode(rec, "record", &c->record, &c->recordlen, e);
}

static void
chain_fini(struct chain *c)
{
	free(c->epoch);
	free(c->rows);
	free(c->record);
	free(c->path);
	free(c->siblings);
}

/* ---- checking */

/* The checkpoint is the owner's, and its last leaf is this epoch. */
static int
check_epoch(const struct chain *c, const struct trust_province *owner,
    struct epoch *ep, struct proof *p, struct err *e)
{
	struct checkpoint	cp;
	struct octets		entry = OCTETS(c->epoch, c->epochlen);
	struct hash		leaf, root;
	int			rc;

	if (strcmp(c->origin, owner->origin) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-origin",
		    "proof: it is of %.60s, the code is owned by %.60s",
		    c->origin, owner->origin);
	if ((rc = trust_open_checkpoint(owner, c->checkpoint, &cp, &p->as_of,
	    e)) != 0)
		return rc;
	if (strcmp(cp.origin, owner->origin) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-origin",
		    "proof: the checkpoint is of %.60s", cp.origin);
	p->size = cp.size;
	if (cp.size == 0 || c->epoch_index != cp.size - 1)
		return err_set_id(e, ERR_VERIFY, "proof-not-last",
		    "proof: the epoch is leaf %" PRIu64 " of %" PRIu64
		    ", not the last", c->epoch_index, cp.size);
	if (epoch_decode(entry, ep, NULL) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-epoch",
		    "proof: the last leaf is not an epoch");
	if (ep->covered != c->epoch_index)
		return err_set_id(e, ERR_VERIFY, "proof-epoch",
		    "proof: the epoch covers %" PRIu64 " leaves, not %" PRIu64,
		    ep->covered, c->epoch_index);
	entry_leaf(entry, leaf.h);
	memcpy(root.h, cp.root, SM3_LEN);
	if (tlog_check_inclusion(&leaf, c->epoch_index, cp.size, c->path,
	    c->npath, &root, NULL) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-path",
		    "proof: the epoch's path does not lead to the "
		    "checkpoint's root");
	p->map_count = ep->map_count;
	return 0;
}

/* The bucket is the key's and hangs under the epoch's map root. */
static int
check_bucket(const struct chain *c, const struct epoch *ep,
    const uint8_t key[SM3_LEN], struct err *e)
{
	struct octets	rows = OCTETS(c->rows, c->rowslen);
	struct hash	bucket, root;
	uint32_t	i;

	if (ep->map_depth > MAP_DEPTH_MAX || c->nsiblings != ep->map_depth)
		return err_set_id(e, ERR_VERIFY, "proof-depth",
		    "proof: %zu siblings for a map of depth %" PRIu32,
		    c->nsiblings, ep->map_depth);
	i = map_bucket_of(key, ep->map_depth);
	if (c->bucket != i)
		return err_set_id(e, ERR_VERIFY, "proof-bucket",
		    "proof: bucket %" PRIu64 ", the code belongs to %" PRIu32,
		    c->bucket, i);
	if (c->rowslen % MAP_ROW != 0 ||
	    c->rowslen / MAP_ROW > LIMIT_BUCKET_ROWS ||
	    map_bucket_check(rows, i, ep->map_depth, NULL) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-rows",
		    "proof: the bucket's rows are not in order");
	map_bucket_root(c->rows, c->rowslen / MAP_ROW, &bucket);
	map_climb(i, ep->map_depth, &bucket, c->siblings, &root);
	if (memcmp(root.h, ep->map_root, SM3_LEN) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-root",
		    "proof: the bucket does not lead to the epoch's map root");
	return 0;
}

/* The row, or no row, and the record behind it. */
static int
check_record(struct chain *c, const char *code,
    const uint8_t key[SM3_LEN], struct proof *p, struct err *e)
{
	const uint8_t	*row;
	uint8_t		 value[SM3_LEN];
	int		 rc;

	row = map_bucket_find(OCTETS(c->rows, c->rowslen), key);
	if (row == NULL && c->record == NULL)
		return 0;
	if (row == NULL)
		return err_set_id(e, ERR_VERIFY, "proof-record-unasked",
		    "proof: a record without a row in the map");
	if (c->record == NULL)
		return err_set_id(e, ERR_VERIFY, "proof-record-missing",
		    "proof: a row in the map without its record");
	sm3(c->record, c->recordlen, value);
	if (memcmp(value, row + SM3_LEN, SM3_LEN) != 0)
		return err_set_id(e, ERR_VERIFY, "proof-record",
		    "proof: the record is not the one in the map");
	/* The record's views point into its octets: they go along. */
	p->octets = OCTETS(c->record, c->recordlen);
	c->record = NULL;
	if (record_read(p->octets, &p->record, &p->box, NULL) != 0)
		return err_set_id(e, ERR_VERIFY, "bad-record",
		    "the record does not read");
	if ((rc = record_lint(&p->record, e)) != 0)
		return rc;
	if (strcmp(p->record.seal_code, code) != 0)
		return err_set_id(e, ERR_VERIFY, "bad-record",
		    "the record is of another code");
	p->present = true;
	return 0;
}

/* What the node says beside its proof must be what the proof says. */
static int
check_said(const struct said *s, const struct proof *p, struct err *e)
{
	const char	*status;
	struct buf	 b;
	json_t		*own = NULL;
	char		 as_of[TM_RFC3339_SIZE];
	int		 rc;

	buf_init(&b, LIMIT_ANSWER);
	tm_rfc3339(p->as_of, as_of);
	if (strcmp(s->basis, "proven") != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-basis",
		    "answer: it has a proof and does not say so");
		goto out;
	}
	if (s->as_of == NULL || strcmp(s->as_of, as_of) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-as-of",
		    "answer: as_of is not the time of the signature, %s",
		    as_of);
		goto out;
	}
	status = p->present ? status_word(p->record.status) : NULL;
	if ((status == NULL) != (s->status == NULL) ||
	    (status != NULL && strcmp(status, s->status) != 0)) {
		rc = err_set_id(e, ERR_VERIFY, "answer-status",
		    "answer: status differs from the proven one, %s",
		    status != NULL ? status : "none");
		goto out;
	}
	if (p->present) {
		answer_put_record(&p->record, &b);
		own = json_loadb((const char *)b.p, b.len,
		    JSON_REJECT_DUPLICATES, NULL);
	}
	if ((own == NULL) != (s->record == NULL) ||
	    (own != NULL && !json_equal(own, s->record))) {
		rc = err_set_id(e, ERR_VERIFY, "answer-record",
		    "answer: the record shown is not the proven one");
		goto out;
	}

	rc = 0;
out:
	json_decref(own);
	buf_fini(&b);
	return rc;
}

/*
 * The verdict, by our clock.  The node's clock may differ a little, and so
 * may its verdict at the edge of a period: what it said must be right at some
 * moment between the owner's signature and the clock skew that we allow.
 */
static int
judge(const struct said *s, const struct proof_ask *ask,
    const struct trust *t, struct proof *p, struct err *e)
{
	struct verdict_source	src = { .accepted = true, .as_of = p->as_of,
				    .max_age = t->max_age };
	struct verdict_case	c = {
		.record = p->present ? &p->record : NULL,
		.complete_since = verdict_complete_since(p->owner, ask->code),
		.digest = ask->digest, .has_at = ask->has_at, .at = ask->at
	};
	enum verdict_why	stale;
	bool			told;

	c.now = p->as_of;
	told = verdict_judge(&c, NULL) == p->said;
	c.now = ask->now + LIMIT_CLOCK_SKEW;
	told = told || verdict_judge(&c, NULL) == p->said;
	c.now = ask->now;
	p->verdict = verdict_judge(&c, &p->why);
	told = told || p->verdict == p->said;
	/* Its list may know of a completeness that ours does not. */
	told = told || (p->why == WHY_INCOMPLETE &&
	    p->said == VERDICT_NOT_FILED);
	if (!told || p->said == VERDICT_UNKNOWN)
		return err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: it says %s, its proof says %s", s->verdict,
		    verdict_word(p->verdict));
	if ((stale = verdict_source(&src, ask->now)) != WHY_NONE) {
		p->verdict = VERDICT_UNKNOWN;
		p->why = stale;
	}
	return 0;
}

/* An answer without a proof says nothing, and must say so. */
static int
check_nothing(const struct said *s, struct proof *p, struct err *e)
{
	int64_t	t;

	if (p->said != VERDICT_UNKNOWN)
		return err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: it says %s without a proof", s->verdict);
	if (s->record != NULL)
		return err_set_id(e, ERR_VERIFY, "answer-record",
		    "answer: a record without a proof");
	if (s->status != NULL)
		return err_set_id(e, ERR_VERIFY, "answer-status",
		    "answer: a status without a proof");
	if (strcmp(s->basis, "reported") != 0)
		return err_set_id(e, ERR_VERIFY, "answer-basis",
		    "answer: called proven without a proof");
	if (s->as_of != NULL && !tm_parse(s->as_of, &t))
		return err_set_id(e, ERR_VERIFY, "answer-as-of",
		    "answer: as_of is not a moment");
	p->verdict = VERDICT_UNKNOWN;
	p->why = WHY_SAID_UNKNOWN;
	return 0;
}

static int
check(const json_t *root, const struct trust *t, const struct proof_ask *ask,
    struct proof *p, struct err *e)
{
	struct said	s;
	struct chain	c;
	struct epoch	ep;
	uint8_t		key[SM3_LEN];
	int		rc;

	memset(&c, 0, sizeof(c));
	if ((rc = read_said(root, &s, e)) != 0)
		goto out;
	if (strcmp(s.code, ask->code) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-code",
		    "answer: it is about another code");
		goto out;
	}
	if ((p->said = verdict_from_word(s.verdict)) == VERDICT_NONE) {
		rc = err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: there is no such verdict");
		goto out;
	}
	if (s.proof == NULL) {
		rc = check_nothing(&s, p, e);
		goto out;
	}
	record_key(ask->code, key);
	if ((rc = read_chain(s.proof, &c, e)) != 0 ||
	    (rc = check_epoch(&c, p->owner, &ep, p, e)) != 0 ||
	    (rc = check_bucket(&c, &ep, key, e)) != 0 ||
	    (rc = check_record(&c, ask->code, key, p, e)) != 0 ||
	    (rc = check_said(&s, p, e)) != 0 ||
	    (rc = judge(&s, ask, t, p, e)) != 0)
		goto out;
	p->proven = true;

	rc = 0;
out:
	chain_fini(&c);
	return rc;
}

int
proof_check(struct octets answer, const struct trust *t,
    const struct proof_ask *ask, struct proof **out, struct err *e)
{
	struct proof	*p = xcalloc(1, sizeof(*p));
	json_t		*root = NULL;
	int		 rc;

	*out = NULL;
	if ((rc = seal_code_check(ask->code, e)) != 0)
		goto out;
	if ((p->owner = trust_owner(t, ask->code)) == NULL) {
		rc = err_set_id(e, ERR_INVAL, "invalid-code",
		    "no province owns the prefix of this code");
		goto out;
	}
	if (answer.len > LIMIT_ANSWER) {
		rc = malformed("too long", e);
		goto out;
	}
	root = json_loadb((const char *)answer.p, answer.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (root == NULL) {
		rc = malformed("not JSON", e);
		goto out;
	}
	if ((rc = check(root, t, ask, p, e)) != 0)
		goto out;
	*out = p;
	p = NULL;

	rc = 0;
out:
	json_decref(root);
	proof_free(p);
	return rc;
}

void
proof_free(struct proof *p)
{
	if (p == NULL)
		return;
	record_box_free(p->box);
	free((void *)(uintptr_t)p->octets.p);
	free(p);
}
