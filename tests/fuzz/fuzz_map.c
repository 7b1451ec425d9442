#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "sync/map.h"

/*
 * Property: rows that are accepted as a bucket are all found, belong to it,
 * and put one by one, last first, make the same rows and the same root.  The
 * first octet is the depth, the next three the bucket.
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
	static bool	 ready;
	struct hash	 one, two;
	struct octets	 rows;
	struct buf	 b;
	struct err	 e = ERR_INIT;
	unsigned	 depth;
	uint32_t	 bucket;
	size_t		 i;
	bool		 added;

	if (!ready)
		must(sm_init(NULL) == 0);
	ready = true;
	if (n < 4)
		return 0;
	depth = p[0] % (MAP_DEPTH_MAX + 1);
	bucket = ((uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) &
	    ((1u << depth) - 1);
	rows = OCTETS(p + 4, n - 4);
	if (map_bucket_check(rows, bucket, depth, &e) != 0) {
		must(strcmp(e.id, "bad-proof") == 0);
		return 0;
	}
	must(rows.len % MAP_ROW == 0);
	buf_init(&b, 1u << 20);
	for (i = rows.len; i > 0; i -= MAP_ROW) {
		const uint8_t	*row = rows.p + i - MAP_ROW;

		must(map_bucket_of(row, depth) == bucket);
		must(map_bucket_find(rows, row) == row);
		map_bucket_put(&b, row, row + SM3_LEN, &added);
		must(added);
	}
	must(b.len == rows.len);
	must(rows.len == 0 || memcmp(b.p, rows.p, rows.len) == 0);
	map_bucket_root(rows.p, rows.len / MAP_ROW, &one);
	map_bucket_root(b.p, b.len / MAP_ROW, &two);
	must(memcmp(one.h, two.h, SM3_LEN) == 0);
	buf_fini(&b);
	return 0;
}
