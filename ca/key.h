#ifndef CA_KEY_H
#define CA_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/calls.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * Private keys: made, kept encrypted at rest, used.  Only the key process
 * (ca/proc_key.c) and the commands that found a province or the national root
 * (init, national) or try its backup (restore) call this; the linker and the sandbox keep the others out.
 *
 * At rest: PKCS#8, PBES2 with scrypt, in DIR/keys/NAME.pem, mode 0600; the
 * pass phrase is a systemd credential ($CREDENTIALS_DIRECTORY/passphrase) or
 * DIR/keys/passphrase, mode 0600, refused if others may read it.  Or in a
 * PKCS#11 token: signing is the same, and the caller never sees where.
 */

#define LIMIT_KEY_FILES	16	/* keys of one slot, one a file */
#define LIMIT_WRAPPED_KEY	512	/* octets of a signer's wrapped key */
#define LIMIT_KEYS_AHEAD	8	/* made at a time: a checkpoint waits for them */

struct evp_pkey_st;
struct cert;			/* ca/cert.h */

enum key_slot {
	KEY_NONE = 0,
	KEY_CHECKPOINT,		/* signs checkpoints: "checkpoint" */
	KEY_AUTHORITY,		/* provincial CA: "province" */
	KEY_MAKER,		/* seal maker: "maker" */
	KEY_NATIONAL,		/* trust lists: "national"; never in a node */
	KEY_ROOT,		/* national root CA: "root"; never in a node */
	KEY_WRAPPING,		/* "wrapping": never signs; what wraps signers'
				 * keys is derived from it */
	KEY_TSA,		/* signs time-stamps: "tsa"; a folder of an
				 * earlier version has none */
	KEY_AUTHORITY_OLD,	/* "province-old": the provincial CA's key of
				 * before its last rollover, in a file of
				 * "province" */
	KEY_ROOT_OLD,		/* "root-old": the same of the national root,
				 * in a file of "root" */
	KEY_SLOTS
};

/* Keys of one data folder, unlocked.  Opaque; keyring_free() wipes. */
struct keyring;

const char *key_slot_name(enum key_slot slot);
/* The slot whose files and rows a slot has: of what was before, the one of
 * now; else itself. */
enum key_slot key_slot_of_files(enum key_slot slot);

/* Make DIR/keys with a random pass phrase (mode 0600), no key yet. */
int	 keyring_create(const char *dir, struct keyring **kr,
	    struct err *e) MUST_CHECK;
/* The same under a pass phrase that is kept elsewhere (borrowed). */
int	 keyring_create_with(const char *dir, struct octets pass,
	    struct keyring **kr, struct err *e) MUST_CHECK;
/*
 * The pass phrase of folders that keep none themselves, for the rest of this
 * process (copied; nothing forgets and wipes it): what the custodians of a
 * ceremony have brought together.
 */
void	 keyring_give_pass(struct octets pass);
/* Nothing of this process on disk: no core file, no debugger, no swap.  For
 * who holds keys: the key process, and commands that make them. */
void	 key_protect_memory(void);
/*
 * Unlock what is there, and read the certificates that stand in DIR/ca
 * (keyring_certificate()).  Where a slot has several keys (SLOT.pem,
 * SLOT-2.pem, ...), its certificate says which.  ERR_DENIED "passphrase": missing, wrong or
 * readable by others; ERR_FORMAT "bad-key": a key file is not one.
 */
int	 keyring_open(const char *dir, struct keyring **kr,
	    struct err *e) MUST_CHECK;
/* The same, and try the token's PIN once although it was refused before. */
int	 keyring_login(const char *dir, struct keyring **kr,
	    struct err *e) MUST_CHECK;
void	 keyring_free(struct keyring *kr);
/* Make a key in an empty slot and store it. */
int	 keyring_make(struct keyring *kr, enum key_slot slot,
	    struct err *e) MUST_CHECK;
/*
 * Put the key that follows into a slot that has one: a file with a higher
 * number that is there already (*there; an earlier try has left it), or else,
 * unless only_there, a fresh one, in a file of its own.  The key before stays
 * in its file, and in use until there is a certificate for the new one.
 * ERR_NOTFOUND "no-key"; ERR_TOOBIG "too-many-keys".
 */
int	 keyring_next(struct keyring *kr, enum key_slot slot,
	    bool only_there, bool *there, struct err *e) MUST_CHECK;
/*
 * Every key file of a slot of from into the folder of to, under its pass
 * phrase and the same number; the slot of to stays empty.  ERR_CONFLICT
 * "key-in-token": the key that is in use lies in a token, and cannot be copied.
 */
int	 keyring_copy(const struct keyring *from, enum key_slot slot,
	    const struct keyring *to, struct err *e) MUST_CHECK;
/*
 * Keys in a PKCS#11 token (ca/token_conf.h has its file).  A new keyring takes
 * the token that text (token.yaml, no key made yet) describes: the slots that it
 * names will be made there.  Errors: ca/token.h.
 */
int	 keyring_use_token(struct keyring *kr, struct octets text,
	    struct err *e) MUST_CHECK;
/* Destroy what this keyring has made in the token, as far as it goes. */
void	 keyring_undo(struct keyring *kr);
/*
 * Move a key from its file into the token, where token.yaml has a place for
 * it; the file goes when the token has signed with it.  ERR_NOTFOUND
 * "token-config", "no-key"; ca/token.h.
 */
int	 keyring_import(struct keyring *kr, enum key_slot slot,
	    struct err *e) MUST_CHECK;
