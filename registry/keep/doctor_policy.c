#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "registry/judge/node_policy.h"
#include "registry/keep/doctor.h"

/* What a running node has said that it uses, without its newline; or "". */
static void
in_use(const struct doctor *d, char hex[HEX_SIZE(SM3_LEN)])
{
	char	*path = config_path(d->cf, NODE_POLICY_FILE);
	uint8_t	*p = NULL;
	size_t	 n = 0;

	hex[0] = '\0';
	if (d->running && file_read(path, HEX_SIZE(SM3_LEN), &p, &n,
	    NULL) == 0 && n > 1) {
		memcpy(hex, p, n - 1);
		hex[n - 1] = '\0';
	}
	free(p);
	free(path);
}

/* The file against what the node took of it. */
void
doctor_policy(struct doctor *d)
{
	uint8_t		digest[SM3_LEN];
	char		used[HEX_SIZE(SM3_LEN)], is[HEX_SIZE(SM3_LEN)];
	struct err	e = ERR_INIT;
	int		fd;

	in_use(d, used);
	if (node_policy_load(d->cf, &fd, digest, &e) != 0) {
		doctor_say(d, "policy", d->running ? DOCTOR_WARNING :
		    DOCTOR_FAULT, "mend it; serve --check says when it is; "
		    "then reload the node", "%s; %s [%s]", e.text,
		    d->running ? "the node goes on with the one before" :
		    "the node does not start", e.id);
		return;
	}
	(void)close(fd);
	if (*d->cf->policy == '\0')
		(void)strcpy(is, "usual");
	else
		hex_encode(digest, SM3_LEN, is);
	if (used[0] != '\0' && strcmp(used, is) != 0)
		doctor_say(d, "policy", DOCTOR_WARNING, "reload the node",
		    "it was changed: the node goes by %s, the file says %s",
		    used, is);
	else if (*d->cf->policy != '\0')
		doctor_say(d, "policy", DOCTOR_GOOD, NULL, "%s, digest %s",
		    d->cf->policy, is);
}
