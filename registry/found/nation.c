#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/csr.h"
#include "ca/key.h"
#include "registry/found/bundle.h"
#include "registry/found/descriptor.h"
#include "registry/found/folder.h"
#include "registry/found/nation.h"
#include "registry/found/nation_open.h"
#include "registry/found/root.h"
#include "registry/office/anchors.h"
#include "sync/note.h"
#include "sync/trust.h"

#define DAY		86400
#define ROOT_NAME	"National Seal Root"

static int
make_vkey(const struct keyring *kr, const char *tmp, const char *name,
    struct err *e)
{
	struct vkey	*vk = NULL;
	struct buf	 text;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	buf_init(&text, NOTE_VKEY_MAX + 2);
	if ((rc = keyring_point(kr, KEY_NATIONAL, point, e)) != 0 ||
	    (rc = vkey_new(name, point, &vk, e)) != 0)
		goto out;
	buf_printf(&text, "%s\n", vkey_text(vk));
	rc = folder_write(tmp, "national.vkey", buf_octets(&text), 0644, e);
out:
	vkey_free(vk);
	buf_fini(&text);
	return rc;
}

static int
make_keys(const struct nation_spec *spec, const char *tmp,
    struct keyring **kr, struct err *e)
{
	int	rc;

	if ((rc = spec->pass.len > 0 ? keyring_create_with(tmp, spec->pass,
	    kr, e) : keyring_create(tmp, kr, e)) != 0 ||
	    (spec->token.len > 0 &&
	    (rc = keyring_use_token(*kr, spec->token, e)) != 0) ||
	    (rc = keyring_make(*kr, KEY_ROOT, e)) != 0)
		return rc;
	return keyring_make(*kr, KEY_NATIONAL, e);
}

int
nation_found(const char *dir, const struct nation_spec *spec, struct err *e)
{
	const struct root_spec	 root = {
	    .crt = "ca/root.crt", .crl = "ca/root.crl",
	    .organisation = spec->organisation != NULL ? spec->organisation :
	    spec->name, .common_name = spec->common_name != NULL ?
	    spec->common_name : ROOT_NAME, .days = spec->days,
	    .now = spec->now };
	struct keyring		*kr = NULL;
	char			*tmp = NULL;
	int			 rc;

	if ((rc = folder_begin(dir, "national.vkey", &tmp, e)) != 0)
		return rc;
	if ((rc = folder_sub(tmp, "ca", e)) != 0 ||
	    (rc = folder_sub(tmp, "issued", e)) != 0 ||
	    (rc = make_keys(spec, tmp, &kr, e)) != 0 ||
	    (rc = root_make(kr, tmp, &root, e)) != 0 ||
	    (rc = make_vkey(kr, tmp, spec->name, e)) != 0 ||
	    (spec->last != NULL &&
	    (rc = spec->last(spec->arg, kr, tmp, e)) != 0))
		goto out;
	rc = folder_end(dir, tmp, e);
out:
	if (rc != 0) {
		keyring_undo(kr);
		folder_undo(tmp);
	}
	keyring_free(kr);
	free(tmp);
	return rc;
}

/* ---- using it */

static int
certify(const struct nation *n, const char *dir, const struct csr *csr,
    const char *url, int64_t now, struct buf *der, struct err *e)
{
	struct cert_spec	 spec;
	struct cert		*c = NULL;
	char			*crl_url = NULL, *ca_url = NULL;
	int			 rc;

	memset(&spec, 0, sizeof(spec));
	if (url != NULL) {
		crl_url = xasprintf("%s/ca/root.crl", url);
		ca_url = xasprintf("%s/ca/root.crt", url);
	}
	spec.profile = CERT_AUTHORITY;
	spec.subject.organisation = csr->organisation;
	spec.subject.common_name = csr->common_name;
	spec.not_before = now;
	spec.point = csr->point;
	spec.crl_url = crl_url;
	spec.ca_url = ca_url;
	if ((rc = cert_issue(&spec, n->root, n->kr, KEY_ROOT, der, e)) == 0 &&
	    (rc = cert_parse(buf_octets(der), &c, e)) == 0)
		rc = nation_keep(dir, c, e);
	cert_free(c);
	free(ca_url);
	free(crl_url);
	return rc;
}

