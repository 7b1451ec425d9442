#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/folder.h"
#include "registry/found/found.h"
#include "registry/found/leaf.h"
#include "registry/found/renew.h"

#define DAY		86400

/* What is replaced stays, under its serial number. */
static int
keep_old(const struct config *cf, const struct cert *c, int64_t now,
    struct err *e)
{
	const int64_t	left = cert_facts(c)->not_after - now;

	if (left > RENEW_BEFORE)
		return err_set_id(e, ERR_CONFLICT, "already-initialised",
		    "%s has a certificate for time-stamps, good for %lld "
		    "more days; nothing was changed", cf->dir,
		    (long long)(left / DAY));
	return renew_keep(cf->dir, KEY_TSA, c, e);
}

/* The key, unless an earlier try has left it, and its certificate. */
static int
make(const struct config *cf, int64_t now, struct err *e)
{
	struct leaf_spec	 spec = { .cf = cf, .dir = cf->dir,
				    .now = now };
	struct keyring		*kr = NULL;
	struct cert		*authority = NULL;
	struct buf		 der;
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	if ((rc = keyring_open(cf->dir, &kr, e)) != 0)
		goto out;
	if (keyring_cert(kr, KEY_TSA) != NULL && (rc = keep_old(cf,
	    keyring_cert(kr, KEY_TSA), now, e)) != 0)
		goto out;
	if ((rc = folder_read(cf->dir, "ca/province.crt", &der, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&der), &authority, e)) != 0 ||
	    (!keyring_has(kr, KEY_TSA) &&
	    (rc = keyring_make(kr, KEY_TSA, e)) != 0))
		goto out;
	spec.authority = authority;
	rc = leaf_make(kr, &spec, KEY_TSA, e);
out:
	cert_free(authority);
	keyring_free(kr);
	buf_fini(&der);
	return rc;
}

int
found_tsa(const char *dir, int64_t now, struct err *e)
{
	struct config	*cf = NULL;
	char		*path = NULL;
	int		 lock = -1, rc;

	if ((rc = config_load(dir, &cf, e)) != 0)
		goto out;
	path = config_path(cf, "lock");
	if ((rc = file_lock(path, &lock, e)) == 0)
		rc = make(cf, now, e);
out:
	if (lock != -1)
		(void)close(lock);
	free(path);
	config_free(cf);
	return rc;
}
