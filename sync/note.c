#include "sync/note.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm_table.h"
#include "base/text.h"

/* Key type of design section 5: 0xff, the name of the algorithm, 0x00. */
static const uint8_t key_type[] = {
	0xff, 's', 'e', 'a', 'l', 'r', 'e', 'g', '.', 's', 'm', '2', '/', 'v',
	'1', 0x00
};

#define KEY_LEN		(sizeof(key_type) + SM2_POINT_LEN)
#define LINE_LEN	(NOTE_KEYID_LEN + 8 + SM2_SIG_LEN)
#define DASH		"\xe2\x80\x94 "		/* U+2014, space */
#define LIMIT_LINES	100
#define LIMIT_SIG	16384			/* of other people's keys */

struct vkey {
	char		*name;
	uint32_t	 id;
	uint8_t		 point[SM2_POINT_LEN];
	struct sm2_pub	**pub;		/* made when it first verifies */
	char		*text;
};

static int
bad_key(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-verifier-key",
	    "verifier key: %s", why);
}

static int
bad_note(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-note", "note: %s", why);
}

/* A key name: not empty, no space of any kind, no plus (C2SP signed-note). */
static bool
name_ok(const void *p, size_t n)
{
	const uint8_t	*s = p;
	size_t		 i;

	if (n == 0 || n >= NOTE_NAME_MAX || !utf8_valid(p, n))
		return false;
	for (i = 0; i < n; i++) {
		if (s[i] <= 0x20 || s[i] == 0x7f || s[i] == '+')
			return false;
		/* U+0085, U+00A0, U+1680, U+2000..200F, 2028..202F, 205F, 3000 */
		if (s[i] == 0xc2 && (s[i + 1] <= 0xa0))
			return false;
		if (s[i] == 0xe1 && s[i + 1] == 0x9a && s[i + 2] == 0x80)
			return false;
		if (s[i] == 0xe2 && s[i + 1] == 0x80 &&
		    (s[i + 2] <= 0x8f || s[i + 2] >= 0xa8) && s[i + 2] <= 0xaf)
			return false;
		if (s[i] == 0xe2 && s[i + 1] == 0x81 && s[i + 2] == 0x9f)
			return false;
		if (s[i] == 0xe3 && s[i + 1] == 0x80 && s[i + 2] == 0x80)
			return false;
	}
	return true;
}

int
vkey_new(const char *name, const uint8_t point[SM2_POINT_LEN],
    struct vkey **vk, struct err *e)
{
	uint8_t		 key[KEY_LEN], hash[SM3_LEN];
	char		 b64[B64_SIZE(KEY_LEN)];
	struct buf	 b;
	int		 rc;

	*vk = NULL;
	buf_init(&b, NOTE_NAME_MAX + 1 + KEY_LEN);
	if (!name_ok(name, strlen(name))) {
		rc = bad_key(e, "its name is empty, too long or has a space");
		goto out;
	}
	if (!sm2_on_curve(point)) {
		rc = bad_key(e, "not a point of the SM2 curve");
		goto out;
	}

	memcpy(key, key_type, sizeof(key_type));
	memcpy(key + sizeof(key_type), point, SM2_POINT_LEN);
	buf_puts(&b, name);
	buf_put_u8(&b, 0x0a);
	buf_put(&b, key, KEY_LEN);
	sm3(b.p, b.len, hash);
	b64_encode(key, KEY_LEN, b64);

	*vk = xcalloc(1, sizeof(**vk));
	(*vk)->name = xstrdup(name);
	(*vk)->id = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 |
	    (uint32_t)hash[2] << 8 | hash[3];
	(*vk)->text = xasprintf("%s+%08x+%s", name, (unsigned)(*vk)->id, b64);
	memcpy((*vk)->point, point, SM2_POINT_LEN);
	(*vk)->pub = xcalloc(1, sizeof(*(*vk)->pub));
	rc = 0;
out:
	buf_fini(&b);
	return rc;
}

int
vkey_parse(const char *text, struct vkey **vk, struct err *e)
{
	uint8_t		 key[KEY_LEN];
	char		 name[NOTE_NAME_MAX];
	const char	*plus, *b64;
	size_t		 n;
	int		 rc;

	*vk = NULL;
	if ((plus = strchr(text, '+')) == NULL ||
	    (b64 = strchr(plus + 1, '+')) == NULL ||
	    strlen(text) >= NOTE_VKEY_MAX ||
	    (size_t)(plus - text) >= sizeof(name))
		return bad_key(e, "not name+id+key");
	memcpy(name, text, (size_t)(plus - text));
	name[plus - text] = '\0';
	b64++;
	if (!b64_decode(b64, strlen(b64), key, sizeof(key), &n) ||
	    n != KEY_LEN)
		return bad_key(e, "not the base64 of an SM2 key");
	if (memcmp(key, key_type, sizeof(key_type)) != 0)
		return bad_key(e, "a key of another type");
	if ((rc = vkey_new(name, key + sizeof(key_type), vk, e)) != 0)
		return rc;
	/* One spelling: this also compares the id. */
	if (strcmp((*vk)->text, text) != 0) {
		vkey_free(*vk);
		*vk = NULL;
		return bad_key(e, "its id is not that of name and key");
	}
	return 0;
}

