#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "ca/delivery.h"
#include "filing/code.h"
#include "registry/cmd.h"
#include "registry/cmd/ca_requests.h"
#include "registry/cmd/call.h"
#include "registry/cmd/cli.h"

const char ca_requests_help[] =
    "usage: sealreg ca requests [--out DIR] [--json] NODE\n"
    "       sealreg ca accept FILE... [--json] NODE\n"
    "       sealreg ca reject CASE --reason TEXT NODE\n"
    "       sealreg ca reopen CASE NODE\n"
    "       sealreg ca held|revoked|released CASE NODE\n"
    "where NODE is --node URL --account NAME [--password-file FILE|-]\n"
    "       [--tls-certificate FILE --tls-key FILE] [--server-ca FILE]\n"
    "\n"
    "Certificates of seals by a licensed body (certificates: external).  A\n"
    "running node is asked, by an officer.\n"
    "\n"
    "  requests   what waits for the body: certificates to be issued, to be\n"
    "             revoked, to be released\n"
    "  --out DIR  write each request to DIR/CODE.csr (PEM), and note that it\n"
    "             was sent; again, and it is noted again\n"
    "  accept     certificates that came back, DER or PEM, with the body's\n"
    "             own and revocation lists or without; each is held against\n"
    "             its request.  What is refused is told, and nothing is lost\n"
    "  reject     the body says no: the case is returned, for that reason\n"
    "  reopen     that was a mistake: the case waits again\n"
    "  held, revoked, released\n"
    "             the body has done that with a certificate, as was asked\n"
    "\n"
    "  --node URL             the node's address for staff\n"
    "  --account NAME         a clerk's or reviewer's account\n"
    "  --password-file F      its first line is the password; - reads\n"
    "                         standard input; else the terminal is asked\n"
    "  --tls-certificate F, --tls-key F\n"
    "                         what is shown over TLS, PEM\n"
    "  --server-ca F          who certifies the node's server, PEM\n"
    "  --reason TEXT          of a rejection; one line\n";

struct options {
	struct call_spec	 call;
	const char		*out, *reason;
	bool			 json, help;
};

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option	names[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "account", required_argument, NULL, 'a' },
		{ "password-file", required_argument, NULL, 'p' },
		{ "tls-certificate", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "server-ca", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int	c;

	memset(o, 0, sizeof(*o));
	optind = 1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (c) {
		case 'n': o->call.node = optarg; break;
		case 'a': o->call.account = optarg; break;
		case 'p': o->call.password_file = optarg; break;
		case 'c': o->call.tls_certificate = optarg; break;
		case 'k': o->call.tls_key = optarg; break;
		case 's': o->call.server_ca = optarg; break;
		case 'o': o->out = optarg; break;
		case 'r': o->reason = optarg; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		default: return false;
		}
	return true;
}

