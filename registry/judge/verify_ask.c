#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "ca/cert.h"
#include "ca/chain_pick.h"
#include "ca/crl.h"
#include "registry/judge/hear.h"
#include "registry/judge/impression.h"
#include "registry/judge/memory.h"
#include "registry/judge/verify_ask.h"
#include "registry/judge/verify_jail.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"
#include "signing/jail_signing.h"

/* A question of many certificates and their CRLs. */
#define LIMIT_QUESTION		LIMIT_JAIL_INPUT

/* What a run over files holds. */
struct verify_run {
	const char	*node;		/* or NULL */
	bool		 keep;
	struct memory	*memory;
	struct hear	*hear;
	struct jail_own	*shower;	/* pictures are looked at here */
};

struct verify_run *
verify_run_new(const char *node, size_t many, bool keep)
{
	struct verify_run	*r = xcalloc(1, sizeof(*r));

	r->node = node;
	r->keep = keep;
	r->memory = memory_new(2 * many);
	r->hear = hear_new(node, many);
	r->shower = jail_new(&program_jail);
	return r;
}

void
verify_run_free(struct verify_run *r)
{
	if (r == NULL)
		return;
	memory_free(r->memory);
	hear_free(r->hear);
	jail_free(r->shower);
	free(r);
}

static bool	in_jail;

void
verify_in_jail(void)
{
	in_jail = true;
}

/* One request to jail, or to one of its own; or answered here. */
static int
ask_octets(struct jail_own *jail, uint16_t type, struct octets in,
    struct octets large, uint8_t **p, size_t *n, struct err *e)
{
	struct buf	out;
	int		rc;

	if (!in_jail)
		return jail != NULL ? jail_ask(jail, type, in, large, p, n,
		    e) : jail_once(&program_jail, type, in, large, p, n, e);
	buf_init(&out, LIMIT_MSG_BODY);
	rc = jail_handler_of(&program_jail, type)->run(in, large, &out, e);
	if (rc == 0 && !buf_ok(&out))
		rc = err_set(e, ERR_TOOBIG, "the answer is too large");
	if (rc == 0)
		*p = buf_steal(&out, n);
	buf_fini(&out);
	return rc;
}

/* The same, and the reply unpacked. */
static int
ask_jail(uint16_t type, struct octets in, struct octets large,
    const ProtobufCMessageDescriptor *d, ProtobufCMessage **m, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if ((rc = ask_octets(NULL, type, in, large, &p, &n, e)) == 0)
		rc = msg_unpack(d, OCTETS(p, n), m, e);
	free(p);
	return rc;
}

int
verify_ask_jail(uint16_t type, struct octets large,
    const ProtobufCMessageDescriptor *d, ProtobufCMessage **m, struct err *e)
{
	return ask_jail(type, OCTETS("", 0), large, d, m, e);
}

/* ---- CRLs */

struct lists {
	struct octets	 o[LIMIT_CHAIN_GIVEN];
	size_t		 n;
	bool		 full;		/* there was another */
};

/* One CRL of the owner's, or nothing: "province.crl", or a part of it. */
static void
add_list(struct memory *m, const char *url, const char *whole, unsigned part,
    int64_t now, struct lists *l)
{
	char		full[512], name[CERT_URL_MAX];
	struct octets	o;
	size_t		i;

	if (crl_part_url(whole, part, name, NULL) != 0 ||
	    (size_t)snprintf(full, sizeof(full), "%s/ca/%s", url, name) >=
	    sizeof(full))
		return;
	o = memory_list(m, full, now);
	/* The root's is every province's. */
	for (i = 0; i < l->n; i++)
		if (l->o[i].len == o.len &&
		    memcmp(l->o[i].p, o.p, o.len) == 0)
			return;
	if (o.len == 0)
		return;
	if (l->n < LIMIT_CHAIN_GIVEN)
		l->o[l->n++] = o;
	else
		l->full = true;
}

static void
add_lists_of(struct memory *m, const struct chains *chains,
    const struct verify_ask *ask, size_t province, struct lists *l)
{
	const struct trust_province	*p = &ask->trust->provinces[province];
	unsigned			 parts[LIMIT_VERIFY_PARTS];
	size_t				 k, n;

	n = chains_parts(chains, province, parts, LIMIT_VERIFY_PARTS);
	for (k = 0; k < n; k++)
		add_list(m, p->urls[0], "province.crl", parts[k], ask->now,
		    l);
	add_list(m, p->urls[0], "province.crl", 0, ask->now, l);
	add_list(m, p->urls[0], "root.crl", 0, ask->now, l);
}

/* Those of the provinces that own the seals come first: where any will do,
 * as for a time-stamp, there may be more than there is room for. */
