#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "filing/code.h"
#include "filing/record.h"

/*
 * The encoding is protobuf's (schema/proto/entry.proto), written and read
 * here by one table of fields: a replica reads every entry of every province,
 * and what it reads must be canonical, which general readers do not tell.
 */

/* Field numbers of Entry and SealEvent. */
enum { ENTRY_FIELD_SEAL = 1 };
enum { SEAL_EVENT_RECORD = 1, SEAL_EVENT_KIND = 2, SEAL_EVENT_REASON = 3,
    SEAL_EVENT_PREVIOUS = 4 };

enum field_type {
	F_TEXT = 1, F_U32, F_I64, F_DIGEST, F_DIGESTS, F_SALT
};

struct field {
	uint32_t	number;
	enum field_type	type;
	size_t		offset;
	const char	*name;
};

#define FIELD(N, T, M)	{ N, T, offsetof(struct record, M), #M }
static const struct field fields[] = {
	FIELD(1, F_TEXT, seal_code),
	FIELD(2, F_U32, seal_type),
	FIELD(3, F_TEXT, seal_name),
	FIELD(4, F_TEXT, owner_name),
	FIELD(5, F_TEXT, owner_id),
	FIELD(6, F_DIGEST, owner_commitment),
	FIELD(7, F_U32, status),
	FIELD(8, F_U32, status_reason),
	FIELD(9, F_I64, status_effective_at),
	FIELD(10, F_I64, recorded_at),
	FIELD(11, F_I64, valid_from),
	FIELD(12, F_I64, valid_until),
	FIELD(13, F_DIGEST, seal_digest),
	FIELD(14, F_DIGESTS, certificate_digest),
	FIELD(15, F_DIGEST, picture_digest),
	FIELD(16, F_TEXT, filing_office),
	FIELD(17, F_TEXT, maker_id),
	FIELD(18, F_TEXT, replaces),
	FIELD(19, F_TEXT, replaced_by),
	FIELD(20, F_U32, carrier),
	FIELD(21, F_TEXT, paired_code),
	FIELD(22, F_U32, version),
	FIELD(23, F_TEXT, seal_name_other),
	FIELD(31, F_SALT, salt),
};
#define NFIELDS	(sizeof(fields) / sizeof(fields[0]))

enum { WIRE_VARINT = 0, WIRE_OCTETS = 2 };

/* The text of a record that was read, each with its NUL. */
struct record_box {
	char	*end;
	char	 text[];
};

void
record_box_free(struct record_box *box)
{
	free(box);
}

/* The member a field describes; records are read through const char *. */
static void *
member(struct record *r, const struct field *f)
{
	return (char *)r + f->offset;
}

static const void *
member_const(const struct record *r, const struct field *f)
{
	return (const char *)r + f->offset;
}

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_put_u8(b, (uint8_t)(v | 0x80));
	buf_put_u8(b, (uint8_t)v);
}

static void
put_number(struct buf *b, uint32_t number, uint64_t v)
{
	if (v == 0)
		return;
	put_varint(b, number << 3 | WIRE_VARINT);
	put_varint(b, v);
}

static void
put_octets(struct buf *b, uint32_t number, const void *p, size_t n)
{
	if (n == 0)
		return;
	put_varint(b, number << 3 | WIRE_OCTETS);
	put_varint(b, n);
	buf_put(b, p, n);
}

void
record_encode(const struct record *r, struct buf *b)
{
	const struct octets	*o;
	const char		*s;
	const void		*m;
	size_t			 i, k;

	for (i = 0; i < NFIELDS; i++) {
		m = member_const(r, &fields[i]);
		switch (fields[i].type) {
		case F_TEXT:
			s = *(const char *const *)m;
			put_octets(b, fields[i].number, s,
			    s != NULL ? strlen(s) : 0);
			break;
		case F_U32:
			put_number(b, fields[i].number, *(const uint32_t *)m);
			break;
		case F_I64:
			put_number(b, fields[i].number,
			    (uint64_t)*(const int64_t *)m);
			break;
		case F_DIGEST:
		case F_SALT:
			o = m;
			put_octets(b, fields[i].number, o->p, o->len);
			break;
		case F_DIGESTS:
			for (k = 0, o = m; k < r->ncertificates; k++)
				put_octets(b, fields[i].number, o[k].p,
				    o[k].len);
			break;
		}
	}
}

