#ifndef REGISTRY_ISSUE_H
#define REGISTRY_ISSUE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "ca/cert.h"

/*
 * Certificates for the node's people and servers, by the province's authority
 * in the same folder: an officer who shows one at the door, a server on SM2.
 * Whoever asks brings a request (PKCS#10), which proves that the key is theirs.
 * DIR/ca/PROFILE-SERIAL.crt is what makes it known: a node that is told takes
 * it up and answers for it, and "sealreg ca revoke" knows it.
 */

#define LIMIT_ISSUED	3840	/* of LIMIT_CA_FILES; the node's own need some */

/* Everything is borrowed. */
struct issue_spec {
	const char	*dir;
	enum cert_profile profile;	/* CERT_OFFICER, CERT_TLS */
	struct octets	 request;	/* DER or PEM; a stranger's */
	const char	*name;		/* common name; NULL: the request's */
	const char	*dns;		/* of a server, which is its name too */
	int64_t		 days;		/* its life; 0: as the profile says */
	int64_t		 now;
};

/* How it came out.  Plain value. */
struct issued {
	char	file[128];		/* in DIR */
	char	subject[512];
	char	serial[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	int64_t	not_after;
	bool	repeated;		/* there was one like it for this key */
};

/*
 * Issue it, and append it and its authority's to pem.  Where this key has one
 * of this profile and name that is good for 30 days more, that is given again:
 * the same command twice makes one certificate.
 *
 * ERR_FORMAT "bad-csr", "bad-pem"; ERR_VERIFY "csr-signature"; ERR_INVAL
 * "bad-subject", "bad-dns-name", or a life beyond the authority's;
 * ERR_NOTFOUND "no-key": the authority's is not here; ERR_TOOBIG "ca-folder";
 * ERR_BUSY: another command is at it.
 */
int	 issue_leaf(const struct issue_spec *spec, struct issued *r,
	    struct buf *pem, struct err *e) MUST_CHECK;

#endif /* REGISTRY_ISSUE_H */
