#ifndef BASE_TLS_H
#define BASE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * TLS 1.3 with P-256, nothing older and nothing else.  A pack is the octets of
 * three PEM files, read and checked by whoever may open files, and handed to
 * a process that may not.  A struct tls_server makes connections of a pack
 * and takes another later: it is built completely and then swapped in, and
 * what is open goes on with what it began with.  There is no resumption: each
 * connection is judged by the certificates of its own time.
 */

#define LIMIT_TLS_PEM	(64u << 10)	/* octets of one PEM file */
#define LIMIT_TLS_PACK	(3 * (64u << 10) + 12)
#define LIMIT_TLS_CHAIN	8		/* certificates in one file */
#define LIMIT_TLS_NAME	128		/* octets of a common name */

struct ssl_st;			/* OpenSSL's SSL */
struct tls_server;		/* opaque */

/*
 * client_ca: who certifies clients; a client without a certificate of theirs
 * is refused in the handshake.  NULL or "": clients show none.
 */
struct tls_files {
	const char	*certificate;	/* PEM: own first, then its issuers */
	const char	*key;		/* PEM, P-256, not encrypted */
	const char	*client_ca;
};

/* The three parts of a pack, tied to its octets; client_ca may be empty. */
struct tls_parts {
	struct octets	 certificate, key, client_ca;
};

/*
 * Read files into *pack (the caller inits it with LIMIT_TLS_PACK and frees it
 * with buf_wipe()), after a whole context was built of them.  certificate ""
 * packs client_ca alone.  *expires is the certificate's notAfter, 0 if there
 * is none.  Errors: ERR_INVAL "tls-certificate", "tls-key" (not P-256, or
 * another certificate's), "tls-client-ca"; what file_read() says.
 */
int	 tls_pack(const struct tls_files *files, struct buf *pack,
	    int64_t *expires, struct err *e) MUST_CHECK;
/* ERR_FORMAT: the octets are no pack. */
int	 tls_unpack(struct octets pack, struct tls_parts *parts,
	    struct err *e) MUST_CHECK;

/* As tls_pack() about errors.  Caller frees with tls_server_free(). */
int	 tls_server_new(struct octets pack, struct tls_server **s,
	    struct err *e) MUST_CHECK;
/* Take this pack from the next connection on; on failure nothing changes. */
int	 tls_server_swap(struct tls_server *s, struct octets pack,
	    struct err *e) MUST_CHECK;
/* Connections that are open live on. */
void	 tls_server_free(struct tls_server *s);
/*
 * The server's end of a connection on fd (borrowed), which does not block; the
 * first tls_read() begins the handshake.  Caller frees with tls_free().
 */
struct ssl_st *tls_server_accept(const struct tls_server *s, int fd);
void	 tls_free(struct ssl_st *ssl);
/*
 * Read at most n octets: how many, 0 after the other end's goodbye, -1 if there
 * is nothing now, -2 if the connection is broken.  *out: what is waited for is
 * that the socket can be written.
 */
ssize_t	 tls_read(struct ssl_st *ssl, void *p, size_t n, bool *out);
/* Does tls_read() have something?  Its results, but for 1; nothing is taken. */
ssize_t	 tls_peek(struct ssl_st *ssl);
/*
 * How many octets of o were taken, maybe none, or -2 as above.  After less
 * than all, what is offered next must begin with the rest.
 */
ssize_t	 tls_write(struct ssl_st *ssl, struct octets o);

/*
 * Who is at the other end: whether a certificate was demanded and shown, its
 * one common name ("" if it has none, several, or one that is longer than
 * LIMIT_TLS_NAME or no text), and whether name stands among the DNS names of
 * its subjectAltName, without wildcards.
 */
bool	 tls_peer_certified(const struct ssl_st *ssl);
void	 tls_peer_name(const struct ssl_st *ssl, char out[LIMIT_TLS_NAME + 1]);
bool	 tls_peer_is(const struct ssl_st *ssl, const char *name, size_t len);

/* The handshake is done. */
bool	 tls_is_ready(const struct ssl_st *ssl);
/* Say goodbye, as far as the socket takes it at once. */
void	 tls_goodbye(struct ssl_st *ssl);

#endif /* BASE_TLS_H */
