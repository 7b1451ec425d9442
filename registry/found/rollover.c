#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/csr.h"
#include "registry/ca_folder.h"
#include "registry/found/bundle.h"
#include "registry/found/descriptor.h"
#include "registry/found/folder.h"
#include "registry/found/leaf.h"
#include "registry/found/renew.h"
#include "registry/found/rollover.h"

#define PROVINCE_CRT	"ca/province.crt"
#define OLD_CRT		"ca/province-old.crt"
#define NEW_WITH_OLD	"ca/province-new-with-old.crt"
#define OLD_WITH_NEW	"ca/province-old-with-new.crt"

/* One command at work on a folder. */
struct work {
	struct config	*cf;
	struct keyring	*kr;		/* the authority in use */
	int		 lock;
	int64_t		 now;
};

static void
work_close(struct work *w)
{

	keyring_free(w->kr);
	config_free(w->cf);
	if (w->lock != -1)
		(void)close(w->lock);
}

static int
work_open(struct work *w, const char *dir, int64_t now, struct err *e)
{
	char	*path = NULL;
	int	 rc;

	memset(w, 0, sizeof(*w));
	w->lock = -1;
	w->now = now;
	if ((rc = config_load(dir, &w->cf, e)) != 0)
		goto out;
	path = config_path(w->cf, RENEW_LOCK);
	if ((rc = file_lock(path, &w->lock, e)) == 0 &&
	    (rc = keyring_open(w->cf->dir, &w->kr, e)) == 0 &&
	    keyring_cert(w->kr, KEY_AUTHORITY) == NULL)
		rc = err_set_id(e, ERR_NOTFOUND, "no-key", "%s lacks the key "
		    "or the certificate of the province's authority",
		    w->cf->dir);
out:
	if (rc != 0) {
		work_close(w);
		w->lock = -1;
	}
	free(path);
	return rc;
}

/* A second keyring, in which the authority's key is the one that follows. */
static int
open_next(const struct work *w, struct keyring **next, bool *there,
    struct err *e)
{
	int	rc;

	if ((rc = keyring_open(w->cf->dir, next, e)) == 0)
		rc = keyring_next(*next, KEY_AUTHORITY, true, there, e);
	return rc;
}

/* ---- request */

/* One rollover at a time: nobody tells of an authority before the last. */
static int
check_alone(const struct work *w, struct err *e)
{
	struct cert	*old = NULL;
	int		 rc;

	if ((rc = folder_cert(w->cf->dir, OLD_CRT, &old, e)) == 0 &&
	    old != NULL && cert_facts(old)->not_after > w->now)
		rc = err_set_id(e, ERR_CONFLICT, "rollover-open", "what the "
		    "authority before the present one has certified may be "
		    "good until %s ends: nobody would tell of it any more",
		    OLD_CRT);
	cert_free(old);
	return rc;
}

int
rollover_request(const char *dir, bool rekey, int64_t now, struct err *e)
{
	struct x509_name	 name;
	struct work		 w;
	struct buf		 der, pem;
	char			*cn = NULL;
	bool			 there;
	int			 rc;

	if ((rc = work_open(&w, dir, now, e)) != 0)
		return rc;
	buf_init(&der, LIMIT_CSR);
	buf_init(&pem, LIMIT_BUNDLE);
	cn = xasprintf("Seal Authority %s", w.cf->province);
	name.common_name = cn;
	if ((rekey && ((rc = check_alone(&w, e)) != 0 ||
	    (rc = keyring_next(w.kr, KEY_AUTHORITY, false, &there,
	    e)) != 0)) ||
	    (rc = leaf_province_name(w.cf->province, now, &name.organisation,
	    e)) != 0 ||
	    (rc = csr_make(w.kr, KEY_AUTHORITY, &name, &der, e)) != 0)
		goto out;
	cert_put_pem(buf_octets(&der), "CERTIFICATE REQUEST", &pem);
	rc = folder_write(w.cf->dir, ROLLOVER_CSR, buf_octets(&pem), 0644, e);
out:
	free(cn);
	buf_fini(&pem);
	buf_fini(&der);
	work_close(&w);
	return rc;
}

/* ---- take */

/*
 * The authorities that a trust list is to name: this one, and those of the
 * descriptor that are for other keys.
 */
