#include "registry/node_conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"

int
node_conf_load(const char *dir, struct config **cf, int *fd, struct err *e)
{
	uint8_t	*p = NULL;
	char	*path;
	size_t	 n;
	int	 rc;

	*cf = NULL;
	*fd = -1;
	path = xasprintf("%s/" CONFIG_FILE, dir);
	if ((rc = file_read(path, LIMIT_CONF_FILE, &p, &n, e)) != 0 ||
	    (rc = config_parse(dir, path, OCTETS(p, n), cf, e)) != 0 ||
	    (rc = memfd_seal(OCTETS(p, n), fd, e)) != 0)
		goto out;

	rc = 0;
out:
	if (rc != 0) {
		config_free(*cf);
		*cf = NULL;
	}
	if (p != NULL)
		mem_wipe(p, n);	/* it may hold tokens */
	free(p);
	free(path);
	return rc;
}

int
node_conf_take(const char *dir, int fd, struct config **cf, struct err *e)
{
	struct octets	text;
	int		rc;

	*cf = NULL;
	if ((rc = memfd_map(fd, LIMIT_CONF_FILE, &text, e)) != 0)
		return rc;
	rc = config_parse(dir, CONFIG_FILE, text, cf, e);
	if (text.p != NULL)
		(void)munmap((void *)(uintptr_t)text.p, text.len);
	return rc;
}

/* What a reload takes; listeners in part. */
static const char *const live[] = {
	"listeners", "peer_tokens", "peers", "peer_tls_certificate",
	"peer_tls_key", "peer_ca", "log_level", "log_format", "policy", NULL
};

/* Sockets are opened once: what they are for must still hold. */
static int
same_listeners(const struct config *a, const struct config *b,
    struct err *e)
{
	size_t	i, n = config_listeners(a);

	for (i = 0; i < n && n == config_listeners(b); i++)
		if (config_tag(a, i) != config_tag(b, i) ||
		    strcmp(config_listener_at(a, i)->address,
		    config_listener_at(b, i)->address) != 0)
			break;
	if (i == n && n == config_listeners(b))
		return 0;
	return err_set_id(e, ERR_CONFLICT, "needs-restart", "the listeners "
	    "are others now: their sockets are opened at the start only");
}

int
node_conf_fits(const struct config *old, const struct config *new,
    struct err *e)
{
	int	rc;

	if ((rc = conf_same(config_keys, live, old, new, e)) != 0)
		return rc;
	return same_listeners(old, new, e);
}
