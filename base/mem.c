#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/mem.h"

static void
out_of_memory(void)
{
	/* Standard error is unbuffered; the log would want memory. */
	fputs("out of memory\n", stderr);
	abort();
}

void *
xmalloc(size_t n)
{

	return xrealloc(NULL, n);
}

void *
xcalloc(size_t n, size_t size)
{
	void	*p;

	if ((p = calloc(n > 0 ? n : 1, size > 0 ? size : 1)) == NULL)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t n)
{

	if ((p = realloc(p, n > 0 ? n : 1)) == NULL)
		out_of_memory();
	return p;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	size_t	 all;

	if (__builtin_mul_overflow(n, size, &all))
		out_of_memory();
	return xrealloc(p, all);
}

char *
xstrdup(const char *s)
{

	return xmemdup(s, strlen(s) + 1);
}

char *
xstrndup(const char *s, size_t n)
{
	char	*p;

	n = strnlen(s, n);
	p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void *
xmemdup(const void *p, size_t n)
{
	void	*q;

	q = xmalloc(n);
	if (n > 0)
		memcpy(q, p, n);
	return q;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list	 ap;
	char	*p;
	int	 n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	return p;
}

void
mem_wipe(void *p, size_t n)
{

	if (n > 0)
		explicit_bzero(p, n);
}

_Bool
mem_equal(const void *a, const void *b, size_t n)
{

	return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}
