#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/token_live.h"
#include "registry/confine.h"
#include "registry/json.h"
#include "registry/node_conf.h"
#include "registry/node_log.h"
#include "registry/web/proc_http.h"
#include "registry/web/web.h"
#include "sync/note.h"

/*
 * Rights: connections on sockets that the monitor gave, read-only handles of
 * databases, the link to the recorder and to the jails.  No database is
 * written, nothing is signed, no password is hashed, no file is opened after
 * start but the databases' own.
 */

#define STOP_MS	800	/* for requests under way; the monitor gives us 1000 */

/* Every route of a node, a table a file. */
static const struct http_route *const tables[] = {
	route_seal, route_copy, route_log, route_ca, route_session,
	route_case, route_verify, route_upload, route_node, route_metrics,
	route_tsa, route_ocsp, route_page, route_certreq, route_list,
	route_renewal
};

/* What this process may ask a database. */
static const enum stmt may_province[] = {
	LOG_MAY_READ,
	STMT_OFFICE_SESSION_GET, STMT_OFFICE_CASE_GET, STMT_OFFICE_CASES,
	STMT_OFFICE_CASES_STATE, STMT_OFFICE_CASES_ACCOUNT,
	STMT_OFFICE_CASES_ACCOUNT_STATE, STMT_OFFICE_PICTURE_GET,
	STMT_OFFICE_DECISIONS, STMT_OFFICE_SEAL_GET, STMT_OFFICE_CA_GET,
	STMT_OFFICE_OCSP_GET, STMT_OFFICE_CERTREQ_GET,
	STMT_OFFICE_CERTREQS_OPEN, STMT_OFFICE_CERTREQS_REVOKE,
	STMT_OFFICE_SEALS_ENDING, STMT_OFFICE_SEALS_ENDING_ACCOUNT,
	STMT_OFFICE_SEALS_ENDING_COUNT, STMT_NONE
};
static const enum stmt may_peer[] = {
	LOG_MAY_READ, STMT_PEER_GET, STMT_NONE
};

/* The rest of what the process holds. */
struct self {
	struct web		 w;
	struct http_route	*routes;
	struct config		*live;		/* NULL before a reload */
	struct chan_hooks	 to_recorder, to_jail;
	struct tls_server	*tls[LIMIT_LISTENERS];
};

/* ---- links */

static void
refuse(void *arg, struct chan *ch, struct msg *m)
{
	struct err	e = ERR_INIT;

	(void)arg;
	(void)err_set(&e, ERR_DENIED, "http takes no requests");
	chan_fail(ch, m->id, &e);
}

static void
lost(void *arg, struct chan *ch)
{
	struct self	*s = arg;
	size_t		 i;

	if (s->w.recorder == ch) {
		s->w.recorder = NULL;
		log_notice("http.link", "recorder=lost");
	}
	for (i = 0; i < LIMIT_WEB_JAILS; i++)
		if (s->w.jail[i] == ch)
			s->w.jail[i] = NULL;
}

static void
on_link(void *arg, const char *role, unsigned i, int fd)
{
	struct self	*s = arg;
	struct chan	**slot = NULL;

	if (strcmp(role, "recorder") == 0 && i == 0) {
		s->w.counts.recorder_links++;
		slot = &s->w.recorder;
	} else if (strcmp(role, "jail") == 0 && i < LIMIT_WEB_JAILS)
		slot = &s->w.jail[i];
	if (slot == NULL) {
		close(fd);
		return;
	}
	if (*slot != NULL)
		chan_free(*slot);
	*slot = chan_new(s->w.ev, fd, &s->to_recorder, s);
	log_debug("http.link", "role=%s instance=%u", role, i);
}

/* Where uploads lie: once, and told again with every reload. */
static void
on_uploads(struct self *s, int fd)
{
	struct err	e = ERR_INIT;

	if (s->w.uploads != NULL)
		(void)close(fd);
	else if (slots_open(fd, &s->w.uploads, &e) != 0)
		log_error("http.uploads", "error=%s text=\"%s\"", e.id,
		    e.text);
}

/* After a reload: whose tokens are good from now on. */
static void
on_config(struct self *s, int fd)
{
	struct config	*cf = NULL;
	struct err	 e = ERR_INIT;

	if (node_conf_take(s->w.cf->dir, fd, &cf, &e) != 0)
		log_error("http.reload", "kept=old error=%s text=\"%s\"",
		    e.id, e.text);
	else {
		config_free(s->live);
		s->w.live = s->live = cf;
	}
	(void)close(fd);
}

