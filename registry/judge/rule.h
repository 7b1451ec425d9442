#ifndef REGISTRY_RULE_H
#define REGISTRY_RULE_H

#include <stdbool.h>

/*
 * The rules of a report: one table with what each asks, in words, where a
 * standard says so, and what its failure is called (in the manner of ETSI EN
 * 319 102-1, 5.1.3; names of our own begin with SEALREG_).
 */

enum rule_lang { LANG_EN = 0, LANG_ZH, LANG_END };

/* "en", "zh". */
bool		 rule_lang_from_word(const char *s, enum rule_lang *lang);

struct rule {
	const char	*id;		/* "seal_signature" */
	const char	*title[LANG_END];	/* what it asks */
	const char	*failed, *unknown;	/* sub-indications, if the
						 * check gives none */
};

/* In the order of a report; ends with id NULL. */
extern const struct rule rule_table[];

/* The row, or NULL. */
const struct rule *rule_of(const char *id);
/*
 * Where it stands, for a seal or a signature of this generation ("V4", or "")
 * and form ("ses", "" for a seal alone) in a file of this kind.
 */
const char	*rule_clause(const struct rule *r, const char *kind,
		    const char *form, const char *generation);

/*
 * The sub-indication of an error that certificates or the jail gave
 * ("certificate-expired": EXPIRED), or NULL.
 */
const char	*rule_sub_of(const char *error_id);

#endif /* REGISTRY_RULE_H */
