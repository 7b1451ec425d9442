#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "filing/kind.h"
#include "registry/judge/inspect.h"
#include "signing/describe.h"

/*
 * Property: whatever a file is, it has a kind and words that hold nothing a
 * terminal obeys, or is for the jail and has no words yet, or is refused with
 * one of two ids.  What the jail describes is of the kind it says.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
plain(const struct buf *out)
{
	size_t	i;

	must(buf_ok(out) && out->len > 0 && utf8_valid(out->p, out->len));
	for (i = 0; i < out->len; i++)
		must(out->p[i] >= 0x20 || out->p[i] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool		 ready;
	char			 kind[INSPECT_KIND_SIZE] = "";
	enum object_kind	 k;
	struct err		 e = ERR_INIT, f = ERR_INIT;
	struct buf		 out;
	enum inspect_jail	 jail;

	if (!ready)
		must(sm_init(NULL) == 0);
	ready = true;
	buf_init(&out, 4u << 20);
	if (inspect_object(OCTETS(p, n), kind, &jail, &out, &e) != 0) {
		must(strcmp(e.id, "unknown-object") == 0);
	} else if (jail == INSPECT_HERE) {
		must(kind[0] != '\0');
		plain(&out);
	} else if (jail == INSPECT_READ_FILE) {
		must(out.len == 0);	/* fuzz_ofd and its like read on */
	} else {
		must(out.len == 0);
		if (describe(OCTETS(p, n), &k, &out, &f) == 0)
			must(k > OBJECT_UNKNOWN && k < OBJECT_END &&
			    out.len > 0);
		else
			must(f.id[0] != '\0');
	}
	buf_fini(&out);
	return 0;
}
