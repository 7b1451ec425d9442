#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/csr.h"
#include "ca/key.h"
#include "registry/found/bundle.h"
#include "registry/config.h"
#include "registry/found/descriptor.h"
#include "registry/found/folder.h"
#include "registry/found/found.h"
#include "registry/found/found_conf.h"
#include "registry/found/leaf.h"
#include "registry/found/nation.h"
#include "registry/office/office.h"
#include "registry/rules.h"
#include "registry/sign.h"
#include "store/store.h"
#include "sync/log.h"

#define DAY		86400
#define DATABASE	"province.db"
#define CSR_FILE	"ca/province.csr"

/* ---- the first step */

static int
make_keys(const struct found_spec *spec, const char *tmp,
    struct keyring **kr, struct err *e)
{
	static const enum key_slot	slots[] = { KEY_CHECKPOINT,
	    KEY_AUTHORITY, KEY_MAKER, KEY_WRAPPING, KEY_TSA };
	size_t				i;
	int				rc;

	if ((rc = spec->pass.len > 0 ? keyring_create_with(tmp, spec->pass,
	    kr, e) : keyring_create(tmp, kr, e)) != 0 ||
	    (spec->token.len > 0 &&
	    (rc = keyring_use_token(*kr, spec->token, e)) != 0))
		return rc;
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if ((rc = keyring_make(*kr, slots[i], e)) != 0)
			return rc;
	return 0;
}

static int
make_conf(const struct keyring *kr, const struct found_spec *spec,
    const char *tmp, struct founded *f, struct err *e)
{
	struct vkey	*vk = NULL;
	struct buf	 text;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	buf_init(&text, LIMIT_CONF_FILE);
	if ((rc = keyring_point(kr, KEY_CHECKPOINT, point, e)) != 0 ||
	    (rc = vkey_new(spec->origin, point, &vk, e)) != 0)
		goto out;
	(void)snprintf(f->vkey, sizeof(f->vkey), "%s", vkey_text(vk));
	if ((rc = found_conf_write(spec, f->vkey, &text, e)) != 0)
		goto out;
	rc = folder_write(tmp, CONFIG_FILE, buf_octets(&text), 0600, e);
out:
	vkey_free(vk);
	buf_fini(&text);
	return rc;
}

/* DER appended to der, PEM in the folder. */
static int
make_request(const struct keyring *kr, const struct found_spec *spec,
    const char *tmp, struct buf *der, struct err *e)
{
	struct x509_name	 name;
	struct buf		 pem;
	char			 cn[32];
	int			 rc;

	buf_init(&pem, LIMIT_BUNDLE);
	(void)snprintf(cn, sizeof(cn), "Seal Authority %s", spec->province);
	name.common_name = cn;
	if ((rc = leaf_province_name(spec->province, spec->now,
	    &name.organisation, e)) != 0 ||
	    (rc = csr_make(kr, KEY_AUTHORITY, &name, der, e)) != 0)
		goto out;
	cert_put_pem(buf_octets(der), "CERTIFICATE REQUEST", &pem);
	rc = folder_write(tmp, CSR_FILE, buf_octets(&pem), 0644, e);
out:
	buf_fini(&pem);
	return rc;
}

static int	finish(const char *dir, struct octets octets, int64_t now,
		    struct founded *f, struct err *e);

