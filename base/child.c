#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sanitize.h"

/* The child's side of base/proc.h. */

/* What the control socket's callback needs; one a process, for ever. */
struct control {
	struct ev			*ev;
	struct ev_io			*io;
	const struct proc_hooks		*hooks;
	void				*arg;
};

static void
dispatch(const struct proc_hooks *hooks, void *arg, const struct ctl *c,
    int fd)
{
	switch (c->kind) {
	case CTL_LINK:
		if (fd != -1 && hooks->on_link != NULL) {
			hooks->on_link(arg, c->role, c->n, fd);
			return;
		}
		break;
	case CTL_LISTEN:
		if (fd != -1 && hooks->on_listen != NULL) {
			hooks->on_listen(arg, c->n, fd);
			return;
		}
		break;
	case CTL_FILE:
		if (fd != -1 && hooks->on_file != NULL) {
			hooks->on_file(arg, c->n, fd);
			return;
		}
		break;
	case CTL_LOG:
		log_take_word(c->n);
		break;
	case CTL_STOP:
		if (hooks->on_stop != NULL)
			hooks->on_stop(arg);
		break;
	}
	if (fd != -1)
		(void)close(fd);	/* nobody wants it */
}

static void
on_control(void *arg, int what)
{
	struct control	*ct = arg;
	struct err	 e = ERR_INIT;
	struct ctl	 c;
	int		 fd, rc;

	(void)what;
	while ((rc = ctl_recv(PROC_CONTROL_FD, &c, &fd, &e)) == 0)
		dispatch(ct->hooks, ct->arg, &c, fd);
	if (rc != ERR_NOTFOUND) {
		/* The monitor is gone; nobody could restart or stop us. */
		ev_io_want(ct->io, 0);
		ev_stop(ct->ev);
	}
}

int
proc_child(struct ev *ev, const char *name, const struct proc_hooks *hooks,
    void *arg, struct err *e)
{
	const struct rlimit	 none = { 0, 0 };
	struct rlimit		 files;
	static struct control	 ct;

	if (prctl(PR_SET_NAME, name, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set_errno(e, ERR_IO, "process %s", name);
#if !SANITIZED
	/* One that was taken over must not read the keys of another. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set_errno(e, ERR_IO, "process %s", name);
#endif
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* A terminal's Ctrl-C goes to the whole group: the monitor decides. */
	if (signal(SIGTERM, SIG_IGN) == SIG_ERR ||
	    signal(SIGINT, SIG_IGN) == SIG_ERR ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_set_errno(e, ERR_IO, "process %s: signals", name);
	if (ev == NULL)
		return 0;
	ct.ev = ev;
	ct.hooks = hooks;
	ct.arg = arg;
	ct.io = ev_io_new(ev, PROC_CONTROL_FD, on_control, &ct);
	ev_io_want(ct.io, EV_IN);
	return 0;
}

void
proc_ready(void)
{
	const struct ctl	c = { .kind = CTL_READY };
	struct err		e = ERR_INIT;

	if (ctl_send(PROC_CONTROL_FD, &c, -1, &e) != 0)
		log_warning("proc.ready", "error=\"%s\"", e.text);
}

void
proc_helper(const char *name, pid_t pid)
{
	struct ctl	c = { .kind = CTL_HELPER, .n = (uint32_t)pid };
	struct err	e = ERR_INIT;

	strncpy(c.role, name, CTL_ROLE_MAX - 1);
	if (ctl_send(PROC_CONTROL_FD, &c, -1, &e) != 0)
		log_warning("proc.helper", "error=\"%s\"", e.text);
}

int
proc_control_wait(const struct proc_hooks *hooks, void *arg, int timeout_ms,
    struct err *e)
{
	struct pollfd	p = { .fd = PROC_CONTROL_FD, .events = POLLIN };
	struct ctl	c;
	int		fd, rc;

	if (poll(&p, 1, timeout_ms) <= 0)
		return err_set(e, ERR_NOTFOUND, "nothing on the control "
		    "socket");
	if ((rc = ctl_recv(PROC_CONTROL_FD, &c, &fd, e)) != 0)
		return rc;
	dispatch(hooks, arg, &c, fd);
	return 0;
}
