#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/http.h"
#include "base/mem.h"
#include "base/tls.h"
#include "base/tm.h"

/*
 * Real handshakes on 127.0.0.1: a server of ours and OpenSSL's client in one
 * process, the loop turning while the client waits.  Certificates are made
 * here, those that are to be refused included.
 */

#define HANDSHAKE_MS	400

/* A certificate and its key. */
struct id {
	X509		*cert;
	EVP_PKEY	*key;
};

struct world {
	struct ev		*ev;
	struct http_server	*s;
	struct ev_timer		*tick;
	struct tls_server	*open, *closed;	/* closed: wants clients' */
	unsigned short		 open_port, closed_port;
	char			 dir[64];
	struct id		 ca, other_ca, server, second, client, expired,
				 stranger, rsa;
};

struct client {
	int		 fd;
	SSL_CTX		*ctx;
	SSL		*ssl;
	char		 answer[8192];
	size_t		 len;
	char		 why[128];	/* of a failure */
};

/* ---- certificates */

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* days < 0: expired so long ago.  issuer NULL: a CA of its own. */
static struct id
make(const char *name, const char *san, const struct id *issuer, int days)
{
	static long	 serial = 1;
	struct id	 me;
	X509_NAME	*dn;

	me.key = strcmp(name, "rsa") == 0 ? EVP_RSA_gen(2048) :
	    EVP_EC_gen("P-256");
	me.cert = X509_new();
	assert_non_null(me.key);
	X509_set_version(me.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(me.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(me.cert), -100L * 86400);
	X509_gmtime_adj(X509_getm_notAfter(me.cert), days * 86400L);
	dn = X509_get_subject_name(me.cert);
	X509_NAME_add_entry_by_txt(dn, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(me.cert, issuer == NULL ? dn :
	    X509_get_subject_name(issuer->cert));
	X509_set_pubkey(me.cert, me.key);
	extend(me.cert, issuer == NULL ? me.cert : issuer->cert,
	    NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" :
	    "critical,CA:FALSE");
	if (san != NULL)
		extend(me.cert, issuer->cert, NID_subject_alt_name, san);
	assert_true(X509_sign(me.cert, issuer == NULL ? me.key : issuer->key,
	    EVP_sha256()) > 0);
	return me;
}

static void
id_free(struct id *me)
{
	X509_free(me->cert);
	EVP_PKEY_free(me->key);
}

/* Write it to DIR/name.crt and DIR/name.key. */
static void
save(const struct world *w, const char *name, const struct id *me)
{
	char	 path[128];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s.crt", w->dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(PEM_write_X509(f, me->cert), 1);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%s.key", w->dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(PEM_write_PrivateKey(f, me->key, NULL, NULL, 0, NULL,
	    NULL), 1);
	fclose(f);
}

/* A pack of DIR/cert.crt, DIR/key.key, if not "", and, if not NULL, DIR/ca.crt. */
static int
pack(const struct world *w, const char *cert, const char *key,
    const char *ca, struct buf *out, struct err *e)
{
	char			 c[128] = "", k[128] = "", a[128] = "";
	struct tls_files	 files = { c, k, a };
	int64_t			 expires;
	int			 rc;

	if (cert[0] != '\0')
		snprintf(c, sizeof(c), "%s/%s.crt", w->dir, cert);
	if (key[0] != '\0')
		snprintf(k, sizeof(k), "%s/%s.key", w->dir, key);
	if (ca != NULL)
		snprintf(a, sizeof(a), "%s/%s.crt", w->dir, ca);
	buf_init(out, LIMIT_TLS_PACK);
	if ((rc = tls_pack(&files, out, &expires, e)) == 0)
		assert_true((expires != 0) == (cert[0] != '\0'));
	return rc;
}

/* ---- the server */

/* Tells who asks: "certified|name|is44". */
static void
h_who(void *ctx, struct http_req *r)
{
	char	 name[LIMIT_TLS_NAME + 1], text[256];
	int	 n;

	(void)ctx;
	http_client_name(r, name);
	n = snprintf(text, sizeof(text), "%d|%s|%d%d",
	    http_client_certified(r), name,
	    http_client_is(r, "44.example/log", 10),
	    http_client_is(r, "33.example", 10));
	http_reply(r, 200, "text/plain", OCTETS(text, n));
}

static void
h_big(void *ctx, struct http_req *r)
{
	(void)ctx;
	http_reply_take(r, 200, "text/plain", xcalloc(1, 900000), 900000);
}

static const struct http_route routes[] = {
	{ "GET", "/who", HTTP_PUBLIC, 0, h_who },
	{ "GET", "/big", HTTP_PUBLIC, 0, h_big },
	{ NULL, NULL, 0, 0, NULL }
};

static void
ticked(void *arg)
{
	struct world	*w = arg;

	ev_stop(w->ev);
}

static void
spin(struct world *w, int64_t ms)
{
	struct err	 e = ERR_INIT;

	ev_timer_set(w->tick, ms);
	assert_int_equal(ev_run(w->ev, &e), 0);
}

static unsigned short
listen_on(struct world *w, const struct tls_server *tls)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	struct err		 e = ERR_INIT;
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(http_server_listen_tls(w->s, fd, HTTP_ALL, tls, &e),
	    0);
	return ntohs(sin.sin_port);
}

static struct tls_server *
server_of(const struct world *w, const char *name, const char *ca)
{
	struct tls_server	*t;
	struct err		 e = ERR_INIT;
	struct buf		 b;

	assert_int_equal(pack(w, name, name, ca, &b, &e), 0);
	assert_int_equal(tls_server_new(buf_octets(&b), &t, &e), 0);
	buf_wipe(&b);
	return t;
}

static int
setup(void **state)
{
	const struct http_bounds b = { .request_ms = 600, .idle_ms = 2000,
				     .per_address = 50,
				     .handshake_ms = HANDSHAKE_MS };
	struct world		*w = xcalloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/test_tls.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->ca = make("ca", NULL, NULL, 100);
	w->other_ca = make("other", NULL, NULL, 100);
	w->server = make("server", "DNS:localhost,IP:127.0.0.1", &w->ca, 10);
	w->second = make("second", "DNS:localhost,IP:127.0.0.1", &w->ca, 10);
	w->client = make("clerk", "DNS:44.example", &w->ca, 10);
	w->expired = make("clerk", "DNS:44.example", &w->ca, -1);
	w->stranger = make("clerk", "DNS:44.example", &w->other_ca, 10);
	w->rsa = make("rsa", NULL, &w->ca, 10);
	save(w, "ca", &w->ca);
	save(w, "server", &w->server);
	save(w, "second", &w->second);
	save(w, "rsa", &w->rsa);
	w->ev = ev_new();
	w->tick = ev_timer_new(w->ev, ticked, w);
	w->s = http_server_new(w->ev, routes, w);
	http_server_bounds(w->s, &b);
	w->open = server_of(w, "server", NULL);
	w->closed = server_of(w, "server", "ca");
	w->open_port = listen_on(w, w->open);
	w->closed_port = listen_on(w, w->closed);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world	*w = *state;
	char		*cmd;

	http_server_free(w->s);
	tls_server_free(w->open);
	tls_server_free(w->closed);
	ev_timer_free(w->tick);
	ev_free(w->ev);
	cmd = xasprintf("rm -rf %s", w->dir);
	assert_int_equal(system(cmd), 0);
	free(cmd);
	id_free(&w->ca);
	id_free(&w->other_ca);
	id_free(&w->server);
	id_free(&w->second);
	id_free(&w->client);
	id_free(&w->expired);
	id_free(&w->stranger);
	id_free(&w->rsa);
	free(w);
	return 0;
}

/* ---- clients */

static int
tcp(unsigned short port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
				     .sin_port = htons(port) };
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* True while OpenSSL wants the loop to turn; else why[] is set. */
static bool
wants(struct world *w, struct client *c, int rc, int64_t end)
{
	int	what = SSL_get_error(c->ssl, rc);

	if ((what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) &&
	    tm_mono_ms() < end) {
		spin(w, 5);
		return true;
	}
	snprintf(c->why, sizeof(c->why), "%s",
	    tm_mono_ms() >= end ? "late" : what == SSL_ERROR_ZERO_RETURN ?
	    "closed" : ERR_reason_error_string(ERR_peek_last_error()) != NULL ?
	    ERR_reason_error_string(ERR_peek_last_error()) : "reset");
	ERR_clear_error();
	return false;
}

/* Connect; false with c->why if the handshake fails.  version 0: any. */
static bool
hello(struct world *w, struct client *c, unsigned short port,
    const struct id *me, int version)
{
	int64_t	end = tm_mono_ms() + 5000;
	int	rc;

	memset(c, 0, sizeof(*c));
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (version != 0)
		SSL_CTX_set_max_proto_version(c->ctx, version);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(c->ctx), w->ca.cert);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	if (me != NULL) {
		assert_int_equal(SSL_CTX_use_certificate(c->ctx, me->cert),
		    1);
		assert_int_equal(SSL_CTX_use_PrivateKey(c->ctx, me->key), 1);
	}
	c->ssl = SSL_new(c->ctx);
	c->fd = tcp(port);
	SSL_set_fd(c->ssl, c->fd);
	while ((rc = SSL_connect(c->ssl)) != 1)
		if (!wants(w, c, rc, end))
			return false;
	return true;
}

