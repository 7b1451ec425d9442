#include "registry/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/http.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/delivery.h"
#include "ca/tsa_query.h"

static const struct {
	const char	*word;
	unsigned	 bit;
} audiences[] = {
	{ "public",	HTTP_PUBLIC },
	{ "applicant",	HTTP_APPLICANT },
	{ "staff",	HTTP_STAFF },
	{ "peer",	HTTP_PEER },
	{ "operator",	HTTP_OPERATOR },
};

static const struct {
	const char	*word;
	enum log_level	 level;
} levels[] = {
	{ "error",	LOG_ERROR },
	{ "warning",	LOG_WARNING },
	{ "notice",	LOG_NOTICE },
	{ "info",	LOG_INFO },
	{ "debug",	LOG_DEBUG },
};

#define COUNT(A)	(sizeof(A) / sizeof((A)[0]))

#define KEY_TEXT(NAME, MEMBER, MIN, MAX, PRESET, HELP)			\
	{ .name = NAME, .type = CONF_STRING,				\
	  .offset = offsetof(struct config, MEMBER), .min = MIN,	\
	  .max = MAX, .preset = PRESET, .help = HELP }
#define KEY_INT(NAME, MEMBER, MIN, MAX, PRESET, HELP)			\
	{ .name = NAME, .type = CONF_INT,				\
	  .offset = offsetof(struct config, MEMBER), .min = MIN,	\
	  .max = MAX, .preset = PRESET, .help = HELP }

#define KEY_FILE(NAME, MEMBER, HELP)					\
	{ .name = NAME, .type = CONF_STRING,				\
	  .offset = offsetof(struct config_listener, MEMBER), .max = 255, \
	  .preset = "", .help = HELP }

static const struct conf_key listener_keys[] = {
	{ .name = "address", .type = CONF_STRING,
	  .offset = offsetof(struct config_listener, address), .min = 3,
	  .max = 64, .preset = NULL,
	  .help = "Numeric address and port: 127.0.0.1:18440 or [::1]:18440" },
	{ .name = "audiences", .type = CONF_STRINGS,
	  .offset = offsetof(struct config_listener, audiences), .min = 1,
	  .max = COUNT(audiences), .preset = NULL,
	  .help = "Whom it serves: public, applicant, staff, peer, operator" },
	KEY_FILE("tls_certificate", tls_certificate,
	    "PEM of its certificate and issuers, for TLS; empty: plain HTTP"),
	KEY_FILE("tls_key", tls_key, "PEM of the certificate's P-256 key"),
	KEY_FILE("client_ca", client_ca,
	    "PEM of who certifies clients; staff, peer and operator need it"),
	{ .name = NULL }
};

static const struct conf_key peer_keys[] = {
	{ .name = "province", .type = CONF_STRING,
	  .offset = offsetof(struct config_peer, province), .min = 2,
	  .max = 2, .preset = NULL, .help = "Two digits" },
	{ .name = "token", .type = CONF_STRING,
	  .offset = offsetof(struct config_peer, token), .min = 16,
	  .max = 128, .preset = NULL,
	  .help = "What we show there to read its entries" },
	{ .name = NULL }
};

