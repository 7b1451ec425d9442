#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/csr.h"
#include "registry/ca_folder.h"
#include "registry/found/folder.h"
#include "registry/found/issue.h"
#include "registry/found/leaf.h"
#include "registry/found/renew.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define DAY	86400

/* One issue at work: what was asked for, as the jail read it. */
struct work {
	const struct issue_spec	*s;
	const struct config	*cf;
	uint8_t			 point[SM2_POINT_LEN];
	char			*organisation, *name;
	size_t			 n;	/* certificates that there are */
	struct issued		*out;
	struct buf		*pem;
	bool			 found;
};

/* ---- the request */

static int
take_reading(struct work *w, const CsrReading *m, struct err *e)
{
	if (m->public_key.len != sizeof(w->point))
		return err_set_id(e, ERR_FORMAT, "bad-csr",
		    "request: no point of SM2");
	memcpy(w->point, m->public_key.data, sizeof(w->point));
	w->organisation = xstrdup(m->organisation);
	w->name = xstrdup(w->s->dns != NULL ? w->s->dns :
	    w->s->name != NULL ? w->s->name : m->common_name);
	return 0;
}

/* Decoded in a process that holds nothing, before any key is opened. */
static int
read_request(struct work *w, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	struct buf		 der;
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	buf_init(&der, LIMIT_CSR);
	if ((rc = cert_unpem(w->s->request, "CERTIFICATE REQUEST", &der,
	    e)) == 0 &&
	    (rc = jail_once(&program_jail, MSG_TYPE__MSG_READ_CSR,
	    buf_octets(&der), OCTETS("", 0), &p, &n, e)) == 0 &&
	    (rc = msg_unpack(&csr_reading__descriptor, OCTETS(p, n), &m,
	    e)) == 0)
		rc = take_reading(w, (const CsrReading *)m, e);
	protobuf_c_message_free_unpacked(m, NULL);
	free(p);
	buf_fini(&der);
	return rc;
}

/* Labels of letters, digits and hyphens (RFC 1123, 2.1), in lower case. */
static int
check_dns(const char *name, struct err *e)
{
	const char	*p = name, *end;
	size_t		 n;
	bool		 good = strlen(name) <= 253;

	for (; good; p = end + 1) {
		end = strchrnul(p, '.');
		n = (size_t)(end - p);
		good = n > 0 && n <= 63 && p[0] != '-' && end[-1] != '-' &&
		    strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n;
		if (*end == '\0')
			break;
	}
	return good ? 0 : err_set_id(e, ERR_INVAL, "bad-dns-name",
	    "\"%.100s\" is no name of a server in lower case", name);
}

/* ---- what there is */

static void
tell(struct work *w, const char *file, const struct cert *c)
{
	const struct cert_facts	*f = cert_facts(c);

	(void)snprintf(w->out->file, sizeof(w->out->file), "ca/%s", file);
	(void)snprintf(w->out->subject, sizeof(w->out->subject), "%s",
	    f->subject);
	hex_encode(f->serial, f->seriallen, w->out->serial);
	w->out->not_after = f->not_after;
	cert_put_pem(cert_der(c), "CERTIFICATE", w->pem);
}

static bool
is_like(const struct work *w, const struct cert *c)
{
	const struct cert_facts	*f = cert_facts(c);
	uint8_t			 point[SM2_POINT_LEN];
	char			 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	char			*path;
	bool			 revoked;

	if (cert_point(c, point, NULL) != 0 ||
	    memcmp(point, w->point, sizeof(point)) != 0 ||
	    strcmp(f->common_name, w->name) != 0 ||
	    f->not_after < w->s->now + RENEW_BEFORE)
		return false;
	hex_encode(f->serial, f->seriallen, hex);
	path = xasprintf("%s/ca/%s.revoked", w->cf->dir, hex);
	revoked = access(path, F_OK) == 0;
	free(path);
	return !revoked;
}

static int
look_at(void *arg, const char *file, struct err *e)
{
	struct work	*w = arg;
	const char	*profile = profile_of(w->s->profile)->name;
	const size_t	 n = strlen(profile);
	struct cert	*c = NULL;
	struct buf	 b;
	char		*name;
	int		 rc;

	w->n++;
	if (w->found || strncmp(file, profile, n) != 0 || file[n] != '-')
		return 0;
	buf_init(&b, LIMIT_CERT);
	name = xasprintf("ca/%s", file);
	if ((rc = folder_read(w->cf->dir, name, &b, e)) == 0 &&
	    (rc = cert_parse(buf_octets(&b), &c, e)) == 0 && is_like(w, c)) {
		w->found = true;
		tell(w, file, c);
	}
	cert_free(c);
	free(name);
	buf_fini(&b);
	return rc;
}

