#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/sanitize.h"
#include "ca/key.h"
#include "registry/keep/import_child.h"
#include "registry/keep/import_peers.h"
#include "registry/keep/import_source.h"
#include "registry/sign.h"

#define LINK_FD		3	/* in the child */
#define FILE_FD		4
#define READER_MEMORY	(256u << 20)

/*
 * Fork.  In the child (*is_child) the link is LINK_FD, keep (-1: none) is
 * FILE_FD, and nothing else is open but the standard descriptors.
 */
static int
child_fork(int keep, struct import_child *ch, bool *is_child, struct err *e)
{
	pid_t	parent = getpid();
	int	sv[2];

	*is_child = false;
	ch->pid = 0;
	ch->link = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return err_set_errno(e, ERR_IO, "import: socketpair");
	if ((ch->pid = fork()) == -1) {
		ch->pid = 0;
		(void)close(sv[0]);
		(void)close(sv[1]);
		return err_set_errno(e, ERR_IO, "import: fork");
	}
	if (ch->pid != 0) {
		(void)close(sv[1]);
		ch->link = sv[0];
		return 0;
	}
	*is_child = true;
	/* It dies with its parent, also if that has died already. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != parent)
		_exit(1);
	/* Up and down again: neither may overwrite the other. */
	if ((sv[1] = fcntl(sv[1], F_DUPFD, 10)) == -1 ||
	    (keep != -1 && ((keep = fcntl(keep, F_DUPFD, 10)) == -1 ||
	    dup2(keep, FILE_FD) == -1)) || dup2(sv[1], LINK_FD) == -1)
		_exit(1);
	if (close_range(keep != -1 ? FILE_FD + 1 : LINK_FD + 1, ~0U, 0) == -1)
		_exit(1);
	return 0;
}

/* Octets from strangers are parsed here: nothing but the two descriptors. */
static int
confine(struct err *e)
{
	const struct rlimit	 as = { READER_MEMORY, READER_MEMORY };
	const struct rlimit	 none = { 0, 0 };
	const struct sandbox	 sb = { .calls = CALLS_PLAIN };
	const char		*missing;
	int			 rc;

	(void)unshare(CLONE_NEWNET);	/* root's privilege only */
	if ((!SANITIZED && setrlimit(RLIMIT_AS, &as) == -1) ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		return err_set_errno(e, ERR_IO, "import: limits");
	if ((rc = sandbox_enter(&sb, &missing, e)) == 0)
		sandbox_say("import-reader", missing);
	return rc;
}

int
import_child_reader(int fd, struct import_child *ch, struct err *e)
{
	bool	is_child;
	int	rc;

	if ((rc = child_fork(fd, ch, &is_child, e)) != 0 || !is_child)
		return rc;
	if (confine(e) != 0) {
		log_error("import.reader", "code=%s \"%s\"", e->id, e->text);
		_exit(1);
	}
	import_source_serve(FILE_FD, LINK_FD);
	_exit(0);
}

int
import_child_key(const char *dir, struct import_child *ch, struct err *e)
{
	bool	is_child;
	int	rc;

	if ((rc = child_fork(-1, ch, &is_child, e)) != 0 || !is_child)
		return rc;
	_exit(proc_key_for(dir, registry_sign_types, "recorder", LINK_FD,
	    e) == 0 ? 0 : 1);
}

int
import_child_peers(const struct trust *t, const char *province,
    struct import_child *ch, struct err *e)
{
	bool	is_child;
	int	rc;

	if ((rc = child_fork(-1, ch, &is_child, e)) != 0 || !is_child)
		return rc;
	import_peers_serve(t, province, LINK_FD);
	_exit(0);
}

void
import_child_end(struct import_child *ch)
{
	int	status;

	if (ch->link > -1)
		(void)close(ch->link);
	if (ch->pid > 0)
		while (waitpid(ch->pid, &status, 0) == -1 && errno == EINTR)
			;
	ch->link = -1;
	ch->pid = 0;
}
