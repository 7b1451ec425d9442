#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/node_log.h"
#include "sync/note.h"

int
node_trust(const struct config *cf, struct trust **t, struct err *e)
{
	char		*path = config_path(cf, "trust");
	struct vkey	*national = NULL;
	uint8_t		*p = NULL;
	size_t		 n;
	int		 rc;

	*t = NULL;
	if ((rc = file_read(path, LIMIT_NOTE, &p, &n, e)) != 0)
		goto out;
	if (cf->national_vkey[0] != '\0' &&
	    (rc = vkey_parse(cf->national_vkey, &national, e)) != 0)
		goto out;
	rc = trust_parse(OCTETS(p, n), national, t, e);
out:
	vkey_free(national);
	free(p);
	free(path);
	return rc;
}

char *
node_log_path(const struct config *cf, const char *province)
{
	char	*name, *path;

	if (strcmp(province, cf->province) == 0)
		return config_path(cf, "province.db");
	name = xasprintf("peer-%s.db", province);
	path = config_path(cf, name);
	free(name);
	return path;
}
