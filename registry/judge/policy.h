#ifndef REGISTRY_POLICY_H
#define REGISTRY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * What a relying party puts up with, as data (docs/verify.md): which
 * deviations from the standards, how old the register's word may be, which
 * authorities beside those of the trust list.
 */

#define LIMIT_POLICY_ANCHORS	256
#define LIMIT_POLICY_INTERMEDIATES 256
#define LIMIT_POLICY_NAMES	64
#define LIMIT_POLICY_NAME	64	/* octets, with the NUL */

/* Plain but for certificates; end with policy_fini(). */
struct policy {
	/* Deviations that are not put up with; "*": none is. */
	char		 refused[LIMIT_POLICY_NAMES][LIMIT_POLICY_NAME];
	size_t		 nrefused;
	int64_t		 max_age;	/* seconds; 0: the trust list's */
	bool		 need_revocation; /* of every certificate */
	/* May evidence be valid that has no revocation list of one? */
	bool		 evidence_without_lists;
	bool		 need_time_stamp; /* the signer's word will not do */
	/* Of seals that no province of the trust list has in its register. */
	bool		 foreign_without_register;
	struct octets	 anchors[LIMIT_POLICY_ANCHORS];	/* DER, owned */
	size_t		 nanchors;
	/* What may lead to an authority, and is none: cross certificates of
	 * a rollover.  DER, owned. */
	struct octets	 intermediates[LIMIT_POLICY_INTERMEDIATES];
	size_t		 nintermediates;
};

extern const struct policy policy_usual;

void	 policy_fini(struct policy *p);
/* Whom it believes beside the trust list is forgotten, and stays so. */
void	 policy_distrust(struct policy *p);
bool	 policy_is_usual(const struct policy *p);
bool	 policy_refuses(const struct policy *p, const char *deviation);

/*
 * Read a file of YAML; anchors are files, DER or PEM, found beside it.
 * Errors of conf_load(), file_read(), cert_unpem(); ERR_INVAL
 * "policy-value": a name that is too long, a certificate that is none.
 */
int	 policy_load(const char *path, struct policy *p,
	    struct err *e) MUST_CHECK;

/*
 * One more intermediate, from a file (DER or PEM).  Errors of file_read(),
 * cert_unpem(); ERR_INVAL "policy-value": it is no certificate, or there are
 * LIMIT_POLICY_INTERMEDIATES already.
 */
int	 policy_add_intermediate(struct policy *p, const char *path,
	    struct err *e) MUST_CHECK;

/* H over it as JSON, compact and in the order of the names: what a report
 * calls it by. */
void	 policy_digest(const struct policy *p, uint8_t out[SM3_LEN]);

/* As JSON, with the anchors in it: for evidence.  ERR_FORMAT
 * "bad-evidence". */
struct json_t;
struct json_t *policy_object(const struct policy *p);
int	 policy_from_object(const struct json_t *o, struct policy *p,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_POLICY_H */
