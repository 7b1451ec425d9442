#include "base/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/* The kinds, for the columns below. */
#define ALL	(~0u)
#define PLAIN	CALLS_PLAIN
#define LOOP	CALLS_LOOP
#define FILES	(CALLS_READ | CALLS_WRITE)
#define READ	CALLS_READ
#define WRITE	CALLS_WRITE
#define NET	(CALLS_ACCEPT | CALLS_CONNECT)
#define THREADS	(CALLS_CONNECT | CALLS_LOCAL | CALLS_DEVICE)

#define ARGS_MAX	2

/*
 * A row holds for who keeps one of the kinds in with and none of those in
 * but.  err 0: allowed; else what the call says.  The conditions on
 * arguments must all hold.
 */
struct rule {
	int			nr;
	unsigned		with, but;
	int			err;
	unsigned		nargs;
	struct scmp_arg_cmp	arg[ARGS_MAX];
};

#define IS(i, v)	{ (i), SCMP_CMP_EQ, (v), 0 }
#define HAS(i, bits)	{ (i), SCMP_CMP_MASKED_EQ, (bits), (bits) }
#define LACKS(i, bits)	{ (i), SCMP_CMP_MASKED_EQ, (bits), 0 }
#define MASK(i, m, v)	{ (i), SCMP_CMP_MASKED_EQ, (m), (v) }

#define MAY(call, kinds)	{ SCMP_SYS(call), (kinds), 0, 0, 0, { { 0 } } }
#define MAY1(call, kinds, a)	{ SCMP_SYS(call), (kinds), 0, 0, 1, { a } }
#define MAY2(call, kinds, a, b)	{ SCMP_SYS(call), (kinds), 0, 0, 2, { a, b } }
#define NOT(call, no)		{ SCMP_SYS(call), ALL, 0, no, 0, { { 0 } } }
/* Refused, but to who keeps one of the kinds. */
#define NOT_BUT(call, kinds, no) \
	{ SCMP_SYS(call), ALL, (kinds), no, 0, { { 0 } } }
#define NOT1(call, kinds, no, a) \
	{ SCMP_SYS(call), (kinds), 0, no, 1, { a } }

#define NEW_SPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			 CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			 CLONE_NEWNET)
#define A_THREAD	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