void
event_encode(const struct event *ev, struct buf *b)
{
	struct buf	record, member_buf;

	buf_init(&record, b->max);
	buf_init(&member_buf, b->max);
	record_encode(&ev->record, &record);
	put_octets(&member_buf, SEAL_EVENT_RECORD, record.p, record.len);
	put_number(&member_buf, SEAL_EVENT_KIND, ev->kind);
	put_number(&member_buf, SEAL_EVENT_REASON, ev->reason);
	/* A oneof: written when it is there, also when it is 0. */
	if (ev->has_previous) {
		put_varint(&member_buf, SEAL_EVENT_PREVIOUS << 3);
		put_varint(&member_buf, ev->previous);
	}
	put_octets(b, ENTRY_FIELD_SEAL, member_buf.p, member_buf.len);
	if (!buf_ok(&record) || !buf_ok(&member_buf))
		b->overflow = true;
	buf_fini(&member_buf);
	buf_fini(&record);
}

static int
bad(struct err *e, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "bad-entry", "entry: %s", what);
}

/* Base 128, least significant first, no longer than it must be. */
static bool
take_varint(struct cursor *c, uint64_t *v)
{
	const uint8_t	*p = c->p;
	unsigned	shift;
	uint8_t		o;

	*v = 0;
	/* One octet will do for most keys and lengths. */
	if (c->p < c->end && *c->p < 0x80) {
		*v = *c->p++;
		return true;
	}
	for (shift = 0; shift < 70 && p < c->end; shift += 7) {
		o = *p++;
		if (shift == 63 && o > 1)
			return false;
		*v |= (uint64_t)(o & 0x7f) << shift;
		if ((o & 0x80) == 0) {
			if (o == 0 && shift > 0)
				return false;
			c->p = p;
			return true;
		}
	}
	return false;
}

/* One field as it comes; v for numbers, o for octets. */
struct taken {
	uint32_t	number;
	unsigned	wire;
	uint64_t	v;
	struct octets	o;
};

static int
take_field(struct cursor *c, struct taken *t, struct err *e)
{
	uint64_t	key, n;

	memset(t, 0, sizeof(*t));
	if (!take_varint(c, &key) || key >> 3 == 0 || key >> 3 > 0x1fffffff)
		return bad(e, "bad field key");
	t->number = (uint32_t)(key >> 3);
	t->wire = (unsigned)key & 7;
	switch (t->wire) {
	case WIRE_VARINT:
		if (!take_varint(c, &t->v))
			return bad(e, "bad varint");
		return 0;
	case WIRE_OCTETS:
		if (!take_varint(c, &n) || n > cursor_left(c) ||
		    !take_octets(c, (size_t)n, &t->o))
			return bad(e, "length beyond the end");
		return 0;
	}
	return bad(e, "wire type that no field has");
}

static int
bad_field(struct err *e, const struct field *f)
{
	return err_set_id(e, ERR_FORMAT, "bad-entry",
	    "entry: record: %s is malformed", f->name);
}

static int
set_field(struct record *r, const struct field *f, const struct taken *t,
    struct record_box *box, struct err *e)
{
	void	*m = member(r, f);

	if (t->wire != (f->type == F_U32 || f->type == F_I64 ? WIRE_VARINT :
	    WIRE_OCTETS))
		return bad_field(e, f);
	/* Zero and empty are left out. */
	if (t->wire == WIRE_VARINT ? t->v == 0 : t->o.len == 0)
		return bad_field(e, f);
	switch (f->type) {
	case F_TEXT:
		if (memchr(t->o.p, 0, t->o.len) != NULL ||
		    !utf8_valid(t->o.p, t->o.len))
			return bad_field(e, f);
		memcpy(box->end, t->o.p, t->o.len);
		box->end[t->o.len] = '\0';
		*(const char **)m = box->end;
		box->end += t->o.len + 1;
		return 0;
	case F_U32:
		if (t->v > UINT32_MAX)
			return bad_field(e, f);
		*(uint32_t *)m = (uint32_t)t->v;
		return 0;
	case F_I64:
		*(int64_t *)m = (int64_t)t->v;
		return 0;
	case F_DIGEST:
		if (t->o.len != SM3_LEN)
			return bad_field(e, f);
		*(struct octets *)m = t->o;
		return 0;
	case F_DIGESTS:
		if (t->o.len != SM3_LEN ||
		    r->ncertificates >= LIMIT_RECORD_CERTS)
			return bad_field(e, f);
		r->certificate_digest[r->ncertificates++] = t->o;
		return 0;
	case F_SALT:
		if (t->o.len != RECORD_SALT_LEN)
			return bad_field(e, f);
		*(struct octets *)m = t->o;
		return 0;
	}
	return bad_field(e, f);
}

