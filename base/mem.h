#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * Memory.  These never return NULL: out of memory aborts the process, and
 * the monitor starts another.  A size from outside is checked against a
 * named limit before it comes here.  Everything is freed with free().
 */
void	*xmalloc(size_t n);
void	*xcalloc(size_t n, size_t size);
void	*xrealloc(void *p, size_t n);
void	*xreallocarray(void *p, size_t n, size_t size);
char	*xstrdup(const char *s);
char	*xstrndup(const char *s, size_t n);
void	*xmemdup(const void *p, size_t n);	/* n == 0: a valid pointer */
char	*xasprintf(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* Overwrite n octets at p in a way the compiler keeps. */
void	 mem_wipe(void *p, size_t n);

/* Compare secrets or digests in time that depends on n only. */
_Bool	 mem_equal(const void *a, const void *b, size_t n);

#endif /* BASE_MEM_H */
