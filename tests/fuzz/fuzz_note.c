#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "sync/note.h"

/*
 * Whatever parses as a checkpoint formats back to the very same octets; a
 * note's body is the beginning of the note and ends in a newline; a verifier
 * key that parses is its own text.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int		 ready;
	struct checkpoint	 cp;
	struct octets		 body;
	struct vkey		*vk;
	struct buf		 b;
	char			*s;

	if (!ready && sm_init(NULL) != 0)
		abort();
	ready = 1;

	buf_init(&b, LIMIT_NOTE + 1);
	if (note_body(OCTETS(p, n), &body, NULL) == 0) {
		if (body.p != p || body.len == 0 || body.len + 2 > n ||
		    p[body.len - 1] != '\n' || p[body.len] != '\n')
			abort();
	} else
		body = OCTETS(p, n);
	if (checkpoint_parse(body, &cp, NULL) == 0) {
		checkpoint_format(&cp, &b);
		if (b.len != body.len || memcmp(b.p, body.p, b.len) != 0)
			abort();
	} else if (cp.size != 0)
		abort();

	if (n < 4096 && (s = malloc(n + 1)) != NULL) {
		memcpy(s, p, n);
		s[n] = '\0';
		if (vkey_parse(s, &vk, NULL) == 0) {
			if (strcmp(vkey_text(vk), s) != 0)
				abort();
			vkey_free(vk);
		}
		free(s);
	}
	buf_fini(&b);
	return 0;
}
