#include "sync/entry.h"

#include <string.h>

#include "base/text.h"

/*
 * The wire format of protobuf, as far as entries need it (Encoding, "Protocol
 * Buffers wire format"): a key varint (field << 3 | wire type) and a value.
 */
enum wire {
	WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LEN = 2, WIRE_32 = 5
};

#define FIELD_MAX	((1u << 29) - 1)

enum shape {
	SHAPE_U32 = 1,
	SHAPE_U64,
	SHAPE_I64,		/* any 64 bits: negative is ten octets */
	SHAPE_TEXT,
	SHAPE_DIGEST,		/* 32 octets */
	SHAPE_SALT,		/* 16 octets */
	SHAPE_RECORD		/* a SealRecord, encoded */
};

enum {
	ONEOF	 = 1,		/* present, zero or not */
	REPEATED = 2,
	NEEDED	 = 4
};

struct field {
	uint32_t	 number;
	enum shape	 shape;
	unsigned	 flags;
	const char	*name;
};

static const struct field seal_record[] = {
	{ 1, SHAPE_TEXT, 0, "SealRecord.seal_code" },
	{ 2, SHAPE_U32, 0, "SealRecord.seal_type" },
	{ 3, SHAPE_TEXT, 0, "SealRecord.seal_name" },
	{ 4, SHAPE_TEXT, 0, "SealRecord.owner_name" },
	{ 5, SHAPE_TEXT, 0, "SealRecord.owner_id" },
	{ 6, SHAPE_DIGEST, 0, "SealRecord.owner_commitment" },
	{ 7, SHAPE_U32, 0, "SealRecord.status" },
	{ 8, SHAPE_U32, 0, "SealRecord.status_reason" },
	{ 9, SHAPE_I64, 0, "SealRecord.status_effective_at" },
	{ 10, SHAPE_I64, 0, "SealRecord.recorded_at" },
	{ 11, SHAPE_I64, 0, "SealRecord.valid_from" },
	{ 12, SHAPE_I64, 0, "SealRecord.valid_until" },
	{ 13, SHAPE_DIGEST, 0, "SealRecord.seal_digest" },
	{ 14, SHAPE_DIGEST, REPEATED, "SealRecord.certificate_digest" },
	{ 15, SHAPE_DIGEST, 0, "SealRecord.picture_digest" },
	{ 16, SHAPE_TEXT, 0, "SealRecord.filing_office" },
	{ 17, SHAPE_TEXT, 0, "SealRecord.maker_id" },
	{ 18, SHAPE_TEXT, 0, "SealRecord.replaces" },
	{ 19, SHAPE_TEXT, 0, "SealRecord.replaced_by" },
	{ 20, SHAPE_U32, 0, "SealRecord.carrier" },
	{ 21, SHAPE_TEXT, 0, "SealRecord.paired_code" },
	{ 22, SHAPE_U32, 0, "SealRecord.version" },
	{ 23, SHAPE_TEXT, 0, "SealRecord.seal_name_other" },
	{ 31, SHAPE_SALT, 0, "SealRecord.salt" },
	{ .name = NULL }
};

static const struct field seal_event[] = {
	{ 1, SHAPE_RECORD, 0, "SealEvent.record" },
	{ 2, SHAPE_U32, 0, "SealEvent.kind" },
	{ 3, SHAPE_U32, 0, "SealEvent.reason" },
	{ 4, SHAPE_U64, ONEOF, "SealEvent.previous" },
	{ .name = NULL }
};

static const struct field key_event[] = {
	{ .name = NULL }
};

enum {
	EPOCH_COVERED = 1, EPOCH_MAP_ROOT, EPOCH_MAP_COUNT, EPOCH_MAP_DEPTH,
	EPOCH_TIME, EPOCH_PREVIOUS, EPOCH_AUDIT_HEAD
};

