#ifndef REGISTRY_NATION_H
#define REGISTRY_NATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"

/*
 * The national root: a folder with its keys, kept off line.  It certifies the
 * seal authorities of provinces and signs the trust list.
 *
 *	DIR/keys/{passphrase,root.pem,national.pem}
 *	DIR/ca/{root.crt,root.crl}	DER
 *	DIR/national.vkey		signs trust lists
 *	DIR/issued/SERIAL.crt		every certificate that it issued
 *	DIR/trust, DIR/trust.version	the last list
 */

#define NATION_NAME	"sealreg.example/national"

/* What to found.  Everything is borrowed. */
struct nation_spec {
	const char	*name;		/* signs the trust list */
	const char	*organisation;	/* in the root; NULL: name */
	const char	*common_name;	/* NULL: "National Seal Root" */
	int64_t		 days;		/* life of the root; 0: 20 years */
	int64_t		 now;
	struct octets	 token;		/* text of token.yaml; or empty */
	/* The pass phrase, kept elsewhere; empty: a random one in DIR/keys. */
	struct octets	 pass;
	/* What else belongs to it, before it is whole; or NULL. */
	int		(*last)(void *arg, const struct keyring *kr,
			    const char *tmp, struct err *e);
	void		*arg;
};

/*
 * Make it.  ERR_CONFLICT "already-initialised", "not-empty".  Of last: what it
 * says; nothing is left then.
 */
int	 nation_found(const char *dir, const struct nation_spec *spec,
	    struct err *e) MUST_CHECK;

/*
 * Certify a province's request (PEM or DER) and append the bundle
 * (registry/found/bundle.h) to out.  url (or NULL) is the province's node, where the
 * root's certificate and CRL are served.
 */
int	 nation_certify(const char *dir, struct octets request,
	    const char *url, int64_t now, struct buf *out,
	    struct err *e) MUST_CHECK;

/* What a trust list is to say.  Everything is borrowed. */
struct nation_list {
	const char	*const *nodes;	/* data folders or descriptors */
	size_t		 nnodes;
	/* "NN=FILE": authorities of a licensed body that certifies seals of
	 * province NN, PEM */
	const char	*const *licensed;
	size_t		 nlicensed;
	int64_t		 max_age;	/* seconds */
	int64_t		 days;		/* until it expires */
	int64_t		 complete_since; /* electronic seals; 0: since each
					 * log was founded; -1: not said */
};

/*
 * Sign the next list and append the note to out.  The version grows before
 * the list is told, so that no two lists have one version.  ERR_VERIFY: a
 * province's certificate is not by this root.  ERR_FORMAT "bad-trust-list":
 * two owners of one prefix, ...  ERR_INVAL "bad-licensed": not NN=FILE, or no
 * such province; "bad-external-ca".
 */
int	 nation_trust(const char *dir, const struct nation_list *list,
	    int64_t now, struct buf *out, uint64_t *version,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_NATION_H */
