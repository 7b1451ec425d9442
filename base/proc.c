#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/tm.h"

/* The monitor's side of base/proc.h; the child's is child.c. */

#define FREE_FD		16	/* above what children get */
#define STOP_MS		5000	/* from the first STOP to KILL */
#define PAUSE_FIRST_MS	20
#define PAUSE_MAX_MS	1000
#define LIVED_MS	500	/* serving so long forgives earlier deaths */
#define STAGE_MS	1000	/* for one role to end, before the next is asked */

struct monitor;

struct child {
	struct monitor		*m;
	const struct proc_role	*role;
	unsigned		 n;		/* instance */
	pid_t			 pid;		/* -1: not running */
	int			 ctl;		/* -1 with pid */
	struct ev_io		*io;
	struct ev_timer		*again;
	bool			 started;	/* once at least */
	bool			 served;	/* was ready once at least */
	bool			 ready, told_stop;
	int64_t			 since;		/* monotonic ms of the start */
	int64_t			 pause;		/* before the next start */
	char			 helper[CTL_ROLE_MAX];
	pid_t			 helper_pid;	/* 0: it told of none */
};

struct monitor {
	const struct proc_plan	*plan;
	struct ev		*ev;
	struct child		 c[LIMIT_PROC];
	size_t			 nc;
	struct ev_timer		*kill, *stage;
	bool			 stopping, was_ready, ended;
	const char	 *const	 *anew;		/* roles yet to begin anew */
	int			 failed;	/* ERR_* of a start, or 0 */
	struct err		*e;
};

/* ---- starting */

/* In the forked child: become instance c->n of its role. */
static void
become(const struct child *c, int sock, pid_t monitor)
{
	const struct proc_plan	*p = c->m->plan;
	const char		*argv[16];
	char			 n[16];
	sigset_t		 none;
	size_t			 i, k = 0;
	int			 settings = -1;

	/* The death signal survives exec; the monitor may be dead already. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != monitor)
		_exit(127);
	/* Up and out of the way first: either may be where the other goes. */
	if ((sock = fcntl(sock, F_DUPFD, FREE_FD)) == -1 ||
	    (p->settings != NULL &&
	    (settings = fcntl(*p->settings, F_DUPFD, FREE_FD)) == -1) ||
	    dup2(sock, PROC_CONTROL_FD) == -1 ||
	    (p->settings != NULL && dup2(settings, PROC_SETTINGS_FD) == -1) ||
	    close_range(p->settings != NULL ? PROC_SETTINGS_FD + 1 :
	    PROC_CONTROL_FD + 1, ~0U, 0) != 0)
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A terminal's hangup goes to the whole group: the monitor decides. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)snprintf(n, sizeof(n), "%u", c->n);
	argv[k++] = "sealreg";
	argv[k++] = "proc";
	argv[k++] = c->role->name;
	argv[k++] = n;
	for (i = 0; p->args != NULL && p->args[i] != NULL && k < 15; i++)
		argv[k++] = p->args[i];
	argv[k] = NULL;
	(void)execv(p->self, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Tell who runs, for people and tests. */
static void
write_pids(struct monitor *m)
{
	struct buf	 b;
	FILE		*f;
	char		*tmp;
	size_t		 i;

	if (m->plan->pidfile == NULL)
		return;
	buf_init(&b, 4096);
	if (!m->ended)
		buf_printf(&b, "monitor 0 %ld\n", (long)getpid());
	for (i = 0; i < m->nc; i++) {
		if (m->c[i].pid == -1)
			continue;
		buf_printf(&b, "%s %u %ld\n", m->c[i].role->name, m->c[i].n,
		    (long)m->c[i].pid);
		if (m->c[i].helper_pid != 0)
			buf_printf(&b, "%s %u %ld\n", m->c[i].helper,
			    m->c[i].n, (long)m->c[i].helper_pid);
	}
	/* Not file_write(): a restart must not wait for the disk. */
	tmp = xasprintf("%s.new", m->plan->pidfile);
	if ((f = fopen(tmp, "we")) == NULL ||
	    (b.len > 0 && fwrite(b.p, b.len, 1, f) != 1) || fflush(f) != 0 ||
	    rename(tmp, m->plan->pidfile) != 0)
		log_warning("proc.pids", "error=\"%s\"", strerror(errno));
	if (f != NULL)
		(void)fclose(f);
	free(tmp);
	buf_fini(&b);
}

static bool
linked(const struct proc_plan *p, const char *a, const char *b)
{
	size_t	i;

	for (i = 0; i < p->nlinks; i++)
		if ((strcmp(p->links[i].a, a) == 0 &&
		    strcmp(p->links[i].b, b) == 0) ||
		    (strcmp(p->links[i].a, b) == 0 &&
		    strcmp(p->links[i].b, a) == 0))
			return true;
	return false;
}

static int
send_link(struct child *to, const struct child *other, int fd, struct err *e)
{
	struct ctl	c = { .kind = CTL_LINK, .n = other->n };

	strncpy(c.role, other->role->name, CTL_ROLE_MAX - 1);
	return ctl_send(to->ctl, &c, fd, e);
}

/* A fresh socketpair between a new child and every partner that runs. */
static void
send_links(struct child *c)
{
	struct monitor	*m = c->m;
	struct child	*o;
	struct err	 e;
	int		 sv[2];
	size_t		 i;

	for (i = 0; i < m->nc; i++) {
		o = &m->c[i];
		if (o == c || o->pid == -1 ||
		    !linked(m->plan, c->role->name, o->role->name))
			continue;
		e = (struct err)ERR_INIT;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
		    sv) != 0) {
			log_error("proc.link", "error=\"%s\"",
			    strerror(errno));
			continue;
		}
		/*
		 * Who cannot be told is dying, or hangs and is helped to;
		 * its restart brings a new pair.
		 */
		if (send_link(c, o, sv[0], &e) != 0 ||
		    send_link(o, c, sv[1], &e) != 0) {
			log_warning("proc.link", "a=%s b=%s error=\"%s\"",
			    c->role->name, o->role->name, e.text);
			(void)kill(o->pid, SIGKILL);
		}
		(void)close(sv[0]);
		(void)close(sv[1]);
	}
}

