#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/token_conf.h"

#define AT(m)	.offset = offsetof(struct token_conf, m)
#define IN(m)	.offset = offsetof(struct token_key, m)

static const struct conf_key	key_keys[] = {
	{ .name = "slot", .type = CONF_STRING, .min = 1, .max = 32, IN(slot),
	  .help = "checkpoint, province, maker, tsa, root or national" },
	{ .name = "label", .type = CONF_STRING, .min = 1, .max = 64, IN(label),
	  .help = "CKA_LABEL of the key pair" },
	{ .name = "point", .type = CONF_STRING, .max = 130, .preset = "",
	  IN(point), .help = "its public point in hex; written by sealreg" },
	{ .name = NULL }
};

const struct conf_key	token_conf_keys[] = {
	{ .name = "module", .type = CONF_STRING, .min = 1, .max = 1024,
	  AT(module), .help = "the vendor's PKCS#11 module, absolute path" },
	{ .name = "token", .type = CONF_STRING, .min = 1, .max = 32,
	  AT(token), .help = "label of the token" },
	{ .name = "serial", .type = CONF_STRING, .max = 16, .preset = "",
	  AT(serial), .help = "its serial number; empty: any" },
	{ .name = "pin_file", .type = CONF_STRING, .max = 1024, .preset = "",
	  AT(pin_file), .help = "the PIN, mode 0600, where there is no "
	  "credential token-pin; empty: keys/token-pin" },
	{ .name = "timeout_ms", .type = CONF_INT, .min = 100, .max = 4000,
	  .preset = "2000", AT(timeout_ms),
	  .help = "how long a signature may take" },
	{ .name = "sign_mechanism", .type = CONF_STRING, .min = 1, .max = 18,
	  AT(sign_mechanism), .help = "the vendor's number of SM2 over a "
	  "digest: 0x8..." },
	{ .name = "make_mechanism", .type = CONF_STRING, .max = 18,
	  .preset = "", AT(make_mechanism), .help = "of making an SM2 key "
	  "pair; empty: keys are made with the vendor's tool" },
	{ .name = "key_type", .type = CONF_STRING, .max = 18, .preset = "",
	  AT(key_type), .help = "CKA_KEY_TYPE of SM2; empty: not said" },
	{ .name = "curve", .type = CONF_STRING, .min = 2,
	  .max = 2 * LIMIT_TOKEN_PARAMS, .preset = "06082a811ccf5501822d",
	  AT(curve), .help = "CKA_EC_PARAMS in hex; the preset is the OID "
	  "1.2.156.10197.1.301" },
	{ .name = "signature", .type = CONF_STRING, .min = 3, .max = 3,
	  .preset = "raw", AT(signature), .help = "raw (r, s: 64 octets) or "
	  "der" },
	{ .name = "rights", .type = CONF_STRINGS, .max = 4, .preset = "",
	  AT(rights), .help = "what the module needs of the kernel beside "
	  "memory: files, network, local, device" },
	{ .name = "read", .type = CONF_STRINGS, .max = LIMIT_TOKEN_PATHS,
	  .preset = "", AT(read), .help = "files and folders that it opens "
	  "for reading" },
	{ .name = "write", .type = CONF_STRINGS, .max = LIMIT_TOKEN_PATHS,
	  .preset = "", AT(write), .help = "that it writes" },
	{ .name = "keys", .type = CONF_TABLES, .min = 1,
	  .max = LIMIT_TOKEN_KEYS, AT(keys), .sub = key_keys,
	  .subsize = sizeof(struct token_key), .help = "the keys in it" },
	{ .name = NULL }
};

static int
refused(struct err *e, const char *name, const char *key, const char *why)
{
	return err_set_id(e, ERR_INVAL, "token-config", "%s: %s: %s", name,
	    key, why);
}

enum key_slot
key_slot_of(const char *name)
{
	int	i;

	for (i = KEY_NONE + 1; i < KEY_SLOTS; i++)
		if (strcmp(name, key_slot_name((enum key_slot)i)) == 0)
			return (enum key_slot)i;
	return KEY_NONE;
}

/* "0x80001234"; *v is 0 for "". */
static bool
number_of(const char *s, unsigned long *v)
{
	*v = 0;
	if (*s == '\0')
		return true;
	if (s[0] != '0' || s[1] != 'x' || s[2] == '\0' || strlen(s) > 18 ||
	    strspn(s + 2, "0123456789abcdefABCDEF") != strlen(s + 2))
		return false;
	*v = strtoul(s + 2, NULL, 16);
	return true;
}

