#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "registry/cmd.h"
#include "registry/judge/report.h"

static const char *const words[CHECK_END] = {
	[CHECK_PASSED] = "passed", [CHECK_FAILED] = "failed",
	[CHECK_UNKNOWN] = "unknown",
	[CHECK_NOT_APPLICABLE] = "not_applicable",
};

const char *
check_result_word(enum check_result r)
{
	return (unsigned)r < CHECK_END ? words[r] : NULL;
}

enum check_result
check_result_from_word(const char *s)
{
	int	i;

	for (i = 1; i < CHECK_END; i++)
		if (strcmp(words[i], s) == 0)
			return (enum check_result)i;
	return CHECK_NONE;
}

void
report_add(struct report *r, const char *rule, enum check_result result,
    const char *fmt, ...)
{
	struct report_check	*c;
	va_list			 ap;

	assert(r->n < LIMIT_REPORT_CHECKS);
	c = &r->checks[r->n++];
	c->rule = rule;
	c->result = result;
	va_start(ap, fmt);
	(void)vsnprintf(c->detail, sizeof(c->detail), fmt, ap);
	va_end(ap);
}

enum verdict
report_verdict(const struct report *r)
{
	bool	failed = false, unknown = r->n == 0 || r->proof_bad;
	bool	other = false;
	size_t	i;

	for (i = 0; i < r->n; i++) {
		if (r->checks[i].result == CHECK_FAILED) {
			failed = true;
			if (strcmp(r->checks[i].rule, "registry_status") != 0)
				other = true;
		}
		if (r->checks[i].result == CHECK_UNKNOWN ||
		    r->checks[i].result == CHECK_NONE)
			unknown = true;
	}
	if (failed && !other && (r->registry == VERDICT_NOT_FILED ||
	    r->registry == VERDICT_MISMATCH))
		return r->registry;
	if (failed)
		return VERDICT_NOT_VALID;
	return unknown ? VERDICT_UNKNOWN : VERDICT_VALID;
}

int
report_exit(const struct report *r)
{
	if (r->proof_bad)
		return EXIT_PROOF;
	switch (report_verdict(r)) {
	case VERDICT_VALID:
		return EXIT_VALID;
	case VERDICT_NOT_FILED:
	case VERDICT_MISMATCH:
	case VERDICT_NOT_VALID:
		return EXIT_NOT_VALID;
	case VERDICT_UNKNOWN:
	case VERDICT_NONE:
	case VERDICT_END:
		break;
	}
	return EXIT_UNKNOWN;
}

void
report_print(const struct report *r, struct buf *out)
{
	size_t	i;

	buf_printf(out, "%s%s%s%s%s: %s\n", r->kind,
	    r->generation[0] != '\0' ? " " : "", r->generation,
	    r->code[0] != '\0' ? " " : "", r->code,
	    verdict_word(report_verdict(r)));
	for (i = 0; i < r->n; i++)
		buf_printf(out, "  %-16s%-16s%s\n", r->checks[i].rule,
		    check_result_word(r->checks[i].result),
		    r->checks[i].detail);
}

void
report_json(const struct report *r, struct buf *out)
{
	json_t	*root, *checks = json_array();
	char	*text;
	size_t	 i;

	for (i = 0; i < r->n; i++)
		(void)json_array_append_new(checks, json_pack("{s:s, s:s, "
		    "s:s}", "rule", r->checks[i].rule, "result",
		    check_result_word(r->checks[i].result), "detail",
		    r->checks[i].detail));
	root = json_pack("{s:s, s:s?, s:s?, s:s, s:o}", "kind", r->kind,
	    "generation", r->generation[0] != '\0' ? r->generation : NULL,
	    "code", r->code[0] != '\0' ? r->code : NULL, "verdict",
	    verdict_word(report_verdict(r)), "checks", checks);
	if ((text = json_dumps(root, JSON_INDENT(2))) != NULL)
		buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(root);
}
