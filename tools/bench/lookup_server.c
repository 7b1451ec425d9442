#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/http.h"
#include "base/mem.h"
#include "base/tm.h"
#include "registry/web/web.h"

/*
 * What an http process does for a lookup, alone in one process without a
 * monitor and without a sandbox, so that a profiler may look at it: the own
 * log of a node that is not running, read-only.  The clock says that the head
 * was just signed: nobody signs it here.
 *
 *	lookup_server DIR PORT
 *
 * serves on 127.0.0.1 until SIGTERM and prints "N lookups".
 * tools/bench/instructions runs it under callgrind.
 */

static const enum stmt may[] = { LOG_MAY_READ, STMT_NONE };
static const enum stmt none[] = { STMT_NONE };

static void
on_signal(void *arg, int signo)
{
	(void)signo;
	ev_stop(arg);
}

static int
open_log(struct web *w, const char *dir, struct store **writer, struct err *e)
{
	struct web_log		*l = xcalloc(1, sizeof(*l));
	char			*path = xasprintf("%s/province.db", dir);
	struct store_spec	 spec = { .path = path, .mode = STORE_READ,
				    .kind = STORE_PROVINCE, .may = may };
	struct store_spec	 other = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE, .may = none };
	const struct log_head	*head;
	int			 rc;

	w->logs = l;
	w->nlogs = 1;
	l->w = w;
	l->own = true;
	l->owner = trust_by_province(w->trust, w->cf->province);
	/* Without a writer, readers distrust the index of the WAL each time. */
	if ((rc = store_open(&other, writer, e)) == 0 &&
	    (rc = store_open(&spec, &l->st, e)) == 0 &&
	    (rc = logview_open(l->st, &l->lv, e)) == 0 &&
	    (rc = web_log_begin(l, &head, NULL, e)) == 0) {
		/* Old as it may be: what is measured are proofs. */
		w->trust->max_age = INT64_C(1) << 40;
		web_logs_end(w);
	}
	free(path);
	return rc;
}

static int
open_trust(struct web *w, struct err *e)
{
	char	*path = config_path(w->cf, "trust");
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(path, LIMIT_NOTE, &p, &n, e)) == 0)
		rc = trust_parse(OCTETS(p, n), NULL, &w->trust, e);
	free(p);
	free(path);
	return rc;
}

static int
open_port(struct web *w, const char *port, struct err *e)
{
	struct sockaddr_in	 sin;
	int			 fd, one = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, 128) != 0)
		return err_set_errno(e, ERR_IO, "port %s", port);
	return http_server_listen(w->server, fd, HTTP_PUBLIC, e);
}

int
main(int argc, char **argv)
{
	struct web	 w;
	struct config	*cf = NULL;
	struct store	*writer = NULL;
	struct err	 e = ERR_INIT;
	uint64_t	 n = 0;
	int		 i, rc;

	memset(&w, 0, sizeof(w));
	if (argc != 3) {
		fprintf(stderr, "usage: lookup_server DIR PORT\n");
		return 2;
	}
	w.ev = ev_new();
	w.server = http_server_new(w.ev, route_seal, &w);
	if ((rc = sm_init(&e)) != 0 ||
	    (rc = config_load(argv[1], &cf, &e)) != 0)
		goto out;
	w.cf = cf;
	if ((rc = open_trust(&w, &e)) != 0 ||
	    (rc = open_log(&w, argv[1], &writer, &e)) != 0 ||
	    (rc = open_port(&w, argv[2], &e)) != 0)
		goto out;
	ev_signal(w.ev, SIGTERM, on_signal, w.ev);
	rc = ev_run(w.ev, &e);
	for (i = 0; i < VERDICT_END; i++)
		n += w.counts.verdicts[i];
	printf("%llu lookups\n", (unsigned long long)n);
out:
	if (rc != 0)
		fprintf(stderr, "lookup_server: %s [%s]\n", e.text, e.id);
	http_server_free(w.server);
	web_logs_end(&w);
	if (w.nlogs > 0) {
		answer_head_fini(&w.logs->head);
		logview_free(w.logs->lv);
		store_close(w.logs->st);
		free(w.logs);
	}
	store_close(writer);
	trust_free(w.trust);
	config_free(cf);
	ev_free(w.ev);
	return rc == 0 ? 0 : 1;
}