/* Send text, read until needle or the end; false if it was the end. */
static bool
ask(struct world *w, struct client *c, const char *text, const char *needle)
{
	int64_t	end = tm_mono_ms() + 5000;
	int	rc;

	c->len = 0;
	while ((rc = SSL_write(c->ssl, text, (int)strlen(text))) <= 0)
		if (!wants(w, c, rc, end))
			return false;
	for (;;) {
		/* A long answer is read over itself. */
		if (c->len > sizeof(c->answer) - 1024)
			c->len = 0;
		rc = SSL_read(c->ssl, c->answer + c->len, 1023);
		if (rc > 0) {
			c->len += (size_t)rc;
			c->answer[c->len] = '\0';
			if (strstr(c->answer, needle) != NULL)
				return true;
		} else if (!wants(w, c, rc, end))
			return false;
	}
}

static void
bye(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
}

#define WHO	"GET /who HTTP/1.1\r\nHost: x\r\n\r\n"

/* ---- cases */

static void
answers(void **state)
{
	struct world	*w = *state;
	struct client	 c;

	assert_true(hello(w, &c, w->open_port, NULL, 0));
	assert_int_equal(SSL_version(c.ssl), TLS1_3_VERSION);
	assert_true(ask(w, &c, WHO, "0||00"));
	/* The connection is kept. */
	assert_true(ask(w, &c, WHO, "0||00"));
	bye(&c);
}

