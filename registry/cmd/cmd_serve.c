#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "base/slots.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/ca_folder.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/config.h"
#include "registry/found/descriptor.h"
#include "registry/judge/node_policy.h"
#include "registry/node_conf.h"
#include "registry/node_fit.h"
#include "registry/node_tls.h"
#include "registry/office/anchors.h"
#include "registry/web/proc_http.h"
#include "sync/note.h"

/*
 * sealreg serve: the monitor.  It opens the listening sockets, starts the
 * processes of design section 2 and keeps them running; it opens no database
 * and reads nothing from outside.
 */

#define BACKLOG	1024

static const struct proc_link links[] = {
	{ "http", "recorder" },
	{ "http", "jail" },
	{ "recorder", "key" },
	{ "recorder", "jail" },
	{ "sync", "recorder" },
};

struct options {
	const char	*data;
	bool		 check, sample;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "data", CLI_FOLDER, AT(data), "DIR",
	    "the data folder, made by \"sealreg init\"", NULL, false, 0, 0 },
	{ "check", CLI_FLAG, AT(check), NULL,
	    "read the configuration, say whether it is good, end", NULL,
	    false, 0, 0 },
	{ "sample-config", CLI_FLAG, AT(sample), NULL,
	    "print every key with its meaning and default", NULL, false, 0,
	    0 },
};

