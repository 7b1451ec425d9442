#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/cmd/password.h"

/* First line of f, without its end.  False: none, or too long. */
static bool
first_line(FILE *f, char line[PASSWORD_SIZE])
{
	size_t	 n;

	if (fgets(line, PASSWORD_SIZE, f) == NULL)
		return false;
	n = strlen(line);
	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	return n <= ACCOUNT_PASSWORD_MAX;
}

/* Ask at the terminal, without showing it. */
static bool
ask(const char *prompt, char line[PASSWORD_SIZE])
{
	struct termios	 old, quiet;
	bool		 good;

	if (tcgetattr(STDIN_FILENO, &old) == -1)
		return false;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", prompt);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == -1)
		return false;
	good = first_line(stdin, line);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fprintf(stderr, "\n");
	return good;
}

static int
bad_password(struct err *e, const char *why)
{

	return err_set_id(e, ERR_INVAL, "bad-password", "password: %s", why);
}

int
password_read(const char *file, bool twice, char line[PASSWORD_SIZE],
    struct err *e)
{
	char	 again[PASSWORD_SIZE];
	FILE	*f;
	bool	 good;
	int	 rc = 0;

	if (file == NULL && !isatty(STDIN_FILENO))
		return bad_password(e, "no terminal to ask; give "
		    "--password-file");
	if (file == NULL) {
		memset(again, 0, sizeof(again));
		if (!ask("Password", line) || (twice &&
		    !ask("Again", again)))
			rc = bad_password(e, "none was typed");
		else if (twice && strcmp(line, again) != 0)
			rc = bad_password(e, "the two differ");
		mem_wipe(again, sizeof(again));
		return rc;
	}
	f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	if (f == NULL)
		return err_set_errno(e, ERR_IO, "%s", file);
	good = first_line(f, line);
	if (f != stdin)
		fclose(f);
	return good ? 0 : bad_password(e, "no first line, or it is too long");
}
