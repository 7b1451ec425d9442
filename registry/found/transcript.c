#include <string.h>

#include "base/text.h"
#include "base/tm.h"
#include "ca/share.h"
#include "registry/found/transcript.h"

#define FIRST	"sealreg ceremony transcript v1"

static const enum key_slot	nation_slots[] = { KEY_ROOT, KEY_NATIONAL,
    KEY_NONE };
static const enum key_slot	province_slots[] = { KEY_AUTHORITY,
    KEY_CHECKPOINT, KEY_MAKER, KEY_WRAPPING, KEY_TSA, KEY_NONE };

static int
put_keys(const struct keyring *kr, const enum key_slot *slots,
    struct buf *out, struct err *e)
{
	uint8_t	point[SM2_POINT_LEN];
	char	hex[HEX_SIZE(SM2_POINT_LEN)];
	int	rc;

	for (; *slots != KEY_NONE; slots++) {
		if ((rc = keyring_point(kr, *slots, point, e)) != 0)
			return rc;
		hex_encode(point, sizeof(point), hex);
		buf_printf(out, "key %s %s\n", key_slot_name(*slots), hex);
	}
	return 0;
}

static void
put_head(const struct plan *p, const struct transcript_facts *f,
    struct buf *out)
{
	const struct custodian	*c;
	char			 hex[HEX_SIZE(SM3_LEN)];
	char			 a[TM_RFC3339_SIZE], b[TM_RFC3339_SIZE];
	uint8_t			 d[SM3_LEN];
	size_t			 i;

	tm_rfc3339(f->began, a);
	tm_rfc3339(f->ended, b);
	hex_encode(p->digest, SM3_LEN, hex);
	buf_printf(out, FIRST "\nceremony %s\nplan %s\nbegan %s\nended %s\n"
	    "for %s\ndata %s\nprofile %s\n", p->title, hex, a, b, p->kind,
	    p->data, p->profile);
	hex_encode(f->id, SHARE_ID, hex);
	buf_printf(out, "shares %lld of %zu, id %s\n",
	    (long long)p->threshold, p->custodians.n, hex);
	for (i = 0; i < p->custodians.n; i++) {
		c = plan_custodian(p, i);
		buf_printf(out, "custodian %zu %s, confirmed, share %s\n",
		    i + 1, c->name, c->sealed ? "sealed" : "plain");
	}
	buf_puts(out, "shares read back and tried\n");
	if (f->before.len > 0) {
		sm3(f->before.p, f->before.len, d);
		hex_encode(d, sizeof(d), hex);
		buf_printf(out, "succeeds %s\n", hex);
	}
	if (f->certificate.len > 0) {
		sm3(f->certificate.p, f->certificate.len, d);
		hex_encode(d, sizeof(d), hex);
		buf_printf(out, "certificate %s\n", hex);
	}
}

int
transcript_write(const struct plan *p, const struct keyring *kr,
    const struct transcript_facts *f, struct buf *out, struct err *e)
{
	const bool		 nation = plan_is_nation(p);
	const enum key_slot	*slots = nation ? nation_slots :
				    province_slots;
	uint8_t			 sig[SM2_SIG_LEN];
	int			 rc;

	put_head(p, f, out);
	if ((rc = put_keys(kr, slots, out, e)) != 0)
		return rc;
	buf_printf(out, "by %s\n", key_slot_name(slots[0]));
	if (!buf_ok(out))
		return err_set(e, ERR_TOOBIG, "transcript over %u octets",
		    LIMIT_TRANSCRIPT);
	if ((rc = key_sign(kr, slots[0], buf_octets(out), sig, e)) != 0)
		return rc;
	buf_puts(out, "signature ");
	buf_put_b64(out, sig, sizeof(sig));
	buf_puts(out, "\n");
	return 0;
}

/* ---- reading */

static int
bad(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "transcript-format",
	    "transcript: %s", why);
}

