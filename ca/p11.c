#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "base/mem.h"
#include "ca/p11.h"

#define SLOTS_MAX	64	/* of a module that we look at */
#define LABEL_LEN	32	/* CK_TOKEN_INFO pads with spaces */
#define SERIAL_LEN	16

struct p11 {
	const struct token_conf	*tc;
	void			*module;
	CK_FUNCTION_LIST	*f;
	CK_SESSION_HANDLE	 session;
	bool			 started, open, lost;
	CK_SLOT_ID		 slot;
};

/* What a return value means; the rest is "token-failed". */
static const struct meaning {
	CK_RV		 rv;
	const char	*id;
	const char	*text;
	enum err_code	 code;
	bool		 lost;		/* a new session may help */
} meanings[] = {
	{ CKR_DEVICE_REMOVED, "token-gone", "removed", ERR_BUSY, true },
	{ CKR_TOKEN_NOT_PRESENT, "token-gone", "not there", ERR_BUSY, true },
	{ CKR_DEVICE_ERROR, "token-gone", "device error", ERR_BUSY, true },
	{ CKR_SLOT_ID_INVALID, "token-gone", "no such slot", ERR_BUSY, true },
	{ CKR_TOKEN_NOT_RECOGNIZED, "token-gone", "not recognised", ERR_BUSY,
	    true },
	{ CKR_SESSION_HANDLE_INVALID, "token-gone", "session lost", ERR_BUSY,
	    true },
	{ CKR_SESSION_CLOSED, "token-gone", "session closed", ERR_BUSY, true },
	{ CKR_USER_NOT_LOGGED_IN, "token-gone", "logged out", ERR_BUSY, true },
	{ CKR_KEY_HANDLE_INVALID, "token-gone", "key lost", ERR_BUSY, true },
	{ CKR_OBJECT_HANDLE_INVALID, "token-gone", "object lost", ERR_BUSY,
	    true },
	{ CKR_PIN_INCORRECT, "token-pin", "the PIN is wrong", ERR_BUSY, false },
	{ CKR_PIN_INVALID, "token-pin", "the PIN is no PIN", ERR_BUSY, false },
	{ CKR_PIN_LEN_RANGE, "token-pin", "the PIN is too short or too long",
	    ERR_BUSY, false },
	{ CKR_PIN_EXPIRED, "token-pin", "the PIN has expired", ERR_BUSY,
	    false },
	{ CKR_PIN_LOCKED, "token-pin", "the PIN is locked", ERR_BUSY, false },
	{ CKR_USER_PIN_NOT_INITIALIZED, "token-pin", "it has no PIN yet",
	    ERR_BUSY, false },
	{ CKR_DEVICE_MEMORY, "token-full", "full", ERR_BUSY, false },
	{ CKR_SESSION_COUNT, "token-full", "no more sessions", ERR_BUSY,
	    false },
	{ CKR_MECHANISM_INVALID, "token-mechanism",
	    "it knows no such mechanism", ERR_CRYPTO, false },
	{ CKR_MECHANISM_PARAM_INVALID, "token-mechanism",
	    "the mechanism wants a parameter", ERR_CRYPTO, false },
	{ CKR_DOMAIN_PARAMS_INVALID, "token-mechanism",
	    "it knows no such curve", ERR_CRYPTO, false },
	{ CKR_ATTRIBUTE_TYPE_INVALID, "token-mechanism",
	    "it knows no such attribute", ERR_CRYPTO, false },
	{ CKR_ATTRIBUTE_VALUE_INVALID, "token-mechanism",
	    "it takes no such attribute", ERR_CRYPTO, false },
	{ CKR_TEMPLATE_INCONSISTENT, "token-mechanism", "it takes no such key",
	    ERR_CRYPTO, false },
};

