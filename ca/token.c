#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tm.h"
#include "ca/token.h"

#define LONG_MS		60000	/* to make a key; for the first word */
#define END_MS		2000	/* for the module to say good-bye */

struct token {
	char			*keys;		/* DIR/keys */
	struct token_conf	*tc;
	struct err		 hello;
	uint32_t		 seq;
	bool			 pending;	/* asked, and not answered */
	bool			 ended;
	int			 fd;
	struct token_facts	 facts;
};

static char *
conf_path(const char *keys)
{
	return xasprintf("%s/%s", keys, TOKEN_CONF_FILE);
}

static int
start(struct token *t, bool login, struct err *e)
{
	pid_t	parent = getpid(), pid;
	int	sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return err_set_errno(e, ERR_IO, "token: socketpair");
	if ((pid = fork()) == -1) {
		(void)err_set_errno(e, ERR_IO, "token: fork");
		close(sv[0]);
		close(sv[1]);
		return ERR_IO;
	}
	if (pid == 0)
		proc_token(t->tc, t->keys, login, sv[1], parent);
	close(sv[1]);
	t->fd = sv[0];
	t->facts.pid = pid;
	return 0;
}

static int
slow(const struct token *t, struct err *e)
{
	return err_set_id(e, ERR_BUSY, "token-slow", "token \"%s\" has not "
	    "answered in time", t->tc->token);
}

