#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "registry/judge/report_html.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/*
 * Evidence that a stranger brings to a node, judged in the jail.  The first
 * octet chooses page or JSON, the language and whether a moment is asked; then
 * come a trust list and a policy, each up to a NUL, and the evidence.
 * Properties: the jail refuses with an id and writes nothing, or answers with
 * a whole report: a page in which nothing can run, or JSON, and without the
 * file itself never "valid".
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

/* Up to the next NUL; *p is behind it.  NULL: there is none. */
static char *
text_of(const uint8_t **p, size_t *n)
{
	const uint8_t	*end = memchr(*p, 0, *n);
	char		*s;

	if (end == NULL || !utf8_valid(*p, (size_t)(end - *p)))
		return NULL;
	s = strdup((const char *)*p);
	*n -= (size_t)(end - *p) + 1;
	*p = end + 1;
	return s;
}

static void
check_json(const char *text)
{
	json_t		*o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char	*verdict, *indication;

	must(o != NULL);
	verdict = json_string_value(json_object_get(o, "verdict"));
	indication = json_string_value(json_object_get(o, "indication"));
	must(verdict != NULL && strcmp(verdict, "valid") != 0);
	must(indication != NULL && strcmp(indication, "TOTAL-PASSED") != 0);
	must(json_is_object(json_object_get(o, "evidence")));
	must(json_is_false(json_object_get(json_object_get(o, "evidence"),
	    "file_read")));
	json_decref(o);
}

static void
run(Replay *q, struct octets evidence)
{
	const struct jail_handler	*h = jail_handler_of(&program_jail,
					    MSG_TYPE__MSG_REPLAY);
	ProtobufCMessage		*m = NULL;
	const char			*report;
	struct buf			 in, out;
	struct err			 e = ERR_INIT;
	int				 rc;

	buf_init(&in, LIMIT_MSG_BODY);
	buf_init(&out, LIMIT_MSG_BODY);
	msg_put(&q->base, &in);
	rc = h->run(buf_octets(&in), evidence, &out, &e);
	if (rc != 0) {
		must(rc == e.code && e.id[0] != '\0' && out.len == 0);
	} else {
		must(buf_ok(&out) && msg_unpack(&replayed__descriptor,
		    buf_octets(&out), &m, NULL) == 0);
		report = ((const Replayed *)m)->report;
		must(utf8_valid(report, strlen(report)));
		if (q->html)
			must(report_html_is_inert(report,
			    (enum rule_lang)q->lang) &&
			    strstr(report, "is-valid\"") == NULL);
		else
			check_json(report);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	buf_fini(&in);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	Replay		 q = REPLAY__INIT;
	char		*trust = NULL, *policy = NULL;

	must(ready || sm_init(NULL) == 0);
	ready = true;
	if (n == 0)
		return 0;
	q.html = (p[0] & 1) != 0;
	q.lang = (p[0] >> 1) % 3;	/* one that there is not, too */
	q.has_at = (p[0] & 8) != 0;
	q.at = 1790000000;
	p++;
	n--;
	if ((trust = text_of(&p, &n)) != NULL &&
	    (policy = text_of(&p, &n)) != NULL) {
		q.trust = trust;
		q.policy = policy;
		run(&q, OCTETS(p, n));
	}
	free(trust);
	free(policy);
	return 0;
}
