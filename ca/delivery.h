#ifndef CA_DELIVERY_H
#define CA_DELIVERY_H

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"
#include "ca/chain.h"

/*
 * What a licensed body sends back: certificates that it has issued on our
 * requests, perhaps with those of its authorities and with revocation lists.
 * Read in the jail (MSG_READ_DELIVERY); whether a certificate is what was
 * asked for is judged by whoever asked (registry/office/office_delivery.h).
 */

#define LIMIT_DELIVERY		(512u << 10)	/* octets of one */
#define LIMIT_DELIVERED		256	/* certificates in one */
#define LIMIT_DELIVERY_CRLS	8

/* Apart, each DER as it came.  End with delivery_fini(). */
struct delivery {
	struct buf	certs[LIMIT_DELIVERED];	size_t ncerts;
	struct buf	crls[LIMIT_DELIVERY_CRLS];	size_t ncrls;
};

/*
 * Take one DER object or any number of PEM blocks apart; words between the
 * blocks do not matter.  A certificate that cannot be read is one of certs all
 * the same.  ERR_FORMAT "bad-delivery": it is neither, octets stand behind it,
 * a block is not base64 or of another kind, a list cannot be read, or there
 * is no certificate; ERR_TOOBIG.
 */
int	 delivery_split(struct octets in, struct delivery *d,
	    struct err *e) MUST_CHECK;
void	 delivery_fini(struct delivery *d);

/*
 * How a certificate that signs leaves the profile "foreign" of
 * schema/profiles.tsv, by the names of a closed list (docs/ca.md); in what it
 * means the chain's check is strict.  Literals.
 */
#define LIMIT_FOREIGN_DEVIATIONS	24
struct foreign_lint {
	const char	*name[LIMIT_FOREIGN_DEVIATIONS];
	size_t		 n;
};
void	 foreign_lint(const struct cert *c, struct foreign_lint *l);
/* The n-th name of the closed list, NULL behind the last. */
const char *foreign_deviation(size_t n);

#endif /* CA_DELIVERY_H */
