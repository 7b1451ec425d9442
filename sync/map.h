#ifndef SYNC_MAP_H
#define SYNC_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/tlog.h"

/*
 * The map of current records (design section 5), pure: rows key ‖ value in
 * ascending key order; bucket = top depth bits of the key; bucket roots are
 * the leaves of a complete binary tree.
 */

#define MAP_DEPTH_PRESET	16
#define MAP_DEPTH_MAX	24
#define MAP_ROW	64

uint32_t map_bucket_of(const uint8_t key[SM3_LEN], unsigned depth);

/*
 * H(0x02 ‖ u32be n ‖ MTH(H(0x00 ‖ row) ...)).  rows: n * MAP_ROW octets,
 * ascending; borrowed.
 */
void	 map_bucket_root(const uint8_t *rows, size_t n, struct hash *root);
/* Ascending, no key twice, all of bucket i.  ERR_FORMAT "bad-proof". */
int	 map_bucket_check(struct octets rows, uint32_t i, unsigned depth,
	    struct err *e) MUST_CHECK;
/* The row of key in rows, or NULL. */
const uint8_t *map_bucket_find(struct octets rows, const uint8_t key[SM3_LEN]);
/* Put (key, value) into rows; *added tells whether the key was new. */
void	 map_bucket_put(struct buf *rows, const uint8_t key[SM3_LEN],
	    const uint8_t value[SM3_LEN], bool *added);

/* Root of an all-empty subtree of height h (0: an empty bucket). */
void	 map_empty(unsigned height, struct hash *out);

/*
 * From a bucket's root and its siblings (bucket level first) to the map root.
 */
void	 map_climb(uint32_t i, unsigned depth, const struct hash *bucket,
	    const struct hash *siblings, struct hash *root);

#endif /* SYNC_MAP_H */
