#ifndef FILING_JAIL_FILING_H
#define FILING_JAIL_FILING_H

#include "base/jail.h"

/*
 * What the jail can do: draw a seal, hash a password, read a seal or a
 * certificate request that a stranger brought, judge a stranger's certificate
 * (schema/proto/msg.proto, MSG_DRAW_SEAL .. MSG_CHECK_CHAIN).
 *
 * Errors of drawing: ERR_INVAL "no-glyph" names the character that no font
 * has; "name-too-long".  Of reading: ERR_FORMAT "bad-seal", "bad-csr".
 */
extern const struct jail_spec filing_jail;

#endif /* FILING_JAIL_FILING_H */
