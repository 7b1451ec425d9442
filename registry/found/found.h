#ifndef REGISTRY_FOUND_H
#define REGISTRY_FOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"
#include "sync/note.h"

/*
 * Founding a province: keys, certificates, configuration, and a log of one
 * entry, the genesis epoch.  Made whole or not at all (registry/found/folder.h).
 *
 * Without a national root at hand it takes two steps: the first leaves a
 * request in DIR/ca/province.csr, the second takes the bundle that the
 * national root made of it.
 */

/* What to found.  Everything is borrowed. */
struct found_spec {
	const char	*dir;
	const char	*province;	/* "44" */
	const char	*national;	/* folder of the national root, or NULL */
	const char	*listen;	/* "127.0.0.1:18440" */
	const char	*url;
	const char	*origin;
	int64_t		 now;
	/* As in struct nation_spec (registry/found/nation.h): */
	struct octets	 token, pass;
	int		(*last)(void *arg, const struct keyring *kr,
			    const char *tmp, struct err *e);
	void		*arg;
};

/* How it came out.  Plain value. */
struct founded {
	bool	waiting;		/* for the national root */
	char	vkey[NOTE_VKEY_MAX];
};

/*
 * The first step, and the second with it where national is given.
 * ERR_CONFLICT "already-initialised", "not-empty"; ERR_INVAL
 * "unknown-division", "config-invalid".
 */
int	 found_begin(const struct found_spec *spec, struct founded *f,
	    struct err *e) MUST_CHECK;

/*
 * The second step, with the octets of the bundle.  ERR_CONFLICT
 * "already-initialised"; ERR_NOTFOUND "not-initialised": there was no first;
 * and what registry/found/bundle.h refuses.
 */
int	 found_finish(const char *dir, struct octets bundle, int64_t now,
	    struct founded *f, struct err *e) MUST_CHECK;

/*
 * Give a province that was founded by an earlier version a key for time-stamps
 * and its certificate; one that ends within 30 days is renewed, for the same key,
 * and kept beside.  The node is stopped.  ERR_CONFLICT "already-initialised":
 * it has them; ERR_BUSY: it runs.
 */
int	 found_tsa(const char *dir, int64_t now, struct err *e) MUST_CHECK;

#endif /* REGISTRY_FOUND_H */
