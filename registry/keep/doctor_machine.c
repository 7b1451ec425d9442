#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "registry/keep/backup.h"
#include "registry/keep/doctor.h"

#define DAY		86400
#define WEEK		(7 * DAY)
#define MIB		((uint64_t)1 << 20)
#define FREE_WARNING	(1024 * MIB)
#define FREE_FAULT	(100 * MIB)
#define DAYS_WARNING	30
#define DAYS_FAULT	7
/* The writer begins the WAL anew from 125 MiB on, if readers let it. */
#define WAL_WARNING	(512 * MIB)
#define ASK_MS		3000

/* ---- processes */

static void
processes(struct doctor *d)
{
	char	*path = config_path(d->cf, "run/pids"), *line, *next;
	uint8_t	*text = NULL;
	size_t	 n, alive = 0, gone = 0;
	struct err e = ERR_INIT;
	char	 role[32], number[32], pid[32];

	if (!d->running) {
		doctor_say(d, "processes", DOCTOR_WARNING, "sealreg serve "
		    "--data DIR", "the node is stopped");
		goto out;
	}
	if (file_read(path, 1u << 16, &text, &n, &e) != 0) {
		doctor_say(d, "processes", DOCTOR_WARNING, NULL, "the node "
		    "is starting, or another command works in the folder");
		goto out;
	}
	for (line = strtok_r((char *)text, "\n", &next); line != NULL;
	    line = strtok_r(NULL, "\n", &next))
		if (sscanf(line, "%31s %31s %31s", role, number, pid) == 3) {
			if (kill((pid_t)strtol(pid, NULL, 10), 0) == 0 ||
			    errno == EPERM)
				alive++;
			else
				gone++;
		}
	doctor_say(d, "processes", gone > 0 ? DOCTOR_WARNING : DOCTOR_GOOD,
	    gone > 0 ? "run doctor again; look for proc.exit in the log" :
	    NULL, "%zu running, %zu just gone", alive, gone);
out:
	free(text);
	free(path);
}

/* The stable code in an answer that is problem+json; "" if there is none. */
static void
take_code(const struct buf *b, char code[ERR_ID_MAX])
{
	static const char	 key[] = "\"code\":\"";
	const uint8_t		*p = b->len == 0 ? NULL :
				    memmem(b->p, b->len, key, sizeof(key) - 1);
	size_t			 n = 0;

	if (p != NULL)
		for (p += sizeof(key) - 1; n < ERR_ID_MAX - 1 &&
		    p + n < b->p + b->len && p[n] != '"'; n++)
			code[n] = (char)p[n];
	code[n] = '\0';
}

/* Can it record: recorder and key process answer. */
static void
ready(struct doctor *d)
{
	const struct config_listener	*l = NULL;
	char				*url = NULL;
	struct fetch_req		 req = { .max = 1u << 16,
					    .timeout_ms = ASK_MS };
	size_t				 i;
	struct fetch_res		 res;
	struct err			 e = ERR_INIT;
	char				 code[ERR_ID_MAX] = "";

	memset(&res, 0, sizeof(res));
	/* Of TLS listeners we may have no certificate to show. */
	for (i = 0; i < config_listeners(d->cf); i++) {
		l = config_listener_at(d->cf, i);
		if (*l->tls_certificate == '\0')
			break;
	}
	if (!d->running || l == NULL || i == config_listeners(d->cf))
		goto out;
	req.url = url = xasprintf("http://%s/readyz", l->address);
	if (fetch_once(&req, &res, &e) != 0) {
		doctor_say(d, "ready", DOCTOR_WARNING, "it is starting, or "
		    "a process cannot start: look for proc.failed in the log",
		    "%s does not answer", l->address);
		goto out;
	}
	take_code(&res.body, code);
	if (res.status == 200)
		doctor_say(d, "ready", DOCTOR_GOOD, NULL, "recorder and key "
		    "process answer: it can record");
	else if (res.status == 503)
		doctor_say(d, "ready", DOCTOR_FAULT, strcmp(code,
		    "store-full") == 0 ? "make room on the disk: it goes on "
		    "by itself" : strcmp(code, "not-ready") == 0 ? "at a start "
		    "it first asks its peers, for 10 s at most: look again, "
		    "then for proc.failed in the log" :
		    "docs/errors.md tells of this code", "it cannot record: %s", code);
	else
		doctor_say(d, "ready", DOCTOR_WARNING, "ask it as a client "
		    "would: GET /readyz", "%s answers %d %s", l->address,
		    res.status, code);
out:
	fetch_res_fini(&res);
	free(url);
}

