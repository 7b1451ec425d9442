#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "registry/confine.h"

/*
 * Every process tries every act that is forbidden to one of them, each in a
 * child of its own that entered by the row which the process itself uses.
 * docs/processes.md has this table in words.
 */

static char		dir[64];
static struct config	cf;
static char		own[] = "44", other[] = "33";
static struct trust_province provinces[] = {
	{ .province = other }, { .province = own }
};
static const struct trust trust = {
	.provinces = provinces, .nprovinces = 2
};

/* Open before entering, as a process that is taken over may have them. */
static int	plain_fd, unbound, unnamed, listening, peer[2], folder, image;

/* ---- acts: 0, or the errno; the kernel may end the child instead */

#define TRY(call)	((call) == -1 ? errno : 0)

static int
open_in(const char *name, int flags)
{
	char	path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return TRY(open(path, flags, 0600));
}

static int
in_dir(const char *name, int (*fn)(const char *))
{
	char	path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return TRY(fn(path));
}

static int	key_read(void) { return open_in("keys/own.pem", O_RDONLY); }
static int	key_list(void) { return open_in("keys", O_RDONLY); }
static int	dir_list(void) { return open_in(".", O_RDONLY); }
static int	own_read(void) { return open_in("province.db", O_RDONLY); }
static int	own_write(void) { return open_in("province.db", O_RDWR); }
static int	own_cut(void)
		{ return open_in("province.db", O_WRONLY | O_TRUNC); }
static int	wal_write(void) { return open_in("province.db-wal", O_RDWR); }
static int	peer_read(void) { return open_in("peer-33.db", O_RDONLY); }
static int	peer_write(void) { return open_in("peer-33.db", O_RDWR); }
static int	other_read(void) { return open_in("peer-51.db", O_RDONLY); }
static int	make_file(void) { return open_in("new", O_RDWR | O_CREAT); }
static int	remove_db(void) { return in_dir("province.db", unlink); }
static int	at_folder(void)
		{ return TRY(openat(folder, "keys/own.pem", O_RDONLY)); }

static int
rename_db(void)
{
	char	a[128], b[128];

	(void)snprintf(a, sizeof(a), "%s/province.db", dir);
	(void)snprintf(b, sizeof(b), "%s/gone", dir);
	return TRY(rename(a, b));
}

static int
open_up(void)
{
	char	path[128];

	(void)snprintf(path, sizeof(path), "%s/province.db", dir);
	return TRY(chmod(path, 0666));
}

static int
cut_by_name(void)
{
	char	path[128];

	(void)snprintf(path, sizeof(path), "%s/province.db", dir);
	return TRY(truncate(path, 0));
}

static int	passwd(void) { return TRY(open("/etc/passwd", O_RDONLY)); }
static int	own_memory(void) { return TRY(open("/proc/self/mem", O_RDWR)); }
static int	write_at(void) { return TRY(pwrite(plain_fd, "x", 1, 0)); }
static int	cut(void) { return TRY(ftruncate(plain_fd, 1)); }
static int	sync_file(void) { return TRY(fdatasync(plain_fd)); }
static int	make_input(void) { return TRY(memfd_create("i", 0)); }

static int	inet(void) { return TRY(socket(AF_INET, SOCK_STREAM, 0)); }
static int	inet_udp(void) { return TRY(socket(AF_INET, SOCK_DGRAM, 0)); }
static int	unix_sock(void) { return TRY(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int	netlink(void) { return TRY(socket(AF_NETLINK, SOCK_RAW, 0)); }
static int	raw(void) { return TRY(socket(AF_INET, SOCK_RAW, 1)); }
static int	packet(void) { return TRY(socket(AF_PACKET, SOCK_RAW, 0)); }

static int
connect_out(void)
{
	const struct sockaddr_in	to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) }
	};

	/* That nobody listens there is told by who may ask. */
	if (connect(unbound, (const void *)&to, sizeof(to)) == 0 ||
	    errno == ECONNREFUSED || errno == EINPROGRESS)
		return 0;
	return errno;
}

static int
bind_port(void)
{
	const struct sockaddr_in	to = { .sin_family = AF_INET };

	return TRY(bind(unnamed, (const void *)&to, sizeof(to)));
}

static int	listen_on(void) { return TRY(listen(listening, 1)); }

static int
accept_one(void)
{
	return accept4(listening, NULL, NULL, SOCK_NONBLOCK) != -1 ||
	    errno == EAGAIN ? 0 : errno;
}

