#ifndef REGISTRY_NODE_POLICY_H
#define REGISTRY_NODE_POLICY_H

#include "registry/config.h"
#include "registry/judge/policy.h"

/*
 * A node's policy as the monitor hands it out: read and checked whole, in a
 * sealed memfd, at the start and after a reload, so that every process has the
 * same one, whatever lies in the folder meanwhile.
 */

#define NODE_POLICY	252u		/* tag of its memfd */
#define NODE_POLICY_FILE "run/policy"	/* digest of the one in use, in hex */
#define LIMIT_POLICY_TEXT (8u << 20)	/* octets of it as JSON */

/*
 * Read what cf names, and put it into the memfd *fd, which the caller closes;
 * digest is policy_digest()'s, zeroes where cf names none.  On failure *fd is
 * -1.  Errors: policy_load(); ERR_TOOBIG.
 */
int	 node_policy_load(const struct config *cf, int *fd,
	    uint8_t digest[SM3_LEN], struct err *e) MUST_CHECK;
/* Say in DIR/run which one is in use. */
int	 node_policy_tell(const struct config *cf,
	    const uint8_t digest[SM3_LEN], struct err *e) MUST_CHECK;

/* One that is in use, or was: questions under way may have it. */
struct node_policy {
	struct node_policy	*before;
	bool			 usual;		/* the node names none */
	struct policy		 policy;
	uint8_t			 digest[SM3_LEN];	/* zeroes: usual */
	char			*text;		/* as JSON, for a jail; or NULL */
};

/*
 * Put the one in fd (borrowed) in front of *p, unless that says the same:
 * *changed.  On failure *p stays.
 */
int	 node_policy_take(int fd, struct node_policy **p, bool *changed,
	    struct err *e) MUST_CHECK;
/* It, and all before it. */
void	 node_policy_free(struct node_policy *p);

#endif /* REGISTRY_NODE_POLICY_H */
