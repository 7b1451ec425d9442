#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/x509.h"
#include "signing/ofd_print.h"
#include "signing/path.h"

#define TEXT_MAX	(256u << 10)
#define LISTED		2000	/* files; more are counted */

/* What a file is, in a word. */
static const char *
role_of(const struct ofd_show *show, const struct ofd_sign *signs, size_t n,
    size_t file)
{
	size_t	i;

	if (file == show->root)
		return "what is shown";
	for (i = 0; i < n; i++) {
		if (signs[i].has_xml && signs[i].xml == file)
			return "signature";
		if (signs[i].has_value && signs[i].value == file)
			return "signature value";
		if (signs[i].has_seal && signs[i].seal == file)
			return "seal";
	}
	for (i = 0; i < show->nuses; i++)
		if (show->uses[i].file == file)
			return ofd_part_word(show->uses[i].part);
	return "nothing names it";
}

static void
put_file(const struct ofd_show *show, const struct ofd_sign *signs, size_t n,
    size_t file, struct buf *b)
{
	char		name[PATH_SIZE * 3];
	const char	*s = package_name(show->package, file);
	size_t		i, by = 0;

	x509_safe_text(s, strlen(s), name, sizeof(name));
	buf_printf(b, "  %10" PRIu64 "  /%s  (%s)", package_size(
	    show->package, file), name, role_of(show, signs, n, file));
	for (i = 0; i < n; i++)
		if (signs[i].covered[file])
			buf_printf(b, "%s%zu", by++ == 0 ? "  covered by " :
			    ", ", i + 1);
	buf_puts(b, "\n");
}

void
ofd_print(const struct ofd_show *show, const struct ofd_sign *signs, size_t n,
    FileReading *m)
{
	size_t		 i, count = package_count(show->package);
	const char	*line;
	char		 safe[OFD_LINE_SIZE * 3];
	struct buf	 b;

	buf_init(&b, TEXT_MAX + LISTED * PATH_SIZE * 4);
	buf_printf(&b, "%-20s%zu files, %u documents, %zu pages, "
	    "%zu signatures\n", "OFD package", count, show->nbodies,
	    show->npages, n);
	for (i = 0; (line = package_deviation(show->package, i)) != NULL; i++)
		buf_printf(&b, "%-20s%s\n", "deviation", line);
	for (i = 0; i < show->nlines; i++) {
		x509_safe_text(show->lines[i], strlen(show->lines[i]), safe,
		    sizeof(safe));
		buf_printf(&b, "%-20s%s\n", "deviation", safe);
	}
	for (i = 0; i < n; i++) {
		x509_safe_text(signs[i].label, strlen(signs[i].label), safe,
		    sizeof(safe));
		buf_printf(&b, "signature %-10zu%s, lists %zu files\n", i + 1,
		    safe, signs[i].n);
	}
	buf_puts(&b, "files\n");
	for (i = 0; i < count && i < LISTED && b.len < TEXT_MAX; i++)
		put_file(show, signs, n, i, &b);
	if (i < count)
		buf_printf(&b, "  and %zu more\n", count - i);
	if (m->text != NULL && m->text != protobuf_c_empty_string)
		free(m->text);
	m->text = buf_steal_str(&b);
	buf_fini(&b);
}
