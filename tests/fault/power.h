#ifndef TESTS_FAULT_POWER_H
#define TESTS_FAULT_POWER_H

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/*
 * A disk that loses its power, under SQLite: for tests only.  While it traces,
 * every write, truncation and sync of every file is kept in order; the files
 * themselves are written as always.  power_cut() then makes of them what a
 * cut after any number of steps may have left: everything before a file's
 * last sync is there; of what came after, single sectors are there or not, in
 * any order, as a seed says.  Nothing is assumed of one file's writes from
 * another file's sync.
 *
 * A write never harms octets beside it (SQLite assumes the same,
 * SQLITE_IOCAP_POWERSAFE_OVERWRITE), and a sector is old or new.
 */

#define POWER_FILES	4
#define POWER_SECTOR	512

enum power_kind { POWER_WRITE = 1, POWER_TRUNCATE, POWER_SYNC };

struct power_step {
	enum power_kind	 kind;
	size_t		 file;
	sqlite3_int64	 at;		/* offset, or the new length */
	uint8_t		*p;
	size_t		 n;
};

static struct power {
	sqlite3_vfs	 vfs;		/* the preset one, but xOpen */
	int		 (*open)(sqlite3_vfs *, const char *, sqlite3_file *,
			    int, int *);
	struct power_methods {
		sqlite3_io_methods	  io;	/* first: what a file has */
		const sqlite3_io_methods *real;
	} methods[4];			/* one for each way of locking */
	bool		 tracing;
	/* what the files were when the trace began */
	char		*path[POWER_FILES];
	uint8_t		*base[POWER_FILES];
	size_t		 baselen[POWER_FILES];
	size_t		 nfiles;
	/* files that are open */
	struct { const sqlite3_file *f; size_t file; } handle[32];
	struct power_step *step;
	size_t		 nsteps, room;
	/* a disk that fails: from call fail_in on with this code; 0: works */
	int		 fail_with, fail_in;
	unsigned	 calls;
} power;

/* ---- a generator of our own: the same seed, the same cut */

static inline uint32_t
power_random(uint64_t *s)
{
	*s += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *s;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

/* ---- the trace */

static inline const sqlite3_io_methods *
power_real(const sqlite3_file *f)
{
	return ((const struct power_methods *)(const void *)f->pMethods)->real;
}

static inline void
power_add(const sqlite3_file *f, enum power_kind kind, sqlite3_int64 at,
    const void *p, size_t n)
{
	struct power_step	*s;
	size_t			 i;

	if (!power.tracing)
		return;
	for (i = 0; power.handle[i].f != f; i++)
		assert(i < 31);
	if (power.nsteps == power.room) {
		power.room = power.room * 2 + 64;
		power.step = xreallocarray(power.step, power.room,
		    sizeof(*power.step));
	}
	s = &power.step[power.nsteps++];
	s->kind = kind;
	s->file = power.handle[i].file;
	s->at = at;
	s->p = n > 0 ? xmemdup(p, n) : NULL;
	s->n = n;
}

static inline bool
power_fails(void)
{
	power.calls++;
	return power.fail_with != 0 && power.fail_in-- <= 0;
}

static inline int
power_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (power_fails())
		return power.fail_with;
	power_add(f, POWER_WRITE, at, p, (size_t)n);
	return power_real(f)->xWrite(f, p, n, at);
}

static inline int
power_truncate(sqlite3_file *f, sqlite3_int64 len)
{
	power_add(f, POWER_TRUNCATE, len, NULL, 0);
	return power_real(f)->xTruncate(f, len);
}

static inline int
power_sync(sqlite3_file *f, int flags)
{
	if (power_fails())
		return power.fail_with;
	power_add(f, POWER_SYNC, 0, NULL, 0);
	return power_real(f)->xSync(f, flags);
}

static inline int
power_close(sqlite3_file *f)
{
	size_t	i;

	for (i = 0; i < 32; i++)
		if (power.handle[i].f == f)
			power.handle[i].f = NULL;
	return power_real(f)->xClose(f);
}