bool	 keyring_in_token(const struct keyring *kr, enum key_slot slot);
/* 0, or why the token cannot be used. */
int	 keyring_token_state(const struct keyring *kr,
	    struct err *e) MUST_CHECK;
/* What is known of the token; false: there is none. */
struct token_facts;
bool	 keyring_token_tell(const struct keyring *kr, struct token_facts *f);
/* The token process has died: only a new keyring will have one. */
bool	 keyring_is_lost(const struct keyring *kr);

bool	 keyring_has(const struct keyring *kr, enum key_slot slot);
int	 keyring_point(const struct keyring *kr, enum key_slot slot,
	    uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
/* Borrowed; for X509_sign_ctx() in ca/ only. */
struct evp_pkey_st *keyring_pkey(const struct keyring *kr,
	    enum key_slot slot);

/*
 * The certificate of a slot, DER, tied to the keyring; empty if there is none.
 * keyring_open() reads DIR/ca/SLOT.crt; init sets what it has just issued
 * (copied).  ERR_CONFLICT "key-mismatch": it is for another key.
 */
struct octets keyring_certificate(const struct keyring *kr,
	    enum key_slot slot);
/* The same, parsed (OpenSSL takes as long for that as for a signature). */
const struct cert *keyring_cert(const struct keyring *kr,
	    enum key_slot slot);
int	 keyring_set_certificate(struct keyring *kr, enum key_slot slot,
	    struct octets der, struct err *e) MUST_CHECK;

/* SM2 with SM3 over msg, default ID; r ‖ s.  ERR_NOTFOUND: slot is empty. */
int	 key_sign(const struct keyring *kr, enum key_slot slot,
	    struct octets msg, uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

/*
 * A fresh key for a signer: its point, and the private key wrapped for this
 * keyring alone (kept in the office database, useless elsewhere; docs/keys.md
 * has the octets).  ERR_NOTFOUND: the keyring has no KEY_WRAPPING.
 */
int	 key_make_wrapped(const struct keyring *kr,
	    uint8_t point[SM2_POINT_LEN], struct buf *wrapped,
	    struct err *e) MUST_CHECK;
/*
 * Open a wrapped key: *pkey is freed by the caller with EVP_PKEY_free().
 * ERR_VERIFY "bad-wrapped-key": altered, or of another keyring.
 */
int	 key_unwrap(const struct keyring *kr, struct octets wrapped,
	    struct evp_pkey_st **pkey, struct err *e) MUST_CHECK;
/* Sign with a wrapped key, as key_sign(). */
int	 key_sign_wrapped(const struct keyring *kr, struct octets wrapped,
	    struct octets msg, uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

/*
 * What a keyring will say about a log, remembered while it lives: never a
 * smaller size than it said before, never another root for the same size,
 * never an earlier time, never another origin.  Ask before signing; what is
 * granted is remembered.  ERR_CONFLICT "checkpoint-conflict".
 */
int	 key_guard(const struct keyring *kr, const char *origin, uint64_t size,
	    const uint8_t root[SM3_LEN], int64_t time,
	    struct err *e) MUST_CHECK;
/*
 * A new recorder has come.  What the one before it was given last, and could
 * not commit, never left it, and will be said again otherwise: that one claim
 * is forgotten.  The claims before it are on disk, and hold.
 */
void	 key_guard_new_recorder(const struct keyring *kr);

/*
 * The moment for a time-stamp: the clock, but never before floor or a moment
 * that was given earlier in this keyring's life.  ERR_BUSY "clock-behind": the
 * clock is more than bound seconds behind them.
 */
int	 key_time(const struct keyring *kr, int64_t floor, unsigned bound,
	    int64_t *t, struct err *e) MUST_CHECK;

/*
 * What the key process will sign: a const table handed in by the program.
 * The handler builds the to-be-signed octets itself from a typed request.
 * rank 0 passes ahead of rank 1 (checkpoints ahead of seals).
 */
struct sign_type {
	uint16_t	request;	/* MSG_*; the table ends with 0 */
	uint16_t	reply;
	unsigned	rank;
	const char	*peer;		/* role that may ask: "recorder" */
	int	(*handle)(const struct keyring *kr, struct octets request,
		    struct buf *reply, struct err *e);
};

/* Sign types that ca/ itself has: certificates and CRLs of the authority. */
int	 sign_issue_signer(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;
/*
 * A key of a signer, wrapped, and the request for its certificate by a
 * licensed body, signed with that key (MSG_REQUEST_SIGNER).  ERR_INVAL
 * "bad-subject".
 */
int	 sign_request_signer(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;
/* Keys of signers, wrapped (MSG_MAKE_KEYS).  ERR_TOOBIG: none, or more than
 * LIMIT_KEYS_AHEAD. */
int	 sign_make_keys(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;
int	 sign_issue_crl(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;

/* The system calls that the key process keeps: CALLS_* of base/calls.h. */
#define KEY_CALLS	CALLS_PLAIN

/* The top function of the key process: child of the monitor. */
int	 proc_key(const char *dir, const struct sign_type *types,
	    struct err *e) MUST_CHECK;
/*
 * The same for a command, in a child that it forked: serves the one link fd
 * (taken over) to role, until its other end closes.  What keeps it from
 * serving is the answer to the first request.
 */
int	 proc_key_for(const char *dir, const struct sign_type *types,
	    const char *role, int fd, struct err *e) MUST_CHECK;

#endif /* CA_KEY_H */