const struct conf_key config_keys[] = {
	KEY_TEXT("province", province, 2, 2, NULL,
	    "The province of this node: the first two digits of GB/T 2260"),
	KEY_TEXT("origin", origin, 1, 127, NULL,
	    "Name of its log; part of every checkpoint, never changed"),
	KEY_TEXT("url", url, 8, 255, NULL,
	    "How others reach this node, without a final slash"),
	{ .name = "listeners", .type = CONF_TABLES,
	  .offset = offsetof(struct config, listeners), .min = 1,
	  .max = LIMIT_LISTENERS, .preset = NULL,
	  .help = "Addresses listened on, and whom each serves",
	  .sub = listener_keys, .subsize = sizeof(struct config_listener) },
	KEY_INT("http_processes", http_processes, 1, 8, "2",
	    "Processes that answer requests"),
	KEY_INT("jails", jails, 1, 4, "2",
	    "Processes that draw pictures and decode what strangers bring"),
	KEY_TEXT("national_vkey", national_vkey, 0, 511, "",
	    "Verifier key of the national root, which signs the trust list"),
	KEY_TEXT("vkey", vkey, 1, 511, NULL,
	    "Verifier key of this node's checkpoints"),
	{ .name = "peer_tokens", .type = CONF_STRINGS,
	  .offset = offsetof(struct config, peer_tokens), .max = LIMIT_PEERS,
	  .preset = "",
	  .help = "Tokens that peers show here to read entries" },
	{ .name = "peers", .type = CONF_TABLES,
	  .offset = offsetof(struct config, peers), .max = LIMIT_PEERS,
	  .preset = "", .help = "Tokens that we show to peers",
	  .sub = peer_keys, .subsize = sizeof(struct config_peer) },
	KEY_TEXT("peer_tls_certificate", peer_tls_certificate, 0, 255, "",
	    "PEM of the certificate that we show to peers; empty: none"),
	KEY_TEXT("peer_tls_key", peer_tls_key, 0, 255, "",
	    "PEM of that certificate's P-256 key"),
	KEY_TEXT("peer_ca", peer_ca, 0, 255, "",
	    "PEM of who certifies peers' servers; empty: the system's CAs"),
	KEY_INT("poll_ms", poll_ms, 50, 60000, "1000",
	    "Milliseconds between two looks at a peer's checkpoint"),
	KEY_INT("resign_seconds", resign_seconds, 1, 3600, "10",
	    "Seconds after which an unchanged log is signed again"),
	KEY_INT("map_depth", map_depth, 0, 24, "16",
	    "Depth of the map when the log is founded"),
	KEY_INT("seal_valid_days", seal_valid_days, 1, 3660, "1826",
	    "Days that a new seal and its certificate are valid"),
	KEY_INT("renewal_days", renewal_days, 1, 3660, "90",
	    "Days before the end of a seal from which it may be renewed for "
	    "its end"),
	KEY_INT("crl_days", crl_days, 1, 90, "7",
	    "Days from one certificate revocation list to its nextUpdate"),
	KEY_TEXT("certificates", certificates, 8, 8, "internal",
	    "Who certifies new seals: the province (internal), or a licensed "
	    "body (external), on requests that wait for its answer"),
	KEY_TEXT("external_name", external_name, 0, 128, "",
	    "Name of the licensed body"),
	KEY_TEXT("external_ca", external_ca, 0, 255, "",
	    "PEM of the licensed body's authorities that are believed"),
	KEY_INT("external_min_days", external_min_days, 1, 3660, "30",
	    "Days that its certificates must still hold when they come"),
	{ .name = "external_refuse", .type = CONF_STRINGS,
	  .offset = offsetof(struct config, external_refuse), .max = 32,
	  .preset = "", .help = "Deviations of its certificates that are not "
	  "put up with, by name; \"*\": none is" },
	KEY_TEXT("seal_generation", seal_generation, 2, 2, "V4",
	    "V4 (GB/T 38540-2020) or V5 (GM/T 0031-2025, time-stamped)"),
	KEY_TEXT("policy", policy, 0, 255, "",
	    "File of what POST /v1/verify puts up with (docs/verify.md)"),
	KEY_TEXT("tsa_audience", tsa_audience, 4, 9, "public",
	    "Whose time-stamp requests are answered: public, applicant, "
	    "staff, peer, operator; none: nobody's"),
	KEY_TEXT("tsa_policy", tsa_policy, 3, 127, "2.999.3161.1",
	    "OID of the policy for time-stamps; the default is an example's"),
	KEY_INT("tsa_rate", tsa_rate, 1, 10000, "50",
	    "Time-stamps a second for those who ask from outside"),
	KEY_INT("tsa_clock_bound", tsa_clock_bound, 1, 3600, "10",
	    "Seconds that the clock may be off before time-stamps are "
	    "refused; their accuracy"),
	{ .name = "tsa_need_sync", .type = CONF_BOOL,
	  .offset = offsetof(struct config, tsa_need_sync), .preset = "false",
	  .help = "Refuse time-stamps while the kernel does not say that its "
	  "clock is synchronised" },
	KEY_TEXT("log_level", log_level, 4, 7, "notice",
	    "error, warning, notice, info or debug"),
	KEY_TEXT("log_format", log_format, 4, 4, "text",
	    "text, or json: an object a line"),
	KEY_TEXT("filing_office", filing_office, 0, 12, "",
	    "Code of the filing office; empty: the province's"),
	KEY_TEXT("maker_id", maker_id, 0, 32, "",
	    "Filing number of the seal maker; empty: none"),
	{ .name = NULL }
};

static bool
all_digits(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789") == n;
}

static unsigned
audience_bit(const char *word)
{
	size_t	i;

	for (i = 0; i < COUNT(audiences); i++)
		if (strcmp(audiences[i].word, word) == 0)
			return audiences[i].bit;
	return 0;
}

/* Digits and dots that OpenSSL takes for an OBJECT IDENTIFIER. */
static bool
is_oid(const char *s)
{
	struct buf	b;
	bool		is;

	buf_init(&b, LIMIT_TSA_POLICY);
	is = tsa_policy_encode(s, &b, NULL) == 0;
	buf_fini(&b);
	return is;
}

