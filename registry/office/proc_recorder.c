#include <stdlib.h>
#include <string.h>

#include "base/ev.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/tm.h"
#include "registry/config.h"
#include "registry/confine.h"
#include "registry/office/office.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_event.h"
#include "registry/office/proc_recorder.h"
#include "registry/office/recorder.h"
#include "registry/rules.h"

#define DATABASE	"province.db"

struct process {
	struct ev	*ev;
	struct recorder	*r;
};

/* The CA's files go into the database while they can still be read. */
static int
load_ca(struct office *of, struct err *e)
{
	int	rc;

	if ((rc = store_begin(of->st, e)) != 0)
		return rc;
	if ((rc = office_ca_load(of, e)) != 0) {
		store_rollback(of->st);
		return rc;
	}
	return store_commit(of->st, e);
}

/*
 * The first thing written at every start.  A disk that takes nothing leaves
 * the database as it was: *unable tells, and the handle is a fresh one.
 */
static int
try_disk(const struct store_spec *spec, struct office *of, struct err *unable,
    struct err *e)
{
	int	rc;

	if ((rc = load_ca(of, e)) != ERR_STORE ||
	    (strcmp(e->id, "store-full") != 0 &&
	    strcmp(e->id, "store-io") != 0))
		return rc;
	*unable = *e;
	*e = (struct err)ERR_INIT;
	store_close(of->st);
	return store_open(spec, &of->st, e);
}

/* Once in the life of a database; put off where the disk takes nothing. */
static int
settle(struct office *of, const struct err *unable, struct err *e)
{
	int	rc;

	if (unable->code != ERR_OK)
		return 0;
	if ((rc = store_begin(of->st, e)) != 0)
		return rc;
	if ((rc = event_settle(of, e)) != 0) {
		store_rollback(of->st);
		return rc;
	}
	return store_commit(of->st, e);
}

/* Keys that verify often here: the maker's, and the checkpoints'. */
#define KEYS_OFTEN	4

static void
on_link(void *arg, const char *role, unsigned i, int fd)
{
	struct process	*p = arg;

	recorder_link(p->r, role, i, fd);
}

static void
on_stop(void *arg)
{
	struct process	*p = arg;

	recorder_stop(p->r);
}

static const struct proc_hooks hooks = {
	.on_link = on_link, .on_listen = NULL, .on_stop = on_stop
};

int
proc_recorder(const struct config *cf, struct err *e)
{
	struct office		 of = { .cf = cf, .now = tm_now };
	struct process		 p = { .ev = NULL };
	struct err		 unable = ERR_INIT;
	char			*path = config_path(cf, DATABASE);
	const struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE,
				    .may = office_statements };
	const bool		 restored = config_is_restored(cf);
	int			 rc;

	/* It holds the writing handle of one database, and nothing else. */
	p.ev = ev_new();
	sm2_tables(KEYS_OFTEN);
	if ((rc = store_open(&spec, &of.st, e)) != 0 ||
	    (rc = try_disk(&spec, &of, &unable, e)) != 0 ||
	    (rc = log_new(of.st, &registry_rules, &of.lg, e)) != 0 ||
	    (rc = settle(&of, &unable, e)) != 0 ||
	    (rc = recorder_new(p.ev, &of, &p.r, e)) != 0 ||
	    (rc = proc_child(p.ev, "recorder", &hooks, &p, e)) != 0 ||
	    (rc = confine_enter("recorder", cf, NULL, e)) != 0)
		goto out;
	if (restored)
		recorder_restored(p.r);
	log_notice("recorder.start", "size=%llu",
	    (unsigned long long)log_head_of(of.lg)->size);
	if (unable.code != ERR_OK)
		recorder_unable(p.r, &unable);
	proc_ready();
	if ((rc = ev_run(p.ev, e)) == 0)
		rc = recorder_why(p.r, e);
out:
	recorder_free(p.r);
	log_free(of.lg);
	store_close(of.st);
	ev_free(p.ev);
	free(path);
	return rc;
}
