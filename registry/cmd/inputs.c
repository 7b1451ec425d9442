#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "registry/cmd/inputs.h"

/* A folder that is open: its names, in order. */
struct level {
	char		*path;
	struct dirent	**names;
	int		 n, at;
};

struct inputs {
	char		**paths;
	size_t		 n, at;
	FILE		*list;
	char		 end;
	struct level	 levels[LIMIT_INPUTS_DEPTH];
	size_t		 depth;
};

static int
is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
by_octets(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
inputs_open(char **paths, size_t n, const char *list, bool null,
    struct inputs **out, struct err *e)
{
	struct inputs	*in = xcalloc(1, sizeof(*in));

	*out = NULL;
	in->paths = paths;
	in->n = n;
	in->end = null ? '\0' : '\n';
	if (list != NULL && strcmp(list, "-") == 0) {
		in->list = stdin;
	} else if (list != NULL && (in->list = fopen(list, "re")) == NULL) {
		free(in);
		return err_set_errno(e, errno == ENOENT ? ERR_NOTFOUND :
		    ERR_IO, "%s", list);
	}
	*out = in;
	return 0;
}

static void
leave(struct inputs *in)
{
	struct level	*l = &in->levels[--in->depth];

	while (l->at < l->n)
		free(l->names[l->at++]);
	free(l->names);
	free(l->path);
}

void
inputs_free(struct inputs *in)
{
	if (in == NULL)
		return;
	while (in->depth > 0)
		leave(in);
	if (in->list != NULL && in->list != stdin)
		(void)fclose(in->list);
	free(in);
}

/* Go into the folder at path, which is taken; false: it cannot be opened. */
static bool
enter(struct inputs *in, char *path)
{
	struct level	*l = &in->levels[in->depth];

	if (in->depth == LIMIT_INPUTS_DEPTH)
		return false;
	l->at = 0;
	if ((l->n = scandir(path, &l->names, is_shown, by_octets)) < 0)
		return false;
	l->path = path;
	in->depth++;
	return true;
}

static bool
is_folder(const char *path, bool follow)
{
	struct stat	st;

	return (follow ? stat(path, &st) : lstat(path, &st)) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* A link to a folder, or what is no file at all, met in a folder. */
static bool
is_left_out(const char *path)
{
	struct stat	st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* The next name of the innermost folder, or NULL at its end, and what the
 * folder itself says that it is: DT_*. */
static char *
next_below(struct inputs *in, unsigned char *type)
{
	struct level	*l = &in->levels[in->depth - 1];
	char		*path;
	size_t		 n = strlen(l->path);

	if (l->at == l->n)
		return NULL;
	*type = l->names[l->at]->d_type;
	path = xasprintf("%s%s%s", l->path, n > 0 && l->path[n - 1] == '/' ?
	    "" : "/", l->names[l->at]->d_name);
	free(l->names[l->at++]);
	return path;
}

static char *
next_listed(struct inputs *in)
{
	char	*line = NULL, *name;
	size_t	 size = 0;
	ssize_t	 n;

	if (in->list == NULL)
		return NULL;
	while ((n = getdelim(&line, &size, in->end, in->list)) != -1) {
		if (n > 0 && line[n - 1] == in->end)
			line[--n] = '\0';
		if (in->end == '\n' && n > 0 && line[n - 1] == '\r')
			line[--n] = '\0';
		if (n == 0)
			continue;
		if (n > LIMIT_INPUTS_LINE)
			line[LIMIT_INPUTS_LINE] = '\0';
		name = xstrdup(line);
		free(line);
		return name;
	}
	free(line);
	return NULL;
}

char *
inputs_next(struct inputs *in)
{
	unsigned char	 type = DT_UNKNOWN;
	char		*path;
	bool		 below;

	for (;;) {
		below = in->depth > 0;
		if (below)
			path = next_below(in, &type);
		else if (in->at < in->n)
			path = xstrdup(in->paths[in->at++]);
		else
			path = next_listed(in);
		if (path == NULL && !below)
			return NULL;
		if (path == NULL) {
			leave(in);
			continue;
		}
		if (below && type == DT_REG)
			return path;
		if (is_folder(path, !below)) {
			if (!enter(in, path))
				return path;
			continue;
		}
		if (!below || !is_left_out(path))
			return path;
		free(path);
	}
}

uint64_t
inputs_count(char **paths, size_t n, const char *list)
{
	struct inputs	*in = NULL;
	char		*path;
	uint64_t	 count = 0;

	if (list != NULL || inputs_open(paths, n, NULL, false, &in,
	    NULL) != 0)
		return 0;
	for (; (path = inputs_next(in)) != NULL; count++)
		free(path);
	inputs_free(in);
	return count;
}
