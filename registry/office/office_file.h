#ifndef REGISTRY_OFFICE_FILE_H
#define REGISTRY_OFFICE_FILE_H

#include "ca/cert.h"
#include "registry/office/office_case.h"

/*
 * The file of a seal: from a case that the officers have decided to the seal
 * that is made, certified and filed.  What is asked of the key process, what
 * is checked of its answers, and the one step that makes it durable.
 *
 * Both requests depend on nothing but the case, so that a filing that was
 * interrupted is done again from the case and gives a seal with the same
 * code, serial and dates.  What the key process made before and nobody saw is
 * lost with the recorder that asked for it.
 */

/* Messages of schema/proto/msg.proto. */
struct IssueSigner;
struct RequestSigner;
struct SignSeal;

/* A filing at work.  Owns everything. */
struct office_file {
	struct office_case	*c;
	char			*picture_type;
	struct buf		 picture;
	uint8_t			 picture_digest[SM3_LEN];  /* when drawn */
	uint32_t		 width_mm, height_mm;
	uint32_t		 shard;		/* of the revocation list */
	uint8_t			 authority[CERT_KEY_ID]; /* whose part it is */
	size_t			 authoritylen;		/* 0: the only one */
	uint8_t			 person[SM3_LEN]; /* commitment to its owner */
	struct buf		 certificate, wrapped_key;
	bool			 ahead;		/* its key was made before: */
	uint8_t			 point[SM2_POINT_LEN];
	struct buf		 seal;		/* without its picture, */
	size_t			 picture_at;	/* which was here */
	uint8_t			 seal_digest[SM3_LEN];	/* of the whole */
	bool			 v5;		/* GM/T 0031-2025 was asked for */
	/* A licensed body certifies; certificate is empty until it has. */
	bool			 outside;
	bool			 requested;	/* its request is stored */
	struct buf		 issuers;	/* of that certificate */
};

/* From the database.  Caller frees with file_free(). */
int	 file_open(struct office *of, int64_t application,
	    struct office_file **f, struct err *e) MUST_CHECK;
void	 file_free(struct office_file *f);

/* Fill the request; borrowed from f. */
void	 file_ask_signer(const struct office_file *f, struct IssueSigner *m);
void	 file_ask_request(const struct office_file *f,
	    struct RequestSigner *m);
void	 file_ask_seal(const struct office_file *f, struct SignSeal *m);
/* The same for a V5 seal, stamped as stamp says; it must live as long as m. */
struct SignTime;
void	 file_ask_v5(const struct office_file *f, struct SignTime *stamp,
	    struct SignSeal *m);

/*
 * Take an answer, checked against the case: the certificate has its serial,
 * dates and key and says nothing else about its owner; the seal is ours to
 * the letter (seal_lint()), says what was asked, and its signature holds.
 * ERR_VERIFY "wrong-answer": the key process made something else.
 */
int	 file_take_signer(struct office_file *f, struct octets certificate,
	    struct octets wrapped_key, struct err *e) MUST_CHECK;
int	 file_take_seal(struct office_file *f, struct octets seal,
	    struct err *e) MUST_CHECK;

/*
 * File it: the seal and all that belongs to it is stored, the case is filed,
 * the event is in the log (index).  Inside a batch, which may append.
 * ERR_CONFLICT "illegal-transition": it is filed already.
 */
int	 file_store(struct office *of, const struct office_file *f,
	    uint64_t *index, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_FILE_H */