/* ---- another */

static int
make(struct work *w, const struct keyring *kr, const struct cert *authority,
    struct buf *der, struct err *e)
{
	const struct issue_spec	*s = w->s;
	const char		*province;
	struct leaf_urls	 urls;
	struct cert_spec	 spec = { .profile = s->profile,
				    .not_before = s->now, .not_after =
				    s->days == 0 ? 0 : s->now + s->days * DAY,
				    .point = w->point, .dns_name = s->dns };
	char			*ca_url;
	int			 rc;

	if ((rc = leaf_province_name(w->cf->province, s->now, &province,
	    e)) != 0 ||
	    (rc = leaf_urls_init(&urls, w->cf, authority, e)) != 0)
		return rc;
	ca_url = xasprintf("%s/ca/province.crt", w->cf->url);
	spec.subject.organisation = w->organisation[0] != '\0' ?
	    w->organisation : province;
	spec.subject.common_name = w->name;
	spec.crl_url = urls.crl;
	spec.ca_url = ca_url;
	spec.ocsp_url = urls.ocsp;
	rc = cert_issue(&spec, authority, kr, KEY_AUTHORITY, der, e);
	free(ca_url);
	leaf_urls_fini(&urls);
	return rc;
}

static int
issue(struct work *w, const struct keyring *kr, struct err *e)
{
	const struct cert	*authority = keyring_cert(kr, KEY_AUTHORITY);
	struct cert		*c = NULL;
	struct buf		 der;
	char			 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	char			 file[sizeof(hex) + 16], *name = NULL;
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	if (authority == NULL) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-key", "%s lacks the key "
		    "or the certificate of %s", w->cf->dir,
		    key_slot_name(KEY_AUTHORITY));
		goto out;
	}
	if ((rc = ca_folder_each(w->cf->dir, ".crt", look_at, w, e)) != 0 ||
	    w->found)
		goto out;
	if (w->n >= LIMIT_ISSUED) {
		rc = err_set_id(e, ERR_TOOBIG, "ca-folder", "%s/ca holds %zu "
		    "certificates: move away what has ended", w->cf->dir,
		    w->n);
		goto out;
	}
	if ((rc = make(w, kr, authority, &der, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&der), &c, e)) != 0)
		goto out;
	hex_encode(cert_facts(c)->serial, cert_facts(c)->seriallen, hex);
	(void)snprintf(file, sizeof(file), "%s-%s.crt",
	    profile_of(w->s->profile)->name, hex);
	name = xasprintf("ca/%s", file);
	if ((rc = folder_write(w->cf->dir, name, cert_der(c), 0644, e)) == 0)
		tell(w, file, c);
out:
	if (rc == 0)
		cert_put_pem(cert_der(authority), "CERTIFICATE", w->pem);
	free(name);
	cert_free(c);
	buf_fini(&der);
	return rc;
}

int
issue_leaf(const struct issue_spec *s, struct issued *r, struct buf *pem,
    struct err *e)
{
	struct work	 w = { .s = s, .out = r, .pem = pem };
	struct keyring	*kr = NULL;
	struct config	*cf = NULL;
	char		*path = NULL;
	int		 lock = -1, rc;

	memset(r, 0, sizeof(*r));
	if ((s->dns != NULL && (rc = check_dns(s->dns, e)) != 0) ||
	    (rc = read_request(&w, e)) != 0 ||
	    (rc = config_load(s->dir, &cf, e)) != 0)
		goto out;
	w.cf = cf;
	path = config_path(cf, RENEW_LOCK);
	if ((rc = file_lock(path, &lock, e)) == 0 &&
	    (rc = keyring_open(cf->dir, &kr, e)) == 0)
		rc = issue(&w, kr, e);
	r->repeated = w.found;
out:
	if (lock != -1)
		(void)close(lock);
	keyring_free(kr);
	free(w.organisation);
	free(w.name);
	free(path);
	config_free(cf);
	return rc;
}
