#ifndef CA_TOKEN_CONF_H
#define CA_TOKEN_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/sm.h"
#include "ca/key.h"

/*
 * DIR/keys/token.yaml: which PKCS#11 module, which token, and which of the
 * slots lie in it.  A key that stands here with a point is in the token; one
 * without is still to be made there.  A slot may have several: its certificate
 * says which is in use.
 *
 * SM2 has no mechanism in PKCS#11: the numbers are the vendor's and stand here.
 */

#define TOKEN_CONF_FILE	"token.yaml"	/* in DIR/keys */
#define LIMIT_TOKEN_KEYS	32
#define LIMIT_TOKEN_PATHS	16	/* that a module may reach */
#define LIMIT_TOKEN_PARAMS	64	/* octets of CKA_EC_PARAMS */

/* One key.  Texts are never NULL. */
struct token_key {
	char		*slot;		/* "province" */
	char		*label;		/* CKA_LABEL in the token */
	char		*point;		/* hex, or "" */
	/* From the texts: */
	enum key_slot	 in;
	bool		 made;
	uint8_t		 at[SM2_POINT_LEN];	/* where made */
};

struct token_conf {
	char		*module;	/* absolute path */
	char		*token;		/* CK_TOKEN_INFO.label */
	char		*serial;	/* "": any */
	char		*pin_file;	/* "": DIR/keys/token-pin */
	int64_t		 timeout_ms;
	char		*sign_mechanism, *make_mechanism, *key_type;
	char		*curve;		/* hex of CKA_EC_PARAMS */
	char		*signature;	/* "raw" or "der" */
	struct conf_list rights;	/* char *: "files", "network", ... */
	struct conf_list read, write;	/* char *: paths */
	struct conf_list keys;		/* struct token_key */
	/* From the texts: */
	unsigned long	 sign, make, type;	/* 0: none */
	uint8_t		 params[LIMIT_TOKEN_PARAMS];
	size_t		 paramslen;
	unsigned	 calls;		/* CALLS_* that rights ask for */
};

extern const struct conf_key token_conf_keys[];

/*
 * Read and check.  ERR_INVAL "config-..." of base/conf.h, or "token-config":
 * a value is refused.  token_conf_load() also: others may write the file or
 * the module (what they write would run with the keys); ERR_NOTFOUND: there is
 * no such file.  Caller frees with token_conf_free().
 */
int	 token_conf_parse(const char *name, struct octets text,
	    struct token_conf **tc, struct err *e) MUST_CHECK;
int	 token_conf_load(const char *path, struct token_conf **tc,
	    struct err *e) MUST_CHECK;
void	 token_conf_free(struct token_conf *tc);
/* The text of it, which parses back. */
void	 token_conf_format(const struct token_conf *tc, struct buf *out);

/*
 * One more row, of a key to be made; rows may move.  ERR_CONFLICT
 * "token-config": the label is there already, or is no name.
 */
int	 token_conf_add(struct token_conf *tc, enum key_slot slot,
	    const char *label, struct err *e) MUST_CHECK;
/* The slot of this name, KEY_NONE if there is none. */
enum key_slot key_slot_of(const char *name);
/* Its key is now in the token. */
void	 token_key_made(struct token_key *k,
	    const uint8_t point[SM2_POINT_LEN]);

#endif /* CA_TOKEN_CONF_H */
