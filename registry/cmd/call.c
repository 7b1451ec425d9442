#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tls.h"
#include "registry/cmd/call.h"
#include "registry/cmd/password.h"

#define TIMEOUT_MS	60000

struct call {
	char	*node;		/* without a final slash */
	char	*bearer;	/* header; NULL: no session */
};

/* What the node says is wrong, by its own code. */
static int
refused(const struct fetch_res *res, struct err *e)
{
	static const char	letters[] = "abcdefghijklmnopqrstuvwxyz-";
	json_t			*root;
	const char		*code, *detail;
	int			 rc;

	root = json_loadb((const char *)res->body.p, res->body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	code = json_string_value(json_object_get(root, "code"));
	detail = json_string_value(json_object_get(root, "detail"));
	if (code != NULL && code[0] != '\0' && strlen(code) < ERR_ID_MAX &&
	    strspn(code, letters) == strlen(code) && detail != NULL &&
	    text_is_name(detail))
		rc = (err_set_id)(e, ERR_DENIED, code, "the node says: %s",
		    detail);
	else
		rc = err_set_id(e, ERR_BUSY, "node-refused",
		    "the node answers %d", res->status);
	json_decref(root);
	return rc;
}

static int
ask(struct call *c, const char *path, const char *type,
    const struct octets *body, struct buf *out, struct err *e)
{
	char			*url = xasprintf("%s%s", c->node, path);
	char			*kind = xasprintf("Content-Type: %s",
				    type != NULL ? type : "application/json");
	const char		*headers[3] = { c->bearer, NULL, NULL };
	struct fetch_req	 req = { .url = url, .headers = headers,
				    .max = LIMIT_CALL_ANSWER,
				    .timeout_ms = TIMEOUT_MS };
	struct fetch_res	 res;
	int			 rc;

	memset(&res, 0, sizeof(res));
	if (body != NULL) {
		headers[c->bearer != NULL ? 1 : 0] = kind;
		req.method = "POST";
		req.body = *body;
	}
	if ((rc = fetch_once(&req, &res, e)) != 0)
		goto out;
	if (res.status / 100 != 2)
		rc = refused(&res, e);
	else
		buf_put_octets(out, buf_octets(&res.body));
out:
	fetch_res_fini(&res);
	free(kind);
	free(url);
	return rc;
}

int
call_get(struct call *c, const char *path, struct buf *out, struct err *e)
{
	return ask(c, path, NULL, NULL, out, e);
}

int
call_post(struct call *c, const char *path, const char *type,
    struct octets body, struct buf *out, struct err *e)
{
	return ask(c, path, type, &body, out, e);
}

int
call_read_json(const struct buf *b, json_t **answer, struct err *e)
{
	*answer = json_loadb((const char *)b->p, b->len,
	    JSON_REJECT_DUPLICATES, NULL);
	return *answer != NULL ? 0 : err_set_id(e, ERR_FORMAT, "bad-json",
	    "the node's answer is no JSON");
}

int
call_get_json(struct call *c, const char *path, json_t **answer,
    struct err *e)
{
	struct buf	out;
	int		rc;

	*answer = NULL;
	buf_init(&out, LIMIT_CALL_ANSWER);
	if ((rc = call_get(c, path, &out, e)) == 0)
		rc = call_read_json(&out, answer, e);
	buf_wipe(&out);
	return rc;
}

int
call_post_json(struct call *c, const char *path, const json_t *body,
    json_t **answer, struct err *e)
{
	char		*text = json_dumps(body, JSON_COMPACT);
	struct buf	 out;
	int		 rc;

	*answer = NULL;
	buf_init(&out, LIMIT_CALL_ANSWER);
	if ((rc = call_post(c, path, NULL, OCTETS(text, strlen(text)), &out,
	    e)) == 0)
		rc = call_read_json(&out, answer, e);
	buf_wipe(&out);
	mem_wipe(text, strlen(text));
	free(text);
	return rc;
}

static int
identify(const struct call_spec *spec, struct err *e)
{
	const struct tls_files	f = {
		.certificate = spec->tls_certificate != NULL ?
		    spec->tls_certificate : "",
		.key = spec->tls_key != NULL ? spec->tls_key : "",
		.client_ca = spec->server_ca != NULL ? spec->server_ca : ""
	};
	struct buf		pack;
	int64_t			expires;
	int			rc;

	if (f.certificate[0] == '\0' && f.client_ca[0] == '\0')
		return 0;
	buf_init(&pack, LIMIT_TLS_PACK);
	if ((rc = tls_pack(&f, &pack, &expires, e)) == 0)
		rc = fetch_identify(buf_octets(&pack), e);
	buf_wipe(&pack);
	return rc;
}

static int
login(struct call *c, const struct call_spec *spec, struct err *e)
{
	char		 password[PASSWORD_SIZE] = "";
	json_t		*body = NULL, *answer = NULL;
	const char	*token;
	int		 rc;

	if ((rc = password_read(spec->password_file, false, password,
	    e)) != 0)
		goto out;
	body = json_pack("{s:s, s:s}", "name", spec->account, "password",
	    password);
	if (body == NULL) {
		rc = err_set_id(e, ERR_INVAL, "bad-password",
		    "account and password must be UTF-8");
		goto out;
	}
	if ((rc = call_post_json(c, "/v1/login", body, &answer, e)) != 0)
		goto out;
	token = json_string_value(json_object_get(answer, "token"));
	if (token == NULL || strpbrk(token, "\r\n") != NULL)
		rc = err_set_id(e, ERR_FORMAT, "bad-json",
		    "the node's answer has no token");
	else
		c->bearer = xasprintf("Authorization: Bearer %s", token);
out:
	mem_wipe(password, sizeof(password));
	json_decref(answer);
	json_decref(body);
	return rc;
}

int
call_begin(const struct call_spec *spec, struct call **out, struct err *e)
{
	struct call	*c = xcalloc(1, sizeof(*c));
	size_t		 n = strlen(spec->node);
	int		 rc;

	*out = NULL;
	while (n > 0 && spec->node[n - 1] == '/')
		n--;
	c->node = xstrndup(spec->node, n);
	if ((rc = identify(spec, e)) == 0 && (rc = login(c, spec, e)) == 0) {
		*out = c;
		c = NULL;
	}
	call_end(c);
	return rc;
}

void
call_end(struct call *c)
{
	struct buf	out;

	if (c == NULL)
		return;
	buf_init(&out, LIMIT_CALL_ANSWER);
	/* A session that is left behind ends by itself. */
	if (c->bearer != NULL && call_post(c, "/v1/logout", NULL,
	    OCTETS(NULL, 0), &out, NULL) == 0)
		buf_reset(&out);
	buf_fini(&out);
	if (c->bearer != NULL)
		mem_wipe(c->bearer, strlen(c->bearer));
	free(c->bearer);
	free(c->node);
	free(c);
}
