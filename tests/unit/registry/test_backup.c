#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/keep/restore.h"

/*
 * Backups that are well encrypted but not what they say: parts that are
 * missing, more, or others.  tests/scenario/70-backup has the real ones.
 */

static const struct octets pass = { (const uint8_t *)"pass", 4 };

static const char *const all[] = {
	"sealreg.yaml", "trust", "province.db", "ca/root.crt",
	"ca/province.crt", "ca/maker.crt", "keys/checkpoint.pem",
	"keys/province.pem", "keys/maker.pem", "keys/wrapping.pem"
};
#define NALL	(sizeof(all) / sizeof(all[0]))

/* How the backup differs from a whole one; NULL: it does not. */
struct how {
	const char	*drop_file;	/* in the manifest only */
	const char	*drop_both;	/* nowhere */
	const char	*drop_line;	/* in the stream only */
	const char	*other;		/* its octets are others */
	const char	*more;		/* one more name, in both */
	bool		 no_manifest;
};

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static void
put(struct vault *v, struct backup_facts *f, const char *name,
    const struct how *h)
{
	struct backup_file	bf;
	struct err		e = ERR_INIT;

	if (is(h->drop_both, name))
		return;
	if (!is(h->drop_file, name))
		assert_int_equal(backup_put(v, name, 0600, OCTETS(name,
		    strlen(name)), &bf, &e), 0);
	else {
		memset(&bf, 0, sizeof(bf));
		snprintf(bf.name, sizeof(bf.name), "%s", name);
		bf.mode = 0600;
	}
	if (is(h->other, name))
		bf.digest[3] ^= 1;
	if (!is(h->drop_line, name))
		f->files[f->nfiles++] = bf;
}

static int
make(const struct how *h)
{
	char			 name[] = "/tmp/test_backup.XXXXXX";
	struct backup_facts	*f = xcalloc(1, sizeof(*f));
	struct backup_file	 bf;
	struct err		 e = ERR_INIT;
	struct vault		*v = NULL;
	struct buf		 b;
	size_t			 i;
	int			 fd = mkstemp(name);

	assert_int_not_equal(fd, -1);
	assert_int_equal(unlink(name), 0);
	strcpy(f->province, "44");
	strcpy(f->origin, "44.sealreg.example/log");
	f->created = f->signed_at = 1800000000;
	f->log_size = 7;
	assert_int_equal(vault_create(fd, pass, &v, &e), 0);
	for (i = 0; i < NALL; i++)
		put(v, f, all[i], h);
	if (h->more != NULL)
		put(v, f, h->more, h);
	buf_init(&b, LIMIT_BACKUP_MANIFEST);
	backup_format(f, &b);
	if (!h->no_manifest)
		assert_int_equal(backup_put(v, BACKUP_MANIFEST, 0600,
		    buf_octets(&b), &bf, &e), 0);
	assert_int_equal(vault_end(v, &e), 0);
	vault_free(v);
	buf_fini(&b);
	free(f);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
test_parts(void **state)
{
	static const struct {
		struct how	 how;
		const char	*id;
	} cases[] = {
		{ { .drop_file = "keys/maker.pem" }, "backup-incomplete" },
		{ { .drop_both = "keys/maker.pem" }, "backup-incomplete" },
		{ { .drop_both = "province.db" }, "backup-incomplete" },
		{ { .drop_both = "sealreg.yaml" }, "backup-incomplete" },
		{ { .drop_line = "ca/root.crt" }, "backup-differs" },
		{ { .other = "trust" }, "backup-differs" },
		{ { .more = "../x" }, "backup-differs" },
		{ { .more = "keys/a/b" }, "backup-differs" },
		{ { .more = "/etc/x" }, "backup-differs" },
		{ { .more = ".hidden" }, "backup-differs" },
		{ { .no_manifest = true }, "vault-truncated" },
		/* All there: then the configuration is read, and is none. */
		{ { .more = "province.yaml" }, "config-syntax" },
	};
	char		 dir[] = "/tmp/test_backup.XXXXXX", *into, *half;
	struct restored	*r = xcalloc(1, sizeof(*r));
	struct err	 e;
	size_t		 i;
	int		 fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	into = xasprintf("%s/node", dir);
	half = xasprintf("%s.new", into);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = make(&cases[i].how);
		e = (struct err)ERR_INIT;
		assert_int_not_equal(restore_new(fd, pass, into, true, r,
		    &e), 0);
		assert_string_equal(e.id, cases[i].id);
		assert_int_equal(access(into, F_OK), -1);
		assert_int_equal(access(half, F_OK), -1);
		close(fd);
	}
	assert_int_equal(rmdir(dir), 0);
	free(half);
	free(into);
	free(r);
}

#define Z	"00000000000000000000000000000000" \
		"00000000000000000000000000000000"
#define GOOD	" 7 " Z " 2026-11-21T10:00:00Z"

static void
test_manifest(void **state)
{
	static const char	 head[] = "sealreg-backup/v1\nprovince 44\n"
				    "origin o\ncreated 2026-11-21T10:00:00Z\n";
	static const struct {
		const char	*checkpoint, *file;
		bool		 good;
	} cases[] = {
		{ GOOD, Z " 5 0600 keys/a.pem", true },
		{ " 07 " Z " 2026-11-21T10:00:00Z", Z " 5 0600 a", false },
		{ " 7 " Z " 2026-11-21", Z " 5 0600 a", false },
		{ GOOD, Z " 5 0680 a", false },
		{ GOOD, Z " 5 4600 a", false },
		{ GOOD, Z " 5 0600 a/../b", false },
		{ GOOD, Z " 5 0600 ", false },
		{ GOOD, "0000000000 5 0600 a", false },
		{ GOOD, Z " 5 0600 a\nfile " Z " 5 0600 a", false },
	};
	struct backup_facts	*f = xcalloc(1, sizeof(*f));
	struct err		 e;
	char			*text;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = xasprintf("%scheckpoint%s\nfile %s\n", head,
		    cases[i].checkpoint, cases[i].file);
		e = (struct err)ERR_INIT;
		if (cases[i].good) {
			assert_int_equal(backup_parse(OCTETS(text,
			    strlen(text)), f, &e), 0);
			assert_int_equal(f->nfiles, 1);
			assert_int_equal(f->files[0].mode, 0600);
			assert_int_equal(f->log_size, 7);
		} else {
			assert_int_equal(backup_parse(OCTETS(text,
			    strlen(text)), f, &e), ERR_FORMAT);
			assert_string_equal(e.id, "backup-manifest");
		}
		free(text);
	}
	free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
