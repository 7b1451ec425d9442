#include "base/ctl.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
ctl_send(int sock, const struct ctl *c, int fd, struct err *e)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(int))];
	} u;
	struct iovec	 iov = { .iov_base = (void *)(uintptr_t)c,
			    .iov_len = sizeof(*c) };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*h;

	memset(&u, 0, sizeof(u));
	if (fd != -1) {
		m.msg_control = u.room;
		m.msg_controllen = sizeof(u.room);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(int));
	}
	/* Never waiting: who does not read must not hold up the monitor. */
	while (sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		if (errno != EINTR)
			return err_set_errno(e, ERR_IO, "control socket");
	return 0;
}

int
ctl_recv(int sock, struct ctl *c, int *fd, struct err *e)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(int))];
	} u;
	struct iovec	 iov = { .iov_base = c, .iov_len = sizeof(*c) };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = u.room,
			    .msg_controllen = sizeof(u.room) };
	struct cmsghdr	*h;
	ssize_t		 n;

	*fd = -1;
	while ((n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) == -1)
		if (errno == EAGAIN)
			return err_set(e, ERR_NOTFOUND, "nothing on the "
			    "control socket");
		else if (errno != EINTR)
			return err_set_errno(e, ERR_IO, "control socket");
	if ((h = CMSG_FIRSTHDR(&m)) != NULL && h->cmsg_level == SOL_SOCKET &&
	    h->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(h), sizeof(int));
	if (n == 0)
		return err_set(e, ERR_IO, "control socket: the other end is "
		    "gone");
	if (n != sizeof(*c) || c->role[CTL_ROLE_MAX - 1] != '\0' ||
	    (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (*fd != -1)
			(void)close(*fd);
		*fd = -1;
		return err_set(e, ERR_IO, "control socket: malformed message");
	}
	return 0;
}
