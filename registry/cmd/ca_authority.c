#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/tm.h"
#include "ca/csr.h"
#include "registry/cmd/ca_authority.h"
#include "registry/found/bundle.h"
#include "registry/found/descriptor.h"
#include "registry/found/issue.h"
#include "registry/found/revoke.h"
#include "registry/found/rollover.h"
#include "registry/revoked.h"

#define TELL_NODE	"Tell the node if it runs: systemctl reload " \
	"sealreg, or SIGHUP to \"sealreg serve\".\n"

int
ca_request(const char *dir, bool rekey, bool json, struct err *e)
{
	int	rc;

	if ((rc = rollover_request(dir, rekey, tm_now(), e)) != 0)
		return rc;
	if (json)
		printf("{\"request\":\"" ROLLOVER_CSR "\",\"rekeyed\":%s}\n",
		    rekey ? "true" : "false");
	else
		printf("The request is in %s/" ROLLOVER_CSR ".  At the "
		    "national root:\n  sealreg national --data NATIONAL "
		    "certify --request province-next.csr --out bundle --url "
		    "URL\nThen here:\n  sealreg ca take bundle --data %s\n",
		    dir, dir);
	return 0;
}

int
ca_take(const char *dir, const struct ca_taken *s, struct err *e)
{
	struct rollover_papers	 papers = { .root = NULL };
	enum rollover_taken	 t;
	uint8_t			*p = NULL, root[SM3_LEN];
	size_t			 n;
	int			 rc;

	if (s->root != NULL && !hex_decode(s->root, strlen(s->root), root,
	    sizeof(root)))
		return err_set_id(e, ERR_INVAL, "root-unproven", "--root is "
		    "not the %d hexadecimal digits of an SM3", 2 * SM3_LEN);
	if (s->root != NULL)
		papers.root = root;
	if ((rc = file_read(s->file, LIMIT_BUNDLE, &p, &n, e)) != 0)
		goto out;
	papers.bundle = OCTETS(p, n);
	if ((rc = rollover_take(dir, &papers, tm_now(), &t, e)) != 0)
		goto out;
	if (s->json)
		printf("{\"staged\":%s,\"roots\":%s}\n",
		    t == ROLLOVER_STAGED ? "true" : "false",
		    t == ROLLOVER_ROOTS ? "true" : "false");
	else if (t == ROLLOVER_ROOTS)
		printf("The national root's certificates and lists are in "
		    "%s/ca, for everybody who asks the node.\n" TELL_NODE,
		    dir);
	else if (t == ROLLOVER_COUNTS)
		printf("The province's authority has another certificate.  "
		    "%s/" DESCRIPTOR_FILE " names it, for the next trust "
		    "list.\n" TELL_NODE, dir);
	else
		printf("The next authority is ready, and not in use.  %s/"
		    DESCRIPTOR_FILE " names both, for the next trust list.\n"
		    "When every node has that list:\n  sealreg ca switch "
		    "--data %s\n", dir, dir);
out:
	free(p);
	return rc;
}

int
ca_switch(const char *dir, bool json, struct err *e)
{
	int	rc;

	if ((rc = rollover_switch(dir, tm_now(), e)) != 0)
		return rc;
	printf(json ? "{\"switched\":true}\n" : "The next authority is in "
	    "use: it certifies from now on.  The one before goes on telling "
	    "of what it has certified; keep its key.\n" TELL_NODE);
	return 0;
}

int
ca_revoke(const char *dir, const char *serial, const char *reason,
    const char *at, struct err *e)
{
	struct revoke_spec	 s = { .dir = dir, .serial = serial,
				    .now = tm_now() };
	char			 t[TM_RFC3339_SIZE];
	int			 rc;

	if (!revoked_reason(reason, &s.reason))
		return err_set_id(e, ERR_INVAL, "bad-revocation", "there is "
		    "no reason \"%s\"; \"sealreg ca --help\" tells them",
		    reason);
	if (at != NULL && (!tm_parse(at, &s.at) || s.at <= 0))
		return err_set_id(e, ERR_INVAL, "bad-revocation", "\"%s\" is "
		    "no time like 2026-11-21T10:00:00+08:00", at);
	if ((rc = revoke_own(&s, e)) != 0)
		return rc;
	tm_rfc3339(s.at != 0 ? s.at : s.now, t);
	printf("%s is revoked since %s, for good (%s).\n" TELL_NODE, serial,
	    t, revoked_word(s.reason));
	return 0;
}

static void
tell_issued(const struct ca_issue *c, const struct issued *r)
{
	char	 until[TM_RFC3339_SIZE];
	json_t	*j;

	tm_rfc3339(r->not_after, until);
	if (!c->json) {
		printf("%s: %s\n  until %s, serial %s.  %s has it and the "
		    "authority's.\n%s", r->repeated ? "Issued before, and "
		    "given again" : "Issued", r->subject, until, r->serial,
		    c->out, r->repeated ? "" : TELL_NODE);
		return;
	}
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "file", r->file,
	    "subject", r->subject, "serial", r->serial, "not_after", until,
	    "out", c->out, "repeated", r->repeated);
	(void)json_dumpf(j, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(j);
}

int
ca_issue(const struct ca_issue *c, struct err *e)
{
	struct issue_spec	 s = { .dir = c->dir, .profile =
				    profile_named(c->profile), .name =
				    c->name, .dns = c->dns, .days = c->days,
				    .now = tm_now() };
	struct issued		 r;
	struct buf		 pem;
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	buf_init(&pem, 4 * LIMIT_CERT);
	if ((rc = file_read(c->request, 2 * LIMIT_CSR, &p, &n, e)) != 0)
		goto out;
	s.request = OCTETS(p, n);
	if ((rc = issue_leaf(&s, &r, &pem, e)) == 0 &&
	    (rc = file_write(c->out, buf_octets(&pem), 0644, e)) == 0)
		tell_issued(c, &r);
out:
	free(p);
	buf_fini(&pem);
	return rc;
}