static const struct field epoch_fields[] = {
	{ EPOCH_COVERED, SHAPE_U64, 0, "Epoch.covered" },
	{ EPOCH_MAP_ROOT, SHAPE_DIGEST, NEEDED, "Epoch.map_root" },
	{ EPOCH_MAP_COUNT, SHAPE_U64, 0, "Epoch.map_count" },
	{ EPOCH_MAP_DEPTH, SHAPE_U32, 0, "Epoch.map_depth" },
	{ EPOCH_TIME, SHAPE_I64, 0, "Epoch.time" },
	{ EPOCH_PREVIOUS, SHAPE_U64, ONEOF, "Epoch.previous" },
	{ EPOCH_AUDIT_HEAD, SHAPE_DIGEST, 0, "Epoch.audit_head" },
	{ .name = NULL }
};

/* A value as it was taken: a number or octets. */
struct value {
	uint64_t	 u;
	struct octets	 o;
};

static int
bad(struct err *e, const char *what, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-entry", "entry: %s: %s", what,
	    why);
}

/* Minimal, at most 64 bits. */
static bool
take_varint(struct cursor *c, uint64_t *v)
{
	struct cursor	 t = *c;
	unsigned	 shift;
	uint8_t		 b;

	*v = 0;
	for (shift = 0; shift < 70; shift += 7) {
		if (!take_u8(&t, &b))
			return false;
		if (shift == 63 && b > 1)
			return false;
		*v |= (uint64_t)(b & 0x7f) << shift;
		if ((b & 0x80) == 0) {
			if (b == 0 && shift > 0)
				return false;
			*c = t;
			return true;
		}
	}
	return false;
}

static bool
take_key(struct cursor *c, uint32_t *number, unsigned *wire)
{
	struct cursor	 t = *c;
	uint64_t	 v;

	if (!take_varint(&t, &v) || (v >> 3) == 0 || (v >> 3) > FIELD_MAX)
		return false;
	*number = (uint32_t)(v >> 3);
	*wire = (unsigned)(v & 7);
	*c = t;
	return true;
}

static bool
take_len(struct cursor *c, struct octets *o)
{
	struct cursor	 t = *c;
	uint64_t	 n;

	if (!take_varint(&t, &n) || n > cursor_left(&t) ||
	    !take_octets(&t, (size_t)n, o))
		return false;
	*c = t;
	return true;
}

static int	check_fields(struct octets in, const struct field *table,
		    const char *what, struct err *e);

static int
take_number(struct cursor *c, const struct field *f, uint64_t *u,
    struct err *e)
{
	if (!take_varint(c, u))
		return bad(e, f->name, "the varint is cut off or not minimal");
	if (*u == 0 && (f->flags & ONEOF) == 0)
		return bad(e, f->name, "zero is not elided");
	if (f->shape == SHAPE_U32 && *u > UINT32_MAX)
		return bad(e, f->name, "more than 32 bits");
	return 0;
}

static int
take_bytes(struct cursor *c, const struct field *f, struct octets *o,
    struct err *e)
{
	if (!take_len(c, o))
		return bad(e, f->name, "the length is cut off or not minimal");
	if (o->len == 0)
		return bad(e, f->name, "empty is not elided");

	switch (f->shape) {
	case SHAPE_TEXT:
		/* A NUL is UTF-8, but would end the text for some readers. */
		if (!utf8_valid(o->p, o->len) ||
		    memchr(o->p, 0, o->len) != NULL)
			return bad(e, f->name, "not UTF-8");
		return 0;
	case SHAPE_DIGEST:
		if (o->len != SM3_LEN)
			return bad(e, f->name, "not 32 octets");
		return 0;
	case SHAPE_SALT:
		if (o->len != 16)
			return bad(e, f->name, "not 16 octets");
		return 0;
	case SHAPE_RECORD:
		return check_fields(*o, seal_record, "SealRecord", e);
	case SHAPE_U32:
	case SHAPE_U64:
	case SHAPE_I64:
		break;
	}
	return bad(e, f->name, "wrong wire type");
}

