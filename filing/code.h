#ifndef FILING_CODE_H
#define FILING_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Codes of the field.  Pure.
 */

/* 14 digits, or 13 of an older physical seal.  ERR_INVAL "invalid-code". */
int	 seal_code_check(const char *s, struct err *e) MUST_CHECK;
/* The last number of a division. */
#define SEAL_SEQUENCE_MAX	UINT64_C(99999999)
/* division (6 digits) and sequence from 1. */
int	 seal_code_make(const char *division, uint64_t sequence, char out[15],
	    struct err *e) MUST_CHECK;	/* ERR_CONFLICT "codes-exhausted" */

/*
 * Unified social credit code, GB 32100-2015 with its check character.
 * ERR_INVAL "bad-credit-code" says what is wrong with it.
 */
int	 credit_code_check(const char *s, struct err *e) MUST_CHECK;
/* The check character for 17 characters; 0 if one is not of the alphabet. */
char	 credit_code_digit(const char *first17);

/* Resident identity number, GB 11643-1999.  ERR_INVAL "bad-resident-id". */
int	 resident_id_check(const char *s, struct err *e) MUST_CHECK;
/* Does the text contain something that is a valid one? (log scanner) */
bool	 resident_id_within(const char *s, size_t n);

/*
 * Administrative divisions (GB/T 2260): schema/divisions.tsv, with dates.
 * The name at time t, or NULL if it is not one then.
 */
const char *division_name(const char *code, int64_t t);
/* ERR_INVAL "unknown-division". */
int	 division_check(const char *code, int64_t t,
	    struct err *e) MUST_CHECK;

#endif /* FILING_CODE_H */
