#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Errors.  Every fallible function returns 0 or one of the negative codes
 * below, and takes a struct err as its last argument.  The function that
 * first sees the failure writes the sentence; everybody above it cleans up
 * and passes the code on unchanged.  Nothing below proc_*.c and cmd_*.c logs
 * an error.
 *
 * A struct err tells of one operation: start each with ERR_INIT.
 */

enum err_code {
	ERR_OK		= 0,
	ERR_INVAL	= -1,	/* the request is malformed */
	ERR_FORMAT	= -2,	/* bytes from outside do not parse */
	ERR_VERIFY	= -3,	/* they parse, but a check or signature fails */
	ERR_NOTFOUND	= -4,	/* expected absence, not a fault */
	ERR_CONFLICT	= -5,	/* already exists, or the state forbids it */
	ERR_DENIED	= -6,	/* identity or role does not allow it */
	ERR_TOOBIG	= -7,	/* a LIMIT_* was exceeded */
	ERR_STORE	= -8,	/* the database failed; retry may help */
	ERR_CRYPTO	= -9,	/* the crypto library or key process failed */
	ERR_IO		= -10,	/* a file, socket or process failed */
	ERR_BUSY	= -11,	/* not now; retry may help */
	ERR_CODE_MIN	= -11
};

/* Longest stable identifier, with its final NUL. */
#define ERR_ID_MAX	40

struct err {
	int	code;		/* ERR_OK until the first err_set() */
	char	id[ERR_ID_MAX];	/* stable, for programs: "unknown-division" */
	char	text[256];	/* one line, no trailing newline or stop */
};

#define ERR_INIT	{ .code = ERR_OK, .id = "", .text = "" }

/* Every function that can fail carries this. */
#define MUST_CHECK	__attribute__((warn_unused_result))

/*
 * Record (code, text) in e unless e is NULL or already holds an error, and
 * return code, so that "return err_set(...)" and "rc = err_set(...)" both
 * read well.  code must be one of the negative ERR_* values; the id becomes
 * err_name(code).
 */
int		 err_set(struct err *e, enum err_code code,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * As err_set(), with an id of its own.  id is a literal in lower case with
 * hyphens, listed in docs/errors.md: people write programs against it.
 */
int		 err_set_id(struct err *e, enum err_code code, const char *id,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* As err_set(), appending errno's text.  Call it before errno changes. */
int		 err_set_errno(struct err *e, enum err_code code,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ERR_CRYPTO, appending the OpenSSL error queue's last line and clearing it. */
int		 err_set_crypto(struct err *e, const char *what);

/*
 * "make analyse" sees one source at a time: these tell it what err.c keeps,
 * that the result is the code.  No compiler reads them.
 */
#ifdef __clang_analyzer__
static inline int
err_is(int rc, int code)
{
	(void)rc;
	return code;
}
#define err_set(e, c, ...)	err_is((err_set)(e, c, __VA_ARGS__), c)
#define err_set_id(e, c, ...)	err_is((err_set_id)(e, c, __VA_ARGS__), c)
#define err_set_errno(e, c, ...) \
	err_is((err_set_errno)(e, c, __VA_ARGS__), c)
#define err_set_crypto(e, what)	\
	err_is((err_set_crypto)(e, what), ERR_CRYPTO)
#endif

/* Short stable name ("not-found") and HTTP status for a code. */
const char	*err_name(int code);
int		 err_http_status(int code);

#endif /* BASE_ERR_H */
