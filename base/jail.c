#include "base/jail.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "base/sanitize.h"
#include "base/sm.h"

#define JAIL_FILES	64	/* descriptors: links, one input, little else */
#define ONCE_MS		60000	/* a command waits no longer */

/* The links of a jail process. */
struct jail {
	const struct jail_spec	*spec;
	struct pollfd		 p[LIMIT_PROC + 1];	/* [0]: control */
	struct {
		char		 role[24];
		unsigned	 n;
	}			 who[LIMIT_PROC + 1];
	nfds_t			 np;
	bool			 stop;
};

/* Give everything away that decoding and drawing do not need. */
static int
lock_in(struct err *e)
{
	const struct sandbox	 box = { .calls = JAIL_CALLS };
	const struct rlimit	 as = { LIMIT_JAIL_MEMORY, LIMIT_JAIL_MEMORY };
	const struct rlimit	 files = { JAIL_FILES, JAIL_FILES };
	const struct rlimit	 none = { 0, 0 };
	const char		*missing;
	int			 rc;

	/*
	 * Nothing here asks for local time but libzip, of each entry, and the
	 * file that says which that is cannot be opened any more.
	 */
	(void)setenv("TZ", "UTC0", 1);
	/*
	 * A network of its own, with nothing in it; root's privilege only.
	 * No RLIMIT_FSIZE: standard error, where the log goes, may be a file.
	 */
	(void)unshare(CLONE_NEWNET);
	if ((!SANITIZED && setrlimit(RLIMIT_AS, &as) != 0) ||
	    setrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set_errno(e, ERR_IO, "jail: limits");
	if ((rc = sandbox_enter(&box, &missing, e)) != 0)
		return rc;
	sandbox_say("jail", missing);
	return 0;
}

/* SIGPROF ends the process when a request has used its time. */
static void
set_clock(time_t seconds)
{
	const struct itimerval	t = { .it_value = { .tv_sec = seconds } };

	(void)setitimer(ITIMER_PROF, &t, NULL);
}

const struct jail_handler *
jail_handler_of(const struct jail_spec *spec, uint16_t type)
{
	const struct jail_handler *const	*table;
	const struct jail_handler		*h;

	for (table = spec->tables; *table != NULL; table++)
		for (h = *table; h->type != 0; h++)
			if (h->type == type)
				return h;
	return NULL;
}

/* Run one request.  fd is -1 or the large input. */
static int
run(const struct jail_spec *spec, const struct msg *m, struct buf *out,
    uint16_t *reply, struct err *e)
{
	const struct jail_handler	*h;
	struct octets			 large = OCTETS(NULL, 0);
	int				 rc;

	if ((h = jail_handler_of(spec, m->type)) == NULL)
		return err_set(e, ERR_INVAL, "jail: no handler for %u",
		    (unsigned)m->type);
	*reply = h->reply;
	if (m->fd != -1 && (rc = memfd_map(m->fd, LIMIT_JAIL_INPUT, &large,
	    e)) != 0)
		return rc;
	set_clock(LIMIT_JAIL_CPU_SECONDS);
	rc = h->run(m->body, large, out, e);
	set_clock(0);
	if (large.len > 0)
		(void)munmap((void *)(uintptr_t)large.p, large.len);
	if (rc == 0 && !buf_ok(out))
		rc = err_set(e, ERR_TOOBIG, "jail: the answer is too large");
	return rc;
}

/* ---- child of the monitor */

static void
link_drop(struct jail *j, nfds_t i)
{
	(void)close(j->p[i].fd);
	j->np--;
	j->p[i] = j->p[j->np];
	j->who[i] = j->who[j->np];
}

static void
on_link(void *arg, const char *role, unsigned n, int fd)
{
	struct jail	*j = arg;
	nfds_t		 i;

	for (i = 1; i < j->np; i++)
		if (strcmp(j->who[i].role, role) == 0 && j->who[i].n == n)
			break;
	if (i < j->np)
		link_drop(j, i);
	if (j->np > LIMIT_PROC) {
		(void)close(fd);
		return;
	}
	i = j->np++;
	j->p[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	strncpy(j->who[i].role, role, sizeof(j->who[i].role) - 1);
	j->who[i].n = n;
}

static void
on_stop(void *arg)
{
	((struct jail *)arg)->stop = true;
}

/* One request from fd.  False: the link is to be closed. */
static bool
serve(const struct jail_spec *spec, int fd)
{
	struct msg	m;
	struct buf	out;
	struct err	e = ERR_INIT, we = ERR_INIT;
	uint16_t	reply = 0;
	int		rc;

	if (msg_read(fd, &m, &e) != 0)
		return false;
	buf_init(&out, LIMIT_MSG_BODY);
	if (run(spec, &m, &out, &reply, &e) == 0)
		rc = msg_write(fd, reply, m.id, buf_octets(&out), -1, &we);
	else
		rc = msg_write_err(fd, m.id, &e, &we);
	buf_wipe(&out);		/* it may be a password's hash */
	msg_fini(&m);
	return rc == 0;
}

int
proc_jail(const struct jail_spec *spec, struct err *e)
{
	static const struct proc_hooks	 hooks = { .on_link = on_link,
					    .on_stop = on_stop };
	struct jail			*j;
	nfds_t				 i;
	int				 rc;

	j = xcalloc(1, sizeof(*j));
	j->spec = spec;
	j->p[0] = (struct pollfd){ .fd = PROC_CONTROL_FD, .events = POLLIN };
	j->np = 1;
	if ((rc = sm_init(e)) != 0 ||
	    (spec->warm != NULL && (rc = spec->warm(e)) != 0) ||
	    (rc = proc_child(NULL, "jail", &hooks, j, e)) != 0 ||
	    (rc = lock_in(e)) != 0)
		goto out;
	proc_ready();
	while (!j->stop) {
		if (poll(j->p, j->np, -1) == -1 && errno != EINTR) {
			rc = err_set_errno(e, ERR_IO, "jail: poll");
			goto out;
		}
		/* Highest first: dropping one moves the last into its place. */
		for (i = j->np; i-- > 1; )
			if (j->p[i].revents != 0 &&
			    !serve(spec, j->p[i].fd))
				link_drop(j, i);
		if (j->p[0].revents != 0 && (rc = proc_control_wait(&hooks, j,
		    0, e)) != 0 && rc != ERR_NOTFOUND)
			goto out;
	}

	rc = 0;
out:
	free(j);
	return rc;
}

/* ---- of a command */

struct jail_own {
	const struct jail_spec	*spec;
	pid_t			 pid;	/* -1: not running */
	int			 fd;
	unsigned		 waiting;	/* for so many replies */
	bool			 cut;		/* inside a request */
};

/*
 * A fork has all that the command has open, other jails' links among it: what
 * holds one could answer for another.  It ends with the command.
 */
static void
own_alone(int fd)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd > 3)
		(void)close_range(3, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0u, 0);
}