static int
send_to(void)
{
	const struct sockaddr_in	to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) }
	};

	(void)sendto(unbound, "x", 1, MSG_NOSIGNAL, (const void *)&to,
	    sizeof(to));
	return 0;
}

static int
mark(void)
{
	int	one = 1;

	return TRY(setsockopt(peer[0], SOL_SOCKET, SO_MARK, &one,
	    sizeof(one)));
}

static int
borrow_owner(void)
{
	return TRY(fcntl(peer[0], F_SETOWN, getppid()));
}

static int	speak(void) { return TRY(send(peer[0], "x", 1, 0)); }

static int
type_ahead(void)
{
	(void)ioctl(0, TIOCSTI, "x");
	return 0;
}

static int
new_process(void)
{
	pid_t	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return TRY(pid);
}

static int
new_process3(void)
{
	uint64_t	args[11] = { 0 };

	args[4] = SIGCHLD;
	switch (syscall(SYS_clone3, args, sizeof(args))) {
	case 0:
		_exit(0);
	case -1:
		return errno;
	}
	return 0;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
thread(void)
{
	pthread_t	t;
	int		rc;

	if ((rc = pthread_create(&t, NULL, nothing, NULL)) == 0)
		rc = pthread_join(t, NULL);
	return rc;
}

static void *
look_up(void *arg)
{
	struct addrinfo	*ai = NULL;

	*(int *)arg = getaddrinfo("localhost", "80", NULL, &ai);
	if (ai != NULL)
		freeaddrinfo(ai);
	return arg;
}

/* As libcurl does it. */
static int
resolve(void)
{
	pthread_t	t;
	int		rc = -1, sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return errno;
	if (pthread_create(&t, NULL, look_up, &rc) != 0 ||
	    pthread_join(t, NULL) != 0)
		return EAGAIN;
	/* A machine without that file knows no name; it was free to look. */
	return rc == 0 || (access("/etc/hosts", F_OK) == -1 &&
	    errno == ENOENT) ? 0 : ENOENT;
}

static int
run(void)
{
	const char *const	argv[] = { "true", NULL };

	return TRY(execve("/bin/true", (char *const *)(uintptr_t)argv, NULL));
}

static int
run_image(void)
{
	const char *const	argv[] = { "x", NULL };

	return TRY((int)syscall(SYS_execveat, image, "", argv, NULL,
	    AT_EMPTY_PATH));
}

static int
code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int
code_later(void)
{
	void	*p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS, -1, 0);

	return TRY(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int	kill_parent(void) { return TRY(kill(getppid(), 0)); }
static int	kill_thread(void)
		{ return TRY((int)syscall(SYS_tgkill, getppid(), getppid(), 0)); }
static int	raise_own(void)
		{ return TRY((int)syscall(SYS_tgkill, getpid(), gettid(), 0)); }
static int	queue(void)
		{ return TRY((int)syscall(SYS_rt_sigqueueinfo, getppid(), 0, 0)); }
static int	pidfd(void)
		{ return TRY((int)syscall(SYS_pidfd_open, getppid(), 0)); }

/* What nobody may; without a filter most fail for their senseless arguments. */
#define CALL(name, ...) \
	static int try_##name(void) \
	{ return TRY((int)syscall(SYS_##name, __VA_ARGS__)); }
CALL(ptrace, PTRACE_ATTACH, 0, 0, 0)
CALL(process_vm_readv, 0, NULL, 0, NULL, 0, 0)
CALL(process_vm_writev, 0, NULL, 0, NULL, 0, 0)
CALL(pidfd_getfd, -1, 0, 0)
CALL(kcmp, 0, 0, 0, 0, 0)
CALL(mount, NULL, NULL, NULL, 0, NULL)
CALL(umount2, "", 0)
CALL(pivot_root, "", "")
CALL(chroot, "")
CALL(setns, -1, 0)
CALL(unshare, CLONE_NEWUSER)
CALL(bpf, -1, NULL, 0)
CALL(io_uring_setup, 0, NULL)
CALL(io_uring_enter, -1, 0, 0, 0, NULL, 0)
CALL(perf_event_open, NULL, 0, 0, 0, 0)
CALL(userfaultfd, -1)
CALL(personality, 0xffffffff)
CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)
CALL(add_key, "", "", NULL, 0, 0)
CALL(init_module, NULL, 0, "")
CALL(finit_module, -1, "", 0)
CALL(kexec_load, 0, -1, NULL, -1)
CALL(reboot, 0, 0, 0, NULL)
CALL(settimeofday, 1, NULL)
CALL(open_by_handle_at, -1, NULL, 0)
CALL(iopl, 99)
CALL(swapon, "", 0)
#undef CALL

static int
new_space(void)
{
	return TRY((int)syscall(SYS_clone, CLONE_NEWNET | CLONE_NEWUSER |
	    CLONE_FS, 0, 0, 0, 0));
}

static int
thread_space(void)
{
	/* A thread in a network of its own: a flag too many, no stack. */
	return TRY((int)syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND |
	    CLONE_THREAD | CLONE_NEWNET | CLONE_NEWUSER, 0, 0, 0, 0));
}

/* 0: it answered, whatever it said. */
static int
clock_call(unsigned modes)
{
	struct timex	tx = { .modes = modes };

	return adjtimex(&tx) == -1 ? errno : 0;
}

static int	ask_clock(void) { return clock_call(0); }
/* Senseless where it is allowed: a tick of no length. */
static int	set_clock(void) { return clock_call(ADJ_TICK); }

static int	become_root(void) { return TRY((int)syscall(SYS_setuid, 0)); }
static int	show_memory(void)
		{ return TRY(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }

static int
lift_limit(void)
{
	const struct rlimit	r = { 0, 0 };

	return TRY(setrlimit(RLIMIT_CORE, &r));
}

static int	ask_limit(void)
		{ struct rlimit r; return TRY(getrlimit(RLIMIT_CORE, &r)); }

/* ---- the table */

enum { KEY, JAIL, RECORDER, SYNC, HTTP, MONITOR, ROLES };

static const char *const roles[ROLES] = {
	"key", "jail", "recorder", "sync", "http", "monitor"
};

/*
 * A letter a role, in their order.  y: may; a: EACCES; p: EPERM; n: ENOSYS;
 * x: the process is ended; -: the act is that of others.  alone: what the act
 * says where nothing is confined, so that a refusal is the sandbox's.
 */
#define ANY	-1	/* whatever the kernel thinks of senseless arguments */

static const struct act {
	const char	*what;
	int		(*fn)(void);
	int		 alone;
	const char	*said;
} acts[] = {
	{ "read a key",			key_read,	0,	"aaaaa-" },
	{ "list the keys",		key_list,	0,	"aaaaa-" },
	{ "list the data folder",	dir_list,	0,	"aaaaa-" },
	{ "reach a key by a folder",	at_folder,	0,	"aaaaa-" },
	{ "read province.db",		own_read,	0,	"aayay-" },
	{ "write province.db",		own_write,	0,	"aayaa-" },
	{ "cut province.db",		own_cut,	0,	"aayaa-" },
	{ "write its WAL",		wal_write,	0,	"aayaa-" },
	{ "read peer-33.db",		peer_read,	0,	"aaayy-" },
	{ "write peer-33.db",		peer_write,	0,	"aaaya-" },
	{ "read a database of nobody",	other_read,	0,	"aaaaa-" },
	{ "make a file",		make_file,	0,	"aaaaa-" },
	{ "remove province.db",		remove_db,	0,	"aaaaa-" },
	{ "rename province.db",		rename_db,	0,	"aaaaa-" },
	{ "open it to everybody",	open_up,	0,	"aaaaa-" },
	{ "cut it by its name",		cut_by_name,	0,	"aaaaa-" },
	{ "open /etc/passwd",		passwd,		0,	"aaaaa-" },
	{ "open its own memory",	own_memory,	0,	"aaaaa-" },
	{ "write at a place",		write_at,	0,	"xxyyx-" },
	{ "cut an open file",		cut,		0,	"xxyyx-" },
	{ "force to disk",		sync_file,	0,	"xxyyx-" },
	{ "make a large input",		make_input,	0,	"xxyxy-" },
	{ "make a TCP socket",		inet,		0,	"xxxyx-" },
	{ "make a UDP socket",		inet_udp,	0,	"xxxyx-" },
	{ "make a Unix socket",		unix_sock,	0,	"xxxax-" },
	{ "make a netlink socket",	netlink,	0,	"xxxax-" },
	{ "make a raw socket",		raw,		ANY,	"xxxxx-" },
	{ "make a packet socket",	packet,		ANY,	"xxxxx-" },
	{ "connect",			connect_out,	0,	"xxxyx-" },
	{ "bind",			bind_port,	0,	"xxxxx-" },
	{ "listen",			listen_on,	0,	"xxxxx-" },
	{ "accept",			accept_one,	0,	"xxxxy-" },
	{ "send to an address",		send_to,	0,	"xxxxx-" },
	{ "mark what it sends",		mark,		ANY,	"xxxxx-" },
	{ "have others signalled",	borrow_owner,	0,	"xxxxx-" },
	{ "type into the terminal",	type_ahead,	ANY,	"xxxxx-" },
	{ "answer on a link",		speak,		0,	"yyyyyy" },
	{ "start a process",		new_process,	0,	"xxxxxy" },
	{ "start one by clone3",	new_process3,	0,	"xxxnxn" },
	{ "start a thread",		thread,		0,	"xxxyxy" },
	{ "resolve a name",		resolve,	0,	"xxxyx-" },
	{ "run a program",		run,		0,	"xxxxxy" },
	{ "run one from memory",	run_image,	0,	"xxxxx-" },
	{ "make code",			code,		0,	"aaaaa-" },
	{ "turn data into code",	code_later,	0,	"aaaaa-" },
	{ "signal the monitor",		kill_parent,	0,	"xxxxx-" },
	{ "signal its thread",		kill_thread,	0,	"xxxxx-" },
	{ "signal itself",		raise_own,	0,	"yyyyyy" },
	{ "queue a signal",		queue,		ANY,	"xxxxx-" },
	{ "hold another process",	pidfd,		0,	"xxxxx-" },
	{ "become another user",	become_root,	ANY,	"xxxxx-" },
	{ "show its memory again",	show_memory,	0,	"xxxxx-" },
	{ "set a limit",		lift_limit,	0,	"xxxxx-" },
	{ "ask for a limit",		ask_limit,	0,	"yyyyyy" },
	{ "ptrace",			try_ptrace,	ANY,	"xxxxxx" },
	{ "process_vm_readv",	try_process_vm_readv,	ANY,	"xxxxxx" },
	{ "process_vm_writev",	try_process_vm_writev,	ANY,	"xxxxxx" },
	{ "pidfd_getfd",		try_pidfd_getfd, ANY,	"xxxxxx" },
	{ "kcmp",			try_kcmp,	ANY,	"xxxxxx" },
	{ "mount",			try_mount,	ANY,	"xxxxxx" },
	{ "umount2",			try_umount2,	ANY,	"xxxxxx" },
	{ "pivot_root",			try_pivot_root,	ANY,	"xxxxxx" },
	{ "chroot",			try_chroot,	ANY,	"xxxxxx" },
	{ "setns",			try_setns,	ANY,	"xxxxxx" },
	{ "unshare",			try_unshare,	ANY,	"xxxxxx" },
	{ "clone into name spaces",	new_space,	ANY,	"xxxxxx" },
	{ "a thread in one",		thread_space,	ANY,	"xxxxxx" },
	{ "bpf",			try_bpf,	ANY,	"xxxxxx" },
	{ "io_uring_setup",		try_io_uring_setup, ANY, "xxxxxx" },
	{ "io_uring_enter",		try_io_uring_enter, ANY, "xxxxxx" },
	{ "perf_event_open",		try_perf_event_open, ANY, "xxxxxx" },
	{ "userfaultfd",		try_userfaultfd, ANY,	"xxxxxx" },
	{ "personality",		try_personality, ANY,	"xxxxxx" },
	{ "keyctl",			try_keyctl,	ANY,	"xxxxxx" },
	{ "add_key",			try_add_key,	ANY,	"xxxxxx" },
	{ "init_module",		try_init_module, ANY,	"xxxxxx" },
	{ "finit_module",		try_finit_module, ANY,	"xxxxxx" },
	{ "kexec_load",			try_kexec_load,	ANY,	"xxxxxx" },
	{ "reboot",			try_reboot,	ANY,	"xxxxxx" },
	{ "settimeofday",		try_settimeofday, ANY,	"xxxxxx" },
	{ "ask whether the clock is synchronised", ask_clock, ANY, "xxyxxy" },
	/* EPERM: the call is there, the right to set a clock is not. */
	{ "set the clock",		set_clock,	ANY,	"xxpxxp" },
	{ "open_by_handle_at",	try_open_by_handle_at,	ANY,	"xxxxxx" },
	{ "iopl",			try_iopl,	ANY,	"xxxxxx" },
	{ "swapon",			try_swapon,	ANY,	"xxxxxx" },
};
#define NACTS	(sizeof(acts) / sizeof(acts[0]))

/* ---- running one */

#define NOT_IN	200	/* the child could not enter; no errno */

static void
put(const char *name)
{
	char	path[128];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_true(fputs("0123456789", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
put_files(void)
{
	static const char *const	names[] = {
		"keys/own.pem", "province.db", "province.db-wal",
		"province.db-shm", "peer-33.db", "peer-33.db-wal",
		"peer-33.db-shm", "peer-51.db"
	};
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(names[i]);
}

/* In the child: be the process.  role ROLES: nobody is confined. */
static void
enter(int role)
{
	const struct rlimit	none = { 0, 0 };
	const char		*missing = NULL;
	struct err		 e = ERR_INIT;

	(void)setrlimit(RLIMIT_CORE, &none);
	if (role == ROLES)
		return;
	/* A child of the monitor has both filters. */
	if (sandbox_enter_common(&missing, &e) != 0 || missing != NULL)
		_exit(NOT_IN);
	if (role != MONITOR && confine_enter(roles[role], &cf, &trust,
	    &e) != 0)
		_exit(NOT_IN);
}

/* -1: ended by the filter; else the errno, 0 for done. */
static int
attempt(int role, const struct act *a)
{
	pid_t	pid;
	int	status;

	put_files();
	if ((pid = fork()) == 0) {
		enter(role);
		_exit(a->fn());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return -1;
	}
	if (role != ROLES)
		assert_int_not_equal(WEXITSTATUS(status), NOT_IN);
	return WEXITSTATUS(status);
}

static int
wanted(char c)
{
	switch (c) {
	case 'y':
		return 0;
	case 'a':
		return EACCES;
	case 'p':
		return EPERM;
	case 'n':
		return ENOSYS;
	}
	assert_int_equal(c, 'x');
	return -1;
}

static void
try_all(void **state)
{
	const int	 role = *(const int *)*state;
	const struct act *a;
	unsigned	 wrong = 0;
	int		 got;

	if (CALLS_LOG_ONLY || sandbox_abi() == 0 || !sandbox_has_seccomp())
		skip();
	for (a = acts; a < acts + NACTS; a++) {
		if (a->said[role] == '-')
			continue;
		if ((got = attempt(role, a)) == wanted(a->said[role]))
			continue;
		print_error("%s, \"%s\": %s\n", roles[role], a->what,
		    got == -1 ? "ended" : strerror(got));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Nothing above is refused by the machine or by the act's own mistake. */
static void
test_alone(void **state)
{
	const struct act	*a;
	int			 got;

	(void)state;
	for (a = acts; a < acts + NACTS; a++) {
		assert_int_equal(strlen(a->said), ROLES);
		/* Those are not for trying out. */
		if (a->alone == ANY)
			continue;
		if ((got = attempt(ROLES, a)) != a->alone)
			fail_msg("%s, unconfined: %s", a->what, got == -1 ?
			    "ended" : strerror(got));
	}
}

static void
test_rows(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < MONITOR; i++)
		assert_string_equal(confine_rights(roles[i])->role, roles[i]);
	assert_null(confine_rights("monitor"));
	assert_null(confine_rights("nobody"));
}

/* ---- */

static int
setup(void **state)
{
	const struct sockaddr_in	any = { .sin_family = AF_INET };
	char				path[128];
	int				from;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-confine-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	cf.dir = dir;
	cf.province = own;
	put_files();
	put("inherited");
	(void)snprintf(path, sizeof(path), "%s/inherited", dir);
	plain_fd = open(path, O_RDWR);
	folder = open(dir, O_RDONLY | O_DIRECTORY);
	unbound = socket(AF_INET, SOCK_DGRAM, 0);
	unnamed = socket(AF_INET, SOCK_STREAM, 0);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listening, (const void *)&any, sizeof(any)), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, peer), 0);
	/* A program in memory, as one that was taken over would bring it. */
	image = memfd_create("image", 0);
	assert_int_not_equal(from = open("/bin/true", O_RDONLY), -1);
	while (sendfile(image, from, NULL, 1 << 20) > 0)
		continue;
	(void)close(from);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	names[] = {
		"keys/own.pem", "keys", "province.db", "province.db-wal",
		"province.db-shm", "peer-33.db", "peer-33.db-wal",
		"peer-33.db-shm", "peer-51.db", "inherited", "gone", "new"
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)in_dir(names[i], remove);
	return rmdir(dir);
}

int
main(void)
{
	static int		 r[ROLES] = { KEY, JAIL, RECORDER, SYNC, HTTP,
				    MONITOR };
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_alone),
		{ "key", try_all, NULL, NULL, &r[KEY] },
		{ "jail", try_all, NULL, NULL, &r[JAIL] },
		{ "recorder", try_all, NULL, NULL, &r[RECORDER] },
		{ "sync", try_all, NULL, NULL, &r[SYNC] },
		{ "http", try_all, NULL, NULL, &r[HTTP] },
		{ "monitor", try_all, NULL, NULL, &r[MONITOR] },
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