static inline void
power_know(const char *name, const sqlite3_file *f)
{
	size_t	i, h;

	for (i = 0; i < power.nfiles && strcmp(power.path[i], name) != 0; i++)
		;
	/* Not one of ours: it must not be written while we trace. */
	if (i == power.nfiles)
		i = POWER_FILES;
	for (h = 0; power.handle[h].f != NULL; h++)
		assert(h < 31);
	power.handle[h].f = f;
	power.handle[h].file = i;
}

static inline int
power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	struct power_methods	*m;
	int			 i, rc = power.open(vfs, name, f, flags, out);

	if (rc != SQLITE_OK || f->pMethods == NULL || name == NULL)
		return rc;
	power_know(name, f);
	for (i = 0; i < 4; i++) {
		m = &power.methods[i];
		if (m->real == NULL) {
			m->real = f->pMethods;
			m->io = *f->pMethods;
			m->io.xWrite = power_write;
			m->io.xTruncate = power_truncate;
			m->io.xSync = power_sync;
			m->io.xClose = power_close;
		}
		if (m->real == f->pMethods) {
			f->pMethods = &m->io;
			return rc;
		}
	}
	abort();
}

/* Stand under every database that is opened from now on. */
static inline void
power_init(void)
{
	sqlite3_initialize();
	memset(&power, 0, sizeof(power));
	power.vfs = *sqlite3_vfs_find(NULL);
	power.open = power.vfs.xOpen;
	power.vfs.xOpen = power_open;
	power.vfs.zName = "power";
	sqlite3_vfs_register(&power.vfs, 1);
}

static inline void
power_forget(void)
{
	while (power.nsteps > 0)
		free(power.step[--power.nsteps].p);
	while (power.nfiles > 0) {
		power.nfiles--;
		free(power.path[power.nfiles]);
		free(power.base[power.nfiles]);
	}
	free(power.step);
	power.step = NULL;
	power.room = 0;
	power.tracing = false;
}

static inline void
power_fini(void)
{
	power_forget();
	sqlite3_vfs_unregister(&power.vfs);
}

static inline void
power_base(const char *db, const char *tail)
{
	size_t		 i = power.nfiles++;
	struct err	 e = ERR_INIT;

	power.path[i] = xasprintf("%s%s", db, tail);
	power.base[i] = NULL;
	power.baselen[i] = 0;
	if (access(power.path[i], F_OK) == 0 && file_read(power.path[i],
	    64u << 20, &power.base[i], &power.baselen[i], &e) != 0)
		abort();
}

/* Trace this database, which nobody has open: what is there is durable. */
static inline void
power_begin(const char *db)
{
	power_forget();
	power_base(db, "");
	power_base(db, "-wal");
	power.tracing = true;
}

static inline void
power_end(void)
{
	power.tracing = false;
}

/* ---- the cut */

struct power_image {
	uint8_t	*p;
	size_t	 n, room;
};

static inline void
power_length(struct power_image *im, size_t n)
{
	if (n > im->room) {
		im->room = n + 65536;
		im->p = xreallocarray(im->p, im->room, 1);
	}
	if (n > im->n)
		memset(im->p + im->n, 0, n - im->n);
	im->n = n;
}

static inline void
power_put(struct power_image *im, size_t at, const uint8_t *p, size_t n)
{
	if (at + n > im->n)
		power_length(im, at + n);
	if (n > 0)
		memcpy(im->p + at, p, n);
}

/* What becomes of writes that were not synced. */
enum power_way {
	POWER_NONE = 0,		/* all are lost */
	POWER_ALL,		/* all are there */
	POWER_PREFIX,		/* the first ones, the last of them torn */
	POWER_SUFFIX,		/* the last ones only: reordered */
	POWER_SOME,		/* whole writes, any of them */
	POWER_SECTORS,		/* sectors, any of them */
	POWER_WAYS
};