int
nation_certify(const char *dir, struct octets request, const char *url,
    int64_t now, struct buf *out, struct err *e)
{
	struct nation	 n;
	struct bundle	 b;
	struct buf	 der;
	struct csr	 csr;
	int		 rc;

	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	bundle_init(&b);
	buf_init(&der, LIMIT_CSR);
	if ((rc = cert_unpem(request, "CERTIFICATE REQUEST", &der, e)) != 0 ||
	    (rc = csr_read(buf_octets(&der), &csr, e)) != 0 ||
	    (rc = nation_lists(&n, now, e)) != 0 ||
	    (rc = certify(&n, dir, &csr, url, now, &b.province, e)) != 0 ||
	    (rc = nation_roots(&n, &b.roots, e)) != 0)
		goto out;
	b.national_vkey = xstrdup((char *)n.vkey.p);
	if ((rc = bundle_check(&b, csr.point, now, e)) != 0)
		goto out;
	bundle_format(&b, out);
	rc = 0;
out:
	buf_fini(&der);
	bundle_fini(&b);
	nation_close(&n);
	return rc;
}

/* ---- the trust list */

/* The last version, 0 if there was none. */
static int
last_version(const char *dir, uint64_t *v, struct err *e)
{
	struct err	 gone = ERR_INIT;
	struct cursor	 c;
	struct buf	 text;
	int		 rc;

	*v = 0;
	buf_init(&text, 64);
	rc = folder_read(dir, "trust.version", &text, &gone);
	if (rc == ERR_NOTFOUND)
		rc = 0;
	else if (rc != 0)
		(void)err_set(e, (enum err_code)rc, "%s", gone.text);
	else {
		c = cursor_of(text.p, text.len);
		if (!take_decimal(&c, v))
			rc = err_set(e, ERR_FORMAT, "%s/trust.version is not "
			    "a number", dir);
	}
	buf_fini(&text);
	return rc;
}

/* The certificates of a descriptor, each by this root, or by the one before
 * until it is cut. */
static int
take_ca(const struct nation *n, const struct descriptor *d,
    struct trust_province *p, struct err *e)
{
	char		**b64 = d->ca.items;
	struct cert	 *c;
	uint8_t		 *der;
	size_t		  i, len;
	int		  rc;

