#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

#include "base/mem.h"
#include "base/sm3.h"

#define AT_LEAST	"1.10.0"	/* has SM3 in assembler */

struct sm3 {
	gcry_md_hd_t	 h;
};

static bool	 begun;

int
sm3_init(struct err *e)
{
	if (begun)
		return 0;
	/* Another library of this process may have been here. */
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P, 0) == 0) {
		/* FIPS would take SM3 away. */
		(void)gcry_control(GCRYCTL_NO_FIPS_MODE, 0);
		if (gcry_check_version(AT_LEAST) == NULL)
			return err_set(e, ERR_CRYPTO, "libgcrypt is older "
			    "than " AT_LEAST);
		/* It sees no secrets of ours. */
		(void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		(void)gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	}
	if (gcry_md_test_algo(GCRY_MD_SM3) != 0)
		return err_set(e, ERR_CRYPTO, "libgcrypt has no SM3");
	begun = true;
	return 0;
}

/* A digest cannot fail once it was begun; if it does, nothing can go on. */
static void
must(bool ok)
{
	if (!ok) {
		fputs("SM3 failed\n", stderr);
		abort();
	}
}

/* Late for programs without sm_init(). */
static void
ready(void)
{
	must(begun || sm3_init(NULL) == 0);
}

void
sm3_parts(const struct octets *parts, size_t n, uint8_t out[SM3_LEN])
{
	gcry_buffer_t	v[LIMIT_SM3_PARTS];
	size_t		i;
	int		used = 0;

	assert(n <= LIMIT_SM3_PARTS);
	ready();
	for (i = 0; i < n; i++) {
		if (parts[i].len == 0)
			continue;
		memset(&v[used], 0, sizeof(v[used]));
		v[used].data = (void *)(uintptr_t)parts[i].p;
		v[used].len = parts[i].len;
		used++;
	}
	must(gcry_md_hash_buffers(GCRY_MD_SM3, 0, out, v, used) == 0);
}

void
sm3(const void *p, size_t n, uint8_t out[SM3_LEN])
{
	const struct octets	all = OCTETS(p, n);

	sm3_parts(&all, 1, out);
}

void
sm3_prefixed(uint8_t prefix, struct octets a, struct octets b,
    uint8_t out[SM3_LEN])
{
	const struct octets	all[] = { OCTETS(&prefix, 1), a, b };

	sm3_parts(all, 3, out);
}

struct sm3 *
sm3_new(void)
{
	struct sm3	*h = xcalloc(1, sizeof(*h));

	ready();
	must(gcry_md_open(&h->h, GCRY_MD_SM3, 0) == 0);
	return h;
}

void
sm3_free(struct sm3 *h)
{
	if (h == NULL)
		return;
	gcry_md_close(h->h);
	free(h);
}

void
sm3_add(struct sm3 *h, const void *p, size_t n)
{
	if (n > 0)
		gcry_md_write(h->h, p, n);
}

void
sm3_end(struct sm3 *h, uint8_t out[SM3_LEN])
{
	const unsigned char	*d = gcry_md_read(h->h, GCRY_MD_SM3);

	must(d != NULL);
	memcpy(out, d, SM3_LEN);
	gcry_md_reset(h->h);
}

void
sm3_copy(struct sm3 *to, const struct sm3 *from)
{
	gcry_md_hd_t	copy;

	must(gcry_md_copy(&copy, from->h) == 0);
	gcry_md_close(to->h);
	to->h = copy;
}