static int
check_tsa(const char *name, const struct config *cf, struct err *e)
{

	if (strcmp(cf->seal_generation, "V4") != 0 &&
	    strcmp(cf->seal_generation, "V5") != 0)
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "seal_generation: V4 or V5", name);
	if (strcmp(cf->tsa_audience, "none") != 0 &&
	    audience_bit(cf->tsa_audience) == 0)
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "tsa_audience: no audience \"%s\"", name,
		    cf->tsa_audience);
	if (!is_oid(cf->tsa_policy))
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "tsa_policy: \"%s\" is no object identifier in dotted "
		    "digits", name, cf->tsa_policy);
	return 0;
}

static bool
is_deviation(const char *name)
{
	const char	*known;
	size_t		 i;

	for (i = 0; (known = foreign_deviation(i)) != NULL; i++)
		if (strcmp(known, name) == 0)
			return true;
	return strcmp(name, "*") == 0;
}

/* Certificates of a licensed body: whose, and what of them. */
static int
check_external(const char *name, const struct config *cf, struct err *e)
{
	char	**word = cf->external_refuse.items;
	size_t	  i;

	if (strcmp(cf->certificates, "internal") != 0 &&
	    strcmp(cf->certificates, "external") != 0)
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "certificates: internal or external", name);
	if (cf->external_name[0] != '\0' && !text_is_name(cf->external_name))
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "external_name: one line of text", name);
	if (config_is_external(cf) && (cf->external_name[0] == '\0' ||
	    cf->external_ca[0] == '\0'))
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "certificates: external needs external_name and "
		    "external_ca", name);
	for (i = 0; i < cf->external_refuse.n; i++)
		if (!is_deviation(word[i]))
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: external_refuse: no deviation \"%s\"", name,
			    word[i]);
	return 0;
}

/* What belongs together over TLS. */
static int
check_tls(const char *name, const struct config *cf, struct err *e)
{
	const struct config_listener	*l = cf->listeners.items;
	const unsigned			 closed = HTTP_STAFF | HTTP_PEER |
					    HTTP_OPERATOR;
	size_t				 i;

	for (i = 0; i < cf->listeners.n; i++) {
		if ((*l[i].tls_certificate == '\0') != (*l[i].tls_key == '\0'))
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: listeners: tls_certificate and tls_key go "
			    "together", name);
		if (*l[i].client_ca != '\0' && *l[i].tls_key == '\0')
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: listeners: client_ca without a "
			    "tls_certificate", name);
		if (*l[i].tls_key != '\0' && *l[i].client_ca == '\0' &&
		    (config_audiences(&l[i]) & closed) != 0)
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: listeners: over TLS staff, peer and operator "
			    "need a client_ca", name);
	}
	if ((*cf->peer_tls_certificate == '\0') != (*cf->peer_tls_key ==
	    '\0'))
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "peer_tls_certificate and peer_tls_key go together", name);
	return 0;
}

/* What a row of the table cannot say. */
static int
check(const char *name, const struct config *cf, struct err *e)
{
	const struct config_peer	*p = cf->peers.items;
	const struct config_listener	*l = cf->listeners.items;
	char				**word;
	size_t				 i, k;

	if (!all_digits(cf->province, 2) || cf->province[0] == '0')
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "province: two digits, as \"44\"", name);
	if (strpbrk(cf->origin, " +\n\t") != NULL)
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "origin: no spaces and no plus sign", name);
	if ((strncmp(cf->url, "http://", 7) != 0 &&
	    strncmp(cf->url, "https://", 8) != 0) ||
	    cf->url[strlen(cf->url) - 1] == '/')
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: url: "
		    "http:// or https://, without a final slash", name);
	for (i = 0; i < COUNT(levels); i++)
		if (strcmp(levels[i].word, cf->log_level) == 0)
			break;
	if (i == COUNT(levels))
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "log_level: error, warning, notice, info or debug", name);
	if (strcmp(cf->log_format, "text") != 0 &&
	    strcmp(cf->log_format, "json") != 0)
		return err_set_id(e, ERR_INVAL, "config-invalid", "%s: "
		    "log_format: text or json", name);
	for (i = 0; i < cf->listeners.n; i++)
		for (word = l[i].audiences.items, k = 0;
		    k < l[i].audiences.n; k++)
			if (audience_bit(word[k]) == 0)
				return err_set_id(e, ERR_INVAL,
				    "config-invalid", "%s: listeners: no "
				    "audience \"%s\"", name, word[k]);
	for (i = 0; i < cf->peers.n; i++) {
		if (!all_digits(p[i].province, 2))
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: peers: province \"%s\"", name,
			    p[i].province);
		for (k = 0; k < i; k++)
			if (strcmp(p[k].province, p[i].province) == 0)
				return err_set_id(e, ERR_INVAL,
				    "config-invalid", "%s: peers: province "
				    "%s stands twice", name, p[i].province);
	}
	for (word = cf->peer_tokens.items, i = 0; i < cf->peer_tokens.n; i++)
		if (strlen(word[i]) < 16)
			return err_set_id(e, ERR_INVAL, "config-invalid",
			    "%s: peer_tokens: shorter than 16 characters",
			    name);
	if (check_tsa(name, cf, e) != 0 || check_external(name, cf, e) != 0)
		return ERR_INVAL;
	return check_tls(name, cf, e);
}

