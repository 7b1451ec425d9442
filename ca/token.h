#ifndef CA_TOKEN_H
#define CA_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/sm.h"
#include "ca/token_conf.h"
#include "ca/token_live.h"

/*
 * Keys in a PKCS#11 token, as the keyring asks for them.  The vendor's module
 * runs in a child of its own, the token process (ca/proc_token.c): it never
 * shares memory with the keys that lie in files, a module that hangs is waited
 * for at most timeout_ms, and what its configuration opens (network, devices)
 * is open to that child alone.
 *
 * Errors beside those of ca/p11.h: "token-slow" (ERR_BUSY) no answer in time,
 * or still none to what was asked before; "token-ended" (ERR_BUSY) the token
 * process has died.
 */

struct token;			/* opaque */

/*
 * Start the token process of DIR/keys/token.yaml; *t is NULL where there is no
 * such file.  Before anything secret is in memory, and before rights are given
 * away.  login: try the PIN although it was refused before.  A token that is
 * not there, or refuses the PIN, is no failure: token_state() tells.  Errors:
 * token_conf_load(); "token-module".
 */
int	 token_open(const char *dir, bool login, struct token **t,
	    struct err *e) MUST_CHECK;
void	 token_close(struct token *t);
/* Owned by t; may be changed, and written with token_keep(). */
struct token_conf *token_conf_of(struct token *t);
/* Write the configuration back. */
int	 token_keep(const struct token *t, struct err *e) MUST_CHECK;

/* 0, or why the token could not be used when the process started. */
int	 token_state(const struct token *t, struct err *e) MUST_CHECK;
/* The token process has died: nothing will come any more. */
bool	 token_is_ended(const struct token *t);

/* What is known of it, from what it was asked. */
void	 token_tell(const struct token *t, struct token_facts *f);
/* Its last answer was no good, after all. */
void	 token_blame(struct token *t, const char *id);

/* As p11_sign() and its neighbours, of one key of the configuration. */
int	 token_sign(struct token *t, const struct token_key *k,
	    const uint8_t e32[SM3_LEN], uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;
int	 token_find(struct token *t, const struct token_key *k,
	    uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
int	 token_make(struct token *t, const struct token_key *k,
	    uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
int	 token_import(struct token *t, const struct token_key *k,
	    const uint8_t point[SM2_POINT_LEN], const uint8_t scalar[32],
	    struct err *e) MUST_CHECK;
int	 token_destroy(struct token *t, const struct token_key *k,
	    struct err *e) MUST_CHECK;

/* ---- between the two processes; SOCK_SEQPACKET, one struct a message */

enum token_op {
	TOKEN_HELLO = 1,		/* the child's first word */
	TOKEN_SIGN,
	TOKEN_FIND,
	TOKEN_MAKE,
	TOKEN_IMPORT,
	TOKEN_DESTROY
};

struct token_ask {
	uint32_t	seq;
	uint32_t	op;
	char		label[65];
	uint8_t		digest[SM3_LEN];	/* or a private number */
	uint8_t		point[SM2_POINT_LEN];
};

struct token_answer {
	uint32_t	seq;		/* of the question; 0: hello */
	int32_t		code;
	char		id[ERR_ID_MAX];
	char		text[256];
	uint8_t		data[SM2_POINT_LEN];	/* signature or point */
};

/*
 * The token process, in the child that parent has forked: serve fd until its
 * other end closes, then end.  Nothing else of the parent's stays open.  keys
 * is the folder DIR/keys.
 */
_Noreturn void	 proc_token(const struct token_conf *tc, const char *keys,
	    bool login, int fd, pid_t parent);

#endif /* CA_TOKEN_H */
