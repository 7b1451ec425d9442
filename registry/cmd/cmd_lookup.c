#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "filing/life.h"
#include "registry/judge/answer.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/json.h"
#include "registry/judge/history.h"

/* A seal's data that somebody shows us. */
#define LIMIT_SEAL_FILE	(8u << 20)

struct options {
	const char	*code, *node, *trust, *seal, *digest;
	struct cli_time	 at;
	bool		 json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "node", CLI_TEXT, AT(node), "URL", "any node of the nation", NULL,
	    true, 0, 0 },
	{ "trust", CLI_TEXT, AT(trust), "FILE", "the trust list that you go "
	    "by", NULL, true, 0, 0 },
	{ "seal", CLI_TEXT, AT(seal), "FILE",
	    "seal data at hand; another seal on file is a mismatch", NULL,
	    false, 0, 0 },
	{ "digest", CLI_TEXT, AT(digest), "HEX",
	    "the same by its digest, SM3 of the DER octets", NULL, false, 0,
	    0 },
	{ "at", CLI_TIME, AT(at), "TIME",
	    "judge for this moment, not for now (RFC 3339)", NULL, false, 0,
	    0 },
	CLI_JSON(AT(json)),
};

static const struct cli_command	command = {
	.name = "lookup",
	.usage =
"usage: sealreg lookup CODE --node URL --trust FILE\n"
"           [--seal FILE | --digest HEX] [--at TIME] [--json]\n\n"
"Ask a node whether the seal of this code is genuine and valid, and verify\n"
"the proof here: the node itself need not be trusted.\n",
	.end =
"exit status: 0 valid, 1 known not valid, 2 wrong usage, 3 cannot tell,\n"
"4 the proof or the trust list does not hold\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.min = 1, .max = 1, .operands = "one CODE"
};

static int
load_trust(const char *path, struct trust **t, struct err *e)
{
	struct err	 why = ERR_INIT;
	uint8_t		*p = NULL;
	size_t		 n;
	int		 rc;

	if ((rc = file_read(path, LIMIT_NOTE, &p, &n, e)) == 0 &&
	    (rc = trust_parse(OCTETS(p, n), NULL, t, &why)) != 0)
		rc = err_set_id(e, (enum err_code)rc, why.id,
		    "%s is no trust list: %s", path, why.text);
	free(p);
	return rc;
}

static int
take_digest(const struct options *o, uint8_t digest[SM3_LEN], struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if (o->seal != NULL) {
		if ((rc = file_read(o->seal, LIMIT_SEAL_FILE, &p, &n, e)) == 0)
			sm3(p, n, digest);
		free(p);
		return rc;
	}
	if (!hex_decode(o->digest, strlen(o->digest), digest, SM3_LEN))
		return err_set_id(e, ERR_INVAL, "bad-digest",
		    "--digest takes 64 hex digits");
	return 0;
}

static int
status_of(enum verdict v)
{
	switch (v) {
	case VERDICT_VALID:
		return EXIT_VALID;
	case VERDICT_NOT_VALID:
	case VERDICT_MISMATCH:
	case VERDICT_NOT_FILED:
		return EXIT_NOT_VALID;
	case VERDICT_NONE:
	case VERDICT_UNKNOWN:
	case VERDICT_END:
		break;
	}
	return EXIT_UNKNOWN;
}

/* What an error means for whoever asked. */
static int
status_of_error(const struct err *e)
{
	switch ((enum err_code)e->code) {
	case ERR_INVAL:
	case ERR_NOTFOUND:
		return EXIT_USAGE;
	case ERR_FORMAT:
	case ERR_VERIFY:
		return EXIT_PROOF;
	case ERR_OK:
	case ERR_CONFLICT:
	case ERR_DENIED:
	case ERR_TOOBIG:
	case ERR_STORE:
	case ERR_CRYPTO:
	case ERR_IO:
	case ERR_BUSY:
		break;
	}
	return EXIT_UNKNOWN;
}

static void
say_time(const char *what, int64_t t)
{
	char	text[48];

	tm_beijing(t, text);
	printf("  %-12s %s\n", what, text);
}

