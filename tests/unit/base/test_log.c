#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What f() writes to standard error, NUL-terminated. */
static const char *
captured(void (*f)(void))
{
	static char	 text[4096];
	int		 saved, fds[2];
	ssize_t		 n;

	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(fds[1], STDERR_FILENO), -1);
	f();
	assert_int_not_equal(dup2(saved, STDERR_FILENO), -1);
	close(saved);
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void
assert_matches(const char *text, const char *pattern)
{
	regex_t	 re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&re, text, 0, NULL, 0) != 0)
		fail_msg("%s does not match %s", text, pattern);
	regfree(&re);
}

static void
say_event(void)
{

	log_notice("batch.commit", "events=%d ms=%d", 3, 2);
}

static void
say_forged(void)
{

	log_error("http.bad", "path=%s", "/x\n2026-11-21T10:00:00Z error y");
}

static void
say_below(void)
{

	log_info("a.b", "x=%d", 1);
	log_debug("a.b", "x=%d", 2);
}

static void
say_long(void)
{

	log_notice("a.b", "x=%3000d", 1);
}

static void
shape(void **state)
{

	(void)state;
	log_open("recorder", LOG_NOTICE);
	assert_matches(captured(say_event), "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"
	    "[0-9]{2}:[0-9]{2}:[0-9]{2}Z notice recorder\\[[0-9]+\\] "
	    "batch.commit events=3 ms=2\n$");
}

static void
threshold(void **state)
{

	(void)state;
	log_open("recorder", LOG_NOTICE);
	assert_string_equal(captured(say_below), "");
	log_open("recorder", LOG_INFO);
	assert_matches(captured(say_below), "^[^\n]* info [^\n]* x=1\n$");
	log_open("recorder", LOG_DEBUG);
	assert_matches(captured(say_below), " x=1\n[^\n]* debug [^\n]* x=2\n$");
}

static void
one_line_whatever_is_said(void **state)
{
	const char	*s;

	(void)state;
	log_open("http", LOG_NOTICE);
	s = captured(say_forged);
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
	s = captured(say_long);
	assert_true(strlen(s) <= 1024);
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
}

static void
say_mixed(void)
{

	log_warning("sync.hold", "peer=%s text=\"%s\" size=%d \"left over\"",
	    "33", "he said \"no\", \\ \xff后", 7);
}

static void
say_twice(void)
{

	log_notice("a.b", "x=1 y= x=2");
}

static void
say_bare(void)
{

	log_notice("a.b", "%s", "");
}

static void
json(void **state)
{

	(void)state;
	log_open("http", LOG_NOTICE);
	log_tune(LOG_NOTICE, LOG_JSON);
	assert_matches(captured(say_event), "^\\{\"time\":\"[^\"]*Z\","
	    "\"level\":\"notice\",\"process\":\"http\",\"pid\":[0-9]+,"
	    "\"event\":\"batch.commit\",\"fields\":\\{\"events\":\"3\","
	    "\"ms\":\"2\"\\}\\}\n$");
	assert_non_null(strstr(captured(say_mixed), "\"fields\":{\"peer\":"
	    "\"33\",\"text\":\"he said \\\"no\\\", \\\\ \xef\xbf\xbd后\","
	    "\"size\":\"7\"},\"message\":\"\\\"left over\\\"\"}\n"));
	assert_non_null(strstr(captured(say_twice), "\"fields\":{\"x\":\"1\","
	    "\"y\":\"\"},\"message\":\"x=2\"}\n"));
	assert_non_null(strstr(captured(say_bare), "\"fields\":{}}\n"));
	log_tune(LOG_NOTICE, LOG_TEXT);
	assert_matches(captured(say_bare), "\\] a.b\n$");
}

static void
words(void **state)
{
	unsigned	 word;

	(void)state;
	log_tune(LOG_DEBUG, LOG_JSON);
	word = log_word();
	log_tune(LOG_ERROR, LOG_TEXT);
	log_take_word(0);			/* no word: nothing happens */
	log_take_word(LOG_DEBUG | 9u << 8);
	assert_string_equal(captured(say_event), "");
	log_take_word(word);
	assert_matches(captured(say_event), "^\\{");
	log_tune(LOG_NOTICE, LOG_TEXT);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(shape),
		cmocka_unit_test(threshold),
		cmocka_unit_test(one_line_whatever_is_said),
		cmocka_unit_test(json),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
