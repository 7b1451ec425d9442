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

/* Takes fd.  Ends by chan_free(), or by itself after on_close. */
struct chan *chan_new(struct ev *ev, int fd, const struct chan_hooks *hooks,
	    void *arg);
void	 chan_free(struct chan *ch);

/*
 * Send a request.  done is called once: with reply (e NULL), or with an error
 * that the other side gave, or ERR_BUSY when the channel is lost or full.
 * fd is -1, or a descriptor to send along (borrowed: it is duplicated).
 */
typedef void chan_done(void *arg, const struct msg *reply,
	    const struct err *e);
void	 chan_request(struct chan *ch, uint16_t type,
	    const struct ProtobufCMessage *body, int fd, chan_done *done,
	    void *arg);

/*
 * Send a request and wait for its reply here, at most timeout_ms; other
 * frames that arrive meanwhile are delivered on a later turn.  *reply's body
 * is freed by the caller with free((void *)reply->body.p).
 */
int	 chan_call(struct chan *ch, uint16_t type,
	    const struct ProtobufCMessage *body, int64_t timeout_ms,
	    struct msg *reply, struct err *e) MUST_CHECK;

/* Answer the request with this id. */
void	 chan_reply(struct chan *ch, uint64_t id, uint16_t type,
	    const struct ProtobufCMessage *body);
void	 chan_reply_octets(struct chan *ch, uint64_t id, uint16_t type,
	    struct octets body);
void	 chan_fail(struct chan *ch, uint64_t id, const struct err *e);

/*
 * The same without a loop, for processes that serve one request at a time
 * (key, jail): frames over several descriptors, by poll(2).
 */
int	 msg_read(int fd, struct msg *m, struct err *e) MUST_CHECK;
int	 msg_write(int fd, uint16_t type, uint64_t id, struct octets body,
	    int pass_fd, struct err *e) MUST_CHECK;
int	 msg_write_err(int fd, uint64_t id, const struct err *why,
	    struct err *e) MUST_CHECK;

/*
 * Unpack body strictly: ERR_FORMAT if it does not parse or has an unknown
 * field.  Caller frees with protobuf_c_message_free_unpacked(*m, NULL).
 */
int	 msg_unpack(const struct ProtobufCMessageDescriptor *d,
	    struct octets body, struct ProtobufCMessage **m,
	    struct err *e) MUST_CHECK;

/* Put octets into a sealed memfd (read-only for everybody); -1 and e on failure. */
int	 memfd_seal(struct octets o, int *fd, struct err *e) MUST_CHECK;
/* Map a sealed memfd of at most max octets.  munmap() with the given length. */
int	 memfd_map(int fd, size_t max, struct octets *o,
	    struct err *e) MUST_CHECK;

#endif /* BASE_MSG_H */
