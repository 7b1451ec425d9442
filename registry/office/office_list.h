#ifndef REGISTRY_OFFICE_LIST_H
#define REGISTRY_OFFICE_LIST_H

#include "filing/record.h"
#include "registry/office/office_session.h"

/*
 * Revocation lists of a licensed body, as a jail read and verified them: the
 * newest of each is kept and served, and what it says of our certificates is
 * taken over, where that is what their seals ask for.
 */

#define LIST_NAME_SIZE	32	/* "external-" 16 digits ".crl" */

struct ListReading;		/* schema/proto/msg.proto */

enum list_word {
	LIST_NONE = 0,
	LIST_KNOWN,		/* told before */
	LIST_TAKEN,		/* what was asked of the body is done */
	LIST_WAITS,		/* on hold, and it was to be revoked */
	LIST_UNASKED		/* nobody here asked for that */
};
const char *list_word(enum list_word w);

/* A certificate of ours that it names.  Plain value. */
struct list_row {
	int64_t		 application, revoked_at;
	unsigned	 reason;	/* RFC 5280, 5.3.1 */
	enum list_word	 word;
	char		 seal_code[SEAL_CODE_SIZE];
};

/* What came of one; end with list_done_fini(). */
struct list_done {
	char		 name[LIST_NAME_SIZE];	/* in ca_object, and /ca/NAME */
	bool		 repeated;		/* the very same is kept */
	size_t		 known;
	struct list_row	*rows;			/* the others */
	size_t		 nrows;
};
void	 list_done_fini(struct list_done *d);

/*
 * Take it, inside a transaction.  ERR_CONFLICT "list-older": a newer one is
 * kept; "list-not-yet": it is not of now.
 */
int	 office_list_take(struct office *of, const struct session *s,
	    const struct ListReading *m, struct octets der,
	    struct list_done *d, struct err *e) MUST_CHECK;

/*
 * The issuers that a list may be by: the configured authorities, and those
 * between them and certificates that were taken; DER one by one.  ERR_CONFLICT
 * "no-external-ca".
 */
int	 office_list_issuers(struct office *of, struct buf *der,
	    struct err *e) MUST_CHECK;

/* Is this the name of such a list, by its one spelling? */
bool	 office_list_is(const char *name);

#endif /* REGISTRY_OFFICE_LIST_H */