static int
put_descriptor(const struct work *w, struct octets der, struct err *e)
{
	struct descriptor	 d;
	struct cert		*c = NULL;
	struct buf		 text;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	buf_init(&text, LIMIT_BUNDLE);
	if ((rc = descriptor_load(w->cf->dir, &d, e)) != 0)
		goto out;
	if ((rc = cert_parse(der, &c, e)) == 0 &&
	    (rc = cert_point(c, point, e)) == 0 &&
	    (rc = descriptor_put(&d, der, point, &text, e)) == 0)
		rc = folder_write(w->cf->dir, DESCRIPTOR_FILE,
		    buf_octets(&text), 0644, e);
	descriptor_fini(&d);
out:
	cert_free(c);
	buf_fini(&text);
	return rc;
}

static int
take(const struct work *w, const struct bundle *b, const uint8_t *told,
    bool *staged, struct err *e)
{
	const struct cert	*used = keyring_cert(w->kr, KEY_AUTHORITY);
	struct octets		 der = buf_octets(&b->province);
	struct keyring		*next = NULL;
	struct err		 why = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	bool			 there = false;
	int			 rc;

	*staged = false;
	if (strcmp(b->national_vkey, w->cf->national_vkey) != 0)
		return err_set_id(e, ERR_CONFLICT, "bad-bundle", "it is of "
		    "another nation: %s", b->national_vkey);
	if (b->province.len == 0)
		return roots_take(w->cf->dir, &b->roots, told, w->now, e);
	if ((rc = keyring_point(w->kr, KEY_AUTHORITY, point, e)) != 0)
		return rc;
	if ((rc = bundle_check(b, point, w->now, &why)) != 0 &&
	    strcmp(why.id, "key-mismatch") == 0) {
		if ((rc = open_next(w, &next, &there, e)) != 0 || !there)
			goto out;
		if ((rc = keyring_point(next, KEY_AUTHORITY, point,
		    e)) != 0 || (rc = bundle_check(b, point, w->now,
		    e)) != 0)
			goto out;
		*staged = true;
	} else if (rc != 0) {
		*e = why;
		goto out;
	}
	if ((rc = roots_take(w->cf->dir, &b->roots, told, w->now, e)) != 0 ||
	    (!*staged && (rc = renew_keep(w->cf->dir, KEY_AUTHORITY, used,
	    e)) != 0) ||
	    (rc = folder_write(w->cf->dir, *staged ? ROLLOVER_NEXT :
	    PROVINCE_CRT, der, 0644, e)) != 0)
		goto out;
	rc = put_descriptor(w, der, e);
out:
	if (rc == 0 && !*staged && why.code != ERR_OK) {
		*e = why;
		rc = why.code;
	}
	keyring_free(next);
	return rc;
}

int
rollover_take(const char *dir, const struct rollover_papers *p, int64_t now,
    enum rollover_taken *t, struct err *e)
{
	struct work	 w;
	struct bundle	 b;
	bool		 staged = false;
	int		 rc;

	*t = ROLLOVER_NOTHING;
	if ((rc = work_open(&w, dir, now, e)) != 0)
		return rc;
	bundle_init(&b);
	if ((rc = bundle_parse(p->bundle, &b, e)) == 0 &&
	    (rc = take(&w, &b, p->root, &staged, e)) == 0)
		*t = staged ? ROLLOVER_STAGED : b.province.len == 0 ?
		    ROLLOVER_ROOTS : ROLLOVER_COUNTS;
	bundle_fini(&b);
	work_close(&w);
	return rc;
}

/* ---- switch */

/*
 * subject's key certified by the authority of kr, whose certificate is by; from
 * the making of the key on (RFC 4210, 4.4.1), so that what the one before has
 * certified before there was a next one has a way to it.
 */
static int
cross(const struct work *w, const struct keyring *kr, const struct cert *by,
    const struct cert *subject, const char *name, struct err *e)
{
	const struct cert_facts	*f = cert_facts(subject);
	struct cert_spec	 spec;
	struct leaf_urls	 urls;
	struct buf		 der;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	memset(&spec, 0, sizeof(spec));
	spec.profile = CERT_CROSS;
	spec.subject.organisation = f->organisation;
	spec.subject.common_name = f->common_name;
	spec.not_before = f->not_before;
	spec.not_after = f->not_after < cert_facts(by)->not_after ?
	    f->not_after : cert_facts(by)->not_after;
	spec.point = point;
	if ((rc = leaf_urls_init(&urls, w->cf, by, e)) != 0)
		goto out;
	spec.crl_url = urls.crl;
	spec.ocsp_url = urls.ocsp;
	if ((rc = cert_point(subject, point, e)) == 0 &&
	    (rc = cert_issue(&spec, by, kr, KEY_AUTHORITY, &der, e)) == 0)
		rc = folder_write(w->cf->dir, name, buf_octets(&der), 0644,
		    e);
	leaf_urls_fini(&urls);
out:
	buf_fini(&der);
	return rc;
}

