#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "base/slots.h"
#include "base/tm.h"
#include "ca/chain.h"
#include "registry/judge/impression.h"
#include "registry/judge/report_html.h"
#include "registry/judge/verify.h"
#include "registry/office/office_ca.h"
#include "registry/web/register.h"
#include "registry/web/replay.h"
#include "registry/web/web.h"
#include "signing/jail_signing.h"

/*
 * A file that somebody brings, and a report on it.  Its octets are read in
 * the jail, in memory only, and so are the certificates in them; what the
 * register says is read here, from this node's own copy of the owner's log.
 */

/* Questions to the jail travel as a sealed memfd. */
#define LIMIT_QUESTION	(48u << 20)

/* A question between its visits to the jail; one piece for free(). */
struct asking {
	struct verify_ask	 ask;
	bool			 html;
	char			 evidence[SLOT_ID_SIZE];	/* or "" */
	enum rule_lang		 lang;
	size_t			 len;
	uint8_t			 reading[];	/* the FileReading, packed */
};

static void
reply(struct web *w, struct http_req *r, const struct asking *a,
    struct report *rep)
{
	struct buf	out;

	buf_init(&out, LIMIT_REPORT);
	if (a->html)
		report_html(rep, a->lang, &out);
	else
		report_json(rep, &out);
	report_fini(rep);
	replay_answer(w, r, a->html, &out);
}

/* The digest is the jail's: an upload is too large to be hashed here. */
static void
take_digest(struct asking *a, const FileReading *m)
{
	a->ask.has_digest = m->digest.len == SM3_LEN;
	if (a->ask.has_digest)
		memcpy(a->ask.digest, m->digest.data, SM3_LEN);
}

/* For the next visit to the jail. */
static struct asking *
keep_reading(const struct asking *a, const FileReading *m)
{
	struct asking	*next = xmalloc(sizeof(*next) +
			    file_reading__get_packed_size(m));

	*next = *a;
	next->len = file_reading__pack(m, next->reading);
	return next;
}

/* Everything is known: the report. */
static void
finish(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m, const ChainsChecked *said)
{
	struct chains		*chains = chains_new(m, &a->ask);
	struct web_register	 reg = { .w = w };
	struct report		 rep;

	chains_set(chains, said);
	verify_reading(m, &a->ask, chains, web_register_ask, &reg, &rep);
	chains_free(chains);
	web_register_fini(&reg);
	reply(w, r, a, &rep);
}

/* The reading once more, for the rules. */
static void
with_chains(struct web *w, struct http_req *r, const struct asking *a,
    const ChainsChecked *said)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	if (msg_unpack(&file_reading__descriptor, OCTETS(a->reading, a->len),
	    &m, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	finish(w, r, a, (const FileReading *)m, said);
	protobuf_c_message_free_unpacked(m, NULL);
}

static void
chains_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *m)
{
	with_chains(w, r, arg, (const ChainsChecked *)m);
}

static void
chains_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{
	if (e->code == ERR_BUSY)
		web_reply_err(w, r, e);
	else
		with_chains(w, r, arg, NULL);
}

/* Revocation lists that are given to the jail, copied. */
struct lists {
	struct buf	 b[LIMIT_VERIFY_PARTS + 2];
	struct octets	 o[LIMIT_VERIFY_PARTS + 2];
	size_t		 n;
};

static void
lists_add(struct web *w, struct lists *l, const char *name)
{
	const struct val	 v = val_text(name);
	struct query		*q = NULL;
	bool			 row;

	/* What is not there, the report says. */
	if (store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q,
	    NULL) == 0 && query_next(q, &row, NULL) == 0 && row) {
		buf_init(&l->b[l->n], LIMIT_CA_OBJECT);
		buf_put_octets(&l->b[l->n], query_blob(q, 0));
		l->o[l->n] = buf_octets(&l->b[l->n]);
		l->n++;
	}
	query_done(q);
}

/* The CRLs that this node has, those of its own province: the first part, and
 * those that the certificates name. */
static void
own_crls(struct web *w, const struct chains *chains, size_t own,
    struct lists *l)
{
	unsigned	parts[LIMIT_VERIFY_PARTS];
	char		name[CRL_NAME_SIZE];
	size_t		i, n;

