#include <stdlib.h>

#include <libxml/parser.h>

#include "base/msg.h"
#include "filing/kind.h"
#include "filing/seal_reading.h"
#include "signing/jail_signing.h"
#include "signing/layout.h"
#include "signing/ofd.h"
#include "signing/package.h"
#include "signing/pdf.h"
#include "signing/reading.h"
#include "signing/signature.h"

/* A signature value that comes alone: the document is not at hand. */
static int
read_stamp(struct octets in, FileReading *m)
{
	StampReading		*s = reading_add_stamp(m, "");
	struct signature	 sig;

	signature_read(in, false, OCTETS(NULL, 0), s, &sig);
	reading_stamp_check(s, "data_hash", READ_NOT_APPLICABLE,
	    "the stamp came without the document that it covers");
	return 0;
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

/* An archive with octets before it is one to some readers: it is read, and
 * they are told. */
static enum object_kind
kind_of(struct octets o)
{
	enum object_kind	kind = object_kind(o);

	return kind == OBJECT_UNKNOWN && layout_is_likely(o) ? OBJECT_OFD :
	    kind;
}

static int
run_read_file(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct octets		 o = large.len > 0 ? large : in;
	enum object_kind	 kind = kind_of(o);
	FileReading		*m = reading_new(object_kind_word(kind));
	int			 rc = ERR_FORMAT;

	switch (kind) {
	case OBJECT_STAMP:
		rc = read_stamp(o, m);
		break;
	case OBJECT_OFD:
		rc = ofd_read(o, m, e);
		break;
	case OBJECT_PDF:
		rc = pdf_read(o, m, e);
		break;
	case OBJECT_SEAL:
		rc = seal_reading_new(o, &m->seal, e);
		break;
	case OBJECT_PICTURE:
		rc = read_picture(m);
		break;
	case OBJECT_UNKNOWN:
	case OBJECT_CERTIFICATE:
	case OBJECT_CRL:
	case OBJECT_REQUEST:
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

int
signing_jail_warm(struct err *e)
{
	(void)e;
	xmlInitParser();
	package_warm();
	return 0;
}

const struct jail_handler signing_jail_handlers[] = {
	{ MSG_TYPE__MSG_READ_FILE, MSG_TYPE__MSG_JAIL_REPLY, run_read_file },
	{ 0, 0, NULL }
};
