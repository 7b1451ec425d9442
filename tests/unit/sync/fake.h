#ifndef TESTS_UNIT_SYNC_FAKE_H
#define TESTS_UNIT_SYNC_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sync/log.h"

/*
 * A log in a file of its own with entries that mean little: a record is a
 * code, a status, a version and a salt; status 99 is an illegal step.  For the
 * tests of log.c, logview.c and audit.c only.
 */

#define FAKE_ILLEGAL	99

static const enum stmt fake_may_write[] = { LOG_MAY_WRITE, STMT_NONE };
static const enum stmt fake_may_read[] = { LOG_MAY_READ, STMT_NONE };

static inline void
fake_varint(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_put_u8(b, (uint8_t)(v | 0x80));
	buf_put_u8(b, (uint8_t)v);
}

static inline void
fake_bytes(struct buf *b, unsigned field, const void *p, size_t n)
{
	fake_varint(b, field << 3 | 2);
	fake_varint(b, n);
	buf_put(b, p, n);
}

static inline void
fake_number(struct buf *b, unsigned field, uint64_t v)
{
	fake_varint(b, field << 3);
	fake_varint(b, v);
}

static inline void
fake_code(unsigned n, char code[15])
{
	snprintf(code, 15, "440106%08u", n % 100000000);
}

static inline void
fake_key(unsigned n, uint8_t key[SM3_LEN])
{
	char	code[15];

	fake_code(n, code);
	sm3(code, 14, key);
}

/* previous < 0: none. */
static inline void
fake_entry(unsigned n, unsigned status, int64_t previous, struct buf *out)
{
	struct buf	record, event;
	char		code[15];

	buf_init(&record, 4096);
	buf_init(&event, 4096);
	fake_code(n, code);
	fake_bytes(&record, 1, code, 14);
	fake_number(&record, 7, status);
	fake_number(&record, 22, 1);
	fake_bytes(&record, 31, "0123456789abcdef", 16);
	fake_bytes(&event, 1, record.p, record.len);
	fake_number(&event, 2, 1);
	if (previous >= 0)
		fake_number(&event, 4, (uint64_t)previous);
	buf_reset(out);
	fake_bytes(out, 1, event.p, event.len);
	assert_true(buf_ok(out));
	buf_fini(&record);
	buf_fini(&event);
}

static inline uint64_t
fake_take_varint(struct cursor *c)
{
	uint64_t	v = 0;
	unsigned	shift = 0;
	uint8_t		o = 0x80;

	for (; (o & 0x80) != 0 && take_u8(c, &o); shift += 7)
		v |= (uint64_t)(o & 0x7f) << shift;
	return v;
}

static inline struct octets
fake_take_bytes(struct cursor *c)
{
	struct octets	o = { NULL, 0 };
	size_t		n;

	(void)fake_take_varint(c);
	n = (size_t)fake_take_varint(c);
	(void)take_octets(c, n, &o);
	return o;
}

/* The code and the status in a record. */
static inline struct octets
fake_read_record(struct octets record, uint64_t *status)
{
	struct cursor	c = cursor_of(record.p, record.len);
	struct octets	code = fake_take_bytes(&c);

	(void)fake_take_varint(&c);
	*status = fake_take_varint(&c);
	return code;
}

static inline int
fake_read(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	struct cursor	c = cursor_of(entry.p, entry.len);
	struct octets	event = fake_take_bytes(&c), code;
	uint64_t	status;

	(void)ctx;
	(void)e;
	c = cursor_of(event.p, event.len);
	ef->record = fake_take_bytes(&c);
	while (cursor_left(&c) > 0)
		if (fake_take_varint(&c) >> 3 == 4) {
			ef->has_previous = true;
			ef->previous = fake_take_varint(&c);
		} else
			(void)fake_take_varint(&c);
	code = fake_read_record(ef->record, &status);
	sm3(code.p, code.len, ef->key);
	return 0;
}

static inline int
fake_step(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	struct entry_effect ef;
	struct octets	 code, old;
	uint64_t	 status, was;

	memset(&ef, 0, sizeof(ef));
	(void)fake_read(ctx, entry, &ef, e);
	code = fake_read_record(ef.record, &status);
	/* What the log says came before is of the same seal. */
	assert_int_equal(before.len > 0, ef.has_previous);
	if (before.len > 0) {
		old = fake_read_record(before, &was);
		assert_int_equal(old.len, code.len);
		assert_memory_equal(old.p, code.p, code.len);
	}
	if (status == FAKE_ILLEGAL)
		return err_set_id(e, ERR_VERIFY, "illegal-transition",
		    "status 99");
	return 0;
}

