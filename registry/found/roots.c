#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "registry/found/folder.h"
#include "registry/found/renew.h"
#include "registry/found/roots.h"

#define NEW_WITH_OLD	"ca/root-new-with-old.crt"
#define OLD_WITH_NEW	"ca/root-old-with-new.crt"

void
roots_init(struct roots *r)
{

	buf_init(&r->root, LIMIT_CERT);
	buf_init(&r->crl, LIMIT_CRL);
	buf_init(&r->other, LIMIT_CERT);
	buf_init(&r->new_with_old, LIMIT_CERT);
	buf_init(&r->old_with_new, LIMIT_CERT);
	buf_init(&r->other_crl, LIMIT_CRL);
}

void
roots_fini(struct roots *r)
{

	buf_fini(&r->root);
	buf_fini(&r->crl);
	buf_fini(&r->other);
	buf_fini(&r->new_with_old);
	buf_fini(&r->old_with_new);
	buf_fini(&r->other_crl);
}

bool
roots_have_other(const struct roots *r)
{
	return r->other.len > 0;
}

void
roots_format(const struct roots *r, struct buf *out)
{

	cert_put_pem(buf_octets(&r->root), "CERTIFICATE", out);
	cert_put_pem(buf_octets(&r->crl), "X509 CRL", out);
	if (!roots_have_other(r))
		return;
	cert_put_pem(buf_octets(&r->other), "CERTIFICATE", out);
	cert_put_pem(buf_octets(&r->new_with_old), "CERTIFICATE", out);
	cert_put_pem(buf_octets(&r->old_with_new), "CERTIFICATE", out);
	cert_put_pem(buf_octets(&r->other_crl), "X509 CRL", out);
}

int
roots_parse(struct cursor *c, struct roots *r, struct err *e)
{
	static const char	begin[] = "-----BEGIN ";
	bool			more;
	int			rc;

	if ((rc = cert_unpem_next(c, "CERTIFICATE", &r->root, e)) != 0 ||
	    (rc = cert_unpem_next(c, "X509 CRL", &r->crl, e)) != 0)
		return rc;
	more = memmem(c->p, cursor_left(c), begin, strlen(begin)) != NULL;
	if (more &&
	    ((rc = cert_unpem_next(c, "CERTIFICATE", &r->other, e)) != 0 ||
	    (rc = cert_unpem_next(c, "CERTIFICATE", &r->new_with_old,
	    e)) != 0 ||
	    (rc = cert_unpem_next(c, "CERTIFICATE", &r->old_with_new,
	    e)) != 0 ||
	    (rc = cert_unpem_next(c, "X509 CRL", &r->other_crl, e)) != 0))
		return rc;
	if (more && !roots_have_other(r))
		return err_set_id(e, ERR_FORMAT, "bad-pem", "an empty "
		    "certificate");
	if (!buf_ok(&r->root) || !buf_ok(&r->crl) || !buf_ok(&r->other) ||
	    !buf_ok(&r->new_with_old) || !buf_ok(&r->old_with_new) ||
	    !buf_ok(&r->other_crl))
		return err_set_id(e, ERR_FORMAT, "bad-pem", "a block is too "
		    "long");
	return 0;
}

/* ---- do they fit */

/* One root and its list. */
static int
check_root(const struct buf *der, const struct buf *crl, struct cert **c,
    struct err *e)
{
	struct crl	*list = NULL;
	int		 rc;

	if ((rc = cert_parse(buf_octets(der), c, e)) == 0 &&
	    (rc = cert_check(*c, CERT_ROOT, e)) == 0 &&
	    (rc = cert_verify(*c, *c, e)) == 0 &&
	    (rc = crl_parse(buf_octets(crl), &list, e)) == 0)
		rc = crl_verify(list, *c, e);
	crl_free(list);
	return rc;
}

/* The key of subject certified by by, under the one name of both. */
static int
check_cross(const struct buf *der, const struct cert *by,
    const struct cert *subject, struct err *e)
{
	struct cert	*c = NULL;
	uint8_t		 has[SM2_POINT_LEN], want[SM2_POINT_LEN];
	int		 rc;

	if ((rc = cert_parse(buf_octets(der), &c, e)) != 0 ||
	    (rc = cert_check(c, CERT_CROSS_ROOT, e)) != 0 ||
	    (rc = cert_verify(c, by, e)) != 0 ||
	    (rc = cert_point(c, has, e)) != 0 ||
	    (rc = cert_point(subject, want, e)) != 0)
		goto out;
	if (!mem_equal(has, want, sizeof(has)) || strcmp(
	    cert_facts(c)->subject, cert_facts(subject)->subject) != 0)
		rc = err_set_id(e, ERR_VERIFY, "bad-roots", "a cross "
		    "certificate is for another key or name than that of a "
		    "root");
out:
	cert_free(c);
	return rc;
}

/*
 * Whose key the certificate "new with old" is for says which is which.  As each
 * has certified the other, anybody can exchange the two: which is the later one
 * only their own dates show, under their own signatures.
 */
static int
check_pair(const struct roots *r, const struct cert *root,
    const struct cert *other, bool *former, struct err *e)
{
	const struct cert	*old, *new;
	struct err		 why = ERR_INIT;
	int			 rc;

	*former = check_cross(&r->new_with_old, other, root, &why) == 0;
	old = *former ? other : root;
	new = *former ? root : other;
	if ((rc = check_cross(&r->new_with_old, old, new, e)) != 0 ||
	    (rc = check_cross(&r->old_with_new, new, old, e)) != 0)
		return rc;
	if (cert_facts(new)->not_before < cert_facts(old)->not_before)
		return err_set_id(e, ERR_VERIFY, "bad-roots", "the new root "
		    "is older than the former one: they are exchanged");
	return 0;
}