static void
send_listens(struct child *c)
{
	const struct proc_plan	*p = c->m->plan;
	struct err		 e = ERR_INIT;
	struct ctl		 ctl;
	size_t			 i;

	for (i = 0; c->role->listens && i < p->nlistens; i++) {
		ctl = (struct ctl){ .kind = CTL_LISTEN,
		    .n = p->listens[i].tag };
		if (ctl_send(c->ctl, &ctl, p->listens[i].fd, &e) != 0)
			log_warning("proc.listen", "error=\"%s\"", e.text);
	}
}

/* What a child shall know that does not stand in its arguments. */
static void
send_files(struct child *c)
{
	const struct proc_plan	*p = c->m->plan;
	struct err		 e = ERR_INIT;
	struct ctl		 ctl = { .kind = CTL_LOG, .n = log_word() };
	size_t			 i;

	if (ctl_send(c->ctl, &ctl, -1, &e) != 0)
		log_warning("proc.log", "error=\"%s\"", e.text);
	for (i = 0; i < p->nfiles; i++) {
		if (strcmp(p->files[i].role, c->role->name) != 0)
			continue;
		ctl = (struct ctl){ .kind = CTL_FILE, .n = p->files[i].tag };
		if (ctl_send(c->ctl, &ctl, p->files[i].fd, &e) != 0)
			log_warning("proc.file", "error=\"%s\"", e.text);
	}
}

static void	on_control(void *, int);
static void	start_more(struct monitor *);