static void
record_clear(struct record *r)
{
	size_t	i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < NFIELDS; i++)
		if (fields[i].type == F_TEXT)
			*(const char **)member(r, &fields[i]) = "";
}

int
record_read(struct octets in, struct record *r, struct record_box **box,
    struct err *e)
{
	struct cursor		 c = cursor_of(in.p, in.len);
	struct record_box	*b;
	struct taken		 t;
	uint32_t		 last = 0;
	size_t			 i = 0;
	int			 rc;

	*box = NULL;
	record_clear(r);
	/* Every text is shorter than its field, and so has room for a NUL. */
	b = xmalloc(sizeof(*b) + in.len + 1);
	b->end = b->text;
	while (cursor_left(&c) > 0) {
		if ((rc = take_field(&c, &t, e)) != 0)
			goto out;
		while (i < NFIELDS && fields[i].number < t.number)
			i++;
		if (i == NFIELDS || fields[i].number != t.number) {
			rc = bad(e, "record: unknown field, or out of order");
			goto out;
		}
		if (t.number == last && fields[i].type != F_DIGESTS) {
			rc = bad(e, "record: a field twice");
			goto out;
		}
		if ((rc = set_field(r, &fields[i], &t, b, e)) != 0)
			goto out;
		last = t.number;
	}
	*box = b;
	b = NULL;

	rc = 0;
out:
	if (rc != 0)
		record_clear(r);
	free(b);
	return rc;
}

/* The fields of SealEvent, in order. */
static int
event_fields(struct octets in, struct event *ev, struct err *e)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct taken	t;
	uint32_t	last = 0;
	int		rc;

	while (cursor_left(&c) > 0) {
		if ((rc = take_field(&c, &t, e)) != 0)
			return rc;
		if (t.number <= last || t.wire != (t.number ==
		    SEAL_EVENT_RECORD ? WIRE_OCTETS : WIRE_VARINT))
			return bad(e, "event: field out of order or of "
			    "another type");
		last = t.number;
		if (t.number != SEAL_EVENT_PREVIOUS && t.v == 0 &&
		    t.o.len == 0)
			return bad(e, "event: zero or empty field");
		switch (t.number) {
		case SEAL_EVENT_RECORD:
			ev->record_octets = t.o;
			break;
		case SEAL_EVENT_KIND:
		case SEAL_EVENT_REASON:
			if (t.v > UINT32_MAX)
				return bad(e, "event: number too large");
			if (t.number == SEAL_EVENT_KIND)
				ev->kind = (uint32_t)t.v;
			else
				ev->reason = (uint32_t)t.v;
			break;
		case SEAL_EVENT_PREVIOUS:
			ev->has_previous = true;
			ev->previous = t.v;
			break;
		default:
			return bad(e, "event: unknown field");
		}
	}
	if (ev->record_octets.len == 0)
		return bad(e, "event without a record");
	return 0;
}

int
event_read(struct octets entry, struct event *ev, struct record_box **box,
    struct err *e)
{
	struct cursor	c = cursor_of(entry.p, entry.len);
	struct taken	t;
	int		rc;

	*box = NULL;
	memset(ev, 0, sizeof(*ev));
	if ((rc = take_field(&c, &t, e)) != 0)
		goto out;
	if (t.number != ENTRY_FIELD_SEAL || t.wire != WIRE_OCTETS ||
	    cursor_left(&c) != 0) {
		rc = bad(e, "not one seal event");
		goto out;
	}
	if ((rc = event_fields(t.o, ev, e)) != 0)
		goto out;
	rc = record_read(ev->record_octets, &ev->record, box, e);
out:
	if (rc != 0)
		memset(ev, 0, sizeof(*ev));
	return rc;
}

