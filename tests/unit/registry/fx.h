#ifndef TESTS_FX_H
#define TESTS_FX_H

/*
 * A province in memory for tests: a fixed key that is nobody's, a log, a map
 * and the answers a node would give of them.  The log is as design section 5
 * says, put together here from the pure parts, so that what the stores do is
 * not part of the test.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "base/sm.h"
#include "filing/record.h"
#include "registry/judge/answer.h"
#include "registry/judge/proof.h"
#include "registry/judge/verdict.h"
#include "sync/entry.h"
#include "sync/log.h"
#include "sync/map.h"
#include "sync/note.h"
#include "sync/tlog.h"
#include "sync/trust.h"

#define FX		__attribute__((unused)) static
#define FX_DEPTH	4
#define FX_BUCKETS	(1u << FX_DEPTH)
#define FX_ENTRIES	200
#define FX_TIME		1700000000	/* when the log begins */
#define FX_AS_OF	(FX_TIME + 1000)	/* when the head is signed */
#define FX_MAX_AGE	600
#define FX_ORIGIN	"44.sealreg.example/log"

/* A key made for these tests alone. */
static const char fx_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgR8KR3dINu4BHppj1\n"
    "0BQXpQShhi6KKiCDoGIJLc9jiZ2hRANCAARFTvr50K1ngjrkkzNtLUakpZR23+T+\n"
    "IV5BDou4AK7PxW3qHdnhjKYsx4oJrDKD1/wYkiNxXpR6b37PVQuwgyeY\n"
    "-----END PRIVATE KEY-----\n";

struct fx {
	EVP_PKEY		*pkey;
	struct trust_key	 key;
	struct trust_province	 p[2];
	struct trust		 t;
	char			*prefixes[2];
	struct buf		 entry[FX_ENTRIES];
	struct hash		 leaf[FX_ENTRIES];
	size_t			 n;
	struct buf		 rows[FX_BUCKETS];
	struct { char code[SEAL_CODE_SIZE]; struct octets rec; uint64_t at; }
				 cur[FX_ENTRIES];
	size_t			 ncur;
	struct log_head		 head;
	char			*note;
	struct hash		 path[TLOG_PATH_MAX];
	size_t			 npath;
	struct answer_head	 pre;
};

FX void
fx_sign(struct fx *f, struct octets msg, uint8_t sig[SM2_SIG_LEN])
{
	EVP_MD_CTX	*md = EVP_MD_CTX_new();
	EVP_PKEY_CTX	*pk = EVP_PKEY_CTX_new(f->pkey, NULL);
	uint8_t		 der[SM2_DER_SIG_MAX + 8];
	size_t		 n = sizeof(der);

	EVP_PKEY_CTX_set1_id(pk, "1234567812345678", 16);
	EVP_MD_CTX_set_pkey_ctx(md, pk);
	if (EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, f->pkey) != 1 ||
	    EVP_DigestSign(md, der, &n, msg.p, msg.len) != 1 ||
	    sm2_sig_from_der(OCTETS(der, n), sig, NULL) != 0)
		abort();
	EVP_PKEY_CTX_free(pk);
	EVP_MD_CTX_free(md);
}

FX int
fx_read(void *ctx, unsigned level, uint64_t i, struct hash *h,
    struct err *e)
{
	struct fx	*f = ctx;

	(void)e;
	if (level != 0 || i >= f->n)
		abort();
	*h = f->leaf[i];
	return 0;
}

FX struct octets
fx_add(struct fx *f)
{
	struct octets	o = buf_octets(&f->entry[f->n]);

	entry_leaf(o, f->leaf[f->n].h);
	f->n++;
	return o;
}

/* The empty map's root, or the present one's. */
FX void
fx_map_root(struct fx *f, struct hash *root, uint32_t bucket,
    struct hash *siblings)
{
	struct hash	node[2 * FX_BUCKETS];
	uint32_t	i, d;

	for (i = 0; i < FX_BUCKETS; i++)
		map_bucket_root(f->rows[i].p, f->rows[i].len / MAP_ROW,
		    &node[FX_BUCKETS + i]);
	for (i = FX_BUCKETS - 1; i > 0; i--)
		tlog_node(&node[2 * i], &node[2 * i + 1], &node[i]);
	*root = node[1];
	for (d = 0, i = FX_BUCKETS + bucket; siblings != NULL && i > 1;
	    i /= 2, d++)
		siblings[d] = node[i ^ 1];
}

