#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/sha.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

/* A built-in digest does not fail; if it does, nothing can go on. */
static void
must(int ok)
{
	if (ok != 1) {
		fputs("SHA-256 failed\n", stderr);
		abort();
	}
}

struct sha256 *
sha256_new(void)
{
	struct sha256	*h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	must(h->ctx != NULL);
	must(EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL));
	return h;
}

void
sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	must(EVP_DigestUpdate(h->ctx, p, n));
}

void
sha256_end(struct sha256 *h, uint8_t out[SHA256_LEN])
{
	must(EVP_DigestFinal_ex(h->ctx, out, NULL));
	must(EVP_DigestInit_ex(h->ctx, NULL, NULL));
}
