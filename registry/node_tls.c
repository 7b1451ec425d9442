#include "registry/node_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tls.h"

/* Paths of the configuration, in the data folder or absolute. */
struct paths {
	char			*text[3];
	struct tls_files	 files;
};

static char *
path_of(const struct config *cf, const char *name)
{
	return *name == '\0' ? xstrdup("") : config_path(cf, name);
}

static void
paths_init(struct paths *p, const struct config *cf, const char *certificate,
    const char *key, const char *ca)
{
	p->text[0] = path_of(cf, certificate);
	p->text[1] = path_of(cf, key);
	p->text[2] = path_of(cf, ca);
	p->files = (struct tls_files){ .certificate = p->text[0],
	    .key = p->text[1], .client_ca = p->text[2] };
}

static void
paths_fini(struct paths *p)
{
	size_t	i;

	for (i = 0; i < 3; i++)
		free(p->text[i]);
}

static int
add(struct node_tls *t, unsigned tag, const struct tls_files *files,
    const char *what, struct err *e)
{
	struct proc_file	*f = &t->files[t->n];
	struct err		 why = ERR_INIT;
	struct buf		 pack;
	int64_t			 expires;
	int			 rc;

	buf_init(&pack, LIMIT_TLS_PACK);
	if ((rc = tls_pack(files, &pack, &expires, &why)) != 0 ||
	    (rc = memfd_seal(buf_octets(&pack), &f->fd, &why)) != 0) {
		rc = err_set_id(e, (enum err_code)rc, why.id, "%s: %s", what,
		    why.text);
		goto out;
	}
	f->role = tag == NODE_TLS_PEER ? "sync" : "http";
	f->tag = tag;
	t->n++;
	if (expires != 0 && (t->expires == 0 || expires < t->expires)) {
		t->expires = expires;
		snprintf(t->first, sizeof(t->first), "%s", what);
	}

	rc = 0;
out:
	buf_wipe(&pack);
	return rc;
}

int
node_tls_load(const struct config *cf, struct node_tls *t, struct err *e)
{
	const struct config_listener	*l;
	struct paths			 p;
	char				 what[80];
	unsigned			 i;
	int				 rc = 0;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < config_listeners(cf) && rc == 0; i++) {
		l = config_listener_at(cf, i);
		if (*l->tls_key == '\0')
			continue;
		snprintf(what, sizeof(what), "listener %.64s", l->address);
		paths_init(&p, cf, l->tls_certificate, l->tls_key,
		    l->client_ca);
		rc = add(t, i, &p.files, what, e);
		paths_fini(&p);
	}
	if (rc == 0 && (*cf->peer_tls_key != '\0' || *cf->peer_ca != '\0')) {
		paths_init(&p, cf, cf->peer_tls_certificate, cf->peer_tls_key,
		    cf->peer_ca);
		rc = add(t, NODE_TLS_PEER, &p.files, "peers", e);
		paths_fini(&p);
	}
	if (rc != 0)
		node_tls_fini(t);
	return rc;
}

void
node_tls_fini(struct node_tls *t)
{
	size_t	i;

	for (i = 0; i < t->n; i++)
		(void)close(t->files[i].fd);
	memset(t, 0, sizeof(*t));
}

int
node_tls_fresh(const struct node_tls *t, int64_t now, struct err *e)
{
	if (t->expires == 0 || t->expires > now)
		return 0;
	return err_set_id(e, ERR_INVAL, "tls-expired", "%s: the TLS "
	    "certificate has expired", t->first);
}

int
node_tls_identify(const struct config *cf, struct err *e)
{
	struct paths	p;
	struct buf	pack;
	int64_t		expires;
	int		rc = 0;

	if (*cf->peer_tls_key == '\0' && *cf->peer_ca == '\0')
		return 0;
	paths_init(&p, cf, cf->peer_tls_certificate, cf->peer_tls_key,
	    cf->peer_ca);
	buf_init(&pack, LIMIT_TLS_PACK);
	if ((rc = tls_pack(&p.files, &pack, &expires, e)) == 0)
		rc = fetch_identify(buf_octets(&pack), e);
	buf_wipe(&pack);
	paths_fini(&p);
	return rc;
}
