#ifndef REGISTRY_CONFIG_H
#define REGISTRY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"

/*
 * The configuration of a node: DIR/sealreg.yaml, read by one table, a row a
 * key (base/conf.h), and checked as a whole.  The monitor reads it to know
 * what to start, and hands what it read to every child (registry/node_conf.h).
 */

#define CONFIG_FILE	"sealreg.yaml"	/* in the data folder */
#define LIMIT_LISTENERS	8
#define LIMIT_PEERS	64

/* One listening address and the audiences that it serves. */
struct config_listener {
	char		*address;	/* "127.0.0.1:18440", "[::1]:18440" */
	struct conf_list audiences;	/* char *: "public", "staff", ... */
	char		*tls_certificate;	/* PEM files; "": no TLS */
	char		*tls_key;
	char		*client_ca;		/* "": no clients' certificates */
};

/* The token that we show to one peer. */
struct config_peer {
	char		*province;	/* "33" */
	char		*token;
};

/* Strings are never NULL once loaded; empty where there is nothing. */
struct config {
	char		*dir;		/* the data folder; not a key */

	char		*province;	/* "44": two digits */
	char		*origin;	/* "44.sealreg.example/log" */
	char		*url;		/* as others reach us; no final slash */
	struct conf_list listeners;	/* struct config_listener */
	int64_t		 http_processes;
	int64_t		 jails;
	char		*national_vkey;	/* pinned trust list signer, or "" */
	char		*vkey;		/* of our own checkpoints */
	struct conf_list peer_tokens;	/* char *: tokens we accept */
	struct conf_list peers;		/* struct config_peer */
	char		*peer_tls_certificate;	/* that sync shows; or "" */
	char		*peer_tls_key;
	char		*peer_ca;		/* "": the system's */
	int64_t		 poll_ms;
	int64_t		 resign_seconds;
	int64_t		 map_depth;
	int64_t		 seal_valid_days;
	int64_t		 renewal_days;
	int64_t		 crl_days;
	char		*certificates;	/* "internal" or "external" */
	char		*external_name;	/* of the licensed body */
	char		*external_ca;	/* PEM of its authorities; "": none */
	int64_t		 external_min_days;
	struct conf_list external_refuse;	/* char *: deviations */
	char		*seal_generation;	/* "V4" or "V5" */
	char		*tsa_audience;	/* a word of listeners, or "none" */
	char		*policy;	/* file of POST /v1/verify, or "" */
	char		*tsa_policy;	/* dotted OID */
	int64_t		 tsa_rate;	/* signatures a second for strangers */
	int64_t		 tsa_clock_bound;	/* seconds */
	bool		 tsa_need_sync;
	char		*log_level;	/* "notice" */
	char		*log_format;	/* "text" or "json" */
	char		*filing_office;	/* never empty: province + "0000" */
	char		*maker_id;
};

/* The table of keys, for conf_sample() and the tests. */
extern const struct conf_key config_keys[];

/*
 * Read and check DIR/sealreg.yaml into *cf.  Errors: ERR_INVAL
 * "config-invalid" a value is refused, with the place; ERR_NOTFOUND or ERR_IO
 * the file cannot be read.  On success the caller frees with config_free();
 * on failure *cf is NULL.
 */
int	 config_load(const char *dir, struct config **cf,
	    struct err *e) MUST_CHECK;
/* The same from octets; name stands in errors.  For tests. */
int	 config_parse(const char *dir, const char *name, struct octets text,
	    struct config **cf, struct err *e) MUST_CHECK;
void	 config_free(struct config *cf);

/* "DIR/name", or name if it is absolute; the caller frees with free(). */
char	*config_path(const struct config *cf, const char *name);

/*
 * The tag of the i-th listener's socket: its audiences, its number, and
 * whether it is for TLS, as the monitor knew it when it opened the socket.
 */
unsigned config_tag(const struct config *cf, size_t i);
unsigned config_tag_listener(unsigned tag);	/* < LIMIT_LISTENERS */
bool	 config_tag_tls(unsigned tag);
/*
 * Does the mark of a restored node lie in the folder (registry/keep/restore.h)?
 * While it does, nothing is recorded and nothing signed.
 */
#define CONFIG_RESTORED	"restored"
bool	 config_is_restored(const struct config *cf);

/* Do certificates of new seals come from a licensed body? */
bool	 config_is_external(const struct config *cf);
/* Is this deviation of a foreign certificate (ca/delivery.h) not put up with? */
bool	 config_refuses(const struct config *cf, const char *deviation);
/* Are seals made by GM/T 0031-2025, with a time-stamp? */
bool	 config_is_v5(const struct config *cf);
/* Audience bits of POST /tsa; 0: nobody's. */
unsigned config_tsa_audience(const struct config *cf);
/* Audience bits (enum http_audience) of a listener. */
unsigned config_audiences(const struct config_listener *l);
/* Log from now on as cf says. */
void	 config_log(const struct config *cf);
/* enum log_level of cf->log_level. */
int	 config_log_level(const struct config *cf);
/* Number of listeners, and the i-th. */
size_t	 config_listeners(const struct config *cf);
const struct config_listener *config_listener_at(const struct config *cf,
	    size_t i);
/* The token that we show to this province, or NULL. */
const char *config_peer_token(const struct config *cf, const char *province);

#endif /* REGISTRY_CONFIG_H */
