#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <libgfshare.h>

#include "base/mem.h"
#include "base/sm.h"
#include "ca/share.h"

#define VERSION		1
#define SEALED		1		/* bit of the flags */
#define CHECK		8
#define PLAIN_LEN	(1 + 1 + SHARE_ID + 3 + SHARE_SECRET + CHECK)
#define SEALED_LEN	(PLAIN_LEN + 16 + 16)
#define LINE		20		/* characters, in groups of five */
#define LINES_MAX	8
#define SCRYPT_N	(1 << 15)

/* Without I and O, 0 and 1. */
static const char	letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

void
share_id(const uint8_t secret[SHARE_SECRET], uint8_t id[SHARE_ID])
{
	static const char	 what[] = "sealreg/ceremony/v1";
	struct sm3		*h = sm3_new();
	uint8_t			 d[SM3_LEN];

	sm3_add(h, what, sizeof(what));
	sm3_add(h, secret, SHARE_SECRET);
	sm3_end(h, d);
	sm3_free(h);
	memcpy(id, d, SHARE_ID);
}

/* ---- Shamir */

static void
fill(unsigned char *p, unsigned int n)
{
	sm_random(p, n);
}

int
share_split(const uint8_t secret[SHARE_SECRET], unsigned m, unsigned n,
    struct share *out, struct err *e)
{
	unsigned char	 numbers[LIMIT_SHARES], copy[SHARE_SECRET];
	gfshare_ctx	*g;
	unsigned	 i;

	if (m < 2 || m > n || n > LIMIT_SHARES)
		return err_set(e, ERR_INVAL, "shares: %u of %u", m, n);
	memset(out, 0, n * sizeof(*out));
	for (i = 0; i < n; i++)
		numbers[i] = (unsigned char)(i + 1);
	gfshare_fill_rand = fill;
	if ((g = gfshare_ctx_init_enc(numbers, n, (unsigned char)m,
	    SHARE_SECRET)) == NULL)
		return err_set(e, ERR_CRYPTO, "shares: splitting");
	memcpy(copy, secret, sizeof(copy));
	gfshare_ctx_enc_setsecret(g, copy);
	for (i = 0; i < n; i++) {
		share_id(secret, out[i].id);
		out[i].m = (uint8_t)m;
		out[i].n = (uint8_t)n;
		out[i].index = (uint8_t)(i + 1);
		gfshare_ctx_enc_getshare(g, (unsigned char)i, out[i].body);
	}
	/* It overwrites what it held by fill(). */
	gfshare_ctx_free(g);
	mem_wipe(copy, sizeof(copy));
	return 0;
}

static int
check_together(const struct share *s, size_t n, struct err *e)
{
	size_t	i, j;

	for (i = 0; i < n; i++) {
		if (s[i].sealed)
			return err_set_id(e, ERR_DENIED, "share-passphrase",
			    "share %u is sealed", s[i].index);
		if (memcmp(s[i].id, s[0].id, SHARE_ID) != 0 ||
		    s[i].m != s[0].m || s[i].n != s[0].n)
			return err_set_id(e, ERR_INVAL, "shares-mixed",
			    "share %u is of another ceremony than share %u",
			    s[i].index, s[0].index);
		for (j = 0; j < i; j++)
			if (s[j].index == s[i].index)
				return err_set_id(e, ERR_INVAL,
				    "shares-twice", "share %u is given twice",
				    s[i].index);
	}
	if (n == 0 || n < s[0].m)
		return err_set_id(e, ERR_INVAL, "shares-few", "%zu shares; "
		    "%u are needed", n, n == 0 ? 2 : s[0].m);
	return 0;
}

/* Of the first m. */
static int
interpolate(const struct share *s, uint8_t secret[SHARE_SECRET],
    struct err *e)
{
	unsigned char	 numbers[LIMIT_SHARES], body[SHARE_SECRET];
	gfshare_ctx	*g;
	unsigned	 i, m = s[0].m;