static bool
is_number(enum shape s)
{
	return s == SHAPE_U32 || s == SHAPE_U64 || s == SHAPE_I64;
}

/*
 * Take the next field of a message; *last is the number of the one before and
 * is moved on.
 */
static int
take_field(struct cursor *c, const struct field *table, uint32_t *last,
    const struct field **which, struct value *v, const char *what,
    struct err *e)
{
	const struct field	*f;
	uint32_t		 number;
	unsigned		 wire;

	if (!take_key(c, &number, &wire))
		return bad(e, what, "no field where one should begin");
	for (f = table; f->name != NULL && f->number != number; f++)
		;
	if (f->name == NULL)
		return bad(e, what, "unknown field");
	if (number < *last)
		return bad(e, f->name, "fields out of order");
	if (number == *last && (f->flags & REPEATED) == 0)
		return bad(e, f->name, "given twice");
	if (wire != (is_number(f->shape) ? WIRE_VARINT : WIRE_LEN))
		return bad(e, f->name, "wrong wire type");
	*last = number;
	*which = f;
	if (is_number(f->shape))
		return take_number(c, f, &v->u, e);
	return take_bytes(c, f, &v->o, e);
}

static int
check_fields(struct octets in, const struct field *table, const char *what,
    struct err *e)
{
	struct cursor		 c = cursor_of(in.p, in.len);
	const struct field	*f;
	struct value		 v;
	uint32_t		 last = 0;
	uint64_t		 seen = 0;
	int			 rc;

	while (cursor_left(&c) > 0) {
		rc = take_field(&c, table, &last, &f, &v, what, e);
		if (rc != 0)
			return rc;
		seen |= UINT64_C(1) << f->number;
	}
	for (f = table; f->name != NULL; f++)
		if ((f->flags & NEEDED) != 0 &&
		    (seen & (UINT64_C(1) << f->number)) == 0)
			return bad(e, f->name, "missing");
	return 0;
}

/* One field that we do not know, whole input: carried, so only well-formed. */
static bool
opaque_value(struct cursor *c, unsigned wire, struct octets *o)
{
	const uint8_t	*start = c->p;
	uint64_t	 u;

	switch (wire) {
	case WIRE_VARINT:
		if (!take_varint(c, &u))
			return false;
		*o = OCTETS(start, (size_t)(c->p - start));
		return true;
	case WIRE_64:
		return take_octets(c, 8, o);
	case WIRE_32:
		return take_octets(c, 4, o);
	case WIRE_LEN:
		return take_len(c, o);
	}
	return false;
}

int
entry_check(struct octets in, enum entry_kind *kind, struct octets *member,
    struct err *e)
{
	struct cursor		 c = cursor_of(in.p, in.len);
	const struct field	*table = NULL;
	const char		*what = "Entry";
	struct octets		 o = OCTETS(NULL, 0);
	uint32_t		 number;
	unsigned		 wire;
	int			 rc;

	*kind = ENTRY_OPAQUE;
	if (member != NULL)
		*member = o;

	if (in.len == 0)
		return bad(e, "Entry", "empty");
	if (in.len > LIMIT_ENTRY)
		return bad(e, "Entry", "more than 65535 octets");
	if (!take_key(&c, &number, &wire))
		return bad(e, "Entry", "no field where one should begin");

	switch (number) {
	case ENTRY_SEAL:
		table = seal_event;
		what = "SealEvent";
		break;
	case ENTRY_KEY:
		table = key_event;
		what = "KeyEvent";
		break;
	case ENTRY_EPOCH:
		table = epoch_fields;
		what = "Epoch";
		break;
	}
	if (table != NULL && wire != WIRE_LEN)
		return bad(e, what, "wrong wire type");
	if (!opaque_value(&c, wire, &o))
		return bad(e, what, "cut off, or a length that is not minimal");
	if (cursor_left(&c) > 0)
		return bad(e, "Entry", "more than one field");
	if (table != NULL && (rc = check_fields(o, table, what, e)) != 0)
		return rc;

