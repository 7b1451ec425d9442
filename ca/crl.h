#ifndef CA_CRL_H
#define CA_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"
#include "ca/key.h"

/*
 * Certificate revocation lists (RFC 5280, section 5), SM2 with SM3 only: a
 * list of revoked serials into signed DER and back.  Which certificates are
 * revoked, and where the octets are kept, is not decided here.
 */

#define LIMIT_CRL	(16u << 20)	/* octets */
#define CRL_NO_REASON	0		/* unspecified: not written */
#define CRL_HOLD	6		/* certificateHold: may be lifted */

/* One revoked certificate.  Plain value: copy it freely. */
struct crl_entry {
	uint8_t		serial[CERT_SERIAL_MAX + 1];	/* big-endian */
	size_t		seriallen;
	int64_t		revoked_at;
	unsigned	reason;		/* RFC 5280, 5.3.1 */
};

/* What a CRL is to say.  Everything it points to is borrowed. */
struct crl_spec {
	const struct crl_entry	*entries;
	size_t			 nentries;
	uint64_t		 number;	/* strictly increasing */
	int64_t			 this_update;
	int64_t			 next_update;	/* later than this_update */
	/* Of one part of the whole: its address, which its certificates name
	 * (issuingDistributionPoint; RFC 5280, 5.2.5); NULL: it is the whole. */
	const char		*url;
};

/*
 * Build the CRL described by spec in the name of issuer, sign it with the key
 * in slot and append the DER to out.  ERR_INVAL: spec is inconsistent.
 */
int	 crl_issue(const struct crl_spec *spec, const struct cert *issuer,
	    const struct keyring *kr, enum key_slot slot, struct buf *out,
	    struct err *e) MUST_CHECK;

/*
 * The address of part shard of a list: that of the whole for 0, else with "-N"
 * before its ".crl".  ERR_INVAL: whole does not end so, or it grows too long.
 */
int	 crl_part_url(const char *whole, unsigned shard,
	    char out[CERT_URL_MAX], struct err *e) MUST_CHECK;

/* Which part has this address?  0: the whole, or whatever else it may be. */
unsigned crl_part_of(const char *url);
/* The same of the list that a certificate names; also 0 where it names none, or
 * is none. */
unsigned crl_part_of_cert(struct octets der);

struct crl;				/* opaque; a parsed CRL */

/* Whole input, strict.  Caller frees with crl_free(). ERR_FORMAT "bad-crl". */
int	 crl_parse(struct octets der, struct crl **crl,
	    struct err *e) MUST_CHECK;
void	 crl_free(struct crl *crl);
/* Remember so many of those parsed lately, by their octets; none unless it is
 * said.  What holds under a key is not verified under it again. */
void	 crl_remember(size_t count);
struct octets crl_der(const struct crl *crl);		/* tied to crl */
int64_t	 crl_this_update(const struct crl *crl);
int64_t	 crl_next_update(const struct crl *crl);	/* 0: not said */
uint64_t crl_number(const struct crl *crl);		/* 0: not said */
size_t	 crl_count(const struct crl *crl);
/* Is issuer the one who speaks here, by name? */
bool	 crl_is_by(const struct crl *crl, const struct cert *issuer);
/* Does it say that another key than issuer's has signed it (RFC 5280, 5.2.1)?
 * After a rollover an authority's name has two. */
bool	 crl_is_by_other_key(const struct crl *crl,
	    const struct cert *issuer);
/* The address of the part that it is; "": the whole.  Tied to crl. */
const char *crl_url(const struct crl *crl);
/* Does it tell of c: is it the whole, or the part that c names? */
bool	 crl_covers(const struct crl *crl, const struct cert *c);
/* Its serials in order, and nothing else of its entries (crl_find() tells):
 * crl_count() of them, caller frees with free(). */
struct crl_entry *crl_entries(const struct crl *crl);
/* For bsearch() and merging: numbers without zeros in front. */
int	 crl_entry_cmp(const struct crl_entry *a, const struct crl_entry *b);
/* In their order, and such numbers. */
void	 crl_entries_sort(struct crl_entry *all, size_t n);
/* ERR_VERIFY "crl-signature": not by issuer's key, or issuer may not. */
int	 crl_verify(const struct crl *crl, const struct cert *issuer,
	    struct err *e) MUST_CHECK;
/* Is this serial on it?  *entry (may be NULL) is filled when it is. */
bool	 crl_find(const struct crl *crl, const uint8_t *serial, size_t len,
	    struct crl_entry *entry);
/* In words. */
void	 crl_print(const struct crl *crl, struct buf *out);

#endif /* CA_CRL_H */
