#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The octets of base/msg.h's frames, shared by its two halves (with a loop
 * and without).  Nobody else includes this.
 */

#define FRAME_HEAD	16	/* u32 length, u16 type, u16 flags, u64 id */
#define FRAME_REPLY	1	/* flag: answers the request with this id */
#define FRAME_FD	2	/* flag: the next descriptor belongs to it */
#define FRAME_FAILURE	0	/* type of a reply that tells of an error */

struct frame_head {
	uint32_t	len;	/* of the body */
	uint16_t	type, flags;
	uint64_t	id;
};

void	 frame_head_put(const struct frame_head *h, uint8_t out[FRAME_HEAD]);
/* ERR_TOOBIG a body over LIMIT_MSG_BODY; ERR_FORMAT flags or type are not. */
int	 frame_head_get(const uint8_t in[FRAME_HEAD], struct frame_head *h,
	    struct err *e) MUST_CHECK;

/* The body of a failure frame: u16 code, u8 length of id, id, text. */
void	 frame_err_put(const struct err *why, struct buf *out);
/* ERR_FORMAT if it is not one; else *why tells what the other side said. */
int	 frame_err_get(struct octets body, struct err *why,
	    struct err *e) MUST_CHECK;

/* Descriptors that arrived ahead of the frames that claim them. */
#define FRAME_FDS	8
struct frame_fds {
	int	fd[FRAME_FDS];
	size_t	n;
};
int	 frame_fds_take(struct frame_fds *q);	/* -1: none */
void	 frame_fds_close(struct frame_fds *q);

/*
 * One recvmsg(2) or sendmsg(2), never waiting.  Return the octets moved, 0 at
 * the end (receiving), -1 with errno.  EPROTO: more descriptors than fit.
 */
ssize_t	 frame_recv(int fd, void *p, size_t n, struct frame_fds *q);
ssize_t	 frame_send(int fd, const struct iovec *iov, int niov, int pass_fd);

#endif /* BASE_FRAME_H */
