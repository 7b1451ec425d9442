#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/cert.h"
#include "registry/config.h"
#include "registry/found/ca_list.h"
#include "registry/found/folder.h"
#include "registry/found/renew.h"
#include "registry/found/revoke.h"
#include "registry/revoked.h"

/* Is it by this authority, if there is one of this name? */
static bool
is_by(const char *dir, const char *authority, const struct cert *c)
{
	struct cert	*by = NULL;
	struct buf	 b;
	bool		 is;

	buf_init(&b, LIMIT_CERT);
	is = folder_read(dir, authority, &b, NULL) == 0 &&
	    cert_parse(buf_octets(&b), &by, NULL) == 0 &&
	    cert_verify(c, by, NULL) == 0;
	cert_free(by);
	buf_fini(&b);
	return is;
}

static int
check_own(const char *dir, const struct ca_row *row,
    const struct revoke_spec *s, struct err *e)
{
	struct cert	*c = NULL;
	struct buf	 b;
	char		*name = xasprintf("ca/%s", row->file);
	bool		 own;
	int		 rc;

	buf_init(&b, LIMIT_CERT);
	if ((rc = folder_read(dir, name, &b, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&b), &c, e)) != 0)
		goto out;
	own = (!cert_facts(c)->is_ca || cert_is_cross(c)) && (is_by(dir, "ca/province.crt", c) ||
	    is_by(dir, "ca/province-old.crt", c));
	if (!own)
		rc = err_set_id(e, ERR_NOTFOUND, "no-such-certificate",
		    "%s is an authority's, or not by this province's: its "
		    "issuer revokes it", row->file);
	else if (s->at < row->not_before || s->at > s->now)
		rc = err_set_id(e, ERR_INVAL, "bad-revocation", "a "
		    "certificate is revoked at a time since it was issued, and "
		    "not in the future");
out:
	cert_free(c);
	buf_fini(&b);
	free(name);
	return rc;
}

/* Of one serial there may be two files: in use counts. */
static const struct ca_row *
find(const struct ca_list *l, const char *serial)
{
	const struct ca_row	*found = NULL;
	size_t			 i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->row[i].serial, serial) == 0 && (found == NULL ||
		    strcmp(l->row[i].state, "in use") == 0))
			found = &l->row[i];
	return found;
}

static int
put(const char *dir, const struct revoke_spec *s, struct err *e)
{
	const struct revoked	 r = { s->at, s->reason };
	const struct ca_row	*row;
	struct ca_list		*l = xcalloc(1, sizeof(*l));
	struct err		 why = ERR_INIT;
	struct buf		 text;
	char			*path = NULL;
	int			 rc;

	buf_init(&text, 256);
	if ((rc = ca_list_read(dir, l, e)) != 0)
		goto out;
	if ((row = find(l, s->serial)) == NULL) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-such-certificate",
		    "no certificate in %s/ca has serial %s; \"sealreg ca "
		    "list\" tells them", dir, s->serial);
		goto out;
	}
	if ((rc = check_own(dir, row, s, e)) != 0)
		goto out;
	if (strcmp(row->state, "in use") == 0) {
		rc = err_set_id(e, ERR_CONFLICT, "certificate-in-use",
		    "%s is in use: first \"sealreg ca rekey\", and then "
		    "revoke it", row->file);
		goto out;
	}
	path = xasprintf("%s/ca/%s.revoked", dir, row->serial);
	revoked_format(&r, &text);
	if ((rc = file_create(path, buf_octets(&text), 0644, &why)) ==
	    ERR_CONFLICT)
		rc = err_set_id(e, ERR_CONFLICT, "already-revoked",
		    "%s is revoked already; a revocation stays", row->file);
	else if (rc != 0)
		*e = why;
out:
	free(path);
	buf_fini(&text);
	free(l);
	return rc;
}

/* As ca_list writes it: others print zeros in front, colons and capitals. */
static void
plain_serial(const char *in, char *out, size_t n)
{
	size_t	 i = 0;

	while (in[0] == '0' && in[1] == '0' && in[2] != '\0')
		in += 2 + (in[2] == ':');
	for (; *in != '\0' && i + 1 < n; in++)
		if (*in != ':')
			out[i++] = (char)tolower((unsigned char)*in);
	out[i] = '\0';
}

int
revoke_own(const struct revoke_spec *spec, struct err *e)
{
	struct revoke_spec	 s = *spec;
	struct config		*cf = NULL;
	char			*path = NULL;
	char			 serial[128];
	int			 lock = -1, rc;

	plain_serial(spec->serial, serial, sizeof(serial));
	s.serial = serial;
	if (s.at == 0)
		s.at = s.now;
	if ((rc = config_load(s.dir, &cf, e)) != 0)
		goto out;
	path = config_path(cf, RENEW_LOCK);
	if ((rc = file_lock(path, &lock, e)) == 0)
		rc = put(cf->dir, &s, e);
out:
	if (lock != -1)
		(void)close(lock);
	free(path);
	config_free(cf);
	return rc;
}
