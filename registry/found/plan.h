#ifndef REGISTRY_PLAN_H
#define REGISTRY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * The plan of a key ceremony: one YAML file that everybody reviews before, and
 * confirms by its digest.
 */

#define LIMIT_PLAN	(64u << 10)	/* octets of it */

struct custodian {
	char	*name;
	char	*share;		/* where its share is written; absolute */
	bool	 sealed;	/* under a pass phrase of its own */
};

/* Texts are never NULL. */
struct plan {
	char		*title;		/* "ceremony" in the file */
	char		*kind;		/* "nation" or "province" */
	char		*data;		/* the folder that is made; absolute */
	char		*succeeds;	/* nation: the folder whose root gets
					 * another key; absolute, or "" */
	char		*name;		/* nation: signs the trust list */
	char		*organisation, *common_name;	/* of the root */
	int64_t		 days;		/* life of the root */
	char		*province, *listen, *url, *origin;
	struct conf_list keys;		/* char *: what is made, in words */
	char		*profile;	/* "root" or "authority" */
	int64_t		 threshold;	/* m */
	struct conf_list custodians;	/* struct custodian */
	char		*media;		/* "separate" or "any" */
	char		*transcript;	/* where it is written; absolute */
	uint8_t		 digest[SM3_LEN];	/* of the file's octets */
};

extern const struct conf_key plan_keys[];

/*
 * ERR_INVAL "config-..." of base/conf.h, or "ceremony-plan": what it says
 * makes no sense; ERR_TOOBIG.  Caller frees with plan_free().
 */
int	 plan_parse(const char *name, struct octets text, struct plan **p,
	    struct err *e) MUST_CHECK;
void	 plan_free(struct plan *p);
bool	 plan_is_nation(const struct plan *p);
/* Of a nation that is there already: its root gets another key. */
bool	 plan_succeeds(const struct plan *p);
const struct custodian *plan_custodian(const struct plan *p, size_t i);
/* Every step in words, and the digest. */
void	 plan_tell(const struct plan *p, struct buf *out);

#endif /* REGISTRY_PLAN_H */