/* End a batch at time t: an epoch, a checkpoint, its path. */
FX void
fx_seal(struct fx *f, int64_t t)
{
	struct tlog_reader	 rd = { fx_read, f };
	struct checkpoint	 cp;
	struct epoch		 ep;
	struct buf		 body, msg;
	uint8_t			 sig[SM2_SIG_LEN];

	memset(&ep, 0, sizeof(ep));
	ep.covered = f->n;
	ep.map_count = f->ncur;
	ep.map_depth = FX_DEPTH;
	ep.time = t;
	if (f->n > 0) {
		ep.has_previous = true;
		ep.previous = f->head.epoch;
	}
	fx_map_root(f, &f->head.map_root, 0, NULL);
	memcpy(ep.map_root, f->head.map_root.h, SM3_LEN);
	buf_init(&f->entry[f->n], LIMIT_ENTRY);
	epoch_encode(&ep, &f->entry[f->n]);
	f->head.epoch = f->n;
	(void)fx_add(f);
	f->head.size = f->n;
	f->head.map_count = f->ncur;
	f->head.map_depth = FX_DEPTH;
	f->head.epoch_time = f->head.signed_at = t;
	if (tlog_root(&rd, f->n, &f->head.root, NULL) != 0 ||
	    tlog_inclusion(&rd, f->n - 1, f->n, f->path, &f->npath,
	    NULL) != 0)
		abort();

	memset(&cp, 0, sizeof(cp));
	strcpy(cp.origin, FX_ORIGIN);
	cp.size = f->n;
	memcpy(cp.root, f->head.root.h, SM3_LEN);
	buf_init(&body, 4096);
	buf_init(&msg, 4096);
	checkpoint_format(&cp, &body);
	note_message(buf_octets(&body), t, &msg);
	fx_sign(f, buf_octets(&msg), sig);
	note_sign_line(f->key.vkey, t, sig, &body);
	free(f->note);
	f->note = buf_steal_str(&body);
	f->head.checkpoint = f->note;
	buf_fini(&msg);
	answer_head_fini(&f->pre);
}

FX struct record
fx_record(const char *code)
{
	static uint8_t	digest[SM3_LEN], picture[SM3_LEN], cert[SM3_LEN];
	static uint8_t	salt[RECORD_SALT_LEN];
	struct record	r;

	sm3(code, strlen(code), digest);
	memset(picture, 0x11, sizeof(picture));
	memset(cert, 0x22, sizeof(cert));
	memset(salt, 0x33, sizeof(salt));
	memset(&r, 0, sizeof(r));
	r.seal_code = code;
	r.seal_type = SEAL_STATUTORY;
	r.seal_name = r.owner_name = "广州\"示范\"有限公司";
	r.owner_id = "91440101MA59ABCD17";
	r.status = STATUS_ACTIVE;
	r.status_effective_at = r.recorded_at = FX_TIME + 10;
	r.valid_from = FX_TIME + 10;
	r.valid_until = FX_TIME + 100000;
	r.seal_digest = OCTETS(digest, SM3_LEN);
	r.certificate_digest[0] = OCTETS(cert, SM3_LEN);
	r.ncertificates = 1;
	r.picture_digest = OCTETS(picture, SM3_LEN);
	r.filing_office = "440000";
	r.maker_id = "44-1";
	r.carrier = 2;
	r.version = 1;
	r.salt = OCTETS(salt, sizeof(salt));
	return r;
}

FX size_t
fx_find(const struct fx *f, const char *code)
{
	size_t	i;

	for (i = 0; i < f->ncur; i++)
		if (strcmp(f->cur[i].code, code) == 0)
			break;
	return i;
}

/* Append an event with this record and change its row. */
FX void
fx_file(struct fx *f, const struct record *r, uint32_t kind)
{
	struct event	ev;
	struct buf	one;
	size_t		i = fx_find(f, r->seal_code);
	uint8_t		key[SM3_LEN], value[SM3_LEN];
	bool		added;

	memset(&ev, 0, sizeof(ev));
	ev.record = *r;
	ev.kind = kind;
	if (i < f->ncur) {
		ev.has_previous = true;
		ev.previous = f->cur[i].at;
		free((void *)(uintptr_t)f->cur[i].rec.p);
	} else {
		strcpy(f->cur[f->ncur++].code, r->seal_code);
	}
	f->cur[i].at = f->n;
	buf_init(&one, LIMIT_ENTRY);
	record_encode(r, &one);
	f->cur[i].rec.p = buf_steal(&one, &f->cur[i].rec.len);
	buf_init(&f->entry[f->n], LIMIT_ENTRY);
	event_encode(&ev, &f->entry[f->n]);
	(void)fx_add(f);
	record_key(r->seal_code, key);
	sm3(f->cur[i].rec.p, f->cur[i].rec.len, value);
	map_bucket_put(&f->rows[map_bucket_of(key, FX_DEPTH)], key, value,
	    &added);
}