static const struct rule	rules[] = {
	/* Memory; nothing that could be run is ever made. */
	MAY(brk, PLAIN), MAY(munmap, PLAIN), MAY(mremap, PLAIN),
	MAY(madvise, PLAIN),
	MAY1(mmap, PLAIN, LACKS(2, PROT_EXEC)),
	NOT1(mmap, PLAIN, EACCES, HAS(2, PROT_EXEC)),
	MAY1(mprotect, PLAIN, LACKS(2, PROT_EXEC)),
	NOT1(mprotect, PLAIN, EACCES, HAS(2, PROT_EXEC)),

	/* Time, chance, itself. */
	MAY(clock_gettime, PLAIN), MAY(clock_getres, PLAIN),
	MAY(gettimeofday, PLAIN), MAY(time, PLAIN), MAY(times, PLAIN),
	MAY(nanosleep, PLAIN), MAY(clock_nanosleep, PLAIN),
	MAY(getrandom, PLAIN), MAY(uname, PLAIN), MAY(sysinfo, PLAIN),
	MAY(getpid, PLAIN), MAY(getppid, PLAIN), MAY(gettid, PLAIN),
	MAY(getuid, PLAIN), MAY(geteuid, PLAIN), MAY(getgid, PLAIN),
	MAY(getegid, PLAIN), MAY(getrusage, PLAIN), MAY(getcpu, PLAIN),
	MAY(sched_yield, PLAIN), MAY(sched_getaffinity, PLAIN),
	MAY2(prlimit64, PLAIN, IS(0, 0), IS(2, 0)),	/* ask, not set */
	MAY(futex, PLAIN), MAY(set_robust_list, PLAIN), MAY(rseq, PLAIN),
	MAY(rt_sigaction, PLAIN), MAY(rt_sigprocmask, PLAIN),
	MAY(rt_sigreturn, PLAIN), MAY(sigaltstack, PLAIN),
	MAY(restart_syscall, PLAIN), MAY(exit, PLAIN), MAY(exit_group, PLAIN),
	MAY(setitimer, CALLS_CLOCK),
	MAY(adjtimex, CALLS_NTP), MAY(clock_adjtime, CALLS_NTP),

	/* Octets and messages through what is open. */
	MAY(read, PLAIN), MAY(readv, PLAIN), MAY(write, PLAIN),
	MAY(writev, PLAIN), MAY(close, PLAIN), MAY(lseek, PLAIN),
	MAY(poll, PLAIN), MAY(ppoll, PLAIN), MAY(recvmsg, PLAIN),
	MAY(sendmsg, PLAIN), MAY(recvfrom, PLAIN), MAY(shutdown, PLAIN),
	MAY1(sendto, PLAIN, IS(4, 0)),			/* to whom it is connected */
	MAY(fstat, PLAIN),
	MAY1(newfstatat, PLAIN, HAS(3, AT_EMPTY_PATH)),	/* fstat(3) */
	MAY1(fcntl, PLAIN, IS(1, F_GETFD)), MAY1(fcntl, PLAIN, IS(1, F_SETFD)),
	MAY1(fcntl, PLAIN, IS(1, F_GETFL)), MAY1(fcntl, PLAIN, IS(1, F_SETFL)),
	MAY1(fcntl, PLAIN, IS(1, F_DUPFD_CLOEXEC)),
	MAY1(fcntl, PLAIN, IS(1, F_GET_SEALS)),
	MAY1(ioctl, PLAIN, IS(1, FIONREAD)), MAY1(ioctl, PLAIN, IS(1, FIONBIO)),
	NOT1(ioctl, PLAIN, ENOTTY, IS(1, TCGETS)),	/* isatty(3) */

	/* An event loop. */
	MAY(epoll_create1, LOOP), MAY(epoll_ctl, LOOP), MAY(epoll_wait, LOOP),
	MAY(epoll_pwait, LOOP), MAY(epoll_pwait2, LOOP),

	/* Files.  Who keeps none may look for one in vain. */
	MAY(openat, WRITE),
	{ SCMP_SYS(openat), READ, WRITE, 0, 1,
	    { LACKS(2, O_ACCMODE | O_CREAT | O_TRUNC) } },
	{ SCMP_SYS(openat), READ, WRITE, EACCES, 1, { HAS(2, O_WRONLY) } },
	{ SCMP_SYS(openat), READ, WRITE, EACCES, 1, { HAS(2, O_RDWR) } },
	{ SCMP_SYS(openat), READ, WRITE, EACCES, 1, { HAS(2, O_CREAT) } },
	{ SCMP_SYS(openat), READ, WRITE, EACCES, 1, { HAS(2, O_TRUNC) } },
	NOT_BUT(openat, FILES, EACCES), NOT(open, EACCES), NOT(creat, EACCES),
	MAY(newfstatat, FILES),
	{ SCMP_SYS(newfstatat), ALL, FILES, EACCES, 1,
	    { LACKS(3, AT_EMPTY_PATH) } },
	MAY(stat, FILES), NOT_BUT(stat, FILES, EACCES),
	MAY(lstat, FILES), NOT_BUT(lstat, FILES, EACCES),
	MAY(statx, FILES), NOT_BUT(statx, FILES, EACCES),
	MAY(access, FILES), NOT_BUT(access, FILES, EACCES),
	MAY(faccessat, FILES), NOT_BUT(faccessat, FILES, EACCES),
	MAY(faccessat2, FILES), NOT_BUT(faccessat2, FILES, EACCES),
	MAY(readlink, FILES), NOT_BUT(readlink, FILES, EACCES),
	MAY(readlinkat, FILES), NOT_BUT(readlinkat, FILES, EACCES),
	MAY(getcwd, FILES), NOT_BUT(getcwd, FILES, EACCES),
	MAY(fstatfs, FILES), MAY(getdents64, FILES), MAY(pread64, FILES),
	MAY(preadv, FILES), MAY(fadvise64, FILES),
	MAY1(fcntl, FILES, IS(1, F_GETLK)), MAY1(fcntl, FILES, IS(1, F_SETLK)),
	MAY1(fcntl, FILES, IS(1, F_SETLKW)),
	MAY1(fcntl, FILES, IS(1, F_OFD_GETLK)),
	MAY1(fcntl, FILES, IS(1, F_OFD_SETLK)),
	MAY1(fcntl, FILES, IS(1, F_OFD_SETLKW)),
	MAY(pwrite64, WRITE), MAY(pwritev, WRITE), MAY(ftruncate, WRITE),
	MAY(fallocate, WRITE), MAY(fsync, WRITE), MAY(fdatasync, WRITE),
	NOT(unlink, EACCES), NOT(unlinkat, EACCES), NOT(rename, EACCES),
	NOT(renameat, EACCES), NOT(renameat2, EACCES), NOT(mkdir, EACCES),
	NOT(mkdirat, EACCES), NOT(rmdir, EACCES), NOT(link, EACCES),
	NOT(linkat, EACCES), NOT(symlink, EACCES), NOT(symlinkat, EACCES),
	NOT(chmod, EACCES), NOT(fchmodat, EACCES), NOT(fchmod, EPERM),
	NOT(chown, EACCES), NOT(fchownat, EACCES), NOT(fchown, EPERM),
	NOT(truncate, EACCES), NOT(chdir, EACCES), NOT(statfs, EACCES),
	NOT(utimensat, EACCES),
	MAY(memfd_create, CALLS_INPUT),
	MAY1(fcntl, CALLS_INPUT, IS(1, F_ADD_SEALS)),

	/* Network. */
	MAY(accept4, CALLS_ACCEPT), MAY(accept, CALLS_ACCEPT),
	MAY(getsockname, NET), MAY(getpeername, NET),
	MAY1(getsockopt, NET, IS(1, SOL_SOCKET)),
	MAY1(getsockopt, NET, IS(1, IPPROTO_TCP)),
	MAY2(setsockopt, NET, IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE)),
	MAY2(setsockopt, NET, IS(1, SOL_SOCKET), IS(2, SO_LINGER)),
	MAY2(setsockopt, NET, IS(1, SOL_SOCKET), IS(2, SO_SNDBUF)),
	MAY2(setsockopt, NET, IS(1, SOL_SOCKET), IS(2, SO_RCVBUF)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_CORK)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPIDLE)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPINTVL)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPCNT)),
	MAY2(setsockopt, NET, IS(1, IPPROTO_TCP), IS(2, TCP_USER_TIMEOUT)),
	/* glibc's resolver wants to hear of ports that are closed. */
	MAY2(setsockopt, CALLS_CONNECT, IS(1, IPPROTO_IP), IS(2, IP_RECVERR)),
	MAY2(setsockopt, CALLS_CONNECT, IS(1, IPPROTO_IPV6),
	    IS(2, IPV6_RECVERR)),
	MAY2(socket, CALLS_CONNECT, IS(0, AF_INET), MASK(1, 0xf, SOCK_STREAM)),
	MAY2(socket, CALLS_CONNECT, IS(0, AF_INET), MASK(1, 0xf, SOCK_DGRAM)),
	MAY2(socket, CALLS_CONNECT, IS(0, AF_INET6),
	    MASK(1, 0xf, SOCK_STREAM)),
	MAY2(socket, CALLS_CONNECT, IS(0, AF_INET6), MASK(1, 0xf, SOCK_DGRAM)),
	/* getaddrinfo(3) asks nscd and the list of interfaces; not here. */
	{ SCMP_SYS(socket), CALLS_CONNECT, CALLS_LOCAL, EACCES, 1,
	    { IS(0, AF_UNIX) } },
	{ SCMP_SYS(socket), CALLS_CONNECT, CALLS_DEVICE, EACCES, 1,
	    { IS(0, AF_NETLINK) } },
	MAY(connect, CALLS_CONNECT | CALLS_LOCAL),
	MAY(sendmmsg, CALLS_CONNECT),
	MAY1(socketpair, CALLS_CONNECT, IS(0, AF_UNIX)),
	/* A thread, never a process; clone3's flags cannot be seen. */
	MAY1(clone, THREADS, MASK(0, A_THREAD | NEW_SPACES, A_THREAD)),
	{ SCMP_SYS(clone3), THREADS, 0, ENOSYS, 0, { { 0 } } },

	/* What a token hangs on: a daemon's socket, or a device of its own,
	 * whose coming and going the kernel tells by netlink. */
	MAY1(socket, CALLS_LOCAL, IS(0, AF_UNIX)),
	MAY1(socket, CALLS_DEVICE, IS(0, AF_NETLINK)),
	MAY(bind, CALLS_DEVICE), MAY(ioctl, CALLS_DEVICE),
	MAY(eventfd2, CALLS_LOCAL | CALLS_DEVICE),
	MAY(pipe2, CALLS_LOCAL | CALLS_DEVICE),
	MAY(timerfd_create, CALLS_DEVICE), MAY(timerfd_settime, CALLS_DEVICE),
};

