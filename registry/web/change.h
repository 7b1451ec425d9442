#ifndef REGISTRY_CHANGE_H
#define REGISTRY_CHANGE_H

#include "base/sm.h"
#include "registry/web/web.h"

/*
 * What every change of the office has: a session, a key against doing it
 * twice, and the recorder's answer.
 */

struct change {
	struct web_who	 who;
	const char	*key;			/* "" without; tied to r */
	uint8_t		 hash[SM3_LEN];		/* of the body */
};

/* false: r is answered. */
bool	 change_begin(struct web *w, struct http_req *r, struct change *c);

struct ProtobufCBinaryData;
struct ProtobufCBinaryData change_octets(const void *p, size_t n);

/*
 * Ask the recorder for what has a CaseState as its answer, and answer r with
 * it: status, or 202 while the seal is still being certified or made.
 */
void	 change_ask_case(struct web *w, struct http_req *r, uint16_t type,
	    const struct ProtobufCMessage *m, int status);

#endif /* REGISTRY_CHANGE_H */
