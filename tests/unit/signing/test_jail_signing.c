#include "tests/unit/signing/stamps.h"

#include "base/msg.h"
#include "filing/seal_memory.h"
#include "schema/msg.pb-c.h"
#include "signing/jail_show.h"
#include "signing/jail_signing.h"
#include "signing/reading.h"

static struct nation	n;

/* As the jail does: the reply's octets in out. */
static int
run(uint16_t type, struct octets in, struct buf *out, struct err *e)
{
	const struct jail_handler	*h = signing_jail_handlers;

	while (h->type != 0 && h->type != type)
		h++;
	assert_int_equal(h->type, type);
	buf_init(out, LIMIT_MSG_BODY);
	return h->run(OCTETS("", 0), in, out, e);
}

enum what { A_STAMP, A_SIGNED_DATA, A_TOKEN, A_CERTIFICATE, A_SEAL };

static void
make(enum what w, struct buf *b)
{
	struct stamp_spec	q = { .generation = SEAL_V5,
				    .stamp_token = true };
	struct sd_spec		sd = { .pkcs7 = true, .signer = n.signer,
				    .slot = KEY_WRAPPING,
				    .content = { stamp_hash, SM3_LEN } };

	buf_init(b, LIMIT_STAMP);
	switch (w) {
	case A_STAMP:
		stamp_build(&n, &q, b);
		break;
	case A_SIGNED_DATA:
		sd_build(&n, &sd, b);
		break;
	case A_TOKEN:
		stamp_own_token(&n, OCTETS("x", 1), NULL, b);
		break;
	case A_CERTIFICATE:
		buf_put_octets(b, cert_der(n.signer));
		break;
	case A_SEAL:
		stamp_seal(&n, &q, b);
		break;
	}
}

static void
describes(void **state)
{
	static const struct {
		enum what	 what;
		const char	*kind, *says, *too;
	} cases[] = {
		{ A_STAMP, "stamp", "stamp's signature   good",
		    "one whom the seal lists" },
		{ A_SIGNED_DATA, "signed data", "signature           good",
		    "the document's digest" },
		{ A_TOKEN, "signed data", "signature           good",
		    "CN=Time-Stamps 44" },
		{ A_CERTIFICATE, "certificate", STAMP_CODE, "" },
		{ A_SEAL, "seal", "good under the maker's", "" },
	};
	struct err	e = ERR_INIT;
	struct buf	b, out;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Description	*m;

		make(cases[i].what, &b);
		assert_int_equal(run(MSG_TYPE__MSG_DESCRIBE, buf_octets(&b),
		    &out, &e), 0);
		m = description__unpack(NULL, out.len, out.p);
		assert_non_null(m);
		assert_string_equal(m->kind, cases[i].kind);
		if (strstr(m->text, cases[i].says) == NULL ||
		    strstr(m->text, cases[i].too) == NULL)
			fail_msg("%s: %s", cases[i].kind, m->text);
		description__free_unpacked(m, NULL);
		buf_fini(&out);
		/* Cut, it is refused with a code, and nothing is said. */
		e = (struct err)ERR_INIT;
		assert_int_equal(run(MSG_TYPE__MSG_DESCRIBE, OCTETS(b.p,
		    b.len - 1), &out, &e), ERR_FORMAT);
		assert_true(strncmp(e.id, "bad-", 4) == 0 ||
		    strcmp(e.id, "unknown-object") == 0);
		assert_int_equal(out.len, 0);
		e = (struct err)ERR_INIT;
		buf_fini(&out);
		buf_fini(&b);
	}
	assert_int_equal(run(MSG_TYPE__MSG_DESCRIBE, OCTETS("hello world",
	    11), &out, &e), ERR_FORMAT);
	assert_string_equal(e.id, "unknown-object");
	buf_fini(&out);
}

/* A signature value that comes as a file of its own. */
static void
reads_values(void **state)
{
	static const struct {
		enum what	 what;
		const char	*kind, *form;
	} cases[] = {
		{ A_STAMP, "stamp", "ses" }, { A_SIGNED_DATA, "stamp", "cms" },
	};
	struct err	e = ERR_INIT;
	struct buf	b, out;
	FileReading	*m;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(cases[i].what, &b);
		assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b),
		    &out, &e), 0);
		m = file_reading__unpack(NULL, out.len, out.p);
		assert_non_null(m);
		assert_string_equal(m->kind, cases[i].kind);
		assert_int_equal(m->n_stamps, 1);
		assert_string_equal(m->stamps[0]->form, cases[i].form);
		assert_string_equal(m->stamps[0]->checks[3]->rule,
		    "stamp_signature");
		assert_string_equal(m->stamps[0]->checks[3]->result,
		    "passed");
		file_reading__free_unpacked(m, NULL);
		buf_fini(&out);
		buf_fini(&b);
	}
	make(A_CERTIFICATE, &b);
	assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b), &out,
	    &e), ERR_FORMAT);
	assert_string_equal(e.id, "unknown-object");
	buf_fini(&out);
	buf_fini(&b);
}