	if (table != NULL)
		*kind = (enum entry_kind)number;
	if (member != NULL)
		*member = o;
	return 0;
}

void
entry_leaf(struct octets in, uint8_t leaf[SM3_LEN])
{
	sm3_prefixed(0x00, in, OCTETS(NULL, 0), leaf);
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
	put_varint(b, (uint64_t)number << 3 | WIRE_VARINT);
	put_varint(b, v);
}

static void
put_bytes(struct buf *b, uint32_t number, struct octets o)
{
	put_varint(b, (uint64_t)number << 3 | WIRE_LEN);
	put_varint(b, o.len);
	buf_put_octets(b, o);
}

void
epoch_encode(const struct epoch *ep, struct buf *b)
{
	struct buf	in;

	buf_init(&in, 256);
	if (ep->covered != 0)
		put_number(&in, EPOCH_COVERED, ep->covered);
	put_bytes(&in, EPOCH_MAP_ROOT, OCTETS(ep->map_root, SM3_LEN));
	if (ep->map_count != 0)
		put_number(&in, EPOCH_MAP_COUNT, ep->map_count);
	if (ep->map_depth != 0)
		put_number(&in, EPOCH_MAP_DEPTH, ep->map_depth);
	if (ep->time != 0)
		put_number(&in, EPOCH_TIME, (uint64_t)ep->time);
	if (ep->has_previous)
		put_number(&in, EPOCH_PREVIOUS, ep->previous);
	if (ep->audit_head.len != 0)
		put_bytes(&in, EPOCH_AUDIT_HEAD, ep->audit_head);
	put_bytes(b, ENTRY_EPOCH, buf_octets(&in));
	buf_fini(&in);
}

int
epoch_decode(struct octets entry, struct epoch *ep, struct err *e)
{
	enum entry_kind		 kind;
	const struct field	*f;
	struct octets		 in;
	struct cursor		 c;
	struct value		 v = { 0, OCTETS(NULL, 0) };
	uint32_t		 last = 0;
	int			 rc;

	memset(ep, 0, sizeof(*ep));
	if ((rc = entry_check(entry, &kind, &in, e)) != 0)
		return rc;
	if (kind != ENTRY_EPOCH)
		return bad(e, "Entry", "not an epoch");

	c = cursor_of(in.p, in.len);
	while (cursor_left(&c) > 0) {
		rc = take_field(&c, epoch_fields, &last, &f, &v, "Epoch", e);
		if (rc != 0) {
			memset(ep, 0, sizeof(*ep));
			return rc;
		}
		switch (f->number) {
		case EPOCH_COVERED:
			ep->covered = v.u;
			break;
		case EPOCH_MAP_ROOT:
			memcpy(ep->map_root, v.o.p, SM3_LEN);
			break;
		case EPOCH_MAP_COUNT:
			ep->map_count = v.u;
			break;
		case EPOCH_MAP_DEPTH:
			ep->map_depth = (uint32_t)v.u;
			break;
		case EPOCH_TIME:
			ep->time = (int64_t)v.u;
			break;
		case EPOCH_PREVIOUS:
			ep->has_previous = true;
			ep->previous = v.u;
			break;
		case EPOCH_AUDIT_HEAD:
			ep->audit_head = v.o;
			break;
		}
	}
	return 0;
}

bool
bundle_next(struct cursor *c, struct octets *entry)
{
	struct cursor	 t = *c;
	uint16_t	 n;

	if (!take_u16(&t, &n) || !take_octets(&t, n, entry))
		return false;
	*c = t;
	return true;
}

void
bundle_put(struct buf *b, struct octets entry)
{
	buf_put_u16(b, (uint16_t)entry.len);
	buf_put_octets(b, entry);
}
