#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/text.h"
#include "base/tm.h"

/*
 * The half of base/msg.h that has no loop: reading and writing whole frames,
 * bodies, and large inputs.
 */

/* How long the rest of a frame that has begun may take. */
#define FRAME_MS	5000

static int
wait_fd(int fd, short what, int64_t deadline, struct err *e)
{
	struct pollfd	 p = { .fd = fd, .events = what };
	int64_t		 left;
	int		 n;

	for (;;) {
		left = deadline - tm_mono_ms();
		if (left <= 0)
			return err_set(e, ERR_BUSY, "channel: no answer in "
			    "time");
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return 0;
		if (n == -1 && errno != EINTR)
			return err_set_errno(e, ERR_IO, "channel: poll");
	}
}

/* Exactly n octets.  ERR_NOTFOUND: the end came before the first. */
static int
read_all(int fd, void *p, size_t n, struct frame_fds *q, int64_t deadline,
    struct err *e)
{
	uint8_t	*at = p;
	size_t	 have = 0;
	ssize_t	 got;
	int	 rc;

	while (have < n) {
		got = frame_recv(fd, at + have, n - have, q);
		if (got > 0) {
			have += (size_t)got;
			continue;
		}
		if (got == 0 || (got == -1 && errno == ECONNRESET)) {
			if (have == 0)
				return err_set(e, ERR_NOTFOUND, "channel: the "
				    "other end is gone");
			return err_set(e, ERR_FORMAT, "channel: the end came "
			    "inside a frame");
		}
		if (errno == EPROTO)
			return err_set(e, ERR_FORMAT, "channel: too many "
			    "descriptors");
		if (errno != EAGAIN)
			return err_set_errno(e, ERR_IO, "channel: read");
		if ((rc = wait_fd(fd, POLLIN, deadline, e)) != 0)
			return rc;
	}
	return 0;
}

static int
read_frame(int fd, struct frame_head *h, struct msg *m, int64_t deadline,
    struct err *e)
{
	struct frame_fds	 q = { .n = 0 };
	struct err		 why = ERR_INIT;
	uint8_t			 head[FRAME_HEAD], *body = NULL;
	int			 rc;

	memset(m, 0, sizeof(*m));
	m->fd = -1;
	if ((rc = read_all(fd, head, sizeof(head), &q, deadline, e)) != 0 ||
	    (rc = frame_head_get(head, h, e)) != 0)
		goto out;
	body = xmalloc(h->len > 0 ? h->len : 1);
	if (h->len > 0 && (rc = read_all(fd, body, h->len, &q, deadline,
	    &why)) != 0) {
		/* The end is no longer between two frames. */
		if (rc == ERR_NOTFOUND)
			rc = ERR_FORMAT;
		(void)err_set(e, rc, "%s", why.text);
		goto out;
	}
	if (q.n != (h->flags & FRAME_FD ? 1u : 0u)) {
		rc = err_set(e, ERR_FORMAT, "channel: a frame flagged for %d "
		    "descriptors came with %zu", h->flags & FRAME_FD ? 1 : 0,
		    q.n);
		goto out;
	}
	m->type = h->type;
	m->id = h->id;
	m->fd = frame_fds_take(&q);
	m->body = OCTETS(body, h->len);
	body = NULL;
	rc = 0;
out:
	free(body);
	frame_fds_close(&q);
	return rc;
}