/* Words are for people, and nothing else is different. */
static void
words_on_demand(void **state)
{
	struct err	 e = ERR_INIT;
	struct buf	 b, bare, full;
	FileReading	*m;

	(void)state;
	make(A_STAMP, &b);
	assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b), &bare,
	    &e), 0);
	assert_int_equal(run(MSG_TYPE__MSG_INSPECT_FILE, buf_octets(&b),
	    &full, &e), 0);
	m = file_reading__unpack(NULL, bare.len, bare.p);
	assert_string_equal(m->stamps[0]->text, "");
	assert_string_equal(m->stamps[0]->seal->text, "");
	file_reading__free_unpacked(m, NULL);
	m = file_reading__unpack(NULL, full.len, full.p);
	assert_true(strlen(m->stamps[0]->text) > 200);
	m->stamps[0]->text[0] = '\0';
	m->stamps[0]->seal->text[0] = '\0';
	assert_int_equal(file_reading__get_packed_size(m), bare.len);
	buf_reset(&full);
	msg_put(&m->base, &full);
	assert_memory_equal(full.p, bare.p, bare.len);
	file_reading__free_unpacked(m, NULL);
	buf_fini(&full);
	buf_fini(&bare);
	buf_fini(&b);
}

/* The picture is there where it is asked for, and nothing else is different. */
static void
pictures_on_demand(void **state)
{
	static const enum what	 what[] = { A_SEAL, A_STAMP };
	struct err		 e = ERR_INIT;
	struct buf		 b, bare, full;
	FileReading		*m;
	SealReading		*s;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		make(what[i], &b);
		assert_int_equal(run(MSG_TYPE__MSG_READ_SHOWN, buf_octets(&b),
		    &full, &e), 0);
		assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b),
		    &bare, &e), 0);
		m = file_reading__unpack(NULL, full.len, full.p);
		s = what[i] == A_SEAL ? m->seal : m->stamps[0]->seal;
		assert_int_equal(s->picture.len, sizeof(stamp_png));
		assert_memory_equal(s->picture.data, stamp_png,
		    sizeof(stamp_png));
		assert_null(s->shown);
		free(s->picture.data);
		s->picture = (ProtobufCBinaryData){ 0, NULL };
		buf_reset(&full);
		msg_put(&m->base, &full);
		assert_int_equal(full.len, bare.len);
		assert_memory_equal(full.p, bare.p, bare.len);
		file_reading__free_unpacked(m, NULL);
		buf_fini(&full);
		buf_fini(&bare);
		buf_fini(&b);
	}
}

/* Once of each seal, and not more than fits. */
static void
pictures_are_bounded(void **state)
{
	uint8_t		*large = xcalloc(1, LIMIT_READING_PICTURES);
	SealReading	*s;
	uint8_t		 digest[SM3_LEN] = { 0 };
	size_t		 i, with = 0;

	(void)state;
	reading_want_pictures(true);
	for (i = 0; i < 6; i++) {
		s = xmalloc(sizeof(*s));
		seal_reading__init(s);
		digest[0] = (uint8_t)i;
		reading_octets(&s->digest, OCTETS(digest, SM3_LEN));
		reading_picture(s, OCTETS(large, LIMIT_READING_PICTURES / 2));
		with += s->picture.len > 0;
		/* The same seal in another stamp. */
		free(s->picture.data);
		s->picture = (ProtobufCBinaryData){ 0, NULL };
		reading_picture(s, OCTETS(large, 10));
		assert_true(s->picture.len == 0 || i >= 2);
		seal_reading__free_unpacked(s, NULL);
	}
	assert_int_equal(with, 2);
	reading_want_pictures(false);
	free(large);
}

