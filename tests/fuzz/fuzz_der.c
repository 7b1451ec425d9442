#include <stdint.h>
#include <stdlib.h>

#include "base/der.h"

/*
 * Property: what der_check() accepts can be walked with der_next() to the
 * same leaves; headers and leaf contents together are the whole input; and
 * writing every element again gives the same octets (one spelling only).
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
must_tell(int rc)
{

	must(rc == 0 || rc == ERR_FORMAT);
}

/* Walk c, writing what is read to b; returns the octets accounted for. */
static size_t
walk(struct cursor c, struct buf *b)
{
	struct err	 e = ERR_INIT;
	struct der	 d;
	size_t		 total = 0, mark, inside;

	while (cursor_left(&c) > 0) {
		must(der_peek(&c) != 0);
		must(der_next(&c, &d, "fuzz", &e) == 0);
		must(d.val.p + d.val.len == d.tlv.p + d.tlv.len);
		mark = der_open(b, d.tag);
		if ((d.tag & 0x20) != 0)
			inside = walk(der_inside(&d), b);
		else {
			buf_put_octets(b, d.val);
			inside = d.val.len;
		}
		must(inside == d.val.len);
		der_close(b, mark);
		total += d.tlv.len - d.val.len + inside;
	}
	return total;
}

/* Whatever it is, no reading of a value runs off its end. */
static void
read_values(struct octets in)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	struct octets	 o;
	struct der	 d;
	struct err	 e = ERR_INIT;
	uint64_t	 u;
	int64_t		 t;
	char		 text[40];
	bool		 yes;

	if (der_next(&c, &d, "fuzz", &e) != 0) {
		must(e.code == ERR_FORMAT && cursor_left(&c) == in.len);
		return;
	}
	must_tell(der_uint(&d, &u, NULL));
	must_tell(der_bool(&d, &yes, NULL));
	must_tell(der_bits(&d, &o, NULL));
	must_tell(der_time(&d, &t, NULL));
	must_tell(der_oid_text(&d, text, sizeof(text), NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct octets	 in = OCTETS(p, n);
	struct err	 e = ERR_INIT;
	struct buf	 b;
	size_t		 i;

	read_values(in);
	if (der_check(in, &e) != 0) {
		must(e.code == ERR_FORMAT && e.text[0] != '\0');
		return 0;
	}
	buf_init(&b, n);
	must(walk(cursor_of(p, n), &b) == n);
	must(buf_ok(&b) && b.len == n);
	for (i = 0; i < n; i++)
		must(b.p[i] == p[i]);
	buf_fini(&b);
	return 0;
}
