#ifndef REGISTRY_REPORT_WORDS_H
#define REGISTRY_REPORT_WORDS_H

#include "registry/judge/phrase.h"
#include "registry/judge/report.h"

/* The words of a report on a page, in each language. */

struct report_words {
	const char	*tag, *title, *kind, *code, *digest, *made, *judged,
			*signer, *seal, *says, *places, *deviations,
			*uncovered, *more, *changes, *certs, *reg, *then,
			*now, *asof, *stamp, *revoked, *clause, *foot,
			*generation, *next, *policy, *usual, *picture,
			*hidden, *called, *proves, *original,
			*evidence, *via, *cross;
	const char	*source[TIME_NOW + 1];
	const char	*verdict[VERDICT_END], *result[CHECK_END];
};

const struct report_words *report_words_of(enum rule_lang lang);
/* "ofd": what is said for it; of the state of a certificate or a seal, and of
 * a role, likewise. */
const char	*report_kind_text(const char *kind, enum rule_lang lang);
const char	*report_state_text(const char *state, enum rule_lang lang);
const char	*report_role_text(const char *role, enum rule_lang lang);
/* A sentence of the report in this language: s, or what is put into out. */
const char	*report_sentence(const char *s, enum rule_lang lang,
		    char out[PHRASE_SIZE]);
/* The same of a line of a list, which may be the name of a file. */
const char	*report_line_text(const char *s, enum rule_lang lang,
		    char out[PHRASE_SIZE]);
/* "PNG · 40 × 40 mm", and where its octets are something else, what they are. */
#define REPORT_PICTURE_SIZE	256
void		 report_picture_text(const struct report_picture *p,
		    enum rule_lang lang, char out[REPORT_PICTURE_SIZE]);
/* How wide and high it is shown, in mm: as the seal says, within bounds, and
 * in the shape that its pixels have. */
void		 report_picture_size(const struct report_picture *p,
		    double *width, double *height);
/* "by way of NAME (cross certificate SERIAL)": what stands between a
 * certificate and its authority; NULL where that is nothing.  Caller frees. */
char		*report_way_text(const struct report_cert *c,
		    enum rule_lang lang);
/* Beijing time, as people here read it. */
void		 report_moment_text(int64_t t, char out[48]);

#endif /* REGISTRY_REPORT_WORDS_H */