static void
tells_who_asks(void **state)
{
	struct world	*w = *state;
	struct client	 c;

	assert_true(hello(w, &c, w->closed_port, &w->client, 0));
	assert_true(ask(w, &c, WHO, "1|clerk|10"));
	bye(&c);
	/* A certificate that nobody asked for counts for nothing. */
	assert_true(hello(w, &c, w->open_port, &w->client, 0));
	assert_true(ask(w, &c, WHO, "0||00"));
	bye(&c);
}

/* The alert that the client gets: in TLS 1.3 it may come after its "done". */
static void
refused(struct world *w, const struct id *me, int version, const char *why)
{
	struct client	 c;

	if (hello(w, &c, w->closed_port, me, version))
		assert_false(ask(w, &c, WHO, "HTTP/1.1 "));
	assert_non_null(strstr(c.why, why));
	bye(&c);
}

static void
old_tls_is_refused(void **state)
{
	struct world	*w = *state;

	refused(w, &w->client, TLS1_2_VERSION, "protocol version");
	refused(w, &w->client, TLS1_1_VERSION, "");
}

static void
no_certificate_is_refused(void **state)
{

	refused(*state, NULL, 0, "certificate required");
}

static void
foreign_ca_is_refused(void **state)
{
	struct world	*w = *state;

	refused(w, &w->stranger, 0, "unknown ca");
	/* Nor may one certify himself. */
	refused(w, &w->other_ca, 0, "unknown ca");
}