static const char *
text_at(const json_t *o, const char *name)
{
	const char	*s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static json_int_t
number_at(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void
print_json(const json_t *v)
{
	char	*text = json_dumps(v, JSON_COMPACT);

	printf("%s\n", text);
	free(text);
}

/* Every page of what waits, as one object. */
static int
fetch_all(struct call *c, json_t **all, struct err *e)
{
	char		*path = xstrdup("/v1/ca/requests");
	json_t		*page = NULL, *cursor;
	int		 rc;

	*all = NULL;
	while ((rc = call_get_json(c, path, &page, e)) == 0) {
		if (*all == NULL)
			*all = json_incref(page);
		else {
			(void)json_array_extend(json_object_get(*all,
			    "requests"), json_object_get(page, "requests"));
			(void)json_array_extend(json_object_get(*all,
			    "revocations"), json_object_get(page,
			    "revocations"));
		}
		cursor = json_object_get(page, "cursor");
		free(path);
		path = json_is_string(cursor) ? xasprintf(
		    "/v1/ca/requests?cursor=%s",
		    json_string_value(cursor)) : NULL;
		json_decref(page);
		if (path == NULL)
			break;
	}
	free(path);
	return rc;
}

static int
post_mark(struct call *c, json_int_t id, const char *mark,
    const char *reason, json_t **answer, struct err *e)
{
	char	*path = xasprintf("/v1/ca/requests/%lld/marks",
		    (long long)id);
	json_t	*body = reason != NULL ? json_pack("{s:s, s:s}", "mark", mark,
		    "reason", reason) : json_pack("{s:s}", "mark", mark);
	int	 rc;

	if (body == NULL)
		rc = err_set_id(e, ERR_INVAL, "bad-reason",
		    "a reason is one line of UTF-8");
	else
		rc = call_post_json(c, path, body, answer, e);
	json_decref(body);
	free(path);
	return rc;
}

/* One request into DIR/CODE.csr, and the note that it went out. */
static int
write_request(struct call *c, const char *dir, const json_t *r,
    struct err *e)
{
	const char	*code = text_at(r, "common_name");
	json_int_t	 id = number_at(r, "id");
	json_t		*answer = NULL;
	char		*path, *file;
	struct buf	 pem;
	int		 rc;

	/* The node names the file: it must be a code and nothing else. */
	if ((rc = seal_code_check(code, e)) != 0)
		return rc;
	buf_init(&pem, LIMIT_DELIVERY);
	path = xasprintf("/v1/ca/requests/%lld", (long long)id);
	file = xasprintf("%s/%s.csr", dir, code);
	if ((rc = call_get(c, path, &pem, e)) == 0 &&
	    (rc = file_write(file, buf_octets(&pem), 0644, e)) == 0)
		rc = post_mark(c, id, "sent", NULL, &answer, e);
	json_decref(answer);
	free(file);
	free(path);
	buf_fini(&pem);
	return rc;
}

static void
print_request(const json_t *r)
{
	const json_t	*refusal = json_object_get(r, "last_refusal");

	printf("%-6lld %s  %s  since %s, sent %lld times\n",
	    (long long)number_at(r, "id"), text_at(r, "common_name"),
	    text_at(r, "organisation"), text_at(r, "requested_at"),
	    (long long)number_at(r, "sent"));
	if (json_is_object(refusal))
		printf("       refused %s: %s [%s]\n", text_at(refusal, "at"),
		    text_at(refusal, "detail"), text_at(refusal, "code"));
}

static void
print_revocation(const json_t *r)
{
	printf("%-6lld %s  %s certificate %s", (long long)number_at(r, "id"),
	    text_at(r, "common_name"), text_at(r, "ask"),
	    text_at(r, "serial"));
	if (json_is_integer(json_object_get(r, "reason")))
		printf(", reason %lld, since %s",
		    (long long)number_at(r, "reason"), text_at(r, "since"));
	printf("\n");
}

static int
run_requests(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	json_t	*all = NULL, *r;
	size_t	 i, written = 0;
	int	 rc;

	(void)n;
	(void)arg;
	if ((rc = fetch_all(c, &all, e)) != 0)
		goto out;
	json_array_foreach(json_object_get(all, "requests"), i, r)
		if (o->out != NULL && json_is_true(json_object_get(r,
		    "made"))) {
			if ((rc = write_request(c, o->out, r, e)) != 0)
				goto out;
			written++;
		}
	if (o->json) {
		print_json(all);
		goto out;
	}
	json_array_foreach(json_object_get(all, "requests"), i, r)
		print_request(r);
	json_array_foreach(json_object_get(all, "revocations"), i, r)
		print_revocation(r);
	printf("%zu wait for a certificate of %s, %zu to be told.\n",
	    json_array_size(json_object_get(all, "requests")),
	    text_at(all, "body"),
	    json_array_size(json_object_get(all, "revocations")));
	if (o->out != NULL)
		printf("%zu requests are in %s.\n", written, o->out);
out:
	json_decref(all);
	return rc;
}

/* What became of each. */
static void
print_results(const json_t *answer, const char *file)
{
	json_t	*r;
	size_t	 i;

	json_array_foreach(json_object_get(answer, "results"), i, r) {
		printf("%s: %s  %s  %s\n", file, text_at(r, "result"),
		    text_at(r, "seal_code"), text_at(r, "subject"));
		if (text_at(r, "code")[0] == '\0')
			continue;
		printf("       %s [%s]\n", text_at(r, "detail"),
		    text_at(r, "code"));
	}
}

static size_t
count_refused(const json_t *answer)
{
	json_t	*r;
	size_t	 i, n = 0;

	json_array_foreach(json_object_get(answer, "results"), i, r)
		n += strcmp(text_at(r, "result"), "refused") == 0;
	return n;
}

static int
run_accept(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	json_t		*all = json_array(), *answer;
	struct buf	 out;
	uint8_t		*p;
	size_t		 len, refused = 0;
	int		 i, rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		answer = NULL;
		buf_init(&out, LIMIT_CALL_ANSWER);
		p = NULL;
		if ((rc = file_read(arg[i], LIMIT_DELIVERY, &p, &len,
		    e)) == 0)
			rc = call_post(c, "/v1/ca/certificates",
			    "application/octet-stream", OCTETS(p, len), &out,
			    e);
		free(p);
		if (rc == 0 && (answer = json_loadb((const char *)out.p,
		    out.len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
			rc = err_set_id(e, ERR_FORMAT, "bad-json",
			    "the node's answer is no JSON");
		buf_fini(&out);
		if (rc == 0 && !o->json)
			print_results(answer, arg[i]);
		refused += count_refused(answer);
		(void)json_array_extend(all, json_object_get(answer,
		    "results"));
		json_decref(answer);
	}
	if (o->json)
		print_json(all);
	json_decref(all);
	if (rc == 0 && refused > 0)
		rc = err_set_id(e, ERR_VERIFY, "certificates-refused",
		    "%zu certificates were refused; their cases wait on",
		    refused);
	return rc;
}

/* A number, and nothing else. */
static bool
case_of(const char *s, json_int_t *id)
{
	struct cursor	c = cursor_of(s, strlen(s));
	uint64_t	n;

	if (!take_decimal(&c, &n) || cursor_left(&c) > 0 || n == 0 ||
	    n > INT64_MAX)
		return false;
	*id = (json_int_t)n;
	return true;
}

static int
run_mark(struct call *c, const struct options *o, const char *mark,
    const char *id, struct err *e)
{
	json_t		*answer = NULL;
	json_int_t	 n = 0;
	int		 rc;

	if (!case_of(id, &n))
		return err_set_id(e, ERR_INVAL, "no-such-request",
		    "\"%.40s\" is not the number of a case", id);
	if ((rc = post_mark(c, n, mark, o->reason, &answer, e)) == 0) {
		if (o->json)
			print_json(answer);
		else
			printf("Application %lld is %s.\n", (long long)n,
			    text_at(answer, "state"));
	}
	json_decref(answer);
	return rc;
}

static int
run_reject(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	(void)n;
	return run_mark(c, o, "rejected", arg[0], e);
}

static int
run_reopen(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	(void)n;
	return run_mark(c, o, "reopened", arg[0], e);
}

static int
run_held(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	(void)n;
	return run_mark(c, o, "held", arg[0], e);
}

static int
run_revoked(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	(void)n;
	return run_mark(c, o, "revoked", arg[0], e);
}

static int
run_released(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	(void)n;
	return run_mark(c, o, "released", arg[0], e);
}

static const struct {
	const char	*word;
	int		 min, max;	/* arguments */
	bool		 out, reason;	/* options that it has; a reason must be */
	int		(*run)(struct call *c, const struct options *o, int n,
			    char **arg, struct err *e);
} verbs[] = {
	{ "requests", 0, 0, true, false, run_requests },
	{ "accept", 1, 10000, false, false, run_accept },
	{ "reject", 1, 1, false, true, run_reject },
	{ "reopen", 1, 1, false, false, run_reopen },
	{ "held", 1, 1, false, false, run_held },
	{ "revoked", 1, 1, false, false, run_revoked },
	{ "released", 1, 1, false, false, run_released },
};
#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

static size_t
verb_of(const char *word)
{
	size_t	i;

	for (i = 0; i < NVERBS && strcmp(verbs[i].word, word) != 0; i++)
		;
	return i;
}

bool
ca_requests_has(const char *verb)
{
	return verb_of(verb) < NVERBS;
}

int
ca_requests(int argc, char **argv)
{
	const size_t	 v = verb_of(argv[0]);
	struct options	 o;
	struct call	*c = NULL;
	struct err	 e = ERR_INIT;
	int		 n, rc;

	if (!take_options(argc, argv, &o))
		return cli_usage("ca", "wrong options");
	if (o.help) {
		printf("%s", ca_requests_help);
		return 0;
	}
	n = argc - optind;
	if (o.call.node == NULL || o.call.account == NULL)
		return cli_usage("ca", "%s: --node URL and --account NAME are "
		    "missing", argv[0]);
	if (n < verbs[v].min || n > verbs[v].max)
		return cli_usage("ca", "%s: %s", argv[0], verbs[v].max == 0 ?
		    "nothing more" : verbs[v].max == 1 ? "one CASE" :
		    "one FILE or more");
	if ((o.out != NULL && !verbs[v].out) ||
	    (o.reason != NULL) != verbs[v].reason)
		return cli_usage("ca", "--out goes with requests, --reason "
		    "with reject, and reject with --reason");
	if ((o.call.tls_certificate == NULL) != (o.call.tls_key == NULL))
		return cli_usage("ca", "--tls-certificate and --tls-key go "
		    "together");
	if ((rc = sm_init(&e)) == 0 &&
	    (rc = call_begin(&o.call, &c, &e)) == 0)
		rc = verbs[v].run(c, &o, n, argv + optind, &e);
	call_end(c);
	return rc == 0 ? 0 : cli_fail(&e);
}
