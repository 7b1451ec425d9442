#ifndef REGISTRY_REPORT_WORDS_H
#define REGISTRY_REPORT_WORDS_H

#include "registry/judge/report.h"

/* The words of a report on a page, in each language. */

struct report_words {
	const char	*tag, *title, *kind, *code, *digest, *made, *judged,
			*signer, *seal, *says, *places, *deviations,
			*uncovered, *more, *changes, *certs, *reg, *then,
			*now, *asof, *stamp, *revoked, *clause, *foot,
			*generation;
	const char	*source[TIME_NOW + 1];
};

const struct report_words *report_words_of(enum rule_lang lang);
/* "ofd": what is said for it; of a certificate, a seal or a role likewise. */
const char	*report_kind_text(const char *kind, enum rule_lang lang);
const char	*report_state_text(const char *state, enum rule_lang lang);
/* Beijing time, as people here read it. */
void		 report_moment_text(int64_t t, char out[48]);

#endif /* REGISTRY_REPORT_WORDS_H */