	lists_add(w, l, CA_PROVINCE_CRL);
	lists_add(w, l, CA_ROOT_CRL);
	n = chains_parts(chains, own, parts, LIMIT_VERIFY_PARTS);
	for (i = 0; i < n; i++) {
		office_crl_name(parts[i], name);
		lists_add(w, l, name);
	}
}

static void
ask_chains(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m, const struct chains *chains)
{
	struct web_call		 call = {
		.type = MSG_TYPE__MSG_CHECK_CHAINS,
		.reply = &chains_checked__descriptor, .done = chains_done,
		.failed = chains_failed, .arg = keep_reading(a, m)
	};
	struct lists		*l = xcalloc(1, sizeof(*l));
	size_t			 own;
	struct buf		 ask;

	own = (size_t)(w->logs[0].owner - w->trust->provinces);
	if (chains_wants(chains, own))
		own_crls(w, chains, own, l);
	buf_init(&ask, LIMIT_QUESTION);
	chains_put(chains, l->o, l->n, &ask);
	web_ask_jail(w, r, &call, buf_octets(&ask));
	buf_fini(&ask);
	while (l->n > 0)
		buf_fini(&l->b[--l->n]);
	free(l);
}

/* What was read, and perhaps shown: on to the certificates. */
static void
go_on(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m)
{
	struct chains	*chains = chains_new(m, &a->ask);

	if (chains_wanted(chains))
		ask_chains(w, r, a, m, chains);
	else
		finish(w, r, a, m, NULL);
	chains_free(chains);
}

/* The pictures have been looked at, or could not be. */
static void
with_pictures(struct web *w, struct http_req *r, const struct asking *a,
    const ShownPictures *said)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	if (msg_unpack(&file_reading__descriptor, OCTETS(a->reading, a->len),
	    &m, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	impression_set((FileReading *)m, said);
	go_on(w, r, a, (const FileReading *)m);
	protobuf_c_message_free_unpacked(m, NULL);
}

static void
show_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *m)
{
	with_pictures(w, r, arg, (const ShownPictures *)m);
}

/* A picture that ends its jail costs the picture alone. */
static void
show_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{
	(void)e;
	with_pictures(w, r, arg, NULL);
}

/* Evidence, with what was read of the file that it is about, or NULL. */
static void
replay(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *file, struct octets evidence)
{
	const struct replay_ask	q = { .html = a->html, .lang = a->lang,
				    .has_at = a->ask.has_at, .at = a->ask.at,
				    .file = file };

	replay_evidence(w, r, &q, evidence);
}

