#ifndef REGISTRY_RULES_H
#define REGISTRY_RULES_H

#include "sync/log.h"

/*
 * What the entries of a log mean: struct entry_rules (sync/log.h) over
 * filing/record.h.  The recorder, the replayer of peers (proc_sync) and audit
 * use this one table, so that none accepts what another refuses.
 *
 * read: the event is canonical, its record passes record_lint(), and no text
 * of it contains a resident identity number.  ERR_FORMAT "bad-entry",
 * ERR_VERIFY "bad-record", "personal-data".
 *
 * step: event_check() against the record before.  ERR_VERIFY
 * "illegal-transition".
 *
 * No state: ctx is not used.  The table is const and may be shared.
 */
extern const struct entry_rules registry_rules;

/*
 * Nothing in the octets, wherever it stands, may be a resident identity
 * number (no natural person in the log).  ERR_VERIFY "personal-data".
 */
int	 rules_scan(struct octets entry, struct err *e) MUST_CHECK;

#endif /* REGISTRY_RULES_H */
