#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/frame.h"
#include "base/msg.h"

/*
 * Property: a head that frame_head_get() accepts is within the limits and is
 * written again as the same octets; so is the failure that follows it, and its
 * text is one line.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct frame_head	 h;
	struct err		 e = ERR_INIT, why;
	struct buf		 b;
	uint8_t			 out[FRAME_HEAD];

	if (n < FRAME_HEAD)
		return 0;
	if (frame_head_get(p, &h, &e) == 0) {
		must(h.len <= LIMIT_MSG_BODY);
		must(h.type != FRAME_FAILURE || (h.flags & FRAME_REPLY));
		frame_head_put(&h, out);
		must(memcmp(out, p, FRAME_HEAD) == 0);
	}
	p += FRAME_HEAD;
	n -= FRAME_HEAD;
	if (frame_err_get(OCTETS(p, n), &why, NULL) == 0) {
		must(why.code <= -1 && why.code >= ERR_CODE_MIN);
		must(strpbrk(why.text, "\r\n\t") == NULL);
		buf_init(&b, 4096);
		frame_err_put(&why, &b);
		must(buf_ok(&b) && b.len == n && memcmp(b.p, p, n) == 0);
		buf_fini(&b);
	}
	return 0;
}
