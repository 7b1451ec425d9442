#ifndef FILING_SES_H
#define FILING_SES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/der.h"
#include "base/err.h"

/*
 * Members that seals and stamps are made of (GM/T 0031, GB/T 38540), one step
 * of a cursor each.  what names the member in the sentence; the error has no
 * id of its own: who reads the whole object gives it one.
 */

struct seal_extension {
	struct octets	oid;		/* value of the OBJECT IDENTIFIER */
	bool		critical;
	struct octets	value;
};

int	 ses_take(struct cursor *c, uint8_t tag, struct der *d,
	    const char *what, struct err *e) MUST_CHECK;
/* Nothing is left of what. */
int	 ses_end(const struct cursor *c, const char *what,
	    struct err *e) MUST_CHECK;
int	 ses_uint(struct cursor *c, uint64_t *v, const char *what,
	    struct err *e) MUST_CHECK;
/* Printable characters of seven bits: IA5String, PrintableString. */
int	 ses_ascii(struct cursor *c, uint8_t tag, struct octets *o,
	    const char *what, struct err *e) MUST_CHECK;
/* OCTET STRING or OBJECT IDENTIFIER: its value. */
int	 ses_value(struct cursor *c, uint8_t tag, struct octets *o,
	    const char *what, struct err *e) MUST_CHECK;
/*
 * BIT STRING of whole octets.  Zeros at the end may be called unused bits, as
 * libraries write that take a BIT STRING for a list of flags (X.690, 11.2.2):
 * *unused is set then, and never cleared.
 */
int	 ses_bits(struct cursor *c, struct octets *o, bool *unused,
	    const char *what, struct err *e) MUST_CHECK;
#define SES_ZEROS	2	/* octets at the end that may be left out */
#define SES_SIG_MAX	72	/* SEQUENCE { r, s } of SM2, at most */
/*
 * Who writes a BIT STRING as a list of flags drops its zero octets at the end,
 * too: the signature with as many as its own length asks for, in room.  True:
 * it lacked some.
 */
bool	 ses_restore(struct octets sig, uint8_t room[SES_SIG_MAX],
	    struct octets *whole);
/* UTCTime or GeneralizedTime; *tag is which it was. */
int	 ses_time(struct cursor *c, uint8_t *tag, int64_t *t,
	    const char *what, struct err *e) MUST_CHECK;
/*
 * The ExtData of one list, to its end: at most max into x, *n counted.
 * *written is set where critical FALSE, the default, is written out.
 */
int	 ses_extensions(struct cursor *list, struct seal_extension *x,
	    size_t max, size_t *n, bool *written, struct err *e) MUST_CHECK;

/* [0] EXPLICIT BIT STRING, not empty: a time-stamp token. */
int	 ses_time_stamp(struct cursor *c, struct octets *token, bool *unused,
	    struct err *e) MUST_CHECK;
/* How many members d has. */
int	 ses_count(const struct der *d, size_t *n, const char *what,
	    struct err *e) MUST_CHECK;

#endif /* FILING_SES_H */
