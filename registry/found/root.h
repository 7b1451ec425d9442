#ifndef REGISTRY_ROOT_H
#define REGISTRY_ROOT_H

#include <stdint.h>

#include "base/err.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"

/*
 * A root certificate of the nation and the revocation list of its key, as
 * files of the national root's folder.
 */

#define ROOT_CRL_DAYS	366		/* that a list holds */
#define ROOT_CRL_AGAIN	30		/* days after which it is issued anew */

/* Everything is borrowed. */
struct root_spec {
	const char	*crt, *crl;	/* "ca/root.crt": where they go */
	const char	*organisation, *common_name;
	int64_t		 days;		/* its life; 0: as the profile says */
	int64_t		 now;
};

/* Issue both with the key in KEY_ROOT; the certificate is written last. */
int	 root_make(const struct keyring *kr, const char *dir,
	    const struct root_spec *spec, struct err *e) MUST_CHECK;

/* What a list is to be. */
struct root_list {
	enum key_slot	 slot;		/* whose key signs it */
	const char	*crl;		/* "ca/root.crl": where it lies */
	const struct crl_entry *more;	/* what it is to tell of, too */
	size_t		 nmore;
	int64_t		 until;		/* 0: ROOT_CRL_DAYS from now */
};

/*
 * The list that follows the one in its file: the same serials, and more, under
 * the next number.  The root is the certificate of its slot.
 */
int	 root_list_next(const struct keyring *kr, const char *dir,
	    const struct root_list *l, int64_t now, struct err *e) MUST_CHECK;
/* The same if it is older than ROOT_CRL_AGAIN, and not for good. */
int	 root_list_fresh(const struct keyring *kr, const char *dir,
	    const struct root_list *l, int64_t now, struct err *e) MUST_CHECK;

#endif /* REGISTRY_ROOT_H */
