#ifndef SYNC_NOTE_H
#define SYNC_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * Signed notes (C2SP signed-note) with the SM2 cosignature line of design
 * section 5.  Pure.
 *
 *	body "\n" "— " name " " base64(key id ‖ u64be seconds ‖ r ‖ s) "\n"
 */

#define NOTE_NAME_MAX	128
#define NOTE_VKEY_MAX	320
#define LIMIT_NOTE	(1u << 20)
#define NOTE_KEYID_LEN	4

/* A verifier key.  Opaque; caller frees with vkey_free(). */
struct vkey;

int	 vkey_parse(const char *text, struct vkey **vk,
	    struct err *e) MUST_CHECK;	/* ERR_FORMAT "bad-verifier-key" */
int	 vkey_new(const char *name, const uint8_t point[SM2_POINT_LEN],
	    struct vkey **vk, struct err *e) MUST_CHECK;
void	 vkey_free(struct vkey *vk);
const char *vkey_text(const struct vkey *vk);	/* tied to vk */
const char *vkey_name(const struct vkey *vk);
uint32_t vkey_id(const struct vkey *vk);

/* The octets that are signed: "cosignature/v1\ntime T\n" ‖ body. */
void	 note_message(struct octets body, int64_t time, struct buf *out);
/* Append the blank line and the signature line of vk to out (which holds body). */
void	 note_sign_line(const struct vkey *vk, int64_t time,
	    const uint8_t sig[SM2_SIG_LEN], struct buf *out);

/*
 * Open a note: the body ends at the last blank line; every line behind it must
 * be a well-formed signature line; the one of vk must be there once and hold.
 * Lines by other keys are ignored.  *body is tied to in.
 * ERR_FORMAT "bad-note"; ERR_VERIFY "unknown-key" (no line of vk),
 * "bad-signature".
 */
int	 note_open(struct octets in, const struct vkey *vk,
	    struct octets *body, int64_t *time, struct err *e) MUST_CHECK;
/* The body alone, nothing verified: to learn whose note it is. */
int	 note_body(struct octets in, struct octets *body,
	    struct err *e) MUST_CHECK;

/* A checkpoint's body (C2SP tlog-checkpoint), no extension lines. */
struct checkpoint {
	char		origin[NOTE_NAME_MAX];
	uint64_t	size;
	uint8_t		root[SM3_LEN];
};
int	 checkpoint_parse(struct octets body, struct checkpoint *cp,
	    struct err *e) MUST_CHECK;	/* ERR_FORMAT "bad-checkpoint" */
void	 checkpoint_format(const struct checkpoint *cp, struct buf *out);
/* note_open(), checkpoint_parse(), and the origin is the key's name. */
int	 checkpoint_open(struct octets note, const struct vkey *vk,
	    struct checkpoint *cp, int64_t *time, struct err *e) MUST_CHECK;

#endif /* SYNC_NOTE_H */