static int
write_frame(int fd, const struct frame_head *h, struct octets body,
    int pass_fd, int64_t deadline, struct err *e)
{
	uint8_t		 head[FRAME_HEAD];
	struct iovec	 iov[2];
	size_t		 off = 0, total;
	ssize_t		 put;
	int		 rc;

	if (body.len > LIMIT_MSG_BODY)
		return err_set(e, ERR_TOOBIG, "channel: a body of %zu octets",
		    body.len);
	frame_head_put(h, head);
	total = FRAME_HEAD + body.len;
	while (off < total) {
		iov[0].iov_base = head + (off < FRAME_HEAD ? off : FRAME_HEAD);
		iov[0].iov_len = off < FRAME_HEAD ? FRAME_HEAD - off : 0;
		put = off > FRAME_HEAD ? (ssize_t)(off - FRAME_HEAD) : 0;
		/* Nothing may have no address. */
		iov[1].iov_base = (void *)(uintptr_t)(put > 0 ? body.p + put :
		    body.p);
		iov[1].iov_len = body.len - (size_t)put;
		put = frame_send(fd, iov, body.len > 0 ? 2 : 1,
		    off == 0 ? pass_fd : -1);
		if (put >= 0) {
			off += (size_t)put;
			continue;
		}
		if (errno != EAGAIN)
			return err_set_errno(e, ERR_IO, "channel: write");
		if ((rc = wait_fd(fd, POLLOUT, deadline, e)) != 0)
			return rc;
	}
	return 0;
}

int
msg_read(int fd, struct msg *m, struct err *e)
{
	struct frame_head	 h;
	int			 rc;

	if ((rc = read_frame(fd, &h, m, tm_mono_ms() + FRAME_MS, e)) != 0)
		return rc;
	if (h.flags & FRAME_REPLY) {
		msg_fini(m);
		return err_set(e, ERR_FORMAT, "channel: a reply to nothing");
	}
	return 0;
}

int
msg_write(int fd, uint16_t type, uint64_t id, struct octets body,
    int pass_fd, struct err *e)
{
	struct frame_head	 h = { .len = (uint32_t)body.len, .type = type,
	    .flags = FRAME_REPLY, .id = id };

	if (pass_fd != -1)
		h.flags |= FRAME_FD;
	return write_frame(fd, &h, body, pass_fd, tm_mono_ms() + FRAME_MS, e);
}

int
msg_write_err(int fd, uint64_t id, const struct err *why, struct err *e)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, 1024);
	frame_err_put(why, &b);
	rc = msg_write(fd, FRAME_FAILURE, id, buf_octets(&b), -1, e);
	buf_fini(&b);
	return rc;
}

int
msg_send(int fd, uint16_t type, struct octets body, int pass_fd,
    int64_t timeout_ms, struct err *e)
{
	struct frame_head	 h = { .len = (uint32_t)body.len, .type = type,
	    .flags = 0, .id = 1 };

	if (pass_fd != -1)
		h.flags |= FRAME_FD;
	return write_frame(fd, &h, body, pass_fd, tm_mono_ms() + timeout_ms,
	    e);
}

int
msg_take(int fd, int64_t timeout_ms, struct msg *reply, struct err *e)
{
	struct frame_head	 h;
	struct err		 why;
	int			 rc;

	memset(reply, 0, sizeof(*reply));
	reply->fd = -1;
	if ((rc = read_frame(fd, &h, reply, tm_mono_ms() + timeout_ms,
	    e)) != 0)
		return rc;
	if (!(h.flags & FRAME_REPLY) || h.id != 1) {
		rc = err_set(e, ERR_FORMAT, "channel: not the reply");
		goto fail;
	}
	if (h.type == FRAME_FAILURE) {
		if ((rc = frame_err_get(reply->body, &why, e)) == 0)
			rc = err_set_id(e, why.code, why.id, "%s", why.text);
		goto fail;
	}
	return 0;
fail:
	msg_fini(reply);
	return rc;
}

int
msg_ask(int fd, uint16_t type, struct octets body, int pass_fd,
    int64_t timeout_ms, struct msg *reply, struct err *e)
{
	int64_t	deadline = tm_mono_ms() + timeout_ms;
	int	rc;

	memset(reply, 0, sizeof(*reply));
	reply->fd = -1;
	if ((rc = msg_send(fd, type, body, pass_fd, timeout_ms, e)) != 0)
		return rc;
	return msg_take(fd, deadline - tm_mono_ms(), reply, e);
}

