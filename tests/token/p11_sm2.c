#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <p11-kit/pkcs11.h>

#include "tests/token/p11_sm2.h"

/* See the header: SM2 by OpenSSL, everything else by hand. */

static struct p11_file	*file;
static bool		 open_session, logged_in;
static bool		 session_rw;
static CK_OBJECT_HANDLE	 finding[P11_OBJECTS], signing;
static size_t		 nfinding;
static bool		 is_finding;

/* ---- SM2 */

static EVP_PKEY *
key_of(const struct p11_object *o)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	OSSL_PARAM	*params = NULL;
	EVP_PKEY	*pkey = NULL;
	BIGNUM		*d = BN_bin2bn(o->scalar, 32, NULL);

	if (bld != NULL && ctx != NULL && d != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    "SM2", 0) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    o->point, sizeof(o->point)) &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(d);
	return pkey;
}

/* Over a digest that holds Z; DER. */
static bool
sign_der(const struct p11_object *o, const uint8_t e[32], uint8_t *der,
    size_t *n)
{
	EVP_PKEY	*pkey = key_of(o);
	EVP_PKEY_CTX	*ctx = NULL;
	bool		 good;

	good = pkey != NULL &&
	    (ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL &&
	    EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_sign(ctx, der, n, e, 32) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static bool
raw_of(const uint8_t *der, size_t n, uint8_t raw[64])
{
	ECDSA_SIG	*s = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool		 good;

	good = s != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, 32) == 32 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + 32, 32) == 32;
	ECDSA_SIG_free(s);
	return good;
}

static bool
make(struct p11_object *o)
{
	EVP_PKEY	*pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	BIGNUM		*d = NULL;
	size_t		 n = 0;
	bool		 good;

	good = pkey != NULL && EVP_PKEY_get_bn_param(pkey,
	    OSSL_PKEY_PARAM_PRIV_KEY, &d) &&
	    BN_bn2binpad(d, o->scalar, 32) == 32 &&
	    EVP_PKEY_get_octet_string_param(pkey,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, o->point, 65, &n) && n == 65;
	BN_clear_free(d);
	EVP_PKEY_free(pkey);
	return good;
}

/* ---- the token */

static CK_RV
usable(void)
{
	if (file == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (file->mood == P11_LOST) {
		file->mood = P11_GOOD;
		open_session = logged_in = false;
	}
	if (file->mood == P11_REMOVED) {
		open_session = logged_in = false;
		return CKR_DEVICE_REMOVED;
	}
	if (!open_session)
		return CKR_SESSION_HANDLE_INVALID;
	return CKR_OK;
}

static CK_RV
usable_in(void)
{
	CK_RV	rv = usable();

	return rv == CKR_OK && !logged_in ? CKR_USER_NOT_LOGGED_IN : rv;
}

static CK_RV
do_initialize(void *args)
{
	const char	*path = getenv("SEALREG_TEST_TOKEN");
	int		 fd;

	(void)args;
	if (file != NULL)
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return CKR_GENERAL_ERROR;
	file = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	if (file == MAP_FAILED || file->magic != P11_MAGIC) {
		file = NULL;
		return CKR_GENERAL_ERROR;
	}
	return CKR_OK;
}

static CK_RV
do_finalize(void *args)
{
	(void)args;
	if (file == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	munmap(file, sizeof(*file));
	file = NULL;
	open_session = logged_in = false;
	return CKR_OK;
}

static CK_RV
do_slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	CK_ULONG	have = present && file->mood == P11_REMOVED ? 1 : 2;

	if (slots != NULL) {
		if (*n < have)
			return CKR_BUFFER_TOO_SMALL;
		slots[0] = 7;		/* another token, of no use */
		if (have > 1)
			slots[1] = 8;
	}
	*n = have;
	return CKR_OK;
}

static void
pad(CK_UTF8CHAR *to, size_t n, const char *text)
{
	memset(to, ' ', n);
	memcpy(to, text, strlen(text));
}

static CK_RV
do_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	memset(info, 0, sizeof(*info));
	pad(info->label, sizeof(info->label), slot == 8 ? "sealreg test" :
	    "another");
	pad(info->serialNumber, sizeof(info->serialNumber), slot == 8 ?
	    "0001" : "0002");
	info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED;
	if (slot == 8 && file->mood == P11_REMOVED)
		return CKR_TOKEN_NOT_PRESENT;
	if (file->tries == 0)
		info->flags |= CKF_USER_PIN_LOCKED;
	else if (file->tries == 1 && !file->quiet)
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	else if (file->tries < P11_TRIES && !file->quiet)
		info->flags |= CKF_USER_PIN_COUNT_LOW;
	return CKR_OK;
}