static int
say(struct p11 *p, CK_RV rv, const char *call, struct err *e)
{
	const struct meaning	*m;
	size_t			 i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		m = &meanings[i];
		if (m->rv != rv)
			continue;
		p->lost = m->lost;
		/* The ids stand in the table above and in docs/errors.md. */
		return (err_set_id)(e, m->code, m->id, "token \"%s\": %s "
		    "(%s)", p->tc->token, m->text, call);
	}
	return err_set_id(e, ERR_CRYPTO, "token-failed", "token \"%s\": %s "
	    "said 0x%lx", p->tc->token, call, (unsigned long)rv);
}

/* ---- the module */

int
p11_load(const struct token_conf *tc, struct p11 **out, struct err *e)
{
	CK_C_INITIALIZE_ARGS	 args = { .flags = CKF_OS_LOCKING_OK };
	CK_C_GetFunctionList	 list;
	CK_FUNCTION_LIST	*f = NULL;
	struct p11		*p = xcalloc(1, sizeof(*p));
	CK_RV			 rv;
	int			 rc;

	*out = NULL;
	p->tc = tc;
	if ((p->module = dlopen(tc->module, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		rc = err_set_id(e, ERR_IO, "token-module", "%.200s",
		    dlerror());
		goto out;
	}
	/* POSIX: what dlsym(3) finds may be a function. */
	*(void **)&list = dlsym(p->module, "C_GetFunctionList");
	if (list == NULL || list(&f) != CKR_OK || f == NULL) {
		rc = err_set_id(e, ERR_IO, "token-module",
		    "%s is no PKCS#11 module", tc->module);
		goto out;
	}
	p->f = f;
	if ((rv = p->f->C_Initialize(&args)) != CKR_OK) {
		rc = err_set_id(e, ERR_IO, "token-module",
		    "%s does not start: 0x%lx", tc->module, (unsigned long)rv);
		goto out;
	}
	p->started = true;
	*out = p;
	p = NULL;
	rc = 0;
out:
	p11_free(p);
	return rc;
}

void
p11_free(struct p11 *p)
{
	if (p == NULL)
		return;
	p11_close(p);
	if (p->started)
		(void)p->f->C_Finalize(NULL);	/* it ends either way */
	/* The module stays mapped: some leave threads behind. */
	free(p);
}

bool
p11_is_open(const struct p11 *p)
{
	return p->open;
}

bool
p11_is_lost(const struct p11 *p)
{
	return p->lost;
}

void
p11_close(struct p11 *p)
{
	if (p->open)
		(void)p->f->C_CloseSession(p->session);	/* may be gone */
	p->open = false;
}

/* A text padded with spaces, no NUL. */
static bool
padded_is(const CK_UTF8CHAR *padded, size_t len, const char *text)
{
	size_t	n = strlen(text), i;

	if (n > len || memcmp(padded, text, n) != 0)
		return false;
	for (i = n; i < len; i++)
		if (padded[i] != ' ' && padded[i] != '\0')
			return false;
	return true;
}

static bool
is_ours(const struct p11 *p, const CK_TOKEN_INFO *info)
{
	return padded_is(info->label, LABEL_LEN, p->tc->token) &&
	    (p->tc->serial[0] == '\0' || padded_is(info->serialNumber,
	    SERIAL_LEN, p->tc->serial));
}

static int
find_token(struct p11 *p, CK_TOKEN_INFO *info, struct err *e)
{
	CK_SLOT_ID	 slots[SLOTS_MAX];
	CK_ULONG	 n = 0, i;
	CK_RV		 rv;

	/* Asked for the number alone, a module looks at its readers anew. */
	if ((rv = p->f->C_GetSlotList(CK_TRUE, NULL, &n)) != CKR_OK)
		return say(p, rv, "C_GetSlotList", e);
	n = SLOTS_MAX;
	if ((rv = p->f->C_GetSlotList(CK_TRUE, slots, &n)) != CKR_OK)
		return say(p, rv, "C_GetSlotList", e);
	for (i = 0; i < n && i < SLOTS_MAX; i++) {
		if (p->f->C_GetTokenInfo(slots[i], info) != CKR_OK ||
		    !is_ours(p, info))
			continue;
		p->slot = slots[i];
		return 0;
	}
	return say(p, CKR_TOKEN_NOT_PRESENT, "C_GetSlotList", e);
}

int
p11_open(struct p11 *p, enum p11_pin *pin, struct err *e)
{
	CK_TOKEN_INFO	info = { .flags = 0 };
	CK_RV		rv;
	int		rc;

	*pin = P11_PIN_GOOD;
	p11_close(p);
	p->lost = false;
	if ((rc = find_token(p, &info, e)) != 0)
		return rc;
	if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
		*pin = P11_PIN_LOCKED;
	else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		*pin = P11_PIN_LAST;
	else if ((info.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		*pin = P11_PIN_LOW;
	if ((rv = p->f->C_OpenSession(p->slot, CKF_SERIAL_SESSION |
	    ((info.flags & CKF_WRITE_PROTECTED) != 0 ? 0 : CKF_RW_SESSION),
	    NULL, NULL, &p->session)) != CKR_OK)
		return say(p, rv, "C_OpenSession", e);
	p->open = true;
	return 0;
}

int
p11_login(struct p11 *p, const char *pin, size_t n, struct err *e)
{
	CK_RV	rv;

	rv = p->f->C_Login(p->session, CKU_USER,
	    (CK_UTF8CHAR *)(uintptr_t)pin, n);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return say(p, rv, "C_Login", e);
	return 0;
}

/* ---- objects */

static int
no_key(const struct p11 *p, const char *label, const char *why, struct err *e)
{
	return err_set_id(e, ERR_CRYPTO, "token-key", "token \"%s\": key "
	    "\"%s\": %s", p->tc->token, label, why);
}

/* Up to max objects of a label; cls CKO_PRIVATE_KEY, ..., or 0 for any. */
static int
find(struct p11 *p, const char *label, CK_OBJECT_CLASS cls,
    CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *n, struct err *e)
{
	CK_ATTRIBUTE	t[] = {
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_CLASS, &cls, sizeof(cls) },
	};
	CK_RV		rv;

	*n = 0;
	if ((rv = p->f->C_FindObjectsInit(p->session, t, cls == 0 ? 1 :
	    2)) != CKR_OK)
		return say(p, rv, "C_FindObjectsInit", e);
	rv = p->f->C_FindObjects(p->session, found, max, n);
	if (p->f->C_FindObjectsFinal(p->session) != CKR_OK || rv != CKR_OK) {
		*n = 0;
		return say(p, rv, "C_FindObjects", e);
	}
	if (*n > max)
		*n = max;
	return 0;
}

/* The one object of this class and label. */
static int
find_one(struct p11 *p, const char *label, CK_OBJECT_CLASS cls,
    CK_OBJECT_HANDLE *h, struct err *e)
{
	CK_OBJECT_HANDLE	found[2];
	CK_ULONG		n;
	int			rc;

	if ((rc = find(p, label, cls, found, 2, &n, e)) != 0)
		return rc;
	if (n != 1)
		return no_key(p, label, n == 0 ? "it has none of this label" :
		    "it has more than one of this label", e);
	*h = found[0];
	return 0;
}

static int
none_of(struct p11 *p, const char *label, struct err *e)
{
	CK_OBJECT_HANDLE	found[1];
	CK_ULONG		n;
	int			rc;

	if ((rc = find(p, label, 0, found, 1, &n, e)) != 0)
		return rc;
	if (n != 0)
		return err_set_id(e, ERR_CONFLICT, "token-key-exists",
		    "token \"%s\" has a key \"%s\"; nothing was changed",
		    p->tc->token, label);
	return 0;
}

/* CKA_EC_POINT: the point in an OCTET STRING (2.40 on), or bare. */
static int
point_of(struct p11 *p, CK_OBJECT_HANDLE h, const char *label,
    uint8_t point[SM2_POINT_LEN], struct err *e)
{
	uint8_t		 v[SM2_POINT_LEN + 2];
	CK_ATTRIBUTE	 t[] = { { CKA_EC_POINT, v, sizeof(v) } };
	struct sm2_pub	*pub = NULL;
	struct err	 why = ERR_INIT;
	const uint8_t	*at = v;
	CK_RV		 rv;

	if ((rv = p->f->C_GetAttributeValue(p->session, h, t, 1)) != CKR_OK)
		return say(p, rv, "C_GetAttributeValue", e);
	if (t[0].ulValueLen == sizeof(v) && v[0] == 4 && v[1] == SM2_POINT_LEN)
		at += 2;
	else if (t[0].ulValueLen != SM2_POINT_LEN)
		return no_key(p, label, "its point has another length", e);
	if (sm2_pub_new(at, &pub, &why) != 0)
		return no_key(p, label, "its point is not on the curve", e);
	sm2_pub_free(pub);
	memcpy(point, at, SM2_POINT_LEN);
	return 0;
}

int
p11_find(struct p11 *p, const char *label, uint8_t point[SM2_POINT_LEN],
    struct err *e)
{
	CK_OBJECT_HANDLE	h = 0;
	int			rc;

	memset(point, 0, SM2_POINT_LEN);
	if ((rc = find_one(p, label, CKO_PUBLIC_KEY, &h, e)) != 0)
		return rc;
	return point_of(p, h, label, point, e);
}

int
p11_sign(struct p11 *p, const char *label, const uint8_t e32[SM3_LEN],
    uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	CK_MECHANISM		m = { p->tc->sign, NULL, 0 };
	CK_OBJECT_HANDLE	key = 0;
	uint8_t			out[SM2_DER_SIG_MAX + 8];
	uint8_t			digest[SM3_LEN];
	CK_ULONG		n = sizeof(out);
	CK_RV			rv;
	int			rc;

	memset(sig, 0, SM2_SIG_LEN);
	memcpy(digest, e32, SM3_LEN);
	if ((rc = find_one(p, label, CKO_PRIVATE_KEY, &key, e)) != 0)
		return rc;
	if ((rv = p->f->C_SignInit(p->session, &m, key)) != CKR_OK)
		return say(p, rv, "C_SignInit", e);
	if ((rv = p->f->C_Sign(p->session, digest, sizeof(digest), out,
	    &n)) != CKR_OK)
		return say(p, rv, "C_Sign", e);
	if (strcmp(p->tc->signature, "der") == 0) {
		if (n <= sizeof(out) && sm2_sig_from_der(OCTETS(out, n), sig,
		    NULL) == 0)
			return 0;
	} else if (n == SM2_SIG_LEN) {
		memcpy(sig, out, SM2_SIG_LEN);
		return 0;
	}
	return err_set_id(e, ERR_BUSY, "token-bad-signature", "token "
	    "\"%s\": what C_Sign gave is no signature in the form \"%s\"",
	    p->tc->token, p->tc->signature);
}

/* ---- making keys */

#define TEMPLATE_MAX		16

struct template {
	CK_ATTRIBUTE	a[TEMPLATE_MAX];
	CK_ULONG	n;
};

static void
put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *v, size_t n)
{
	t->a[t->n++] = (CK_ATTRIBUTE){ type, (void *)(uintptr_t)v, n };
}

static const CK_BBOOL	yes = CK_TRUE, no = CK_FALSE;

static void
put_common(const struct p11 *p, struct template *t, const char *label)
{
	put(t, CKA_TOKEN, &yes, sizeof(yes));
	put(t, CKA_LABEL, label, strlen(label));
	put(t, CKA_ID, label, strlen(label));
	if (p->tc->type != 0)
		put(t, CKA_KEY_TYPE, &p->tc->type, sizeof(p->tc->type));
}

static void
put_private(struct template *t)
{
	put(t, CKA_PRIVATE, &yes, sizeof(yes));
	put(t, CKA_SENSITIVE, &yes, sizeof(yes));
	put(t, CKA_EXTRACTABLE, &no, sizeof(no));
	put(t, CKA_SIGN, &yes, sizeof(yes));
}

int
p11_make(struct p11 *p, const char *label, uint8_t point[SM2_POINT_LEN],
    struct err *e)
{
	CK_MECHANISM		m = { p->tc->make, NULL, 0 };
	struct template		pub = { .n = 0 }, priv = { .n = 0 };
	CK_OBJECT_HANDLE	hpub = 0, hpriv = 0;
	CK_RV			rv;
	int			rc;

	memset(point, 0, SM2_POINT_LEN);
	if (p->tc->make == 0)
		return err_set_id(e, ERR_INVAL, "token-config",
		    "make_mechanism is not configured: make the key with the "
		    "vendor's tool");
	if ((rc = none_of(p, label, e)) != 0)
		return rc;
	put_common(p, &pub, label);
	put(&pub, CKA_EC_PARAMS, p->tc->params, p->tc->paramslen);
	put(&pub, CKA_VERIFY, &yes, sizeof(yes));
	put_common(p, &priv, label);
	put_private(&priv);
	if ((rv = p->f->C_GenerateKeyPair(p->session, &m, pub.a, pub.n,
	    priv.a, priv.n, &hpub, &hpriv)) != CKR_OK)
		return say(p, rv, "C_GenerateKeyPair", e);
	return point_of(p, hpub, label, point, e);
}

int
p11_import(struct p11 *p, const char *label,
    const uint8_t point[SM2_POINT_LEN], const uint8_t scalar[P11_SCALAR],
    struct err *e)
{
	CK_OBJECT_CLASS		public = CKO_PUBLIC_KEY;
	CK_OBJECT_CLASS		private = CKO_PRIVATE_KEY;
	struct template		pub = { .n = 0 }, priv = { .n = 0 };
	CK_OBJECT_HANDLE	h = 0;
	uint8_t			at[2 + SM2_POINT_LEN] = { 4, SM2_POINT_LEN };
	CK_RV			rv;
	int			rc;

	memcpy(at + 2, point, SM2_POINT_LEN);
	if ((rc = none_of(p, label, e)) != 0)
		return rc;
	put(&priv, CKA_CLASS, &private, sizeof(private));
	put_common(p, &priv, label);
	put_private(&priv);
	put(&priv, CKA_EC_PARAMS, p->tc->params, p->tc->paramslen);
	put(&priv, CKA_VALUE, scalar, P11_SCALAR);
	if ((rv = p->f->C_CreateObject(p->session, priv.a, priv.n,
	    &h)) != CKR_OK)
		return say(p, rv, "C_CreateObject", e);
	put(&pub, CKA_CLASS, &public, sizeof(public));
	put_common(p, &pub, label);
	put(&pub, CKA_VERIFY, &yes, sizeof(yes));
	put(&pub, CKA_EC_PARAMS, p->tc->params, p->tc->paramslen);
	put(&pub, CKA_EC_POINT, at, sizeof(at));
	if ((rv = p->f->C_CreateObject(p->session, pub.a, pub.n,
	    &h)) != CKR_OK) {
		rc = say(p, rv, "C_CreateObject", e);
		/* Half a key is none; this failing changes nothing. */
		if (p11_destroy(p, label, NULL) != 0)
			return rc;
		return rc;
	}
	return 0;
}

int
p11_destroy(struct p11 *p, const char *label, struct err *e)
{
	CK_OBJECT_HANDLE	found[8];
	CK_ULONG		n, i;
	CK_RV			rv;
	int			rc;

	if ((rc = find(p, label, 0, found, 8, &n, e)) != 0)
		return rc;
	for (i = 0; i < n; i++)
		if ((rv = p->f->C_DestroyObject(p->session,
		    found[i])) != CKR_OK)
			return say(p, rv, "C_DestroyObject", e);
	return 0;
}