/* From the staged certificate to the one in use; the last file decides. */
static int
change_over(struct work *w, const struct cert *next, struct err *e)
{
	const struct cert	*old = keyring_cert(w->kr, KEY_AUTHORITY);
	struct keyring		*kr = NULL;
	uint8_t			 id[CERT_KEY_ID];
	unsigned		 shard;
	bool			 there;
	int			 rc;

	if ((rc = open_next(w, &kr, &there, e)) != 0)
		goto out;
	if (!there || !cert_key_id(next, id)) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-key", "the key of %s is "
		    "not in %s/keys", ROLLOVER_NEXT, w->cf->dir);
		goto out;
	}
	if ((rc = keyring_set_certificate(kr, KEY_AUTHORITY, cert_der(next),
	    e)) != 0 ||
	    (rc = ca_folder_shard_new(w->cf->dir, id, &shard, e)) != 0 ||
	    (rc = renew_keep(w->cf->dir, KEY_AUTHORITY, old, e)) != 0 ||
	    (rc = folder_write(w->cf->dir, OLD_CRT, cert_der(old), 0644,
	    e)) != 0 ||
	    (rc = cross(w, w->kr, old, next, NEW_WITH_OLD, e)) != 0 ||
	    (rc = cross(w, kr, next, old, OLD_WITH_NEW, e)) != 0)
		goto out;
	rc = folder_write(w->cf->dir, PROVINCE_CRT, cert_der(next), 0644, e);
out:
	keyring_free(kr);
	return rc;
}

/* Maker and time-stamp authority, by the authority that is in use now. */
static int
certify_leaf(const struct work *w, enum key_slot slot, bool *some,
    struct err *e)
{
	const struct cert	*c = keyring_cert(w->kr, slot);
	struct leaf_spec	 spec = { .cf = w->cf, .dir = w->cf->dir,
				    .now = w->now };
	int			 rc;

	spec.authority = keyring_cert(w->kr, KEY_AUTHORITY);
	if (c == NULL || cert_verify(c, spec.authority, NULL) == 0)
		return 0;
	*some = true;
	if ((rc = renew_keep(w->cf->dir, slot, c, e)) != 0)
		return rc;
	return leaf_make(w->kr, &spec, slot, e);
}

int
rollover_switch(const char *dir, int64_t now, struct err *e)
{
	struct cert	*next = NULL;
	struct work	 w;
	char		*path = NULL;
	bool		 some = false;
	int		 rc;

	if ((rc = work_open(&w, dir, now, e)) != 0)
		return rc;
	if ((rc = folder_cert(dir, ROLLOVER_NEXT, &next, e)) != 0)
		goto out;
	if (next != NULL) {
		some = true;
		/* It may be in place already: an earlier try ended here. */
		if (memcmp(cert_facts(next)->serial, cert_facts(keyring_cert(
		    w.kr, KEY_AUTHORITY))->serial, CERT_SERIAL_MAX + 1) != 0 &&
		    (rc = change_over(&w, next, e)) != 0)
			goto out;
		path = xasprintf("%s/" ROLLOVER_NEXT, w.cf->dir);
		(void)unlink(path);	/* the next try does it again */
		keyring_free(w.kr);
		w.kr = NULL;
		if ((rc = keyring_open(w.cf->dir, &w.kr, e)) != 0)
			goto out;
	}
	if ((rc = certify_leaf(&w, KEY_MAKER, &some, e)) == 0 &&
	    (rc = certify_leaf(&w, KEY_TSA, &some, e)) == 0 && !some)
		rc = err_set_id(e, ERR_CONFLICT, "no-rollover", "there is "
		    "nothing to switch to: \"sealreg ca rekey province\" "
		    "begins a rollover");
out:
	free(path);
	cert_free(next);
	work_close(&w);
	return rc;
}