/* What no process of ours asks: the first calls of many an attack. */
static const int	never[] = {
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(personality),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
	SCMP_SYS(setns), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(fanotify_init),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct),
	SCMP_SYS(quotactl), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt), SCMP_SYS(syslog), SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname), SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(keyctl), SCMP_SYS(vhangup), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(uselib), SCMP_SYS(nfsservctl),
	SCMP_SYS(lookup_dcookie), SCMP_SYS(move_pages),
	SCMP_SYS(migrate_pages)
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))
#define ENDING	(CALLS_LOG_ONLY ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS)

bool
calls_supported(void)
{
	const uint32_t	action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int
refused(struct err *e, const char *what, int nr, int rc)
{

	return err_set(e, ERR_IO, "system calls: %s (call %d, error %d)", what,
	    nr, -rc);
}

static int
add(scmp_filter_ctx ctx, const struct rule *r, struct err *e)
{
	uint32_t	act = SCMP_ACT_ALLOW;
	int		rc;

	if (r->err != 0)
		act = SCMP_ACT_ERRNO((uint32_t)r->err);
	if ((rc = seccomp_rule_add_array(ctx, act, r->nr, r->nargs,
	    r->arg)) != 0)
		return refused(e, "a rule is not taken", r->nr, rc);
	return 0;
}

/* Signals to itself: abort(3) and raise(3). */
static int
add_self(scmp_filter_ctx ctx, struct err *e)
{
	const struct rule	r = { SCMP_SYS(tgkill), PLAIN, 0, 0, 1,
				    { IS(0, (scmp_datum_t)getpid()) } };

	return add(ctx, &r, e);
}

static int
load(scmp_filter_ctx ctx, struct err *e)
{
	int	rc;

	/* A tree instead of a list: these filters stand in every request. */
	if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0 ||
	    (rc = seccomp_load(ctx)) != 0)
		return refused(e, "the filter is not taken", -1, rc);
	return 0;
}