void
record_key(const char *seal_code, uint8_t key[SM3_LEN])
{
	sm3(seal_code, strlen(seal_code), key);
}

static bool
has(const char *s)
{
	return s != NULL && s[0] != '\0';
}

static int
refuse(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "bad-record", "record: %s", what);
}

/* Texts that are names, where they are present. */
static bool
names_good(const struct record *r)
{
	const char *const	names[] = {
		r->seal_name, r->owner_name, r->owner_id, r->filing_office,
		r->maker_id, r->seal_name_other
	};
	size_t			i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has(names[i]) && !text_is_name(names[i]))
			return false;
	return true;
}

/* Who appears: an organisation, or a person as a commitment. */
static int
lint_owner(const struct record *r, struct err *e)
{
	bool	person = seal_type_is_person(r->seal_type);

	if (person && (has(r->seal_name) || has(r->seal_name_other)))
		return refuse(e, "the name of a person's seal is not recorded");
	if (r->seal_type == SEAL_PERSONAL &&
	    (has(r->owner_name) || has(r->owner_id)))
		return refuse(e, "a person's name or number is not recorded");
	if (person != (r->owner_commitment.len == SM3_LEN))
		return refuse(e, person ? "the person's commitment is missing" :
		    "a commitment, but no person");
	if (r->seal_type != SEAL_PERSONAL &&
	    (!has(r->owner_name) || !has(r->owner_id)))
		return refuse(e, "the owner's name or code is missing");
	if (!person && !has(r->seal_name))
		return refuse(e, "the seal's name is missing");
	return 0;
}

/* What an electronic seal has, and a physical one has not. */
static int
lint_carrier(const struct record *r, struct err *e)
{
	if (r->carrier < 1 || r->carrier > 3)
		return refuse(e, "unknown carrier");
	if (r->carrier == 1 && (r->seal_digest.len != 0 ||
	    r->ncertificates != 0))
		return refuse(e, "a physical seal with electronic data");
	if (r->carrier != 1 && (r->seal_digest.len != SM3_LEN ||
	    r->picture_digest.len != SM3_LEN || r->ncertificates == 0))
		return refuse(e, "an electronic seal without its digests");
	return 0;
}

int
record_lint(const struct record *r, struct err *e)
{
	const char *const	codes[] = {
		r->replaces, r->replaced_by, r->paired_code
	};
	size_t			i;
	int			rc;

	if (seal_code_check(r->seal_code, NULL) != 0)
		return refuse(e, "the code is not 13 or 14 digits");
	if (seal_type_word(r->seal_type) == NULL)
		return refuse(e, "unknown seal type");
	if (r->status == STATUS_NONE || status_word(r->status) == NULL)
		return refuse(e, "unknown status");
	if (r->version == 0)
		return refuse(e, "no version");
	if (!names_good(r))
		return refuse(e, "a name with characters that names do not "
		    "have");
	if ((rc = lint_owner(r, e)) != 0 || (rc = lint_carrier(r, e)) != 0)
		return rc;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (has(codes[i]) && (seal_code_check(codes[i], NULL) != 0 ||
		    strcmp(codes[i], r->seal_code) == 0))
			return refuse(e, "a linked code is malformed or its "
			    "own");
	if (r->recorded_at <= 0 || r->valid_from <= 0 ||
	    r->status_effective_at <= 0)
		return refuse(e, "a time is missing");
	if (r->valid_until != 0 && r->valid_until <= r->valid_from)
		return refuse(e, "it ends before it begins");
	if (r->salt.len != RECORD_SALT_LEN)
		return refuse(e, "no salt");
	return 0;
}

static int
illegal(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "illegal-transition", "event: %s",
	    what);
}

/*
 * Copy from before what this kind of event may change, so that whatever else
 * differs shows when both are encoded.
 */
