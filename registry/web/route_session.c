#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "base/text.h"
#include "registry/json.h"
#include "registry/web/web.h"

/*
 * Sessions.  The token is made here and goes to the client alone; the recorder
 * and the database only ever see its digest.
 */

#define LIMIT_NAME	64
#define LIMIT_PASSWORD	256

struct login_body {
	char	*name, *password;
};

static const struct json_member login_members[] = {
	{ "name", MEMBER_TEXT, true, 1, LIMIT_NAME,
	    offsetof(struct login_body, name) },
	{ "password", MEMBER_TEXT, true, 1, LIMIT_PASSWORD,
	    offsetof(struct login_body, password) },
	{ NULL, 0, false, 0, 0, 0 }
};

static void
logged_in(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const LoggedIn	*in = (const LoggedIn *)reply;
	struct buf	 out;
	size_t		 i;

	buf_init(&out, 4096);
	buf_puts(&out, "{\"token\":");
	json_put_text(&out, arg);
	buf_puts(&out, ",\"roles\":[");
	for (i = 0; i < in->n_roles; i++) {
		if (i > 0)
			buf_put_u8(&out, ',');
		json_put_text(&out, in->roles[i]);
	}
	buf_puts(&out, "],\"expires\":");
	json_put_time(&out, in->expires);
	buf_put_u8(&out, '}');
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
	mem_wipe(arg, WEB_TOKEN_SIZE);
}

static void
login(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	struct login_body	 body = { NULL, NULL };
	struct web_call		 call;
	Login			 m = LOGIN__INIT;
	uint8_t			 secret[32], hash[SM3_LEN];
	char			*token;

	if (!web_body(w, r, login_members, &body))
		return;
	if (!web_certificate_fits(r, body.name)) {
		web_reply_problem(w, r, 403, "wrong-certificate",
		    "the client certificate is not that of the account");
		json_fini(login_members, &body);
		return;
	}
	token = xmalloc(WEB_TOKEN_SIZE);
	sm_random(secret, sizeof(secret));
	hex_encode(secret, sizeof(secret), token);
	mem_wipe(secret, sizeof(secret));
	sm3(token, strlen(token), hash);

	m.name = body.name;
	m.password = body.password;
	m.token_hash.data = hash;
	m.token_hash.len = sizeof(hash);
	call = (struct web_call){ .type = MSG_TYPE__MSG_LOGIN,
	    .body = &m.base, .reply = &logged_in__descriptor,
	    .done = logged_in, .arg = token };
	web_ask_recorder(w, r, &call);
	json_fini(login_members, &body);
}

static void
logged_out(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	(void)arg;
	(void)reply;
	web_reply_octets(w, r, 204, "application/json", OCTETS(NULL, 0));
}

static void
logout(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct web_call	 call;
	struct web_who	 who;
	Logout		 m = LOGOUT__INIT;

	if (!web_must(w, r, 0, &who))
		return;
	m.token = (char *)(uintptr_t)who.token;
	call = (struct web_call){ .type = MSG_TYPE__MSG_LOGOUT,
	    .body = &m.base, .done = logged_out };
	web_ask_recorder(w, r, &call);
}

/* Who am I? */
static void
session(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct web_who	 who;
	struct buf	 out;
	unsigned	 bit, n = 0;

	if (!web_must(w, r, 0, &who))
		return;
	buf_init(&out, 4096);
	buf_puts(&out, "{\"name\":");
	json_put_text(&out, who.name);
	buf_puts(&out, ",\"roles\":[");
	for (bit = 1; bit <= ROLE_OPERATOR; bit <<= 1)
		if ((who.roles & bit) != 0) {
			if (n++ > 0)
				buf_put_u8(&out, ',');
			json_put_text(&out, role_word(bit));
		}
	buf_puts(&out, "],\"expires\":");
	json_put_time(&out, who.expires);
	buf_put_u8(&out, '}');
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

const struct http_route route_session[] = {
	{ "POST", "/v1/login", HTTP_APPLICANT | HTTP_STAFF | HTTP_OPERATOR,
	    LIMIT_HTTP_BODY, login },
	{ "POST", "/v1/logout", HTTP_APPLICANT | HTTP_STAFF | HTTP_OPERATOR,
	    0, logout },
	{ "GET", "/v1/session", HTTP_APPLICANT | HTTP_STAFF | HTTP_OPERATOR,
	    0, session },
	{ NULL, NULL, 0, 0, NULL }
};
