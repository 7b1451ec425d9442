#include "registry/confine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/calls.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "ca/key.h"

#define LOOP	(CALLS_PLAIN | CALLS_LOOP)

static const struct rights	table[] = {
	/* role		calls			read		write */
	{ "key",	KEY_CALLS,		0,		0 },
	{ "jail",	JAIL_CALLS,		0,		0 },
	{ "recorder",	LOOP | CALLS_READ | CALLS_WRITE | CALLS_INPUT |
			CALLS_NTP,
						0,		FILES_OWN },
	{ "sync",	LOOP | CALLS_READ | CALLS_WRITE | CALLS_CONNECT,
						FILES_NET,	FILES_PEERS },
	{ "http",	LOOP | CALLS_READ | CALLS_INPUT | CALLS_ACCEPT,
						FILES_OWN | FILES_PEERS, 0 },
};

static const char *const	net[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf",
	"/etc/nsswitch.conf", "/etc/services", "/etc/ssl",
	"/run/systemd/resolve", "/usr/share/ca-certificates", "/usr/lib",
	"/lib", "/lib64", "/dev/urandom", "/dev/null"
};
#define NNET	(sizeof(net) / sizeof(net[0]))

const struct rights *
confine_rights(const char *role)
{
	size_t	i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].role, role) == 0)
			return &table[i];
	return NULL;
}

/* A database and what SQLite keeps beside it. */
static size_t
add_database(char **paths, size_t n, const struct config *cf,
    const char *name)
{
	static const char *const	tails[] = { "", "-wal", "-shm" };
	char				*file;
	size_t				 i;

	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		file = xasprintf("%s%s", name, tails[i]);
		paths[n++] = config_path(cf, file);
		free(file);
	}
	return n;
}

/*
 * Single files, not the folder: it also holds keys/.  SQLite keeps its WAL
 * and shared memory (PERSIST_WAL), so that nothing has to be made any more.
 * NULL-terminated, caller frees with paths_free().
 */
static char **
paths_new(unsigned files, const struct config *cf, const struct trust *t)
{
	const size_t	npeers = t != NULL ? t->nprovinces : 0;
	char		**paths, *name;
	size_t		 i, n = 0;

	paths = xcalloc(3 * (npeers + 1) + NNET + 1, sizeof(*paths));
	if (files & FILES_OWN)
		n = add_database(paths, n, cf, "province.db");
	for (i = 0; (files & FILES_PEERS) && i < npeers; i++) {
		if (strcmp(t->provinces[i].province, cf->province) == 0)
			continue;
		name = xasprintf("peer-%s.db", t->provinces[i].province);
		n = add_database(paths, n, cf, name);
		free(name);
	}
	for (i = 0; (files & FILES_NET) && i < NNET; i++)
		paths[n++] = xstrdup(net[i]);
	return paths;
}

static void
paths_free(char **paths)
{
	size_t	i;

	for (i = 0; paths[i] != NULL; i++)
		free(paths[i]);
	free(paths);
}

int
confine_enter(const char *role, const struct config *cf,
    const struct trust *t, struct err *e)
{
	const struct rights	*r = confine_rights(role);
	struct sandbox		 s = { .strict = false };
	const char		*missing = NULL;
	char			**read, **write;
	int			 rc;

	assert(r != NULL);
	read = paths_new(r->read, cf, t);
	write = paths_new(r->write, cf, t);
	s.read = (const char *const *)read;
	s.write = (const char *const *)write;
	s.calls = r->calls;
	if ((rc = sandbox_enter(&s, &missing, e)) == 0)
		sandbox_say(role, missing);
	paths_free(read);
	paths_free(write);
	return rc;
}
