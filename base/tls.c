#include "base/tls.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

struct tls_server {
	SSL_CTX	*ctx;
};

/* ---- packs */

int
tls_unpack(struct octets pack, struct tls_parts *parts, struct err *e)
{
	struct octets	*part[3] = { &parts->certificate, &parts->key,
			    &parts->client_ca };
	struct cursor	 c = cursor_of(pack.p, pack.len);
	uint32_t	 n;
	size_t		 i;

	memset(parts, 0, sizeof(*parts));
	for (i = 0; i < 3; i++)
		if (!take_u32(&c, &n) || n > LIMIT_TLS_PEM ||
		    !take_octets(&c, n, part[i]))
			break;
	if (i < 3 || cursor_left(&c) != 0) {
		memset(parts, 0, sizeof(*parts));
		return err_set(e, ERR_FORMAT, "TLS: not a pack of PEM files");
	}
	return 0;
}

static int
pack_file(const char *path, struct buf *pack, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if (path != NULL && *path != '\0' &&
	    (rc = file_read(path, LIMIT_TLS_PEM, &p, &n, e)) != 0)
		return rc;
	buf_put_u32(pack, (uint32_t)n);
	buf_put(pack, p, n);
	if (p != NULL)
		mem_wipe(p, n);
	free(p);
	return 0;
}

/* ---- contexts */

/* A file asks for a pass phrase: there is nobody to type it. */
static int
no_phrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

/* The next certificate of a PEM text, or NULL at its end or fault. */
static X509 *
next_certificate(BIO *b)
{
	X509	*x = PEM_read_bio_X509(b, NULL, no_phrase, NULL);

	if (x == NULL)
		ERR_clear_error();
	return x;
}

static int
use_certificate(SSL_CTX *ctx, struct octets pem, struct err *e)
{
	BIO	*b = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509	*x;
	int	 n, good = 1;

	if (b == NULL)
		abort();
	for (n = 0; good && n <= LIMIT_TLS_CHAIN &&
	    (x = next_certificate(b)) != NULL; n++) {
		good = n == 0 ? SSL_CTX_use_certificate(ctx, x) :
		    (int)SSL_CTX_add1_chain_cert(ctx, x);
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	if (n == 0 || n > LIMIT_TLS_CHAIN || !good)
		return err_set_id(e, ERR_INVAL, "tls-certificate", "TLS: the "
		    "certificate file is not 1 to %d certificates in PEM that "
		    "can be used", LIMIT_TLS_CHAIN);
	return 0;
}

static int
use_key(SSL_CTX *ctx, struct octets pem, struct err *e)
{
	BIO		*b = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY	*key;
	char		 group[32] = "";
	int		 rc;

	if (b == NULL)
		abort();
	key = PEM_read_bio_PrivateKey(b, NULL, no_phrase, NULL);
	BIO_free(b);
	if (key == NULL || !EVP_PKEY_is_a(key, "EC") ||
	    !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) ||
	    strcmp(group, "prime256v1") != 0)
		rc = err_set_id(e, ERR_INVAL, "tls-key", "TLS: the key file "
		    "is not a P-256 private key in PEM without a pass phrase");
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		rc = err_set_id(e, ERR_INVAL, "tls-key", "TLS: the key is not "
		    "that of the certificate");
	else
		rc = 0;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}

/* Whom clients must have been certified by. */
static int
use_client_ca(SSL_CTX *ctx, struct octets pem, struct err *e)
{
	BIO		*b = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509_STORE	*store = SSL_CTX_get_cert_store(ctx);
	X509		*x;
	int		 n, good = 1;

	if (b == NULL)
		abort();
	for (n = 0; good && n <= LIMIT_TLS_CHAIN &&
	    (x = next_certificate(b)) != NULL; n++) {
		good = X509_check_ca(x) > 0 &&
		    X509_STORE_add_cert(store, x) == 1 &&
		    SSL_CTX_add_client_CA(ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	if (n == 0 || n > LIMIT_TLS_CHAIN || !good)
		return err_set_id(e, ERR_INVAL, "tls-client-ca", "TLS: the "
		    "file of CAs is not 1 to %d CA certificates in PEM",
		    LIMIT_TLS_CHAIN);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return 0;
}

static int
context_new(const struct tls_parts *p, SSL_CTX **out, struct err *e)
{
	SSL_CTX	*ctx;
	int	 rc;

	*out = NULL;
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, "P-256:X25519") != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1) {
		rc = err_set_crypto(e, "TLS");
		goto out;
	}
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if ((rc = use_certificate(ctx, p->certificate, e)) != 0 ||
	    (rc = use_key(ctx, p->key, e)) != 0 ||
	    (p->client_ca.len > 0 &&
	    (rc = use_client_ca(ctx, p->client_ca, e)) != 0))
		goto out;
	*out = ctx;
	ctx = NULL;

	rc = 0;
out:
	SSL_CTX_free(ctx);
	return rc;
}

/* notAfter of the certificate that ctx shows. */
static int64_t
expiry_of(SSL_CTX *ctx)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)),
	    &tm) != 1)
		return 1;		/* no time: long gone */
	return (int64_t)timegm(&tm);
}

/* CAs alone: what a client needs that shows no certificate. */
static int
check_cas(struct octets pem, struct err *e)
{
	SSL_CTX	*ctx;
	int	 rc;

	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL)
		return err_set_crypto(e, "TLS");
	rc = use_client_ca(ctx, pem, e);
	SSL_CTX_free(ctx);
	return rc;
}

