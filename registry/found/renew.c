#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/folder.h"
#include "registry/found/leaf.h"
#include "registry/found/renew.h"

#define DAY	86400

static void
serial_of(const struct cert *c, char hex[HEX_SIZE(CERT_SERIAL_MAX + 1)])
{
	const struct cert_facts	*f = cert_facts(c);

	hex_encode(f->serial, f->seriallen, hex);
}

int
renew_keep(const char *dir, enum key_slot slot, const struct cert *c,
    struct err *e)
{
	char	 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	char	*name;
	int	 rc;

	serial_of(c, hex);
	name = xasprintf("ca/%s-%s.crt", key_slot_name(slot), hex);
	rc = folder_write(dir, name, cert_der(c), 0644, e);
	free(name);
	return rc;
}

/* Is it time, or was this command given twice? */
static int
check_due(const struct renew_spec *s, const struct cert *c, struct err *e)
{
	const struct cert_facts	*f = cert_facts(c);
	const int64_t		 left = f->not_after - s->now;

	if (s->early)
		return 0;
	if (f->not_before > s->now - RENEW_AGAIN)
		return err_set_id(e, ERR_CONFLICT, "not-due",
		    "the certificate of %s was made less than an hour ago; "
		    "nothing was changed (--early replaces it all the same)",
		    key_slot_name(s->slot));
	if (!s->rekey && left > RENEW_BEFORE)
		return err_set_id(e, ERR_CONFLICT, "not-due",
		    "the certificate of %s is good for %lld more days; "
		    "nothing was changed (--early renews it all the same)",
		    key_slot_name(s->slot), (long long)(left / DAY));
	return 0;
}

static int
replace(const struct renew_spec *s, const struct config *cf,
    struct keyring *kr, struct renewed *r, struct err *e)
{
	const struct cert	*old = keyring_cert(kr, s->slot);
	struct leaf_spec	 spec = { .cf = cf, .dir = cf->dir,
				    .now = s->now, .days = s->days };
	int			 rc;

	if ((spec.authority = keyring_cert(kr, KEY_AUTHORITY)) == NULL ||
	    !keyring_has(kr, s->slot))
		return err_set_id(e, ERR_NOTFOUND, "no-key", "%s lacks the "
		    "key or the certificate of %s", cf->dir,
		    key_slot_name(spec.authority == NULL ? KEY_AUTHORITY :
		    s->slot));
	if (old != NULL && ((rc = check_due(s, old, e)) != 0 ||
	    (rc = renew_keep(cf->dir, s->slot, old, e)) != 0))
		return rc;
	if (s->rekey && (rc = keyring_next(kr, s->slot, false, &r->resumed,
	    e)) != 0)
		return rc;
	if ((rc = leaf_make(kr, &spec, s->slot, e)) != 0)
		return rc;
	serial_of(keyring_cert(kr, s->slot), r->serial);
	r->not_after = cert_facts(keyring_cert(kr, s->slot))->not_after;
	return 0;
}

int
renew_leaf(const struct renew_spec *s, struct renewed *r, struct err *e)
{
	struct keyring	*kr = NULL;
	struct config	*cf = NULL;
	char		*path = NULL;
	int		 lock = -1, rc;

	memset(r, 0, sizeof(*r));
	if ((rc = config_load(s->dir, &cf, e)) != 0)
		goto out;
	path = config_path(cf, RENEW_LOCK);
	if ((rc = file_lock(path, &lock, e)) == 0 &&
	    (rc = keyring_open(cf->dir, &kr, e)) == 0)
		rc = replace(s, cf, kr, r, e);
out:
	if (lock != -1)
		(void)close(lock);
	keyring_free(kr);
	free(path);
	config_free(cf);
	return rc;
}