static void
own_child(const struct jail_spec *spec, int fd)
{
	struct err	e = ERR_INIT, we = ERR_INIT;
	struct msg	m;

	own_alone(fd);
	if (sm_init(&e) == 0 &&
	    (spec->warm == NULL || spec->warm(&e) == 0) &&
	    lock_in(&e) == 0) {
		while (serve(spec, fd))
			;
		_exit(0);
	}
	/* Say what was not to be had, in answer to the request. */
	if (msg_read(fd, &m, &we) == 0 &&
	    msg_write_err(fd, m.id, &e, &we) == 0)
		_exit(0);
	_exit(1);
}

static int
own_start(struct jail_own *j, struct err *e)
{
	const int	room = 3 * JAIL_AHEAD;
	int		sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		return err_set_errno(e, ERR_IO, "jail: socketpair");
	if ((j->pid = fork()) == -1) {
		(void)err_set_errno(e, ERR_IO, "jail: fork");
		(void)close(sv[0]);
		(void)close(sv[1]);
		return ERR_IO;
	}
	if (j->pid == 0) {
		(void)close(sv[0]);
		own_child(j->spec, sv[1]);
	}
	(void)close(sv[1]);
	/* The kernel gives what it gives: jail_has_room() asks. */
	(void)setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	j->fd = sv[0];
	return 0;
}

