#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tm.h"

static const char	*who = "sealreg";
static enum log_level	 threshold = LOG_NOTICE;
static enum log_format	 format = LOG_TEXT;

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
log_tune(enum log_level level, enum log_format how)
{

	threshold = level;
	format = how;
}

unsigned
log_word(void)
{

	return (unsigned)threshold | (unsigned)format << 8;
}

void
log_take_word(unsigned word)
{
	unsigned	level = word & 0xff, how = word >> 8;

	if (level >= LOG_ERROR && level <= LOG_DEBUG && how >= LOG_TEXT &&
	    how <= LOG_JSON)
		log_tune((enum log_level)level, (enum log_format)how);
}

/* ---- JSON */

#define FIELDS_MAX	16

/* A text between quotes; what is not UTF-8 becomes U+FFFD. */
static void
put_text(struct buf *b, const char *s, size_t n)
{
	char		 room[1024];
	const char	*p = room, *at;
	uint32_t	 cp;

	n = n < sizeof(room) ? n : sizeof(room) - 1;
	memcpy(room, s, n);
	room[n] = '\0';
	buf_put_u8(b, '"');
	while (*p != '\0') {
		at = p;
		cp = utf8_next(&p);
		if (cp == '"' || cp == '\\')
			buf_put_u8(b, '\\');
		if (cp == 0xfffd)
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_put(b, at, (size_t)(p - at));
	}
	buf_put_u8(b, '"');
}

/* A field as log_line() writes it: key=word or key="text". */
struct field {
	const char	*key, *value;
	size_t		 keylen, len;
};

static bool
take_field(const char **s, struct field *f)
{
	const char	*p = *s, *end;

	f->key = p;
	f->keylen = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (f->keylen == 0 || p[f->keylen] != '=')
		return false;
	p += f->keylen + 1;
	if (*p == '"') {
		/* To the last quote before a blank: texts may have quotes. */
		for (end = strchr(p + 1, '"'); end != NULL && end[1] != '\0' &&
		    end[1] != ' '; end = strchr(end + 1, '"'))
			continue;
		if (end == NULL)
			return false;
		f->value = p + 1;
		f->len = (size_t)(end - p) - 1;
		*s = end + 1;
	} else {
		f->value = p;
		f->len = strcspn(p, " ");
		*s = p + f->len;
	}
	*s += strspn(*s, " ");
	return true;
}

static void
put_fields(struct buf *b, const char *s)
{
	struct field	 f[FIELDS_MAX];
	const char	*rest = s;
	size_t		 i, n = 0;

	while (n < FIELDS_MAX && take_field(&s, &f[n])) {
		for (i = 0; i < n; i++)
			if (f[i].keylen == f[n].keylen &&
			    memcmp(f[i].key, f[n].key, f[n].keylen) == 0)
				break;
		if (i < n)
			break;		/* a key comes once */
		n++;
		rest = s;
	}
	buf_puts(b, ",\"fields\":{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(b, ',');
		put_text(b, f[i].key, f[i].keylen);
		buf_put_u8(b, ':');
		put_text(b, f[i].value, f[i].len);
	}
	buf_put_u8(b, '}');
	if (*rest != '\0') {
		buf_puts(b, ",\"message\":");
		put_text(b, rest, strlen(rest));
	}
}

static void
put_json(struct buf *b, const char *when, enum log_level level,
    const char *event, const char *rest)
{

	buf_printf(b, "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%s\","
	    "\"pid\":%ld,\"event\":", when, level_name(level), who,
	    (long)getpid());
	put_text(b, event, strlen(event));
	put_fields(b, rest);
	buf_puts(b, "}\n");
}

/* ---- lines */

/* One write(2) a line, so that processes do not mix theirs. */
static void
write_line(const void *p, size_t n)
{
	ssize_t	 k;

	do
		k = write(STDERR_FILENO, p, n);
	while (k == -1 && errno == EINTR);
}

void
log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char		 rest[1024], line[1100], when[TM_RFC3339_SIZE];
	struct buf	 json;
	va_list		 ap;
	size_t		 len, i;
	int		 saved = errno;

	if (level > threshold)
		return;
	tm_rfc3339(tm_now(), when);
	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest) - 100, fmt, ap);
	va_end(ap);
	/* What is quoted from outside must not begin a line of its own. */
	len = strlen(rest);
	for (i = 0; i < len; i++) {
		if ((uint8_t)rest[i] < 0x20 || rest[i] == 0x7f)
			rest[i] = '?';
	}
	while (len > 0 && rest[len - 1] == ' ')
		rest[--len] = '\0';
	if (format == LOG_JSON) {
		buf_init(&json, 8192);
		put_json(&json, when, level, event, rest);
		if (buf_ok(&json))
			write_line(json.p, json.len);
		buf_fini(&json);
	} else {
		snprintf(line, 1023, "%s %s %s[%ld] %s%s%.923s", when,
		    level_name(level), who, (long)getpid(), event,
		    len > 0 ? " " : "", rest);
		len = strlen(line);
		line[len++] = '\n';
		write_line(line, len);
	}
	errno = saved;
}