static void
expired_is_refused(void **state)
{
	struct world	*w = *state;

	refused(w, &w->expired, 0, "certificate expired");
}

static void
plain_http_is_cut(void **state)
{
	struct world	*w = *state;
	char		 room[512];
	ssize_t		 n = -1;
	int		 fd = tcp(w->open_port), i;

	assert_int_equal(write(fd, WHO, sizeof(WHO) - 1), sizeof(WHO) - 1);
	for (i = 0; i < 200 && (n = read(fd, room, sizeof(room))) != 0; i++) {
		if (n > 0)
			assert_null(memmem(room, (size_t)n, "HTTP/1.1 2", 10));
		else if (errno != EAGAIN)
			break;
		spin(w, 5);
	}
	assert_true(i < 200);
	close(fd);
}

static int
subject_is(const struct client *c, const char *name)
{
	char	 cn[64] = "";

	X509_NAME_get_text_by_NID(X509_get_subject_name(
	    SSL_get0_peer_certificate(c->ssl)), NID_commonName, cn,
	    sizeof(cn));
	return strcmp(cn, name) == 0;
}

static void
swap_while_open(void **state)
{
	struct world	*w = *state;
	struct client	 old, fresh;
	struct err	 e = ERR_INIT;
	struct buf	 b;

	assert_true(hello(w, &old, w->open_port, NULL, 0));
	assert_true(ask(w, &old, WHO, "0||00"));

	/* What is no pack, or half of one, changes nothing. */
	assert_int_equal(tls_server_swap(w->open, OCTETS("\0\0\0\7x", 5), &e),
	    ERR_FORMAT);
	e = (struct err)ERR_INIT;
	assert_int_equal(tls_server_swap(w->open,
	    OCTETS("\0\0\0\0\0\0\0\0\0\0\0\0", 12), &e), ERR_INVAL);
	assert_string_equal(e.id, "tls-certificate");
	assert_true(hello(w, &fresh, w->open_port, NULL, 0));
	assert_true(subject_is(&fresh, "server"));
	bye(&fresh);

	/* Now with clients' certificates, too. */
	e = (struct err)ERR_INIT;
	assert_int_equal(pack(w, "second", "second", "ca", &b, &e), 0);
	assert_int_equal(tls_server_swap(w->open, buf_octets(&b), &e), 0);
	buf_wipe(&b);
	assert_true(ask(w, &old, WHO, "0||00"));
	assert_true(subject_is(&old, "server"));
	assert_true(hello(w, &fresh, w->open_port, &w->client, 0));
	assert_true(subject_is(&fresh, "second"));
	assert_true(ask(w, &fresh, WHO, "1|clerk|10"));
	bye(&fresh);
	if (hello(w, &fresh, w->open_port, NULL, 0))
		assert_false(ask(w, &fresh, WHO, "HTTP/1.1 "));
	assert_non_null(strstr(fresh.why, "certificate required"));
	bye(&fresh);
	bye(&old);
}

/* How long until the server closes fd, at most 3 s; drip: octets to send. */
static int64_t
cut_after(struct world *w, int fd, const uint8_t *drip, size_t n)
{
	int64_t	start = tm_mono_ms();
	size_t	i = 0;
	char	room[64];

	while (tm_mono_ms() - start < 3000) {
		if (i < n && send(fd, drip + i++, 1, MSG_NOSIGNAL) != 1)
			break;
		spin(w, 20);
		if (recv(fd, room, sizeof(room), MSG_DONTWAIT) == 0)
			break;
	}
	return tm_mono_ms() - start;
}