	p->ca = xcalloc(d->ca.n, sizeof(*p->ca));
	for (i = 0; i < d->ca.n; i++) {
		der = xmalloc(LIMIT_CERT);
		p->ca[p->nca++] = OCTETS(der, 0);
		if (!b64_decode(b64[i], strlen(b64[i]), der, LIMIT_CERT,
		    &len))
			return err_set_id(e, ERR_INVAL, "bad-descriptor",
			    "province %s: ca is not base64", d->province);
		p->ca[i].len = len;
		if ((rc = cert_parse(p->ca[i], &c, e)) != 0)
			return rc;
		if ((rc = cert_check(c, CERT_AUTHORITY, e)) == 0 &&
		    (n->old == NULL || n->cut ||
		    cert_verify(c, n->old, NULL) != 0))
			rc = cert_verify(c, n->root, e);
		cert_free(c);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Add the authorities of licensed bodies that certify seals of p. */
static int
take_licensed(const struct nation_list *list, struct trust_province *p,
    int64_t now, struct err *e)
{
	struct octets	der[LIMIT_ANCHORS];
	struct buf	all;
	size_t		i, k, n;
	int		rc = 0;

	for (i = 0; i < list->nlicensed && rc == 0; i++) {
		if (strncmp(list->licensed[i], p->province, 2) != 0)
			continue;
		buf_init(&all, LIMIT_ANCHORS_DER);
		rc = anchors_read(list->licensed[i] + 3, now, &all, e);
		n = rc == 0 ? anchors_list(buf_octets(&all), der) : 0;
		p->ca = xreallocarray(p->ca, p->nca + n + 1, sizeof(*p->ca));
		for (k = 0; k < n; k++)
			p->ca[p->nca++] = OCTETS(xmemdup(der[k].p,
			    der[k].len), der[k].len);
		buf_fini(&all);
	}
	return rc;
}

/* Each names a province of the list. */
static int
check_licensed(const struct nation_list *list, const struct trust *t,
    struct err *e)
{
	const char	*s;
	size_t		 i, k;

	for (i = 0; i < list->nlicensed; i++) {
		s = list->licensed[i];
		for (k = 0; k < t->nprovinces; k++)
			if (strncmp(t->provinces[k].province, s, 2) == 0 &&
			    s[2] == '=' && s[3] != '\0')
				break;
		if (k == t->nprovinces)
			return err_set_id(e, ERR_INVAL, "bad-licensed",
			    "\"%.60s\" is not NN=FILE of a province of the "
			    "list", s);
	}
	return 0;
}

static char **
copy_list(const struct conf_list *l, size_t *n)
{
	char	**from = l->items, **to = xcalloc(l->n + 1, sizeof(*to));
	size_t	  i;

	for (i = 0; i < l->n; i++)
		to[i] = xstrdup(from[i]);
	*n = l->n;
	return to;
}

static int
take_province(const struct nation *n, const char *path,
    const struct nation_list *list, struct trust_province *p, struct err *e)
{
	struct descriptor	 d;
	int			 rc;

	if ((rc = descriptor_load(path, &d, e)) != 0)
		return rc;
	p->province = xstrdup(d.province);
	p->origin = xstrdup(d.origin);
	p->urls = copy_list(&d.urls, &p->nurls);
	p->prefixes = copy_list(&d.prefixes, &p->nprefixes);
	p->complete_electronic = list->complete_since > 0 ?
	    list->complete_since : 0;
	if (list->complete_since == 0)
		(void)tm_parse(d.founded, &p->complete_electronic);
	p->keys = xcalloc(1, sizeof(*p->keys));
	p->nkeys = 1;
	p->keys[0].until = UINT64_MAX;
	if ((rc = vkey_parse(d.vkey, &p->keys[0].vkey, e)) == 0)
		rc = take_ca(n, &d, p, e);
	descriptor_fini(&d);
	return rc;
}

/* Sign the body of t; out gets the whole note. */
static int
sign_list(const struct nation *n, const struct trust *t, struct buf *out,
    struct err *e)
{
	struct vkey	*vk = NULL;
	struct buf	 body, msg;
	uint8_t		 sig[SM2_SIG_LEN];
	int		 rc;

	buf_init(&body, LIMIT_NOTE);
	buf_init(&msg, LIMIT_NOTE + 128);
	trust_format(t, &body);
	note_message(buf_octets(&body), t->issued, &msg);
	if (!buf_ok(&body) || !buf_ok(&msg)) {
		rc = err_set(e, ERR_TOOBIG, "trust list over %u octets",
		    LIMIT_NOTE);
		goto out;
	}
	if ((rc = vkey_parse((char *)n->vkey.p, &vk, e)) != 0 ||
	    (rc = key_sign(n->kr, KEY_NATIONAL, buf_octets(&msg), sig,
	    e)) != 0)
		goto out;
	buf_put_octets(out, buf_octets(&body));
	note_sign_line(vk, t->issued, sig, out);
	rc = 0;
out:
	vkey_free(vk);
	buf_fini(&msg);
	buf_fini(&body);
	return rc;
}

/* What was signed reads back, as a node will read it. */
static int
read_back(const struct nation *n, struct octets note, struct err *e)
{
	struct vkey	*vk = NULL;
	struct trust	*t = NULL;
	int		 rc;

	if ((rc = vkey_parse((char *)n->vkey.p, &vk, e)) == 0)
		rc = trust_parse(note, vk, &t, e);
	trust_free(t);
	vkey_free(vk);
	return rc;
}

int
nation_trust(const char *dir, const struct nation_list *list, int64_t now,
    struct buf *out, uint64_t *version, struct err *e)
{
	struct nation	 n;
	struct trust	*t;
	struct buf	 text, note;
	size_t		 i;
	int		 rc;

	*version = 0;
	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	buf_init(&text, 64);
	buf_init(&note, LIMIT_NOTE);
	t = xcalloc(1, sizeof(*t));
	t->provinces = xcalloc(list->nnodes + 1, sizeof(*t->provinces));
	t->issued = now;
	t->expires = now + list->days * DAY;
	t->max_age = list->max_age;
	for (i = 0; i < list->nnodes; i++) {
		t->nprovinces++;
		if ((rc = take_province(&n, list->nodes[i], list,
		    &t->provinces[i], e)) != 0)
			goto out;
	}
	if ((rc = check_licensed(list, t, e)) != 0)
		goto out;
	for (i = 0; i < t->nprovinces; i++)
		if ((rc = take_licensed(list, &t->provinces[i], now,
		    e)) != 0)
			goto out;
	if ((rc = last_version(dir, &t->version, e)) != 0)
		goto out;
	t->version++;
	if ((rc = sign_list(&n, t, &note, e)) != 0 ||
	    (rc = read_back(&n, buf_octets(&note), e)) != 0)
		goto out;
	buf_printf(&text, "%" PRIu64 "\n", t->version);
	if ((rc = folder_write(dir, "trust.version", buf_octets(&text), 0644,
	    e)) != 0 || (rc = folder_write(dir, "trust", buf_octets(&note),
	    0644, e)) != 0)
		goto out;
	buf_put_octets(out, buf_octets(&note));
	*version = t->version;
	rc = 0;
out:
	trust_free(t);
	buf_fini(&note);
	buf_fini(&text);
	nation_close(&n);
	return rc;
}
