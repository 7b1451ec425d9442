#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/pixels.h"
#include "signing/sheet.h"
#include "tests/unit/signing/sheets.h"

/*
 * An OFD picture, or, where it begins otherwise, what one is made from: objects
 * of its page, resources, and a file (a typeface, a picture), with NUL between
 * them.  One that is drawn has its longer edge as long as was asked for, took
 * its pixels from those that were left, and is drawn the same again, with the
 * same said of it; one that is not leaves nothing behind.
 */

#define EDGE	64

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(struct octets in)
{
	const uint64_t		all = 1u << 20;
	uint64_t		left = all, again = all;
	struct sheet_told	t, u;
	struct pixels		a, b;
	struct err		e = ERR_INIT;

	if (sheet_read(in, EDGE, &left, &a, &t, &e) != 0) {
		if (a.rgb != NULL || a.width != 0 || a.height != 0 ||
		    e.id[0] == '\0' || left > all || t.left_out != 0)
			abort();
		return;
	}
	if ((a.width != EDGE && a.height != EDGE) || a.width > EDGE ||
	    a.height > EDGE || a.width == 0 || a.height == 0 ||
	    all - left < (uint64_t)a.width * a.height || left > all)
		abort();
	if (sheet_read(in, EDGE, &again, &b, &u, NULL) != 0 ||
	    again != left || b.width != a.width || b.height != a.height ||
	    memcmp(&t, &u, sizeof(t)) != 0 ||
	    memcmp(a.rgb, b.rgb, (size_t)a.width * a.height * 3) != 0)
		abort();
	pixels_fini(&a);
	pixels_fini(&b);
}

/* What stands before the next NUL; the caller frees. */
static char *
take(const uint8_t **p, size_t *n)
{
	const uint8_t	*nul = memchr(*p, '\0', *n);
	const size_t	 len = nul != NULL ? (size_t)(nul - *p) : *n;
	char		*s = xstrndup((const char *)*p, len);

	*p += len;
	*n -= len;
	if (*n > 0) {
		(*p)++;
		(*n)--;
	}
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sheets	s = { 0 };
	struct zipfile	z;
	char		*content, *res;

	if (n >= 2 && memcmp(p, "PK", 2) == 0) {
		check(OCTETS(p, n));
		return 0;
	}
	content = take(&p, &n);
	res = take(&p, &n);
	s.content = content;
	s.res = res;
	s.file[0].name = "Doc_0/Res/f";
	s.file[0].o = OCTETS(p, n);
	sheets_make(&s, &z);
	check(buf_octets(&z.out));
	zipfile_fini(&z);
	free(content);
	free(res);
	return 0;
}