static void
slow_handshake_is_cut(void **state)
{
	/* The head of a ClientHello of 512 octets; the rest comes slowly. */
	static const uint8_t	 hi[300] = { 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc,
				     3, 3 };
	struct world		*w = *state;
	int64_t			 ms;
	int			 fd = tcp(w->open_port);

	ms = cut_after(w, fd, hi, sizeof(hi));
	assert_in_range(ms, HANDSHAKE_MS - 50, HANDSHAKE_MS + 800);
	close(fd);
	fd = tcp(w->closed_port);
	ms = cut_after(w, fd, NULL, 0);
	assert_in_range(ms, HANDSHAKE_MS - 50, HANDSHAKE_MS + 800);
	close(fd);
}

/* The deadlines of requests hold under TLS; idling after a handshake is not
 * a slow handshake. */
static void
deadlines_hold(void **state)
{
	struct world	*w = *state;
	struct client	 c;
	int64_t		 start;

	assert_true(hello(w, &c, w->open_port, NULL, 0));
	spin(w, HANDSHAKE_MS + 300);
	assert_true(ask(w, &c, WHO, "0||00"));
	start = tm_mono_ms();
	assert_false(ask(w, &c, "GET /who HTT", "HTTP/1.1 "));
	assert_in_range(tm_mono_ms() - start, 500, 1500);
	bye(&c);
}

static void
problems_and_large_answers(void **state)
{
	struct world	*w = *state;
	struct client	 c;
	int64_t		 end;
	size_t		 n = 0;
	int		 rc;

	assert_true(hello(w, &c, w->open_port, NULL, 0));
	assert_true(ask(w, &c, "no request\r\n\r\n", "bad-request"));
	assert_non_null(strstr(c.answer, "HTTP/1.1 400 "));
	bye(&c);
	assert_true(hello(w, &c, w->open_port, NULL, 0));
	assert_true(ask(w, &c, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
	    "\r\n\r\n"));
	n = c.len - (size_t)(strstr(c.answer, "\r\n\r\n") + 4 - c.answer);
	end = tm_mono_ms() + 5000;
	while (n < 900000) {
		rc = SSL_read(c.ssl, c.answer, sizeof(c.answer));
		if (rc > 0)
			n += (size_t)rc;
		else if (!wants(w, &c, rc, end))
			break;
	}
	assert_int_equal(n, 900000);
	bye(&c);
}

static void
connections_are_counted(void **state)
{
	struct world	*w = *state;
	int64_t		 end = tm_mono_ms() + 5000;
	int		 fd[60], i, open;
	char		 room[8];

	for (i = 0; i < 60; i++)
		fd[i] = tcp(w->open_port);
	do {
		spin(w, 100);
		for (i = 0, open = 0; i < 60; i++)
			if (recv(fd[i], room, sizeof(room),
			    MSG_DONTWAIT) == -1 && errno == EAGAIN)
				open++;
	} while (open > 50 && tm_mono_ms() < end);
	assert_int_equal(open, 50);
	for (i = 0; i < 60; i++)
		close(fd[i]);
}

/* ---- our own client, base/fetch.h */

struct told {
	struct world	*w;
	int		 status;
	char		 id[sizeof(((struct err *)0)->id)];
};

static void
on_told(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct told	*t = arg;

	if (e == NULL)
		t->status = res->status;
	else
		snprintf(t->id, sizeof(t->id), "%s", e->id);
	ev_stop(t->w->ev);
}

