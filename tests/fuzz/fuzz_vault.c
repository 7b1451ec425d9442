#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vault.h"

/*
 * A backup's vault as somebody else hands it back: the input is a list of
 * changes to a good stream of three chunks (kind, u24be place, octet), or with
 * a first octet over 127 the whole stream.
 *
 * Property: what comes out is the beginning of what was put in, its end is
 * told only of the very stream that was written, and a refusal is named.  Each
 * run costs one scrypt.
 */

#define PLAIN	140000
#define STREAM	(PLAIN + 1024)

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct octets	pass = { (const uint8_t *)"correct horse", 13 };
static uint8_t	plain[PLAIN], good[STREAM], bent[STREAM];
static size_t	ngood;

static void
must(int is)
{
	if (!is)
		abort();
}

static int
memory(const uint8_t *p, size_t n)
{
	int	fd = memfd_create("vault", MFD_CLOEXEC);

	must(fd != -1 && (n == 0 || pwrite(fd, p, n, 0) == (ssize_t)n));
	return fd;
}

static void
make_good(void)
{
	struct vault	*v = NULL;
	size_t		 i;
	ssize_t		 got;
	int		 fd = memory(NULL, 0);

	for (i = 0; i < PLAIN; i++)
		plain[i] = (uint8_t)(i * 7 + i / 251);
	must(vault_create(fd, pass, &v, NULL) == 0 &&
	    vault_put(v, plain, PLAIN, NULL) == 0 && vault_end(v, NULL) == 0);
	vault_free(v);
	got = pread(fd, good, sizeof(good), 0);
	must(got > PLAIN && got < STREAM);
	ngood = (size_t)got;
	close(fd);
}

/* The good stream with the changes; its length. */
static size_t
bend(const uint8_t *p, size_t n)
{
	size_t	len = ngood, at, k;

	memcpy(bent, good, ngood);
	for (; n >= 5; p += 5, n -= 5) {
		at = ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]) %
		    (len + 1);
		k = len - at;
		switch (p[0] % 5) {
		case 0:			/* flip */
			if (k > 0)
				bent[at] ^= p[4];
			break;
		case 1:			/* cut */
			len = at;
			break;
		case 2:			/* leave out */
			if (k > p[4]) {
				memmove(bent + at, bent + at + p[4],
				    k - p[4]);
				len -= p[4];
			}
			break;
		case 3:			/* say twice */
			if (len < STREAM && k > 0) {
				memmove(bent + at + 1, bent + at, k);
				len++;
			}
			break;
		case 4:			/* put over */
			if (k > p[4])
				memmove(bent, bent + at, p[4]);
			break;
		}
	}
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const size_t	 step = 977;
	uint8_t			 out[977];
	struct vault		*v = NULL;
	struct err		 e = ERR_INIT;
	size_t			 len, at = 0, k;
	int			 fd, rc;

	if (ngood == 0)
		make_good();
	if (n > 0 && p[0] > 127) {
		len = n - 1 < STREAM ? n - 1 : STREAM;
		memcpy(bent, p + 1, len);
	} else
		len = bend(p, n);
	fd = memory(bent, len);
	if ((rc = vault_open(fd, pass, &v, &e)) == 0) {
		while (rc == 0 && at < PLAIN) {
			k = PLAIN - at < step ? PLAIN - at : step;
			if ((rc = vault_get(v, out, k, &e)) != 0)
				break;
			must(memcmp(out, plain + at, k) == 0);
			at += k;
		}
		if (rc == 0)
			rc = vault_done(v, &e);
		must(rc != 0 || (len == ngood &&
		    memcmp(bent, good, ngood) == 0));
	} else
		must(v == NULL);
	must(rc == 0 || strncmp(e.id, "vault-", 6) == 0);
	vault_free(v);
	close(fd);
	return 0;
}
