#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/log.h"

/* What a file may be granted; the rest makes sense for folders only. */
#define ACCESS_FILE	(LANDLOCK_ACCESS_FS_EXECUTE | \
			 LANDLOCK_ACCESS_FS_WRITE_FILE | \
			 LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE)
#define ACCESS_READ	(LANDLOCK_ACCESS_FS_READ_FILE | \
			 LANDLOCK_ACCESS_FS_READ_DIR)
/* Every right of ABI 1. */
#define ACCESS_ABI1	((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
/* ABI 2 and 3, by number: Debian 12's header may not name them. */
#define ACCESS_REFER	(1ULL << 13)
#define ACCESS_TRUNCATE	(1ULL << 14)

#if CALLS_LOG_ONLY
/* The leak checker reads /proc/self/task, which is gone in here. */
static int	confined;

int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return confined;
}
#endif

static long
ruleset_create(const struct landlock_ruleset_attr *attr, size_t n,
    uint32_t flags)
{
	return syscall(SYS_landlock_create_ruleset, attr, n, flags);
}

int
sandbox_abi(void)
{
	long	abi;

	abi = ruleset_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi < 0 ? 0 : (int)abi;
}

/* The rights this kernel can take away. */
static uint64_t
handled(int abi)
{
	uint64_t	all = ACCESS_ABI1;

	if (abi >= 2)
		all |= ACCESS_REFER;
	if (abi >= 3)
		all |= ACCESS_TRUNCATE;
	return all;
}

/* Grant rights below path.  A path that is not there grants nothing. */
static int
grant(int ruleset, const char *path, uint64_t rights, struct err *e)
{
	struct landlock_path_beneath_attr	attr;
	struct stat				sb;
	int					fd, rc;

	if ((fd = open(path, O_PATH | O_CLOEXEC)) == -1) {
		if (errno == ENOENT)
			return 0;
		return err_set_errno(e, ERR_IO, "sandbox: %s", path);
	}
	if (fstat(fd, &sb) != 0) {
		rc = err_set_errno(e, ERR_IO, "sandbox: %s", path);
		goto out;
	}
	attr = (struct landlock_path_beneath_attr){
		.allowed_access = S_ISDIR(sb.st_mode) ? rights :
		    rights & ACCESS_FILE,
		.parent_fd = fd,
	};
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
	    &attr, 0) != 0) {
		rc = err_set_errno(e, ERR_IO, "sandbox: rule for %s", path);
		goto out;
	}

	rc = 0;
out:
	(void)close(fd);	/* O_PATH: nothing to lose */
	return rc;
}

static int
grant_all(int ruleset, const char *const *paths, uint64_t rights,
    struct err *e)
{
	int	rc;

	for (; paths != NULL && *paths != NULL; paths++)
		if ((rc = grant(ruleset, *paths, rights, e)) != 0)
			return rc;
	return 0;
}

/* Files: only what s names. */
static int
keep_files(const struct sandbox *s, int abi, struct err *e)
{
	const uint64_t			all = handled(abi);
	struct landlock_ruleset_attr	attr = { .handled_access_fs = all };
	long				fd;
	int				rc;

	if ((fd = ruleset_create(&attr, sizeof(attr), 0)) == -1)
		return err_set_errno(e, ERR_IO, "sandbox: ruleset");
	/* Writing is everything but running programs. */
	if ((rc = grant_all((int)fd, s->read, ACCESS_READ & all, e)) != 0 ||
	    (rc = grant_all((int)fd, s->write,
	    all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE, e)) != 0)
		goto out;
	if (syscall(SYS_landlock_restrict_self, (int)fd, 0) != 0) {
		rc = err_set_errno(e, ERR_IO, "sandbox: entering");
		goto out;
	}
#if CALLS_LOG_ONLY
	confined = 1;
#endif

	rc = 0;
out:
	(void)close((int)fd);
	return rc;
}

/*
 * Root's privileges: loading a module or mounting needs no file that Landlock
 * would see.  With files granted, the right to open those of another owner is
 * kept: Landlock says which.
 */
static int
drop_privileges(bool files, struct err *e)
{
	struct __user_cap_header_struct	head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	data[2] = { { 0 }, { 0 } };
	const uint32_t			kept = 1u << CAP_DAC_OVERRIDE;
	unsigned long			cap;

	if (syscall(SYS_capget, &head, data) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: privileges");
	/* Without privileges the bounding set cannot shrink, nor matter. */
	if ((data[0].effective & 1u << CAP_SETPCAP) != 0)
		for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
			if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
				return err_set_errno(e, ERR_IO,
				    "sandbox: bounding set");
	data[0].permitted &= files ? kept : 0;
	data[0].effective &= data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	if (syscall(SYS_capset, &head, data) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: privileges");
	return 0;
}

/*
 * The right to set the clock, for the monitor and all its children: adjtimex(2)
 * also asks, which one of them does, and no filter can tell the two apart.
 */
static int
drop_clock(struct err *e)
{
	struct __user_cap_header_struct	head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	data[2] = { { 0 }, { 0 } };
	const uint32_t			time = 1u << CAP_SYS_TIME;

	if (syscall(SYS_capget, &head, data) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: privileges");
	if ((data[0].effective & 1u << CAP_SETPCAP) != 0 &&
	    prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: bounding set");
	data[0].permitted &= ~time;
	data[0].effective &= ~time;
	data[0].inheritable &= ~time;
	if (syscall(SYS_capset, &head, data) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: privileges");
	return 0;
}

static bool
names_files(const char *const *paths)
{
	return paths != NULL && *paths != NULL;
}

int
sandbox_enter(const struct sandbox *s, const char **missing, struct err *e)
{
	const bool	calls = s->calls == 0 || calls_supported();
	const int	abi = sandbox_abi();
	int		rc;

	if (missing != NULL)
		*missing = abi > 0 ? (calls ? NULL : "seccomp") :
		    calls ? "landlock" : "landlock,seccomp";
	if (s->strict && abi == 0)
		return err_set_id(e, ERR_IO, "no-landlock",
		    "sandbox: this kernel has no Landlock");
	if (s->strict && !calls)
		return err_set_id(e, ERR_IO, "no-seccomp",
		    "sandbox: this kernel filters no system calls");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: no_new_privs");
	if ((rc = drop_privileges(names_files(s->read) ||
	    names_files(s->write), e)) != 0)
		return rc;
	if (abi > 0 && (rc = keep_files(s, abi, e)) != 0)
		return rc;
	/* Last: it takes away what the lines above need. */
	if (s->calls != 0 && calls)
		return calls_keep(s->calls, e);
	return 0;
}

int
sandbox_enter_common(const char **missing, struct err *e)
{
	int	rc;

	if (missing != NULL)
		*missing = NULL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set_errno(e, ERR_IO, "sandbox: no_new_privs");
	if ((rc = drop_clock(e)) != 0)
		return rc;
	if (calls_supported())
		return calls_keep_common(e);
	if (missing != NULL)
		*missing = "seccomp";
	return 0;
}

void
sandbox_say(const char *process, const char *missing)
{

	if (missing != NULL)
		log_warning("sandbox.missing", "process=%s what=%s", process,
		    missing);
}

bool
sandbox_has_seccomp(void)
{

	return calls_supported();
}