/* ---- disk */

static uint64_t
size_of(const struct doctor *d, const char *name)
{
	char		*path = config_path(d->cf, name);
	struct stat	 st;
	uint64_t	 n = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;

	free(path);
	return n;
}

/* At last week's pace; -1: not known yet. */
static int64_t
days_left(const struct doctor *d, uint64_t room)
{
	const uint64_t	used = size_of(d, BACKUP_DATABASE);
	const int64_t	span = d->log_age < WEEK ? d->log_age : WEEK;
	double		a_day;

	if (d->log_size == 0 || d->log_week < 100 || span < 3600)
		return -1;
	a_day = (double)used / (double)d->log_size * (double)d->log_week *
	    DAY / (double)span;
	return (double)room / a_day > 36500 ? 36500 :
	    (int64_t)((double)room / a_day);
}

static void
disk(struct doctor *d)
{
	struct statvfs		 vfs;
	uint64_t		 room;
	int64_t			 days;
	enum doctor_level	 level = DOCTOR_GOOD;
	char			 pace[64];

	if (statvfs(d->cf->dir, &vfs) != 0) {
		doctor_say(d, "disk", DOCTOR_FAULT, NULL, "%s: %s",
		    d->cf->dir, strerror(errno));
		return;
	}
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	days = days_left(d, room);
	if (room < FREE_FAULT || (days >= 0 && days < DAYS_FAULT))
		level = DOCTOR_FAULT;
	else if (room < FREE_WARNING || (days >= 0 && days < DAYS_WARNING))
		level = DOCTOR_WARNING;
	if (days < 0)
		(void)snprintf(pace, sizeof(pace), "too few filings to say "
		    "for how long");
	else
		(void)snprintf(pace, sizeof(pace), "enough for %s%" PRId64
		    " days at last week's pace", days == 36500 ? "over " : "",
		    days);
	doctor_say(d, "disk", level, level != DOCTOR_GOOD ? "make room, or "
	    "move the folder to a larger disk (stopped)" : NULL,
	    "%" PRIu64 " MiB free; %s", room / MIB, pace);
}

static void
wal(struct doctor *d)
{
	const uint64_t	n = size_of(d, BACKUP_DATABASE "-wal");

	doctor_say(d, "wal", n > WAL_WARNING ? DOCTOR_WARNING : DOCTOR_GOOD,
	    n > WAL_WARNING ? "a reader holds it: is a backup running for "
	    "long? restart the node if not" : NULL,
	    "%" PRIu64 " MiB written and not yet moved into the database, or "
	    "kept for the next", n / MIB);
}

/* ---- clock and kernel */

static void
machine_clock(struct doctor *d)
{
	struct timex	tx = { .modes = 0 };

	if (adjtimex(&tx) == -1)
		doctor_say(d, "clock", DOCTOR_WARNING, NULL, "the kernel does "
		    "not say whether it is synchronised: %s",
		    strerror(errno));
	else if ((tx.status & STA_UNSYNC) != 0)
		doctor_say(d, "clock", DOCTOR_WARNING, "run an NTP client "
		    "(chrony, systemd-timesyncd)", "not synchronised");
	else
		doctor_say(d, "clock", DOCTOR_GOOD, NULL, "synchronised; the "
		    "kernel expects an error of at most %ld ms",
		    tx.maxerror / 1000);
}

static void
kernel(struct doctor *d)
{
	const int	abi = sandbox_abi();
	const bool	filters = access("/proc/sys/kernel/seccomp/"
			    "actions_avail", F_OK) == 0;

	doctor_say(d, "kernel", abi == 0 || !filters ? DOCTOR_WARNING :
	    DOCTOR_GOOD, abi == 0 || !filters ? "boot a kernel that has both "
	    "(Debian 12's has)" : NULL, "Landlock %s (ABI %d), filters of "
	    "system calls %s", abi > 0 ? "there" : "missing", abi,
	    filters ? "there" : "missing");
}

void
doctor_machine(struct doctor *d)
{
	processes(d);
	ready(d);
	disk(d);
	wal(d);
	machine_clock(d);
	kernel(d);
}