static void
forgive(struct record *now, const struct record *before, uint32_t kind)
{
	now->status = before->status;
	now->status_reason = before->status_reason;
	now->status_effective_at = before->status_effective_at;
	now->recorded_at = before->recorded_at;
	now->salt = before->salt;
	if (kind == EVENT_REPLACED)
		now->replaced_by = before->replaced_by;
	if (kind == EVENT_ANNULLED && !has(now->replaced_by))
		now->replaced_by = before->replaced_by;
	if (kind == EVENT_AMENDED) {
		now->seal_name = before->seal_name;
		now->seal_name_other = before->seal_name_other;
		now->owner_name = before->owner_name;
		now->owner_id = before->owner_id;
		now->owner_commitment = before->owner_commitment;
		now->filing_office = before->filing_office;
		now->maker_id = before->maker_id;
		now->paired_code = before->paired_code;
	}
	if (kind == EVENT_RENEWED) {
		now->valid_from = before->valid_from;
		now->valid_until = before->valid_until;
		now->seal_digest = before->seal_digest;
		now->picture_digest = before->picture_digest;
		memcpy(now->certificate_digest, before->certificate_digest,
		    sizeof(now->certificate_digest));
		now->ncertificates = before->ncertificates;
		now->maker_id = before->maker_id;
		now->version = before->version;
	}
}

static bool
others_unchanged(const struct event *ev, const struct record *before)
{
	struct record	now = ev->record;
	struct buf	a, b;
	bool		same;

	forgive(&now, before, ev->kind);
	buf_init(&a, 65535);
	buf_init(&b, 65535);
	record_encode(&now, &a);
	record_encode(before, &b);
	same = buf_ok(&a) && buf_ok(&b) && a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
	buf_fini(&a);
	buf_fini(&b);
	return same;
}

/* Times, and what the status fields say of a step that keeps the status. */
static int
check_times(const struct event *ev, const struct record *before,
    struct err *e)
{
	const struct record	*now = &ev->record;

	if (now->recorded_at < before->recorded_at)
		return illegal(e, "recorded before the event before it");
	if (now->status_effective_at < before->status_effective_at)
		return illegal(e, "in effect before the event before it");
	if ((ev->kind == EVENT_AMENDED || ev->kind == EVENT_RENEWED) &&
	    (now->status_effective_at != before->status_effective_at ||
	    now->status_reason != before->status_reason))
		return illegal(e, "it keeps the status, but not its time or "
		    "reason");
	if (ev->kind == EVENT_RENEWED ?
	    now->version != before->version + 1 || before->version ==
	    UINT32_MAX : now->version != before->version)
		return illegal(e, "the version does not count renewals");
	if (ev->kind == EVENT_RENEWED && now->valid_from < before->valid_from)
		return illegal(e, "a renewal that begins before the first");
	if (ev->kind == EVENT_REPLACED && !has(now->replaced_by))
		return illegal(e, "replaced, but not by what");
	return 0;
}

int
event_check(const struct event *ev, const struct record *before,
    struct err *e)
{
	struct err		 why = ERR_INIT;
	enum seal_status	 to;

	if (ev->has_previous != (before != NULL))
		return illegal(e, before != NULL ? "an earlier event exists, "
		    "but is not named" : "names an earlier event, but there "
		    "is none");
	if (life_step(before != NULL ? (enum seal_status)before->status :
	    STATUS_NONE, (enum event_kind)ev->kind, &to, &why) != 0)
		return illegal(e, why.text);
	/* What is imported comes with the state it had. */
	if (ev->record.status != (uint32_t)to && ev->kind != EVENT_IMPORTED)
		return illegal(e, "the status is not what the event leads to");
	if (before == NULL) {
		if (ev->kind == EVENT_FILED && ev->record.version != 1)
			return illegal(e, "the first version is 1");
		if (ev->kind == EVENT_FILED && has(ev->record.replaced_by))
			return illegal(e, "replaced before it was filed");
		return 0;
	}
	if (!others_unchanged(ev, before))
		return illegal(e, "it changes what this event may not change");
	return check_times(ev, before, e);
}

void
person_commit(const uint8_t salt[32], const char *const *fields_in, size_t n,
    uint8_t out[SM3_LEN])
{
	struct sm3	*h = sm3_new();
	uint8_t		 len[2];
	size_t		 i, k;

	sm3_add(h, salt, 32);
	for (i = 0; i < n; i++) {
		k = strlen(fields_in[i]);
		len[0] = (uint8_t)(k >> 8);
		len[1] = (uint8_t)k;
		sm3_add(h, len, sizeof(len));
		sm3_add(h, fields_in[i], k & 0xffff);
	}
	sm3_end(h, out);
	sm3_free(h);
}