static const struct cli_command	command = {
	.name = "serve",
	.usage =
    "usage: sealreg serve --data DIR [--check]\n"
    "       sealreg serve --sample-config\n\n"
    "Run the node whose data is in DIR, until SIGTERM.\n",
	.end =
    "DIR/run/pids names the processes, the monitor first; the log goes to\n"
    "standard error.\n"
    "sealreg.yaml(5) tells of the keys of DIR/sealreg.yaml.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

/* Split "127.0.0.1:18440" or "[::1]:18440"; host is the caller's to free. */
static int
split_address(const char *address, char **host, const char **port,
    struct err *e)
{
	const char	*colon = strrchr(address, ':');
	size_t		 n;

	*host = NULL;
	*port = NULL;
	if (colon == NULL || colon == address || colon[1] == '\0')
		return err_set_id(e, ERR_INVAL, "bad-address",
		    "listener \"%s\": write HOST:PORT", address);
	n = (size_t)(colon - address);
	if (address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	*host = xstrndup(address, n);
	*port = colon + 1;
	return 0;
}

static int
open_listener(const char *address, int *fd, struct err *e)
{
	const struct addrinfo	 hints = { .ai_flags = AI_NUMERICHOST |
				    AI_NUMERICSERV | AI_PASSIVE,
				    .ai_socktype = SOCK_STREAM };
	struct addrinfo		*ai = NULL;
	const char		*port;
	char			*host;
	int			 one = 1, s = -1, rc;

	*fd = -1;
	if ((rc = split_address(address, &host, &port, e)) != 0)
		return rc;
	if (getaddrinfo(host, port, &hints, &ai) != 0) {
		rc = err_set_id(e, ERR_INVAL, "bad-address",
		    "listener \"%s\": not a numeric address and port",
		    address);
		goto out;
	}
	if ((s = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(s, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(s, BACKLOG) != 0) {
		rc = err_set_id(e, ERR_IO, "cannot-listen", "listener %s: %s",
		    address, strerror(errno));
		goto out;
	}
	*fd = s;
	s = -1;

	rc = 0;
out:
	if (s != -1)
		(void)close(s);
	if (ai != NULL)
		freeaddrinfo(ai);
	free(host);
	return rc;
}

/* The node as it runs. */
struct node {
	const struct config	*cf;		/* as it was at the start */
	int			 conf;		/* the last good one, as a memfd */
	struct proc_plan	*plan;
	struct node_tls		 tls;
	int			 uploads;	/* base/slots.h */
	int			 policy;	/* judge/node_policy.h */
	uint8_t			 policy_digest[SM3_LEN];
	uint8_t			 ca[SM3_LEN];	/* DIR/ca as it was read */
	struct proc_file	 files[LIMIT_LISTENERS + 5];
};

/* What http and sync get: TLS files, where uploads lie, who may read, and by
 * what files are judged. */
static void
hand_out(struct node *n)
{

	struct proc_file	*f = n->files + n->tls.n;

	memcpy(n->files, n->tls.files, n->tls.n * sizeof(n->files[0]));
	*f++ = (struct proc_file){ .role = "http", .fd = n->uploads,
	    .tag = HTTP_UPLOADS };
	*f++ = (struct proc_file){ .role = "http", .fd = n->conf,
	    .tag = NODE_CONF };
	*f++ = (struct proc_file){ .role = "http", .fd = n->policy,
	    .tag = NODE_POLICY };
	*f++ = (struct proc_file){ .role = "sync", .fd = n->conf,
	    .tag = NODE_CONF };
	n->plan->files = n->files;
	n->plan->nfiles = (size_t)(f - n->files);
}

/* Tell systemd, if it waits for us. */
static void
notify(const char *text)
{
	struct err	e = ERR_INIT;

	if (notify_send(getenv("NOTIFY_SOCKET"), text, &e) != 0)
		log_warning("serve.notify", "text=\"%s\"", e.text);
}

static void
on_ready(void *arg)
{
	const struct node	*n = arg;

	notify("READY=1");
	log_notice("serve.ready", "province=%s url=%s", n->cf->province,
	    n->cf->url);
}

/* Another policy from here on; takes fd. */
static void
use_policy(struct node *n, const struct config *cf, int fd,
    const uint8_t digest[SM3_LEN])
{
	struct err	e = ERR_INIT;

	if (n->policy != -1)
		(void)close(n->policy);
	n->policy = fd;
	memcpy(n->policy_digest, digest, SM3_LEN);
	/* For doctor alone. */
	if (node_policy_tell(cf, digest, &e) != 0)
		log_warning("serve.policy", "text=\"%s\"", e.text);
}

/*
 * SIGHUP: TLS files, peers and their tokens, how to log, the policy, and
 * other certificates in DIR/ca.  A fault leaves everything as it is, also for
 * processes that are started again.
 */
static bool
on_reload(void *arg)
{
	/* They read DIR/ca and the keys once. */
	static const char *const	 readers[] = { "recorder", "key", NULL };
	struct node	*n = arg;
	struct config	*cf = NULL;
	struct node_tls	 tls;
	uint8_t		 ca[SM3_LEN], digest[SM3_LEN];
	char		 hex[HEX_SIZE(SM3_LEN)];
	struct err	 e = ERR_INIT;
	int		 conf, policy = -1, rc;

	memset(&tls, 0, sizeof(tls));
	if ((rc = node_conf_load(n->cf->dir, &cf, &conf, &e)) != 0 ||
	    (rc = node_conf_fits(n->cf, cf, &e)) != 0 ||
	    (rc = node_tls_load(cf, &tls, &e)) != 0 ||
	    (rc = node_tls_fresh(&tls, tm_now(), &e)) != 0 ||
	    (rc = node_policy_load(cf, &policy, digest, &e)) != 0 ||
	    (rc = ca_folder_digest(cf->dir, ca, &e)) != 0) {
		log_error("serve.reload", "kept=old error=%s text=\"%s\"",
		    e.id, e.text);
		node_tls_fini(&tls);
		if (conf != -1)
			(void)close(conf);
		if (policy != -1)
			(void)close(policy);
		goto out;
	}
	config_log(cf);
	node_tls_fini(&n->tls);
	n->tls = tls;
	(void)close(n->conf);
	n->conf = conf;
	use_policy(n, cf, policy, digest);
	hand_out(n);
	n->plan->anew = memcmp(ca, n->ca, sizeof(ca)) != 0 ? readers : NULL;
	memcpy(n->ca, ca, sizeof(ca));
	hex_encode(digest, SM3_LEN, hex);
	log_notice("serve.reload", "tls=%zu peer_tokens=%zu peers=%zu "
	    "log_level=%s log_format=%s certificates=%s policy=%s", tls.n,
	    cf->peer_tokens.n, cf->peers.n, cf->log_level, cf->log_format,
	    n->plan->anew != NULL ? "other" : "same",
	    *cf->policy == '\0' ? "usual" : hex);
out:
	config_free(cf);
	return rc == 0;
}

/* Seals of V5 cannot be made without a time-stamp authority. */
static int
check_tsa(const struct config *cf, struct err *e)
{
	char	*path = config_path(cf, "ca/tsa.crt");
	int	 rc = 0;

	if (config_is_v5(cf) && access(path, F_OK) != 0)
		rc = err_set_id(e, ERR_NOTFOUND, "no-tsa", "seal_generation "
		    "is V5, and there is no %s: \"sealreg init --data %s "
		    "--tsa\" makes it", path, cf->dir);
	free(path);
	return rc;
}

/* Certificates that nobody believes would never be taken. */
static int
check_external(const struct config *cf, int64_t now, struct err *e)
{
	struct buf	der;
	int		rc;

	buf_init(&der, LIMIT_ANCHORS_DER);
	rc = anchors_load(cf, now, &der, e);
	buf_fini(&der);
	return rc;
}

static int
serve(const struct config *cf, int conf, struct err *e)
{
	const struct proc_role	 roles[] = {
		{ "key",	1, NULL, false },
		{ "jail",	(unsigned)cf->jails, NULL, false },
		{ "recorder",	1, "key", false },
		{ "sync",	1, "recorder", false },
		{ "http",	(unsigned)cf->http_processes, "sync", true },
	};
	const struct config_listener *l = cf->listeners.items;
	const char *const	 args[] = { "--data", cf->dir, NULL };
	struct proc_listen	 listens[LIMIT_LISTENERS];
	struct proc_plan	 plan = {
		.roles = roles, .nroles = sizeof(roles) / sizeof(roles[0]),
		.links = links, .nlinks = sizeof(links) / sizeof(links[0]),
		.listens = listens, .args = args, .self = "/proc/self/exe",
		.on_ready = on_ready, .on_reload = on_reload,
	};
	struct node		 node = { .cf = cf, .conf = conf,
				    .plan = &plan, .uploads = -1,
				    .policy = -1 };
	uint8_t			 digest[SM3_LEN];
	char			*lock, *run, *pids;
	const char		*missing;
	size_t			 i;
	struct err		 old = ERR_INIT;
	int			 lockfd = -1, policy, rc;

	lock = config_path(cf, "lock");
	run = config_path(cf, "run");
	pids = config_path(cf, "run/pids");
	plan.pidfile = pids;
	plan.arg = &node;
	plan.settings = &node.conf;
	if ((rc = node_fit(cf, e)) != 0 || (rc = check_tsa(cf, e)) != 0 ||
	    (rc = check_external(cf, 0, e)) != 0 ||
	    (rc = node_policy_load(cf, &policy, digest, e)) != 0 ||
	    (rc = node_tls_load(cf, &node.tls, e)) != 0)
		goto out;
	if (node_tls_fresh(&node.tls, tm_now(), &old) != 0)
		log_error("serve.tls", "error=%s text=\"%s\"", old.id,
		    old.text);
	if ((rc = slots_create(&node.uploads, e)) != 0)
		goto out;
	if ((rc = ca_folder_digest(cf->dir, node.ca, e)) != 0 ||
	    (rc = file_lock(lock, &lockfd, e)) != 0 ||
	    (access(run, F_OK) != 0 && (rc = file_mkdir(run, 0755, e)) != 0))
		goto out;
	use_policy(&node, cf, policy, digest);
	hand_out(&node);
	for (i = 0; i < cf->listeners.n; i++) {
		if ((rc = open_listener(l[i].address, &listens[i].fd,
		    e)) != 0)
			goto out;
		listens[i].tag = config_tag(cf, i);
		plan.nlistens++;
	}
	/* Every child inherits this, and gives away more. */
	if ((rc = sandbox_enter_common(&missing, e)) != 0)
		goto out;
	sandbox_say("monitor", missing);
	rc = proc_monitor(&plan, e);
	notify("STOPPING=1");
out:
	for (i = 0; i < plan.nlistens; i++)
		(void)close(listens[i].fd);
	node_tls_fini(&node.tls);
	(void)close(node.conf);
	if (node.uploads != -1)
		(void)close(node.uploads);
	if (node.policy != -1)
		(void)close(node.policy);
	if (lockfd != -1)
		(void)close(lockfd);
	free(pids);
	free(run);
	free(lock);
	return rc;
}

static int
print_sample(void)
{
	struct buf	b;
	int		rc;

	buf_init(&b, LIMIT_CONF_FILE);
	conf_sample(config_keys, &b);
	rc = fwrite(b.p, 1, b.len, stdout) == b.len ? 0 : 1;
	buf_fini(&b);
	return rc;
}

/*
 * Another key than this log is signed with: nothing could be recorded.  What
 * init wrote says so without opening the database, which may be another user's
 * or of an earlier version.  A folder that lacks it has doctor.
 */
static int
check_vkey(const struct config *cf, struct err *e)
{
	struct descriptor	 d;
	struct vkey		*vk = NULL;
	char			*path = config_path(cf, DESCRIPTOR_FILE);
	int			 rc;

	memset(&d, 0, sizeof(d));
	if ((rc = vkey_parse(cf->vkey, &vk, e)) != 0 ||
	    access(path, F_OK) != 0 ||
	    (rc = descriptor_load(path, &d, e)) != 0)
		goto out;
	if (strcmp(d.vkey, cf->vkey) != 0)
		rc = err_set_id(e, ERR_CONFLICT, "other-vkey", "vkey of %s/"
		    CONFIG_FILE " is not the key of this node's log: put back "
		    "the line that init wrote; %s has the key", cf->dir,
		    path);
out:
	descriptor_fini(&d);
	vkey_free(vk);
	free(path);
	return rc;
}

/* --check: also the files that the configuration names. */
static int
check(const struct config *cf, struct err *e)
{
	struct node_tls	tls;
	uint8_t		digest[SM3_LEN];
	int		policy, rc;

	if ((rc = check_vkey(cf, e)) != 0 || (rc = check_tsa(cf, e)) != 0 ||
	    (rc = check_external(cf, tm_now(), e)) != 0 ||
	    (rc = node_policy_load(cf, &policy, digest, e)) != 0)
		return rc;
	(void)close(policy);
	if ((rc = node_tls_load(cf, &tls, e)) != 0)
		return rc;
	rc = node_tls_fresh(&tls, tm_now(), e);
	node_tls_fini(&tls);
	return rc;
}

/* The configuration is; what else a start needs is told. */
static void
say_good(const struct config *cf)
{
	struct err	e = ERR_INIT;

	printf("%s/" CONFIG_FILE " is good\n", cf->dir);
	/* A credential is for systemd to bring. */
	if ((node_there(cf->dir, &e) != 0 || node_fit(cf, &e) != 0) &&
	    strcmp(e.id, "passphrase") != 0)
		printf("It cannot start yet: %s [%s]\n", e.text, e.id);
}

/* What another try may mend, systemd tries again; the rest waits for people. */
static int
status_of(const struct err *e)
{

	return e->code == ERR_BUSY || e->code == ERR_IO ||
	    e->code == ERR_STORE || e->code == ERR_CRYPTO ? 1 : PROC_UNFIT;
}

int
cmd_serve(int argc, char **argv)
{
	struct options	 o = { .check = false };
	struct cli_rest	 r;
	struct config	*cf = NULL;
	struct err	 e = ERR_INIT;
	int		 conf, rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (o.sample)
		return print_sample();
	if (o.data == NULL)
		return cli_usage("serve", "it needs --data DIR");
	log_open("monitor", LOG_NOTICE);
	if ((o.check || (rc = node_there(o.data, &e)) == 0) &&
	    (rc = node_conf_load(o.data, &cf, &conf, &e)) == 0) {
		config_log(cf);
		if (!o.check)
			rc = serve(cf, conf, &e);
		else if ((rc = check(cf, &e)) == 0)
			say_good(cf);
	}
	if (rc != 0)
		fprintf(stderr, "sealreg serve: %s [%s]\n", e.text, e.id);
	config_free(cf);
	return rc == 0 ? 0 : o.check ? 1 : status_of(&e);
}
