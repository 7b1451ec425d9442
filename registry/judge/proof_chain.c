#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "registry/judge/proof_chain.h"
#include "sync/entry.h"
#include "sync/map.h"

/* Rows of one bucket that we are ready to hash. */
#define LIMIT_BUCKET_ROWS	(64u << 10)

int
proof_malformed(const char *what, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "answer-malformed", "answer: %s",
	    what);
}

int
proof_members(const json_t *o, const char *const *names, struct err *e)
{
	size_t	n;

	if (!json_is_object(o))
		return proof_malformed("an object is expected", e);
	for (n = 0; names[n] != NULL; n++)
		if (json_object_get(o, names[n]) == NULL)
			return err_set_id(e, ERR_FORMAT, "answer-malformed",
			    "answer: member \"%s\" is missing", names[n]);
	if (json_object_size(o) != n)
		return proof_malformed("it has members that the contract lacks", e);
	return 0;
}

int
proof_text(const json_t *o, const char *name, bool may_be_null,
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

int
proof_uint(const json_t *o, const char *name, uint64_t *out, struct err *e)
{
	const json_t	*v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return err_set_id(e, ERR_FORMAT, "answer-malformed",
		    "answer: member \"%s\" must be a whole number", name);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

int
proof_octets(const json_t *v, const char *name, uint8_t **out, size_t *n,
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

int
proof_hashes(const json_t *o, const char *name, size_t max, struct hash **out,
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

int
proof_chain_read(const json_t *o, struct proof_chain *c, struct err *e)
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

	if ((rc = proof_members(o, names, e)) != 0 ||
	    (rc = proof_text(o, "origin", false, &c->origin, e)) != 0 ||
	    (rc = proof_text(o, "checkpoint", false, &note, e)) != 0)
		return rc;
	c->checkpoint = OCTETS(note, strlen(note));
	ep = json_object_get(o, "epoch");
	bu = json_object_get(o, "bucket");
	rec = json_object_get(o, "record");
	if ((rc = proof_members(ep, in_epoch, e)) != 0 ||
	    (rc = proof_uint(ep, "index", &c->epoch_index, e)) != 0 ||
	    (rc = proof_octets(json_object_get(ep, "entry"), "entry", &c->epoch,
	    &c->epochlen, e)) != 0 ||
	    (rc = proof_hashes(ep, "path", TLOG_PATH_MAX, &c->path, &c->npath,
	    e)) != 0 ||
	    (rc = proof_members(bu, in_bucket, e)) != 0 ||
	    (rc = proof_uint(bu, "index", &c->bucket, e)) != 0 ||
	    (rc = proof_octets(json_object_get(bu, "rows"), "rows", &c->rows,
	    &c->rowslen, e)) != 0 ||
	    (rc = proof_hashes(bu, "siblings", MAP_DEPTH_MAX, &c->siblings,
	    &c->nsiblings, e)) != 0)
		return rc;
	if (json_is_null(rec))
		return 0;
	return proof_octets(rec, "record", &c->record, &c->recordlen, e);
}

void
proof_chain_fini(struct proof_chain *c)
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
check_epoch(const struct proof_chain *c, const struct trust_province *owner,
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
	p->root = root;
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
check_bucket(const struct proof_chain *c, const struct epoch *ep,
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
check_record(struct proof_chain *c, const char *code,
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

int
proof_chain_check(struct proof_chain *c, const char *code, struct proof *p,
    struct err *e)
{
	struct epoch	ep;
	uint8_t		key[SM3_LEN];
	int		rc;

	record_key(code, key);
	if ((rc = check_epoch(c, p->owner, &ep, p, e)) != 0 ||
	    (rc = check_bucket(c, &ep, key, e)) != 0 ||
	    (rc = check_record(c, code, key, p, e)) != 0)
		return rc;
	return 0;
}
