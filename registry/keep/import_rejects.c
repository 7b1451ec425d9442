#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "registry/json.h"
#include "registry/keep/import_rejects.h"
#include "registry/keep/import_source.h"

#define REJECT_MAX	(8 * LIMIT_IMPORT_ROW)

void
import_rejects_init(struct import_rejects *l)
{
	memset(l, 0, sizeof(*l));
	l->fd = -1;
	buf_init(&l->line, 3 * REJECT_MAX);
}

int
import_rejects_open(struct import_rejects *l, const char *path,
    const struct import_file *file, uint64_t size, struct err *e)
{
	l->path = path;
	l->file = file;
	l->size = size;
	l->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (l->fd == -1 || ftruncate(l->fd, (off_t)size) == -1 ||
	    lseek(l->fd, 0, SEEK_END) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	return 0;
}

/* The row as it stands in the file: as text if it is, else in base64. */
static int
put_octets(struct import_rejects *l, const ImportRow *r, struct err *e)
{
	size_t	 n = (size_t)(r->end - r->at);
	char	*p;
	int	 rc;

	if (r->end < r->at || n > LIMIT_IMPORT_ROW)
		n = LIMIT_IMPORT_ROW;
	p = xmalloc(n + 1);
	if ((rc = import_file_read(l->file, r->at, p, n, e)) != 0)
		goto out;
	p[n] = '\0';
	if (utf8_valid(p, n) && memchr(p, '\0', n) == NULL) {
		buf_puts(&l->line, ",\"row\":");
		json_put_text(&l->line, p);
	} else {
		buf_puts(&l->line, ",\"octets\":");
		json_put_octets(&l->line, OCTETS(p, n));
	}
out:
	free(p);
	return rc;
}

static int
flush(struct import_rejects *l, struct err *e)
{
	size_t	done = 0;
	ssize_t	n;

	while (done < l->line.len) {
		n = write(l->fd, l->line.p + done, l->line.len - done);
		if (n == -1)
			return err_set_errno(e, ERR_IO, "%s", l->path);
		done += (size_t)n;
	}
	l->size += l->line.len;
	buf_reset(&l->line);
	return 0;
}

int
import_rejects_add(struct import_rejects *l, const ImportRow *r,
    const char *id, const char *detail, struct err *e)
{
	size_t	before = l->line.len;
	int	rc;

	buf_printf(&l->line, "{\"line\":%" PRIu64 ",\"column\":%u,\"at\":%"
	    PRIu64 ",\"end\":%" PRIu64 ",\"code\":", r->line, r->column,
	    r->at, r->end);
	json_put_text(&l->line, id);
	buf_puts(&l->line, ",\"detail\":");
	json_put_text(&l->line, detail);
	if ((rc = put_octets(l, r, e)) != 0)
		return rc;
	buf_puts(&l->line, "}\n");
	if (!buf_ok(&l->line))
		return err_set(e, ERR_TOOBIG, "line %" PRIu64 ": its refusal "
		    "is too large", r->line);
	return before > REJECT_MAX ? flush(l, e) : 0;
}

int
import_rejects_sync(struct import_rejects *l, struct err *e)
{
	int	rc;

	if ((rc = flush(l, e)) != 0)
		return rc;
	if (fsync(l->fd) == -1)
		return err_set_errno(e, ERR_IO, "%s", l->path);
	return 0;
}

void
import_rejects_fini(struct import_rejects *l)
{
	if (l->fd != -1)
		(void)close(l->fd);
	l->fd = -1;
	buf_fini(&l->line);
}