static int
check_numbers(const char *name, struct token_conf *tc, struct err *e)
{
	size_t	n = strlen(tc->curve);

	if (!number_of(tc->sign_mechanism, &tc->sign) || tc->sign == 0)
		return refused(e, name, "sign_mechanism", "not a number as "
		    "0x80001234");
	if (!number_of(tc->make_mechanism, &tc->make))
		return refused(e, name, "make_mechanism", "not a number as "
		    "0x80001234");
	if (!number_of(tc->key_type, &tc->type))
		return refused(e, name, "key_type", "not a number as "
		    "0x80001234");
	tc->paramslen = n / 2;
	if (n % 2 != 0 || !hex_decode(tc->curve, n, tc->params, n / 2))
		return refused(e, name, "curve", "not hex");
	if (strcmp(tc->signature, "raw") != 0 &&
	    strcmp(tc->signature, "der") != 0)
		return refused(e, name, "signature", "neither raw nor der");
	return 0;
}

static int
check_paths(const char *name, const char *key, const struct conf_list *l,
    struct err *e)
{
	char	*const *p = l->items;
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (p[i][0] != '/' || !text_is_name(p[i]))
			return refused(e, name, key, "not an absolute path");
	return 0;
}

static int
check_rights(const char *name, struct token_conf *tc, struct err *e)
{
	static const struct {
		const char	*word;
		unsigned	 calls;
	} words[] = {
		{ "files", CALLS_READ | CALLS_WRITE },
		{ "network", CALLS_CONNECT },
		{ "local", CALLS_LOCAL },
		{ "device", CALLS_DEVICE | CALLS_READ | CALLS_WRITE },
	};
	char	*const *p = tc->rights.items;
	size_t	 i, k;
	int	 rc;

	for (i = 0; i < tc->rights.n; i++) {
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strcmp(words[k].word, p[i]) == 0)
				break;
		if (k == sizeof(words) / sizeof(words[0]))
			return refused(e, name, "rights", "not files, "
			    "network, local or device");
		tc->calls |= words[k].calls;
	}
	if ((rc = check_paths(name, "read", &tc->read, e)) != 0 ||
	    (rc = check_paths(name, "write", &tc->write, e)) != 0)
		return rc;
	if ((tc->read.n > 0 || tc->write.n > 0) &&
	    (tc->calls & (CALLS_READ | CALLS_WRITE)) == 0)
		return refused(e, name, "read", "paths without the right "
		    "files or device");
	return 0;
}

static int
check_key(const char *name, struct token_conf *tc, size_t i, struct err *e)
{
	struct token_key	*all = tc->keys.items, *k = &all[i];
	struct sm2_pub		*pub = NULL;
	struct err		 why = ERR_INIT;
	size_t			 j;

	if ((k->in = key_slot_of(k->slot)) == KEY_NONE)
		return refused(e, name, "slot", "no such key");
	if (k->in == KEY_WRAPPING)
		return refused(e, name, "slot", "wrapping is derived from, "
		    "never signs, and stays in its file");
	if (!text_is_name(k->label))
		return refused(e, name, "label", "not a name");
	for (j = 0; j < i; j++)
		if (strcmp(all[j].label, k->label) == 0 || (!all[j].made &&
		    all[j].in == k->in && k->point[0] == '\0'))
			return refused(e, name, "keys", "a label, or a slot "
			    "without a point, stands twice");
	if ((k->made = k->point[0] != '\0') == false)
		return 0;
	if (!hex_decode(k->point, strlen(k->point), k->at, SM2_POINT_LEN) ||
	    sm2_pub_new(k->at, &pub, &why) != 0)
		return refused(e, name, "point", "not a point of SM2 in hex");
	sm2_pub_free(pub);
	return 0;
}

static int
check(const char *name, struct token_conf *tc, struct err *e)
{
	size_t	i;
	int	rc;

	if (tc->module[0] != '/' || !text_is_name(tc->module))
		return refused(e, name, "module", "not an absolute path");
	if (tc->pin_file[0] != '\0' && (tc->pin_file[0] != '/' ||
	    !text_is_name(tc->pin_file)))
		return refused(e, name, "pin_file", "not an absolute path");
	if (!text_is_name(tc->token) || (tc->serial[0] != '\0' &&
	    !text_is_name(tc->serial)))
		return refused(e, name, "token", "not a name");
	if ((rc = check_numbers(name, tc, e)) != 0 ||
	    (rc = check_rights(name, tc, e)) != 0)
		return rc;
	for (i = 0; i < tc->keys.n; i++)
		if ((rc = check_key(name, tc, i, e)) != 0)
			return rc;
	return 0;
}

int
token_conf_parse(const char *name, struct octets text,
    struct token_conf **out, struct err *e)
{
	struct token_conf	*tc = xcalloc(1, sizeof(*tc));
	int			 rc;

	*out = NULL;
	if ((rc = conf_parse(name, (const char *)text.p, text.len,
	    token_conf_keys, tc, e)) != 0 || (rc = check(name, tc, e)) != 0)
		goto out;
	*out = tc;
	tc = NULL;
	rc = 0;
out:
	token_conf_free(tc);
	return rc;
}

