#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/chain.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "registry/judge/history.h"
#include "registry/judge/verify_ask.h"
#include "registry/judge/verify_jail.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define VERIFY_TIMEOUT_MS	10000
/* A question of many certificates and their CRLs. */
#define LIMIT_QUESTION		LIMIT_JAIL_INPUT

/* One request to a jail of its own, and its reply unpacked. */
int
verify_ask_jail(uint16_t type, struct octets large,
    const ProtobufCMessageDescriptor *d, ProtobufCMessage **m, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if ((rc = jail_once(&program_jail, type, OCTETS("", 0), large, &p, &n,
	    e)) == 0)
		rc = msg_unpack(d, OCTETS(p, n), m, e);
	free(p);
	return rc;
}

/* ---- CRLs */

/* One CRL of the owner's, or nothing: "province.crl", or a part of it. */
static void
fetch_crl(const char *url, const char *whole, unsigned part,
    struct evidence *ev)
{
	struct fetch_req	req = { .max = LIMIT_CRL,
				    .timeout_ms = VERIFY_TIMEOUT_MS };
	struct fetch_res	res;
	char			full[512], name[CERT_URL_MAX];

	if (crl_part_url(whole, part, name, NULL) != 0 ||
	    (size_t)snprintf(full, sizeof(full), "%s/ca/%s", url, name) >=
	    sizeof(full))
		return;
	memset(&res, 0, sizeof(res));
	req.url = full;
	if (fetch_once(&req, &res, NULL) == 0 && res.status == 200)
		evidence_add_crl(ev, buf_octets(&res.body));
	fetch_res_fini(&res);
}

static void
fetch_crls(const struct chains *chains, const struct verify_ask *ask,
    struct evidence *ev)
{
	const struct trust_province	*p;
	unsigned			 parts[LIMIT_VERIFY_PARTS];
	size_t				 i, k, n;

	for (i = 0; i < ask->trust->nprovinces; i++) {
		p = &ask->trust->provinces[i];
		if (!chains_wants(chains, i) || p->nurls == 0)
			continue;
		n = chains_parts(chains, i, parts, LIMIT_VERIFY_PARTS);
		for (k = 0; k < n; k++)
			fetch_crl(p->urls[0], "province.crl", parts[k], ev);
		fetch_crl(p->urls[0], "province.crl", 0, ev);
		fetch_crl(p->urls[0], "root.crl", 0, ev);
	}
}

/* The jail's word on the certificates, or NULL: the report says so. */
ProtobufCMessage *
verify_ask_chains(const struct chains *chains, const struct octets *crls,
    size_t ncrls)
{
	ProtobufCMessage	*reply = NULL;
	struct buf		 q;

	buf_init(&q, LIMIT_QUESTION);
	chains_put(chains, crls, ncrls, &q);
	if (!buf_ok(&q) || verify_ask_jail(MSG_TYPE__MSG_CHECK_CHAINS,
	    buf_octets(&q), &chains_checked__descriptor, &reply, NULL) != 0)
		reply = NULL;
	buf_fini(&q);
	return reply;
}

/* ---- the register */

/* What was heard of one code, checked. */
struct heard {
	char			 code[SEAL_CODE_SIZE];
	struct proof		*proof, *then;
	struct history		 history;
	bool			 asked_history;
	struct verify_word	 word;
};

struct asker {
	const struct verify_ask	*ask;
	const char		*node;	/* NULL: only what is kept is heard */
	struct evidence		*ev;
	struct heard		 heard[LIMIT_REPORT_STAMPS];
	size_t			 n;
};

static void
say_error(struct verify_word *w, const char *what, const struct err *e)
{
	(void)snprintf(w->text, sizeof(w->text), "%s%s [%s]", what, e->text,
	    e->id);
}

