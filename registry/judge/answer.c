#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "registry/judge/answer.h"
#include "registry/json.h"

/* The head of an answer: 64 path hashes, a checkpoint, an epoch. */
#define HEAD_MAX	(1u << 20)

static void
put_quoted_b64(struct buf *out, const void *p, size_t n)
{
	char	*o;

	if ((o = (char *)buf_extend(out, B64_SIZE(n) + 1)) == NULL)
		return;
	*o = '"';
	*b64_write(o + 1, p, n) = '"';
}

static void
put_hashes(struct buf *out, const struct hash *h, size_t n)
{
	size_t	i;

	buf_put_u8(out, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(out, ',');
		put_quoted_b64(out, h[i].h, SM3_LEN);
	}
	buf_put_u8(out, ']');
}

void
answer_head_set(struct answer_head *h, const char *origin,
    const struct log_proof *p)
{
	struct buf	*b = &h->proof;

	if (b->len > 0 && h->size == p->head->size &&
	    h->signed_at == p->head->signed_at)
		return;
	buf_fini(b);
	buf_init(b, HEAD_MAX);
	buf_puts(b, "\"proof\":{\"origin\":");
	json_put_text(b, origin);
	buf_puts(b, ",\"checkpoint\":");
	json_put_text(b, p->head->checkpoint);
	buf_printf(b, ",\"epoch\":{\"index\":%" PRIu64 ",\"entry\":",
	    p->head->epoch);
	put_quoted_b64(b, p->epoch_entry.p, p->epoch_entry.len);
	buf_puts(b, ",\"path\":");
	put_hashes(b, p->path, p->npath);
	buf_puts(b, "},\"bucket\":{\"index\":");
	h->size = p->head->size;
	h->signed_at = p->head->signed_at;
}

void
answer_head_fini(struct answer_head *h)
{
	buf_fini(&h->proof);
	h->size = 0;
}

/* A member of a record, with the comma before it. */
#define NAME(B, S)	buf_put((B), ",\"" S "\":", sizeof(",\"" S "\":") - 1)

static void
put_uint(struct buf *b, uint64_t v)
{
	char	 digit[20];
	size_t	 n = sizeof(digit);

	do {
		digit[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	buf_put(b, digit + n, sizeof(digit) - n);
}

/* An absent text is an empty one. */
static void
put_text(struct buf *b, const char *s)
{
	json_put_text(b, s != NULL ? s : "");
}

void
answer_put_record(const struct record *r, struct buf *b)
{
	const char	*word = status_word(r->status);
	size_t		 i;

	buf_puts(b, "{\"seal_code\":");
	put_text(b, r->seal_code);
	NAME(b, "seal_type");
	put_uint(b, r->seal_type);
	NAME(b, "seal_name");
	put_text(b, r->seal_name);
	NAME(b, "owner_name");
	put_text(b, r->owner_name);
	NAME(b, "owner_id");
	put_text(b, r->owner_id);
	NAME(b, "owner_commitment");
	put_quoted_b64(b, r->owner_commitment.p, r->owner_commitment.len);
	NAME(b, "status");
	json_put_text(b, word);
	NAME(b, "status_reason");
	put_uint(b, r->status_reason);
	NAME(b, "status_effective_at");
	json_put_time(b, r->status_effective_at);
	NAME(b, "recorded_at");
	json_put_time(b, r->recorded_at);
	NAME(b, "valid_from");
	json_put_time(b, r->valid_from);
	NAME(b, "valid_until");
	json_put_time(b, r->valid_until);
	NAME(b, "seal_digest");
	put_quoted_b64(b, r->seal_digest.p, r->seal_digest.len);
	NAME(b, "certificate_digest");
	buf_put_u8(b, '[');
	for (i = 0; i < r->ncertificates; i++) {
		if (i > 0)
			buf_put_u8(b, ',');
		put_quoted_b64(b, r->certificate_digest[i].p,
		    r->certificate_digest[i].len);
	}
	buf_put_u8(b, ']');
	NAME(b, "picture_digest");
	put_quoted_b64(b, r->picture_digest.p, r->picture_digest.len);
	NAME(b, "filing_office");
	put_text(b, r->filing_office);
	NAME(b, "maker_id");
	put_text(b, r->maker_id);
	NAME(b, "replaces");
	put_text(b, r->replaces);
	NAME(b, "replaced_by");
	put_text(b, r->replaced_by);
	NAME(b, "carrier");
	put_uint(b, r->carrier);
	NAME(b, "paired_code");
	put_text(b, r->paired_code);
	NAME(b, "version");
	put_uint(b, r->version);
	NAME(b, "seal_name_other");
	put_text(b, r->seal_name_other);
	NAME(b, "salt");
	put_quoted_b64(b, r->salt.p, r->salt.len);
	buf_put_u8(b, '}');
}

void
answer_put_proof(const struct answer *a, struct buf *b)
{
	const struct log_proof	*p = a->proof;

	buf_put(b, a->head->proof.p, a->head->proof.len);
	put_uint(b, p->bucket);
	buf_puts(b, ",\"rows\":");
	put_quoted_b64(b, p->rows.p, p->rows.len);
	buf_puts(b, ",\"siblings\":");
	put_hashes(b, p->siblings, p->head->map_depth);
	buf_puts(b, "},\"record\":");
	if (p->record.len > 0)
		put_quoted_b64(b, p->record.p, p->record.len);
	else
		buf_puts(b, "null");
	buf_put_u8(b, '}');
}

/* Room that will do: a record's names and its octets twice, grown. */
static size_t
answer_size(const struct answer *a)
{
	if (a->proof == NULL)
		return 512;
	return a->head->proof.len + B64_SIZE(a->proof->rows.len) +
	    a->proof->head->map_depth * (B64_SIZE(SM3_LEN) + 3) +
	    3 * a->proof->record.len + 1536;
}

void
answer_put(const struct answer *a, struct buf *b)
{
	size_t	len = b->len;

	/* One allocation, as a rule. */
	if (buf_extend(b, answer_size(a)) != NULL)
		b->len = len;
	buf_puts(b, "{\"code\":");
	json_put_text(b, a->code);
	NAME(b, "verdict");
	json_put_text(b, verdict_word(a->verdict));
	NAME(b, "basis");
	json_put_text(b, a->proof != NULL ? "proven" : "reported");
	NAME(b, "status");
	json_put_text(b, a->record != NULL ? status_word(a->record->status) :
	    NULL);
	NAME(b, "as_of");
	json_put_time(b, a->has_as_of ? a->as_of : 0);
	NAME(b, "record");
	if (a->record != NULL)
		answer_put_record(a->record, b);
	else
		buf_puts(b, "null");
	buf_put_u8(b, ',');
	if (a->proof != NULL)
		answer_put_proof(a, b);
	else
		buf_puts(b, "\"proof\":null");
	buf_put_u8(b, '}');
}

