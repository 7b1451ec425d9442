#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/keep/backup.h"

/*
 * What lies in a backup, after the vault has opened it.  The first octet
 * chooses: a manifest, or heads of files one after the other.
 *
 * Property: a manifest that is taken names no file that could leave the
 * folder and none twice, and written again it is taken again and says the
 * same.  A head that is taken has a good name, plain permissions and a
 * bounded size, unless it is the database; a refused one leaves nothing.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct backup_facts	f, again;

static void
must(int good)
{
	if (!good)
		abort();
}

static void
check_name(const char *name)
{
	must(name[0] != '\0' && name[0] != '.' && name[0] != '/');
}

static void
manifest(struct octets text)
{
	struct buf	b;
	size_t		i, k;

	if (backup_parse(text, &f, NULL) != 0)
		return;
	must(f.nfiles <= LIMIT_BACKUP_FILES);
	for (i = 0; i < f.nfiles; i++) {
		check_name(f.files[i].name);
		must(f.files[i].mode <= 0777);
		for (k = 0; k < i; k++)
			must(strcmp(f.files[i].name, f.files[k].name) != 0);
	}
	buf_init(&b, 2 * LIMIT_BACKUP_MANIFEST);
	backup_format(&f, &b);
	must(buf_ok(&b) && backup_parse(buf_octets(&b), &again, NULL) == 0);
	must(memcmp(&f, &again, sizeof(f)) == 0);
	buf_fini(&b);
}

static void
heads(struct cursor c)
{
	static const struct backup_file	 none;
	struct backup_file		 bf;
	struct octets			 name, tail;
	uint16_t			 n;

	while (take_u16(&c, &n) && take_octets(&c, n, &name) &&
	    take_octets(&c, BACKUP_HEAD_TAIL, &tail)) {
		if (backup_head(name, tail.p, &bf, NULL) != 0) {
			must(memcmp(&bf, &none, sizeof(bf)) == 0);
			continue;
		}
		check_name(bf.name);
		must(strlen(bf.name) == name.len);
		must(bf.mode <= 0777 && (bf.size <= LIMIT_RESTORE_SMALL ||
		    strcmp(bf.name, BACKUP_DATABASE) == 0));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0 || n > LIMIT_BACKUP_MANIFEST)
		return 0;
	if (*p == 'm')
		manifest(OCTETS(p + 1, n - 1));
	else
		heads(cursor_of(p + 1, n - 1));
	return 0;
}