/* By what files are judged, at the start and after a reload. */
static void
on_policy(struct self *s, int fd)
{
	char		 hex[HEX_SIZE(SM3_LEN)];
	bool		 changed;
	struct err	 e = ERR_INIT;

	if (node_policy_take(fd, &s->w.policy, &changed, &e) != 0)
		log_error("http.policy", "kept=%s error=%s text=\"%s\"",
		    s->w.policy != NULL ? "old" : "none", e.id, e.text);
	else if (changed) {
		hex_encode(s->w.policy->digest, SM3_LEN, hex);
		log_info("http.policy", "digest=%s", s->w.policy->usual ?
		    "usual" : hex);
	}
	(void)close(fd);
}

/* A listener's certificates, at the start and after a reload. */
static void
on_file(void *arg, unsigned tag, int fd)
{
	struct self	*s = arg;
	struct octets	 pack = OCTETS(NULL, 0);
	struct err	 e = ERR_INIT;
	int		 rc;

	if (tag == HTTP_UPLOADS) {
		on_uploads(s, fd);
		return;
	}
	if (tag == NODE_CONF) {
		on_config(s, fd);
		return;
	}
	if (tag == NODE_POLICY) {
		on_policy(s, fd);
		return;
	}
	if (tag >= LIMIT_LISTENERS) {
		close(fd);
		return;
	}
	if ((rc = memfd_map(fd, LIMIT_TLS_PACK, &pack, &e)) == 0)
		rc = s->tls[tag] == NULL ?
		    tls_server_new(pack, &s->tls[tag], &e) :
		    tls_server_swap(s->tls[tag], pack, &e);
	if (rc != 0)
		log_error("http.tls", "listener=%u kept=%s error=%s "
		    "text=\"%s\"", tag, s->tls[tag] != NULL ? "old" : "none",
		    e.id, e.text);
	else
		log_info("http.tls", "listener=%u certificate=taken", tag);
	if (pack.p != NULL)
		(void)munmap((void *)(uintptr_t)pack.p, pack.len);
	close(fd);
}

static void
on_listen(void *arg, unsigned tag, int fd)
{
	struct self	*s = arg;
	unsigned	 i = config_tag_listener(tag);
	struct err	 e = ERR_INIT;

	/* What is configured for TLS is never served without. */
	if (config_tag_tls(tag) && s->tls[i] == NULL) {
		log_error("http.listen", "listener=%u error=no-certificate",
		    i);
		close(fd);
		return;
	}
	if (http_server_listen_tls(s->w.server, fd, tag & HTTP_ALL,
	    config_tag_tls(tag) ? s->tls[i] : NULL, &e) != 0)
		log_error("http.listen", "error=%s text=\"%s\"", e.id,
		    e.text);
}

static void
on_stopped(void *arg)
{
	struct self	*s = arg;

	ev_stop(s->w.ev);
}

static void
on_stop(void *arg)
{
	struct self	*s = arg;

	http_server_stop(s->w.server, STOP_MS, on_stopped, s);
}

/* ---- setting up */

/* What the jail is told, where it judges evidence. */
static int
load_texts(const struct config *cf, struct web *w, struct err *e)
{
	char	*path = config_path(cf, "trust");
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if ((rc = file_read(path, LIMIT_NOTE, &p, &n, e)) == 0)
		w->trust_text = xstrndup((const char *)p, n);
	free(p);
	free(path);
	return rc;
}

/* How the token is doing, where there is one: mapped while it can be. */
static int
open_token(const struct config *cf, struct token_live **l, struct err *e)
{
	struct err	 why = ERR_INIT;
	char		*path = config_path(cf, TOKEN_LIVE_FILE);
	int		 rc;

	if ((rc = token_live_open(path, false, l, &why)) == ERR_NOTFOUND)
		rc = 0;
	else if (rc != 0)
		*e = why;
	free(path);
	return rc;
}

static int
open_log(const struct config *cf, const struct trust_province *owner,
    struct web_log *l, struct err *e)
{
	struct store_spec	 spec = { .mode = STORE_READ };
	char			*path = node_log_path(cf,
				    owner->province);
	int			 rc;

	l->owner = owner;
	l->own = strcmp(owner->province, cf->province) == 0;
	spec.path = path;
	spec.kind = l->own ? STORE_PROVINCE : STORE_PEER;
	spec.may = l->own ? may_province : may_peer;
	if (!l->own && access(path, F_OK) != 0) {
		/* Nothing of it was ever accepted: its codes are unknown. */
		log_warning("http.log", "province=%s database=missing",
		    owner->province);
		rc = 0;
		goto out;
	}
	if ((rc = store_open(&spec, &l->st, e)) != 0 ||
	    (rc = logview_open(l->st, &l->lv, e)) != 0)
		goto out;