void
vkey_free(struct vkey *vk)
{
	if (vk == NULL)
		return;
	free(vk->name);
	free(vk->text);
	sm2_pub_free(*vk->pub);
	free(vk->pub);
	free(vk);
}

const char *
vkey_text(const struct vkey *vk)
{
	return vk->text;
}

const char *
vkey_name(const struct vkey *vk)
{
	return vk->name;
}

uint32_t
vkey_id(const struct vkey *vk)
{
	return vk->id;
}

void
note_message(struct octets body, int64_t time, struct buf *out)
{
	buf_printf(out, "cosignature/v1\ntime %lld\n", (long long)time);
	buf_put_octets(out, body);
}

void
note_sign_line(const struct vkey *vk, int64_t time,
    const uint8_t sig[SM2_SIG_LEN], struct buf *out)
{
	struct buf	b;

	buf_init(&b, LINE_LEN);
	buf_put_u32(&b, vk->id);
	buf_put_u64(&b, (uint64_t)time);
	buf_put(&b, sig, SM2_SIG_LEN);
	buf_puts(out, "\n" DASH);
	buf_puts(out, vk->name);
	buf_puts(out, " ");
	buf_put_b64(out, b.p, b.len);
	buf_puts(out, "\n");
	buf_fini(&b);
}

/* Split at the last blank line.  *lines begins behind it. */
static int
split(struct octets in, struct octets *body, struct cursor *lines,
    struct err *e)
{
	size_t	i;

	*body = OCTETS(NULL, 0);
	if (in.len > LIMIT_NOTE)
		return err_set_id(e, ERR_FORMAT, "bad-note",
		    "note: more than %u octets", LIMIT_NOTE);
	if (!utf8_valid(in.p, in.len))
		return bad_note(e, "not UTF-8");
	for (i = 0; i < in.len; i++)
		if (in.p[i] < 0x20 && in.p[i] != '\n')
			return bad_note(e, "a control character");
	for (i = in.len; i >= 2; i--)
		if (in.p[i - 1] == '\n' && in.p[i - 2] == '\n')
			break;
	if (i < 2)
		return bad_note(e, "no blank line before the signatures");
	*lines = cursor_of(in.p + i, in.len - i);
	*body = OCTETS(in.p, i - 1);
	return 0;
}

/* A signature line, decoded.  sig has LIMIT_SIG octets. */
static bool
take_sig_line(struct cursor *c, struct octets *name, uint8_t *sig, size_t *n)
{
	struct octets	 line;
	const uint8_t	*sp;
	size_t		 dash = strlen(DASH), rest;

	if (!take_line(c, &line) || line.len <= dash ||
	    memcmp(line.p, DASH, dash) != 0)
		return false;
	line.p += dash;
	line.len -= dash;
	if ((sp = memchr(line.p, ' ', line.len)) == NULL)
		return false;
	*name = OCTETS(line.p, (size_t)(sp - line.p));
	rest = line.len - name->len - 1;
	return name_ok(name->p, name->len) &&
	    b64_decode((const char *)sp + 1, rest, sig, LIMIT_SIG, n) &&
	    *n > NOTE_KEYID_LEN;
}

static bool
line_is_of(const struct vkey *vk, struct octets name, const uint8_t *sig)
{
	uint32_t	id;

	id = (uint32_t)sig[0] << 24 | (uint32_t)sig[1] << 16 |
	    (uint32_t)sig[2] << 8 | sig[3];
	return id == vk->id && name.len == strlen(vk->name) &&
	    memcmp(name.p, vk->name, name.len) == 0;
}

/*
 * Read every line; keep the one of vk in mine.  vk NULL: only their shape is
 * looked at.
 */
static int
read_lines(struct cursor *c, const struct vkey *vk, uint8_t mine[LINE_LEN],
    bool *found, struct err *e)
{
	struct octets	 name;
	uint8_t		*sig = xmalloc(LIMIT_SIG);
	size_t		 n, lines = 0;
	int		 rc;

	*found = false;
	while (cursor_left(c) > 0) {
		if (++lines > LIMIT_LINES) {
			rc = bad_note(e, "more than 100 signature lines");
			goto out;
		}
		if (!take_sig_line(c, &name, sig, &n)) {
			rc = bad_note(e, "a line that is not a signature line");
			goto out;
		}
		if (vk == NULL || !line_is_of(vk, name, sig))
			continue;
		if (n != LINE_LEN) {
			rc = bad_note(e, "a signature of a wrong length");
			goto out;
		}
		if (*found) {
			rc = bad_note(e, "signed twice by one key");
			goto out;
		}
		memcpy(mine, sig, LINE_LEN);
		*found = true;
	}
	if (lines == 0) {
		rc = bad_note(e, "no signature line");
		goto out;
	}
	rc = 0;
out:
	free(sig);
	return rc;
}