static void
get_lists(struct memory *m, const struct chains *chains,
    const struct verify_ask *ask, struct lists *l)
{
	const struct trust	*t = ask->trust;
	size_t			 i;

	memory_begin(m);
	for (i = 0; i < t->nprovinces; i++)
		if (t->provinces[i].nurls > 0 && chains_names(chains, i))
			add_lists_of(m, chains, ask, i, l);
	for (i = 0; i < t->nprovinces; i++)
		if (t->provinces[i].nurls > 0 && !chains_names(chains, i) &&
		    chains_wants(chains, i))
			add_lists_of(m, chains, ask, i, l);
}

/* The jail's word on the certificates, or NULL: the report says so. */
ProtobufCMessage *
verify_ask_chains(struct jail_own *jail, const struct chains *chains,
    const struct octets *crls, size_t ncrls)
{
	ProtobufCMessage	*reply = NULL;
	struct buf		 q;
	uint8_t			*p = NULL;
	size_t			 n = 0;
	bool			 small;

	buf_init(&q, LIMIT_QUESTION);
	chains_put(chains, crls, ncrls, &q);
	/* A memfd for each costs more than its octets do. */
	small = q.len <= JAIL_AHEAD;
	if (!buf_ok(&q) || ask_octets(jail, MSG_TYPE__MSG_CHECK_CHAINS,
	    small ? buf_octets(&q) : OCTETS("", 0),
	    small ? OCTETS(NULL, 0) : buf_octets(&q), &p, &n, NULL) != 0 ||
	    msg_unpack(&chains_checked__descriptor, OCTETS(p, n), &reply,
	    NULL) != 0)
		reply = NULL;
	free(p);
	buf_fini(&q);
	return reply;
}

/* ---- pictures */

/* In a jail of their own: whatever they do there, what was read stands. */
static void
show(FileReading *m, struct verify_run *run)
{
	ProtobufCMessage	*said = NULL;
	struct buf		 q;
	uint8_t			*p = NULL;
	size_t			 n = 0;

	buf_init(&q, LIMIT_QUESTION);
	if (impression_ask(m, &q)) {
		if (!buf_ok(&q) || ask_octets(run->shower,
		    MSG_TYPE__MSG_SHOW_PICTURES, OCTETS("", 0),
		    buf_octets(&q), &p, &n, NULL) != 0 ||
		    msg_unpack(&shown_pictures__descriptor, OCTETS(p, n),
		    &said, NULL) != 0)
			said = NULL;
		impression_set(m, (const ShownPictures *)said);
	}
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
	free(p);
	buf_fini(&q);
}

/* ---- judging */

static void
judge(const FileReading *m, const struct verify_ask *ask,
    struct verify_run *run, struct evidence *ev, struct report *r)
{
	struct chains		*chains = chains_new(m, ask);
	struct hear_file	 f = { .hear = run->hear, .ask = ask,
				    .ev = ev, .keep = run->keep };
	struct lists		 l = { .n = 0 };
	ProtobufCMessage	*said = NULL;
	size_t			 i;

	if (run->node != NULL && chains_wanted(chains))
		get_lists(run->memory, chains, ask, &l);
	if (l.full)
		chains_leave_out(chains);
	for (i = 0; i < l.n && run->keep; i++)
		evidence_add_crl(ev, l.o[i]);
	memory_recall(run->memory, chains);
	if (chains_wanted(chains)) {
		said = run->node != NULL ? verify_ask_chains(
		    memory_jail(run->memory), chains, l.o, l.n) :
		    verify_ask_chains(memory_jail(run->memory), chains,
		    ev->crls, ev->ncrls);
		chains_set(chains, (const ChainsChecked *)said);
	}
	verify_reading(m, ask, chains, hear_register, &f, r);
	memory_keep(run->memory, chains);
	if (said != NULL)
		protobuf_c_message_free_unpacked(said, NULL);
	chains_free(chains);
}

/* With the document that it is said to be over. */
static int
read_stamped(struct octets in, struct octets original, ProtobufCMessage **m,
    struct err *e)
{
	ReadStamped	 q = READ_STAMPED__INIT;
	struct buf	 packed;
	int		 rc;

	if (original.len == 0)
		return err_set_id(e, ERR_INVAL, "original-empty",
		    "the original is empty");
	if (in.len > LIMIT_STAMP_ALONE)
		return err_set_id(e, ERR_INVAL, "original-not-needed",
		    "an original is for a stamp that comes alone, and this "
		    "is none");
	buf_init(&packed, LIMIT_MSG_BODY);
	q.stamp.data = (uint8_t *)(uintptr_t)in.p;
	q.stamp.len = in.len;
	msg_put(&q.base, &packed);
	rc = ask_jail(MSG_TYPE__MSG_READ_STAMPED, buf_octets(&packed),
	    original, &file_reading__descriptor, m, e);
	buf_fini(&packed);
	return rc;
}

