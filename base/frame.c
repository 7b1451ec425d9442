#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/msg.h"
#include "base/text.h"

void
frame_head_put(const struct frame_head *h, uint8_t out[FRAME_HEAD])
{
	int	 i;

	for (i = 0; i < 4; i++)
		out[i] = (uint8_t)(h->len >> (24 - 8 * i));
	out[4] = (uint8_t)(h->type >> 8);
	out[5] = (uint8_t)h->type;
	out[6] = (uint8_t)(h->flags >> 8);
	out[7] = (uint8_t)h->flags;
	for (i = 0; i < 8; i++)
		out[8 + i] = (uint8_t)(h->id >> (56 - 8 * i));
}

int
frame_head_get(const uint8_t in[FRAME_HEAD], struct frame_head *h,
    struct err *e)
{
	struct cursor	 c = cursor_of(in, FRAME_HEAD);

	if (!take_u32(&c, &h->len) || !take_u16(&c, &h->type) ||
	    !take_u16(&c, &h->flags) || !take_u64(&c, &h->id))
		return err_set(e, ERR_FORMAT, "frame: short head");
	if (h->len > LIMIT_MSG_BODY)
		return err_set(e, ERR_TOOBIG, "frame: body of %u octets",
		    (unsigned)h->len);
	if (h->flags & ~(FRAME_REPLY | FRAME_FD))
		return err_set(e, ERR_FORMAT, "frame: unknown flags 0x%x",
		    (unsigned)h->flags);
	if (h->type == FRAME_FAILURE && !(h->flags & FRAME_REPLY))
		return err_set(e, ERR_FORMAT, "frame: a request of type 0");
	return 0;
}

/*
 * The other side refuses a text with control characters or ill-formed UTF-8,
 * and err_set() may have cut one within a character.
 */
static size_t
frame_clean(char *s, size_t n)
{
	size_t	 i, cut;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	for (cut = 0; cut < 4 && cut <= n; cut++)
		if (utf8_valid(s, n - cut))
			return n - cut;
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			s[i] = '?';
	return n;
}

void
frame_err_put(const struct err *why, struct buf *out)
{
	struct err	 e = *why;
	size_t		 idlen = strnlen(e.id, sizeof(e.id) - 1);

	if (e.code > -1 || e.code < ERR_CODE_MIN)
		e.code = ERR_IO;
	buf_put_u16(out, (uint16_t)-e.code);
	buf_put_u8(out, (uint8_t)idlen);
	buf_put(out, e.id, idlen);
	buf_put(out, e.text, frame_clean(e.text,
	    strnlen(e.text, sizeof(e.text) - 1)));
}

int
frame_err_get(struct octets body, struct err *why, struct err *e)
{
	struct cursor	 c = cursor_of(body.p, body.len);
	struct octets	 id, text;
	uint16_t	 code;
	uint8_t		 idlen;
	size_t		 i;

	memset(why, 0, sizeof(*why));
	if (!take_u16(&c, &code) || code == 0 || code > -ERR_CODE_MIN ||
	    !take_u8(&c, &idlen) || idlen >= ERR_ID_MAX ||
	    !take_octets(&c, idlen, &id) ||
	    !take_octets(&c, cursor_left(&c), &text) ||
	    text.len >= sizeof(why->text) || !utf8_valid(text.p, text.len))
		return err_set(e, ERR_FORMAT, "frame: bad failure");
	for (i = 0; i < id.len; i++)
		if (!(id.p[i] >= 'a' && id.p[i] <= 'z') &&
		    !(id.p[i] >= '0' && id.p[i] <= '9') && id.p[i] != '-')
			return err_set(e, ERR_FORMAT, "frame: bad failure id");
	for (i = 0; i < text.len; i++)
		if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			return err_set(e, ERR_FORMAT, "frame: bad failure "
			    "text");
	why->code = -(int)code;
	memcpy(why->id, id.p, id.len);
	memcpy(why->text, text.p, text.len);
	return 0;
}

int
frame_fds_take(struct frame_fds *q)
{
	int	 fd;

	if (q->n == 0)
		return -1;
	fd = q->fd[0];
	q->n--;
	memmove(q->fd, q->fd + 1, q->n * sizeof(q->fd[0]));
	return fd;
}

void
frame_fds_close(struct frame_fds *q)
{

	while (q->n > 0)
		(void)close(q->fd[--q->n]);
}

ssize_t
frame_recv(int fd, void *p, size_t n, struct frame_fds *q)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(FRAME_FDS * sizeof(int))];
	}		 ctl;
	struct iovec	 iov = { .iov_base = p, .iov_len = n };
	struct msghdr	 mh;
	struct cmsghdr	*cm;
	ssize_t		 got;
	size_t		 i, nfd;
	int		 one, bad = 0;

	do {
		memset(&mh, 0, sizeof(mh));
		mh.msg_iov = &iov;
		mh.msg_iovlen = 1;
		mh.msg_control = ctl.room;
		mh.msg_controllen = sizeof(ctl.room);
		got = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got == -1 && errno == EINTR);
	if (got == -1)
		return -1;
	for (cm = CMSG_FIRSTHDR(&mh); cm != NULL; cm = CMSG_NXTHDR(&mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		nfd = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nfd; i++) {
			memcpy(&one, CMSG_DATA(cm) + i * sizeof(int),
			    sizeof(one));
			if (q->n < FRAME_FDS)
				q->fd[q->n++] = one;
			else {
				(void)close(one);
				bad = 1;
			}
		}
	}
	if (bad || (mh.msg_flags & MSG_CTRUNC)) {
		errno = EPROTO;
		return -1;
	}
	return got;
}

ssize_t
frame_send(int fd, const struct iovec *iov, int niov, int pass_fd)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(sizeof(int))];
	}		 ctl;
	struct msghdr	 mh;
	struct cmsghdr	*cm;
	ssize_t		 put;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = (struct iovec *)(uintptr_t)iov;
	mh.msg_iovlen = (size_t)niov;
	if (pass_fd != -1) {
		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.room;
		mh.msg_controllen = sizeof(ctl.room);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &pass_fd, sizeof(int));
	}
	do {
		put = sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (put == -1 && errno == EINTR);
	return put;
}