void
msg_fini(struct msg *m)
{

	/* Passwords and keys travel here. */
	if (m->body.p != NULL)
		mem_wipe((void *)(uintptr_t)m->body.p, m->body.len);
	free((void *)(uintptr_t)m->body.p);
	if (m->fd != -1)
		(void)close(m->fd);
	memset(m, 0, sizeof(*m));
	m->fd = -1;
}

static bool
strict_value(const ProtobufCFieldDescriptor *f, const void *p);

/* No unknown field and no ill-formed text, here and inside. */
static bool
strict_message(const ProtobufCMessage *m)
{
	const ProtobufCMessageDescriptor *d = m->descriptor;
	const ProtobufCFieldDescriptor	*f;
	const uint8_t			*base = (const uint8_t *)m;
	const void			*p;
	size_t				 i, n;
	unsigned			 k;
	uint32_t			 which;

	if (m->n_unknown_fields != 0)
		return false;
	for (k = 0; k < d->n_fields; k++) {
		f = &d->fields[k];
		if (f->type != PROTOBUF_C_TYPE_STRING &&
		    f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			memcpy(&n, base + f->quantifier_offset, sizeof(n));
			memcpy(&p, base + f->offset, sizeof(p));
			for (i = 0; i < n; i++)
				if (!strict_value(f, ((void *const *)p)[i]))
					return false;
			continue;
		}
		if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
			memcpy(&which, base + f->quantifier_offset,
			    sizeof(which));
			if (which != f->id)
				continue;
		}
		memcpy(&p, base + f->offset, sizeof(p));
		if (p != NULL && !strict_value(f, p))
			return false;
	}
	return true;
}

static bool
strict_value(const ProtobufCFieldDescriptor *f, const void *p)
{

	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return strict_message(p);
	return utf8_valid(p, strlen(p));
}

/*
 * Ours are packed by the same library: other octets are another spelling, a
 * NUL in a string, a field twice or out of order, a long varint.  Two of them
 * together may well have the length of the one that is right.
 */
static bool
is_as_packed(const ProtobufCMessage *m, struct octets body)
{
	uint8_t	*again;
	bool	 same;

	if (protobuf_c_message_get_packed_size(m) != body.len)
		return false;
	again = xmalloc(body.len + 1);
	same = protobuf_c_message_pack(m, again) == body.len &&
	    memcmp(again, body.p, body.len) == 0;
	mem_wipe(again, body.len);	/* a password may be among it */
	free(again);
	return same;
}

int
msg_unpack(const struct ProtobufCMessageDescriptor *d, struct octets body,
    struct ProtobufCMessage **m, struct err *e)
{

	*m = protobuf_c_message_unpack(d, NULL, body.len, body.p);
	if (*m == NULL)
		return err_set(e, ERR_FORMAT, "message %s does not parse",
		    d->short_name);
	if (!is_as_packed(*m, body) || !strict_message(*m)) {
		protobuf_c_message_free_unpacked(*m, NULL);
		*m = NULL;
		return err_set(e, ERR_FORMAT, "message %s is not strict",
		    d->short_name);
	}
	return 0;
}

#define FIXED	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int
memfd_seal(struct octets o, int *fd, struct err *e)
{
	size_t	 off = 0;
	ssize_t	 put;
	int	 f, rc;

	*fd = -1;
	if ((f = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING)) == -1)
		return err_set_errno(e, ERR_IO, "memfd_create");
	while (off < o.len) {
		put = write(f, o.p + off, o.len - off);
		if (put == -1 && errno == EINTR)
			continue;
		if (put <= 0) {
			rc = err_set_errno(e, ERR_IO, "memfd: write");
			goto out;
		}
		off += (size_t)put;
	}
	if (fcntl(f, F_ADD_SEALS, FIXED) == -1) {
		rc = err_set_errno(e, ERR_IO, "memfd: F_ADD_SEALS");
		goto out;
	}
	*fd = f;
	f = -1;
	rc = 0;
out:
	if (f != -1)
		(void)close(f);
	return rc;
}

