#ifndef REGISTRY_ADVICE_H
#define REGISTRY_ADVICE_H

#include "registry/judge/report.h"

/* What somebody with a report in hand does next. */

/*
 * For a sub-indication (NULL: everything passed), one sentence or two, static;
 * NULL: nothing is known of it.
 */
const char	*advice_of(const char *sub, enum rule_lang lang);

/* For a report; what ended since the moment judged is told, too. */
const char	*advice_for(const struct report *r, enum rule_lang lang);

#endif /* REGISTRY_ADVICE_H */
