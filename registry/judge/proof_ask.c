#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "filing/code.h"
#include "registry/judge/history.h"

/* Asking a node, with what is asked spelled as the contract wants it. */

#define ASK_TIMEOUT_MS	10000

static void
put_seal_url(const char *node, const char *code, struct buf *url)
{
	size_t	n = strlen(node);

	while (n > 0 && node[n - 1] == '/')
		n--;
	buf_put(url, node, n);
	buf_puts(url, "/v1/seals/");
	buf_puts(url, code);
}

static void
put_url(const char *node, const struct proof_ask *ask, struct buf *url)
{
	char	hex[HEX_SIZE(SM3_LEN)], at[TM_RFC3339_SIZE];

	put_seal_url(node, ask->code, url);
	if (ask->digest != NULL) {
		hex_encode(ask->digest, SM3_LEN, hex);
		buf_printf(url, "?digest=%s", hex);
	}
	if (ask->has_at) {
		tm_rfc3339(ask->at, at);
		buf_printf(url, "%sat=%s", ask->digest != NULL ? "&" : "?",
		    at);
	}
	buf_put_u8(url, '\0');
}

/* The stable code of a problem+json, for the sentence. */
static void
problem_code(const struct fetch_res *res, char out[ERR_ID_MAX])
{
	json_t		*root;
	const char	*s;

	strcpy(out, "no reason given");
	root = json_loadb((const char *)res->body.p, res->body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	s = json_string_value(json_object_get(root, "code"));
	if (s != NULL && text_is_name(s) && strlen(s) < ERR_ID_MAX)
		strcpy(out, s);
	json_decref(root);
}

static int
refused(const struct fetch_res *res, struct err *e)
{
	char	code[ERR_ID_MAX];

	problem_code(res, code);
	if (res->status == 400 && strcmp(code, "invalid-code") == 0)
		return err_set_id(e, ERR_INVAL, "invalid-code",
		    "the node says that no province owns this code");
	return err_set_id(e, ERR_BUSY, "node-refused",
	    "the node answers %d: %s", res->status, code);
}

/* GET url; 200, or what the node says. */
static int
get(const struct buf *url, struct fetch_res *res, struct err *e)
{
	static const char *const headers[] = { "Accept: application/json",
	    NULL };
	struct fetch_req	req = { .max = LIMIT_ANSWER,
				    .timeout_ms = ASK_TIMEOUT_MS,
				    .url = (const char *)url->p,
				    .headers = headers };
	int			rc;

	if ((rc = fetch_once(&req, res, e)) != 0)
		return rc;
	return res->status == 200 ? 0 : refused(res, e);
}

/* What is wrong with the question itself, the node need not tell. */
static int
check_question(const char *code, const struct trust *t, struct err *e)
{
	int	rc;

	if ((rc = seal_code_check(code, e)) != 0)
		return rc;
	return trust_owner(t, code) != NULL ? 0 : err_set_id(e, ERR_INVAL,
	    "invalid-code", "no province owns the prefix of this code");
}

int
proof_ask_node(const char *node, const struct trust *t,
    const struct proof_ask *ask, struct proof **p, char **raw, struct err *e)
{
	struct fetch_res	res;
	struct buf		url;
	int			rc;

	*p = NULL;
	if (raw != NULL)
		*raw = NULL;
	memset(&res, 0, sizeof(res));
	buf_init(&url, 8192);
	if ((rc = check_question(ask->code, t, e)) != 0)
		goto out;
	put_url(node, ask, &url);
	if ((rc = get(&url, &res, e)) != 0)
		goto out;
	if (raw != NULL)
		*raw = xstrndup((const char *)res.body.p, res.body.len);
	rc = proof_check(buf_octets(&res.body), t, ask, p, e);
out:
	fetch_res_fini(&res);
	buf_fini(&url);
	return rc;
}

int
history_ask_node(const char *node, const struct trust *t, const char *code,
    struct history *h, struct proof **p, char **raw, struct err *e)
{
	struct fetch_res	res;
	struct buf		url;
	int			rc;

	*p = NULL;
	if (raw != NULL)
		*raw = NULL;
	memset(h, 0, sizeof(*h));
	memset(&res, 0, sizeof(res));
	buf_init(&url, 8192);
	if ((rc = check_question(code, t, e)) != 0)
		goto out;
	put_seal_url(node, code, &url);
	buf_puts(&url, "/history");
	buf_put_u8(&url, '\0');
	if ((rc = get(&url, &res, e)) != 0)
		goto out;
	if (raw != NULL)
		*raw = xstrndup((const char *)res.body.p, res.body.len);
	rc = history_check(buf_octets(&res.body), t, code, h, p, e);
out:
	fetch_res_fini(&res);
	buf_fini(&url);
	return rc;
}
