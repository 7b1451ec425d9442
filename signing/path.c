#include <string.h>

#include "signing/path.h"

/* Drop the last part of out, which has n octets.  False: there is none. */
static bool
drop(char *out, size_t *n)
{
	if (*n == 0)
		return false;
	while (*n > 0 && out[*n - 1] != '/')
		(*n)--;
	if (*n > 0)
		(*n)--;
	out[*n] = '\0';
	return true;
}

/* Append a part.  False: too long. */
static bool
append(char *out, size_t *n, const char *part, size_t len)
{
	if (*n + len + 2 > PATH_SIZE)
		return false;
	if (*n > 0)
		out[(*n)++] = '/';
	memcpy(out + *n, part, len);
	*n += len;
	out[*n] = '\0';
	return true;
}

/* One part of a location after the other onto out. */
static bool
walk(const char *loc, char *out, size_t n, unsigned *odd)
{
	size_t	len;

	for (; *loc != '\0'; loc += len + (loc[len] != '\0')) {
		len = strcspn(loc, "/\\");
		if (loc[len] == '\\')
			*odd |= PATH_BACKSLASH;
		if (len == 2 && memcmp(loc, "..", 2) == 0) {
			*odd |= PATH_PARENT;
			if (!drop(out, &n))
				return false;
		} else if (len == 0 || (len == 1 && loc[0] == '.')) {
			*odd |= PATH_DOTS;
		} else if (!append(out, &n, loc, len)) {
			return false;
		}
	}
	return n > 0;
}

bool
path_resolve(const char *folder, const char *loc, char out[PATH_SIZE],
    unsigned *odd)
{
	const char	*s;

	*odd = 0;
	out[0] = '\0';
	for (s = loc; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    (*s == ':' && s == loc + 1))
			return false;
	if (*loc == '/' || *loc == '\\') {
		*odd |= PATH_ROOTED | (*loc == '\\' ? PATH_BACKSLASH : 0);
		loc++;
	} else {
		if (strlen(folder) >= PATH_SIZE)
			return false;
		memcpy(out, folder, strlen(folder) + 1);
	}
	if (*loc != '\0' && walk(loc, out, strlen(out), odd))
		return true;
	out[0] = '\0';
	return false;
}

void
path_folder(const char *path, char out[PATH_SIZE])
{
	const char	*slash = strrchr(path, '/');
	size_t		 n = slash == NULL ? 0 : (size_t)(slash - path);

	if (n >= PATH_SIZE)
		n = 0;
	memcpy(out, path, n);
	out[n] = '\0';
}

const char *
path_base(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