/* What the jail makes of the file, kept. */
static int
read_file(struct octets in, struct octets original, struct evidence *ev,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	int			 rc;

	sm3(in.p, in.len, ev->digest);
	ev->length = in.len;
	if (original.p != NULL)
		rc = read_stamped(in, original, &m, e);
	else
		rc = verify_ask_jail(MSG_TYPE__MSG_READ_SHOWN, in,
		    &file_reading__descriptor, &m, e);
	if (rc != 0) {
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
judge_kept(const struct verify_ask *ask, struct verify_run *run,
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
	if (ask->pictures)
		show((FileReading *)m, run);
	judge((const FileReading *)m, ask, run, ev, r);
	protobuf_c_message_free_unpacked(m, NULL);
}

static void
begin(const struct verify_ask *ask, const char *node, struct evidence *ev)
{
	ev->now = ask->now;
	ev->has_at = ask->has_at;
	ev->at = ask->at;
	ev->asked = node != NULL;
	ev->lists_said = true;
}

void
verify_read(struct octets reading, const struct verify_ask *ask,
    struct verify_run *run, struct evidence *ev, struct report *r)
{
	begin(ask, run->node, ev);
	ev->reading = xmemdup(reading.p, reading.len);
	ev->readinglen = reading.len;
	judge_kept(ask, run, ev, r);
}

int
verify_file(struct octets in, struct verify_ask *ask, const char *node,
    struct evidence *ev, struct report *r, struct err *e)
{
	struct verify_run	*run;
	struct err		 why = ERR_INIT;
	int			 rc;

	begin(ask, node, ev);
	rc = read_file(in, ask->original, ev, &why);
	memcpy(ask->digest, ev->digest, SM3_LEN);
	ask->has_digest = true;
	if (rc == ERR_INVAL) {
		*e = why;
		return rc;
	}
	if (rc != 0) {
		verify_refused(&why, ask, r);
		return 0;
	}
	run = verify_run_new(node, LIMIT_REPORT_STAMPS, true);
	judge_kept(ask, run, ev, r);
	verify_run_free(run);
	return 0;
}

/* Was it made with this original; or without, and there is none? */
static bool
same_original(const struct evidence *ev, struct octets original)
{
	ProtobufCMessage	*m = NULL;
	const FileReading	*f;
	uint8_t			 digest[SM3_LEN];
	bool			 had, same;

	if (ev->reading == NULL || msg_unpack(&file_reading__descriptor,
	    OCTETS(ev->reading, ev->readinglen), &m, NULL) != 0)
		return original.p == NULL;
	f = (const FileReading *)m;
	had = f->original.len > 0;
	same = had == (original.p != NULL);
	if (had && same) {
		sm3(original.p, original.len, digest);
		same = f->original.len == SM3_LEN &&
		    memcmp(f->original.data, digest, SM3_LEN) == 0;
	}
	protobuf_c_message_free_unpacked(m, NULL);
	return same;
}

void
verify_with(const struct verify_ask *ask, const struct evidence *ev,
    struct verify_with *w)
{

	w->ask = *ask;
	w->ask.kept = ev->policy.intermediates;
	w->ask.nkept = ev->policy.nintermediates;
}

int
verify_replay(struct octets in, struct verify_ask *ask, struct evidence *ev,
    struct report *r, struct err *e)
{
	struct verify_with	 with;
	struct verify_run	*run;
	struct err		 why = ERR_INIT;
	uint8_t			 digest[SM3_LEN];

	if (in.p != NULL) {
		sm3(in.p, in.len, digest);
		if (memcmp(digest, ev->digest, SM3_LEN) != 0)
			return err_set_id(e, ERR_INVAL, "evidence-other-file",
			    "the evidence is about another file");
		if (!same_original(ev, ask->original))
			return err_set_id(e, ERR_INVAL,
			    "evidence-other-original", "the evidence was "
			    "made with another original, or without one");
		/* What is at hand is read anew, not believed. */
		free(ev->reading);
		ev->reading = NULL;
		free(ev->refused);
		ev->refused = NULL;
		if (read_file(in, ask->original, ev, &why) != 0 &&
		    (why.code == ERR_BUSY || why.code == ERR_INVAL)) {
			*e = why;
			return why.code;
		}
	}
	ask->now = ev->now;
	if (!ask->has_at) {
		ask->has_at = ev->has_at;
		ask->at = ev->at;
	}
	memcpy(ask->digest, ev->digest, SM3_LEN);
	ask->has_digest = true;
	verify_with(ask, ev, &with);
	with.ask.lists = !ev->lists_said ? LISTS_UNSAID :
	    evidence_lists_gone(ev) > 0 ? LISTS_GONE : LISTS_WHOLE;
	run = verify_run_new(NULL, LIMIT_REPORT_STAMPS, false);
	judge_kept(&with.ask, run, ev, r);
	verify_run_free(run);
	return 0;
}
