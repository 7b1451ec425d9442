#ifndef SYNC_TRUST_H
#define SYNC_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/note.h"

/*
 * The trust list (design section 6): a signed note whose body is the line
 * "sealreg-trust/v1" and YAML.  Identity is the origin, never the key.
 */

struct trust_key {
	struct vkey	*vkey;
	uint64_t	 from;		/* good for from <= size < until */
	uint64_t	 until;		/* 0 in the list: no end (UINT64_MAX) */
};

struct trust_province {
	char		 *province;	/* "44" */
	char		 *origin;
	char		**urls;		size_t nurls;
	char		**prefixes;	size_t nprefixes;
	int64_t		  complete_electronic;	/* 0: not complete */
	int64_t		  complete_physical;
	struct trust_key *keys;		size_t nkeys;
	struct octets	 *ca;		size_t nca;	/* DER, owned */
};

/* A list.  Everything is tied to it; caller frees with trust_free(). */
struct trust {
	uint64_t	 version;
	int64_t		 issued, expires;
	int64_t		 max_age;	/* seconds */
	struct trust_province *provinces; size_t nprovinces;
	char		*text;		/* the whole note */
	size_t		 textlen;
	char		*national_vkey;	/* by whose signature it was accepted */
};

/*
 * Read a list.  national NULL: the list is an anchor because it was given (the
 * command line); its first signature line is not checked against anything.
 * ERR_FORMAT "bad-trust-list", ERR_VERIFY "bad-signature" / "unknown-key";
 * two owners of one prefix are refused.
 */
int	 trust_parse(struct octets note, const struct vkey *national,
	    struct trust **t, struct err *e) MUST_CHECK;
void	 trust_free(struct trust *t);

/* Write the body of a list (no signature) for the national root to sign. */
void	 trust_format(const struct trust *t, struct buf *out);

/* The owner of a code by longest prefix, or NULL. */
const struct trust_province *trust_owner(const struct trust *t,
	    const char *code);
const struct trust_province *trust_by_province(const struct trust *t,
	    const char *province);
const struct trust_province *trust_by_origin(const struct trust *t,
	    const char *origin);

/*
 * Open a checkpoint by any key of the province that is good for its size.
 * Errors as checkpoint_open().
 */
int	 trust_open_checkpoint(const struct trust_province *p,
	    struct octets note, struct checkpoint *cp, int64_t *time,
	    struct err *e) MUST_CHECK;

#endif /* SYNC_TRUST_H */
