#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/mem.h"
#include "base/der.h"
#include "base/msg.h"
#include "base/sm.h"
#include "filing/kind.h"
#include "filing/seal.h"
#include "filing/seal_reading.h"
#include "signing/describe.h"
#include "signing/jail_show.h"
#include "signing/jail_signing.h"
#include "signing/layout.h"
#include "signing/ofd.h"
#include "signing/package.h"
#include "signing/pdf.h"
#include "signing/reading.h"
#include "signing/signature.h"
#include "signing/time_stamp.h"

#define LIMIT_DESCRIPTION	(1u << 20)

static bool
holds(const StampReading *s)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, "stamp_signature") == 0)
			return strcmp(s->checks[i]->result,
			    READ_PASSED) == 0;
	return false;
}

/* Is it over the document that came beside it? */
static void
compare(struct octets original, const struct signature *sig, StampReading *s)
{
	uint8_t	digest[SM3_LEN];

	sm3(original.p, original.len, digest);
	if (sig->has_hash && mem_equal(digest, sig->hash, SM3_LEN))
		reading_stamp_check(s, "data_hash", READ_PASSED,
		    "SM3 of the original that came beside it");
	else if (sig->has_hash)
		reading_stamp_check(s, "data_hash", READ_FAILED,
		    "the original that came beside it is not what was "
		    "stamped");
	else
		reading_stamp_check(s, "data_hash", READ_UNKNOWN,
		    "the value tells no SM3 digest of what was stamped");
}

/* It may be good, which says nothing of any document. */
static void
alone(StampReading *s, FileReading *m)
{
	static const char	note[] = "About the stamp alone: which "
				    "document it belongs to can be told with "
				    "the original.";

	reading_stamp_check(s, "data_hash", READ_NOT_APPLICABLE,
	    "the stamp came without the document that it covers");
	reading_text(&m->note, OCTETS(note, sizeof(note) - 1));
}

/* A signature value that comes alone; original is empty where the document is
 * not at hand. */
static int
read_stamp(struct octets in, struct octets original, FileReading *m)
{
	StampReading		*s = reading_add_stamp(m, "");
	struct signature	 sig;

	signature_read(in, false, original, s, &sig);
	if (original.len > 0)
		compare(original, &sig, s);
	else if (sig.within && holds(s))
		reading_stamp_check(s, "data_hash", READ_PASSED,
		    "the document is in the value itself");
	else
		alone(s, m);
	return 0;
}

static int
read_seal(struct octets in, FileReading *m, struct err *e)
{
	struct seal	*s = xmalloc(sizeof(*s));
	int		 rc;

	if ((rc = seal_parse(in, s, e)) == 0) {
		m->seal = seal_reading_of(s, reading_wants_words());
		reading_picture(m->seal, s->picture);
	}
	free(s);
	return rc;
}

/* The commonest fraud: what looks like a seal, and nothing signed. */
static int
read_picture(FileReading *m)
{
	static const char	note[] = "picture only, not an electronic "
				    "seal";

	reading_check(m, "format", READ_FAILED, "%s", note);
	reading_text(&m->note, OCTETS(note, sizeof(note) - 1));
	return 0;
}

/* An archive, or a PDF, with octets before it is one to some readers: it is
 * read, and they are told. */
static enum object_kind
kind_of(struct octets o)
{
	enum object_kind	kind = object_kind(o);

	if (kind != OBJECT_UNKNOWN)
		return kind;
	if (pdf_starts_late(o) > 0)
		return OBJECT_PDF;
	return layout_is_likely(o) ? OBJECT_OFD : kind;
}

/* What is brought by mistake for what it belongs to. */
static const char *
not_stamped(enum object_kind kind)
{
	return kind == OBJECT_CERTIFICATE ? "a certificate" :
	    kind == OBJECT_CRL ? "a certificate revocation list" :
	    "a request for a certificate";
}

/* Everything in a file, in words where they are wanted. */
static int
read_file(struct octets o, bool digested, struct buf *out, struct err *e)
{
	enum object_kind	 kind = kind_of(o);
	FileReading		*m = reading_new(object_kind_word(kind ==
				    OBJECT_SIGNED_DATA ? OBJECT_STAMP : kind));
	uint8_t			 digest[SM3_LEN];
	int			 rc = ERR_FORMAT;

	if (digested) {
		sm3(o.p, o.len, digest);
		reading_octets(&m->digest, OCTETS(digest, SM3_LEN));
	}
	switch (kind) {
	case OBJECT_STAMP:
	case OBJECT_SIGNED_DATA:
		rc = read_stamp(o, OCTETS(NULL, 0), m);
		break;
	case OBJECT_OFD:
		rc = ofd_read(o, m, e);
		break;
	case OBJECT_PDF:
		rc = pdf_read(o, m, e);
		break;
	case OBJECT_SEAL:
		rc = read_seal(o, m, e);
		break;
	case OBJECT_PICTURE:
		rc = read_picture(m);
		break;
	case OBJECT_CERTIFICATE:
	case OBJECT_CRL:
	case OBJECT_REQUEST:
		rc = err_set_id(e, ERR_FORMAT, "unknown-object", "%s: nothing "
		    "is stamped with it alone", not_stamped(kind));
		break;
	case OBJECT_UNKNOWN:
	case OBJECT_DER:
	case OBJECT_PEM:
	case OBJECT_END:
		rc = err_set_id(e, ERR_FORMAT, "unknown-object",
		    "neither a seal, a stamp, an OFD, a PDF nor a picture");
		break;
	}
	if (rc == 0)
		msg_put(&m->base, out);
	reading_free(m);
	return rc;
}

