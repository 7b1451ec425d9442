#include <stdarg.h>
#include <stdio.h>

#include "registry/cmd/cli.h"
#include "registry/cmd.h"

int
cli_fail(const struct err *e)
{

	fprintf(stderr, "sealreg: %s [%s]\n", e->text, e->id);
	return EXIT_NOT_VALID;
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	va_list	 ap;

	fprintf(stderr, "sealreg %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry \"sealreg %s --help\".\n", command);
	return EXIT_USAGE;
}