static CK_RV
do_open(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *session)
{
	(void)app;
	(void)notify;
	if (slot != 8)
		return CKR_SLOT_ID_INVALID;
	if (file->mood == P11_REMOVED)
		return CKR_TOKEN_NOT_PRESENT;
	open_session = true;
	session_rw = (flags & CKF_RW_SESSION) != 0;
	*session = 5;
	return CKR_OK;
}

static CK_RV
do_close(CK_SESSION_HANDLE session)
{
	(void)session;
	open_session = logged_in = is_finding = false;
	return CKR_OK;
}

static CK_RV
do_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
    CK_ULONG n)
{
	CK_RV	rv;

	(void)session;
	if ((rv = usable()) != CKR_OK)
		return rv;
	file->logins++;
	if (user != CKU_USER)
		return CKR_USER_TYPE_INVALID;
	if (file->tries == 0)
		return CKR_PIN_LOCKED;
	if (n != strlen(file->pin) || memcmp(pin, file->pin, n) != 0) {
		file->tries--;
		return CKR_PIN_INCORRECT;
	}
	file->tries = P11_TRIES;
	logged_in = true;
	return CKR_OK;
}

/* ---- objects */

static const CK_ATTRIBUTE *
attribute(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG	i;

	for (i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

static CK_ULONG
number(const CK_ATTRIBUTE *a)
{
	CK_ULONG	v = CK_UNAVAILABLE_INFORMATION;

	if (a != NULL && a->ulValueLen == sizeof(v))
		memcpy(&v, a->pValue, sizeof(v));
	return v;
}

static bool
matches(const struct p11_object *o, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE	*label = attribute(t, n, CKA_LABEL);
	const CK_ATTRIBUTE	*class = attribute(t, n, CKA_CLASS);

	return o->class != 0 && (label == NULL ||
	    (strlen(o->label) == label->ulValueLen &&
	    memcmp(o->label, label->pValue, label->ulValueLen) == 0)) &&
	    (class == NULL || number(class) + 1 == o->class) &&
	    (logged_in || o->class == CKO_PUBLIC_KEY + 1);
}

static CK_RV
do_find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_RV	rv;
	size_t	i;

	(void)session;
	if ((rv = usable()) != CKR_OK)
		return rv;
	if (is_finding)
		return CKR_OPERATION_ACTIVE;
	is_finding = true;
	nfinding = 0;
	for (i = 0; i < P11_OBJECTS; i++)
		if (matches(&file->objects[i], t, n))
			finding[nfinding++] = i + 1;
	return CKR_OK;
}

static CK_RV
do_find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out, CK_ULONG max,
    CK_ULONG *n)
{
	(void)session;
	if (!is_finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	for (*n = 0; *n < max && nfinding > 0; (*n)++)
		out[*n] = finding[--nfinding];
	return CKR_OK;
}

static CK_RV
do_find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	if (!is_finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	is_finding = false;
	return CKR_OK;
}

static struct p11_object *
object(CK_OBJECT_HANDLE h)
{
	return h >= 1 && h <= P11_OBJECTS && file->objects[h - 1].class != 0 ?
	    &file->objects[h - 1] : NULL;
}

/* What is sensitive is not told, as in a real one. */
static CK_RV
do_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE h, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct p11_object	*o;
	uint8_t			 v[67] = { 4, 65 };
	CK_ULONG		 i;
	CK_RV			 rv;

	(void)session;
	if ((rv = usable()) != CKR_OK)
		return rv;
	if ((o = object(h)) == NULL)
		return CKR_OBJECT_HANDLE_INVALID;
	memcpy(v + 2, o->point, 65);
	for (i = 0; i < n; i++) {
		if (t[i].type == CKA_VALUE)
			return CKR_ATTRIBUTE_SENSITIVE;
		if (t[i].type != CKA_EC_POINT ||
		    o->class != CKO_PUBLIC_KEY + 1)
			return CKR_ATTRIBUTE_TYPE_INVALID;
		if (t[i].pValue != NULL && t[i].ulValueLen < sizeof(v))
			return CKR_BUFFER_TOO_SMALL;
		if (t[i].pValue != NULL)
			memcpy(t[i].pValue, v, sizeof(v));
		t[i].ulValueLen = sizeof(v);
	}
	return CKR_OK;
}

