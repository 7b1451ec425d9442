#ifndef BASE_MSG_H
#define BASE_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ev.h"

/*
 * Framed protobuf-c messages between our own processes, over a stream
 * socketpair.  A frame is u32 length, u16 type, u16 flags, u64 id, body; one
 * descriptor may ride on a frame (a sealed memfd for large inputs).
 *
 * Every message is a request or the one reply to it.  What the types mean is
 * schema/proto/'s business.  The other side is one of us, but it may have been
 * taken over by a stranger: lengths and bodies are checked as strictly as
 * anything from outside, and a channel that breaks the rules is closed.
 */

/* Largest body.  Bigger inputs travel as a sealed memfd. */
#define LIMIT_MSG_BODY	(2u << 20)
/* Requests that may wait on one channel, and octets queued to be sent. */
#define LIMIT_MSG_PENDING	4096
#define LIMIT_MSG_QUEUE		(32u << 20)

struct chan;			/* opaque; one end of a socketpair */
struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

/* A received frame.  body is tied to the callback; fd is -1 or taken over. */
struct msg {
	uint16_t	 type;
	uint64_t	 id;
	struct octets	 body;
	int		 fd;
};

/*
 * What happens on a channel.  on_request: answer now or later with
 * chan_reply() or chan_fail(), exactly once.  on_close: the other end is gone;
 * pending requests have been answered with ERR_BUSY; the channel is reaped
 * by the loop afterwards and must not be used again.
 */
struct chan_hooks {
	void	(*on_request)(void *arg, struct chan *ch, struct msg *m);
	void	(*on_close)(void *arg, struct chan *ch);
};

/*
 * Takes fd.  Ends by itself after on_close, or by chan_free(), which answers
 * what is pending with ERR_BUSY (before it returns) and does not call on_close.
 */
struct chan *chan_new(struct ev *ev, int fd, const struct chan_hooks *hooks,
	    void *arg);
void	 chan_free(struct chan *ch);

/*
 * Send a request.  done is called once: with reply (e NULL), or with an error
 * that the other side gave, or ERR_BUSY when the channel is lost or full
 * (ERR_TOOBIG: the body is over the limit); never before this returns.
 * fd is -1, or a descriptor to send along (borrowed: it is duplicated).
 */
typedef void chan_done(void *arg, const struct msg *reply,
	    const struct err *e);
void	 chan_request(struct chan *ch, uint16_t type,
	    const struct ProtobufCMessage *body, int fd, chan_done *done,
	    void *arg);

/*
 * Send a request and wait for its reply here, at most timeout_ms; other
 * frames that arrive meanwhile are delivered on a later turn.  Caller ends
 * *reply with msg_fini().  ERR_BUSY: lost, or no answer in time (a late one is
 * dropped); else the error that the other side gave.
 */
int	 chan_call(struct chan *ch, uint16_t type,
	    const struct ProtobufCMessage *body, int64_t timeout_ms,
	    struct msg *reply, struct err *e) MUST_CHECK;

/*
 * The two halves of chan_call(), for who has work to do meanwhile: send, and
 * wait for the reply to *id.  No turn of the loop may come between them, or it
 * drops the reply.  An id that is never waited for is no harm.
 */
int	 chan_call_begin(struct chan *ch, uint16_t type,
	    const struct ProtobufCMessage *body, uint64_t *id,
	    struct err *e) MUST_CHECK;
int	 chan_call_end(struct chan *ch, uint64_t id, int64_t timeout_ms,
	    struct msg *reply, struct err *e) MUST_CHECK;

/* Answer the request with this id. */
void	 chan_reply(struct chan *ch, uint64_t id, uint16_t type,
	    const struct ProtobufCMessage *body);
void	 chan_reply_octets(struct chan *ch, uint64_t id, uint16_t type,
	    struct octets body);
void	 chan_fail(struct chan *ch, uint64_t id, const struct err *e);

/*
 * The same without a loop, for processes that serve one request at a time
 * (key, jail): they poll(2) their descriptors and read one request from a
 * ready one.  A frame that has begun must be whole within 5 s, and so must a
 * write (ERR_BUSY).  After any error but those of msg_write_err's own request
 * the descriptor is to be closed.
 *
 * msg_read: ERR_NOTFOUND the other end is gone; ERR_FORMAT, ERR_TOOBIG it
 * breaks the rules.  Caller ends *m with msg_fini().  msg_write answers.
 */
int	 msg_read(int fd, struct msg *m, struct err *e) MUST_CHECK;
int	 msg_write(int fd, uint16_t type, uint64_t id, struct octets body,
	    int pass_fd, struct err *e) MUST_CHECK;
int	 msg_write_err(int fd, uint64_t id, const struct err *why,
	    struct err *e) MUST_CHECK;

/*
 * Ask over fd and wait for the reply, at most timeout_ms (ERR_BUSY): for
 * commands and tests.  An error that the other side gave is passed on.  Caller
 * ends *reply with msg_fini().
 */
int	 msg_ask(int fd, uint16_t type, struct octets body, int pass_fd,
	    int64_t timeout_ms, struct msg *reply, struct err *e) MUST_CHECK;
/* The two halves of it. */
int	 msg_send(int fd, uint16_t type, struct octets body, int pass_fd,
	    int64_t timeout_ms, struct err *e) MUST_CHECK;
int	 msg_take(int fd, int64_t timeout_ms, struct msg *reply,
	    struct err *e) MUST_CHECK;
/* Wipe and free the body and close the descriptor, where there is one. */
void	 msg_fini(struct msg *m);

/*
 * Unpack body strictly: ERR_FORMAT if it does not parse, has an unknown field,
 * ill-formed text, or is not spelt as we pack it.  Caller frees with protobuf_c_message_free_unpacked(*m, NULL).
 */
int	 msg_unpack(const struct ProtobufCMessageDescriptor *d,
	    struct octets body, struct ProtobufCMessage **m,
	    struct err *e) MUST_CHECK;

/* Pack m and append it to out; what was packed is wiped. */
void	 msg_put(const struct ProtobufCMessage *m, struct buf *out);

/* Put octets into a sealed memfd (read-only for everybody); -1 and e on failure. */
int	 memfd_seal(struct octets o, int *fd, struct err *e) MUST_CHECK;
/* A file on its way to a jail. */
struct msg_file {
	uint8_t		*p;		/* its octets, on the heap; or NULL */
	int		 fd;		/* then: a memfd of them, or -1 */
	size_t		 len;
};

/*
 * The same of a file, which is copied by the kernel; of a small one, of that
 * many octets at most, octets, which cost less to send.  ERR_NOTFOUND, ERR_IO,
 * ERR_TOOBIG beyond max.  Caller ends *f with msg_file_fini(), also after that.
 */
int	 msg_file_read(const char *path, size_t small, size_t max,
	    struct msg_file *f, struct err *e) MUST_CHECK;
void	 msg_file_fini(struct msg_file *f);
/* Map a sealed memfd of at most max octets.  munmap() with the given length. */
int	 memfd_map(int fd, size_t max, struct octets *o,
	    struct err *e) MUST_CHECK;

#endif /* BASE_MSG_H */
