#ifndef SIGNING_OFD_SIGN_H
#define SIGNING_OFD_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signing/ofd_show.h"
#include "signing/reading.h"
#include "signing/xml.h"

/*
 * One signature of an OFD package as its Signature.xml describes it (GB/T
 * 33190-2016, 18): what it refers to, where it shows, and in which files its
 * value and its seal are.  Read here; judged by signing/ofd_references.h,
 * signing/ofd_coverage.h and signing/ofd.c.
 */

#define OFD_DIGEST_MAX	64	/* octets of a CheckValue that we look at */

/* What a digest is made with (References, CheckMethod). */
enum ofd_method {
	OFD_METHOD_NONE = 0,	/* not said: MD5 by the standard */
	OFD_METHOD_SM3, OFD_METHOD_SHA256, OFD_METHOD_SHA1, OFD_METHOD_MD5,
	OFD_METHOD_OTHER
};

struct ofd_reference {
	char		*loc;		/* as it stands there */
	bool		 found;
	size_t		 file;
	uint8_t		 value[OFD_DIGEST_MAX];
	size_t		 len;		/* 0: no base64 */
};

struct ofd_sign {
	unsigned	 body;		/* whose list names it */
	char		 label[OFD_LINE_SIZE];	/* its folder */
	bool		 is_sign;	/* Type "Sign": no seal */
	bool		 has_xml, has_value, has_seal, names_seal;
	size_t		 xml, value, seal;	/* files */
	enum ofd_method	 method;
	struct ofd_reference *references;
	size_t		 n;
	bool		*covered;	/* of each file: it refers to it */
	char		 fault[OFD_LINE_SIZE];	/* of its format, or "" */
};

/*
 * Read the signature that an element of a body's list names, into sign, which
 * the caller frees with ofd_sign_fini(), and say in s where it shows and what
 * is odd about it.
 */
void	 ofd_sign_read(struct ofd_show *show, unsigned body,
	    const struct _xmlNode *listed, struct ofd_sign *sign,
	    StampReading *s);
void	 ofd_sign_fini(struct ofd_sign *sign);
void	 ofd_sign_fault(struct ofd_sign *sign, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif /* SIGNING_OFD_SIGN_H */
