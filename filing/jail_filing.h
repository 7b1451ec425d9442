#ifndef FILING_JAIL_FILING_H
#define FILING_JAIL_FILING_H

#include "base/jail.h"

/*
 * What this room does in the jail: draw a seal, hash a password, read a seal or a
 * certificate request that a stranger brought, judge a stranger's certificate
 * (schema/proto/msg.proto, MSG_DRAW_SEAL .. MSG_CHECK_CHAINS).
 *
 * Errors of drawing: ERR_INVAL "no-glyph" names the character that no font
 * has; "name-too-long".  Of reading: ERR_FORMAT "bad-seal", "bad-csr".
 */
extern const struct jail_handler filing_jail_handlers[];

/*
 * Algorithms and typefaces, while files may be opened.  A missing typeface is
 * told by the first drawing: reading works without.  ERR_CRYPTO.
 */
int	 filing_jail_warm(struct err *e) MUST_CHECK;

#endif /* FILING_JAIL_FILING_H */