	rc = 0;
out:
	free(path);
	return rc;
}

/* Own log first, then those of the trust list in its order. */
static int
open_logs(struct web *w, struct err *e)
{
	const struct trust_province	*own, *p;
	size_t				 i;
	int				 rc;

	if ((own = trust_by_province(w->trust, w->cf->province)) == NULL)
		return err_set_id(e, ERR_INVAL, "not-in-trust-list",
		    "the trust list does not know province %s",
		    w->cf->province);
	w->logs = xcalloc(w->trust->nprovinces, sizeof(*w->logs));
	for (i = 0; i < w->trust->nprovinces; i++)
		w->logs[i].w = w;
	if ((rc = open_log(w->cf, own, &w->logs[w->nlogs++], e)) != 0)
		return rc;
	w->office = w->logs[0].st;
	for (i = 0; i < w->trust->nprovinces; i++) {
		p = &w->trust->provinces[i];
		if (p != own && (rc = open_log(w->cf, p,
		    &w->logs[w->nlogs++], e)) != 0)
			return rc;
	}
	return 0;
}

/* Read once: what cannot be served is said now. */
static int
touch_logs(struct web *w, struct err *e)
{
	const struct log_head	*head;
	size_t			 i;
	int			 rc;

	for (i = 0; i < w->nlogs; i++) {
		if ((rc = web_log_begin(&w->logs[i], &head, NULL, e)) != 0)
			return rc;
	}
	web_logs_end(w);
	return 0;
}

/* audience 0 in a table: what the configuration says (tsa_audience). */
static struct http_route *
join_routes(const struct config *cf)
{
	const size_t		 ntables = sizeof(tables) / sizeof(tables[0]);
	const struct http_route	*r;
	struct http_route	*all;
	size_t			 i, n = 0;

	for (i = 0; i < ntables; i++)
		for (r = tables[i]; r->method != NULL; r++)
			n++;
	all = xcalloc(n + 1, sizeof(*all));
	for (i = 0, n = 0; i < ntables; i++)
		for (r = tables[i]; r->method != NULL; r++) {
			all[n] = *r;
			if (all[n].audience == 0)
				all[n].audience = config_tsa_audience(cf);
			n++;
		}
	return all;
}

int
proc_http(const struct config *cf, unsigned instance, struct err *e)
{
	static const struct chan_hooks	hooks = { refuse, lost };
	static const struct proc_hooks	proc = {
		.on_link = on_link, .on_file = on_file,
		.on_listen = on_listen, .on_stop = on_stop
	};
	struct self	*s = xcalloc(1, sizeof(*s));
	struct web	*w = &s->w;
	size_t		 i;
	int		 rc;

	s->to_recorder = s->to_jail = hooks;
	w->cf = w->live = cf;
	w->instance = instance;
	w->started = tm_now();
	w->ev = ev_new();
	json_warm();
	/*
	 * The rights go before the databases are opened: SQLite opens the WAL
	 * of a read-only handle for writing wherever it may.
	 */
	if ((rc = sm_init(e)) != 0 ||
	    (rc = node_trust(cf, &w->trust, e)) != 0 ||
	    (rc = load_texts(cf, w, e)) != 0 ||
	    (rc = open_token(cf, &w->token, e)) != 0 ||
	    (rc = proc_child(w->ev, "http", &proc, s, e)) != 0 ||
	    (rc = confine_enter("http", cf, w->trust, e)) != 0 ||
	    (rc = open_logs(w, e)) != 0 || (rc = touch_logs(w, e)) != 0)
		goto out;
	s->routes = join_routes(cf);
	w->server = http_server_new(w->ev, s->routes, w);
	proc_ready();
	rc = ev_run(w->ev, e);
out:
	http_server_free(w->server);
	for (i = 0; i < LIMIT_LISTENERS; i++)
		tls_server_free(s->tls[i]);
	if (w->recorder != NULL)
		chan_free(w->recorder);
	for (i = 0; i < LIMIT_WEB_JAILS; i++)
		if (w->jail[i] != NULL)
			chan_free(w->jail[i]);
	web_logs_end(w);
	for (i = 0; i < w->nlogs; i++) {
		answer_head_fini(&w->logs[i].head);
		logview_free(w->logs[i].lv);
		store_close(w->logs[i].st);
	}
	free(w->logs);
	token_live_close(w->token);
	slots_close(w->uploads);
	free(w->ocsp);
	node_policy_free(w->policy);
	free(w->trust_text);
	trust_free(w->trust);
	free(s->routes);
	ev_free(w->ev);
	config_free(s->live);
	free(s);
	return rc;
}
