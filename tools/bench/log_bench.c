#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "store/store.h"
#include "sync/log.h"

/*
 * The log alone, without keys, office or HTTP: append, replay, prove.
 *
 *	log_bench FOLDER [COUNT [BATCH [DEPTH]]]
 *
 * writes FOLDER/own.db and FOLDER/peer.db; what is there already (by the same
 * COUNT) is not written again, so that proofs can be profiled alone.
 */

#define PROOFS	200000u

static const enum stmt may_write[] = { LOG_MAY_WRITE, STMT_NONE };
static const enum stmt may_read[] = { LOG_MAY_READ, STMT_NONE };

static void
must(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "log_bench: %s: %s\n", e->id, e->text);
	exit(1);
}

static double
seconds(void)
{
	return (double)tm_mono_ms() / 1000;
}

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_put_u8(b, (uint8_t)(v | 0x80));
	buf_put_u8(b, (uint8_t)v);
}

static void
put_bytes(struct buf *b, unsigned field, const void *p, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	buf_put(b, p, n);
}

static void
put_number(struct buf *b, unsigned field, uint64_t v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

static void
code_of(unsigned n, char code[16])
{
	snprintf(code, 16, "440106%08u", n % 100000000);
}

/* A filing as long as real ones are. */
static void
make_entry(unsigned n, struct buf *record, struct buf *event, struct buf *out)
{
	static const char	name[] = "测试科技股份有限公司";
	char			code[16];
	uint8_t			digest[3][SM3_LEN], salt[16];

	code_of(n, code);
	sm_random(digest, sizeof(digest));
	sm_random(salt, sizeof(salt));
	buf_reset(record);
	buf_reset(event);
	buf_reset(out);
	put_bytes(record, 1, code, 14);
	put_number(record, 2, 1);
	put_bytes(record, 3, name, strlen(name));
	put_bytes(record, 4, name, strlen(name));
	put_bytes(record, 5, "91440101MA5AKH6A1U", 18);
	put_number(record, 7, 1);
	put_number(record, 9, 1790000000);
	put_number(record, 10, 1790000000);
	put_number(record, 11, 1790000000);
	put_number(record, 12, 1900000000);
	put_bytes(record, 13, digest[0], SM3_LEN);
	put_bytes(record, 14, digest[1], SM3_LEN);
	put_bytes(record, 15, digest[2], SM3_LEN);
	put_bytes(record, 16, "440106", 6);
	put_bytes(record, 17, "440106000001", 12);
	put_number(record, 20, 2);
	put_number(record, 22, 1);
	put_bytes(record, 31, salt, 16);
	put_bytes(event, 1, record->p, record->len);
	put_number(event, 2, 1);
	put_bytes(out, 1, event->p, event->len);
}

static uint64_t
take_varint(struct cursor *c)
{
	uint64_t	v = 0;
	unsigned	shift = 0;
	uint8_t		o = 0x80;

	for (; (o & 0x80) != 0 && take_u8(c, &o); shift += 7)
		v |= (uint64_t)(o & 0x7f) << shift;
	return v;
}

static struct octets
take_bytes(struct cursor *c)
{
	struct octets	o = { NULL, 0 };

	(void)take_varint(c);
	(void)take_octets(c, (size_t)take_varint(c), &o);
	return o;
}

static int
rules_read(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	struct cursor	c = cursor_of(entry.p, entry.len);
	struct octets	o = take_bytes(&c);

	(void)ctx;
	(void)e;
	c = cursor_of(o.p, o.len);
	ef->record = take_bytes(&c);
	c = cursor_of(ef->record.p, ef->record.len);
	o = take_bytes(&c);
	sm3(o.p, o.len, ef->key);
	return 0;
}

static int
rules_step(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	(void)ctx;
	(void)entry;
	(void)before;
	(void)e;
	return 0;
}

static const struct entry_rules rules = {
	.read = rules_read, .step = rules_step, .ctx = NULL
};

static struct store *
open_store(const char *path, enum store_mode mode, enum store_kind kind)
{
	const struct store_spec spec = {
		.path = path, .mode = mode, .kind = kind,
		.may = mode == STORE_READ ? may_read : may_write
	};
	struct store	*st;
	struct err	 e = ERR_INIT;

	must(store_open(&spec, &st, &e), &e);
	return st;
}

static void
publish(struct store *st, struct log *lg)
{
	struct err	e = ERR_INIT;

	must(log_reread(lg, &e), &e);
	must(log_publish(lg, "a note", 1790000000, &e), &e);
	must(store_commit(st, &e), &e);
	log_settle(lg, true);
}

static void
fill(const char *path, unsigned count, unsigned batch, unsigned depth)
{
	struct err	e = ERR_INIT;
	struct store	*st = open_store(path, STORE_CREATE, STORE_PROVINCE);
	struct log	*lg;
	struct hash	root;
	struct buf	record, event, entry;
	uint64_t	size, index;
	unsigned	n = 0, i;
	double		t = seconds();

	buf_init(&record, 4096);
	buf_init(&event, 4096);
	buf_init(&entry, 4096);
	must(log_new(st, &rules, &lg, &e), &e);
	must(store_begin(st, &e), &e);
	must(log_begin(lg, &e), &e);
	must(log_genesis(lg, depth, 1790000000, &size, &root, &e), &e);
	publish(st, lg);
	while (n < count) {
		must(store_begin(st, &e), &e);
		must(log_begin(lg, &e), &e);
		for (i = 0; i < batch && n < count; i++, n++) {
			make_entry(n, &record, &event, &entry);
			must(log_append(lg, buf_octets(&entry), &index, &e),
			    &e);
		}
		must(log_seal(lg, 1790000000, OCTETS(NULL, 0), &size, &root,
		    &e), &e);
		publish(st, lg);
	}
	t = seconds() - t;
	printf("append   %u entries of %zu octets, batches of %u: %.2f s, "
	    "%.0f/s\n", count, entry.len, batch, t, count / t);
	buf_fini(&record);
	buf_fini(&event);
	buf_fini(&entry);
	log_free(lg);
	store_close(st);
}

static void
replay(const char *from, const char *to)
{
	const struct val v[] = { val_int(0), val_int(INT64_MAX) };
	struct err	 e = ERR_INIT;
	struct store	*own = open_store(from, STORE_READ, STORE_PROVINCE);
	struct store	*st = open_store(to, STORE_CREATE, STORE_PEER);
	struct logview	*lv;
	const struct log_head *head;
	struct log	*lg;
	struct query	*q;
	struct checkpoint cp;
	bool		 row;
	double		 t = seconds();

	must(logview_open(own, &lv, &e), &e);
	must(store_begin(own, &e), &e);
	must(logview_refresh(lv, &head, &e), &e);
	memset(&cp, 0, sizeof(cp));
	cp.size = head->size;
	memcpy(cp.root, head->root.h, SM3_LEN);
	must(log_new(st, &rules, &lg, &e), &e);
	must(store_begin(st, &e), &e);
	must(log_begin(lg, &e), &e);
	must(store_query(own, STMT_ENTRY_RANGE, v, 2, &q, &e), &e);
	for (;;) {
		must(query_next(q, &row, &e), &e);
		if (!row)
			break;
		must(log_replay(lg, query_blob(q, 1), &e), &e);
	}
	query_done(q);
	must(log_replay_end(lg, &cp, "note", 1790000000, &e), &e);
	must(store_commit(st, &e), &e);
	log_settle(lg, true);
	t = seconds() - t;
	printf("replay   %llu entries, one transaction: %.2f s, %.0f/s\n",
	    (unsigned long long)cp.size, t, (double)cp.size / t);
	log_free(lg);
	logview_free(lv);
	store_close(own);
	store_close(st);
}

/*
 * A writer that has the file open and does nothing, as in life: without one a
 * reader cannot trust the WAL index and reads everything anew each time.
 */
static pid_t
hold(const char *path, int *tell)
{
	struct store	*st;
	pid_t		 pid;
	int		 up[2], down[2];
	char		 c = 0;

	if (pipe(up) != 0 || pipe(down) != 0 || (pid = fork()) == -1) {
		perror("log_bench");
		exit(1);
	}
	if (pid == 0) {
		close(down[1]);
		st = open_store(path, STORE_WRITE, STORE_PROVINCE);
		if (write(up[1], &c, 1) != 1 || read(down[0], &c, 1) != 0)
			_exit(1);
		store_close(st);
		_exit(0);
	}
	close(up[1]);
	if (read(up[0], &c, 1) != 1)
		exit(1);
	close(up[0]);
	close(down[0]);
	*tell = down[1];
	return pid;
}

/* A transaction a lookup, as a request has; one in ten is absent. */
static void
prove(const char *path, unsigned count)
{
	struct err	e = ERR_INIT;
	struct store	*st;
	struct logview	*lv;
	struct log_proof p;
	char		code[16];
	uint8_t		key[SM3_LEN];
	unsigned	n, x = 12345, found = 0;
	size_t		octets = 0;
	double		t, first = 0;
	pid_t		pid;
	int		tell, status;

	pid = hold(path, &tell);
	st = open_store(path, STORE_READ, STORE_PROVINCE);
	t = seconds();
	must(logview_open(st, &lv, &e), &e);
	for (n = 0; n < PROOFS; n++) {
		x = x * 1664525u + 1013904223u;
		code_of((x >> 3) % count + (n % 10 == 0 ? count : 0), code);
		sm3(code, 14, key);
		must(store_begin(st, &e), &e);
		must(logview_prove(lv, key, &p, &e), &e);
		found += p.record.len > 0;
		octets += p.rows.len + p.record.len;
		must(store_commit(st, &e), &e);
		if (n == 0)
			first = seconds() - t;
	}
	t = seconds() - t;
	printf("prove    %u keys, %u found: %.2f s, %.0f/s; the first "
	    "%.3f s; %zu octets of rows and record each\n", PROOFS, found, t,
	    PROOFS / t, first, octets / PROOFS);
	logview_free(lv);
	store_close(st);
	close(tell);
	(void)waitpid(pid, &status, 0);
}

static void
audit(const char *path)
{
	struct err	e = ERR_INIT;
	struct store	*st = open_store(path, STORE_READ, STORE_PROVINCE);
	struct log_audit a;
	double		t = seconds();

	must(store_begin(st, &e), &e);
	must(log_audit(st, &rules, &a, &e), &e);
	t = seconds() - t;
	printf("audit    %llu entries, %llu epochs, %llu keys: %.2f s\n",
	    (unsigned long long)a.entries, (unsigned long long)a.epochs,
	    (unsigned long long)a.keys, t);
	store_close(st);
}

int
main(int argc, char **argv)
{
	struct err	e = ERR_INIT;
	struct stat	sb;
	unsigned	count = 100000, batch = 1000, depth = 16;
	char		*own, *peer;

	if (argc < 2) {
		fprintf(stderr, "usage: log_bench FOLDER [COUNT [BATCH "
		    "[DEPTH]]]\n");
		return 2;
	}
	if (argc > 2)
		count = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		batch = (unsigned)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		depth = (unsigned)strtoul(argv[4], NULL, 10);
	own = xasprintf("%s/own.db", argv[1]);
	peer = xasprintf("%s/peer.db", argv[1]);
	must(sm_init(&e), &e);
	if (stat(own, &sb) != 0)
		fill(own, count, batch, depth);
	if (stat(own, &sb) == 0)
		printf("disk     %.0f octets a seal\n",
		    (double)sb.st_size / count);
	prove(own, count);
	if (stat(peer, &sb) != 0) {
		audit(own);
		replay(own, peer);
	}
	free(own);
	free(peer);
	return 0;
}