/* One answer within ms.  ERR_BUSY "token-slow", "token-ended". */
static int
hear(struct token *t, int64_t ms, struct token_answer *a, struct err *e)
{
	const int64_t	end = tm_mono_us() / 1000 + ms;
	struct pollfd	p = { .fd = t->fd, .events = POLLIN };
	int64_t		left;
	ssize_t		n;

	do {
		left = end - tm_mono_us() / 1000;
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		return slow(t, e);
	n = recv(t->fd, a, sizeof(*a), MSG_DONTWAIT);
	if (n != (ssize_t)sizeof(*a) || a->code > 0 || a->code < ERR_CODE_MIN ||
	    memchr(a->id, 0, sizeof(a->id)) == NULL ||
	    memchr(a->text, 0, sizeof(a->text)) == NULL) {
		t->ended = true;
		return err_set_id(e, ERR_BUSY, "token-ended", "the process of "
		    "token \"%s\" has ended: its module crashed, or could not "
		    "live within its rights", t->tc->token);
	}
	return 0;
}

/* The answer to seq; older ones, which nobody waits for any more, go. */
static int
hear_seq(struct token *t, int64_t ms, uint32_t seq, struct token_answer *a,
    struct err *e)
{
	const int64_t	end = tm_mono_us() / 1000 + ms;
	int		rc;

	do {
		rc = hear(t, end - tm_mono_us() / 1000, a, e);
	} while (rc == 0 && a->seq != seq);
	t->pending = rc != 0;
	return rc;
}

static int
told(const struct token_answer *a, struct err *e)
{
	if (a->code == 0)
		return 0;
	/* The child took the id from a table of ours. */
	return (err_set_id)(e, (enum err_code)a->code, a->id, "%s", a->text);
}

/* What came of it: why is NULL where it did what was asked. */
static void
note(struct token *t, const struct err *why)
{
	struct token_facts	*f = &t->facts;

	if (why == NULL) {
		f->answered_at = tm_now();
		f->answers++;
	} else {
		f->failed_at = tm_now();
		f->failures++;
	}
	memset(f->state, 0, sizeof(f->state));
	if (why != NULL)
		memcpy(f->state, why->id, strnlen(why->id,
		    sizeof(f->state) - 1));
	if (t->ended)
		f->pid = 0;
}

int
token_open(const char *dir, bool login, struct token **out, struct err *e)
{
	struct token_answer	 a;
	struct token		*t = xcalloc(1, sizeof(*t));
	char			*path;
	int			 rc;

	*out = NULL;
	t->fd = -1;
	t->keys = xasprintf("%s/keys", dir);
	path = conf_path(t->keys);
	if ((rc = token_conf_load(path, &t->tc, e)) != 0) {
		if (rc == ERR_NOTFOUND)
			rc = 0;
		goto out;
	}
	if ((rc = start(t, login, e)) != 0 ||
	    (rc = hear_seq(t, LONG_MS, 0, &a, &t->hello)) != 0) {
		if (t->ended)
			rc = err_set_id(e, ERR_IO, "token-module",
			    "%s", t->hello.text);
		else if (t->fd != -1)
			rc = 0;		/* slow: it may come */
		if (rc != 0)
			goto out;
	} else if (told(&a, &t->hello) == ERR_IO) {
		rc = told(&a, e);
		goto out;
	}
	note(t, t->hello.code == ERR_OK ? NULL : &t->hello);
	*out = t;
	t = NULL;
	rc = 0;
out:
	free(path);
	token_close(t);
	return rc;
}

/* The child ends when it reads the end; a module that hangs is left to the
 * signal at this process's own end. */
void
token_close(struct token *t)
{
	struct pollfd	p;

	if (t == NULL)
		return;
	if (t->fd != -1) {
		p = (struct pollfd){ .fd = t->fd, .events = POLLIN };
		(void)shutdown(t->fd, SHUT_WR);
		if (!t->ended && !t->pending)
			(void)poll(&p, 1, END_MS);
		close(t->fd);
	}
	token_conf_free(t->tc);
	free(t->keys);
	free(t);
}

struct token_conf *
token_conf_of(struct token *t)
{
	return t->tc;
}

int
token_keep(const struct token *t, struct err *e)
{
	struct buf	b;
	char		*path = conf_path(t->keys);
	int		rc;

	buf_init(&b, LIMIT_CONF_FILE);
	token_conf_format(t->tc, &b);
	rc = file_write(path, buf_octets(&b), 0600, e);
	buf_fini(&b);
	free(path);
	return rc;
}

int
token_state(const struct token *t, struct err *e)
{
	if (t->hello.code != ERR_OK)
		*e = t->hello;
	return t->hello.code;
}

void
token_tell(const struct token *t, struct token_facts *f)
{
	*f = t->facts;
}

void
token_blame(struct token *t, const char *id)
{
	struct err	why = ERR_INIT;

	(void)(err_set_id)(&why, ERR_BUSY, id, "no good");
	t->facts.answers--;
	note(t, &why);
}

bool
token_is_ended(const struct token *t)
{
	struct pollfd	p = { .fd = t->fd, .events = POLLIN };

	/* Between two questions nobody else would see it go. */
	return t->ended || (t->fd != -1 && poll(&p, 1, 0) == 1 &&
	    (p.revents & POLLHUP) != 0);
}

static int
ask_once(struct token *t, struct token_ask *q, int64_t ms,
    struct token_answer *a, struct err *e)
{
	struct err	old = ERR_INIT;
	int		rc;

	memset(a, 0, sizeof(*a));
	/* The child answers one after the other: what hangs is not queued. */
	if (t->pending && (rc = hear_seq(t, 0, t->seq, a, &old)) != 0)
		return rc == ERR_BUSY && !t->ended ? slow(t, e) :
		    err_set_id(e, ERR_BUSY, "token-ended", "%s", old.text);
	q->seq = ++t->seq;
	if (send(t->fd, q, sizeof(*q), MSG_NOSIGNAL) != (ssize_t)sizeof(*q)) {
		t->ended = true;
		return err_set_id(e, ERR_BUSY, "token-ended", "the process of "
		    "token \"%s\" has ended", t->tc->token);
	}
	t->pending = true;
	if ((rc = hear_seq(t, ms, q->seq, a, e)) != 0)
		return rc;
	return told(a, e);
}

static int
ask(struct token *t, struct token_ask *q, int64_t ms, struct token_answer *a,
    struct err *e)
{
	struct err	 own = ERR_INIT, *why = e != NULL ? e : &own;
	int		 rc = ask_once(t, q, ms, a, why);

	note(t, rc == 0 ? NULL : why);
	return rc;
}

static void
question(struct token_ask *q, enum token_op op, const struct token_key *k)
{
	memset(q, 0, sizeof(*q));
	q->op = op;
	memcpy(q->label, k->label, strlen(k->label) + 1);
}

int
token_sign(struct token *t, const struct token_key *k,
    const uint8_t e32[SM3_LEN], uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	struct token_answer	a;
	struct token_ask	q;
	int			rc;

	question(&q, TOKEN_SIGN, k);
	memcpy(q.digest, e32, SM3_LEN);
	rc = ask(t, &q, t->tc->timeout_ms, &a, e);
	memset(sig, 0, SM2_SIG_LEN);
	if (rc == 0)
		memcpy(sig, a.data, SM2_SIG_LEN);
	return rc;
}

/* What answers with a point. */
static int
ask_point(struct token *t, enum token_op op, const struct token_key *k,
    uint8_t point[SM2_POINT_LEN], struct err *e)
{
	struct token_answer	a;
	struct token_ask	q;
	int			rc;

	question(&q, op, k);
	rc = ask(t, &q, LONG_MS, &a, e);
	memset(point, 0, SM2_POINT_LEN);
	if (rc == 0)
		memcpy(point, a.data, SM2_POINT_LEN);
	return rc;
}

int
token_find(struct token *t, const struct token_key *k,
    uint8_t point[SM2_POINT_LEN], struct err *e)
{
	return ask_point(t, TOKEN_FIND, k, point, e);
}

int
token_make(struct token *t, const struct token_key *k,
    uint8_t point[SM2_POINT_LEN], struct err *e)
{
	return ask_point(t, TOKEN_MAKE, k, point, e);
}

int
token_import(struct token *t, const struct token_key *k,
    const uint8_t point[SM2_POINT_LEN], const uint8_t scalar[32],
    struct err *e)
{
	struct token_answer	a;
	struct token_ask	q;
	int			rc;

	question(&q, TOKEN_IMPORT, k);
	memcpy(q.digest, scalar, sizeof(q.digest));
	memcpy(q.point, point, SM2_POINT_LEN);
	rc = ask(t, &q, LONG_MS, &a, e);
	mem_wipe(&q, sizeof(q));
	return rc;
}

int
token_destroy(struct token *t, const struct token_key *k, struct err *e)
{
	struct token_answer	a;
	struct token_ask	q;

	question(&q, TOKEN_DESTROY, k);
	return ask(t, &q, LONG_MS, &a, e);
}
