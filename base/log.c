#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/tm.h"

static const char	*who = "sealreg";
static enum log_level	 threshold = LOG_NOTICE;

static const char *
level_name(enum log_level level)
{

	switch (level) {
	case LOG_ERROR:
		return "error";
	case LOG_WARNING:
		return "warning";
	case LOG_NOTICE:
		return "notice";
	case LOG_INFO:
		return "info";
	case LOG_DEBUG:
		return "debug";
	}
	return "?";
}

void
log_open(const char *name, enum log_level level)
{

	who = name;
	threshold = level;
}

void
log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char	 line[1024], when[TM_RFC3339_SIZE];
	va_list	 ap;
	ssize_t	 n;
	size_t	 len, head, i;
	int	 saved = errno;

	if (level > threshold)
		return;
	tm_rfc3339(tm_now(), when);
	snprintf(line, sizeof(line) - 1, "%s %s %s[%ld] %s ", when,
	    level_name(level), who, (long)getpid(), event);
	head = strlen(line);
	va_start(ap, fmt);
	vsnprintf(line + head, sizeof(line) - 1 - head, fmt, ap);
	va_end(ap);
	/* What is quoted from outside must not begin a line of its own. */
	len = strlen(line);
	for (i = head; i < len; i++) {
		if ((uint8_t)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	while (len > 0 && line[len - 1] == ' ')
		len--;
	line[len++] = '\n';
	/* One write(2) a line, so that processes do not mix theirs. */
	do
		n = write(STDERR_FILENO, line, len);
	while (n == -1 && errno == EINTR);
	errno = saved;
}