/* A question about pictures; the answer. */
static ShownPictures *
ask_shown(struct octets *pictures, size_t count, struct err *e)
{
	ProtobufCBinaryData	 list[LIMIT_SHOW_PICTURES + 1];
	ShowPictures		 q = SHOW_PICTURES__INIT;
	ShownPictures		*m = NULL;
	struct buf		 in, out;
	size_t			 i;

	for (i = 0; i < count; i++)
		list[i] = (ProtobufCBinaryData){ pictures[i].len,
		    (uint8_t *)(uintptr_t)pictures[i].p };
	q.pictures = list;
	q.n_pictures = count;
	buf_init(&in, LIMIT_MSG_BODY);
	msg_put(&q.base, &in);
	if (run(MSG_TYPE__MSG_SHOW_PICTURES, buf_octets(&in), &out, e) == 0) {
		assert_true(buf_ok(&out));
		m = shown_pictures__unpack(NULL, out.len, out.p);
		assert_non_null(m);
	}
	buf_fini(&in);
	buf_fini(&out);
	return m;
}

/* As many answers as questions, whatever is asked; all of them fit. */
static void
shows_pictures(void **state)
{
	/* BMP of one bit: 400 x 400 pixels, all of the first colour. */
	uint8_t		 bmp[62 + 52 * 400] = "BM";
	struct octets	 all[LIMIT_SHOW_PICTURES + 1];
	ShownPictures	*m;
	struct err	 e = ERR_INIT;
	size_t		 i, k, sum;

	(void)state;
	bmp[10] = 62;
	bmp[14] = 40;
	bmp[18] = bmp[22] = 400 & 255;
	bmp[19] = bmp[23] = 400 >> 8;
	bmp[26] = bmp[28] = 1;
	for (i = 0; i <= LIMIT_SHOW_PICTURES; i++)
		all[i] = OCTETS(bmp, sizeof(bmp));
	for (k = 1; k <= LIMIT_SHOW_PICTURES; k++) {
		assert_non_null(m = ask_shown(all, k, &e));
		assert_int_equal(m->n_pictures, k);
		for (i = 0, sum = 0; i < k; i++) {
			assert_string_equal(m->pictures[i]->kind, "BMP");
			assert_string_equal(m->pictures[i]->why, "");
			assert_int_equal(m->pictures[i]->rgb.len,
			    m->pictures[i]->width * m->pictures[i]->height *
			    3);
			sum += m->pictures[i]->rgb.len;
		}
		assert_true(m->pictures[0]->width >= 200);
		shown_pictures__free_unpacked(m, NULL);
	}
	assert_null(ask_shown(all, k, &e));
	assert_string_equal(e.id, "picture-question");
	e = (struct err)ERR_INIT;
	/* One that is none costs the others nothing. */
	all[1] = OCTETS(stamp_png, sizeof(stamp_png));
	all[2] = OCTETS("GIF89a", 6);
	all[3] = OCTETS(NULL, 0);
	assert_non_null(m = ask_shown(all, 5, &e));
	assert_int_equal(m->n_pictures, 5);
	assert_true(m->pictures[0]->width > 0 && m->pictures[4]->width > 0);
	assert_true(strstr(m->pictures[1]->why, "damaged") != NULL);
	assert_string_equal(m->pictures[2]->why,
	    "a picture of type GIF is not shown");
	assert_string_equal(m->pictures[3]->kind, "");
	for (i = 1; i < 4; i++)
		assert_int_equal(m->pictures[i]->rgb.len, 0);
	shown_pictures__free_unpacked(m, NULL);
}

/* With two documents, the first of which was signed. */
static const struct {
	const char	*name, *right, *wrong;	/* data_hash */
	struct sd_spec	 s;
} stamped[] = {
	{ "its digest", READ_PASSED, READ_FAILED,
	    { .content = { stamp_hash, SM3_LEN } } },
	{ "the document in it", READ_PASSED, READ_FAILED,
	    { .content = OCTETS("document", 8) } },
	{ "attributes", READ_PASSED, READ_FAILED,
	    { .attributes = true, .covered = OCTETS("document", 8) } },
	/* It holds, and over no document. */
	{ "attributes with half a digest", READ_UNKNOWN, READ_UNKNOWN,
	    { .attributes = true, .covered = OCTETS("document", 8),
	    .digest_len = 16 } },
	{ "the document, detached", READ_PASSED, READ_UNKNOWN,
	    { .over = OCTETS("document", 8) } },
};

/* The same word, which outlives the reading. */
static const char *
check_word(const char *s)
{
	static const char *const	words[] = { READ_PASSED, READ_FAILED,
					    READ_UNKNOWN,
					    READ_NOT_APPLICABLE };
	size_t				i;

	for (i = 0; i < 4; i++)
		if (strcmp(words[i], s) == 0)
			return words[i];
	return NULL;
}