/* The answer, fetched and kept, or kept already; checked. */
static void
hear_answer(const struct asker *a, struct evidence_word *kept,
    struct heard *h)
{
	struct proof_ask	 q = { .code = h->code, .now = a->ask->now };
	struct verify_word	*w = &h->word;
	struct err		 why = ERR_INIT;
	int			 rc;

	if (a->node != NULL)
		rc = proof_ask_node(a->node, a->ask->trust, &q, &h->proof,
		    &kept->answer, &why);
	else if (kept->answer != NULL)
		rc = proof_check(OCTETS(kept->answer, strlen(kept->answer)),
		    a->ask->trust, &q, &h->proof, &why);
	else
		rc = err_set_id(&why, ERR_IO, "nothing-kept", "%s",
		    kept->silence != NULL ? kept->silence :
		    "the evidence says nothing of this code");
	if (rc == 0) {
		w->heard = HEARD_WORD;
		w->as_of = h->proof->as_of;
		w->record = h->proof->present ? &h->proof->record : NULL;
		w->doubt = h->proof->proven ? proof_doubt(h->proof, a->ask->
		    trust, a->ask->now) : h->proof->why;
		return;
	}
	w->heard = rc == ERR_IO || rc == ERR_BUSY || rc == ERR_INVAL ?
	    HEARD_NOTHING : HEARD_BROKEN;
	say_error(w, w->heard == HEARD_BROKEN ?
	    "the node's proof does not hold: " : "", &why);
	if (a->node != NULL && kept->answer == NULL)
		kept->silence = xstrdup(w->text);
}

/*
 * The events behind the record.  A node that has none to give leaves the
 * record's word alone; a history that does not hold is an answer that lies.
 */
static void
hear_history(const struct asker *a, struct evidence_word *kept,
    struct heard *h)
{
	struct err	why = ERR_INIT;
	int		rc = ERR_IO;

	h->asked_history = true;
	if (a->node != NULL)
		rc = history_ask_node(a->node, a->ask->trust, h->code,
		    &h->history, &h->then, &kept->history, &why);
	else if (kept->history != NULL)
		rc = history_check(OCTETS(kept->history,
		    strlen(kept->history)), a->ask->trust, h->code,
		    &h->history, &h->then, &why);
	if (rc == 0 && h->then != NULL &&
	    proof_doubt(h->then, a->ask->trust, a->ask->now) == WHY_NONE) {
		h->word.past = &h->history.past;
		h->word.record = &h->then->record;
		h->word.as_of = h->then->as_of;
	} else if (rc == ERR_FORMAT || rc == ERR_VERIFY) {
		h->word.heard = HEARD_BROKEN;
		say_error(&h->word, "the node's history does not hold: ",
		    &why);
	}
}

static void
ask_register(void *ctx, const struct trust_province *owner, const char *code,
    const struct verdict_case *c, struct verify_word *w)
{
	struct asker		*a = ctx;
	struct verdict_case	 with = *c;
	struct evidence_word	*kept;
	struct heard		*h;
	size_t			 i;

	(void)owner;
	if (!a->ev->asked)
		return;
	for (i = 0; i < a->n && strcmp(a->heard[i].code, code) != 0; i++)
		;
	h = &a->heard[i];
	if ((kept = evidence_word(a->ev, code, true)) == NULL)
		return;		/* more codes than stamps: not asked */
	if (i == a->n) {
		(void)snprintf(h->code, sizeof(h->code), "%s", code);
		hear_answer(a, kept, h);
		a->n++;
	}
	with.record = h->word.record;
	if (h->word.heard == HEARD_WORD && h->word.doubt == WHY_NONE &&
	    past_is_wanted(&with) && !h->asked_history)
		hear_history(a, kept, h);
	*w = h->word;
}

static void
asker_free(struct asker *a)
{
	size_t	i;

	for (i = 0; i < a->n; i++) {
		proof_free(a->heard[i].proof);
		proof_free(a->heard[i].then);
		history_fini(&a->heard[i].history);
	}
	free(a);
}

