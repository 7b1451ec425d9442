#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "registry/keep/import_node.h"
#include "registry/keep/import_write.h"
#include "registry/keep/restore.h"
#include "registry/node_log.h"
#include "registry/rules.h"
#include "schema/msg.pb-c.h"
#include "sync/note.h"

#define DATABASE	"province.db"

/* A province of its own, so far, has none. */
static int
load_trust(struct import_node *n, struct err *e)
{
	struct err	no = ERR_INIT;
	int		rc;

	if ((rc = node_trust(n->cf, &n->trust, &no)) == ERR_NOTFOUND)
		return 0;
	if (rc != 0)
		*e = no;
	return rc;
}

static int
take_lock(struct import_node *n, struct err *e)
{
	char	*path = xasprintf("%s/lock", n->dir);
	int	 rc = file_lock(path, &n->lock, e);

	free(path);
	return rc;
}

/* What came from a backup may be behind what its peers hold. */
static int
check_mark(const struct import_node *n, struct err *e)
{
	char	*path = config_path(n->cf, CONFIG_RESTORED);
	int	 rc = 0;

	if (access(path, F_OK) == 0)
		rc = err_set_id(e, ERR_BUSY, "log-restored", "this node came "
		    "from a backup: nothing is recorded until \"sealreg "
		    "restore\" has asked its peers");
	free(path);
	return rc;
}

int
import_node_take(const char *dir, bool strict, struct import_node *n,
    struct err *e)
{
	int	rc;

	memset(n, 0, sizeof(*n));
	n->dir = dir;
	n->lock = -1;
	if ((rc = config_load(dir, &n->cf, e)) != 0 ||
	    (rc = take_lock(n, e)) != 0 ||
	    (strict && (rc = check_mark(n, e)) != 0))
		return rc;
	return load_trust(n, e);
}

int
import_node_open(struct import_node *n, struct err *e)
{
	char			*path = config_path(n->cf, DATABASE);
	const struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE,
				    .may = import_statements };
	int			 rc;

	if (access(path, F_OK) == -1)
		rc = err_set_id(e, ERR_NOTFOUND, "not-initialised",
		    "%s holds no province; \"sealreg init\" founds one",
		    n->dir);
	else if ((rc = store_open(&spec, &n->st, e)) == 0)
		rc = log_new(n->st, &registry_rules, &n->lg, e);
	free(path);
	if (rc == 0 && log_head_of(n->lg) == NULL)
		rc = err_set(e, ERR_STORE, "the log has no genesis");
	return rc;
}

/* An older copy of the database signs nothing: peers hold the newer log. */
int
import_node_ask_peers(const struct import_node *n, int peers, int ms,
    struct err *e)
{
	const struct log_head	*head = log_head_of(n->lg);
	const struct trust_province *own;
	ProtobufCMessage	*body = NULL;
	const char		*note;
	struct checkpoint	 cp;
	struct msg		 m;
	int64_t			 t;
	int			 rc;

	if ((rc = msg_ask(peers, MSG_TYPE__MSG_PEERS_SEEN, OCTETS(NULL, 0),
	    -1, ms, &m, e)) != 0)
		return rc;
	if ((rc = msg_unpack(&signed_note__descriptor, m.body, &body,
	    e)) != 0)
		goto out;
	note = ((const SignedNote *)body)->note;
	own = trust_by_province(n->trust, n->cf->province);
	if (note[0] == '\0' || own == NULL)
		goto out;
	if ((rc = trust_open_checkpoint(own, OCTETS(note, strlen(note)), &cp,
	    &t, e)) != 0)
		goto out;
	if (cp.size > head->size || (cp.size == head->size &&
	    memcmp(cp.root, head->root.h, SM3_LEN) != 0))
		rc = err_set_id(e, ERR_BUSY, "log-behind", "peers have seen "
		    "more of this log than it has: restore the database from "
		    "its newest copy");
out:
	protobuf_c_message_free_unpacked(body, NULL);
	msg_fini(&m);
	return rc;
}

void
import_node_close(struct import_node *n)
{
	log_free(n->lg);
	store_close(n->st);
	if (n->lock != -1)
		(void)close(n->lock);
	trust_free(n->trust);
	config_free(n->cf);
	memset(n, 0, sizeof(*n));
	n->lock = -1;
}