static struct p11_object *
room(CK_OBJECT_HANDLE *h)
{
	size_t	i;

	if (file->mood == P11_FULL)
		return NULL;
	for (i = 0; i < P11_OBJECTS; i++)
		if (file->objects[i].class == 0) {
			*h = i + 1;
			return &file->objects[i];
		}
	return NULL;
}

static CK_RV
put(const struct p11_object *from, CK_OBJECT_CLASS class,
    const CK_ATTRIBUTE *label, CK_OBJECT_HANDLE *h)
{
	struct p11_object	*o;

	if (label == NULL || label->ulValueLen >= sizeof(o->label))
		return CKR_TEMPLATE_INCOMPLETE;
	if ((o = room(h)) == NULL)
		return CKR_DEVICE_MEMORY;
	*o = *from;
	memset(o->label, 0, sizeof(o->label));
	memcpy(o->label, label->pValue, label->ulValueLen);
	o->class = (uint32_t)class + 1;
	return CKR_OK;
}

static const uint8_t	curve[] = { 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55,
			    0x01, 0x82, 0x2d };

static bool
is_sm2(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE	*p = attribute(t, n, CKA_EC_PARAMS);

	return p != NULL && p->ulValueLen == sizeof(curve) &&
	    memcmp(p->pValue, curve, sizeof(curve)) == 0;
}

static CK_RV
do_generate(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG npub, CK_ATTRIBUTE *priv, CK_ULONG npriv, CK_OBJECT_HANDLE *hpub,
    CK_OBJECT_HANDLE *hpriv)
{
	struct p11_object	o;
	CK_RV			rv;

	(void)session;
	if ((rv = usable_in()) != CKR_OK)
		return rv;
	if (m->mechanism != P11_CKM_MAKE)
		return CKR_MECHANISM_INVALID;
	if (!session_rw)
		return CKR_SESSION_READ_ONLY;
	if (!is_sm2(pub, npub))
		return CKR_DOMAIN_PARAMS_INVALID;
	memset(&o, 0, sizeof(o));
	if (!make(&o))
		return CKR_FUNCTION_FAILED;
	if ((rv = put(&o, CKO_PRIVATE_KEY, attribute(priv, npriv, CKA_LABEL),
	    hpriv)) != CKR_OK)
		return rv;
	memset(o.scalar, 0, sizeof(o.scalar));
	return put(&o, CKO_PUBLIC_KEY, attribute(pub, npub, CKA_LABEL), hpub);
}

