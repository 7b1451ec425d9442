#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A stream of octets in a file, encrypted under a pass phrase: written and
 * read in order, in chunks, each of which is authenticated with its place and
 * with whether it is the last.  So nothing is cut off, moved or changed
 * unseen.  docs/operations.md has the octets.
 */

#define LIMIT_VAULT_PASS	1024	/* octets of a pass phrase */

struct vault;			/* opaque; one stream, one direction */

/*
 * Read a pass phrase: the file's first line.  ERR_DENIED "vault-passphrase":
 * missing, empty, too long, or others may read it.  *pass is wiped and freed
 * by the caller (buf_wipe()).
 */
int	 vault_passphrase(const char *path, struct buf *pass,
	    struct err *e) MUST_CHECK;

/* fd and pass are borrowed; fsync is the caller's.  Freed with vault_free(). */
int	 vault_create(int fd, struct octets pass, struct vault **v,
	    struct err *e) MUST_CHECK;
int	 vault_put(struct vault *v, const void *p, size_t n,
	    struct err *e) MUST_CHECK;
/* The last chunk.  Nothing may be put after it. */
int	 vault_end(struct vault *v, struct err *e) MUST_CHECK;

/*
 * ERR_FORMAT "vault-format": it is no such stream; ERR_DENIED
 * "vault-passphrase": another pass phrase (or an altered head).
 */
int	 vault_open(int fd, struct octets pass, struct vault **v,
	    struct err *e) MUST_CHECK;
/*
 * Exactly n octets.  ERR_FORMAT "vault-truncated": the stream or its file
 * ends before; ERR_VERIFY "vault-altered": a chunk is not what was written.
 * On failure p is zeroed.
 */
int	 vault_get(struct vault *v, void *p, size_t n,
	    struct err *e) MUST_CHECK;
/* The last chunk was read whole, and the file ends there.  As above. */
int	 vault_done(struct vault *v, struct err *e) MUST_CHECK;
void	 vault_free(struct vault *v);	/* accepts NULL; wipes */

#endif /* BASE_VAULT_H */