	for (i = 0; i < m; i++)
		numbers[i] = s[i].index;
	gfshare_fill_rand = fill;
	if ((g = gfshare_ctx_init_dec(numbers, m, SHARE_SECRET)) == NULL)
		return err_set(e, ERR_CRYPTO, "shares: combining");
	for (i = 0; i < m; i++) {
		memcpy(body, s[i].body, sizeof(body));
		gfshare_ctx_dec_giveshare(g, (unsigned char)i, body);
	}
	gfshare_ctx_dec_extract(g, secret);
	gfshare_ctx_free(g);
	mem_wipe(body, sizeof(body));
	return 0;
}

int
share_combine(const struct share *s, size_t n, uint8_t secret[SHARE_SECRET],
    struct err *e)
{
	uint8_t	id[SHARE_ID];
	int	rc;

	memset(secret, 0, SHARE_SECRET);
	if ((rc = check_together(s, n, e)) != 0 ||
	    (rc = interpolate(s, secret, e)) != 0)
		return rc;
	share_id(secret, id);
	if (!mem_equal(id, s[0].id, SHARE_ID)) {
		mem_wipe(secret, SHARE_SECRET);
		return err_set_id(e, ERR_VERIFY, "shares-altered", "together "
		    "these shares do not make what was split: one of them was "
		    "altered");
	}
	return 0;
}

/* ---- sealing */

struct seal_keys {
	uint8_t	stream[SHARE_SECRET], mac[32];
};

static int
derive(const char *pass, const uint8_t salt[16], struct seal_keys *k,
    struct err *e)
{
	if (EVP_PBE_scrypt(pass, strlen(pass), salt, 16, SCRYPT_N, 8, 1,
	    (uint64_t)64 << 20, (uint8_t *)k, sizeof(*k)) != 1)
		return err_set_crypto(e, "share: scrypt");
	return 0;
}

/* HMAC-SM3 over everything that is written but the tag itself. */
static int
tag_of(const struct share *s, const struct seal_keys *k, uint8_t tag[16],
    struct err *e)
{
	uint8_t		out[SM3_LEN];
	struct buf	b;
	size_t		n = 0;
	int		rc = 0;

	buf_init(&b, SEALED_LEN);
	buf_put(&b, s->id, sizeof(s->id));
	buf_put_u8(&b, s->m);
	buf_put_u8(&b, s->n);
	buf_put_u8(&b, s->index);
	buf_put(&b, s->salt, sizeof(s->salt));
	buf_put(&b, s->body, sizeof(s->body));
	memset(tag, 0, 16);
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, k->mac, sizeof(k->mac),
	    b.p, b.len, out, sizeof(out), &n) == NULL)
		rc = err_set_crypto(e, "share: HMAC");
	else
		memcpy(tag, out, 16);
	buf_wipe(&b);
	return rc;
}

static void
mask(struct share *s, const struct seal_keys *k)
{
	size_t	i;

	for (i = 0; i < SHARE_SECRET; i++)
		s->body[i] ^= k->stream[i];
}

int
share_seal(struct share *s, const char *pass, struct err *e)
{
	struct seal_keys	k;
	int			rc;

	sm_random(s->salt, sizeof(s->salt));
	if ((rc = derive(pass, s->salt, &k, e)) == 0) {
		mask(s, &k);
		s->sealed = true;
		if ((rc = tag_of(s, &k, s->tag, e)) != 0)
			mem_wipe(s, sizeof(*s));
	}
	mem_wipe(&k, sizeof(k));
	return rc;
}

int
share_unseal(struct share *s, const char *pass, struct err *e)
{
	struct seal_keys	k;
	uint8_t			tag[16];
	int			rc;

	if (!s->sealed)
		return 0;
	if ((rc = derive(pass, s->salt, &k, e)) != 0 ||
	    (rc = tag_of(s, &k, tag, e)) != 0)
		goto out;
	if (!mem_equal(tag, s->tag, sizeof(tag))) {
		rc = err_set_id(e, ERR_DENIED, "share-passphrase", "the pass "
		    "phrase does not open share %u", s->index);
		goto out;
	}
	mask(s, &k);
	s->sealed = false;
	memset(s->salt, 0, sizeof(s->salt));
	memset(s->tag, 0, sizeof(s->tag));
out:
	mem_wipe(&k, sizeof(k));
	return rc;
}

