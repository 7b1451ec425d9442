#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/delivery.h"
#include "filing/code.h"
#include "registry/cmd.h"
#include "registry/cmd/ca_requests.h"
#include "registry/cmd/call.h"
#include "registry/cmd/cli.h"
#include "registry/office/office_ca.h"

#define LIST_TIMEOUT_MS	60000

struct options {
	struct call_spec	 call;
	const char		*out, *reason;
	bool			 json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "node", CLI_TEXT, AT(call.node), "URL",
	    "the node's address for staff", NULL, true, 0, 0 },
	{ "account", CLI_TEXT, AT(call.account), "NAME",
	    "a clerk's or reviewer's account", NULL, true, 0, 0 },
	{ "password-file", CLI_TEXT, AT(call.password_file), "FILE",
	    "its first line is the password; - reads standard input; else the "
	    "terminal is asked", NULL, false, 0, 0 },
	{ "tls-certificate", CLI_TEXT, AT(call.tls_certificate), "FILE",
	    "what is shown over TLS, PEM", NULL, false, 0, 0 },
	{ "tls-key", CLI_TEXT, AT(call.tls_key), "FILE",
	    "its key, PEM", NULL, false, 0, 0 },
	{ "server-ca", CLI_TEXT, AT(call.server_ca), "FILE",
	    "who certifies the node's server, PEM", NULL, false, 0, 0 },
	{ "out", CLI_FOLDER, AT(out), "DIR",
	    "write each request to DIR/CODE.csr (PEM), and note that it was "
	    "sent; again, and it is noted again", "requests", false, 0, 0 },
	{ "reason", CLI_TEXT, AT(reason), "TEXT", "of a rejection; one line",
	    "reject", true, 0, 0 },
	{ "json", CLI_FLAG, AT(json), NULL, "for programs", NULL, false, 0,
	    0 },
};

static const struct cli_verb	verbs[] = {
	{ "requests", 0, 0, NULL,
	    "what waits for the body: certificates to be issued, to be "
	    "revoked, to be released" },
	{ "accept", 1, 10000, "one FILE or more",
	    "certificates that came back, DER or PEM, with the body's own and "
	    "revocation lists or without; each is held against its request.  "
	    "What is refused is told, and nothing is lost" },
	{ "list-import", 1, 100, "one FILE or URL, or more",
	    "the body's revocation list, DER or PEM: it is held against the "
	    "body's certificates, kept, and served at /ca/; what it says of "
	    "certificates that were to be suspended or revoked is taken over "
	    "as by held and revoked" },
	{ "reject", 1, 1, "one CASE",
	    "the body says no: the case is returned, for that reason" },
	{ "reopen", 1, 1, "one CASE",
	    "that was a mistake: the case waits again" },
	{ "held", 1, 1, "one CASE",
	    "the body has suspended its certificate, as was asked" },
	{ "revoked", 1, 1, "one CASE", "has revoked it, as was asked" },
	{ "released", 1, 1, "one CASE", "has released it, as was asked" },
};
#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

const struct cli_command	ca_requests_command = {
	.name = "ca",
	.usage =
    "usage: sealreg ca requests [--out DIR] [--json] NODE\n"
    "       sealreg ca accept FILE... [--json] NODE\n"
    "       sealreg ca list-import FILE|URL... [--json] NODE\n"
    "       sealreg ca reject CASE --reason TEXT NODE\n"
    "       sealreg ca reopen CASE NODE\n"
    "       sealreg ca held|revoked|released CASE NODE\n"
    "where NODE is --node URL --account NAME [--password-file FILE|-]\n"
    "       [--tls-certificate FILE --tls-key FILE] [--server-ca FILE]\n"
    "\n"
    "Certificates of seals by a licensed body (certificates: external).  A\n"
    "running node is asked, by an officer.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = NVERBS
};

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
run_requests(struct call *c, const struct options *o, struct err *e)
{
	json_t	*all = NULL, *r;
	size_t	 i, written = 0;
	int	 rc;

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
		cli_print_json(json_incref(all));
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

/* How many of an answer's results are this one. */
static size_t
count_results(const json_t *answer, const char *result)
{
	json_t	*r;
	size_t	 i, n = 0;

	json_array_foreach(json_object_get(answer, "results"), i, r)
		n += strcmp(text_at(r, "result"), result) == 0;
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
		if (rc == 0)
			rc = call_read_json(&out, &answer, e);
		buf_fini(&out);
		if (rc == 0 && !o->json)
			print_results(answer, arg[i]);
		refused += count_results(answer, "refused");
		(void)json_array_extend(all, json_object_get(answer,
		    "results"));
		json_decref(answer);
	}
	if (o->json)
		cli_print_json(json_incref(all));
	json_decref(all);
	if (rc == 0 && refused > 0)
		rc = err_set_id(e, ERR_VERIFY, "certificates-refused",
		    "%zu certificates were refused; their cases wait on",
		    refused);
	return rc;
}