static void
say_record(const struct record *r)
{
	const char	*type = seal_type_word(r->seal_type);

	printf("  %-12s %s\n", "status", status_word(r->status));
	if (*r->seal_name != '\0')
		printf("  %-12s %s\n", "seal", r->seal_name);
	printf("  %-12s %s\n", "type", type != NULL ? type : "unknown");
	if (*r->owner_name != '\0')
		printf("  %-12s %s  %s\n", "owner", r->owner_name,
		    r->owner_id);
	if (r->owner_commitment.len > 0)
		printf("  %-12s a person, told by a commitment only\n",
		    "person");
	say_time("since", r->status_effective_at);
	say_time("valid from", r->valid_from);
	if (r->valid_until != 0)
		say_time("valid until", r->valid_until);
	else
		printf("  %-12s no end\n", "valid until");
	if (*r->replaced_by != '\0')
		printf("  %-12s %s\n", "replaced by", r->replaced_by);
}

/* The version on file at the moment asked about, where a history told. */
struct then {
	bool		given;
	uint32_t	version;
	uint8_t		digest[SM3_LEN];
	int64_t		valid_from, valid_until;
};

static void
then_set(struct then *t, const struct record *r)
{
	if (r == NULL || r->seal_digest.len != SM3_LEN)
		return;
	t->given = true;
	t->version = r->version;
	memcpy(t->digest, r->seal_digest.p, SM3_LEN);
	t->valid_from = r->valid_from;
	t->valid_until = r->valid_until;
}

static void
say_then(const struct then *t)
{
	char	hex[HEX_SIZE(SM3_LEN)];

	hex_encode(t->digest, SM3_LEN, hex);
	printf("  %-12s version %" PRIu32 ", digest %s\n", "then on file",
	    t->version, hex);
	say_time("  from", t->valid_from);
	if (t->valid_until != 0)
		say_time("  until", t->valid_until);
}

static void
say(const struct options *o, const struct proof *p, const uint8_t *digest,
    int64_t at, const struct then *then)
{
	static const char *const	heads[VERDICT_END] = {
		[VERDICT_UNKNOWN] = "CANNOT TELL",
		[VERDICT_NOT_FILED] = "NOT FILED",
		[VERDICT_MISMATCH] = "MISMATCH",
		[VERDICT_NOT_VALID] = "NOT VALID",
		[VERDICT_VALID] = "VALID"
	};

	printf("%s  %s: %s\n", o->code, heads[p->verdict],
	    verdict_why(p->why));
	if (o->at.given)
		say_time("judged for", at);
	if (then->given)
		say_then(then);
	if (p->present)
		say_record(&p->record);
	printf("  %-12s %s (%s)\n", "register", p->owner->province,
	    p->owner->origin);
	if (!p->proven) {
		printf("Nothing is proven; this is not an answer to rely on.\n");
		if (p->why == WHY_SAID_UNKNOWN)
			printf("It may not have that province's log, or not a "
			    "fresh one, or the register is not\ncomplete for "
			    "such a code: ask again in a minute, or the node "
			    "of province %s.\n", p->owner->province);
		return;
	}
	say_time("as of", p->as_of);
	printf("Verified here: the checkpoint of %" PRIu64 " leaves is signed "
	    "by a key of the\ntrust list; its last leaf is an epoch over %"
	    PRIu64 " seals; %s.\n", p->size, p->map_count,
	    p->present ? "the record shown is the one in its map" :
	    "its map has no such code");
	if (digest != NULL && p->present)
		printf("The digest of the copy at hand was compared with the "
		    "record's.\n");
}

static void
put_then(const struct then *t, struct buf *b)
{
	if (!t->given) {
		buf_puts(b, "null");
		return;
	}
	buf_printf(b, "{\"version\":%" PRIu32 ",\"seal_digest\":\"",
	    t->version);
	buf_put_b64(b, t->digest, SM3_LEN);
	buf_puts(b, "\",\"valid_from\":");
	json_put_time(b, t->valid_from);
	buf_puts(b, ",\"valid_until\":");
	json_put_time(b, t->valid_until);
	buf_put_u8(b, '}');
}

static void
say_json(const struct options *o, const struct proof *p,
    const struct then *then)
{
	struct buf	b;

	buf_init(&b, LIMIT_ANSWER);
	buf_puts(&b, "{\"code\":");
	json_put_text(&b, o->code);
	buf_puts(&b, ",\"verdict\":");
	json_put_text(&b, verdict_word(p->verdict));
	buf_puts(&b, ",\"why\":");
	json_put_text(&b, verdict_why(p->why));
	buf_puts(&b, p->proven ? ",\"proven\":true" : ",\"proven\":false");
	buf_puts(&b, ",\"province\":");
	json_put_text(&b, p->owner->province);
	buf_puts(&b, ",\"origin\":");
	json_put_text(&b, p->owner->origin);
	buf_puts(&b, ",\"status\":");
	json_put_text(&b, p->present ? status_word(p->record.status) : NULL);
	buf_puts(&b, ",\"as_of\":");
	json_put_time(&b, p->proven ? p->as_of : 0);
	buf_puts(&b, ",\"record\":");
	if (p->present)
		answer_put_record(&p->record, &b);
	else
		buf_puts(&b, "null");
	buf_puts(&b, ",\"then\":");
	put_then(then, &b);
	printf("%.*s}\n", (int)b.len, (const char *)b.p);
	buf_fini(&b);
}

