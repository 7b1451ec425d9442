#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/tm.h"
#include "ca/p11.h"
#include "ca/secret.h"
#include "ca/token.h"

/*
 * The token process: the vendor's module, a session, and the PIN.  A child of
 * whoever holds the keyring, confined to what the configuration grants.
 *
 * A PIN is tried once.  When it was refused this process tries it no more, and
 * the mark keys/token-pin.state keeps the next one from trying, until "sealreg
 * key login": tokens lock after a few wrong ones.
 */

#define PIN_STATE	"token-pin.state"
#define RETRY_US	1000000		/* between looks for a token that is gone */

struct state {
	const struct token_conf	*tc;
	struct p11		*p;
	char			*pin;
	size_t			 pinlen;
	int			 mark;		/* -1: there is no file */
	bool			 login;		/* whatever was refused before */
	struct err		 refused;	/* the PIN: for good */
	int64_t			 looked;
};

/* ---- the mark */

static bool
mark_open(struct state *s, const char *keys)
{
	char	*path = xasprintf("%s/%s", keys, PIN_STATE), c = 0;

	s->mark = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	return s->mark != -1 && read(s->mark, &c, 1) == 1 && c == 'r';
}

/* "refused" or "good", the same length, so that nothing is left behind. */
static void
mark_put(const struct state *s, bool refused)
{
	const char	*text = refused ? "refused\n" : "good   \n";

	if (s->mark == -1 || lseek(s->mark, 0, SEEK_SET) == -1 ||
	    write(s->mark, text, 8) != 8)
		log_warning("token.mark", "whether the PIN was refused cannot "
		    "be kept");
}

/* ---- the session */

static int
pin_refused(struct state *s, const char *why, struct err *e)
{
	(void)err_set_id(&s->refused, ERR_BUSY, "token-pin", "token \"%s\": "
	    "%s", s->tc->token, why);
	*e = s->refused;
	return e->code;
}

static int
log_in(struct state *s, enum p11_pin pin, struct err *e)
{
	int	rc;

	switch (pin) {
	case P11_PIN_LOCKED:
		return pin_refused(s, "the PIN is locked; unlock it with the "
		    "vendor's tool", e);
	case P11_PIN_LAST:
		return pin_refused(s, "one more wrong PIN would lock it; log "
		    "in with the vendor's tool first", e);
	case P11_PIN_LOW:
		if (!s->login)
			return pin_refused(s, "somebody has tried a wrong "
			    "PIN; \"sealreg key login\" tries ours, once", e);
		break;
	case P11_PIN_GOOD:
		break;
	}
	s->login = false;
	rc = p11_login(s->p, s->pin, s->pinlen, e);
	if (rc != 0 && strcmp(e->id, "token-pin") == 0) {
		s->refused = *e;
		mark_put(s, true);
	} else if (rc == 0)
		mark_put(s, false);
	return rc;
}

static int
connect_once(struct state *s, struct err *e)
{
	enum p11_pin	pin;
	int		rc;

	s->looked = tm_mono_us();
	if ((rc = p11_open(s->p, &pin, e)) == 0 &&
	    (rc = log_in(s, pin, e)) != 0)
		p11_close(s->p);
	return rc;
}

static int
be_connected(struct state *s, struct err *e)
{
	if (s->refused.code != ERR_OK) {
		*e = s->refused;
		return e->code;
	}
	if (p11_is_open(s->p))
		return 0;
	if (s->looked != 0 && tm_mono_us() - s->looked < RETRY_US)
		return err_set_id(e, ERR_BUSY, "token-gone", "token \"%s\" "
		    "is not there", s->tc->token);
	return connect_once(s, e);
}

/* ---- what is asked */

static int
act(struct state *s, const struct token_ask *q, uint8_t *data, struct err *e)
{
	switch ((enum token_op)q->op) {
	case TOKEN_SIGN:
		return p11_sign(s->p, q->label, q->digest, data, e);
	case TOKEN_FIND:
		return p11_find(s->p, q->label, data, e);
	case TOKEN_MAKE:
		return p11_make(s->p, q->label, data, e);
	case TOKEN_IMPORT:
		return p11_import(s->p, q->label, q->point, q->digest, e);
	case TOKEN_DESTROY:
		return p11_destroy(s->p, q->label, e);
	case TOKEN_HELLO:
		break;
	}
	return err_set(e, ERR_INVAL, "token: no such request");
}

/* A session that was lost is opened again at once, one time. */
static int
act_again(struct state *s, const struct token_ask *q, uint8_t *data,
    struct err *e)
{
	struct err	first = ERR_INIT;
	int		rc;

	if ((rc = be_connected(s, e)) != 0)
		return rc;
	if ((rc = act(s, q, data, &first)) == 0)
		return 0;
	if (p11_is_lost(s->p)) {
		p11_close(s->p);
		if ((rc = connect_once(s, e)) != 0)
			return rc;
		if ((rc = act(s, q, data, e)) != 0 && p11_is_lost(s->p))
			p11_close(s->p);
		return rc;
	}
	*e = first;
	return rc;
}