static const struct entry_rules fake_rules = {
	.read = fake_read, .step = fake_step, .ctx = NULL
};

/* ---- a log in a file ---- */

struct fake {
	char		 dir[40], path[64];
	struct store	*st;
	struct log	*lg;
};

static inline void
fake_must(int rc, const struct err *e)
{
	if (rc != 0)
		fail_msg("%d %s: %s", rc, e->id, e->text);
}

static inline struct store *
fake_store(const char *path, enum store_mode mode, enum store_kind kind)
{
	const struct store_spec spec = {
		.path = path, .mode = mode, .kind = kind,
		.may = mode == STORE_READ ? fake_may_read : fake_may_write
	};
	struct store	*st;
	struct err	 e = ERR_INIT;

	fake_must(store_open(&spec, &st, &e), &e);
	return st;
}

static inline void
fake_open(struct fake *f, enum store_kind kind)
{
	struct err	e = ERR_INIT;

	strcpy(f->dir, "/tmp/test_log.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/x.db", f->dir);
	f->st = fake_store(f->path, STORE_CREATE, kind);
	fake_must(log_new(f->st, &fake_rules, &f->lg, &e), &e);
}

static inline void
fake_close(struct fake *f)
{
	static const char *const	tail[] = { "", "-wal", "-shm" };
	char				name[80];
	size_t				i;

	log_free(f->lg);
	store_close(f->st);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", f->path, tail[i]);
		(void)unlink(name);
	}
	assert_int_equal(rmdir(f->dir), 0);
}

static inline void
fake_begin(struct fake *f)
{
	struct err	e = ERR_INIT;

	fake_must(store_begin(f->st, &e), &e);
	fake_must(log_begin(f->lg, &e), &e);
}

static inline void
fake_commit(struct fake *f)
{
	struct err	e = ERR_INIT;

	fake_must(log_publish(f->lg, "a signed note", 1000, &e), &e);
	fake_must(store_commit(f->st, &e), &e);
	log_settle(f->lg, true);
}

static inline void
fake_roll_back(struct fake *f)
{
	store_rollback(f->st);
	log_settle(f->lg, false);
}

static inline void
fake_genesis(struct fake *f, unsigned depth)
{
	struct err	e = ERR_INIT;
	struct hash	root;
	uint64_t	size;

	fake_begin(f);
	fake_must(log_genesis(f->lg, depth, 100, &size, &root, &e), &e);
	assert_int_equal(size, 1);
	fake_must(log_reread(f->lg, &e), &e);
	fake_commit(f);
}

/* Append one event of seal n; it names the event before. */
static inline int
fake_append(struct fake *f, unsigned n, unsigned status, struct err *e)
{
	struct octets	before;
	struct buf	b;
	uint8_t		key[SM3_LEN];
	uint64_t	index, at;
	int		rc;

	buf_init(&b, 4096);
	fake_key(n, key);
	rc = log_current(f->lg, key, &before, &at, e);
	if (rc == 0) {
		fake_entry(n, status, before.len > 0 ? (int64_t)at : -1, &b);
		rc = log_append(f->lg, buf_octets(&b), &index, e);
	}
	buf_fini(&b);
	return rc;
}

static inline void
fake_seal(struct fake *f, int64_t time)
{
	struct err	e = ERR_INIT;
	struct hash	root;
	uint64_t	size;

	fake_must(log_seal(f->lg, time, OCTETS(NULL, 0), &size, &root, &e),
	    &e);
	assert_int_equal(size, log_size_now(f->lg));
}

/* A committed batch of one event for each seal from .. to - 1. */
static inline void
fake_batch(struct fake *f, unsigned from, unsigned to, unsigned status)
{
	struct err	e = ERR_INIT;

	fake_begin(f);
	for (; from < to; from++)
		fake_must(fake_append(f, from, status, &e), &e);
	fake_seal(f, 200);
	fake_must(log_reread(f->lg, &e), &e);
	fake_commit(f);
}

/* A foreign hand: any SQL, the triggers out of the way if it says so. */
static inline void
fake_raw(const struct fake *f, const char *sql)
{
	sqlite3	*db;
	char	*msg = NULL;
	int	 on = 1;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	if (sqlite3_exec(db, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s: %s", sql, msg);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif /* TESTS_UNIT_SYNC_FAKE_H */
