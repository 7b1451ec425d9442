#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/found/folder.h"
#include "registry/found/nation_open.h"
#include "registry/found/root.h"
#include "registry/found/succession.h"

#define SUPERSEDED	4		/* CRLReason (RFC 5280, 5.3.1) */

/* What the old root has certified, and whose keys the new one has. */
struct cut {
	const struct nation	*n;
	int64_t			 now;
	struct cert		**old;
	uint8_t			(*new)[SM2_POINT_LEN];
	size_t			 nold, nnew;
};

static int
take_one(struct cut *c, const char *name, struct err *e)
{
	struct cert	*one = NULL;
	struct buf	 b;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	buf_init(&b, LIMIT_CERT);
	if ((rc = folder_read(c->n->dir, name, &b, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b), &one, e)) != 0 ||
	    cert_facts(one)->not_after <= c->now ||
	    cert_check(one, CERT_AUTHORITY, NULL) != 0 ||
	    (rc = cert_point(one, point, e)) != 0)
		goto out;
	if (cert_verify(one, c->n->root, NULL) == 0) {
		c->new = xreallocarray(c->new, c->nnew + 1, sizeof(*c->new));
		memcpy(c->new[c->nnew++], point, sizeof(point));
	} else if (cert_verify(one, c->n->old, NULL) == 0) {
		c->old = xreallocarray(c->old, c->nold + 1, sizeof(*c->old));
		c->old[c->nold++] = one;
		one = NULL;
	}
out:
	cert_free(one);
	buf_fini(&b);
	return rc;
}

static int
take_all(struct cut *c, struct err *e)
{
	struct dirent	*de;
	char		*path = xasprintf("%s/issued", c->n->dir), *name;
	DIR		*d = opendir(path);
	size_t		 len;
	int		 rc = 0;

	if (d == NULL)
		rc = err_set_errno(e, ERR_IO, "%s", path);
	while (rc == 0 && (de = readdir(d)) != NULL) {
		len = strlen(de->d_name);
		if (len < 5 || strcmp(de->d_name + len - 4, ".crt") != 0)
			continue;
		name = xasprintf("issued/%s", de->d_name);
		rc = take_one(c, name, e);
		free(name);
	}
	if (d != NULL)
		(void)closedir(d);
	free(path);
	return rc;
}

/* The key of each certificate has one by the new root, too. */
static int
check_behind(const struct cut *c, struct err *e)
{
	uint8_t	point[SM2_POINT_LEN];
	size_t	i, k;
	int	rc;

	for (i = 0; i < c->nold; i++) {
		if ((rc = cert_point(c->old[i], point, e)) != 0)
			return rc;
		for (k = 0; k < c->nnew; k++)
			if (memcmp(c->new[k], point, sizeof(point)) == 0)
				break;
		if (k == c->nnew)
			return err_set_id(e, ERR_CONFLICT, "province-behind",
			    "%.120s has no certificate by the new root: "
			    "\"sealreg ca renew province\" there, and certify "
			    "it; nothing was changed (--early cuts it all the "
			    "same)", cert_facts(c->old[i])->subject);
	}
	return 0;
}

/* The last list of the old key: nobody needs that key any more. */
static int
put_list(const struct cut *c, struct err *e)
{
	struct crl_entry	*all = xcalloc(c->nold + 1, sizeof(*all));
	const struct cert_facts	*f;
	struct root_list	 l = { .slot = KEY_ROOT_OLD,
				    .crl = "ca/root-old.crl", .more = all,
				    .nmore = c->nold };
	size_t			 i;
	int			 rc;

	for (i = 0; i < c->nold; i++) {
		f = cert_facts(c->old[i]);
		memcpy(all[i].serial, f->serial, f->seriallen);
		all[i].seriallen = f->seriallen;
		all[i].revoked_at = c->now;
		all[i].reason = SUPERSEDED;
	}
	crl_entries_sort(all, c->nold);
	l.until = cert_facts(c->n->old)->not_after;
	rc = root_list_next(c->n->kr, c->n->dir, &l, c->now, e);
	free(all);
	return rc;
}

int
succession_cut(const char *dir, bool early, int64_t now, size_t *count,
    struct err *e)
{
	struct nation	 n;
	struct cut	 c = { .n = &n, .now = now };
	size_t		 i;
	int		 rc;

	*count = 0;
	if ((rc = nation_open(dir, &n, e)) != 0)
		return rc;
	if (n.old == NULL || n.cut || n.next != NULL)
		rc = err_set_id(e, ERR_CONFLICT, "no-rollover", n.next !=
		    NULL ? "the next root is not in use: \"sealreg national "
		    "switch\" comes first" : "there is no root before the "
		    "present one, or it is cut");
	else if (keyring_cert(n.kr, KEY_ROOT_OLD) == NULL)
		rc = err_set_id(e, ERR_NOTFOUND, "no-key", "the key of "
		    "%s/ca/root-old.crt is not in %s/keys", dir, dir);
	else if ((rc = take_all(&c, e)) == 0 &&
	    (early || (rc = check_behind(&c, e)) == 0) &&
	    (rc = put_list(&c, e)) == 0 &&
	    (rc = folder_write(dir, NATION_CUT, OCTETS("", 0), 0644, e)) == 0)
		*count = c.nold;
	for (i = 0; i < c.nold; i++)
		cert_free(c.old[i]);
	free(c.old);
	free(c.new);
	nation_close(&n);
	return rc;
}