int
calls_keep(unsigned kinds, struct err *e)
{
	const struct rule	*r;
	scmp_filter_ctx		 ctx;
	int			 rc;

	kinds |= CALLS_PLAIN;
	if ((ctx = seccomp_init(ENDING)) == NULL)
		return err_set(e, ERR_IO, "system calls: no filter");
	for (r = rules; r < rules + N(rules); r++) {
		if ((r->with & kinds) == 0 || (r->but & kinds) != 0 ||
		    (CALLS_LOG_ONLY && r->err != 0))
			continue;
		if ((rc = add(ctx, r, e)) != 0)
			goto out;
	}
	if ((rc = add_self(ctx, e)) != 0 || (rc = load(ctx, e)) != 0)
		goto out;

	rc = 0;
out:
	seccomp_release(ctx);
	return rc;
}

static int
deny(scmp_filter_ctx ctx, int nr, const struct scmp_arg_cmp *arg,
    struct err *e)
{
	int	rc;

	if ((rc = seccomp_rule_add_array(ctx, ENDING, nr, arg != NULL,
	    arg)) != 0)
		return refused(e, "a rule is not taken", nr, rc);
	return 0;
}

int
calls_keep_common(struct err *e)
{
	static const uint64_t	spaces[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET
	};
	/* A jail takes a network of its own. */
	static const struct scmp_arg_cmp other = { 0, SCMP_CMP_NE,
						CLONE_NEWNET, 0 };
	struct scmp_arg_cmp	has;
	scmp_filter_ctx		ctx;
	size_t			i;
	int			rc;

	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		return err_set(e, ERR_IO, "system calls: no filter");
	for (i = 0; i < N(never); i++)
		if ((rc = deny(ctx, never[i], NULL, e)) != 0)
			goto out;
	for (i = 0; i < N(spaces); i++) {
		has = (struct scmp_arg_cmp)HAS(0, spaces[i]);
		if ((rc = deny(ctx, SCMP_SYS(clone), &has, e)) != 0)
			goto out;
	}
	if ((rc = deny(ctx, SCMP_SYS(unshare), &other, e)) != 0)
		goto out;
	/* Its flags stand where a filter cannot read; glibc has clone. */
	if ((rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0, NULL)) != 0) {
		rc = refused(e, "a rule is not taken", SCMP_SYS(clone3), rc);
		goto out;
	}
	if ((rc = load(ctx, e)) != 0)
		goto out;

	rc = 0;
out:
	seccomp_release(ctx);
	return rc;
}
