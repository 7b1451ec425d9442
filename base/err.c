#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/err.h"

static const struct {
	const char	*name;
	int		 status;
} codes[] = {
	[-ERR_OK]	= { "ok",		200 },
	[-ERR_INVAL]	= { "invalid",		400 },
	[-ERR_FORMAT]	= { "format",		400 },
	[-ERR_VERIFY]	= { "verify",		422 },
	[-ERR_NOTFOUND]	= { "not-found",	404 },
	[-ERR_CONFLICT]	= { "conflict",		409 },
	[-ERR_DENIED]	= { "denied",		403 },
	[-ERR_TOOBIG]	= { "too-big",		413 },
	[-ERR_STORE]	= { "store",		503 },
	[-ERR_CRYPTO]	= { "crypto",		500 },
	[-ERR_IO]	= { "io",		500 },
	[-ERR_BUSY]	= { "busy",		503 },
};

_Static_assert(sizeof(codes) / sizeof(codes[0]) == 1 - ERR_CODE_MIN,
    "every error code has a row");

static bool
is_code(int code)
{

	return code <= 0 && code >= ERR_CODE_MIN;
}

/*
 * Make s one line of whole characters: what comes from outside may be quoted
 * in it, and snprintf() may have cut a UTF-8 sequence in two.
 */
static void
tidy(char *s)
{
	size_t	 n, i, need;
	uint8_t	 c;

	n = strlen(s);
	for (i = 0; i < n; i++) {
		c = (uint8_t)s[i];
		if (c < 0x20 || c == 0x7f)
			s[i] = ' ';
	}
	for (i = n; i > 0 && n - i < 3 && ((uint8_t)s[i - 1] & 0xc0) == 0x80;
	    i--)
		;
	if (i == 0)
		return;
	c = (uint8_t)s[i - 1];
	need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	if (need > n - i + 1)
		s[i - 1] = '\0';
}

static void	set(struct err *, int, const char *, const char *, va_list,
		    const char *) __attribute__((format(printf, 4, 0)));

static void
set(struct err *e, int code, const char *id, const char *fmt, va_list ap,
    const char *more)
{
	size_t	 n;

	assert(code < 0 && is_code(code));
	assert(strlen(id) < ERR_ID_MAX);
	if (e == NULL || e->code != ERR_OK)
		return;
	e->code = code;
	snprintf(e->id, sizeof(e->id), "%s", id);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (more != NULL) {
		n = strlen(e->text);
		snprintf(e->text + n, sizeof(e->text) - n, ": %s", more);
	}
	tidy(e->text);
}

/* They are functions here, also to the analyzer (err.h). */
#undef err_set
#undef err_set_id
#undef err_set_errno
#undef err_set_crypto

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	set(e, code, err_name(code), fmt, ap, NULL);
	va_end(ap);
	return code;
}

int
err_set_id(struct err *e, enum err_code code, const char *id,
    const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	set(e, code, id, fmt, ap, NULL);
	va_end(ap);
	return code;
}

int
err_set_errno(struct err *e, enum err_code code, const char *fmt, ...)
{
	const char	*why = strerror(errno);
	va_list		 ap;

	va_start(ap, fmt);
	set(e, code, err_name(code), fmt, ap, why);
	va_end(ap);
	return code;
}

int
err_set_crypto(struct err *e, const char *what)
{
	char		 why[160];
	unsigned long	 code;

	code = ERR_peek_last_error();
	if (code == 0)
		return err_set(e, ERR_CRYPTO, "%s", what);
	ERR_error_string_n(code, why, sizeof(why));
	ERR_clear_error();
	return err_set(e, ERR_CRYPTO, "%s: %s", what, why);
}

const char *
err_name(int code)
{

	return is_code(code) ? codes[-code].name : "unknown";
}

int
err_http_status(int code)
{

	return is_code(code) ? codes[-code].status : 500;
}
