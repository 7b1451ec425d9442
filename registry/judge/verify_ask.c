#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/chain.h"
#include "ca/crl.h"
#include "registry/judge/history.h"
#include "registry/judge/verify_ask.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define VERIFY_TIMEOUT_MS	10000
/* A question of many certificates and their CRLs. */
#define LIMIT_QUESTION		LIMIT_JAIL_INPUT

/* One request to a jail of its own, and its reply unpacked. */
static int
ask_jail(uint16_t type, struct octets large,
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

struct crls {
	struct fetch_res	 res[LIMIT_CHAIN_SET];
	struct octets		 crl[LIMIT_CHAIN_SET];
	size_t			 n;
};

/* One CRL of the owner's, or nothing. */
static void
fetch_crl(const char *url, const char *name, struct crls *c)
{
	struct fetch_req	req = { .max = LIMIT_CRL,
				    .timeout_ms = VERIFY_TIMEOUT_MS };
	struct fetch_res	*res = &c->res[c->n];
	char			full[512];

	if (c->n == LIMIT_CHAIN_SET || (size_t)snprintf(full, sizeof(full),
	    "%s/ca/%s", url, name) >= sizeof(full))
		return;
	memset(res, 0, sizeof(*res));
	req.url = full;
	if (fetch_once(&req, res, NULL) != 0)
		return;
	if (res->status != 200) {
		fetch_res_fini(res);
		return;
	}
	c->crl[c->n] = buf_octets(&res->body);
	c->n++;
}

static void
fetch_crls(const struct chains *chains, const struct verify_ask *ask,
    struct crls *c)
{
	const struct trust_province	*p;
	size_t				 i;

	for (i = 0; i < ask->trust->nprovinces; i++) {
		p = &ask->trust->provinces[i];
		if (!chains_wants(chains, i) || p->nurls == 0)
			continue;
		fetch_crl(p->urls[0], "province.crl", c);
		fetch_crl(p->urls[0], "root.crl", c);
	}
}

/* The jail's word on the certificates, or NULL: the report says so. */
static ProtobufCMessage *
check_chains(const struct chains *chains, const struct verify_ask *ask,
    bool online)
{
	ProtobufCMessage	*reply = NULL;
	struct crls		*c = xcalloc(1, sizeof(*c));
	struct buf		 q;

	buf_init(&q, LIMIT_QUESTION);
	if (online)
		fetch_crls(chains, ask, c);
	chains_put(chains, c->crl, c->n, &q);
	if (!buf_ok(&q) || ask_jail(MSG_TYPE__MSG_CHECK_CHAINS,
	    buf_octets(&q), &chains_checked__descriptor, &reply, NULL) != 0)
		reply = NULL;
	while (c->n > 0)
		fetch_res_fini(&c->res[--c->n]);
	buf_fini(&q);
	free(c);
	return reply;
}

/* ---- the register */

/* What was heard of one code; asked once. */
struct heard {
	char			 code[SEAL_CODE_SIZE];
	struct proof		*proof, *then;
	struct history		 history;
	bool			 asked_history;
	struct verify_word	 word;
};

struct asker {
	const struct verify_ask	*ask;
	const char		*node;
	struct heard		 heard[LIMIT_REPORT_STAMPS];
	size_t			 n;
};

static void
ask_node(const struct asker *a, struct heard *h)
{
	struct proof_ask	 q = { .code = h->code, .now = a->ask->now };
	struct verify_word	*w = &h->word;
	struct err		 why = ERR_INIT;
	int			 rc;

	rc = proof_ask_node(a->node, a->ask->trust, &q, &h->proof, NULL,
	    &why);
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
	(void)snprintf(w->text, sizeof(w->text), "%s%s [%s]",
	    w->heard == HEARD_BROKEN ? "the node's proof does not hold: " :
	    "", why.text, why.id);
}

/*
 * The events behind the record.  A node that has none to give leaves the
 * record's word alone; a history that does not hold is an answer that lies.
 */
static void
ask_history(const struct asker *a, struct heard *h)
{
	struct err	why = ERR_INIT;
	int		rc;

	h->asked_history = true;
	rc = history_ask_node(a->node, a->ask->trust, h->code, &h->history,
	    &h->then, NULL, &why);
	if (rc == 0 && h->then != NULL &&
	    proof_doubt(h->then, a->ask->trust, a->ask->now) == WHY_NONE) {
		h->word.past = &h->history.past;
		h->word.record = &h->then->record;
		h->word.as_of = h->then->as_of;
	} else if (rc == ERR_FORMAT || rc == ERR_VERIFY) {
		h->word.heard = HEARD_BROKEN;
		(void)snprintf(h->word.text, sizeof(h->word.text),
		    "the node's history does not hold: %s [%s]", why.text,
		    why.id);
	}
}

static void
ask_register(void *ctx, const struct trust_province *owner, const char *code,
    const struct verdict_case *c, struct verify_word *w)
{
	struct asker		*a = ctx;
	struct verdict_case	 with = *c;
	struct heard		*h;
	size_t			 i;

	(void)owner;
	if (a->node == NULL)
		return;
	for (i = 0; i < a->n && strcmp(a->heard[i].code, code) != 0; i++)
		;
	h = &a->heard[i];
	if (i == a->n) {
		(void)snprintf(h->code, sizeof(h->code), "%s", code);
		ask_node(a, h);
		a->n++;
	}
	with.record = h->word.record;
	if (h->word.heard == HEARD_WORD && h->word.doubt == WHY_NONE &&
	    past_is_wanted(&with) && !h->asked_history)
		ask_history(a, h);
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

static void
judge(const FileReading *m, const struct verify_ask *ask, const char *node,
    struct report *r)
{
	struct chains		*chains = chains_new(m, ask);
	struct asker		*a = xcalloc(1, sizeof(*a));
	ProtobufCMessage	*said = NULL;

	a->ask = ask;
	a->node = node;
	if (chains_wanted(chains))
		said = check_chains(chains, ask, node != NULL);
	chains_set(chains, (const ChainsChecked *)said);
	verify_reading(m, ask, chains, ask_register, a, r);
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
	chains_free(chains);
	asker_free(a);
}

void
verify_file(struct octets in, struct verify_ask *ask, const char *node,
    struct report *r)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	sm3(in.p, in.len, ask->digest);
	ask->has_digest = true;
	if (ask_jail(MSG_TYPE__MSG_READ_FILE, in, &file_reading__descriptor,
	    &m, &e) != 0) {
		verify_refused(&e, ask, r);
		return;
	}
	judge((const FileReading *)m, ask, node, r);
	protobuf_c_message_free_unpacked(m, NULL);
}