/* All of from into to, at most max octets. */
static int
copy_all(int from, int to, size_t max, const char *path, size_t *len,
    struct err *e)
{
	ssize_t	got;

	*len = 0;
	for (;;) {
		got = sendfile(to, from, NULL, 1 << 20);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_set_errno(e, ERR_IO, "%s", path);
		if (got == 0)
			return 0;
		*len += (size_t)got;
		if (*len > max)
			return err_set(e, ERR_TOOBIG,
			    "%s: longer than %zu octets", path, max);
	}
}

/* All of a small file.  False: it is longer than it was, or cannot be read. */
static bool
read_small(int from, size_t len, struct msg_file *f)
{
	ssize_t	got = 1;

	/* One more, to see its end. */
	f->p = xmalloc(len + 1);
	while (f->len <= len && got != 0) {
		got = read(from, f->p + f->len, len + 1 - f->len);
		if (got == -1 && errno != EINTR)
			break;
		f->len += got > 0 ? (size_t)got : 0;
	}
	if (got == 0)
		return true;
	msg_file_fini(f);
	return false;
}

static int
to_memfd(int from, const char *path, size_t max, struct msg_file *f,
    struct err *e)
{
	int	rc;

	if (lseek(from, 0, SEEK_SET) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	if ((f->fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING)) ==
	    -1)
		return err_set_errno(e, ERR_IO, "memfd_create");
	if ((rc = copy_all(from, f->fd, max, path, &f->len, e)) != 0)
		return rc;
	if (fcntl(f->fd, F_ADD_SEALS, FIXED) == -1)
		return err_set_errno(e, ERR_IO, "memfd: F_ADD_SEALS");
	return 0;
}

int
msg_file_read(const char *path, size_t small, size_t max, struct msg_file *f,
    struct err *e)
{
	struct stat	st;
	int		from, rc;

	*f = (struct msg_file){ .fd = -1 };
	/* A pipe would be waited for. */
	if ((from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return err_set_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    ERR_NOTFOUND : ERR_IO, "%s", path);
	if (fstat(from, &st) == -1 || !S_ISREG(st.st_mode)) {
		rc = err_set(e, ERR_IO, "%s: not a file", path);
		goto out;
	}
	if (st.st_size >= 0 && (uintmax_t)st.st_size <= small &&
	    small <= max && read_small(from, (size_t)st.st_size, f)) {
		rc = 0;
		goto out;
	}
	if ((rc = to_memfd(from, path, max, f, e)) != 0)
		msg_file_fini(f);
out:
	(void)close(from);
	return rc;
}

void
msg_file_fini(struct msg_file *f)
{
	free(f->p);
	if (f->fd != -1)
		(void)close(f->fd);
	*f = (struct msg_file){ .fd = -1 };
}

int
memfd_map(int fd, size_t max, struct octets *o, struct err *e)
{
	struct stat	 st;
	void		*p;
	int		 fixed;

	*o = OCTETS(NULL, 0);
	/* Could the other side still shrink it, reading would be SIGBUS. */
	if ((fixed = fcntl(fd, F_GET_SEALS)) == -1 || (fixed & FIXED) != FIXED)
		return err_set(e, ERR_FORMAT, "descriptor is not a fixed "
		    "memfd");
	if (fstat(fd, &st) == -1)
		return err_set_errno(e, ERR_IO, "memfd: fstat");
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return err_set(e, ERR_TOOBIG, "memfd: more than %zu octets",
		    max);
	if (st.st_size == 0)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_set_errno(e, ERR_IO, "memfd: mmap");
	*o = OCTETS(p, (size_t)st.st_size);
	return 0;
}

void
msg_put(const ProtobufCMessage *m, struct buf *out)
{
	size_t	 n = protobuf_c_message_get_packed_size(m);
	uint8_t	*p = xmalloc(n + 1);

	(void)protobuf_c_message_pack(m, p);
	buf_put(out, p, n);
	mem_wipe(p, n);
	free(p);
}
