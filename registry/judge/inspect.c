#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tm.h"
#include "filing/kind.h"
#include "filing/record.h"
#include "registry/judge/inspect.h"
#include "signing/layout.h"
#include "signing/pdf.h"
#include "sync/entry.h"
#include "sync/note.h"
#include "sync/trust.h"

static void
put_time(struct buf *out, const char *what, int64_t t)
{
	char	text[TM_RFC3339_SIZE];

	tm_rfc3339(t, text);
	buf_printf(out, "%-20s%s\n", what, t == 0 ? "none" : text);
}

static void
put_hash(struct buf *out, const char *what, struct octets o)
{
	char	hex[HEX_SIZE(SM3_LEN)];

	if (o.len != SM3_LEN)
		return;
	hex_encode(o.p, o.len, hex);
	buf_printf(out, "%-20s%s\n", what, hex);
}

/* Names come from a log, and may hold what a terminal obeys. */
static void
put_name(struct buf *out, const char *what, const char *s)
{
	if (s[0] != '\0')
		buf_printf(out, "%-20s%s\n", what,
		    text_is_name(s) ? s : "(not printable)");
}

static const char *
or_unknown(const char *word)
{
	return word != NULL ? word : "unknown";
}

static int
put_event(struct octets in, struct buf *out, struct err *e)
{
	struct record_box	*box;
	struct event		 ev;
	const struct record	*r = &ev.record;
	int			 rc;

	if ((rc = event_read(in, &ev, &box, e)) != 0)
		return rc;
	buf_printf(out, "%-20s%s", "seal event",
	    or_unknown(event_word(ev.kind)));
	if (ev.reason != 0)
		buf_printf(out, ", %s", or_unknown(reason_word(ev.reason)));
	if (ev.has_previous)
		buf_printf(out, ", after entry %" PRIu64, ev.previous);
	buf_puts(out, "\n");
	put_name(out, "seal code", r->seal_code);
	buf_printf(out, "%-20s%s\n%-20s%s\n", "seal type",
	    or_unknown(seal_type_word(r->seal_type)), "status",
	    or_unknown(status_word(r->status)));
	put_name(out, "seal name", r->seal_name);
	put_name(out, "owner", r->owner_name);
	put_name(out, "owner's code", r->owner_id);
	put_time(out, "in effect", r->status_effective_at);
	put_time(out, "recorded", r->recorded_at);
	put_time(out, "valid from", r->valid_from);
	put_time(out, "valid until", r->valid_until);
	put_hash(out, "seal SM3", r->seal_digest);
	put_hash(out, "picture SM3", r->picture_digest);
	put_name(out, "filing office", r->filing_office);
	put_name(out, "replaces", r->replaces);
	put_name(out, "replaced by", r->replaced_by);
	buf_printf(out, "%-20s%u\n", "version", r->version);
	record_box_free(box);
	return 0;
}

static int
put_entry(struct octets in, struct buf *out, struct err *e)
{
	enum entry_kind	kind;
	struct octets	member;
	struct epoch	ep;
	int		rc;

	if ((rc = entry_check(in, &kind, &member, e)) != 0)
		return rc;
	switch (kind) {
	case ENTRY_SEAL:
		return put_event(in, out, e);
	case ENTRY_EPOCH:
		if ((rc = epoch_decode(in, &ep, e)) != 0)
			return rc;
		buf_printf(out, "%-20sover %" PRIu64 " entries, %" PRIu64
		    " seals, depth %u\n", "epoch", ep.covered, ep.map_count,
		    ep.map_depth);
		put_time(out, "time", ep.time);
		put_hash(out, "map root", OCTETS(ep.map_root, SM3_LEN));
		if (ep.has_previous)
			buf_printf(out, "%-20sentry %" PRIu64 "\n",
			    "epoch before", ep.previous);
		return 0;
	case ENTRY_KEY:
	case ENTRY_OPAQUE:
		break;
	}
	buf_printf(out, "%-20s%zu octets\n", "opaque entry", member.len);
	return 0;
}

/* A bundle: at least one entry, every one canonical, nothing left. */
static bool
inspect_bundle(struct octets in, struct buf *out)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct octets	entry;
	size_t		n = 0;

	buf_reset(out);
	while (bundle_next(&c, &entry)) {
		buf_printf(out, "-- entry %zu of the bundle, %zu octets\n",
		    n++, entry.len);
		if (put_entry(entry, out, NULL) != 0)
			return false;
	}
	return n > 0 && cursor_left(&c) == 0;
}

/* A tile of hashes: up to 256, and no way to know one from noise. */
static bool
inspect_tile(struct octets in, struct buf *out)
{
	size_t	i;

	buf_reset(out);
	if (in.len == 0 || in.len % SM3_LEN != 0 || in.len > 256 * SM3_LEN)
		return false;
	buf_printf(out, "tile of %zu hashes\n", in.len / SM3_LEN);
	for (i = 0; i * SM3_LEN < in.len; i++) {
		char	what[16];

		(void)snprintf(what, sizeof(what), "%zu", i);
		put_hash(out, what, OCTETS(in.p + i * SM3_LEN, SM3_LEN));
	}
	return true;
}

