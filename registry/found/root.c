#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/found/folder.h"
#include "registry/found/root.h"

#define DAY	86400

int
root_make(const struct keyring *kr, const char *dir,
    const struct root_spec *s, struct err *e)
{
	const struct crl_spec	 crl = { NULL, 0, 1, s->now,
	    s->now + ROOT_CRL_DAYS * DAY, NULL };
	struct cert_spec	 spec;
	struct cert		*root = NULL;
	struct buf		 der, list;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	buf_init(&der, LIMIT_CERT);
	buf_init(&list, LIMIT_CRL);
	memset(&spec, 0, sizeof(spec));
	spec.profile = CERT_ROOT;
	spec.subject.organisation = s->organisation;
	spec.subject.common_name = s->common_name;
	spec.not_before = s->now;
	spec.not_after = s->days > 0 ? s->now + s->days * DAY : 0;
	spec.point = point;
	if ((rc = keyring_point(kr, KEY_ROOT, point, e)) != 0 ||
	    (rc = cert_issue(&spec, NULL, kr, KEY_ROOT, &der, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&der), &root, e)) != 0 ||
	    (rc = crl_issue(&crl, root, kr, KEY_ROOT, &list, e)) != 0 ||
	    (rc = folder_write(dir, s->crl, buf_octets(&list), 0644,
	    e)) != 0 ||
	    (rc = folder_write(dir, s->crt, buf_octets(&der), 0644, e)) != 0)
		goto out;
	rc = 0;
out:
	cert_free(root);
	buf_fini(&list);
	buf_fini(&der);
	return rc;
}

static int
read_list(const char *dir, const struct root_list *l, struct crl **crl,
    struct err *e)
{
	struct buf	 b;
	int		 rc;

	*crl = NULL;
	buf_init(&b, LIMIT_CRL);
	if ((rc = folder_read(dir, l->crl, &b, e)) == 0)
		rc = crl_parse(buf_octets(&b), crl, e);
	buf_fini(&b);
	return rc;
}

/* Those of before with all that was said of them, and the new ones. */
static struct crl_entry *
entries_of(const struct crl *crl, const struct root_list *l, size_t *n)
{
	struct crl_entry	*all = crl_entries(crl);
	size_t			 i;

	*n = crl_count(crl);
	all = xreallocarray(all, *n + l->nmore + 1, sizeof(*all));
	for (i = 0; i < *n; i++)
		(void)crl_find(crl, all[i].serial, all[i].seriallen, &all[i]);
	for (i = 0; i < l->nmore; i++)
		if (!crl_find(crl, l->more[i].serial, l->more[i].seriallen,
		    NULL))
			all[(*n)++] = l->more[i];
	crl_entries_sort(all, *n);
	return all;
}

int
root_list_next(const struct keyring *kr, const char *dir,
    const struct root_list *l, int64_t now, struct err *e)
{
	struct crl_spec		 spec = { .this_update = now };
	struct crl_entry	*all = NULL;
	struct crl		*crl = NULL;
	struct buf		 der;
	int			 rc;

	buf_init(&der, LIMIT_CRL);
	if ((rc = read_list(dir, l, &crl, e)) != 0)
		goto out;
	all = entries_of(crl, l, &spec.nentries);
	spec.entries = all;
	spec.number = crl_number(crl) + 1;
	spec.next_update = l->until > now ? l->until :
	    now + ROOT_CRL_DAYS * DAY;
	if ((rc = crl_issue(&spec, keyring_cert(kr, l->slot), kr, l->slot,
	    &der, e)) == 0)
		rc = folder_write(dir, l->crl, buf_octets(&der), 0644, e);
out:
	free(all);
	crl_free(crl);
	buf_fini(&der);
	return rc;
}

int
root_list_fresh(const struct keyring *kr, const char *dir,
    const struct root_list *l, int64_t now, struct err *e)
{
	struct crl	*crl = NULL;
	bool		 due;
	int		 rc;

	if ((rc = read_list(dir, l, &crl, e)) != 0)
		return rc;
	due = crl_this_update(crl) < now - ROOT_CRL_AGAIN * DAY &&
	    crl_next_update(crl) < now + (int64_t)ROOT_CRL_DAYS * DAY;
	crl_free(crl);
	return due ? root_list_next(kr, dir, l, now, e) : 0;
}