/* What others can write would run where the keys are. */
static int
ours_alone(const char *path, struct err *e)
{
	struct stat	sb;

	if (stat(path, &sb) != 0)
		return err_set_id(e, ERR_INVAL, "token-config", "%s: %s",
		    path, strerror(errno));
	if (!S_ISREG(sb.st_mode) || (sb.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set_id(e, ERR_INVAL, "token-config", "%s is no "
		    "file, or others may write it (mode %04o)", path,
		    (unsigned)(sb.st_mode & 07777));
	return 0;
}

int
token_conf_load(const char *path, struct token_conf **tc, struct err *e)
{
	struct err	 gone = ERR_INIT;
	uint8_t		*text = NULL;
	size_t		 n;
	int		 rc;

	*tc = NULL;
	if ((rc = file_read(path, LIMIT_CONF_FILE, &text, &n, &gone)) != 0) {
		if (rc != ERR_NOTFOUND)
			(void)err_set(e, (enum err_code)rc, "%s", gone.text);
		return rc;
	}
	if ((rc = ours_alone(path, e)) == 0 &&
	    (rc = token_conf_parse(path, OCTETS(text, n), tc, e)) == 0 &&
	    (rc = ours_alone((*tc)->module, e)) != 0) {
		token_conf_free(*tc);
		*tc = NULL;
	}
	free(text);
	return rc;
}

void
token_conf_free(struct token_conf *tc)
{
	if (tc == NULL)
		return;
	conf_fini(token_conf_keys, tc);
	free(tc);
}

/* YAML, quoted: a text may hold anything that is no quote. */
static void
put(struct buf *b, const char *before, const char *value)
{
	const char	*s;

	buf_printf(b, "%s \"", before);
	for (s = value; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_put_u8(b, '\\');
		buf_put_u8(b, (uint8_t)*s);
	}
	buf_puts(b, "\"\n");
}

static void
put_list(struct buf *b, const char *key, const struct conf_list *l)
{
	char	*const *p = l->items;
	size_t	 i;

	if (l->n == 0)
		return;
	buf_printf(b, "%s:\n", key);
	for (i = 0; i < l->n; i++)
		put(b, "  -", p[i]);
}

void
token_conf_format(const struct token_conf *tc, struct buf *out)
{
	const struct token_key	*k = tc->keys.items;
	size_t			 i;

	buf_puts(out, "# The PKCS#11 token of this folder: docs/keys.md\n");
	put(out, "module:", tc->module);
	put(out, "token:", tc->token);
	put(out, "serial:", tc->serial);
	put(out, "pin_file:", tc->pin_file);
	buf_printf(out, "timeout_ms: %" PRId64 "\n", tc->timeout_ms);
	put(out, "sign_mechanism:", tc->sign_mechanism);
	put(out, "make_mechanism:", tc->make_mechanism);
	put(out, "key_type:", tc->key_type);
	put(out, "curve:", tc->curve);
	put(out, "signature:", tc->signature);
	put_list(out, "rights", &tc->rights);
	put_list(out, "read", &tc->read);
	put_list(out, "write", &tc->write);
	buf_puts(out, "keys:\n");
	for (i = 0; i < tc->keys.n; i++) {
		put(out, "  - slot:", k[i].slot);
		put(out, "    label:", k[i].label);
		put(out, "    point:", k[i].point);
	}
}

int
token_conf_add(struct token_conf *tc, enum key_slot slot, const char *label,
    struct err *e)
{
	struct token_key	*k = tc->keys.items;
	size_t			 i;

	for (i = 0; i < tc->keys.n && strcmp(k[i].label, label) != 0; i++)
		;
	if (i < tc->keys.n || strlen(label) > 64 || !text_is_name(label))
		return err_set_id(e, ERR_CONFLICT, "token-config", "%s: the "
		    "label \"%s\" is there, or too long", TOKEN_CONF_FILE,
		    label);
	k = xreallocarray(k, tc->keys.n + 1, sizeof(*k));
	memset(&k[tc->keys.n], 0, sizeof(*k));
	k[tc->keys.n].slot = xstrdup(key_slot_name(slot));
	k[tc->keys.n].label = xstrdup(label);
	k[tc->keys.n].point = xstrdup("");
	k[tc->keys.n].in = slot;
	tc->keys.items = k;
	tc->keys.n++;
	return 0;
}

void
token_key_made(struct token_key *k, const uint8_t point[SM2_POINT_LEN])
{
	char	hex[HEX_SIZE(SM2_POINT_LEN)];

	hex_encode(point, SM2_POINT_LEN, hex);
	free(k->point);
	k->point = xstrdup(hex);
	memcpy(k->at, point, SM2_POINT_LEN);
	k->made = true;
}