static int
start(struct child *c, struct err *e)
{
	pid_t	self = getpid();
	int	sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return err_set_errno(e, ERR_IO, "control socketpair");
	if ((c->pid = fork()) == -1) {
		(void)close(sv[0]);
		(void)close(sv[1]);
		return err_set_errno(e, ERR_IO, "fork");
	}
	if (c->pid == 0)
		become(c, sv[1], self);
	(void)close(sv[1]);
	c->ctl = sv[0];
	c->started = true;
	c->ready = c->told_stop = false;
	c->helper_pid = 0;
	c->since = tm_mono_ms();
	c->io = ev_io_new(c->m->ev, c->ctl, on_control, c);
	ev_io_want(c->io, EV_IN);
	log_notice("proc.start", "role=%s instance=%u pid=%ld",
	    c->role->name, c->n, (long)c->pid);
	write_pids(c->m);
	send_files(c);
	send_links(c);
	send_listens(c);
	return 0;
}

static bool
role_ready(const struct monitor *m, const char *role)
{
	size_t	i;

	for (i = 0; i < m->nc; i++)
		if (strcmp(m->c[i].role->name, role) == 0 && !m->c[i].ready)
			return false;
	return true;
}

/* Start for the first time whoever waited for a role that is ready now. */
static void
start_more(struct monitor *m)
{
	struct child	*c;
	bool		 all = true;
	size_t		 i;

	for (i = 0; i < m->nc && m->failed == 0; i++) {
		c = &m->c[i];
		if (!c->started && (c->role->after == NULL ||
		    role_ready(m, c->role->after)) &&
		    (m->failed = start(c, m->e)) != 0)
			ev_stop(m->ev);
		all = all && c->ready;
	}
	if (all && !m->was_ready) {
		m->was_ready = true;
		if (m->plan->on_ready != NULL)
			m->plan->on_ready(m->plan->arg);
	}
}

/* Once a life, and only what can stand in the file: a child may be no friend. */
static void
take_helper(struct child *c, const struct ctl *ctl)
{
	size_t	n = strspn(ctl->role, "abcdefghijklmnopqrstuvwxyz");

	if (c->helper_pid != 0 || n == 0 || ctl->role[n] != '\0' ||
	    ctl->n == 0 || ctl->n > INT32_MAX) {
		log_warning("proc.helper", "role=%s instance=%u: not believed",
		    c->role->name, c->n);
		return;
	}
	memcpy(c->helper, ctl->role, sizeof(c->helper));
	c->helper_pid = (pid_t)ctl->n;
	log_info("proc.helper", "role=%s instance=%u name=%s pid=%ld",
	    c->role->name, c->n, c->helper, (long)c->helper_pid);
	write_pids(c->m);
}

static void
on_control(void *arg, int what)
{
	struct child	*c = arg;
	struct err	 e = ERR_INIT;
	struct ctl	 ctl;
	int		 fd, rc;

	(void)what;
	while ((rc = ctl_recv(c->ctl, &ctl, &fd, &e)) == 0) {
		if (fd != -1)
			(void)close(fd);	/* children pass none */
		if (ctl.kind == CTL_HELPER)
			take_helper(c, &ctl);
		if (ctl.kind == CTL_READY && !c->ready) {
			c->ready = c->served = true;
			log_info("proc.ready", "role=%s instance=%u ms=%lld",
			    c->role->name, c->n,
			    (long long)(tm_mono_ms() - c->since));
			if (!c->m->stopping)
				start_more(c->m);
		}
	}
	if (rc != ERR_NOTFOUND)
		ev_io_want(c->io, 0);	/* its death is told by SIGCHLD */
}

/* ---- ending */

/* Ask the last role that still runs; its end asks the next. */
static void
stop_next(struct monitor *m)
{
	const struct ctl	 stop = { .kind = CTL_STOP };
	const struct proc_role	*role = NULL;
	struct child		*c;
	struct err		 e = ERR_INIT;
	size_t			 i;

	for (i = m->nc; i-- > 0 && role == NULL; )
		if (m->c[i].pid != -1)
			role = m->c[i].role;
	if (role == NULL) {
		ev_stop(m->ev);
		return;
	}
	for (i = 0; i < m->nc; i++) {
		c = &m->c[i];
		if (c->role != role || c->pid == -1 || c->told_stop)
			continue;
		c->told_stop = true;
		ev_timer_set(m->stage, STAGE_MS);
		if (ctl_send(c->ctl, &stop, -1, &e) != 0)
			(void)kill(c->pid, SIGKILL);
	}
}

