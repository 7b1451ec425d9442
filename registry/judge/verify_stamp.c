#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/fetch.h"
#include "base/mem.h"
#include "registry/judge/verify_ask.h"
#include "registry/judge/verify_chain.h"
#include "registry/judge/verify_jail.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/* The time-stamp over evidence: got from a node, and checked in the jail. */

#define STAMP_TIMEOUT_MS	10000
#define LIMIT_STAMP_REPLY	(64u << 10)

/* 1.2.156.10197.1.401 */
static const uint8_t oid_sm3[] = { 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83,
	    0x11 };

/* TimeStampReq (RFC 3161, 2.4.1): over SM3 of what, with the certificate. */
static void
put_request(struct octets what, struct buf *b)
{
	uint8_t	digest[SM3_LEN], yes = 0xff;
	size_t	req, imprint, alg;

	sm3(what.p, what.len, digest);
	req = der_open(b, DER_SEQUENCE);
	der_put_uint(b, 1);
	imprint = der_open(b, DER_SEQUENCE);
	alg = der_open(b, DER_SEQUENCE);
	der_put_oid(b, OCTETS(oid_sm3, sizeof(oid_sm3)));
	der_close(b, alg);
	der_put(b, DER_OCTET_STRING, digest, SM3_LEN);
	der_close(b, imprint);
	der_put(b, DER_BOOLEAN, &yes, 1);
	der_close(b, req);
}

int
verify_get_stamp(const char *node, struct octets what, struct buf *out,
    struct err *e)
{
	static const char *const headers[] = {
		"Content-Type: application/timestamp-query", NULL };
	struct fetch_req	 req = { .method = "POST",
				    .headers = headers,
				    .max = LIMIT_STAMP_REPLY,
				    .timeout_ms = STAMP_TIMEOUT_MS };
	struct fetch_res	 res;
	struct buf		 query;
	char			*url;
	size_t			 n = strlen(node);
	int			 rc;

	while (n > 0 && node[n - 1] == '/')
		n--;
	memset(&res, 0, sizeof(res));
	buf_init(&query, 256);
	put_request(what, &query);
	url = xasprintf("%.*s/tsa", (int)n, node);
	req.url = url;
	req.body = buf_octets(&query);
	rc = fetch_once(&req, &res, e);
	if (rc == 0 && res.status != 200)
		rc = err_set_id(e, ERR_BUSY, "node-refused",
		    "the node's time-stamp authority answers %d", res.status);
	if (rc == 0)
		buf_put_octets(out, buf_octets(&res.body));
	fetch_res_fini(&res);
	buf_fini(&query);
	free(url);
	return rc;
}

/* What the jail makes of the answer, or NULL and why. */
static StampReading *
read_token(const struct evidence *ev, struct err *e)
{
	ReadToken		 q = READ_TOKEN__INIT;
	ProtobufCMessage	*m = NULL;
	uint8_t			*packed;
	size_t			 n;

	q.response.data = ev->stamp;
	q.response.len = ev->stamplen;
	q.original.data = (uint8_t *)ev->core;
	q.original.len = strlen(ev->core);
	packed = xmalloc(read_token__get_packed_size(&q) + 1);
	n = read_token__pack(&q, packed);
	if (verify_ask_jail(MSG_TYPE__MSG_READ_TOKEN, OCTETS(packed, n),
	    &stamp_reading__descriptor, &m, e) != 0)
		m = NULL;
	free(packed);
	return (StampReading *)m;
}

/* Its authority, by the same rules as that of a stamp's token. */
static void
judge_authority(const struct evidence *ev, const struct verify_ask *ask,
    StampReading *s, struct report_part *out)
{
	StampReading		*list[1] = { s };
	FileReading		 m = FILE_READING__INIT;
	struct chains		*chains;
	struct jail_own		*jail = jail_new(&program_jail);
	struct report_check	*chain;
	ProtobufCMessage	*said;
	struct verify_with	 with;
	struct verify_part	 v = { .ask = &with.ask, .stamp = s,
				    .out = out };

	verify_with(ask, ev, &with);
	m.stamps = list;
	m.n_stamps = 1;
	v.chains = chains = chains_new(&m, &with.ask);
	said = verify_ask_chains(jail, chains, ev->crls, ev->ncrls);
	chains_set(chains, (const ChainsChecked *)said);
	if (verify_time_stamp(&v))
		out->at = s->time_stamp_at;
	/* What the policy wants to know of it, it wants to know here, too. */
	chain = report_row(out, "time_stamp_chain");
	if (chain != NULL && chain->result == CHECK_UNKNOWN)
		report_change(&out->checks[0], CHECK_UNKNOWN, chain->sub,
		    "%s", chain->detail);
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
	chains_free(chains);
	jail_free(jail);
}

void
verify_evidence(const struct evidence *ev, const struct verify_ask *ask,
    struct report_part *out)
{
	StampReading	*s;
	struct err	 e = ERR_INIT;
	size_t		 i;

	memset(out, 0, sizeof(*out));
	if (ev->stamp == NULL || ev->core == NULL) {
		report_add(out, "time_stamp", CHECK_NOT_APPLICABLE, NULL,
		    "the evidence has no time-stamp of its own");
		return;
	}
	if ((s = read_token(ev, &e)) == NULL) {
		report_add(out, "time_stamp", e.code == ERR_FORMAT ?
		    CHECK_FAILED : CHECK_UNKNOWN, NULL, "%s [%s]", e.text,
		    e.id);
		return;
	}
	for (i = 0; i < s->n_checks && out->n == 0; i++)
		if (strcmp(s->checks[i]->rule, "time_stamp") == 0)
			report_add(out, "time_stamp", check_result_from_word(
			    s->checks[i]->result), NULL, "%s",
			    s->checks[i]->detail);
	judge_authority(ev, ask, s, out);
	protobuf_c_message_free_unpacked(&s->base, NULL);
}
