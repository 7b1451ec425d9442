#ifndef REGISTRY_REPLAY_H
#define REGISTRY_REPLAY_H

#include "registry/judge/rule.h"
#include "registry/web/web.h"

/*
 * Evidence that somebody brings to this node, judged again in the jail
 * (registry/judge/jail_replay.h); and how a report is answered.
 */

struct FileReading;

struct replay_ask {
	bool			 html, has_at;
	enum rule_lang		 lang;
	int64_t			 at;
	const struct FileReading *file;	/* what was read of it; or NULL */
};

/* Does it look like evidence?  Nothing is believed of it. */
bool	 replay_is_evidence(struct octets o);
/* Ask about it, and answer r. */
void	 replay_evidence(struct web *w, struct http_req *r,
	    const struct replay_ask *q, struct octets evidence);

/* A report as page or JSON, as the answer to r; empties it. */
void	 replay_answer(struct web *w, struct http_req *r, bool html,
	    struct buf *report);

#endif /* REGISTRY_REPLAY_H */
