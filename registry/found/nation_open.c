#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "registry/found/folder.h"
#include "registry/found/nation_open.h"
#include "registry/found/root.h"
#include "sync/note.h"

void
nation_close(struct nation *n)
{

	cert_free(n->root);
	cert_free(n->next);
	cert_free(n->old);
	keyring_free(n->kr);
	buf_fini(&n->vkey);
	free(n->dir);
	if (n->lock != -1)
		close(n->lock);
}

static int
drop(const char *dir, const char *name, struct err *e)
{
	char	*path = xasprintf("%s/%s", dir, name);
	int	 rc = 0;

	if (unlink(path) == -1 && errno != ENOENT)
		rc = err_set_errno(e, ERR_IO, "%s", path);
	free(path);
	return rc;
}

/*
 * The certificate is in use, and its list still lies under the name that it
 * had before: a switch ended there.
 */
static int
end_switch(struct nation *n, struct err *e)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CRL);
	if ((rc = folder_cert(n->dir, "ca/root-next.crt", &n->next, e)) != 0 ||
	    n->next == NULL ||
	    cert_der(n->next).len != cert_der(n->root).len ||
	    memcmp(cert_der(n->next).p, cert_der(n->root).p,
	    cert_der(n->root).len) != 0)
		goto out;
	cert_free(n->next);
	n->next = NULL;
	if (file_there(n->dir, "ca/root-next.crl") && ((rc = folder_read(n->dir,
	    "ca/root-next.crl", &b, e)) != 0 || (rc = folder_write(n->dir,
	    "ca/root.crl", buf_octets(&b), 0644, e)) != 0 ||
	    (rc = drop(n->dir, "ca/root-next.crl", e)) != 0))
		goto out;
	if ((rc = drop(n->dir, NATION_NEXT_UP, e)) == 0 &&
	    (rc = drop(n->dir, NATION_NEXT_BACK, e)) == 0 &&
	    (rc = drop(n->dir, NATION_NEXT_RAW, e)) == 0)
		rc = drop(n->dir, "ca/root-next.crt", e);
out:
	buf_fini(&b);
	return rc;
}

static int
read_vkey(struct nation *n, struct err *e)
{
	int	rc;

	if ((rc = folder_read(n->dir, "national.vkey", &n->vkey, e)) != 0)
		return rc;
	if (n->vkey.len > 0 && n->vkey.p[n->vkey.len - 1] == '\n')
		n->vkey.len--;
	buf_put_u8(&n->vkey, 0);
	return 0;
}

int
nation_open(const char *dir, struct nation *n, struct err *e)
{
	char	*path = xasprintf("%s/lock", dir);
	int	 rc;

	memset(n, 0, sizeof(*n));
	n->lock = -1;
	n->dir = xstrdup(dir);
	buf_init(&n->vkey, NOTE_VKEY_MAX + 2);
	if (!file_there(dir, "national.vkey"))
		rc = err_set_id(e, ERR_NOTFOUND, "not-initialised",
		    "%s is no national root; \"sealreg national --data %s "
		    "init\" makes one", dir, dir);
	else if (file_there(dir, NATION_AFTER))
		rc = err_set_id(e, ERR_CONFLICT, "nation-succeeded", "%s was "
		    "followed by another folder, which %s/" NATION_AFTER
		    " names: use that, and do away with this", dir, dir);
	else if ((rc = file_lock(path, &n->lock, e)) == 0 &&
	    (rc = keyring_open(dir, &n->kr, e)) == 0 &&
	    (rc = read_vkey(n, e)) == 0 &&
	    (rc = cert_parse(keyring_certificate(n->kr, KEY_ROOT), &n->root,
	    e)) == 0 && (rc = end_switch(n, e)) == 0)
		rc = folder_cert(dir, "ca/root-old.crt", &n->old, e);
	n->cut = rc == 0 && file_there(dir, NATION_CUT);
	if (rc != 0)
		nation_close(n);
	free(path);
	return rc;
}

int
nation_keep(const char *dir, const struct cert *c, struct err *e)
{
	const struct cert_facts	*f = cert_facts(c);
	char			 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	char			*path;
	int			 rc;

	hex_encode(f->serial, f->seriallen, hex);
	path = xasprintf("%s/issued/%s.crt", dir, hex);
	rc = file_create(path, cert_der(c), 0644, e);
	free(path);
	return rc;
}

/* The one before goes on telling of what it has certified, while its key is
 * here. */
int
nation_lists(const struct nation *n, int64_t now, struct err *e)
{
	static const struct root_list	used = { .slot = KEY_ROOT,
					    .crl = "ca/root.crl" };
	static const struct root_list	old = { .slot = KEY_ROOT_OLD,
					    .crl = "ca/root-old.crl" };
	int				rc;

	if ((rc = root_list_fresh(n->kr, n->dir, &used, now, e)) != 0 ||
	    n->old == NULL || n->cut ||
	    keyring_cert(n->kr, KEY_ROOT_OLD) == NULL)
		return rc;
	return root_list_fresh(n->kr, n->dir, &old, now, e);
}

int
nation_roots(const struct nation *n, struct roots *r, struct err *e)
{
	const bool		 next = n->next != NULL;
	const struct cert	*other = next ? n->next : n->old;
	int			 rc;

	buf_put_octets(&r->root, cert_der(n->root));
	if ((rc = folder_read(n->dir, "ca/root.crl", &r->crl, e)) != 0 ||
	    other == NULL)
		return rc;
	buf_put_octets(&r->other, cert_der(other));
	if ((rc = folder_read(n->dir, next ? "ca/root-next.crl" :
	    "ca/root-old.crl", &r->other_crl, e)) != 0 ||
	    (rc = folder_read(n->dir, next ? NATION_NEXT_UP : NATION_UP,
	    &r->new_with_old, e)) != 0)
		return rc;
	return folder_read(n->dir, next ? NATION_NEXT_BACK : NATION_BACK,
	    &r->old_with_new, e);
}