/* ---- judging */

static void
judge(const FileReading *m, const struct verify_ask *ask, const char *node,
    struct evidence *ev, struct report *r)
{
	struct chains		*chains = chains_new(m, ask);
	struct asker		*a = xcalloc(1, sizeof(*a));
	ProtobufCMessage	*said = NULL;

	a->ask = ask;
	a->node = node;
	a->ev = ev;
	if (chains_wanted(chains)) {
		if (node != NULL)
			fetch_crls(chains, ask, ev);
		said = verify_ask_chains(chains, ev->crls, ev->ncrls);
	}
	chains_set(chains, (const ChainsChecked *)said);
	verify_reading(m, ask, chains, ask_register, a, r);
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
	chains_free(chains);
	asker_free(a);
}

/* What the jail makes of the file, kept. */
static int
read_file(struct octets in, struct evidence *ev, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	int			 rc;

	sm3(in.p, in.len, ev->digest);
	ev->length = in.len;
	if ((rc = verify_ask_jail(MSG_TYPE__MSG_READ_FILE, in,
	    &file_reading__descriptor, &m, e)) != 0) {
		ev->refused = xstrdup(e->text);
		return rc;
	}
	ev->reading = xmalloc(protobuf_c_message_get_packed_size(m) + 1);
	ev->readinglen = protobuf_c_message_pack(m, ev->reading);
	protobuf_c_message_free_unpacked(m, NULL);
	return 0;
}

/* The reading that is kept, judged. */
static void
judge_kept(const struct verify_ask *ask, const char *node,
    struct evidence *ev, struct report *r)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;
	int			 rc;

	if (ev->reading == NULL)
		rc = err_set_id(&e, ERR_FORMAT, "unknown-object", "%s",
		    ev->refused != NULL ? ev->refused : "it was not read");
	else
		rc = msg_unpack(&file_reading__descriptor,
		    OCTETS(ev->reading, ev->readinglen), &m, &e);
	if (rc != 0) {
		verify_refused(&e, ask, r);
		return;
	}
	judge((const FileReading *)m, ask, node, ev, r);
	protobuf_c_message_free_unpacked(m, NULL);
}

void
verify_file(struct octets in, struct verify_ask *ask, const char *node,
    struct evidence *ev, struct report *r)
{
	struct err	e = ERR_INIT;
	int		rc;

	ev->now = ask->now;
	ev->has_at = ask->has_at;
	ev->at = ask->at;
	ev->asked = node != NULL;
	rc = read_file(in, ev, &e);
	memcpy(ask->digest, ev->digest, SM3_LEN);
	ask->has_digest = true;
	if (rc != 0)
		verify_refused(&e, ask, r);
	else
		judge_kept(ask, node, ev, r);
}

int
verify_replay(struct octets in, struct verify_ask *ask, struct evidence *ev,
    struct report *r, struct err *e)
{
	struct err	why = ERR_INIT;
	uint8_t		digest[SM3_LEN];

	if (in.p != NULL) {
		sm3(in.p, in.len, digest);
		if (memcmp(digest, ev->digest, SM3_LEN) != 0)
			return err_set_id(e, ERR_INVAL, "evidence-other-file",
			    "the evidence is about another file");
		/* What is at hand is read anew, not believed. */
		free(ev->reading);
		ev->reading = NULL;
		free(ev->refused);
		ev->refused = NULL;
		if (read_file(in, ev, &why) != 0 && why.code == ERR_BUSY)
			return err_set(e, ERR_BUSY, "%s", why.text);
	}
	ask->now = ev->now;
	if (!ask->has_at) {
		ask->has_at = ev->has_at;
		ask->at = ev->at;
	}
	memcpy(ask->digest, ev->digest, SM3_LEN);
	ask->has_digest = true;
	judge_kept(ask, NULL, ev, r);
	return 0;
}
