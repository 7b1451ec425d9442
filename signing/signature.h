#ifndef SIGNING_SIGNATURE_H
#define SIGNING_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "signing/reading.h"

/*
 * A signature value, as OFD (SignedValue.dat), PDF (/Contents) and files of
 * their own carry it: SES_Signature of GM/T 0031-2014, GB/T 38540-2020 and
 * GM/T 0031-2025 (signing/stamp.h), SignedData of GB/T 35275 or CMS
 * (signing/signed_data.h), or r and s alone.
 */

#define LIMIT_SIGNATURE	(4u << 20)	/* octets of one value */

enum signature_form {
	SIGNATURE_NONE = 0,
	SIGNATURE_SES,		/* a stamp, with its seal */
	SIGNATURE_SIGNED_DATA,	/* GB/T 35275, or CMS with SM2 */
	SIGNATURE_BARE		/* SEQUENCE { r, s }: nobody says whose */
};

/* What a container needs to know of the value it carries.  Views are tied to
 * the input. */
struct signature {
	enum signature_form form;
	bool		 has_hash;
	uint8_t		 hash[SM3_LEN];	/* of the protected original */
	struct octets	 seal;		/* DER SESeal in it, or empty */
	struct octets	 property;	/* propertyInfo, or empty */
	bool		 within;	/* the document itself is in it */
};

/*
 * Read value and fill s: form, generation, seal, certificates, times and text,
 * and the rows format, seal_signature, signer_in_seal, stamp_signature and
 * time_stamp (rules that do not apply are said to be so).  What is wrong with
 * the value is told in the rows, not as an error.  Rows data_hash, references
 * and coverage are the container's.  padded: zero octets may follow (PDF).
 * original: the octets that were signed, where they are at hand and the form
 * signs them directly (CMS detached); else empty.
 */
void	 signature_read(struct octets value, bool padded,
	    struct octets original, StampReading *s, struct signature *sig);

/* For the readers of the forms: the rows after a format that failed. */
void	 signature_unread(StampReading *s);

#endif /* SIGNING_SIGNATURE_H */