int
roots_check(const struct roots *r, int64_t now, bool *former, struct err *e)
{
	struct cert	*root = NULL, *other = NULL;
	int		 rc;

	*former = false;
	if ((rc = check_root(&r->root, &r->crl, &root, e)) != 0)
		goto out;
	if (cert_facts(root)->not_after <= now) {
		rc = err_set_id(e, ERR_VERIFY, "bad-roots", "the national "
		    "root has ended");
		goto out;
	}
	if (roots_have_other(r) &&
	    (rc = check_root(&r->other, &r->other_crl, &other, e)) == 0)
		rc = check_pair(r, root, other, former, e);
out:
	cert_free(other);
	cert_free(root);
	return rc;
}

/* ---- into a folder */

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && mem_equal(a->p, b->p, a->len);
}

/* Empty where it is not there. */
static int
read_file(const char *dir, const char *name, struct buf *out, struct err *e)
{
	struct err	 gone = ERR_INIT;
	int		 rc;

	if ((rc = folder_read(dir, name, out, &gone)) == ERR_NOTFOUND)
		return 0;
	if (rc != 0)
		*e = gone;
	return rc;
}

/* Not a list that this one's issuer has replaced since. */
static int
check_newer(const char *dir, const struct roots *r, struct err *e)
{
	struct crl	*has = NULL, *is = NULL;
	struct cert	*root = NULL;
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CRL);
	if ((rc = read_file(dir, "ca/root.crl", &b, e)) != 0 || b.len == 0 ||
	    (rc = crl_parse(buf_octets(&b), &has, e)) != 0 ||
	    (rc = crl_parse(buf_octets(&r->crl), &is, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&r->root), &root, e)) != 0)
		goto out;
	if (crl_verify(has, root, NULL) == 0 &&
	    crl_number(has) > crl_number(is))
		rc = err_set_id(e, ERR_CONFLICT, "list-older", "the national "
		    "root has issued a later list, and it is here; nothing "
		    "was changed");
out:
	cert_free(root);
	crl_free(is);
	crl_free(has);
	buf_fini(&b);
	return rc;
}

/* May r's root follow the one that is held? */
static int
check_proof(const struct roots *r, const struct buf *held, bool former,
    const uint8_t *told, struct err *e)
{
	uint8_t	d[SM3_LEN];

	if (held->len == 0 || same(held, &r->root) ||
	    (former && same(held, &r->other)))
		return 0;
	sm3(r->root.p, r->root.len, d);
	if (told != NULL && mem_equal(told, d, sizeof(d)))
		return 0;
	return err_set_id(e, ERR_VERIFY, "root-unproven", told != NULL ?
	    "it has another root than the one that --root tells; nothing was "
	    "changed" : "the root in use here has not certified the key of "
	    "this one; --root SM3 takes it all the same; nothing was changed");
}

static int
keep_held(const char *dir, const struct buf *held, struct err *e)
{
	struct cert	*c = NULL;
	int		 rc;

	if ((rc = cert_parse(buf_octets(held), &c, e)) == 0)
		rc = renew_keep(dir, KEY_ROOT, c, e);
	cert_free(c);
	return rc;
}

static int
put_other(const char *dir, const struct roots *r, bool former,
    struct err *e)
{
	int	rc;

	if ((rc = folder_write(dir, former ? "ca/root-old.crl" :
	    "ca/root-next.crl", buf_octets(&r->other_crl), 0644, e)) != 0 ||
	    (rc = folder_write(dir, NEW_WITH_OLD,
	    buf_octets(&r->new_with_old), 0644, e)) != 0 ||
	    (rc = folder_write(dir, OLD_WITH_NEW,
	    buf_octets(&r->old_with_new), 0644, e)) != 0)
		return rc;
	return folder_write(dir, former ? "ca/root-old.crt" :
	    "ca/root-next.crt", buf_octets(&r->other), 0644, e);
}

/* What was the next root is the one in use by now. */
static int
drop_next(const char *dir, struct err *e)
{
	static const char *const names[] = { "root-next.crt",
	    "root-next.crl" };
	char			*path;
	size_t			 i;
	int			 rc = 0;

	for (i = 0; i < 2 && rc == 0; i++) {
		path = xasprintf("%s/ca/%s", dir, names[i]);
		if (unlink(path) == -1 && errno != ENOENT)
			rc = err_set_errno(e, ERR_IO, "%s", path);
		free(path);
	}
	return rc;
}

int
roots_take(const char *dir, const struct roots *r, const uint8_t *told,
    int64_t now, struct err *e)
{
	struct buf	 held;
	bool		 former;
	int		 rc;

	buf_init(&held, LIMIT_CERT);
	if ((rc = roots_check(r, now, &former, e)) != 0 ||
	    (rc = read_file(dir, "ca/root.crt", &held, e)) != 0 ||
	    (rc = check_proof(r, &held, former, told, e)) != 0 ||
	    (rc = check_newer(dir, r, e)) != 0)
		goto out;
	if (held.len > 0 && !same(&held, &r->root) &&
	    (rc = keep_held(dir, &held, e)) != 0)
		goto out;
	if ((roots_have_other(r) &&
	    (rc = put_other(dir, r, former, e)) != 0) ||
	    (rc = folder_write(dir, "ca/root.crl", buf_octets(&r->crl), 0644,
	    e)) != 0 ||
	    (rc = folder_write(dir, "ca/root.crt", buf_octets(&r->root), 0644,
	    e)) != 0)
		goto out;
	rc = former ? drop_next(dir, e) : 0;
out:
	buf_fini(&held);
	return rc;
}