/* Does sector number sector of unsynced step i of n make it? */
static inline bool
power_lands(enum power_way way, size_t i, size_t n, size_t sector,
    uint32_t cut, uint64_t *rnd)
{
	switch (way) {
	case POWER_NONE:
		return false;
	case POWER_ALL:
		return true;
	case POWER_PREFIX:
		return i < cut % n || (i == cut % n &&
		    sector < cut / 7 % 9);
	case POWER_SUFFIX:
		return i > cut % n || (i == cut % n &&
		    sector >= cut / 7 % 9);
	case POWER_SOME:
		return ((cut ^ (uint32_t)i * 2654435761u) >> 13 & 1) != 0;
	case POWER_SECTORS:
		return (power_random(rnd) & 1) != 0;
	case POWER_WAYS:
		break;
	}
	abort();
}

static inline void
power_land(struct power_image *im, const struct power_step *s, size_t i,
    size_t n, enum power_way way, uint32_t cut, uint64_t *rnd)
{
	size_t	at, end, next, sector = 0;

	if (s->kind == POWER_TRUNCATE) {
		if (power_lands(way, i, n, 0, cut, rnd))
			power_length(im, (size_t)s->at);
		return;
	}
	end = (size_t)s->at + s->n;
	for (at = (size_t)s->at; at < end; at = next, sector++) {
		next = (at / POWER_SECTOR + 1) * POWER_SECTOR;
		if (next > end)
			next = end;
		if (power_lands(way, i, n, sector, cut, rnd))
			power_put(im, at, s->p + (at - (size_t)s->at),
			    next - at);
	}
}

static inline void
power_cut_file(size_t file, size_t steps, uint64_t seed)
{
	struct power_image	 im = { NULL, 0, 0 };
	FILE			*fp;
	uint64_t		 rnd = seed * 1000003 + file;
	/* Every file has its own fate, and neighbouring seeds all of them. */
	enum power_way		 way = (enum power_way)((seed +
				     (file > 0 ? seed / POWER_WAYS : 0)) %
				     POWER_WAYS);
	uint32_t		 cut = power_random(&rnd);
	size_t			 i, open = 0, n = 0, pending;

	power_put(&im, 0, power.base[file] != NULL ? power.base[file] :
	    (const uint8_t *)"", power.baselen[file]);
	for (i = 0; i < steps; i++) {
		assert(power.step[i].file < power.nfiles);
		if (power.step[i].file != file)
			continue;
		if (power.step[i].kind == POWER_SYNC) {
			for (; open < i; open++)
				if (power.step[open].file == file &&
				    power.step[open].kind != POWER_SYNC)
					power_land(&im, &power.step[open], 0,
					    1, POWER_ALL, 0, &rnd);
			n = 0;
			open = i + 1;
		} else
			n++;
	}
	for (pending = 0, i = open; i < steps; i++)
		if (power.step[i].file == file)
			power_land(&im, &power.step[i], pending++, n, way,
			    cut, &rnd);
	/* Over the old file: its mode stays, and nothing need be durable. */
	if ((fp = fopen(power.path[file], "we")) == NULL ||
	    (im.n > 0 && fwrite(im.p, im.n, 1, fp) != 1) || fclose(fp) != 0)
		abort();
	free(im.p);
}

/*
 * The power went after this many steps.  Nobody has the files open.  The
 * shared index of the WAL is lost, or an old one is still there.
 */
static inline void
power_cut(size_t steps, uint64_t seed)
{
	char	*shm = xasprintf("%s-shm", power.path[0]);
	size_t	 i;

	assert(!power.tracing && steps <= power.nsteps);
	for (i = 0; i < power.nfiles; i++)
		power_cut_file(i, steps, seed);
	if (seed % 2 == 0)
		(void)unlink(shm);
	free(shm);
}

#endif /* TESTS_FAULT_POWER_H */