static void
say_error(const struct options *o, const struct err *e)
{
	struct buf	b;

	if (!o->json) {
		fprintf(stderr, "sealreg lookup: %s [%s]\n", e->text, e->id);
		return;
	}
	buf_init(&b, 4096);
	buf_puts(&b, "{\"code\":");
	json_put_text(&b, o->code);
	buf_puts(&b, ",\"verdict\":\"unknown\",\"error\":");
	json_put_text(&b, e->id);
	buf_puts(&b, ",\"detail\":");
	json_put_text(&b, e->text);
	printf("%.*s}\n", (int)b.len, (const char *)b.p);
	buf_fini(&b);
}

/*
 * A moment that the present record does not reach: the history may.  *p is
 * replaced by what is proven with it.
 */
static int
ask_past(const struct options *o, const struct trust *t,
    const struct proof_ask *ask, struct proof **p, struct then *then,
    struct err *e)
{
	struct verdict_case	 c = { .digest = ask->digest,
				    .has_at = ask->has_at, .at = ask->at, .now = ask->now };
	struct history		 h;
	struct proof		*q = NULL;
	int			 rc;

	if ((rc = history_ask_node(o->node, t, o->code, &h, &q, NULL,
	    e)) != 0)
		return rc;
	if (q != NULL && proof_doubt(q, t, ask->now) == WHY_NONE) {
		c.record = &q->record;
		c.complete_since = verdict_complete_since(q->owner, o->code);
		q->verdict = past_judge(&h.past, &c, &q->why, NULL);
		then_set(then, past_on_file(&h.past, ask->has_at ?
		    ask->at : ask->now));
		proof_free(*p);
		*p = q;
		q = NULL;
	}
	proof_free(q);
	history_fini(&h);
	return 0;
}

int
cmd_lookup(int argc, char **argv)
{
	struct options		 o = { .json = false };
	struct cli_rest		 r;
	struct trust		*t = NULL;
	struct proof		*p = NULL;
	struct proof_ask	 ask;
	struct then		 then = { .given = false };
	struct err		 e = ERR_INIT;
	uint8_t			 digest[SM3_LEN];
	bool			 question = true;
	int			 status;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (o.seal != NULL && o.digest != NULL)
		return cli_usage("lookup", "--seal or --digest, not both");
	o.code = r.v[0];
	memset(&ask, 0, sizeof(ask));
	ask.code = o.code;
	ask.now = tm_now();
	ask.has_at = o.at.given;
	ask.at = o.at.at;
	if (sm_init(&e) != 0)
		goto out;
	if (o.seal != NULL || o.digest != NULL) {
		if (take_digest(&o, digest, &e) != 0)
			goto out;
		ask.digest = digest;
	}
	if (load_trust(o.trust, &t, &e) != 0)
		goto out;
	question = false;
	if (proof_ask_node(o.node, t, &ask, &p, NULL, &e) != 0)
		goto out;
	/* A renewed seal was another one before. */
	if ((ask.has_at || (p->present && p->record.version > 1)) &&
	    (p->verdict == VERDICT_UNKNOWN ||
	    p->verdict == VERDICT_MISMATCH) &&
	    ask_past(&o, t, &ask, &p, &then, &e) != 0) {
		proof_free(p);
		p = NULL;
		goto out;
	}
	if (t->expires != 0 && t->expires < ask.now)
		fprintf(stderr, "sealreg lookup: the trust list has expired; "
		    "get a newer one\n");
	if (o.json)
		say_json(&o, p, &then);
	else
		say(&o, p, ask.digest, ask.at, &then);
out:
	if (p != NULL) {
		status = status_of(p->verdict);
	} else {
		say_error(&o, &e);
		status = status_of_error(&e);
		/* A file of the question that is not there is wrong usage. */
		if (question && e.code == ERR_IO)
			status = EXIT_USAGE;
	}
	proof_free(p);
	trust_free(t);
	return status;
}