/* ---- octets and lines */

static void
put_check(struct buf *b)
{
	uint8_t	d[SM3_LEN];

	sm3(b->p, b->len, d);
	buf_put(b, d, CHECK);
}

static void
encode(const struct share *s, struct buf *b)
{
	buf_put_u8(b, VERSION);
	buf_put_u8(b, s->sealed ? SEALED : 0);
	buf_put(b, s->id, SHARE_ID);
	buf_put_u8(b, s->m);
	buf_put_u8(b, s->n);
	buf_put_u8(b, s->index);
	if (s->sealed) {
		buf_put(b, s->salt, sizeof(s->salt));
		buf_put(b, s->tag, sizeof(s->tag));
	}
	buf_put(b, s->body, SHARE_SECRET);
	put_check(b);
}

static int
bad(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "share-format", "share: %s", why);
}

static bool
take_into(struct cursor *c, void *to, size_t n)
{
	struct octets	o;

	if (!take_octets(c, n, &o))
		return false;
	memcpy(to, o.p, n);
	return true;
}

static int
decode(const uint8_t *p, size_t n, struct share *s, struct err *e)
{
	struct cursor	c = cursor_of(p, n);
	uint8_t		version = 0, flags = 0, d[SM3_LEN];

	if (n != PLAIN_LEN && n != SEALED_LEN)
		return bad(e, "lines are missing, or there are too many");
	sm3(p, n - CHECK, d);
	if (!mem_equal(d, p + n - CHECK, CHECK))
		return bad(e, "its lines do not belong together");
	(void)take_u8(&c, &version);
	(void)take_u8(&c, &flags);
	if (version != VERSION || (flags & ~SEALED) != 0 ||
	    (n == SEALED_LEN) != (flags == SEALED))
		return bad(e, "of a version that is not known here");
	s->sealed = flags == SEALED;
	if (!take_into(&c, s->id, SHARE_ID) || !take_u8(&c, &s->m) ||
	    !take_u8(&c, &s->n) || !take_u8(&c, &s->index) || (s->sealed &&
	    (!take_into(&c, s->salt, sizeof(s->salt)) ||
	    !take_into(&c, s->tag, sizeof(s->tag)))) ||
	    !take_into(&c, s->body, SHARE_SECRET))
		return bad(e, "too short");
	if (s->m < 2 || s->m > s->n || s->n > LIMIT_SHARES || s->index < 1 ||
	    s->index > s->n)
		return bad(e, "its numbers make no sense");
	return 0;
}

/* Two characters over a line and its number. */
static void
line_check(unsigned number, const char *chars, size_t n, char out[2])
{
	struct sm3	*h = sm3_new();
	uint8_t		 d[SM3_LEN], no = (uint8_t)number;

	sm3_add(h, &no, 1);
	sm3_add(h, chars, n);
	sm3_end(h, d);
	sm3_free(h);
	out[0] = letters[d[0] & 31];
	out[1] = letters[d[1] & 31];
}

