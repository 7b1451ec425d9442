#ifndef SYNC_TLOG_H
#define SYNC_TLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * The Merkle tree of RFC 9162 (section 2.1) with SM3, stored as tiles of 256
 * hashes (C2SP tlog-tiles).  Pure: hashes are read through a callback.
 *
 * Tile (level L, n) holds hashes n*256 .. of tree level 8*L.
 */

#define TILE_WIDTH	256
#define TLOG_PATH_MAX	64	/* hashes in a proof */
#define TILE_NAME_MAX	96

struct hash {
	uint8_t	h[SM3_LEN];
};

/*
 * The hash at tile level L, index i (counted over the whole level).  Only
 * hashes of complete subtrees are asked for.
 */
struct tlog_reader {
	int	(*read)(void *ctx, unsigned level, uint64_t i, struct hash *h,
		    struct err *e);
	void	*ctx;
};

/* H(""), the root of the empty tree; H(0x01 ‖ l ‖ r). */
void	 tlog_empty(struct hash *root);
void	 tlog_node(const struct hash *l, const struct hash *r, struct hash *out);

int	 tlog_root(const struct tlog_reader *rd, uint64_t size,
	    struct hash *root, struct err *e) MUST_CHECK;
/* Path of leaf index in the tree of size, leaf side first. */
int	 tlog_inclusion(const struct tlog_reader *rd, uint64_t index,
	    uint64_t size, struct hash path[TLOG_PATH_MAX], size_t *n,
	    struct err *e) MUST_CHECK;
int	 tlog_consistency(const struct tlog_reader *rd, uint64_t from,
	    uint64_t to, struct hash path[TLOG_PATH_MAX], size_t *n,
	    struct err *e) MUST_CHECK;

/* RFC 9162, 2.1.3.2 and 2.1.4.2.  ERR_VERIFY "bad-proof". */
int	 tlog_check_inclusion(const struct hash *leaf, uint64_t index,
	    uint64_t size, const struct hash *path, size_t n,
	    const struct hash *root, struct err *e) MUST_CHECK;
int	 tlog_check_consistency(uint64_t from, uint64_t to,
	    const struct hash *path, size_t n, const struct hash *old_root,
	    const struct hash *new_root, struct err *e) MUST_CHECK;

/*
 * Both roots that one consistency path leads to, from the hashes of rd alone:
 * if *new_root is known to be the tree's root at size to, then *old_root is
 * what that tree had at from (0 < from < to), whatever anybody said before.
 */
int	 tlog_two_roots(const struct tlog_reader *rd, uint64_t from,
	    uint64_t to, struct hash *old_root, struct hash *new_root,
	    struct err *e) MUST_CHECK;

/*
 * A tree that grows in memory: the right edge (one hash for each set bit of
 * size), enough to append and to know the root without reading anything.
 */
struct tlog_edge {
	uint64_t	size;
	struct hash	h[64];	/* largest subtree first */
};
void	 tlog_edge_append(struct tlog_edge *t, const struct hash *leaf);
void	 tlog_edge_root(const struct tlog_edge *t, struct hash *root);
int	 tlog_edge_load(const struct tlog_reader *rd, uint64_t size,
	    struct tlog_edge *t, struct err *e) MUST_CHECK;

/* Tile names: level -1 is "entries". */
struct tile_name {
	int		level;
	uint64_t	n;
	unsigned	width;		/* 1..256; 256: the full tile */
};
/* "tile/0/x001/x234/067" or "tile/entries/001.p/44". */
void	 tile_name_format(const struct tile_name *t, char out[TILE_NAME_MAX]);
/* The part after "tile/".  One spelling only.  ERR_FORMAT "bad-tile-name". */
int	 tile_name_parse(const char *s, struct tile_name *t,
	    struct err *e) MUST_CHECK;

#endif /* SYNC_TLOG_H */
