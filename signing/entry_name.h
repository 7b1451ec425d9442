#ifndef SIGNING_ENTRY_NAME_H
#define SIGNING_ENTRY_NAME_H

#include "base/buf.h"
#include "base/err.h"
#include "signing/path.h"

/*
 * Names of the entries of an archive as paths: what they may be written in,
 * and what a reader would take for the same file.
 */

/* Deviations, a bit each: met on real files, accepted, told. */
enum entry_name_deviation {
	ENTRY_NAME_BACKSLASH = 1 << 0, ENTRY_NAME_ROOTED = 1 << 1,
	ENTRY_NAME_DOTS = 1 << 2, ENTRY_NAME_GB18030 = 1 << 3,
	ENTRY_NAME_END = 1 << 4
};

/* Open what is read for GB 18030; once, before the jail closes. */
void	 entry_name_warm(void);
/*
 * The path that raw means; adds to *dev what it deviates in.
 * ERR_FORMAT "bad-package": empty, too long, no text, or unsafe.
 */
int	 entry_name_path(struct octets raw, char path[PATH_SIZE],
	    unsigned *dev, struct err *e) MUST_CHECK;
/*
 * The path that raw, which is UTF-8 by its octets, means in GB 18030: names of
 * characters in two octets are often both.  False: it is no such text, or says
 * the same.
 */
bool	 entry_name_other(struct octets raw, char path[PATH_SIZE]);
/* As a reader that knows no case sees it; the caller frees with free(). */
char	*entry_name_fold(const char *path);
const char *entry_name_deviation_text(unsigned bit);

#endif /* SIGNING_ENTRY_NAME_H */
