#ifndef TESTS_UNIT_SYNC_VECTORS_H
#define TESTS_UNIT_SYNC_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"

/* Reading tests/vectors/, for the tests of this room only. */

static inline json_t *
vectors_load(const char *name)
{
	char	 path[256];
	json_t	*j;

	(void)snprintf(path, sizeof(path), "tests/vectors/%s", name);
	j = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	return j;
}

/* Octets written in hex or base64; free with free(). */
static inline struct octets
vectors_hex(const json_t *j)
{
	const char	*s = json_string_value(j);
	uint8_t		*p;
	size_t		 n;

	assert_non_null(s);
	n = strlen(s) / 2;
	p = xmalloc(n + 1);
	assert_true(hex_decode(s, strlen(s), p, n));
	return OCTETS(p, n);
}

static inline struct octets
vectors_b64(const json_t *j)
{
	const char	*s = json_string_value(j);
	uint8_t		*p;
	size_t		 n;

	assert_non_null(s);
	p = xmalloc(strlen(s) + 1);
	assert_true(b64_decode(s, strlen(s), p, strlen(s), &n));
	return OCTETS(p, n);
}

static inline void
vectors_hash(const json_t *j, uint8_t out[SM3_LEN])
{
	struct octets	o = vectors_b64(j);

	assert_int_equal(o.len, SM3_LEN);
	memcpy(out, o.p, SM3_LEN);
	free((void *)(uintptr_t)o.p);
}

static inline void
vectors_free(struct octets o)
{
	free((void *)(uintptr_t)o.p);
}

static inline int
vectors_setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

#endif /* TESTS_UNIT_SYNC_VECTORS_H */