/* The rest of a line that begins with word, or empty. */
static struct octets
after(struct octets l, const char *word)
{
	size_t	n = strlen(word);

	if (l.len <= n || memcmp(l.p, word, n) != 0)
		return OCTETS(NULL, 0);
	return OCTETS(l.p + n, l.len - n);
}

static bool
is_line(struct octets l, const char *text)
{
	return l.len == strlen(text) && memcmp(l.p, text, l.len) == 0;
}

static int
take_first(struct cursor *c, struct transcript *t, struct err *e)
{
	struct octets	l, o;

	if (!take_line(c, &l) || !is_line(l, FIRST))
		return bad(e, "its first line is not \"" FIRST "\"");
	if (!take_line(c, &l) || (o = after(l, "ceremony ")).len == 0 ||
	    o.len >= sizeof(t->title) || memchr(o.p, 0, o.len) != NULL)
		return bad(e, "no name");
	memcpy(t->title, o.p, o.len);
	if (!text_is_name(t->title))
		return bad(e, "no name");
	if (!take_line(c, &l) || (o = after(l, "plan ")).len == 0 ||
	    !hex_decode((const char *)o.p, o.len, t->plan, SM3_LEN))
		return bad(e, "no digest of a plan");
	return 0;
}

/* Of the first key line, which is the signer's. */
static int
take_key(struct octets l, struct transcript *t, struct err *e)
{
	struct octets	root = after(l, "key root ");
	struct octets	province = after(l, "key province ");
	struct octets	o = root.len > 0 ? root : province;

	t->nation = root.len > 0;
	if (o.len == 0 || !hex_decode((const char *)o.p, o.len, t->point,
	    SM2_POINT_LEN))
		return bad(e, "its first key is neither root nor province");
	return 0;
}

static int
check_signature(struct octets signed_part, struct octets b64,
    const struct transcript *t, struct err *e)
{
	struct sm2_pub	*pub = NULL;
	struct err	 why = ERR_INIT;
	uint8_t		 sig[SM2_SIG_LEN];
	size_t		 n = 0;
	int		 rc = 0;

	if (!b64_decode((const char *)b64.p, b64.len, sig, sizeof(sig), &n) ||
	    n != sizeof(sig))
		return bad(e, "its signature is not one");
	if (sm2_pub_new(t->point, &pub, &why) != 0)
		return bad(e, "its key is no point of SM2");
	if (sm2_verify(pub, signed_part, sig, &why) != 0)
		rc = err_set_id(e, ERR_VERIFY, "transcript-signature",
		    "the transcript was altered: its signature does not hold");
	sm2_pub_free(pub);
	return rc;
}

int
transcript_read(struct octets text, struct transcript *t, struct err *e)
{
	struct cursor	c = cursor_of(text.p, text.len);
	struct octets	l, b64 = OCTETS(NULL, 0);
	bool		key = false, by = false;
	size_t		end = 0;
	int		rc;

	memset(t, 0, sizeof(*t));
	if (text.len > LIMIT_TRANSCRIPT)
		return bad(e, "too long");
	if ((rc = take_first(&c, t, e)) != 0)
		goto out;
	while (cursor_left(&c) > 0) {
		end = text.len - cursor_left(&c);
		if (!take_line(&c, &l)) {
			rc = bad(e, "its last line has no end");
			goto out;
		}
		if (by) {
			b64 = after(l, "signature ");
			break;
		}
		if (!key && after(l, "key ").len > 0) {
			if ((rc = take_key(l, t, e)) != 0)
				goto out;
			key = true;
		}
		by = key && is_line(l, t->nation ? "by root" : "by province");
	}
	if (b64.len == 0 || cursor_left(&c) != 0)
		rc = bad(e, "it does not end with one signature");
	else
		rc = check_signature(OCTETS(text.p, end), b64, t, e);
out:
	if (rc != 0)
		memset(t, 0, sizeof(*t));
	return rc;
}
