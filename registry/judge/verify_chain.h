#ifndef REGISTRY_VERIFY_CHAIN_H
#define REGISTRY_VERIFY_CHAIN_H

#include "registry/judge/verify.h"

/*
 * The rows about certificates: maker_chain, signer_chain and the authority
 * behind time_stamp; each with its status at the moment judged and now.
 */

struct StampReading;

/* What all rows of one part are judged by.  Borrowed. */
struct verify_part {
	const struct verify_ask		*ask;
	const struct chains		*chains;
	const struct SealReading	*seal;	/* NULL: none in it */
	const struct StampReading	*stamp;	/* NULL: a seal alone */
	const struct trust_province	*owner;	/* NULL: nobody's code */
	struct report_part		*out;
};

/* Rows added to v->out, whose moment is set. */
void	 verify_maker_chain(const struct verify_part *v);
void	 verify_signer_chain(const struct verify_part *v);
/*
 * The row time_stamp of the jail, with the authority's certificate, and the row
 * time_stamp_chain about its revocation.  True: the token's time may be gone
 * by.
 */
bool	 verify_time_stamp(const struct verify_part *v);

#endif /* REGISTRY_VERIFY_CHAIN_H */
