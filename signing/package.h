#ifndef SIGNING_PACKAGE_H
#define SIGNING_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "base/sm.h"

/*
 * An OFD package: the files in a ZIP archive, by path (signing/path.h), each
 * expanded a piece at a time.  Two entries that some reader takes for one
 * (in another case, with "/" or "./" in front) are refused, and so is what
 * would leave the package.  What OFD means by the files is signing/ofd.h's.
 */

#define LIMIT_PACKAGE_ENTRY	(256u << 20)	/* octets of one, expanded */
#define LIMIT_PACKAGE_TOTAL	(512u << 20)	/* of all */
#define LIMIT_PACKAGE_RATIO	100	/* all, expanded, to the file ... */
#define LIMIT_PACKAGE_FREE	(64u << 20)	/* ... beyond so many octets */

struct package;			/* opaque */

/* Open what is read for names in GB 18030; once, before the jail closes. */
void	 package_warm(void);

/*
 * Open in, which is borrowed until package_free().
 * ERR_FORMAT "bad-package": damaged, ambiguous, encrypted or unsafe;
 * ERR_TOOBIG "package-too-big": a limit.
 */
int	 package_open(struct octets in, struct package **p,
	    struct err *e) MUST_CHECK;
void	 package_free(struct package *p);

/* Its files, in the directory's order; folders are none. */
size_t	 package_count(const struct package *p);
const char *package_name(const struct package *p, size_t i);
uint64_t package_size(const struct package *p, size_t i);	/* expanded */
/* The file of a resolved path.  *other_case: it is spelled in another case. */
bool	 package_find(struct package *p, const char *path, size_t *i,
	    bool *other_case);
/* Line n of what is odd about it, or NULL beyond the last. */
const char *package_deviation(const struct package *p, size_t n);

/*
 * Expand a file into sink, piece by piece, which stops it with false.
 * ERR_FORMAT "bad-package": its octets are damaged.
 */
int	 package_stream(struct package *p, size_t i,
	    bool (*sink)(void *arg, const uint8_t *o, size_t n), void *arg,
	    struct err *e) MUST_CHECK;
/* The whole of a small one; the caller frees *o with free(), NUL added behind
 * it.  ERR_TOOBIG "package-too-big" beyond max; as package_stream(). */
int	 package_read(struct package *p, size_t i, size_t max, uint8_t **o,
	    size_t *n, struct err *e) MUST_CHECK;
/* Its octets were compared whole with others, whose digest this is. */
void	 package_know_sm3(struct package *p, size_t i,
	    const uint8_t digest[SM3_LEN]);
/* Digest of a file's octets; made once.  As package_stream(). */
int	 package_sm3(struct package *p, size_t i, uint8_t out[SM3_LEN],
	    struct err *e) MUST_CHECK;
int	 package_sha256(struct package *p, size_t i, uint8_t out[SHA256_LEN],
	    struct err *e) MUST_CHECK;

#endif /* SIGNING_PACKAGE_H */
