#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <jansson.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/text.h"
#include "registry/judge/node_policy.h"

#define NONE	"null"		/* a memfd is never empty */

int
node_policy_load(const struct config *cf, int *fd, uint8_t digest[SM3_LEN],
    struct err *e)
{
	struct policy	*p = NULL;
	json_t		*o = NULL;
	char		*path = NULL, *text = NULL;
	int		 rc;

	*fd = -1;
	memset(digest, 0, SM3_LEN);
	if (*cf->policy == '\0')
		return memfd_seal(OCTETS(NONE, strlen(NONE)), fd, e);
	p = xcalloc(1, sizeof(*p));
	path = config_path(cf, cf->policy);
	if ((rc = policy_load(path, p, e)) != 0)
		goto out;
	o = policy_object(p);
	text = json_dumps(o, JSON_COMPACT);
	if (strlen(text) > LIMIT_POLICY_TEXT) {
		rc = err_set(e, ERR_TOOBIG, "%s: over %u octets with its "
		    "certificates", path, LIMIT_POLICY_TEXT);
		goto out;
	}
	if ((rc = memfd_seal(OCTETS(text, strlen(text)), fd, e)) == 0)
		policy_digest(p, digest);
out:
	if (p != NULL)
		policy_fini(p);
	json_decref(o);
	free(text);
	free(path);
	free(p);
	return rc;
}

int
node_policy_tell(const struct config *cf, const uint8_t digest[SM3_LEN],
    struct err *e)
{
	static const uint8_t	 none[SM3_LEN];
	char			*path = config_path(cf, NODE_POLICY_FILE);
	char			 hex[HEX_SIZE(SM3_LEN) + 1];
	int			 rc;

	if (memcmp(digest, none, SM3_LEN) == 0)
		(void)strcpy(hex, "usual");
	else
		hex_encode(digest, SM3_LEN, hex);
	(void)strcat(hex, "\n");
	rc = file_write(path, OCTETS(hex, strlen(hex)), 0644, e);
	free(path);
	return rc;
}

void
node_policy_free(struct node_policy *p)
{
	struct node_policy	*before;

	for (; p != NULL; p = before) {
		before = p->before;
		policy_fini(&p->policy);
		free(p->text);
		free(p);
	}
}

/* From the octets of a memfd. */
static int
read_text(struct octets text, struct node_policy *p, struct err *e)
{
	json_t	*o;
	int	 rc;

	p->usual = text.len == strlen(NONE) &&
	    memcmp(text.p, NONE, text.len) == 0;
	if (p->usual)
		return 0;
	if ((o = json_loadb((const char *)text.p, text.len,
	    JSON_REJECT_DUPLICATES, NULL)) == NULL)
		return err_set_id(e, ERR_FORMAT, "policy-value", "the policy "
		    "that was handed out cannot be read");
	if ((rc = policy_from_object(o, &p->policy, e)) == 0) {
		policy_digest(&p->policy, p->digest);
		p->text = xstrndup((const char *)text.p, text.len);
	}
	json_decref(o);
	return rc;
}

int
node_policy_take(int fd, struct node_policy **p, bool *changed,
    struct err *e)
{
	struct node_policy	*next = xcalloc(1, sizeof(*next));
	struct octets		 text = OCTETS(NULL, 0);
	int			 rc;

	*changed = false;
	if ((rc = memfd_map(fd, LIMIT_POLICY_TEXT, &text, e)) != 0 ||
	    (rc = read_text(text, next, e)) != 0)
		goto out;
	if (*p != NULL && (*p)->usual == next->usual &&
	    memcmp((*p)->digest, next->digest, SM3_LEN) == 0)
		goto out;
	next->before = *p;
	*p = next;
	next = NULL;
	*changed = true;
out:
	if (text.p != NULL)
		(void)munmap((void *)(uintptr_t)text.p, text.len);
	node_policy_free(next);
	return rc;
}