/* The role asked last does not end: the others shall still end well. */
static void
on_stage(void *arg)
{
	struct monitor	*m = arg;
	size_t		 i;

	for (i = 0; i < m->nc; i++)
		if (m->c[i].pid != -1 && m->c[i].told_stop) {
			log_warning("proc.kill", "role=%s instance=%u pid=%ld",
			    m->c[i].role->name, m->c[i].n,
			    (long)m->c[i].pid);
			(void)kill(m->c[i].pid, SIGKILL);
		}
}

static void
on_kill(void *arg)
{
	struct monitor	*m = arg;
	size_t		 i;

	for (i = 0; i < m->nc; i++)
		if (m->c[i].pid != -1) {
			log_warning("proc.kill", "role=%s instance=%u pid=%ld",
			    m->c[i].role->name, m->c[i].n,
			    (long)m->c[i].pid);
			(void)kill(m->c[i].pid, SIGKILL);
		}
}

static void
end_all(struct monitor *m)
{
	size_t	i;

	m->stopping = true;
	for (i = 0; i < m->nc; i++)
		ev_timer_set(m->c[i].again, -1);
	ev_timer_set(m->kill, STOP_MS);
	stop_next(m);
}

static void
on_end(void *arg, int signo)
{
	struct monitor	*m = arg;

	if (m->stopping)
		return;
	log_notice("proc.stop", "signal=%d", signo);
	end_all(m);
}

/* Ask the next role of those that begin anew; its end asks the next. */
static void
anew_next(struct monitor *m)
{
	const struct ctl	 stop = { .kind = CTL_STOP };
	struct child		*c;
	struct err		 e = ERR_INIT;
	size_t			 i;
	bool			 some = false;

	for (; m->anew != NULL && *m->anew != NULL && !some; m->anew++)
		for (i = 0; i < m->nc; i++) {
			c = &m->c[i];
			if (strcmp(c->role->name, *m->anew) != 0 ||
			    c->pid == -1 || c->told_stop)
				continue;
			some = c->told_stop = true;
			ev_timer_set(m->stage, STAGE_MS);
			if (ctl_send(c->ctl, &stop, -1, &e) != 0)
				(void)kill(c->pid, SIGKILL);
		}
}

static void
on_reload(void *arg, int signo)
{
	struct monitor	*m = arg;
	size_t		 i;

	(void)signo;
	if (m->stopping || !m->plan->on_reload(m->plan->arg))
		return;
	for (i = 0; i < m->nc; i++)
		if (m->c[i].pid != -1)
			send_files(&m->c[i]);
	m->anew = m->plan->anew;
	anew_next(m);
}

static void
on_again(void *arg)
{
	struct child	*c = arg;
	struct err	 e = ERR_INIT;

	if (c->m->stopping || c->pid != -1)
		return;
	if (start(c, &e) != 0) {
		log_error("proc.start", "role=%s error=\"%s\"",
		    c->role->name, e.text);
		ev_timer_set(c->again, PAUSE_MAX_MS);
	}
}

static void
io_free(void *p)
{
	ev_io_free(p);
}