static bool
answer(int fd, uint32_t seq, const struct err *why, const uint8_t *data)
{
	struct token_answer	a;

	memset(&a, 0, sizeof(a));
	a.seq = seq;
	a.code = why->code;
	memcpy(a.id, why->id, sizeof(a.id));
	memcpy(a.text, why->text, sizeof(a.text));
	if (data != NULL)
		memcpy(a.data, data, sizeof(a.data));
	return send(fd, &a, sizeof(a), MSG_NOSIGNAL) == (ssize_t)sizeof(a);
}

static void
serve(struct state *s, int fd)
{
	struct token_ask	q;
	struct err		e;
	uint8_t			data[SM2_POINT_LEN];
	ssize_t			n;

	for (;;) {
		do {
			n = recv(fd, &q, sizeof(q), 0);
		} while (n == -1 && errno == EINTR);
		if (n != (ssize_t)sizeof(q))
			return;
		q.label[sizeof(q.label) - 1] = '\0';
		e = (struct err)ERR_INIT;
		memset(data, 0, sizeof(data));
		if (act_again(s, &q, data, &e) != 0)
			memset(data, 0, sizeof(data));
		mem_wipe(q.digest, sizeof(q.digest));
		if (!answer(fd, q.seq, &e, data))
			return;
	}
}

/* ---- the beginning */

static int
find_pin(struct state *s, const char *keys, struct err *e)
{
	struct secret_place	 at = { .what = "PIN",
				    .credential = "token-pin" };
	struct err		 why = ERR_INIT;
	char			*path = s->tc->pin_file[0] != '\0' ?
	    xstrdup(s->tc->pin_file) : xasprintf("%s/token-pin", keys);
	int			 rc;

	at.path = path;
	rc = secret_find(&at, &s->pin, &s->pinlen, &why);
	if (rc == ERR_NOTFOUND)
		rc = err_set_id(e, ERR_IO, "token-pin-missing", "PIN missing: "
		    "no credential token-pin, and no %s", path);
	else if (rc != 0)
		rc = err_set_id(e, ERR_IO, "token-pin-missing", "%s",
		    why.text);
	free(path);
	return rc;
}

static int
begin(struct state *s, const char *keys, struct err *e)
{
	bool	before;
	int	rc;

	if ((rc = find_pin(s, keys, e)) != 0 ||
	    (rc = p11_load(s->tc, &s->p, e)) != 0)
		return rc;
	before = mark_open(s, keys);
	if (before && !s->login)
		return pin_refused(s, "its PIN was refused before; correct "
		    "it, then \"sealreg key login\" tries once", e);
	return connect_once(s, e);
}

static int
confine(const struct token_conf *tc, struct err *e)
{
	struct sandbox	 sb = { .calls = CALLS_PLAIN | tc->calls };
	const char	*missing = NULL;
	const char	*read[LIMIT_TOKEN_PATHS + 1] = { NULL };
	const char	*write[LIMIT_TOKEN_PATHS + 1] = { NULL };
	size_t		 i;
	int		 rc;

	for (i = 0; i < tc->read.n; i++)
		read[i] = ((char **)tc->read.items)[i];
	for (i = 0; i < tc->write.n; i++)
		write[i] = ((char **)tc->write.items)[i];
	sb.read = read;
	sb.write = write;
	if ((rc = sandbox_enter(&sb, &missing, e)) == 0)
		sandbox_say("token", missing);
	return rc;
}

/* A child of its own: it keeps the one descriptor, and no rights to come. */
static int
be_alone(int fd, pid_t parent)
{
	static const int	faults[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL,
	    SIGFPE };
	const struct rlimit	none = { 0, 0 };
	const int		at = 3;
	size_t			i;

	(void)prctl(PR_SET_NAME, "sealreg-token", 0, 0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent || (fd != at && dup2(fd, at) == -1) ||
	    close_range((unsigned)at + 1, ~0u, 0) != 0)
		return -1;
	/* Whatever the parent does about its own faults. */
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)signal(faults[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!CALLS_LOG_ONLY && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		log_warning("token.memory", "debuggers cannot be kept away");
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) == -1)
		log_info("token.memory", "memory is not locked as a whole");
	return at;
}

void
proc_token(const struct token_conf *tc, const char *keys, bool login, int fd,
    pid_t parent)
{
	struct state	s = { .tc = tc, .mark = -1, .login = login };
	struct err	why = ERR_INIT, e = ERR_INIT;

	if ((fd = be_alone(fd, parent)) == -1)
		_exit(1);
	/* ERR_IO: there is nothing that could serve. */
	if (begin(&s, keys, &why) != ERR_IO && confine(tc, &e) != 0)
		why = e;
	if (answer(fd, 0, &why, NULL) && why.code != ERR_IO)
		serve(&s, fd);
	p11_free(s.p);
	if (s.pin != NULL)
		mem_wipe(s.pin, s.pinlen);
	_exit(0);
}
