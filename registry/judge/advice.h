#ifndef REGISTRY_ADVICE_H
#define REGISTRY_ADVICE_H

#include "registry/judge/report.h"

/* What somebody with a report in hand does next. */

/*
 * For a report, one sentence or two, static; what ended since the moment judged
 * is told, too.  NULL: nothing is known of its sub-indication.
 */
const char	*advice_for(const struct report *r, enum rule_lang lang);

#endif /* REGISTRY_ADVICE_H */