/* Province 44 with a genesis epoch; province 33 has another key. */
FX struct fx *
fx_new(void)
{
	static char	*urls[1];
	static char	 p44[] = "44", p33[] = "33", origin[] = FX_ORIGIN,
			 origin33[] = "33.sealreg.example/log",
			 url[] = "http://127.0.0.1:1";
	struct fx	*f = xcalloc(1, sizeof(*f));
	struct sm2_pub	*pub = NULL;
	BIO		*bio = BIO_new_mem_buf(fx_pem, -1);
	size_t		 i;

	if (sm_init(NULL) != 0 || (f->pkey = PEM_read_bio_PrivateKey(bio,
	    NULL, NULL, NULL)) == NULL ||
	    sm2_pub_from_pkey(f->pkey, &pub, NULL) != 0 ||
	    vkey_new(FX_ORIGIN, sm2_pub_point(pub), &f->key.vkey, NULL) != 0)
		abort();
	BIO_free(bio);
	sm2_pub_free(pub);
	f->key.until = UINT64_MAX;
	urls[0] = url;
	f->prefixes[0] = p44;
	f->prefixes[1] = p33;
	for (i = 0; i < 2; i++) {
		f->p[i].province = i == 0 ? p44 : p33;
		f->p[i].origin = i == 0 ? origin : origin33;
		f->p[i].urls = urls;
		f->p[i].nurls = 1;
		f->p[i].prefixes = &f->prefixes[i];
		f->p[i].nprefixes = 1;
		f->p[i].complete_electronic = FX_TIME;
	}
	f->p[0].keys = &f->key;
	f->p[0].nkeys = 1;
	f->t.version = 1;
	f->t.max_age = FX_MAX_AGE;
	f->t.provinces = f->p;
	f->t.nprovinces = 2;
	for (i = 0; i < FX_BUCKETS; i++)
		buf_init(&f->rows[i], 1u << 20);
	fx_seal(f, FX_TIME);
	return f;
}

/*
 * The usual content: 60 seals 440106000000NN, of which 02 is suspended, 03
 * expired, 04 without an end; the head is signed at FX_AS_OF.
 */
FX struct fx *
fx_usual(void)
{
	struct fx	*f = fx_new();
	struct record	 r;
	char		 code[SEAL_CODE_SIZE];
	unsigned	 i;

	for (i = 1; i <= 60; i++) {
		snprintf(code, sizeof(code), "440106%08u", i);
		r = fx_record(code);
		if (i == 3)
			r.valid_until = FX_TIME + 20;
		if (i == 4)
			r.valid_until = 0;
		fx_file(f, &r, EVENT_FILED);
	}
	fx_seal(f, FX_TIME + 100);
	r = fx_record("44010600000002");
	r.status = STATUS_SUSPENDED;
	r.status_reason = 1;
	r.status_effective_at = r.recorded_at = FX_TIME + 200;
	fx_file(f, &r, EVENT_SUSPENDED);
	fx_seal(f, FX_AS_OF);
	return f;
}

FX void
fx_free(struct fx *f)
{
	size_t	i;

	for (i = 0; i < f->n; i++)
		buf_fini(&f->entry[i]);
	for (i = 0; i < f->ncur; i++)
		free((void *)(uintptr_t)f->cur[i].rec.p);
	for (i = 0; i < FX_BUCKETS; i++)
		buf_fini(&f->rows[i]);
	answer_head_fini(&f->pre);
	free(f->note);
	vkey_free(f->key.vkey);
	EVP_PKEY_free(f->pkey);
	free(f);
}

/* What logview_prove() gives. */
FX void
fx_prove(struct fx *f, const char *code, struct log_proof *p)
{
	struct hash	root;
	uint8_t		key[SM3_LEN];
	size_t		i = fx_find(f, code);

	memset(p, 0, sizeof(*p));
	p->head = &f->head;
	p->epoch_entry = buf_octets(&f->entry[f->head.epoch]);
	p->path = f->path;
	p->npath = f->npath;
	record_key(code, key);
	p->bucket = map_bucket_of(key, FX_DEPTH);
	p->rows = buf_octets(&f->rows[p->bucket]);
	fx_map_root(f, &root, p->bucket, p->siblings);
	if (i < f->ncur) {
		p->record = f->cur[i].rec;
		p->index = f->cur[i].at;
	}
}

/* The JSON that a node would answer; freed by the caller. */
FX char *
fx_answer(struct fx *f, const struct proof_ask *ask)
{
	struct log_proof	 p;
	struct record		 r;
	struct record_box	*box = NULL;
	struct verdict_case	 c;
	struct answer		 a;
	struct buf		 out;

	fx_prove(f, ask->code, &p);
	memset(&c, 0, sizeof(c));
	if (p.record.len > 0) {
		if (record_read(p.record, &r, &box, NULL) != 0)
			abort();
		c.record = &r;
	}
	c.complete_since = verdict_complete_since(&f->p[0], ask->code);
	c.digest = ask->digest;
	c.has_at = ask->has_at;
	c.at = ask->at;
	c.now = ask->now;
	memset(&a, 0, sizeof(a));
	a.code = ask->code;
	a.has_as_of = true;
	a.as_of = f->head.signed_at;
	a.verdict = verdict_judge(&c, NULL);
	if (a.verdict != VERDICT_UNKNOWN) {
		answer_head_set(&f->pre, FX_ORIGIN, &p);
		a.proof = &p;
		a.head = &f->pre;
		a.record = c.record;
	}
	buf_init(&out, LIMIT_ANSWER);
	answer_put(&a, &out);
	record_box_free(box);
	return buf_steal_str(&out);
}

#endif /* TESTS_FX_H */