/* The octets of a list, from a file or another host, as DER. */
static int
read_list(const char *from, struct buf *der, struct err *e)
{
	const struct fetch_req	 req = { .url = from, .max =
				    2 * LIMIT_CA_OBJECT, .timeout_ms =
				    LIST_TIMEOUT_MS };
	struct fetch_res	 res;
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	if (strncmp(from, "http://", 7) != 0 &&
	    strncmp(from, "https://", 8) != 0) {
		if ((rc = file_read(from, 2 * LIMIT_CA_OBJECT, &p, &n,
		    e)) == 0)
			rc = cert_unpem(OCTETS(p, n), "X509 CRL", der, e);
		free(p);
		return rc;
	}
	memset(&res, 0, sizeof(res));
	if ((rc = fetch_once(&req, &res, e)) == 0) {
		if (res.status != 200)
			rc = err_set_id(e, ERR_IO, "unreachable",
			    "%.200s answers %d", from, res.status);
		else
			rc = cert_unpem(buf_octets(&res.body), "X509 CRL",
			    der, e);
	}
	fetch_res_fini(&res);
	return rc;
}

static void
print_list(const json_t *a)
{
	json_t	*r;
	size_t	 i;

	printf("%s: list %lld of %s, %lld certificates, until %s%s\n",
	    text_at(a, "list"), (long long)number_at(a, "number"),
	    text_at(a, "issuer"), (long long)number_at(a, "entries"),
	    text_at(a, "next_update")[0] != '\0' ?
	    text_at(a, "next_update") : "it does not say when",
	    json_is_true(json_object_get(a, "repeated")) ?
	    "; it was kept before" : "");
	json_array_foreach(json_object_get(a, "results"), i, r)
		printf("  %-6lld %s  %s, reason %lld, since %s\n",
		    (long long)number_at(r, "id"), text_at(r, "seal_code"),
		    text_at(r, "result"), (long long)number_at(r, "reason"),
		    text_at(r, "since"));
	printf("  %lld of ours were known.\n",
	    (long long)number_at(a, "known"));
}

static int
run_list_import(struct call *c, const struct options *o, int n, char **arg,
    struct err *e)
{
	json_t		*all = json_array(), *answer;
	struct buf	 der, out;
	size_t		 unasked = 0;
	int		 i, rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		answer = NULL;
		buf_init(&der, 2 * LIMIT_CA_OBJECT);
		buf_init(&out, LIMIT_CALL_ANSWER);
		if ((rc = read_list(arg[i], &der, e)) == 0 &&
		    (rc = call_post(c, "/v1/ca/lists", "application/pkix-crl",
		    buf_octets(&der), &out, e)) == 0)
			rc = call_read_json(&out, &answer, e);
		if (rc == 0 && !o->json)
			print_list(answer);
		unasked += count_results(answer, "unasked");
		if (answer != NULL)
			(void)json_array_append_new(all, answer);
		buf_fini(&out);
		buf_fini(&der);
	}
	if (o->json)
		cli_print_json(json_incref(all));
	json_decref(all);
	if (rc == 0 && unasked > 0)
		rc = err_set_id(e, ERR_CONFLICT, "revoked-unasked", "the body "
		    "has suspended or revoked %zu certificates whose seals do "
		    "not say so: suspend or revoke the seals, or ask the body",
		    unasked);
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
			cli_print_json(json_incref(answer));
		else
			printf("Application %lld is %s.\n", (long long)n,
			    text_at(answer, "state"));
	}
	json_decref(answer);
	return rc;
}

bool
ca_requests_has(const char *verb)
{
	size_t	i;

	for (i = 0; i < NVERBS; i++)
		if (strcmp(verbs[i].name, verb) == 0)
			return true;
	return false;
}

int
ca_requests(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct call	*c = NULL;
	struct err	 e = ERR_INIT;
	const char	*what;
	int		 rc;

	if (!cli_options(&ca_requests_command, argc, argv, &o, &r))
		return r.status;
	if ((o.call.tls_certificate == NULL) != (o.call.tls_key == NULL))
		return cli_usage("ca", "--tls-certificate and --tls-key go "
		    "together");
	what = r.verb->name;
	if ((rc = sm_init(&e)) != 0 ||
	    (rc = call_begin(&o.call, &c, &e)) != 0)
		goto out;
	if (strcmp(what, "requests") == 0)
		rc = run_requests(c, &o, &e);
	else if (strcmp(what, "accept") == 0)
		rc = run_accept(c, &o, r.n, r.v, &e);
	else if (strcmp(what, "list-import") == 0)
		rc = run_list_import(c, &o, r.n, r.v, &e);
	else
		rc = run_mark(c, &o, strcmp(what, "reject") == 0 ?
		    "rejected" : strcmp(what, "reopen") == 0 ? "reopened" :
		    what, r.v[0], &e);
out:
	call_end(c);
	return rc == 0 ? 0 : cli_fail(&e);
}
