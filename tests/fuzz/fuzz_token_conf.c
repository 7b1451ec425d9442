#include <stdlib.h>
#include <string.h>

#include "ca/token_conf.h"

/*
 * Property: any octets are read or refused with an id of configurations; what
 * was read names real slots, each once, and written out reads back the same.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check(const struct token_conf *tc)
{
	const struct token_key	*k = tc->keys.items;
	size_t			 i;

	must(tc->module[0] == '/' && tc->sign != 0 && tc->keys.n >= 1 &&
	    tc->keys.n <= LIMIT_TOKEN_KEYS);
	for (i = 0; i < tc->keys.n; i++)
		must(k[i].in != KEY_NONE && k[i].in != KEY_WRAPPING &&
		    k[i].made == (k[i].point[0] != '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct token_conf	*tc = NULL, *again = NULL;
	struct err		 e = ERR_INIT;
	struct buf		 a, b;

	must(sm_init(&e) == 0);
	buf_init(&a, LIMIT_CONF_FILE);
	buf_init(&b, LIMIT_CONF_FILE);
	if (token_conf_parse("t", OCTETS(p, n), &tc, &e) != 0) {
		must(tc == NULL && (strncmp(e.id, "config-", 7) == 0 ||
		    strcmp(e.id, "token-config") == 0 ||
		    e.code == ERR_TOOBIG));
		goto out;
	}
	check(tc);
	token_conf_format(tc, &a);
	must(token_conf_parse("t", buf_octets(&a), &again, &e) == 0);
	token_conf_format(again, &b);
	must(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
out:
	buf_fini(&b);
	buf_fini(&a);
	token_conf_free(again);
	token_conf_free(tc);
	return 0;
}
