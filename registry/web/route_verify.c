#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "base/tm.h"
#include "registry/web/judge.h"
#include "registry/judge/verify.h"
#include "registry/web/web.h"

/*
 * A file that somebody brings, and a report on it.  Its octets are read in
 * the jail, and so is the certificate in them; what the register says is read
 * here, from this node's own copy of the owner's log.
 */

/* A question between its two visits to the jail; one piece for free(). */
struct asking {
	struct verify_ask	 ask;
	bool			 crls;		/* of every issuer */
	size_t			 len;
	uint8_t			 reading[];	/* the SealReading, packed */
};

static void
reply(struct web *w, struct http_req *r, const struct report *rep)
{
	struct buf	out;

	buf_init(&out, LIMIT_REPORT);
	report_json(rep, &out);
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

/* What the copy of the owner's log says, and the report. */
static void
finish(struct web *w, struct http_req *r, const struct asking *a,
    const SealReading *m, const ChainChecked *chain)
{
	const struct trust_province	*owner = verify_owner(m, w->trust);
	struct verify_facts		 f = { .chain = chain,
					    .crls = a->crls,
					    .word = WORD_NOT_ASKED };
	struct judge_ask		 q = { .code = m->seal_code,
					    .digest = m->digest.data,
					    .has_at = a->ask.has_at,
					    .at = a->ask.at,
					    .now = a->ask.now };
	struct judged			 j;
	struct report			*rep;
	struct err			 e = ERR_INIT;

	if (owner != NULL && m->digest.len == SM3_LEN) {
		if (judge_code(w, web_log_of(w, owner->province), &q, &j,
		    &e) != 0) {
			judged_fini(&j);
			web_reply_err(w, r, &e);
			return;
		}
		f.word = WORD_SAID;
		f.verdict = j.verdict;
		f.why = j.why;
		f.as_of = j.head != NULL ? j.head->signed_at : 0;
		judged_fini(&j);
	}
	rep = xcalloc(1, sizeof(*rep));
	verify_seal(m, &a->ask, &f, rep);
	reply(w, r, rep);
	free(rep);
}

/* The reading once more, for the rules. */
static void
judged_chain(struct web *w, struct http_req *r, const struct asking *a,
    const ChainChecked *chain)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	if (msg_unpack(&seal_reading__descriptor, OCTETS(a->reading, a->len),
	    &m, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	finish(w, r, a, (const SealReading *)m, chain);
	protobuf_c_message_free_unpacked(m, NULL);
}

static void
chain_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *m)
{

	judged_chain(w, r, arg, (const ChainChecked *)m);
}

static void
chain_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{

	if (e->code == ERR_BUSY)
		web_reply_err(w, r, e);
	else
		judged_chain(w, r, arg, NULL);
}

/* The CRLs that this node has: all of them for seals of its own province. */
static size_t
own_crls(struct web *w, struct query *q[2], ProtobufCBinaryData crls[2])
{
	static const char *const	names[] = { "province.crl",
					    "root.crl" };
	struct octets			o;
	struct val			v;
	size_t				i, n = 0;
	bool				row;

	for (i = 0; i < 2; i++) {
		v = val_text(names[i]);
		q[i] = NULL;
		if (store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q[i],
		    NULL) != 0 || query_next(q[i], &row, NULL) != 0 || !row)
			continue;	/* the report says so */
		o = query_blob(q[i], 0);
		crls[n].data = (uint8_t *)(uintptr_t)o.p;
		crls[n++].len = o.len;
	}
	return n;
}

static void
ask_chain(struct web *w, struct http_req *r, const struct asking *a,
    const SealReading *m, const struct trust_province *owner)
{
	struct asking		*next = xmalloc(sizeof(*next) +
				    seal_reading__get_packed_size(m));
	struct web_call		 call = {
		.type = MSG_TYPE__MSG_CHECK_CHAIN,
		.reply = &chain_checked__descriptor, .done = chain_done,
		.failed = chain_failed, .arg = next
	};
	ProtobufCBinaryData	 crls[2];
	struct query		*q[2] = { NULL, NULL };
	CheckChain		 ask;
	uint8_t			*packed;

	*next = *a;
	next->len = seal_reading__pack(m, next->reading);
	verify_chain_ask(m, owner, &a->ask, &ask);
	if (owner == w->logs[0].owner) {
		ask.crls = crls;
		ask.n_crls = own_crls(w, q, crls);
	}
	next->crls = ask.n_crls == 2;
	packed = xmalloc(check_chain__get_packed_size(&ask) + 1);
	web_ask_jail(w, r, &call, OCTETS(packed,
	    check_chain__pack(&ask, packed)));
	query_done(q[0]);
	query_done(q[1]);
	free(ask.anchors);
	free(packed);
}

static void
read_done(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reading)
{
	const SealReading		*m = (const SealReading *)reading;
	const struct trust_province	*owner;
	struct report			*rep = xcalloc(1, sizeof(*rep));

	owner = verify_owner(m, w->trust);
	if (verify_is_other(m, rep))
		reply(w, r, rep);
	else if (owner == NULL || owner->nca == 0)
		finish(w, r, arg, m, NULL);
	else
		ask_chain(w, r, arg, m, owner);
	free(rep);
}

/* What is no seal is reported; a jail that is not there is not. */
static void
read_failed(struct web *w, struct http_req *r, void *arg,
    const struct err *e)
{
	struct report	*rep;

	(void)arg;
	if (e->code == ERR_BUSY) {
		web_reply_err(w, r, e);
		return;
	}
	rep = xcalloc(1, sizeof(*rep));
	verify_refused(e, rep);
	reply(w, r, rep);
	free(rep);
}

static void
verify(void *ctx, struct http_req *r)
{
	static const char *const names[] = { "at", NULL };
	struct web	*w = ctx;
	struct asking	*a;
	struct web_call	 call = {
		.type = MSG_TYPE__MSG_READ_SEAL,
		.reply = &seal_reading__descriptor, .done = read_done,
		.failed = read_failed
	};
	const char	*s;
	int64_t		 at = 0;

	if (!web_query(w, r, names))
		return;
	if ((s = http_query(r, "at")) != NULL && !tm_parse(s, &at)) {
		web_reply_problem(w, r, 400, "bad-time",
		    "at must be a moment as in RFC 3339");
		return;
	}
	call.arg = a = xcalloc(1, sizeof(*a));
	a->ask = (struct verify_ask){ .trust = w->trust,
	    .has_at = s != NULL, .at = at, .now = tm_now() };
	web_ask_jail(w, r, &call, http_body(r));
}

const struct http_route route_verify[] = {
	{ "POST", "/v1/verify", HTTP_PUBLIC, LIMIT_HTTP_BODY, verify },
	{ NULL, NULL, 0, 0, NULL }
};