/* A child is gone: forget it, and start another after a pause. */
static void
buried(struct child *c, int status)
{
	struct monitor	*m = c->m;
	int64_t		 lived = tm_mono_ms() - c->since;
	bool		 served = c->ready, told = c->told_stop;
	pid_t		 pid = c->pid;

	c->pid = -1;
	ev_io_want(c->io, 0);
	ev_reap(m->ev, c->io, io_free);
	c->io = NULL;
	(void)close(c->ctl);
	c->ctl = -1;
	c->ready = false;
	if (m->stopping) {
		write_pids(m);
		stop_next(m);
		return;
	}
	if (told) {
		log_notice("proc.anew", "role=%s instance=%u pid=%ld",
		    c->role->name, c->n, (long)pid);
		on_again(c);
		anew_next(m);
		return;
	}
	log_warning("proc.exit", "role=%s instance=%u pid=%ld %s=%d "
	    "lived_ms=%lld", c->role->name, c->n, (long)pid,
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)lived);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error("proc.forbidden", "role=%s pid=%ld: a system call "
		    "that it may not make; the kernel's log names it",
		    c->role->name, (long)pid);
	/* One that has served may find what it needs again. */
	if (!c->served && WIFEXITED(status) &&
	    WEXITSTATUS(status) == PROC_UNFIT) {
		m->failed = err_set_id(m->e, ERR_INVAL, "proc-unfit", "process "
		    "%s cannot run as things are, and would not if it were "
		    "started again: the line proc.failed above says why, and "
		    "what to do", c->role->name);
		end_all(m);
		return;
	}
	if (served && lived >= LIVED_MS)
		c->pause = 0;
	if (c->pause == 0) {
		c->pause = PAUSE_FIRST_MS;
		on_again(c);
		return;
	}
	write_pids(m);
	ev_timer_set(c->again, c->pause);
	c->pause = c->pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : c->pause * 2;
}

static void
on_child(void *arg, int signo)
{
	struct monitor	*m = arg;
	pid_t		 pid;
	size_t		 i;
	int		 status;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < m->nc; i++)
			if (m->c[i].pid == pid) {
				buried(&m->c[i], status);
				break;
			}
}

/* ---- the whole */

static int
plan_children(struct monitor *m, struct err *e)
{
	const struct proc_plan	*p = m->plan;
	struct child		*c;
	unsigned		 n;
	size_t			 i;

	for (i = 0; i < p->nroles; i++)
		for (n = 0; n < p->roles[i].count; n++) {
			if (m->nc == LIMIT_PROC)
				return err_set(e, ERR_INVAL,
				    "more than %d processes", LIMIT_PROC);
			if (strlen(p->roles[i].name) >= CTL_ROLE_MAX)
				return err_set(e, ERR_INVAL, "role %s: name "
				    "too long", p->roles[i].name);
			c = &m->c[m->nc++];
			c->m = m;
			c->role = &p->roles[i];
			c->n = n;
			c->pid = -1;
			c->ctl = -1;
			c->again = ev_timer_new(m->ev, on_again, c);
		}
	return 0;
}

int
proc_monitor(const struct proc_plan *plan, struct err *e)
{
	struct monitor	*m = xcalloc(1, sizeof(*m));
	size_t		 i;
	int		 rc;

	m->plan = plan;
	m->e = e;
	m->ev = ev_new();
	m->kill = ev_timer_new(m->ev, on_kill, m);
	m->stage = ev_timer_new(m->ev, on_stage, m);
	if ((rc = plan_children(m, e)) != 0)
		goto out;
	(void)signal(SIGPIPE, SIG_IGN);
	ev_signal(m->ev, SIGTERM, on_end, m);
	ev_signal(m->ev, SIGINT, on_end, m);
	ev_signal(m->ev, SIGCHLD, on_child, m);
	if (plan->on_reload != NULL)
		ev_signal(m->ev, SIGHUP, on_reload, m);
	start_more(m);
	if ((rc = m->failed) == 0)
		rc = ev_run(m->ev, e);
	if (rc == 0)
		rc = m->failed;
	m->ended = true;
	write_pids(m);
out:
	for (i = 0; i < m->nc; i++) {
		if (m->c[i].pid != -1)
			(void)kill(m->c[i].pid, SIGKILL);
		if (m->c[i].io != NULL)
			ev_io_free(m->c[i].io);
		ev_timer_free(m->c[i].again);
	}
	ev_timer_free(m->kill);
	ev_timer_free(m->stage);
	ev_free(m->ev);
	free(m);
	return rc;
}