int
found_begin(const struct found_spec *spec, struct founded *f, struct err *e)
{
	struct keyring	*kr = NULL;
	struct buf	 csr, bundle;
	const char	*name;
	char		*tmp = NULL;
	int		 rc;

	memset(f, 0, sizeof(*f));
	if ((rc = leaf_province_name(spec->province, spec->now, &name,
	    e)) != 0 ||
	    (rc = folder_begin(spec->dir, CONFIG_FILE, &tmp, e)) != 0)
		return rc;
	buf_init(&csr, LIMIT_CSR);
	buf_init(&bundle, LIMIT_BUNDLE);
	if ((rc = folder_sub(tmp, "ca", e)) != 0 ||
	    (rc = make_keys(spec, tmp, &kr, e)) != 0 ||
	    (rc = make_conf(kr, spec, tmp, f, e)) != 0 ||
	    (rc = make_request(kr, spec, tmp, &csr, e)) != 0)
		goto out;
	f->waiting = spec->national == NULL;
	if (!f->waiting && ((rc = nation_certify(spec->national,
	    buf_octets(&csr), spec->url, spec->now, &bundle, e)) != 0 ||
	    (rc = finish(tmp, buf_octets(&bundle), spec->now, f, e)) != 0))
		goto out;
	if (spec->last == NULL ||
	    (rc = spec->last(spec->arg, kr, tmp, e)) == 0)
		rc = folder_end(spec->dir, tmp, e);
out:
	if (rc != 0) {
		keyring_undo(kr);
		folder_undo(tmp);
	}
	keyring_free(kr);
	buf_fini(&bundle);
	buf_fini(&csr);
	free(tmp);
	return rc;
}

/* ---- the second step */

static int
make_crl(const struct keyring *kr, const struct config *cf,
    const struct cert *authority, const char *dir, int64_t now,
    struct err *e)
{
	const struct crl_spec	 spec = { NULL, 0, 1, now,
	    now + cf->crl_days * DAY, NULL };
	struct buf		 der;
	int			 rc;

	buf_init(&der, LIMIT_CRL);
	if ((rc = crl_issue(&spec, authority, kr, KEY_AUTHORITY, &der,
	    e)) == 0)
		rc = folder_write(dir, "ca/province.crl", buf_octets(&der),
		    0644, e);
	buf_fini(&der);
	return rc;
}

/* The genesis, signed by the keyring itself: nobody serves yet. */
static int
genesis(const struct keyring *kr, const struct config *cf, struct log *lg,
    int64_t now, struct err *e)
{
	struct checkpoint	 cp;
	struct hash		 root;
	struct buf		 note;
	char			*text = NULL;
	int			 rc;

	buf_init(&note, LIMIT_NOTE);
	memset(&cp, 0, sizeof(cp));
	(void)snprintf(cp.origin, sizeof(cp.origin), "%s", cf->origin);
	if ((rc = log_begin(lg, e)) != 0 ||
	    (rc = log_genesis(lg, (unsigned)cf->map_depth, now, &cp.size,
	    &root, e)) != 0 || (rc = log_reread(lg, e)) != 0)
		goto out;
	memcpy(cp.root, root.h, sizeof(cp.root));
	if ((rc = sign_checkpoint(kr, &cp, now, &note, e)) != 0)
		goto out;
	text = buf_steal_str(&note);
	rc = log_publish(lg, text, now, e);
out:
	free(text);
	buf_fini(&note);
	return rc;
}

static int
put_genesis(const struct keyring *kr, const struct config *cf,
    struct store *st, int64_t now, struct err *e)
{
	struct log	*lg = NULL;
	int		 rc;

	if ((rc = log_new(st, &registry_rules, &lg, e)) != 0 ||
	    (rc = store_begin(st, e)) != 0)
		goto out;
	if ((rc = genesis(kr, cf, lg, now, e)) == 0)
		rc = store_commit(st, e);
	else
		store_rollback(st);
	log_settle(lg, rc == 0);
out:
	log_free(lg);
	return rc;
}

/* A database that an earlier try left half made goes first. */
static int
make_log(const struct keyring *kr, const struct config *cf, const char *dir,
    int64_t now, struct err *e)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char			*path = xasprintf("%s/%s", dir, DATABASE);
	char			*old;
	const struct store_spec	 spec = { .path = path, .mode = STORE_CREATE,
	    .kind = STORE_PROVINCE, .may = office_statements };
	struct store		*st = NULL;
	size_t			 i;
	int			 rc;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		old = xasprintf("%s%s", path, ends[i]);
		(void)remove(old);	/* most of them are not there */
		free(old);
	}
	if ((rc = store_open(&spec, &st, e)) == 0)
		rc = put_genesis(kr, cf, st, now, e);
	store_close(st);
	free(path);
	return rc;
}

