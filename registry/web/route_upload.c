#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/slots.h"
#include "base/tm.h"
#include "registry/web/web.h"

/*
 * Files that are too large for one body come in pieces, and can be resumed:
 * the tus protocol 1.0.0 with its extensions creation, expiration and
 * termination.  They lie in memory alone (base/slots.h), and are given away
 * when nobody touches them.
 */

#define TUS		"1.0.0"
#define PIECE_TYPE	"application/offset+octet-stream"

static void
set_number(struct http_req *r, const char *name, size_t v)
{
	char	text[24];

	(void)snprintf(text, sizeof(text), "%zu", v);
	http_set(r, name, text);
}

/* What every answer carries; false: r is answered. */
static bool
begin(struct web *w, struct http_req *r)
{
	static const char *const none[] = { NULL };
	const char	*version = http_header(r, "Tus-Resumable");

	http_set(r, "Tus-Resumable", TUS);
	http_set(r, "Cache-Control", "no-store");
	if (!web_query(w, r, none))
		return false;
	if (version == NULL || strcmp(version, TUS) != 0) {
		http_set(r, "Tus-Version", TUS);
		web_reply_problem(w, r, 412, "tus-version",
		    "uploads speak tus 1.0.0: say Tus-Resumable: 1.0.0");
		return false;
	}
	if (w->uploads == NULL) {
		web_reply_problem(w, r, 503, "uploads-off",
		    "this process takes no uploads");
		return false;
	}
	return true;
}

/* A header that is a number of octets; false: r is answered. */
static bool
number(struct web *w, struct http_req *r, const char *name, size_t *v)
{
	const char	*s = http_header(r, name);
	struct cursor	 c = cursor_of(s, s != NULL ? strlen(s) : 0);
	uint64_t	 n;

	if (s != NULL && take_decimal(&c, &n) && cursor_left(&c) == 0 &&
	    n <= SIZE_MAX) {
		*v = (size_t)n;
		return true;
	}
	web_reply_problem(w, r, 400, "bad-upload-header",
	    "Upload-Length and Upload-Offset are numbers of octets");
	return false;
}

static void
refuse(struct web *w, struct http_req *r, const struct err *e)
{
	if (e->code == ERR_TOOBIG)
		set_number(r, "Tus-Max-Size", LIMIT_SLOT);
	web_reply_err(w, r, e);
}

/* How it stands, in headers for tus and as JSON for people. */
static void
reply(struct web *w, struct http_req *r, int status, const char *id,
    const struct slot_state *st)
{
	char	text[128];
	int	n;

	set_number(r, "Upload-Offset", st->offset);
	set_number(r, "Upload-Length", st->length);
	n = snprintf(text, sizeof(text), "{\"id\":\"%.*s\",\"length\":%zu,"
	    "\"offset\":%zu}", SLOT_ID_SIZE - 1, id, st->length,
	    st->offset);
	web_reply_octets(w, r, status, "application/json",
	    OCTETS(text, (size_t)n));
}

static void
options(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;

	http_set(r, "Tus-Resumable", TUS);
	http_set(r, "Tus-Version", TUS);
	http_set(r, "Tus-Extension", "creation,expiration,termination");
	set_number(r, "Tus-Max-Size", LIMIT_SLOT);
	web_reply_octets(w, r, 204, NULL, OCTETS("", 0));
}

static void
create(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct err	 e = ERR_INIT;
	struct slot_state st = { 0, 0 };
	char		 id[SLOT_ID_SIZE], where[64];

	if (!begin(w, r) || !number(w, r, "Upload-Length", &st.length))
		return;
	if (slots_begin(w->uploads, st.length, tm_mono_ms(), id, &e) != 0) {
		refuse(w, r, &e);
		return;
	}
	(void)snprintf(where, sizeof(where), "/v1/uploads/%s", id);
	http_set(r, "Location", where);
	reply(w, r, 201, id, &st);
}

/* HEAD, mostly: where to go on. */
static void
look(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	const char		*id = http_param(r, "upload");
	struct slot_state	 st;
	struct err		 e = ERR_INIT;

	if (!begin(w, r))
		return;
	if (slots_look(w->uploads, id, tm_mono_ms(), &st, &e) != 0)
		refuse(w, r, &e);
	else
		reply(w, r, 200, id, &st);
}

static void
append(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	const char		*type = http_header(r, "Content-Type");
	struct slot_state	 st;
	struct err		 e = ERR_INIT;
	size_t			 offset;
	int			 rc;

	if (!begin(w, r))
		return;
	if (type == NULL || strcmp(type, PIECE_TYPE) != 0) {
		web_reply_problem(w, r, 415, "bad-upload-type",
		    "a piece has the Content-Type " PIECE_TYPE);
		return;
	}
	if (!number(w, r, "Upload-Offset", &offset))
		return;
	rc = slots_append(w->uploads, http_param(r, "upload"), offset,
	    http_body(r), tm_mono_ms(), &st, &e);
	if (rc != 0) {
		if (rc == ERR_CONFLICT)
			set_number(r, "Upload-Offset", st.offset);
		refuse(w, r, &e);
		return;
	}
	set_number(r, "Upload-Offset", st.offset);
	web_reply_octets(w, r, 204, NULL, OCTETS("", 0));
}

static void
terminate(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct err	 e = ERR_INIT;

	if (!begin(w, r))
		return;
	if (slots_drop(w->uploads, http_param(r, "upload"), tm_mono_ms(),
	    &e) != 0)
		refuse(w, r, &e);
	else
		web_reply_octets(w, r, 204, NULL, OCTETS("", 0));
}

const struct http_route route_upload[] = {
	{ "OPTIONS", "/v1/uploads", HTTP_PUBLIC, 0, options },
	{ "POST", "/v1/uploads", HTTP_PUBLIC, 0, create },
	{ "GET", "/v1/uploads/{upload}", HTTP_PUBLIC, 0, look },
	{ "PATCH", "/v1/uploads/{upload}", HTTP_PUBLIC, LIMIT_HTTP_BODY, append },
	{ "DELETE", "/v1/uploads/{upload}", HTTP_PUBLIC, 0, terminate },
	{ NULL, NULL, 0, 0, NULL }
};
