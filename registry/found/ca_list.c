#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/ca_list.h"

struct reading {
	const char	*dir;
	struct ca_list	*l;
};

/* SLOT-SERIAL.crt is kept, SLOT.crt in use. */
static bool
is_kept(const struct ca_row *r)
{
	const size_t	 n = strlen(r->file), k = strlen(r->serial);

	return n > k + 5 && memcmp(r->file + n - 4 - k, r->serial, k) == 0;
}

/* To somebody, not to the node. */
static bool
is_issued(const struct ca_row *r)
{
	return strncmp(r->file, "officer-", 8) == 0 ||
	    strncmp(r->file, "tls-", 4) == 0;
}

static bool
is_revoked(const char *dir, const char *serial)
{
	char	*path = xasprintf("%s/ca/%s.revoked", dir, serial);
	bool	 is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static int
read_one(void *arg, const char *name, struct err *e)
{
	struct reading		*rd = arg;
	struct ca_row		*r = &rd->l->row[rd->l->n];
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	char			*path = xasprintf("%s/ca/%s", rd->dir, name);
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	if ((rc = file_read(path, LIMIT_CERT, &p, &n, e)) != 0 ||
	    (rc = cert_parse(OCTETS(p, n), &c, e)) != 0)
		goto out;
	f = cert_facts(c);
	(void)snprintf(r->file, sizeof(r->file), "%s", name);
	(void)snprintf(r->subject, sizeof(r->subject), "%s", f->subject);
	hex_encode(f->serial, f->seriallen, r->serial);
	r->not_before = f->not_before;
	r->not_after = f->not_after;
	r->state = is_revoked(rd->dir, r->serial) ? "revoked" :
	    is_issued(r) ? "issued" : cert_is_cross(c) ? "cross" : is_kept(r) ? "kept" : "in use";
	rd->l->n++;
	rc = 0;
out:
	cert_free(c);
	free(p);
	free(path);
	return rc;
}

int
ca_list_read(const char *dir, struct ca_list *l, struct err *e)
{
	struct reading	rd = { dir, l };

	l->n = 0;
	return ca_folder_each(dir, ".crt", read_one, &rd, e);
}