int
note_open(struct octets in, const struct vkey *vk, struct octets *body,
    int64_t *time, struct err *e)
{
	uint8_t		mine[LINE_LEN];
	struct octets	text;
	struct cursor	c, f;
	struct buf	msg;
	uint64_t	t;
	bool		found;
	int		rc;

	*body = OCTETS(NULL, 0);
	*time = 0;
	buf_init(&msg, LIMIT_NOTE + 64);
	if ((rc = split(in, &text, &c, e)) != 0 ||
	    (rc = read_lines(&c, vk, mine, &found, e)) != 0)
		goto out;
	if (!found) {
		rc = err_set_id(e, ERR_VERIFY, "unknown-key",
		    "note: no signature by %s", vk->text);
		goto out;
	}
	f = cursor_of(mine + NOTE_KEYID_LEN, 8);
	if (!take_u64(&f, &t) || t > INT64_MAX) {
		rc = bad_note(e, "a time beyond all times");
		goto out;
	}
	note_message(text, (int64_t)t, &msg);
	if (*vk->pub == NULL &&
	    (rc = sm2_pub_new(vk->point, vk->pub, e)) != 0)
		goto out;
	if (sm2_verify(*vk->pub, buf_octets(&msg), mine + NOTE_KEYID_LEN + 8,
	    NULL) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "bad-signature",
		    "note: the signature of %s does not hold", vk->name);
		goto out;
	}
	*body = text;
	*time = (int64_t)t;
	rc = 0;
out:
	buf_fini(&msg);
	return rc;
}

int
note_body(struct octets in, struct octets *body, struct err *e)
{
	struct cursor	c;
	bool		found;
	int		rc;

	if ((rc = split(in, body, &c, e)) != 0)
		return rc;
	if ((rc = read_lines(&c, NULL, NULL, &found, e)) != 0)
		*body = OCTETS(NULL, 0);
	return rc;
}

static int
bad_checkpoint(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-checkpoint",
	    "checkpoint: %s", why);
}

int
checkpoint_parse(struct octets body, struct checkpoint *cp, struct err *e)
{
	struct cursor	c = cursor_of(body.p, body.len);
	struct octets	line;
	size_t		n;
	int		rc;

	memset(cp, 0, sizeof(*cp));
	if (!take_line(&c, &line) || !name_ok(line.p, line.len)) {
		rc = bad_checkpoint(e, "line 1 is not an origin");
		goto out;
	}
	memcpy(cp->origin, line.p, line.len);
	/* No log has size 0: it begins with its genesis epoch. */
	if (!take_decimal(&c, &cp->size) || !take_literal(&c, "\n") ||
	    cp->size == 0 || cp->size > INT64_MAX) {
		rc = bad_checkpoint(e, "line 2 is not a size");
		goto out;
	}
	if (!take_line(&c, &line) ||
	    !b64_decode((const char *)line.p, line.len, cp->root, SM3_LEN,
	    &n) || n != SM3_LEN) {
		rc = bad_checkpoint(e, "line 3 is not a root");
		goto out;
	}
	if (cursor_left(&c) > 0) {
		rc = bad_checkpoint(e, "a fourth line");
		goto out;
	}
	rc = 0;
out:
	if (rc != 0)
		memset(cp, 0, sizeof(*cp));
	return rc;
}

void
checkpoint_format(const struct checkpoint *cp, struct buf *out)
{
	buf_printf(out, "%s\n%llu\n", cp->origin,
	    (unsigned long long)cp->size);
	buf_put_b64(out, cp->root, SM3_LEN);
	buf_puts(out, "\n");
}

int
checkpoint_open(struct octets note, const struct vkey *vk,
    struct checkpoint *cp, int64_t *time, struct err *e)
{
	struct octets	body;
	int		rc;

	memset(cp, 0, sizeof(*cp));
	if ((rc = note_open(note, vk, &body, time, e)) != 0 ||
	    (rc = checkpoint_parse(body, cp, e)) != 0)
		goto out;
	if (strcmp(cp->origin, vk->name) != 0) {
		rc = bad_checkpoint(e, "its origin is not the key's name");
		goto out;
	}
	rc = 0;
out:
	if (rc != 0) {
		memset(cp, 0, sizeof(*cp));
		*time = 0;
	}
	return rc;
}