static int
put_national(const char *dir, const char *vkey, struct err *e)
{
	struct buf	 text, changed;
	int		 rc;

	buf_init(&text, LIMIT_CONF_FILE);
	buf_init(&changed, LIMIT_CONF_FILE);
	if ((rc = folder_read(dir, CONFIG_FILE, &text, e)) == 0) {
		found_conf_national(buf_octets(&text), vkey, &changed);
		rc = folder_write(dir, CONFIG_FILE, buf_octets(&changed),
		    0600, e);
	}
	buf_fini(&changed);
	buf_fini(&text);
	return rc;
}

static int
put_descriptor(const struct config *cf, const struct bundle *b,
    const char *dir, int64_t now, struct err *e)
{
	struct buf	 text;
	int		 rc;

	buf_init(&text, LIMIT_CONF_FILE);
	descriptor_format(cf->province, cf->origin, cf->url, cf->vkey, now,
	    buf_octets(&b->province), &text);
	rc = folder_write(dir, DESCRIPTOR_FILE, buf_octets(&text), 0644, e);
	buf_fini(&text);
	return rc;
}

/* Everything is written again if need be; the descriptor comes last. */
static int
take_bundle(const char *dir, const struct bundle *b, const struct config *cf,
    int64_t now, struct err *e)
{
	struct leaf_spec spec = { .cf = cf, .dir = dir, .now = now };
	struct keyring	*kr = NULL;
	struct cert	*authority = NULL;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	if ((rc = keyring_open(dir, &kr, e)) != 0 ||
	    (rc = keyring_point(kr, KEY_AUTHORITY, point, e)) != 0 ||
	    (rc = bundle_check(b, point, now, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b->province), &authority, e)) != 0)
		goto out;
	spec.authority = authority;
	if ((rc = roots_take(dir, &b->roots, NULL, now, e)) != 0 ||
	    (rc = folder_write(dir, "ca/province.crt",
	    buf_octets(&b->province), 0644, e)) != 0 ||
	    (rc = leaf_make(kr, &spec, KEY_MAKER, e)) != 0 ||
	    (keyring_has(kr, KEY_TSA) &&
	    (rc = leaf_make(kr, &spec, KEY_TSA, e)) != 0) ||
	    (rc = make_crl(kr, cf, authority, dir, now, e)) != 0 ||
	    (rc = put_national(dir, b->national_vkey, e)) != 0 ||
	    (rc = make_log(kr, cf, dir, now, e)) != 0)
		goto out;
	rc = put_descriptor(cf, b, dir, now, e);
out:
	cert_free(authority);
	keyring_free(kr);
	return rc;
}

static int
finish(const char *dir, struct octets octets, int64_t now, struct founded *f,
    struct err *e)
{
	struct config	*cf = NULL;
	struct bundle	 b;
	int		 rc;

	bundle_init(&b);
	if ((rc = bundle_parse(octets, &b, e)) == 0 &&
	    (rc = config_load(dir, &cf, e)) == 0 &&
	    (rc = take_bundle(dir, &b, cf, now, e)) == 0)
		(void)snprintf(f->vkey, sizeof(f->vkey), "%s", cf->vkey);
	config_free(cf);
	bundle_fini(&b);
	return rc;
}

int
found_finish(const char *dir, struct octets bundle, int64_t now,
    struct founded *f, struct err *e)
{
	char	*path;
	int	 lock, rc;

	memset(f, 0, sizeof(*f));
	if (file_there(dir, DESCRIPTOR_FILE))
		return err_set_id(e, ERR_CONFLICT, "already-initialised",
		    "%s is initialised already; nothing was changed", dir);
	if (!file_there(dir, CSR_FILE))
		return err_set_id(e, ERR_NOTFOUND, "not-initialised",
		    "%s has no %s: run \"sealreg init\" without --certified "
		    "first", dir, CSR_FILE);
	path = xasprintf("%s/lock", dir);
	if ((rc = file_lock(path, &lock, e)) == 0) {
		rc = finish(dir, bundle, now, f, e);
		close(lock);
	}
	free(path);
	return rc;
}
