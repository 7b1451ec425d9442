#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "registry/web/asking.h"

bool
asking_take(struct web *w, struct http_req *r, struct asking *a)
{
	static const char *const names[] = { "at", "lang", "upload",
				    "original", "evidence", NULL };
	const char	*s;

	if (!web_query(w, r, names))
		return false;
	a->ask = (struct verify_ask){ .trust = w->trust, .now = tm_now() };
	/* Where one is configured nothing is judged without it. */
	if (w->policy == NULL) {
		web_reply_problem(w, r, 503, "no-policy",
		    "this process was given no policy yet");
		return false;
	}
	if (!w->policy->usual)
		a->ask.policy = &w->policy->policy;
	if ((s = http_query(r, "at")) != NULL) {
		a->ask.has_at = true;
		if (!tm_parse(s, &a->ask.at)) {
			web_reply_problem(w, r, 400, "bad-time",
			    "at must be a moment as in RFC 3339");
			return false;
		}
	}
	if ((s = http_query(r, "lang")) != NULL &&
	    !rule_lang_from_word(s, &a->lang)) {
		web_reply_problem(w, r, 400, "bad-lang",
		    "lang must be zh or en");
		return false;
	}
	if (s == NULL)
		a->lang = LANG_ZH;
	if ((s = http_query(r, "evidence")) != NULL) {
		if (w->uploads == NULL) {
			web_reply_problem(w, r, 503, "uploads-off",
			    "this process takes no uploads");
			return false;
		}
		/* What is longer names no upload. */
		(void)snprintf(a->evidence, sizeof(a->evidence), "%s",
		    strlen(s) < sizeof(a->evidence) && *s != '\0' ? s : "-");
	}
	s = http_header(r, "Accept");
	a->html = s != NULL && strstr(s, "text/html") != NULL;
	return true;
}

struct asking *
asking_keep(const struct asking *a, const FileReading *m)
{
	struct asking	*next = xmalloc(sizeof(*next) +
			    file_reading__get_packed_size(m));

	*next = *a;
	next->len = file_reading__pack(m, next->reading);
	return next;
}

FileReading *
asking_reading(struct web *w, struct http_req *r, const struct asking *a)
{
	ProtobufCMessage	*m = NULL;
	struct err		 e = ERR_INIT;

	if (msg_unpack(&file_reading__descriptor, OCTETS(a->reading, a->len),
	    &m, &e) != 0)
		web_reply_err(w, r, &e);
	return (FileReading *)m;
}