/* The evidence is an upload. */
static void
replay_upload(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m)
{
	struct octets	o;
	struct err	e = ERR_INIT;

	if (slots_hold(w->uploads, a->evidence, tm_mono_ms(), &o, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	replay(w, r, a, m, o);
	slots_release(w->uploads, a->evidence);
}

static void
read_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reading)
{
	struct asking		*a = arg, *next;
	const FileReading	*m = (const FileReading *)reading;
	struct web_call		 call = {
		.type = MSG_TYPE__MSG_SHOW_PICTURES,
		.reply = &shown_pictures__descriptor, .done = show_done,
		.failed = show_failed
	};
	struct buf		 q;

	take_digest(a, m);
	if (a->evidence[0] != '\0') {
		replay_upload(w, r, a, m);
		return;
	}
	buf_init(&q, LIMIT_QUESTION);
	if (a->html && impression_ask(m, &q)) {
		next = keep_reading(a, m);
		call.arg = next;
		web_ask_jail(w, r, &call, buf_octets(&q));
	} else {
		go_on(w, r, a, m);
	}
	buf_fini(&q);
}

/* What is no seal is reported; a jail that is not there is not. */
static void
read_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{
	const struct asking	*a = arg;
	struct report		 rep;

	if (e->code == ERR_BUSY || e->code == ERR_INVAL) {
		web_reply_err(w, r, e);
		return;
	}
	verify_refused(e, &a->ask, &rep);
	reply(w, r, a, &rep);
}

/* What is asked for beside the file; false: r is answered. */
static bool
take_question(struct web *w, struct http_req *r, struct asking *a)
{
	static const char *const names[] = { "at", "lang", "upload",
				    "original", "evidence", NULL };
	const char	*s;

	if (!web_query(w, r, names))
		return false;
	a->ask = (struct verify_ask){ .trust = w->trust, .now = tm_now() };
	if (*w->cf->policy != '\0')
		a->ask.policy = &w->policy;
	if ((s = http_query(r, "at")) != NULL) {
		a->ask.has_at = true;
		if (!tm_parse(s, &a->ask.at)) {
			web_reply_problem(w, r, 400, "bad-time",
			    "at must be a moment as in RFC 3339");
			return false;
		}
	}
	if ((s = http_query(r, "lang")) != NULL &&
	    !rule_lang_from_word(s, &a->lang)) {
		web_reply_problem(w, r, 400, "bad-lang",
		    "lang must be zh or en");
		return false;
	}
	if (s == NULL)
		a->lang = LANG_ZH;
	if ((s = http_query(r, "evidence")) != NULL) {
		if (w->uploads == NULL) {
			web_reply_problem(w, r, 503, "uploads-off",
			    "this process takes no uploads");
			return false;
		}
		/* What is longer names no upload. */
		(void)snprintf(a->evidence, sizeof(a->evidence), "%s",
		    strlen(s) < sizeof(a->evidence) && *s != '\0' ? s : "-");
	}
	s = http_header(r, "Accept");
	a->html = s != NULL && strstr(s, "text/html") != NULL;
	return true;
}

/* What is brought: an upload that is whole, held until released; or the body.
 * False: r is answered. */
static bool
brought(struct web *w, struct http_req *r, const char *upload,
    struct octets *o)
{
	struct err	e = ERR_INIT;

	*o = http_body(r);
	if (upload == NULL)
		return true;
	if (o->len > 0)
		(void)err_set_id(&e, ERR_INVAL, "upload-and-body",
		    "name an upload, or send the file as the body");
	else if (w->uploads == NULL)
		(void)err_set_id(&e, ERR_BUSY, "uploads-off",
		    "this process takes no uploads");
	else if (slots_hold(w->uploads, upload, tm_mono_ms(), o, &e) == 0)
		return true;
	web_reply_err(w, r, &e);
	return false;
}

/*
 * A stamp that comes alone, and the document that it is said to be over, which
 * is an upload.  The call's argument is freed.
 */
static void
ask_stamped(struct web *w, struct http_req *r, struct web_call *call,
    struct octets file, const char *original)
{
	ReadStamped	 q = READ_STAMPED__INIT;
	struct octets	 document;
	struct err	 e = ERR_INIT;

	if (file.len > LIMIT_STAMP_ALONE)
		(void)err_set_id(&e, ERR_INVAL, "original-not-needed",
		    "an original is for a stamp that comes alone, and this "
		    "is none");
	else if (w->uploads == NULL)
		(void)err_set_id(&e, ERR_BUSY, "uploads-off",
		    "this process takes no uploads");
	else if (slots_hold(w->uploads, original, tm_mono_ms(), &document,
	    &e) == 0) {
		q.stamp.data = (uint8_t *)(uintptr_t)file.p;
		q.stamp.len = file.len;
		call->type = MSG_TYPE__MSG_READ_STAMPED;
		call->body = &q.base;
		web_ask_jail(w, r, call, document);
		slots_release(w->uploads, original);
		return;
	}
	web_reply_err(w, r, &e);
	free(call->arg);
}

static void
verify(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct asking	*a = xcalloc(1, sizeof(*a));
	struct web_call	 call = {
		.type = MSG_TYPE__MSG_READ_FILE,
		.reply = &file_reading__descriptor, .done = read_done,
		.failed = read_failed, .arg = a
	};
	const char	*upload = http_query(r, "upload");
	const char	*original = http_query(r, "original");
	struct octets	 file;

	if (!take_question(w, r, a) || !brought(w, r, upload, &file)) {
		free(a);
		return;
	}
	if (a->html || a->evidence[0] != '\0')
		call.type = MSG_TYPE__MSG_READ_SHOWN;
	if (a->evidence[0] == '\0' && original == NULL &&
	    replay_is_evidence(file)) {
		replay(w, r, a, NULL, file);
		free(a);
	} else if (original != NULL)
		ask_stamped(w, r, &call, file, original);
	else
		web_ask_jail(w, r, &call, file);
	if (upload != NULL)		/* the jail has a copy */
		slots_release(w->uploads, upload);
}

const struct http_route route_verify[] = {
	{ "POST", "/v1/verify", HTTP_PUBLIC, LIMIT_HTTP_BODY, verify },
	{ NULL, NULL, 0, 0, NULL }
};
