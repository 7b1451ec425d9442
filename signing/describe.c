#include <stdlib.h>

#include "base/mem.h"
#include "ca/tst.h"
#include "signing/describe.h"
#include "signing/signed_data.h"
#include "signing/stamp.h"

/* A signature that came along: good, or what is wrong with it. */
static void
put_outcome(struct buf *out, const char *what, int rc, const struct err *e)
{
	buf_printf(out, "%-20s%s\n", what, rc == 0 ?
	    "good under the certificate that came along (whose that is, is "
	    "not checked)" : e->text);
}

static int
describe_stamp(struct octets in, struct buf *out, struct err *e)
{
	struct stamp	*s = xmalloc(sizeof(*s));
	struct err	 of_stamp = ERR_INIT, of_seal = ERR_INIT;
	struct err	 listed = ERR_INIT;
	int		 rc, good, seal, in_seal;

	if ((rc = stamp_parse(in, false, s, e)) == 0) {
		/* What they note is printed. */
		good = stamp_verify(s, &of_stamp);
		seal = seal_verify(&s->seal, &of_seal);
		in_seal = stamp_signer_in_seal(s, &listed);
		stamp_print(s, out);
		put_outcome(out, "seal's signature", seal, &of_seal);
		put_outcome(out, "stamp's signature", good, &of_stamp);
		buf_printf(out, "%-20s%s\n", "signer",
		    in_seal == 0 ? "one whom the seal lists" : listed.text);
	}
	free(s);
	return rc;
}

static int
describe_token(struct octets in, struct buf *out, struct err *e)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 why = ERR_INIT;
	int		 rc;

	if ((rc = tst_parse(in, t, e)) == 0) {
		tst_print(t, out);
		put_outcome(out, "signature", tst_verify(t, &why), &why);
	}
	free(t);
	return rc;
}

static int
describe_signed_data(struct octets in, struct buf *out, struct err *e)
{
	struct signed_data	*d = xmalloc(sizeof(*d));
	struct octets		 cert;
	struct err		 why = ERR_INIT;
	int			 rc, good;

	if (tst_is_token(in)) {
		rc = describe_token(in, out, e);
	} else if ((rc = signed_data_parse(in, d, e)) == 0) {
		good = signed_data_verify(d, OCTETS(NULL, 0), &cert, &why);
		signed_data_print(d, out);
		put_outcome(out, "signature", good, &why);
	}
	free(d);
	return rc;
}

int
describe(struct octets in, enum object_kind *kind, struct buf *out,
    struct err *e)
{
	*kind = object_kind(in);
	if (*kind == OBJECT_STAMP)
		return describe_stamp(in, out, e);
	if (*kind == OBJECT_SIGNED_DATA)
		return describe_signed_data(in, out, e);
	return object_describe(in, kind, out, e);
}
