#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "filing/code.h"
#include "registry/json.h"
#include "registry/web/web.h"
#include "store/store.h"
#include "sync/peer.h"

/* A request that waits for another process. */
struct waiting {
	struct web	*w;
	struct http_req	*r;
	const ProtobufCMessageDescriptor *reply;
	web_done	*done;
	web_failed	*failed;
	void		*arg;
};

/* Refusals that a login would change (RFC 9110, 15.5.2). */
static const char *const wants_login[] = {
	"no-session", "bad-credentials", NULL
};

/* ---- logs */

struct web_log *
web_log_of(struct web *w, const char *province)
{
	size_t	i;

	for (i = 0; i < w->nlogs; i++)
		if (strcmp(w->logs[i].owner->province, province) == 0)
			return &w->logs[i];
	return NULL;
}

struct web_log *
web_owner(struct web *w, struct http_req *r, const char *code)
{
	const struct trust_province	*owner;
	struct err			 e = ERR_INIT;

	if (seal_code_check(code, &e) != 0) {
		web_reply_err(w, r, &e);
		return NULL;
	}
	if ((owner = trust_owner(w->trust, code)) == NULL) {
		web_reply_problem(w, r, 400, "invalid-code",
		    "no province owns the prefix of this code");
		return NULL;
	}
	return web_log_of(w, owner->province);
}

static int
is_disputed(struct store *st, bool *disputed, struct err *e)
{
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	*disputed = false;
	if ((rc = store_query(st, STMT_PEER_GET, NULL, 0, &q, e)) == 0 &&
	    (rc = query_next(q, &row, e)) == 0 && row)
		*disputed = query_int(q, 0) != 0;
	query_done(q);
	return rc;
}

void
web_logs_end(struct web *w)
{
	size_t	i;

	for (i = 0; i < w->nlogs; i++)
		if (w->logs[i].open) {
			/* Nothing was written: there is nothing to keep. */
			store_rollback(w->logs[i].st);
			w->logs[i].open = false;
		}
}

static void
turn_ends(void *arg)
{
	web_logs_end(arg);
}

static int
open_turn(struct web_log *l, struct err *e)
{
	int	rc;

	if ((rc = store_begin(l->st, e)) != 0)
		return rc;
	if ((rc = logview_refresh(l->lv, &l->now, e)) != 0 ||
	    (!l->own && (rc = is_disputed(l->st, &l->disputed, e)) != 0)) {
		store_rollback(l->st);
		return rc;
	}
	l->open = true;
	ev_after_turn(l->w->ev, turn_ends, l->w);
	return 0;
}

int
web_log_begin(struct web_log *l, const struct log_head **head,
    bool *disputed, struct err *e)
{
	int	rc;

	*head = NULL;
	if (disputed != NULL)
		*disputed = false;
	if (l->st == NULL)
		return 0;
	if (!l->open && (rc = open_turn(l, e)) != 0)
		return rc;
	*head = l->now;
	if (disputed != NULL)
		*disputed = l->disputed;
	return 0;
}

/* ---- who asks */

bool
web_certificate_fits(const struct http_req *r, const char *account)
{
	char	name[LIMIT_TLS_NAME + 1];

	if (!http_client_certified(r))
		return true;
	http_client_name(r, name);
	return strcmp(name, account) == 0;
}

int
web_who(struct web *w, const struct http_req *r, struct web_who *who,
    struct err *e)
{
	const char	*token = http_bearer(r);
	uint8_t		 hash[SM3_LEN];
	struct query	*q = NULL;
	struct val	 v;
	bool		 row;
	int		 rc;

	memset(who, 0, sizeof(*who));
	if (token == NULL || strlen(token) != WEB_TOKEN_SIZE - 1)
		return 0;
	sm3(token, strlen(token), hash);
	v = val_blob(OCTETS(hash, SM3_LEN));
	if ((rc = store_query(w->office, STMT_OFFICE_SESSION_GET, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row || query_int(q, 3) <= tm_now())
		goto out;
	if ((rc = role_parse(query_text(q, 2), &who->roles, e)) != 0)
		goto out;
	who->token = token;
	who->account = query_int(q, 0);
	who->expires = query_int(q, 3);
	strncpy(who->name, query_text(q, 1), sizeof(who->name) - 1);
	if (!web_certificate_fits(r, who->name)) {
		memset(who, 0, sizeof(*who));
		rc = err_set_id(e, ERR_DENIED, "wrong-certificate",
		    "the client certificate is not that of the account");
	}
out:
	query_done(q);
	return rc;
}

bool
web_must(struct web *w, struct http_req *r, unsigned roles,
    struct web_who *who)
{
	struct err	e = ERR_INIT;

	if (web_who(w, r, who, &e) != 0) {
		web_reply_err(w, r, &e);
		return false;
	}
	if (who->account == 0) {
		http_set(r, "WWW-Authenticate", "Bearer");
		web_reply_problem(w, r, 401, "no-session",
		    "this needs a session: POST /v1/login");
		return false;
	}
	if (roles != 0 && (who->roles & roles) == 0) {
		web_reply_problem(w, r, 403, "wrong-role",
		    "your account may not do this");
		return false;
	}
	return true;
}

/* ---- answers */

static enum web_group
group_of(const char *path)
{
	static const struct {
		const char	*prefix;
		enum web_group	 group;
	} row[] = {
		{ "/v1/seals/", GROUP_LOOKUP },
		{ "/v1/verify", GROUP_SEAL },
		{ "/v1/uploads", GROUP_SEAL },
		{ "/log/", GROUP_LOG },
		{ "/v1/", GROUP_OFFICE },
		{ "/", GROUP_NODE }
	};
	size_t	i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strncmp(path, row[i].prefix, strlen(row[i].prefix)) == 0)
			break;
	if (i == sizeof(row) / sizeof(row[0]))
		return GROUP_OTHER;
	if (row[i].group == GROUP_LOOKUP &&
	    strchr(path + strlen(row[i].prefix), '/') != NULL)
		return GROUP_SEAL;
	return row[i].group;
}

static void
count(struct web *w, const struct http_req *r, int status)
{
	unsigned	hundreds = (unsigned)status / 100;

	if (hundreds < 6)
		w->counts.answers[group_of(http_path(r))][hundreds]++;
}

void
web_reply(struct web *w, struct http_req *r, int status, const char *type,
    struct buf *body)
{
	uint8_t	*p;
	size_t	 n;

