#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "base/sm.h"
#include "ca/key.h"
#include "ca/key_server.h"
#include "ca/token_live.h"

/*
 * The key process: the only one that holds private keys.  It reads them,
 * gives away files and network, and signs typed requests until it is told to
 * end or the monitor is gone.
 */

#define SECURE_HEAP	(64 << 10)	/* for private numbers, locked */
#define SECURE_MIN	32
#define TOKEN_LOOK_MS	1000	/* a token process that ended is missed */

struct state {
	struct key_server	*server;
	const struct keyring	*kr;
	struct token_live	*live;		/* or NULL */
	bool			 stop;
};

static void
on_link(void *arg, const char *role, unsigned i, int fd)
{
	struct state	*st = arg;

	if (strcmp(role, "recorder") == 0)
		key_guard_new_recorder(st->kr);
	key_server_link(st->server, role, i, fd);
}

static void
on_stop(void *arg)
{
	struct state	*st = arg;

	st->stop = true;
}

void
key_protect_memory(void)
{

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		log_warning("key.memory", "debuggers cannot be kept away");
	if (CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_MIN) != 1)
		log_warning("key.memory", "private numbers are not locked");
	/* On fault: what is never touched takes no memory. */
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) == -1)
		log_info("key.memory", "memory is not locked as a whole");
}

/* Use every algorithm once, while files can still be read. */
static int
warm(const struct keyring *kr, struct err *e)
{
	struct buf	 wrapped;
	uint8_t		 point[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	int		 rc;

	buf_init(&wrapped, 512);
	if ((!keyring_in_token(kr, KEY_CHECKPOINT) &&
	    (rc = key_sign(kr, KEY_CHECKPOINT, OCTETS("", 0), sig, e)) != 0) ||
	    (rc = key_make_wrapped(kr, point, &wrapped, e)) != 0 ||
	    (rc = key_sign_wrapped(kr, buf_octets(&wrapped), OCTETS("", 0),
	    sig, e)) != 0)
		goto out;
	rc = 0;
out:
	buf_wipe(&wrapped);
	return rc;
}

/* A token that is not there stops nothing but its own keys. */
static void
say_token(const struct keyring *kr)
{
	struct err	e = ERR_INIT;

	if (keyring_token_state(kr, &e) != 0)
		log_warning("token.unusable", "id=%s error=\"%s\"", e.id,
		    e.text);
}

/*
 * While files can still be opened; without a token there is nothing to tell.
 * Nobody relies on it: a full disk keeps no key process from its work.
 */
static void
open_live(const char *dir, const struct keyring *kr, struct token_live **l)
{
	struct token_facts	 f;
	struct err		 e = ERR_INIT;
	char			*path;

	*l = NULL;
	path = xasprintf("%s/" TOKEN_LIVE_FILE, dir);
	if (!keyring_token_tell(kr, &f)) {
		(void)unlink(path);	/* there may have been one */
	} else if (token_live_open(path, true, l, &e) == 0)
		token_live_set(*l, &f);
	else {
		(void)unlink(path);	/* half of one says nothing */
		log_warning("token.untold", "code=%s \"%s\"", e.id, e.text);
	}
	free(path);
}

/* The monitor, of the token process: it stands in the list of those that run. */
static void
tell_monitor(const struct keyring *kr)
{
	struct token_facts	f;

	if (keyring_token_tell(kr, &f) && f.pid > 0)
		proc_helper("token", (pid_t)f.pid);
}

static void
tell_live(const struct state *st)
{
	struct token_facts	f;

	if (st->live != NULL && keyring_token_tell(st->kr, &f))
		token_live_set(st->live, &f);
}

/* Its process cannot be started from in here: the monitor starts all anew. */
static int
check_token(const struct keyring *kr, struct err *e)
{
	if (keyring_is_lost(kr))
		return err_set_id(e, ERR_IO, "token-ended", "the token "
		    "process has ended");
	return 0;
}

static const struct proc_hooks	hooks = { .on_link = on_link,
    .on_stop = on_stop };

static int
serve(struct state *st, struct err *e)
{
	struct token_facts	f;
	/* Asked for nothing, it looks now and then whether its token is there. */
	const int	 wait = keyring_token_tell(st->kr, &f) ? TOKEN_LOOK_MS : -1;
	bool		 control;
	int		 rc;

	while (!st->stop) {
		control = false;
		rc = key_server_turn(st->server, PROC_CONTROL_FD, wait,
		    &control, e);
		tell_live(st);
		if (rc != 0 || (rc = check_token(st->kr, e)) != 0)
			return rc;
		if (!control)
			continue;
		rc = proc_control_wait(&hooks, st, 0, e);
		if (rc != 0 && rc != ERR_NOTFOUND)
			return rc;
	}
	return 0;
}

int
proc_key(const char *dir, const struct sign_type *types, struct err *e)
{
	const struct sandbox		 sb = { .calls = KEY_CALLS };
	const char			*missing = NULL;
	struct keyring			*kr = NULL;
	struct state			 st = { NULL, NULL, NULL, false };
	int				 rc;

	(void)signal(SIGPIPE, SIG_IGN);
	key_protect_memory();
	if ((rc = proc_child(NULL, "key", &hooks, &st, e)) != 0 ||
	    (rc = sm_init(e)) != 0 ||
	    (rc = keyring_open(dir, &kr, e)) != 0 || (rc = warm(kr, e)) != 0)
		goto out;
	open_live(dir, kr, &st.live);
	if ((rc = sandbox_enter(&sb, &missing, e)) != 0)
		goto out;
	sandbox_say("key", missing);
	say_token(kr);
	st.kr = kr;
	st.server = key_server_new(kr, types);
	tell_monitor(kr);
	proc_ready();
	log_notice("key.ready", "serving");
	rc = serve(&st, e);
out:
	token_live_close(st.live);
	key_server_free(st.server);
	keyring_free(kr);
	return rc;
}

/* Why nothing will be signed, in answer to whoever asks first. */
static void
refuse_first(int fd, const struct err *why)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	struct err	e = ERR_INIT;
	struct msg	m;

	if (poll(&p, 1, -1) != 1 || msg_read(fd, &m, &e) != 0)
		return;
	if (msg_write_err(fd, m.id, why, &e) != 0)
		log_warning("key.refused", "nobody heard it");
	msg_fini(&m);
}

int
proc_key_for(const char *dir, const struct sign_type *types, const char *role,
    int fd, struct err *e)
{
	const struct sandbox	 sb = { .calls = KEY_CALLS };
	const char		*missing = NULL;
	struct keyring		*kr = NULL;
	struct key_server	*server = NULL;
	int			 rc;

	(void)signal(SIGPIPE, SIG_IGN);
	key_protect_memory();
	if ((rc = sm_init(e)) != 0 ||
	    (rc = keyring_open(dir, &kr, e)) != 0 || (rc = warm(kr, e)) != 0 ||
	    (rc = sandbox_enter(&sb, &missing, e)) != 0) {
		refuse_first(fd, e);
		(void)close(fd);
		goto out;
	}
	sandbox_say("key", missing);
	say_token(kr);
	server = key_server_new(kr, types);
	key_server_link(server, role, 0, fd);
	while (rc == 0 && key_server_links(server) > 0)
		rc = key_server_turn(server, -1, -1, NULL, e);
out:
	key_server_free(server);
	keyring_free(kr);
	return rc;
}
