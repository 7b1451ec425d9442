#ifndef REGISTRY_ASKING_H
#define REGISTRY_ASKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slots.h"
#include "registry/judge/rule.h"
#include "registry/judge/verify.h"
#include "registry/web/web.h"
#include "schema/msg.pb-c.h"

/*
 * A question about a file (POST /v1/verify) between its visits to the jail:
 * what was asked for, and what was read.  One piece for free().
 */
struct asking {
	struct verify_ask	 ask;
	bool			 html;
	char			 evidence[SLOT_ID_SIZE];	/* or "" */
	enum rule_lang		 lang;
	size_t			 len;
	uint8_t			 reading[];	/* the FileReading, packed */
};

/* What is asked for beside the file, by r.  False: r is answered. */
bool	 asking_take(struct web *w, struct http_req *r, struct asking *a);
/* The question with what was read, for the next visit.  Caller frees. */
struct asking *asking_keep(const struct asking *a, const FileReading *m);
/*
 * What was kept.  Caller frees with protobuf_c_message_free_unpacked().  NULL:
 * r is answered.
 */
FileReading *asking_reading(struct web *w, struct http_req *r,
	    const struct asking *a);

#endif /* REGISTRY_ASKING_H */