	if (!buf_ok(body)) {
		buf_fini(body);
		web_reply_problem(w, r, 500, "too-big",
		    "the answer is longer than an answer may be");
		return;
	}
	count(w, r, status);
	p = buf_steal(body, &n);
	http_reply_take(r, status, type, p, n);
}

void
web_reply_octets(struct web *w, struct http_req *r, int status,
    const char *type, struct octets body)
{
	count(w, r, status);
	http_reply(r, status, type, body);
}

void
web_reply_err(struct web *w, struct http_req *r, const struct err *e)
{
	size_t	i;

	for (i = 0; e->code == ERR_DENIED && wants_login[i] != NULL; i++)
		if (strcmp(e->id, wants_login[i]) == 0) {
			http_set(r, "WWW-Authenticate", "Bearer");
			web_reply_problem(w, r, 401, e->id, e->text);
			return;
		}
	count(w, r, err_http_status(e->code));
	http_reply_err(r, e);
}

void
web_reply_problem(struct web *w, struct http_req *r, int status,
    const char *code, const char *detail)
{
	count(w, r, status);
	http_reply_problem(r, status, code, detail);
}

int64_t
web_id(struct web *w, struct http_req *r, const char *code,
    const char *detail)
{
	const char	*s = http_param(r, "id");
	struct cursor	 c = cursor_of(s, strlen(s));
	uint64_t	 id;

	if (take_decimal(&c, &id) && cursor_left(&c) == 0 && id > 0 &&
	    id <= INT64_MAX)
		return (int64_t)id;
	web_reply_problem(w, r, 404, code, detail);
	return 0;
}

bool
web_body(struct web *w, struct http_req *r, const struct json_member *table,
    void *out)
{
	struct err	e = ERR_INIT;

	if (json_read(http_body(r), table, out, &e) == 0)
		return true;
	web_reply_err(w, r, &e);
	return false;
}

bool
web_query(struct web *w, struct http_req *r, const char *const *names)
{
	struct err	e = ERR_INIT;

	if (http_query_only(r, names, &e) == 0)
		return true;
	web_reply_err(w, r, &e);
	return false;
}

/* ---- asking other processes */

static void
answered(void *arg, const struct msg *reply, const struct err *e)
{
	struct waiting		*wt = arg;
	ProtobufCMessage	*m = NULL;
	struct err		 own = ERR_INIT;

	if (e == NULL && wt->reply != NULL &&
	    msg_unpack(wt->reply, reply->body, &m, &own) != 0)
		e = &own;
	if (e != NULL && wt->failed != NULL)
		wt->failed(wt->w, wt->r, wt->arg, e);
	else if (e != NULL)
		web_reply_err(wt->w, wt->r, e);
	else
		wt->done(wt->w, wt->r, wt->arg, m);
	protobuf_c_message_free_unpacked(m, NULL);
	free(wt->arg);
	free(wt);
}

static void
ask(struct web *w, struct http_req *r, const struct web_call *call,
    struct chan *ch, int fd, const char *whom)
{
	struct waiting	*wt;
	struct err	 e = ERR_INIT;

	if (ch == NULL) {
		(void)err_set_id(&e, ERR_BUSY, "not-now",
		    "the %s is being started; ask again", whom);
		if (call->failed != NULL)
			call->failed(w, r, call->arg, &e);
		else
			web_reply_err(w, r, &e);
		free(call->arg);
		return;
	}
	wt = xcalloc(1, sizeof(*wt));
	wt->w = w;
	wt->r = r;
	wt->reply = call->reply;
	wt->done = call->done;
	wt->failed = call->failed;
	wt->arg = call->arg;
	chan_request(ch, call->type, call->body, fd, answered, wt);
}

void
web_ask_recorder(struct web *w, struct http_req *r,
    const struct web_call *call)
{
	ask(w, r, call, w->recorder, -1, "recorder");
}

void
web_ask_jail(struct web *w, struct http_req *r, const struct web_call *call,
    struct octets large)
{
	struct err	e = ERR_INIT;
	unsigned	i;
	int		fd = -1;

	if (large.len > 0 && memfd_seal(large, &fd, &e) != 0) {
		web_reply_err(w, r, &e);
		free(call->arg);
		return;
	}
	for (i = 0; i < LIMIT_WEB_JAILS; i++) {
		w->next_jail = (w->next_jail + 1) % LIMIT_WEB_JAILS;
		if (w->jail[w->next_jail] != NULL)
			break;
	}
	ask(w, r, call, w->jail[w->next_jail], fd, "jail");
	if (fd != -1)
		close(fd);
}
