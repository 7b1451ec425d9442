#ifndef REGISTRY_DESCRIPTOR_H
#define REGISTRY_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"

/*
 * What a province tells the national root about itself, for the trust list:
 * DIR/province.yaml, written last when a province is founded.
 */

#define DESCRIPTOR_FILE	"province.yaml"

struct descriptor {
	char		*province;	/* "44" */
	char		*origin;
	struct conf_list urls;		/* char * */
	struct conf_list prefixes;	/* char * */
	char		*vkey;		/* of its checkpoints */
	char		*founded;	/* RFC 3339: time of the genesis */
	struct conf_list ca;		/* char *: base64 of DER */
};

/* Read one: path is a file, or a data folder that holds one.  Caller frees
 * with descriptor_fini().  ERR_INVAL "bad-descriptor". */
int	 descriptor_load(const char *path, struct descriptor *d,
	    struct err *e) MUST_CHECK;
/* The same from octets; name stands in errors. */
int	 descriptor_parse(const char *name, struct octets text,
	    struct descriptor *d, struct err *e) MUST_CHECK;
void	 descriptor_fini(struct descriptor *d);

/* Append its text to out; ca is one certificate. */
void	 descriptor_format(const char *province, const char *origin,
	    const char *url, const char *vkey, int64_t founded,
	    struct octets ca, struct buf *out);

/*
 * The same with der, whose key is at point, as its first authority; another
 * certificate for the same key makes room for it.  ERR_INVAL
 * "bad-descriptor".
 */
int	 descriptor_put(const struct descriptor *d, struct octets der,
	    const uint8_t *point, struct buf *out, struct err *e) MUST_CHECK;

#endif /* REGISTRY_DESCRIPTOR_H */
