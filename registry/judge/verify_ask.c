#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/crl.h"
#include "registry/judge/proof.h"
#include "registry/judge/verify_ask.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define VERIFY_TIMEOUT_MS	10000

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

/* One CRL of the owner's, or nothing. */
static bool
fetch_crl(const char *url, const char *name, struct fetch_res *res)
{
	struct fetch_req	req = { .max = LIMIT_CRL,
				    .timeout_ms = VERIFY_TIMEOUT_MS };
	char			full[512];
	bool			got;

	memset(res, 0, sizeof(*res));
	if ((size_t)snprintf(full, sizeof(full), "%s/ca/%s", url, name) >=
	    sizeof(full))
		return false;
	req.url = full;
	if (fetch_once(&req, res, NULL) != 0)
		return false;
	got = res->status == 200;
	if (!got)
		fetch_res_fini(res);
	return got;
}

/* The jail's word on the maker's certificate, or NULL. */
static ChainChecked *
check_chain(const SealReading *m, const struct trust_province *owner,
    const struct verify_ask *ask, const char *node, bool *all)
{
	static const char *const	names[] = { "province.crl",
					    "root.crl" };
	ProtobufCMessage		*reply = NULL;
	ProtobufCBinaryData		 crls[2];
	struct fetch_res		 res[2];
	CheckChain			 q;
	uint8_t				*packed;
	size_t				 i, n = 0;

	verify_chain_ask(m, owner, ask, &q);
	for (i = 0; i < 2 && node != NULL && owner->nurls > 0; i++)
		if (fetch_crl(owner->urls[0], names[i], &res[n])) {
			crls[n].data = res[n].body.p;
			crls[n].len = res[n].body.len;
			n++;
		}
	q.crls = crls;
	q.n_crls = n;
	*all = n == 2;
	packed = xmalloc(check_chain__get_packed_size(&q) + 1);
	if (ask_jail(MSG_TYPE__MSG_CHECK_CHAIN, OCTETS(packed,
	    check_chain__pack(&q, packed)), &chain_checked__descriptor,
	    &reply, NULL) != 0)
		reply = NULL;		/* the report says so */
	while (n > 0)
		fetch_res_fini(&res[--n]);
	free(q.anchors);
	free(packed);
	return (ChainChecked *)reply;
}

static void
ask_register(const SealReading *m, const struct verify_ask *ask,
    const char *node, struct verify_facts *f)
{
	struct proof_ask	 q = { .code = m->seal_code,
				    .digest = m->digest.data,
				    .has_at = ask->has_at, .at = ask->at,
				    .now = ask->now };
	struct proof		*p = NULL;
	struct err		 why = ERR_INIT;
	int			 rc;

	rc = proof_ask_node(node, ask->trust, &q, &p, NULL, &why);
	if (rc == 0) {
		f->word = WORD_SAID;
		f->verdict = p->verdict;
		f->why = p->why;
		f->as_of = p->as_of;
		proof_free(p);
		return;
	}
	f->word = rc == ERR_IO || rc == ERR_BUSY || rc == ERR_INVAL ?
	    WORD_NOT_HEARD : WORD_NOT_PROVEN;
	(void)snprintf(f->text, sizeof(f->text), "%s%s [%s]",
	    f->word == WORD_NOT_PROVEN ? "the node's proof does not hold: " :
	    "", why.text, why.id);
}

static void
judge(const SealReading *m, const struct verify_ask *ask, const char *node,
    struct report *r)
{
	const struct trust_province	*owner = verify_owner(m, ask->trust);
	struct verify_facts		 f = { .word = WORD_NOT_ASKED };
	ChainChecked			*chain = NULL;

	if (m->digest.len == SM3_LEN && owner != NULL) {
		if (owner->nca > 0)
			chain = check_chain(m, owner, ask, node, &f.crls);
		if (node != NULL)
			ask_register(m, ask, node, &f);
	}
	f.chain = chain;
	verify_seal(m, ask, &f, r);
	if (chain != NULL)
		chain_checked__free_unpacked(chain, NULL);
}

void
verify_file(struct octets in, const struct verify_ask *ask, const char *node,
    struct report *r)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	if (ask_jail(MSG_TYPE__MSG_READ_SEAL, in, &seal_reading__descriptor,
	    &m, &e) != 0) {
		verify_refused(&e, r);
		return;
	}
	if (!verify_is_other((const SealReading *)m, r))
		judge((const SealReading *)m, ask, node, r);
	protobuf_c_message_free_unpacked(m, NULL);
}