/* Empty texts that stand for something derived. */
static void
complete(struct config *cf)
{
	if (cf->filing_office[0] == '\0') {
		free(cf->filing_office);
		cf->filing_office = xasprintf("%s0000", cf->province);
	}
}

int
config_parse(const char *dir, const char *name, struct octets text,
    struct config **cf, struct err *e)
{
	struct config	*c = xcalloc(1, sizeof(*c));
	int		 rc;

	*cf = NULL;
	if ((rc = conf_parse(name, (const char *)text.p, text.len,
	    config_keys, c, e)) != 0 || (rc = check(name, c, e)) != 0)
		goto out;
	complete(c);
	c->dir = xstrdup(dir);
	*cf = c;
	c = NULL;

	rc = 0;
out:
	config_free(c);
	return rc;
}

int
config_load(const char *dir, struct config **cf, struct err *e)
{
	uint8_t	*p = NULL;
	char	*path;
	size_t	 n;
	int	 rc;

	*cf = NULL;
	path = xasprintf("%s/" CONFIG_FILE, dir);
	if ((rc = file_read(path, LIMIT_CONF_FILE, &p, &n, e)) == 0)
		rc = config_parse(dir, path, OCTETS(p, n), cf, e);
	free(p);
	free(path);
	return rc;
}

void
config_free(struct config *cf)
{
	char	**word;
	size_t	  i;

	if (cf == NULL)
		return;
	for (word = cf->peer_tokens.items, i = 0; i < cf->peer_tokens.n; i++)
		mem_wipe(word[i], strlen(word[i]));
	conf_fini(config_keys, cf);
	free(cf->dir);
	free(cf);
}

char *
config_path(const struct config *cf, const char *name)
{
	return *name == '/' ? xstrdup(name) :
	    xasprintf("%s/%s", cf->dir, name);
}

bool
config_is_restored(const struct config *cf)
{
	char	*path = config_path(cf, CONFIG_RESTORED);
	bool	 is = access(path, F_OK) == 0;

	free(path);
	return is;
}

bool
config_is_external(const struct config *cf)
{
	return strcmp(cf->certificates, "external") == 0;
}

bool
config_refuses(const struct config *cf, const char *deviation)
{
	char	**word = cf->external_refuse.items;
	size_t	  i;

	for (i = 0; i < cf->external_refuse.n; i++)
		if (strcmp(word[i], "*") == 0 ||
		    strcmp(word[i], deviation) == 0)
			return true;
	return false;
}

bool
config_is_v5(const struct config *cf)
{
	return strcmp(cf->seal_generation, "V5") == 0;
}

unsigned
config_tsa_audience(const struct config *cf)
{
	return audience_bit(cf->tsa_audience);
}

unsigned
config_audiences(const struct config_listener *l)
{
	char		**word = l->audiences.items;
	unsigned	  bits = 0;
	size_t		  i;

	for (i = 0; i < l->audiences.n; i++)
		bits |= audience_bit(word[i]);
	return bits;
}

#define TAG_TLS	(1u << 16)

unsigned
config_tag(const struct config *cf, size_t i)
{
	const struct config_listener	*l = config_listener_at(cf, i);

	return config_audiences(l) | (unsigned)i << 8 |
	    (*l->tls_key != '\0' ? TAG_TLS : 0);
}

unsigned
config_tag_listener(unsigned tag)
{
	return tag >> 8 & (LIMIT_LISTENERS - 1);
}

bool
config_tag_tls(unsigned tag)
{
	return (tag & TAG_TLS) != 0;
}

void
config_log(const struct config *cf)
{
	log_tune((enum log_level)config_log_level(cf),
	    strcmp(cf->log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
}

int
config_log_level(const struct config *cf)
{
	size_t	i;

	for (i = 0; i < COUNT(levels); i++)
		if (strcmp(levels[i].word, cf->log_level) == 0)
			return levels[i].level;
	return LOG_NOTICE;
}

size_t
config_listeners(const struct config *cf)
{
	return cf->listeners.n;
}

const struct config_listener *
config_listener_at(const struct config *cf, size_t i)
{
	return (const struct config_listener *)cf->listeners.items + i;
}

const char *
config_peer_token(const struct config *cf, const char *province)
{
	const struct config_peer	*p = cf->peers.items;
	size_t				 i;

	for (i = 0; i < cf->peers.n; i++)
		if (strcmp(p[i].province, province) == 0)
			return p[i].token;
	return NULL;
}