static int
run_inspect_file(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	reading_want_words(true);
	reading_want_pictures(false);
	return read_file(large.len > 0 ? large : in, true, out, e);
}

static int
run_read_file(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	reading_want_words(false);
	reading_want_pictures(false);
	return read_file(large.len > 0 ? large : in, true, out, e);
}

/* What does not fit with its pictures is told without. */
static int
run_read_shown(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	int	rc;

	reading_want_words(false);
	reading_want_pictures(true);
	if ((rc = read_file(large.len > 0 ? large : in, true, out, e)) != 0 ||
	    buf_ok(out))
		return rc;
	buf_reset(out);
	return run_read_file(in, large, out, e);
}

/* A stamp, with the document that it is said to be over. */
static int
run_read_stamped(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*q = NULL;
	FileReading		*m = reading_new(object_kind_word(
				    OBJECT_STAMP));
	struct octets		 stamp;
	uint8_t			 digest[SM3_LEN];
	enum object_kind	 kind;
	int			 rc;

	reading_want_words(false);
	reading_want_pictures(true);
	if ((rc = msg_unpack(&read_stamped__descriptor, in, &q, e)) != 0)
		goto out;
	stamp = OCTETS(((ReadStamped *)q)->stamp.data,
	    ((ReadStamped *)q)->stamp.len);
	kind = kind_of(stamp);
	if (kind != OBJECT_STAMP && kind != OBJECT_SIGNED_DATA) {
		rc = err_set_id(e, ERR_INVAL, "original-not-needed",
		    "an original is for a stamp that comes alone, and this "
		    "is none");
		goto out;
	}
	if (large.len == 0) {
		rc = err_set_id(e, ERR_INVAL, "original-empty",
		    "the original is empty");
		goto out;
	}
	sm3(stamp.p, stamp.len, digest);
	reading_octets(&m->digest, OCTETS(digest, SM3_LEN));
	sm3(large.p, large.len, digest);
	reading_octets(&m->original, OCTETS(digest, SM3_LEN));
	if ((rc = read_stamp(stamp, large, m)) == 0)
		msg_put(&m->base, out);
out:
	protobuf_c_message_free_unpacked(q, NULL);
	reading_free(m);
	return rc;
}

/* Who asks about many files and wants digests makes them himself. */
static int
run_read_many(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	reading_want_words(false);
	reading_want_pictures(false);
	return read_file(large.len > 0 ? large : in, false, out, e);
}

static int
run_read_token(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const ReadToken		*q;
	FileReading		*reply = reading_new("");
	StampReading		*s = reading_add_stamp(reply, "");
	int			 rc;

	if ((rc = msg_unpack(&read_token__descriptor,
	    large.len > 0 ? large : in, &m, e)) != 0)
		goto out;
	q = (const ReadToken *)m;
	time_stamp_over(OCTETS(q->response.data, q->response.len),
	    OCTETS(q->original.data, q->original.len), "the evidence", s);
	msg_put(&s->base, out);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	reading_free(reply);
	return rc;
}

static int
run_describe(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	Description		 reply = DESCRIPTION__INIT;
	enum object_kind	 kind;
	struct buf		 text;
	char			*word;
	int			 rc;

	buf_init(&text, LIMIT_DESCRIPTION);
	if ((rc = describe(large.len > 0 ? large : in, &kind, &text,
	    e)) != 0)
		goto out;
	if (!buf_ok(&text)) {
		/* Cut between characters, and say so. */
		text.overflow = false;
		while (text.len > LIMIT_DESCRIPTION - 64 ||
		    (text.p[text.len - 1] & 0xc0) == 0x80)
			text.len--;
		text.len--;
		buf_puts(&text, "\n(and more)\n");
	}
	buf_put_u8(&text, '\0');
	word = xstrdup(object_kind_word(kind));
	reply.kind = word;
	reply.text = (char *)text.p;
	msg_put(&reply.base, out);
	free(word);
out:
	buf_fini(&text);
	return rc;
}

int
signing_jail_warm(struct err *e)
{
	(void)e;
	xmlInitParser();
	package_warm();
	return 0;
}

const struct jail_handler signing_jail_handlers[] = {
	{ MSG_TYPE__MSG_READ_TOKEN, MSG_TYPE__MSG_JAIL_REPLY,
	    run_read_token },
	{ MSG_TYPE__MSG_READ_FILE, MSG_TYPE__MSG_JAIL_REPLY, run_read_file },
	{ MSG_TYPE__MSG_INSPECT_FILE, MSG_TYPE__MSG_JAIL_REPLY,
	    run_inspect_file },
	{ MSG_TYPE__MSG_READ_SHOWN, MSG_TYPE__MSG_JAIL_REPLY,
	    run_read_shown },
	{ MSG_TYPE__MSG_READ_STAMPED, MSG_TYPE__MSG_JAIL_REPLY,
	    run_read_stamped },
	{ MSG_TYPE__MSG_SHOW_PICTURES, MSG_TYPE__MSG_JAIL_REPLY,
	    jail_show_pictures },
	{ MSG_TYPE__MSG_READ_MANY, MSG_TYPE__MSG_JAIL_REPLY, run_read_many },
	{ MSG_TYPE__MSG_DESCRIBE, MSG_TYPE__MSG_JAIL_REPLY, run_describe },
	{ 0, 0, NULL }
};