/* Of whom it asks, as whom, and what it is told: "" is an answer. */
static void
fetch_says_what_failed(void **state)
{
	static const struct {
		const char	*host, *cert, *ca;
		enum { OPEN, CLOSED, ELSEWHERE, OUTDATED } of;
		const char	*id;
	} t[] = {
		{ "localhost", "", "ca", OPEN, "" },
		{ "127.0.0.1", "", "ca", OPEN, "" },
		{ "localhost", "clerk", "ca", CLOSED, "" },
		{ "localhost", "", "other", OPEN, "tls-untrusted" },
		{ "localhost", "clerk", "other", CLOSED, "tls-untrusted" },
		{ "localhost", "", "ca", ELSEWHERE, "tls-untrusted" },
		{ "localhost", "", "ca", OUTDATED, "tls-untrusted" },
		{ "localhost", "", "ca", CLOSED, "tls-refused" },
		{ "localhost", "stranger", "ca", CLOSED, "tls-refused" },
		{ "localhost", "late", "ca", CLOSED, "tls-refused" },
	};
	struct world		*w = *state;
	struct id		 elsewhere = make("elsewhere", "DNS:a.example",
				     &w->ca, 10);
	struct id		 outdated = make("outdated", "DNS:localhost",
				     &w->ca, -1);
	struct tls_server	*wrong[2];
	unsigned short		 ports[4] = { w->open_port, w->closed_port };
	struct fetch		*f = fetch_new(w->ev);
	struct fetch_req	 req = { .max = 1000, .timeout_ms = 5000 };
	struct told		 told;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	char			*url;
	size_t			 i;

	save(w, "other", &w->other_ca);
	save(w, "clerk", &w->client);
	save(w, "stranger", &w->stranger);
	save(w, "late", &w->expired);
	save(w, "elsewhere", &elsewhere);
	save(w, "outdated", &outdated);
	wrong[0] = server_of(w, "elsewhere", NULL);
	wrong[1] = server_of(w, "outdated", NULL);
	ports[ELSEWHERE] = listen_on(w, wrong[0]);
	ports[OUTDATED] = listen_on(w, wrong[1]);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(pack(w, t[i].cert, t[i].cert, t[i].ca, &b,
		    &e), 0);
		assert_int_equal(fetch_identify(buf_octets(&b), &e), 0);
		buf_wipe(&b);
		told = (struct told){ .w = w };
		req.url = url = xasprintf("https://%s:%u/who", t[i].host,
		    ports[t[i].of]);
		fetch_start(f, &req, on_told, &told);
		assert_int_equal(ev_run(w->ev, &e), 0);
		free(url);
		assert_string_equal(told.id, t[i].id);
		assert_int_equal(told.status, t[i].id[0] == '\0' ? 200 : 0);
	}
	fetch_free(f);
	tls_server_free(wrong[0]);
	tls_server_free(wrong[1]);
	id_free(&elsewhere);
	id_free(&outdated);
}

static void
bad_files_are_refused(void **state)
{
	static const struct {
		const char	*cert, *key, *ca, *id;
	} t[] = {
		{ "server", "second", NULL, "tls-key" },
		{ "rsa", "rsa", NULL, "tls-key" },
		{ "junk", "server", NULL, "tls-certificate" },
		{ "server", "junk", NULL, "tls-key" },
		{ "server", "server", "junk", "tls-client-ca" },
		{ "server", "server", "second", "tls-client-ca" },
		{ "nowhere", "server", NULL, "not-found" },
	};
	struct world	*w = *state;
	struct err	 e;
	struct buf	 b;
	char		*path;
	size_t		 i;

	for (i = 0; i < 2; i++) {
		path = xasprintf("%s/junk.%s", w->dir, i ? "key" : "crt");
		assert_int_equal(file_write(path, OCTETS("junk\n", 5), 0600,
		    NULL), 0);
		free(path);
	}
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_not_equal(pack(w, t[i].cert, t[i].key, t[i].ca, &b,
		    &e), 0);
		buf_wipe(&b);
		assert_string_equal(e.id, t[i].id);
	}
}

#define CASE(F)	cmocka_unit_test_setup_teardown(F, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		CASE(answers),
		CASE(tells_who_asks),
		CASE(old_tls_is_refused),
		CASE(no_certificate_is_refused),
		CASE(foreign_ca_is_refused),
		CASE(expired_is_refused),
		CASE(plain_http_is_cut),
		CASE(swap_while_open),
		CASE(slow_handshake_is_cut),
		CASE(deadlines_hold),
		CASE(problems_and_large_answers),
		CASE(connections_are_counted),
		CASE(fetch_says_what_failed),
		CASE(bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
