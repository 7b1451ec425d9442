#ifndef REGISTRY_OFFICE_CA_H
#define REGISTRY_OFFICE_CA_H

#include "registry/office/office.h"

/*
 * Certificates and revocation lists that the node hands out: kept in the
 * database, so that http serves them from there (ca_object).
 */

#define LIMIT_CA_OBJECT	(1u << 20)

/* Names in ca_object, which are names in DIR/ca too. */
#define CA_ROOT_CRT	"root.crt"
#define CA_PROVINCE_CRT	"province.crt"
#define CA_MAKER_CRT	"maker.crt"
#define CA_TSA_CRT	"tsa.crt"
/* After a rollover: the authority before, and each certified by the other. */
#define CA_PROVINCE_OLD_CRT	"province-old.crt"
#define CA_NEW_WITH_OLD_CRT	"province-new-with-old.crt"
#define CA_OLD_WITH_NEW_CRT	"province-old-with-new.crt"
#define CA_ROOT_CRL	"root.crl"
/* While the national root's key is followed by another: the former one, or
 * the next, and each certified by the other. */
#define CA_ROOT_OLD_CRT	"root-old.crt"
#define CA_ROOT_OLD_CRL	"root-old.crl"
#define CA_ROOT_NEXT_CRT	"root-next.crt"
#define CA_ROOT_NEXT_CRL	"root-next.crl"
#define CA_ROOT_NEW_WITH_OLD_CRT	"root-new-with-old.crt"
#define CA_ROOT_OLD_WITH_NEW_CRT	"root-old-with-new.crt"
#define CA_PROVINCE_CRL	"province.crl"

/*
 * Put what DIR/ca holds into the database: before the sandbox, in a
 * transaction.  What a node can do without is passed over where it is not, and
 * root-next.* is forgotten then; province.crl is taken only where the database
 * has none.
 */
int	 office_ca_load(struct office *of, struct err *e) MUST_CHECK;

/* Is there an object of this name? */
int	 office_ca_has(struct office *of, const char *name, bool *has,
	    struct err *e) MUST_CHECK;

/*
 * The issuers of a signer certificate of ours, DER one by one, root last; the
 * authority is the one that has issued it.
 */
int	 office_ca_chain(struct office *of, struct octets signer,
	    struct buf *out, struct err *e) MUST_CHECK;

/*
 * Does the disk take what an ordinary batch needs?  Writes 256 KiB and takes
 * them away again, in transactions of their own; the pages stay with the
 * database for what comes.  Errors of store_commit().
 */
int	 office_ca_probe(struct office *of, struct err *e) MUST_CHECK;

/*
 * Certificates that one part of the revocation list tells of: at most 51
 * octets each, so that a part stays under LIMIT_CA_OBJECT.
 */
#define CRL_PART	20000
#define CRL_NAME_SIZE	32
/* The name of a part in ca_object: province.crl, province-1.crl, ... */
void	 office_crl_name(unsigned shard, char out[CRL_NAME_SIZE]);

/*
 * Must province.crl be issued again?  There is none, or it is older than half
 * of crl_days, or the status of a certificate has changed since.  *shard
 * tells which part of it, the first from part from on; the next call tells of
 * the next.
 */
int	 office_crl_due(struct office *of, unsigned from, bool *due,
	    unsigned *shard, struct err *e) MUST_CHECK;

/* How often the status of a certificate has changed; -1: event_settle() has
 * not yet counted. */
int	 office_crl_change(struct office *of, int64_t *n,
	    struct err *e) MUST_CHECK;

/*
 * A request for the next one, and the count of changes it is made for.  Owns
 * its list; freed with crl_ask_free().
 */
struct IssueCrl;
int	 office_crl_ask(struct office *of, unsigned shard,
	    struct IssueCrl **m, int64_t *change, struct err *e) MUST_CHECK;
void	 crl_ask_free(struct IssueCrl *m);

/*
 * Store it, in a transaction.  ERR_VERIFY "wrong-answer": it has not the
 * number asked for, or lists another count of certificates; "serial-vanished":
 * a certificate that was on the list before is not, and its hold was not lifted.
 */
int	 office_crl_put(struct office *of, const struct IssueCrl *asked,
	    int64_t change, struct octets der, struct err *e) MUST_CHECK;

/*
 * After a restore, in a transaction: lists may have been issued that the copy
 * does not know, so the next one is due at once and n numbers further on.
 */
int	 office_crl_skip(struct office *of, int64_t n,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_CA_H */
