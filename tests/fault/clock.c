#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/*
 * A wall clock that a test sets: preloaded, it adds the seconds that stand in
 * the file CLOCK_FILE (an int64_t of this machine) to what the kernel says, in
 * processes whose command line names CLOCK_DATA.  The file is mapped before
 * the process gives its rights away, so that later changes are seen; what a
 * short file lacks is 0.
 */

static const volatile int64_t	*ahead;

__attribute__((constructor)) static void
clock_map(void)
{
	const char	*file = getenv("CLOCK_FILE");
	const char	*data = getenv("CLOCK_DATA");
	char		 line[4096] = "";
	void		*p;
	ssize_t		 n;
	int		 fd;

	if (file == NULL || data == NULL ||
	    (fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)) == -1)
		return;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0 || memmem(line, (size_t)n, data, strlen(data)) == NULL ||
	    (fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	p = mmap(NULL, 2 * sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		ahead = p;
}

/* A second int64_t, where it is not 0, is the kernel's word: 1 it is not
 * synchronised, 2 it is. */
int
adjtimex(struct timex *tx)
{
	int	rc = (int)syscall(SYS_adjtimex, tx);

	if (rc != -1 && ahead != NULL && ahead[1] != 0)
		tx->status = ahead[1] == 1 ? tx->status | STA_UNSYNC :
		    tx->status & ~STA_UNSYNC;
	return rc;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && ahead != NULL && (id == CLOCK_REALTIME ||
	    id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += *ahead;
	return rc;
}

time_t
time(time_t *t)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec	ts;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
