#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/bundle.h"
#include "registry/found/folder.h"
#include "registry/found/nation_open.h"
#include "registry/found/root.h"
#include "registry/found/succession.h"

/* ---- stage */

/* subject's key certified by by, whose key is in KEY_ROOT of kr. */
static int
cross(const char *dir, const struct keyring *kr, const struct cert *by,
    const struct cert *subject, const char *name, struct err *e)
{
	const struct cert_facts	*f = cert_facts(subject);
	struct cert_spec	 spec;
	struct cert		*c = NULL;
	struct buf		 der;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	memset(&spec, 0, sizeof(spec));
	spec.profile = CERT_CROSS_ROOT;
	spec.subject.organisation = f->organisation;
	spec.subject.common_name = f->common_name;
	spec.not_before = f->not_before > cert_facts(by)->not_before ?
	    f->not_before : cert_facts(by)->not_before;
	spec.not_after = f->not_after < cert_facts(by)->not_after ?
	    f->not_after : cert_facts(by)->not_after;
	spec.point = point;
	if ((rc = cert_point(subject, point, e)) == 0 &&
	    (rc = cert_issue(&spec, by, kr, KEY_ROOT, &der, e)) == 0 &&
	    (rc = cert_parse(buf_octets(&der), &c, e)) == 0 &&
	    (rc = nation_keep(dir, c, e)) == 0)
		rc = folder_write(dir, name, cert_der(c), 0644, e);
	cert_free(c);
	buf_fini(&der);
	return rc;
}

static void
forget(const char *dir, const char *name)
{
	char	*path = xasprintf("%s/%s", dir, name);

	(void)unlink(path);	/* it says nothing that is not said elsewhere */
	free(path);
}

int
succession_put(const char *dir, const struct keyring *kr, struct keyring *next,
    const struct succession_spec *s, struct err *e)
{
	const struct cert	*root = keyring_cert(kr, KEY_ROOT);
	struct root_spec	 spec = { .crt = NATION_NEXT_RAW,
				    .crl = "ca/root-next.crl",
				    .days = s->days, .now = s->now };
	struct cert		*c = NULL;
	struct buf		 der;
	bool			 there;
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	if (s->now < cert_facts(root)->not_before) {
		rc = err_set_id(e, ERR_INVAL, "bad-roots", "the present root "
		    "begins in the future: is the clock right?");
		goto out;
	}
	spec.organisation = cert_facts(root)->organisation;
	spec.common_name = cert_facts(root)->common_name;
	if ((rc = keyring_next(next, KEY_ROOT, false, &there, e)) != 0 ||
	    (rc = root_make(next, dir, &spec, e)) != 0 ||
	    (rc = folder_read(dir, NATION_NEXT_RAW, &der, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&der), &c, e)) != 0 ||
	    (rc = cross(dir, kr, root, c, NATION_NEXT_UP, e)) != 0 ||
	    (rc = cross(dir, next, c, root, NATION_NEXT_BACK, e)) != 0)
		goto out;
	if ((rc = folder_write(dir, "ca/root-next.crt", cert_der(c), 0644,
	    e)) == 0)
		forget(dir, NATION_NEXT_RAW);
out:
	cert_free(c);
	buf_fini(&der);
	return rc;
}

/* One at a time: nobody tells of a root before the last. */
static int
check_alone(const struct nation *n, int64_t now, struct err *e)
{
	if (n->old == NULL || n->cut || cert_facts(n->old)->not_after <= now)
		return 0;
	return err_set_id(e, ERR_CONFLICT, "rollover-open", "what the root "
	    "before the present one has certified may be good until %s/"
	    "ca/root-old.crt ends: \"sealreg national cut\" ends it, when "
	    "every province has a certificate by the present one", n->dir);
}

int
succession_stage(const char *dir, int64_t days, int64_t now, bool *again,
    struct err *e)
{
	const struct succession_spec	 s = { .days = days, .now = now };
	struct keyring			*next = NULL;
	struct nation			 n;
	int				 rc;

	*again = false;
	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	*again = n.next != NULL;
	if (!*again && (rc = check_alone(&n, now, e)) == 0 &&
	    (rc = keyring_open(dir, &next, e)) == 0)
		rc = succession_put(dir, n.kr, next, &s, e);
	keyring_free(next);
	nation_close(&n);
	return rc;
}

/* ---- switch */

static int
copy(const char *dir, const char *from, const char *to, struct err *e)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CRL);
	if ((rc = folder_read(dir, from, &b, e)) == 0)
		rc = folder_write(dir, to, buf_octets(&b), 0644, e);
	buf_fini(&b);
	return rc;
}

int
succession_switch(const char *dir, int64_t now, struct err *e)
{
	struct nation	 n, after;
	int		 rc;

	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	if (n.next == NULL)
		rc = err_set_id(e, ERR_CONFLICT, "no-rollover", "there is "
		    "no next root to switch to: \"sealreg national rekey\", "
		    "or a ceremony, makes one");
	else if ((rc = check_alone(&n, now, e)) != 0 && memcmp(
	    cert_facts(n.old)->serial, cert_facts(n.root)->serial,
	    CERT_SERIAL_MAX + 1) == 0) {
		/* Not another one: a switch that was cut short. */
		*e = (struct err)ERR_INIT;
		rc = 0;
	}
	if (rc == 0 && (rc = copy(dir, "ca/root.crl", "ca/root-old.crl",
	    e)) == 0 &&
	    (rc = copy(dir, "ca/root.crt", "ca/root-old.crt", e)) == 0) {
		forget(dir, NATION_CUT);
		if ((rc = copy(dir, NATION_NEXT_UP, NATION_UP, e)) == 0 &&
		    (rc = copy(dir, NATION_NEXT_BACK, NATION_BACK,
		    e)) == 0)
			rc = copy(dir, "ca/root-next.crt", "ca/root.crt", e);
	}
	nation_close(&n);
	if (rc == 0 && (rc = nation_open(dir, &after, e)) == 0)
		nation_close(&after);	/* opened, it has been ended */
	return rc;
}

/* ---- publish */

int
succession_publish(const char *dir, int64_t now, struct buf *out,
    struct err *e)
{
	struct nation	 n;
	struct bundle	 b;
	bool		 former;
	int		 rc;

	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	bundle_init(&b);
	b.national_vkey = xstrdup((char *)n.vkey.p);
	if ((rc = nation_lists(&n, now, e)) == 0 &&
	    (rc = nation_roots(&n, &b.roots, e)) == 0 &&
	    (rc = roots_check(&b.roots, now, &former, e)) == 0)
		bundle_format(&b, out);
	bundle_fini(&b);
	nation_close(&n);
	return rc;
}