static CK_RV
do_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *h)
{
	const CK_ATTRIBUTE	*v = attribute(t, n, CKA_VALUE);
	const CK_ATTRIBUTE	*at = attribute(t, n, CKA_EC_POINT);
	const CK_ULONG		 class = number(attribute(t, n, CKA_CLASS));
	struct p11_object	 o;
	size_t			 i;
	CK_RV			 rv;

	(void)session;
	if ((rv = usable_in()) != CKR_OK)
		return rv;
	if (number(attribute(t, n, CKA_KEY_TYPE)) != P11_CKK_SM2)
		return CKR_TEMPLATE_INCOMPLETE;
	if (!session_rw)
		return CKR_SESSION_READ_ONLY;
	if (!is_sm2(t, n))
		return CKR_DOMAIN_PARAMS_INVALID;
	memset(&o, 0, sizeof(o));
	if (class == CKO_PRIVATE_KEY && v != NULL && v->ulValueLen == 32)
		memcpy(o.scalar, v->pValue, 32);
	else if (class == CKO_PUBLIC_KEY && at != NULL && at->ulValueLen == 67)
		memcpy(o.point, (uint8_t *)at->pValue + 2, 65);
	else
		return CKR_TEMPLATE_INCONSISTENT;
	if ((rv = put(&o, class, attribute(t, n, CKA_LABEL), h)) != CKR_OK)
		return rv;
	/* A private key learns its point from its neighbour. */
	for (i = 0; class == CKO_PUBLIC_KEY && i < P11_OBJECTS; i++)
		if (file->objects[i].class == CKO_PRIVATE_KEY + 1 &&
		    strcmp(file->objects[i].label,
		    file->objects[*h - 1].label) == 0)
			memcpy(file->objects[i].point, o.point, 65);
	return CKR_OK;
}

static CK_RV
do_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE h)
{
	struct p11_object	*o;
	CK_RV			 rv;

	(void)session;
	if ((rv = usable_in()) != CKR_OK)
		return rv;
	if ((o = object(h)) == NULL)
		return CKR_OBJECT_HANDLE_INVALID;
	memset(o, 0, sizeof(*o));
	return CKR_OK;
}

/* ---- signing */

static CK_RV
do_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE h)
{
	CK_RV	rv;

	(void)session;
	if ((rv = usable_in()) != CKR_OK)
		return rv;
	if (m->mechanism != P11_CKM_SIGN)
		return CKR_MECHANISM_INVALID;
	if (object(h) == NULL || object(h)->class != CKO_PRIVATE_KEY + 1)
		return CKR_KEY_HANDLE_INVALID;
	signing = h;
	return CKR_OK;
}

static void
be_slow(void)
{
	const struct timespec	ts = { file->slow_ms / 1000,
				    file->slow_ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

static CK_RV
do_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG *nsig)
{
	struct p11_object	 o;
	uint8_t			 e[32], der[80], raw[64];
	size_t			 len = sizeof(der);
	CK_RV			 rv;

	(void)session;
	if ((rv = usable_in()) != CKR_OK)
		return rv;
	if (n != 32)
		return CKR_DATA_LEN_RANGE;
	memcpy(e, data, 32);
	o = *object(signing);
	if (file->mood == P11_SLOW)
		be_slow();
	if (file->mood == P11_CRASH)
		raise(SIGSEGV);
	if (file->mood == P11_WRONG)
		e[0] ^= 1;
	if (file->mood == P11_OTHER && !make(&o))
		return CKR_FUNCTION_FAILED;
	if (!sign_der(&o, e, der, &len) || !raw_of(der, len, raw))
		return CKR_FUNCTION_FAILED;
	file->signs++;
	if (file->mood == P11_DER) {
		if (*nsig < len)
			return CKR_BUFFER_TOO_SMALL;
		memcpy(sig, der, len);
		*nsig = len;
		return CKR_OK;
	}
	if (*nsig < 64)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(sig, raw, 64);
	*nsig = file->mood == P11_SHORT ? 63 : 64;
	return CKR_OK;
}

CK_RV	C_GetFunctionList(CK_FUNCTION_LIST **list);

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	static CK_FUNCTION_LIST	f = {
		.version = { 2, 40 },
		.C_Initialize = do_initialize,
		.C_Finalize = do_finalize,
		.C_GetFunctionList = C_GetFunctionList,
		.C_GetSlotList = do_slots,
		.C_GetTokenInfo = do_token_info,
		.C_OpenSession = do_open,
		.C_CloseSession = do_close,
		.C_Login = do_login,
		.C_FindObjectsInit = do_find_init,
		.C_FindObjects = do_find,
		.C_FindObjectsFinal = do_find_final,
		.C_GetAttributeValue = do_get,
		.C_GenerateKeyPair = do_generate,
		.C_CreateObject = do_create,
		.C_DestroyObject = do_destroy,
		.C_SignInit = do_sign_init,
		.C_Sign = do_sign,
	};

	*list = &f;
	return CKR_OK;
}