/* The signal that ended it, perhaps before this did; 0: it was none. */
static int
own_end(struct jail_own *j)
{
	int	status = 0;

	(void)kill(j->pid, SIGKILL);
	(void)waitpid(j->pid, &status, 0);
	(void)close(j->fd);
	j->pid = -1;
	j->fd = -1;
	j->waiting = 0;
	j->cut = false;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

struct jail_own *
jail_new(const struct jail_spec *spec)
{
	struct jail_own	*j = xcalloc(1, sizeof(*j));

	j->spec = spec;
	j->pid = -1;
	j->fd = -1;
	return j;
}

void
jail_free(struct jail_own *j)
{
	if (j == NULL)
		return;
	if (j->pid != -1)
		(void)own_end(j);
	free(j);
}

void
jail_end(struct jail_own *j)
{
	if (j->pid != -1)
		(void)own_end(j);
}

int
jail_descriptor(const struct jail_own *j)
{
	return j->waiting > 0 ? j->fd : -1;
}

bool
jail_runs(const struct jail_own *j)
{
	return j->pid != -1;
}

/* Linux calls such a socket writable while a quarter of its room is taken. */
bool
jail_has_room(const struct jail_own *j)
{
	struct pollfd	p = { .fd = j->fd, .events = POLLOUT };

	if (j->waiting == 0)
		return true;
	return !j->cut && poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

/* It is gone, or says what it should not: another is forked next time. */
static int
died(struct jail_own *j, int rc, const struct err *said, struct err *e)
{
	int	by = 0;

	if (rc == ERR_NOTFOUND || rc == ERR_IO || rc == ERR_BUSY ||
	    rc == ERR_CRYPTO)
		by = own_end(j);
	if (by == SIGPROF)
		return err_set_id(e, ERR_FORMAT, "jail-died", "the reader of "
		    "this input was stopped at its limit of %d s",
		    LIMIT_JAIL_CPU_SECONDS);
	/* It said nothing and was not waited for in vain: a limit ended it. */
	if (strcmp(said->id, err_name(ERR_NOTFOUND)) == 0)
		return err_set_id(e, ERR_FORMAT, "jail-died", "the reader of "
		    "this input was ended: too large, too long, or hostile");
	return err_set_id(e, (enum err_code)rc, said->id, "%s", said->text);
}

int
jail_send(struct jail_own *j, uint16_t type, struct octets in, int large,
    struct err *e)
{
	const bool	idle = j->pid != -1 && j->waiting == 0;
	struct err	said = ERR_INIT;
	int		rc;

	assert(!j->cut || j->waiting == 0);
	if (j->cut)
		(void)own_end(j);
	if (j->pid == -1 && (rc = own_start(j, e)) != 0)
		return rc;
	rc = msg_send(j->fd, type, in, large, ONCE_MS, &said);
	if (rc != 0 && idle) {
		/* Somebody ended it while it had nothing to do. */
		(void)own_end(j);
		if ((rc = own_start(j, e)) != 0)
			return rc;
		said = (struct err)ERR_INIT;
		rc = msg_send(j->fd, type, in, large, ONCE_MS, &said);
	}
	if (rc != 0 && j->waiting > 0) {
		/* What it has said before is still to be taken. */
		j->cut = true;
		return err_set_id(e, (enum err_code)rc, said.id, "%s",
		    said.text);
	}
	if (rc != 0)
		return died(j, rc, &said, e);
	j->waiting++;
	return 0;
}

int
jail_take(struct jail_own *j, uint8_t **out, size_t *outlen, struct err *e)
{
	struct msg	reply;
	struct err	said = ERR_INIT;
	int		rc;

	*out = NULL;
	*outlen = 0;
	assert(j->waiting > 0);
	j->waiting--;
	if ((rc = msg_take(j->fd, ONCE_MS, &reply, &said)) != 0)
		return died(j, rc, &said, e);
	*out = xmemdup(reply.body.p, reply.body.len);
	*outlen = reply.body.len;
	msg_fini(&reply);
	return 0;
}

int
jail_ask(struct jail_own *j, uint16_t type, struct octets in,
    struct octets large, uint8_t **out, size_t *outlen, struct err *e)
{
	int	fd = -1, rc;

	*out = NULL;
	*outlen = 0;
	if (large.len > 0 && (rc = memfd_seal(large, &fd, e)) != 0)
		return rc;
	if ((rc = jail_send(j, type, in, fd, e)) == 0)
		rc = jail_take(j, out, outlen, e);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
jail_once(const struct jail_spec *spec, uint16_t type, struct octets in,
    struct octets large, uint8_t **out, size_t *outlen, struct err *e)
{
	struct jail_own	*j = jail_new(spec);
	int		 rc;

	rc = jail_ask(j, type, in, large, out, outlen, e);
	jail_free(j);
	return rc;
}