static const char *
data_hash_of(struct octets value, struct octets original)
{
	const struct jail_handler	*h = signing_jail_handlers;
	ReadStamped			 q = READ_STAMPED__INIT;
	struct buf			 packed, out;
	struct err			 e = ERR_INIT;
	FileReading			*m;
	const char			*res = NULL;
	size_t				 i;

	while (h->type != MSG_TYPE__MSG_READ_STAMPED)
		h++;
	buf_init(&packed, LIMIT_MSG_BODY);
	buf_init(&out, LIMIT_MSG_BODY);
	q.stamp.data = (uint8_t *)(uintptr_t)value.p;
	q.stamp.len = value.len;
	msg_put(&q.base, &packed);
	assert_int_equal(h->run(buf_octets(&packed), original, &out, &e), 0);
	assert_non_null(m = file_reading__unpack(NULL, out.len, out.p));
	for (i = 0; i < m->stamps[0]->n_checks; i++)
		if (strcmp(m->stamps[0]->checks[i]->rule, "data_hash") == 0) {
			assert_null(res);
			res = check_word(m->stamps[0]->checks[i]->result);
		}
	file_reading__free_unpacked(m, NULL);
	buf_fini(&packed);
	buf_fini(&out);
	assert_non_null(res);
	return res;
}

static void
compares_originals(void **state)
{
	const struct octets	 right = OCTETS("document", 8),
				 wrong = OCTETS("Document", 8);
	struct buf		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(stamped) / sizeof(stamped[0]); i++) {
		struct sd_spec	sd = stamped[i].s;
		uint8_t		digest[SM3_LEN];

		sd.signer = n.signer;
		sd.slot = KEY_WRAPPING;
		sm3(right.p, right.len, digest);
		if (sd.content.len == SM3_LEN)
			sd.content = OCTETS(digest, SM3_LEN);
		buf_init(&b, LIMIT_STAMP);
		sd_build(&n, &sd, &b);
		if (strcmp(data_hash_of(buf_octets(&b), right),
		    stamped[i].right) != 0 || strcmp(data_hash_of(
		    buf_octets(&b), wrong), stamped[i].wrong) != 0)
			fail_msg("%s", stamped[i].name);
		buf_fini(&b);
	}
}

/*
 * What is remembered of a seal is said of its very octets alone: whatever is
 * changed in it or around it, the answer is that of a reader without memory.
 */
static void
remembers_octets(void **state)
{
	static const enum what	what[] = { A_SEAL, A_STAMP };
	struct err		 e = ERR_INIT, fresh = ERR_INIT;
	struct buf		 b, first, out, other;
	size_t			 i, at;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		make(what[i], &b);
		seal_remember(16);
		assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b),
		    &first, &e), 0);
		assert_int_equal(run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b),
		    &out, &e), 0);
		assert_int_equal(out.len, first.len);
		assert_memory_equal(out.p, first.p, first.len);
		buf_fini(&out);
		for (at = 0; at < b.len; at += at < 80 || at + 400 > b.len ?
		    3 : 37) {
			b.p[at] ^= 1;
			e = fresh = (struct err)ERR_INIT;
			rc = run(MSG_TYPE__MSG_READ_FILE, buf_octets(&b),
			    &out, &e);
			seal_remember(16);
			assert_int_equal(run(MSG_TYPE__MSG_READ_FILE,
			    buf_octets(&b), &other, &fresh), rc);
			assert_string_equal(e.text, fresh.text);
			assert_int_equal(out.len, other.len);
			assert_memory_equal(out.p, other.p, out.len);
			buf_fini(&out);
			buf_fini(&other);
			b.p[at] ^= 1;
			assert_int_equal(run(MSG_TYPE__MSG_READ_FILE,
			    buf_octets(&b), &out, &e), 0);
			assert_memory_equal(out.p, first.p, first.len);
			buf_fini(&out);
		}
		buf_fini(&first);
		buf_fini(&b);
	}
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	return signing_jail_warm(NULL);
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(describes),
		cmocka_unit_test(reads_values),
		cmocka_unit_test(words_on_demand),
		cmocka_unit_test(pictures_on_demand),
		cmocka_unit_test(pictures_are_bounded),
		cmocka_unit_test(shows_pictures),
		cmocka_unit_test(compares_originals),
		cmocka_unit_test(remembers_octets),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
