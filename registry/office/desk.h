#ifndef REGISTRY_DESK_H
#define REGISTRY_DESK_H

#include "base/msg.h"

/*
 * The recorder's desk: requests of http and sync (schema/proto/msg.proto,
 * MSG_LOGIN .. MSG_PEERS_SEEN), each taken through the checks, the jail where
 * it has to go there, one operation of the batch, and its answer.
 */

struct client;

/* Take a request; it is answered once, now or later. */
void	desk_request(struct client *cl, struct msg *m);

#endif /* REGISTRY_DESK_H */
