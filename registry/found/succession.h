#ifndef REGISTRY_SUCCESSION_H
#define REGISTRY_SUCCESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"

/*
 * Another key for the national root (RFC 4210, 4.4).  In these steps, with the
 * root's papers to every province between them (registry/found/roots.h):
 *
 *	stage	the next key in keys/root-N.pem, its certificate and list in
 *		ca/root-next.*, and each key certified by the other
 *	switch	what was in use is ca/root-old.*, and the next is ca/root.*:
 *		provinces are certified by it from now on
 *	cut	when every province has a certificate by it: those by the old key
 *		are on its last list
 *
 * Trust lists go on: another key signs them, and they name provinces, by
 * either root until the cut.  Each file is whole or not there, no key is ever
 * overwritten, and what ended half-way is taken up by the same command again.
 */

/*
 * In the folder itself, under its own pass phrase.  days: the next root's
 * life, 0 as the profile says.  *again: it was done before.  ERR_CONFLICT
 * "rollover-open": certificates by the root before the present one may still
 * be good; registry/found/nation_open.h.
 */
int	 succession_stage(const char *dir, int64_t days, int64_t now,
	    bool *again, struct err *e) MUST_CHECK;

/* The same into a new folder, by a ceremony.  Everything is borrowed. */
struct succession_spec {
	const char	*from;		/* the folder that it follows */
	int64_t		 days, now;
	struct octets	 pass;		/* of the new folder */
	/* As in struct nation_spec; kr has the next key in KEY_ROOT. */
	int		(*last)(void *arg, const struct keyring *kr,
			    const char *tmp, struct err *e);
	void		*arg;
};
/*
 * Stage in a folder whose root's key kr has in KEY_ROOT; next, another keyring
 * of the folder, comes to have the key that follows there.  Of s only days and
 * now count.
 */
int	 succession_put(const char *dir, const struct keyring *kr,
	    struct keyring *next, const struct succession_spec *s,
	    struct err *e) MUST_CHECK;
/*
 * All keys of from, under another pass phrase, and the next one.  dir appears
 * last, and whole; then from, locked all the while, is marked as followed by
 * it, and opens no more.  What failed there is done by succession_mark().  ERR_CONFLICT "key-in-token", and as above and
 * nation_found().
 */
int	 succession_found(const char *dir, const struct succession_spec *s,
	    struct err *e) MUST_CHECK;
/* The last step of that alone, where it did not come to it.  ERR_BUSY. */
int	 succession_mark(const char *from, const char *dir,
	    struct err *e) MUST_CHECK;

/* ERR_CONFLICT "no-rollover": nothing was staged, or it is done. */
int	 succession_switch(const char *dir, int64_t now,
	    struct err *e) MUST_CHECK;

/*
 * End what the old key has certified: *n certificates.  ERR_CONFLICT
 * "no-rollover"; "province-behind": one of them has none by the new key yet,
 * and early was not said; ERR_NOTFOUND "no-key": the old one is not here.
 */
int	 succession_cut(const char *dir, bool early, int64_t now, size_t *n,
	    struct err *e) MUST_CHECK;

/* What provinces are to publish (registry/found/bundle.h), appended to out;
 * lists are issued anew where it is time. */
int	 succession_publish(const char *dir, int64_t now, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_SUCCESSION_H */