int
tls_pack(const struct tls_files *files, struct buf *pack, int64_t *expires,
    struct err *e)
{
	struct tls_parts	 parts;
	SSL_CTX			*ctx = NULL;
	int			 rc;

	*expires = 0;
	if ((rc = pack_file(files->certificate, pack, e)) != 0 ||
	    (rc = pack_file(files->key, pack, e)) != 0 ||
	    (rc = pack_file(files->client_ca, pack, e)) != 0 ||
	    (rc = tls_unpack(buf_octets(pack), &parts, e)) != 0)
		return rc;
	if (parts.certificate.len == 0 && *files->certificate == '\0')
		return parts.client_ca.len == 0 ? 0 :
		    check_cas(parts.client_ca, e);
	if ((rc = context_new(&parts, &ctx, e)) != 0)
		return rc;
	*expires = expiry_of(ctx);
	SSL_CTX_free(ctx);
	return 0;
}

/* ---- servers */

int
tls_server_swap(struct tls_server *s, struct octets pack, struct err *e)
{
	struct tls_parts	 parts;
	SSL_CTX			*ctx;
	int			 rc;

	if ((rc = tls_unpack(pack, &parts, e)) != 0 ||
	    (rc = context_new(&parts, &ctx, e)) != 0)
		return rc;
	SSL_CTX_free(s->ctx);	/* each connection holds it, too */
	s->ctx = ctx;
	return 0;
}

int
tls_server_new(struct octets pack, struct tls_server **s, struct err *e)
{
	struct tls_server	*t = xcalloc(1, sizeof(*t));
	int			 rc;

	*s = NULL;
	if ((rc = tls_server_swap(t, pack, e)) != 0)
		goto out;
	*s = t;
	t = NULL;

	rc = 0;
out:
	tls_server_free(t);
	return rc;
}

void
tls_server_free(struct tls_server *s)
{

	if (s == NULL)
		return;
	SSL_CTX_free(s->ctx);
	free(s);
}

SSL *
tls_server_accept(const struct tls_server *s, int fd)
{
	SSL	*ssl;

	/* OpenSSL fails here only without memory. */
	if ((ssl = SSL_new(s->ctx)) == NULL || SSL_set_fd(ssl, fd) != 1)
		abort();
	SSL_set_accept_state(ssl);
	return ssl;
}

void
tls_free(SSL *ssl)
{

	SSL_free(ssl);
}

/* ---- octets */

/* What a call that did not succeed means, for the results of tls_read(). */
static ssize_t
result_of(const SSL *ssl, int rc, bool *out)
{
	ssize_t	n = -2;

	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_WRITE:
		*out = true;
		n = -1;
		break;
	case SSL_ERROR_WANT_READ:
		n = -1;
		break;
	case SSL_ERROR_ZERO_RETURN:
		n = 0;
		break;
	default:
		break;
	}
	ERR_clear_error();
	return n;
}

ssize_t
tls_read(SSL *ssl, void *p, size_t n, bool *out)
{
	int	rc;

	*out = false;
	rc = SSL_read(ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	return rc > 0 ? rc : result_of(ssl, rc, out);
}

ssize_t
tls_peek(SSL *ssl)
{
	bool	out;
	char	x;
	int	rc;

	rc = SSL_peek(ssl, &x, 1);
	return rc > 0 ? rc : result_of(ssl, rc, &out);
}

ssize_t
tls_write(SSL *ssl, struct octets o)
{
	size_t	at = 0;
	ssize_t	n;
	bool	out;
	int	rc;

	while (at < o.len) {
		rc = SSL_write(ssl, o.p + at, o.len - at > INT_MAX ? INT_MAX :
		    (int)(o.len - at));
		if (rc > 0) {
			at += (size_t)rc;
			continue;
		}
		n = result_of(ssl, rc, &out);
		return n == -1 ? (ssize_t)at : -2;
	}
	return (ssize_t)at;
}

/* ---- peers */

bool
tls_peer_certified(const SSL *ssl)
{

	return (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 &&
	    SSL_get0_peer_certificate(ssl) != NULL &&
	    SSL_get_verify_result(ssl) == X509_V_OK;
}

void
tls_peer_name(const SSL *ssl, char out[LIMIT_TLS_NAME + 1])
{
	const X509_NAME	*dn;
	unsigned char	*utf8 = NULL;
	int		 at, n;

	*out = '\0';
	if (!tls_peer_certified(ssl))
		return;
	dn = X509_get_subject_name(SSL_get0_peer_certificate(ssl));
	at = X509_NAME_get_index_by_NID(dn, NID_commonName, -1);
	if (at < 0 || X509_NAME_get_index_by_NID(dn, NID_commonName, at) >= 0)
		return;
	n = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(dn, at)));
	if (n > 0 && n <= LIMIT_TLS_NAME && memchr(utf8, 0, (size_t)n) == NULL &&
	    utf8_valid(utf8, (size_t)n)) {
		memcpy(out, utf8, (size_t)n);
		out[n] = '\0';
	}
	OPENSSL_free(utf8);
	ERR_clear_error();
}

bool
tls_peer_is(const SSL *ssl, const char *name, size_t len)
{

	return len > 0 && tls_peer_certified(ssl) &&
	    X509_check_host(SSL_get0_peer_certificate(ssl), name, len,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

/* ---- the end */

bool
tls_is_ready(const SSL *ssl)
{

	return SSL_is_init_finished(ssl);
}

void
tls_goodbye(SSL *ssl)
{

	/* A handshake that is under way is not ended but dropped. */
	if (SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