static void
put_trust(const struct trust *t, struct buf *out)
{
	const struct trust_province	*p;
	size_t				 i, k;

	buf_printf(out, "%-20sversion %" PRIu64 "\n", "trust list",
	    t->version);
	put_time(out, "issued", t->issued);
	put_time(out, "expires", t->expires);
	buf_printf(out, "%-20s%" PRId64 " s\n", "max age", t->max_age);
	for (i = 0; i < t->nprovinces; i++) {
		p = &t->provinces[i];
		buf_printf(out, "-- province %s\n", p->province);
		put_name(out, "origin", p->origin);
		for (k = 0; k < p->nurls; k++)
			put_name(out, "url", p->urls[k]);
		for (k = 0; k < p->nprefixes; k++)
			put_name(out, "prefix", p->prefixes[k]);
		put_time(out, "electronic since", p->complete_electronic);
		put_time(out, "physical since", p->complete_physical);
		for (k = 0; k < p->nkeys; k++)
			put_name(out, "key", vkey_text(p->keys[k].vkey));
		buf_printf(out, "%-20s%zu certificates\n", "ca", p->nca);
	}
}

/* Notes: a trust list, a checkpoint, or something else that was signed. */
static bool
inspect_note(struct octets in, char kind[INSPECT_KIND_SIZE], struct buf *out)
{
	struct checkpoint	cp;
	struct octets		body;
	struct trust		*t = NULL;

	buf_reset(out);
	if (in.len > LIMIT_NOTE || note_body(in, &body, NULL) != 0)
		return false;
	if (trust_parse(in, NULL, &t, NULL) == 0) {
		(void)snprintf(kind, INSPECT_KIND_SIZE, "trust list");
		put_trust(t, out);
	} else if (checkpoint_parse(body, &cp, NULL) == 0) {
		(void)snprintf(kind, INSPECT_KIND_SIZE, "checkpoint");
		put_name(out, "checkpoint of", cp.origin);
		buf_printf(out, "%-20s%" PRIu64 " entries\n", "size",
		    cp.size);
		put_hash(out, "root", OCTETS(cp.root, SM3_LEN));
	} else {
		(void)snprintf(kind, INSPECT_KIND_SIZE, "note");
		buf_printf(out, "%-20s%zu octets\n", "note body", body.len);
	}
	trust_free(t);
	buf_printf(out, "%-20s%s\n", "signatures", "not checked here: see "
	    "lookup, verify and audit");
	return true;
}

int
inspect_object(struct octets in, char kind[INSPECT_KIND_SIZE],
    enum inspect_jail *jail, struct buf *out, struct err *e)
{
	enum object_kind	k = object_kind(in);
	const char		*word = object_kind_word(k);

	*jail = INSPECT_HERE;
	if (inspect_note(in, kind, out))
		return 0;
	/* Entries are looked for before DER: neither reads as the other. */
	(void)snprintf(kind, INSPECT_KIND_SIZE, "entry bundle");
	if (inspect_bundle(in, out))
		return 0;
	buf_reset(out);
	(void)snprintf(kind, INSPECT_KIND_SIZE, "entry");
	if (put_entry(in, out, NULL) == 0)
		return 0;
	buf_reset(out);
	(void)snprintf(kind, INSPECT_KIND_SIZE, "%s", word);
	switch (k) {
	case OBJECT_SEAL:
	case OBJECT_STAMP:
	case OBJECT_SIGNED_DATA:
	case OBJECT_CERTIFICATE:
	case OBJECT_CRL:
	case OBJECT_REQUEST:
	case OBJECT_PEM:
		*jail = INSPECT_DESCRIBE;
		return 0;
	case OBJECT_UNKNOWN:
	case OBJECT_DER:
		(void)snprintf(kind, INSPECT_KIND_SIZE, "tile");
		if (inspect_tile(in, out))
			return 0;
		/* Both are read with octets before them. */
		if (pdf_starts_late(in) > 0)
			k = OBJECT_PDF;
		else if (layout_is_likely(in))
			k = OBJECT_OFD;
		else
			break;
		(void)snprintf(kind, INSPECT_KIND_SIZE, "%s",
		    object_kind_word(k));
		/* FALLTHROUGH */
	case OBJECT_OFD:
	case OBJECT_PDF:
	case OBJECT_PICTURE:
		buf_reset(out);
		*jail = INSPECT_READ_FILE;
		return 0;
	case OBJECT_END:
		break;
	}
	buf_reset(out);
	(void)snprintf(kind, INSPECT_KIND_SIZE, "%s", word);
	return err_set_id(e, ERR_FORMAT, "unknown-object",
	    "this is no object of ours");
}
