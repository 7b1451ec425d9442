#ifndef CA_KEYRING_H
#define CA_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sm.h"
#include "ca/key.h"

/* What a keyring is made of; for key.c and key_token.c only. */

struct evp_pkey_st;
struct key_signer;
struct sm2_pub;
struct token;

/* One key. */
struct slot {
	struct evp_pkey_st	*pkey;		/* NULL: empty, or in the token */
	struct key_signer	*signer;
	struct sm2_pub	*pub;		/* not NULL: in the token */
	size_t		 row;		/* there: which of token.yaml */
	uint8_t		 point[SM2_POINT_LEN];
	struct cert	*cert;		/* or NULL */
	unsigned	 file;		/* number of the file that it lies in */
};

/* What was said of a log. */
struct claim {
	uint64_t  size;
	uint8_t	  root[SM3_LEN];
	int64_t	  time;
};

/*
 * The last claim, and the one before it, which is on disk: a recorder asks
 * again only when it has committed what it was given.
 */
struct guard {
	char		*origin;	/* NULL: nothing yet */
	struct claim	 last, sure;
	int64_t		 stamped_at;	/* the last moment given */
};

struct keyring {
	char		*dir;
	struct token	*token;		/* or NULL */
	char		*pass;
	size_t		 passlen;
	struct slot	 slot[KEY_SLOTS];
	struct guard	*guard;
	uint32_t	 made;		/* 1 << row: in the token, by us */
};

/* Free what is in it; certificate and all. */
void	 slot_empty(struct slot *s);
/* The files of a slot: SLOT.pem is number 1, then SLOT-2.pem and so on. */
char	*file_of(const struct keyring *kr, enum key_slot slot, unsigned n);
/* The highest number that there is, 0 for none. */
unsigned file_last(const struct keyring *kr, enum key_slot slot);
/* DIR/keys/NAME.pem; the caller frees. */
char	*key_path(const char *dir, const char *name, const char *end);

/* ---- keys in the token (key_token.c) */

/* Whether the token has a key of this slot, and of this point unless NULL. */
bool	 key_token_has(const struct keyring *kr, enum key_slot slot,
	    const uint8_t *point);
/*
 * Put it into the slot.  Without a point the first one: ERR_CONFLICT
 * "key-twice" where the slot has a file as well, and no certificate that
 * says which; ERR_NOTFOUND "no-key" where the token lacks it.
 */
int	 key_token_take(struct keyring *kr, enum key_slot slot,
	    const uint8_t *point, struct err *e) MUST_CHECK;
/* Whether a key of this slot is still to be made in the token. */
bool	 key_token_wants(const struct keyring *kr, enum key_slot slot);
int	 key_token_make(struct keyring *kr, enum key_slot slot,
	    struct err *e) MUST_CHECK;
/* keyring_next() of a slot that has a place in the token. */
int	 key_token_next(struct keyring *kr, enum key_slot slot,
	    bool only_there, bool *there, struct err *e) MUST_CHECK;
/* key_sign() of a slot that lies in the token. */
int	 key_token_sign(const struct keyring *kr, enum key_slot slot,
	    struct octets msg, uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

#endif /* CA_KEYRING_H */
