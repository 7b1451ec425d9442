#ifndef REGISTRY_JAIL_REPLAY_H
#define REGISTRY_JAIL_REPLAY_H

#include "base/jail.h"

/*
 * In the jail: evidence that somebody brings to a node, judged again from what
 * is in it, by the node's own trust list and policy (Replay -> Replayed).  What
 * was read of the file is the evidence's own word, so that without the file
 * itself nothing is valid.
 *
 * Errors: ERR_FORMAT "bad-evidence"; ERR_INVAL "evidence-other-file": it is
 * about another file than the one that came with it; ERR_TOOBIG: the report.
 */
extern const struct jail_handler replay_jail_handlers[];

#endif /* REGISTRY_JAIL_REPLAY_H */
