#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Octets that arrive in pieces, over whichever of several processes: a fixed
 * number of slots in one memory file, which the monitor makes and each of
 * them maps.  Nothing of it ever touches a disk, and all of it is gone with
 * the processes.  A slot that nobody touches for SLOTS_IDLE_MS is given away.
 *
 * The processes need not trust each other's words here: whatever stands in
 * the memory is bounded before it is used.
 */

#define LIMIT_SLOTS		16
#define LIMIT_SLOT		(128u << 20)	/* octets of one */
#define LIMIT_SLOTS_TOTAL	(256u << 20)	/* octets announced together */
#define SLOTS_IDLE_MS		120000
#define SLOT_ID_SIZE		33		/* 32 hex digits and a NUL */

struct slots;			/* opaque */

/* Make the memory file: in the monitor.  ERR_IO. */
int	 slots_create(int *fd, struct err *e) MUST_CHECK;
/* Map it; takes fd.  ERR_IO, ERR_FORMAT: not such a file. */
int	 slots_open(int fd, struct slots **s, struct err *e) MUST_CHECK;
void	 slots_close(struct slots *s);

/* How far one has come.  Plain value. */
struct slot_state {
	size_t	length, offset;		/* announced, and there */
};

/*
 * Every call says what time it is: tm_mono_ms(), which processes share.
 * ERR_BUSY "upload-busy": another process has the slot in hand just now.
 */

/*
 * Begin one of length octets; its id, which nobody guesses, goes to id.
 * ERR_TOOBIG "upload-too-large"; ERR_BUSY "uploads-full".
 */
int	 slots_begin(struct slots *s, size_t length, int64_t now,
	    char id[SLOT_ID_SIZE], struct err *e) MUST_CHECK;
/* ERR_NOTFOUND "no-such-upload": never begun, dropped, or given away. */
int	 slots_look(struct slots *s, const char *id, int64_t now,
	    struct slot_state *st, struct err *e) MUST_CHECK;
/*
 * Append o, which begins at offset; *st is how it stands then, also after
 * ERR_CONFLICT "upload-offset" (offset is not where it stands).
 * ERR_TOOBIG "upload-too-large": beyond what was announced; nothing is taken.
 */
int	 slots_append(struct slots *s, const char *id, size_t offset,
	    struct octets o, int64_t now, struct slot_state *st,
	    struct err *e) MUST_CHECK;
/*
 * The whole, held until slots_release(): *o is tied to that.  ERR_CONFLICT
 * "upload-incomplete".
 */
int	 slots_hold(struct slots *s, const char *id, int64_t now,
	    struct octets *o, struct err *e) MUST_CHECK;
void	 slots_release(struct slots *s, const char *id);
/* Give it away now. */
int	 slots_drop(struct slots *s, const char *id, int64_t now,
	    struct err *e) MUST_CHECK;

#endif /* BASE_SLOTS_H */
