#ifndef FILING_RECORD_H
#define FILING_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "filing/life.h"

/*
 * A seal's record and event as they stand in the log (design section 5):
 * encoding, canonical by construction, and reading.  The only interpreter of
 * what sync/ carries as octets.
 */

#define SEAL_CODE_SIZE	15	/* 14 (or 13) digits and NUL */
#define RECORD_SALT_LEN	16
#define LIMIT_RECORD_CERTS	8

/* A record.  Text and views are borrowed when encoding, tied to the input
 * (a struct record_box) when read.  Empty text and views are absent fields. */
struct record {
	const char	*seal_code;
	uint32_t	 seal_type;
	const char	*seal_name, *owner_name, *owner_id;
	struct octets	 owner_commitment;
	uint32_t	 status, status_reason;
	int64_t		 status_effective_at, recorded_at;
	int64_t		 valid_from, valid_until;
	struct octets	 seal_digest;
	struct octets	 certificate_digest[LIMIT_RECORD_CERTS];
	size_t		 ncertificates;
	struct octets	 picture_digest;
	const char	*filing_office, *maker_id;
	const char	*replaces, *replaced_by;
	uint32_t	 carrier;
	const char	*paired_code;
	uint32_t	 version;
	const char	*seal_name_other;
	struct octets	 salt;
};

struct event {
	struct record	 record;
	struct octets	 record_octets;	/* as in the log; for the map's value */
	uint32_t	 kind, reason;
	bool		 has_previous;
	uint64_t	 previous;
};

/* Holds what a read record points to.  Caller frees with record_box_free(). */
struct record_box;
void	 record_box_free(struct record_box *box);

/* Encode the record alone, appending to b; and a whole Entry around it. */
void	 record_encode(const struct record *r, struct buf *b);
void	 event_encode(const struct event *ev, struct buf *b);

/* Read.  *box is set on success.  ERR_FORMAT "bad-entry". */
int	 record_read(struct octets in, struct record *r,
	    struct record_box **box, struct err *e) MUST_CHECK;
int	 event_read(struct octets entry, struct event *ev,
	    struct record_box **box, struct err *e) MUST_CHECK;

/* Map key H(seal code) and value H(record octets). */
void	 record_key(const char *seal_code, uint8_t key[SM3_LEN]);

/*
 * What a registry refuses in any record, its own or a peer's: the shape of
 * the code, a type, carrier or status it does not know, digests where they
 * belong, a name where a person would appear (types 0 and 5), dates that run
 * backwards.  ERR_VERIFY "bad-record".
 */
int	 record_lint(const struct record *r, struct err *e) MUST_CHECK;

/*
 * Is the step legal for a replica: the life-cycle table (filing/life.h), the
 * previous index present exactly when there was one, fields that never change
 * unchanged, version and times as they must be?  before is NULL for a first
 * event.  ERR_VERIFY "illegal-transition".
 */
int	 event_check(const struct event *ev, const struct record *before,
	    struct err *e) MUST_CHECK;

/* H(salt of 32 octets ‖ each field with a u16be length): a person (section 3). */
void	 person_commit(const uint8_t salt[32], const char *const *fields,
	    size_t n, uint8_t out[SM3_LEN]);

#endif /* FILING_RECORD_H */
