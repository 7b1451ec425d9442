#ifndef SIGNING_READING_H
#define SIGNING_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/msg.pb-c.h"

/*
 * Building a FileReading (schema/proto/msg.proto), member by member, for the
 * readers of stamps, OFD and PDF.  Everything in it is on the heap: free the
 * whole with reading_free().  Text from strangers is made safe to show: what
 * is a control, bidirectional or not UTF-8 becomes U+FFFD.
 */

#define LIMIT_READING_STAMPS	64	/* signatures in one file */
#define LIMIT_READING_CHECKS	16	/* rules a signature, or a file */
#define LIMIT_READING_LIST	64	/* lines of uncovered, changes, places */
#define LIMIT_READING_CERTS	16	/* certificates that came along */
#define LIMIT_READING_PICTURES	(1u << 20)	/* octets of all of them */
#define READING_TEXT_SIZE	256	/* octets of one line */

/* Results of a rule, as words of the report. */
#define READ_PASSED	"passed"
#define READ_FAILED	"failed"
#define READ_UNKNOWN	"unknown"
#define READ_NOT_APPLICABLE "not_applicable"

/* Are words wanted (text), for people to look at?  They are, unless it is
 * said: they cost more than all the rest. */
void		 reading_want_words(bool wanted);
bool		 reading_wants_words(void);

/*
 * Are the pictures of the seals in the next file wanted?  They are not, unless
 * it is said.
 */
void		 reading_want_pictures(bool wanted);
/*
 * Where they are: m, whose digest is set, gets that of its seal, which is not
 * looked at; once of each seal in the file, and up to LIMIT_READING_PICTURES.
 */
void		 reading_picture(SealReading *m, struct octets picture);

FileReading	*reading_new(const char *kind);
void		 reading_free(FileReading *m);

/* A signature more; tied to m.  NULL beyond LIMIT_READING_STAMPS. */
StampReading	*reading_add_stamp(FileReading *m, const char *label);

/* A row about the file; about a signature.  Beyond the limit: our fault. */
void	 reading_check(FileReading *m, const char *rule, const char *result,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	 reading_stamp_check(StampReading *s, const char *rule,
	    const char *result, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* The code of the error that the last row of s tells. */
void	 reading_stamp_why(StampReading *s, const char *id);
/* A row that s has already fails, for another reason than its own; or one that
 * passed is in doubt, with the code of that. */
void	 reading_stamp_fail(StampReading *s, const char *rule,
	    const char *why);
void	 reading_stamp_doubt(StampReading *s, const char *rule,
	    const char *why, const char *id);

/* A line more of a list (&s->uncovered, &s->n_uncovered...), made safe;
 * beyond LIMIT_READING_LIST it is dropped. */
void	 reading_line(char ***list, size_t *n, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* *field, made safe. */
void	 reading_text(char **field, struct octets text);
/* *field a copy of o; one more of a list, up to LIMIT_READING_CERTS. */
void	 reading_octets(ProtobufCBinaryData *field, struct octets o);
void	 reading_add_octets(ProtobufCBinaryData **list, size_t *n,
	    struct octets o);

#endif /* SIGNING_READING_H */