/* The last character carries what is left, padded with zero bits. */
static size_t
to_letters(const uint8_t *p, size_t n, char *out)
{
	uint32_t	acc = 0;
	unsigned	bits = 0;
	size_t		i, k = 0;

	for (i = 0; i < n; i++) {
		acc = (acc << 8 | p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[k++] = letters[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		out[k++] = letters[acc << (5 - bits) & 31];
	return k;
}

void
share_format(const struct share *s, const struct share_words *w,
    struct buf *out)
{
	struct buf	b;
	char		chars[LINES_MAX * LINE + 8], check[2];
	size_t		n, i, k, len;
	unsigned	line;

	buf_init(&b, SEALED_LEN);
	encode(s, &b);
	n = to_letters(b.p, b.len, chars);
	buf_printf(out, "sealreg share v1\nceremony %s\ncustodian %s\n"
	    "share %u of %u, any %u open%s\nkey %s\n", w->ceremony,
	    w->custodian, s->index, s->n, s->m, s->sealed ?
	    ", sealed" : "", w->key);
	for (i = 0, line = 1; i < n; i += LINE, line++) {
		len = n - i < LINE ? n - i : LINE;
		buf_printf(out, "%u", line);
		for (k = 0; k < len; k++) {
			if (k % 5 == 0)
				buf_put_u8(out, ' ');
			buf_put_u8(out, (uint8_t)chars[i + k]);
		}
		line_check(line, chars + i, len, check);
		buf_printf(out, " %.2s\n", check);
	}
	mem_wipe(chars, sizeof(chars));
	buf_wipe(&b);
}

/* A line of letters: N, groups, two of check.  Appended to chars. */
static int
take_code(struct octets line, unsigned number, char *chars, size_t *n,
    struct err *e)
{
	char	got[LINE + 2], check[2];
	size_t	i, k = 0;
	int	c;

	for (i = 1; i < line.len; i++) {
		c = toupper(line.p[i]);
		if (c == ' ' || c == '-' || c == '\r')
			continue;
		if (c == 0 || strchr(letters, c) == NULL || k == sizeof(got))
			return err_set_id(e, ERR_FORMAT, "share-format",
			    "share: line %u has a character that is none of "
			    "its letters, or too many", number);
		got[k++] = (char)c;
	}
	if (k < 3)
		return err_set_id(e, ERR_FORMAT, "share-format",
		    "share: line %u is too short", number);
	line_check(number, got, k - 2, check);
	if (memcmp(check, got + k - 2, 2) != 0)
		return err_set_id(e, ERR_FORMAT, "share-format",
		    "share: line %u is mistyped: its last two letters do not "
		    "fit", number);
	memcpy(chars + *n, got, k - 2);
	*n += k - 2;
	mem_wipe(got, sizeof(got));
	return 0;
}

static int
from_letters(const char *chars, size_t n, uint8_t *out, size_t *len,
    struct err *e)
{
	uint32_t	acc = 0;
	unsigned	bits = 0;
	size_t		i;

	*len = 0;
	for (i = 0; i < n; i++) {
		acc = (acc << 5 | (uint32_t)(strchr(letters, chars[i]) -
		    letters)) & 0xfff;
		if ((bits += 5) >= 8) {
			bits -= 8;
			out[(*len)++] = (uint8_t)(acc >> bits);
		}
	}
	if (bits >= 5 || (acc & ((1u << bits) - 1)) != 0)
		return bad(e, "its last line is not whole");
	return 0;
}

/* What stands over the lines is for people; it is not believed. */
static bool
is_heading(struct octets l)
{
	static const char *const	words[] = { "sealreg share v1",
	    "ceremony ", "custodian ", "share ", "key " };
	size_t				i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (l.len >= n && memcmp(l.p, words[i], n) == 0)
			return true;
	}
	return l.len == 0 || (l.len == 1 && l.p[0] == '\r');
}

int
share_parse(struct octets text, struct share *s, struct err *e)
{
	struct cursor	c = cursor_of(text.p, text.len);
	struct octets	l;
	char		chars[LINES_MAX * LINE];
	uint8_t		octets[LINES_MAX * LINE];
	unsigned	line = 0;
	size_t		n = 0, len = 0;
	int		rc;

	memset(s, 0, sizeof(*s));
	if (text.len > LIMIT_SHARE_TEXT)
		return bad(e, "too long");
	while (cursor_left(&c) > 0) {
		if (!take_line(&c, &l)) {	/* the last, without its end */
			(void)take_octets(&c, cursor_left(&c), &l);
		}
		if (l.len > 1 && l.p[0] == '1' + line && l.p[1] == ' ' &&
		    line < LINES_MAX) {
			if ((rc = take_code(l, ++line, chars, &n, e)) != 0)
				goto out;
		} else if (!is_heading(l)) {
			rc = err_set_id(e, ERR_FORMAT, "share-format",
			    "share: line %u expected, with its number",
			    line + 1);
			goto out;
		}
	}
	if ((rc = from_letters(chars, n, octets, &len, e)) == 0)
		rc = decode(octets, len, s, e);
out:
	if (rc != 0)
		mem_wipe(s, sizeof(*s));
	mem_wipe(chars, sizeof(chars));
	mem_wipe(octets, sizeof(octets));
	return rc;
}
