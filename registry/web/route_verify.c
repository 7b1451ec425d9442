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
#include "registry/web/asking.h"
#include "registry/web/cross.h"
#include "registry/web/own_crls.h"
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

/* Everything is known: the report. */
static void
finish(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m, const ChainsChecked *said)
{
	struct chains		*chains = chains_new(m, &a->ask);
	struct web_register	 reg = { .w = w,
				    .policy = a->ask.policy };
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
	FileReading	*m = asking_reading(w, r, a);

	if (m == NULL)
		return;
	finish(w, r, a, m, said);
	protobuf_c_message_free_unpacked(&m->base, NULL);
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

static void
ask_chains(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m, const struct chains *chains)
{
	struct web_call		 call = {
		.type = MSG_TYPE__MSG_CHECK_CHAINS,
		.reply = &chains_checked__descriptor, .done = chains_done,
		.failed = chains_failed, .arg = asking_keep(a, m)
	};
	struct own_crls		*l = own_crls_new(w, chains);
	struct buf		 ask;

	buf_init(&ask, LIMIT_QUESTION);
	chains_put(chains, l->o, l->n, &ask);
	web_ask_jail(w, r, &call, buf_octets(&ask));
	buf_fini(&ask);
	own_crls_free(l);
}

/* What was read, and perhaps shown: on to the certificates. */
static void
go_on(struct web *w, struct http_req *r, const struct asking *a,
    const FileReading *m)
{
	struct verify_ask	 with = a->ask;
	struct web_cross	 cross;
	struct chains		*chains;

	web_cross_get(w, &cross);
	with.intermediates = cross.o;
	with.nintermediates = cross.n;
	chains = chains_new(m, &with);
	if (chains_wanted(chains))
		ask_chains(w, r, a, m, chains);
	else
		finish(w, r, a, m, NULL);
	chains_free(chains);
	web_cross_fini(&cross);
}

/* The pictures have been looked at, or could not be. */
static void
with_pictures(struct web *w, struct http_req *r, const struct asking *a,
    const ShownPictures *said)
{
	FileReading	*m = asking_reading(w, r, a);

	if (m == NULL)
		return;
	impression_set(m, said);
	go_on(w, r, a, m);
	protobuf_c_message_free_unpacked(&m->base, NULL);
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
		next = asking_keep(a, m);
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

	if (!asking_take(w, r, a) || !brought(w, r, upload, &file)) {
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
