#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tm.h"
#include "registry/judge/proof.h"
#include "sync/trust.h"

/*
 * Verify random answers of a node while others load it:
 *
 *	prove URL TRUST PREFIX SEALS RATE SECONDS
 *
 * asks RATE times a second about a code, one in ten absent, and checks the
 * whole proof.  Prints "N answers verified"; the first that does not hold, or
 * has another verdict than it must have, is an exit status of 1.
 */

static int
prove(const char *url, const struct trust *t, const char *code, bool there,
    struct err *e)
{
	struct proof_ask	 ask = { .code = code, .now = tm_now() };
	struct proof		*p = NULL;
	int			 rc;

	if ((rc = proof_ask_node(url, t, &ask, &p, NULL, e)) != 0)
		return rc;
	if (!p->proven || p->verdict != (there ? VERDICT_VALID :
	    VERDICT_NOT_FILED))
		rc = err_set(e, ERR_VERIFY, "%s is %s", code,
		    verdict_word(p->verdict));
	proof_free(p);
	return rc;
}

int
main(int argc, char **argv)
{
	struct trust	*t = NULL;
	struct err	 e = ERR_INIT;
	uint8_t		*text = NULL;
	size_t		 len;
	char		 code[32];
	unsigned	 n = 0, seals, i;
	int64_t		 begun, end;
	double		 rate;
	bool		 there;
	int		 rc;

	if (argc != 7) {
		fprintf(stderr, "usage: prove URL TRUST PREFIX SEALS RATE "
		    "SECONDS\n");
		return 2;
	}
	seals = (unsigned)strtoul(argv[4], NULL, 10);
	rate = strtod(argv[5], NULL);
	if ((rc = sm_init(&e)) != 0 ||
	    (rc = file_read(argv[2], LIMIT_NOTE, &text, &len, &e)) != 0 ||
	    (rc = trust_parse(OCTETS(text, len), NULL, &t, &e)) != 0)
		goto out;
	begun = tm_mono_ms();
	end = begun + 1000 * strtol(argv[6], NULL, 10);
	while (tm_mono_ms() < end) {
		if ((double)(tm_mono_ms() - begun) * rate / 1000 < n) {
			(void)usleep(1000);
			continue;
		}
		sm_random(&i, sizeof(i));
		there = n % 10 != 0;
		snprintf(code, sizeof(code), "%s%08u", argv[3],
		    i % seals + 1 + (there ? 0 : 50000000));
		if ((rc = prove(argv[1], t, code, there, &e)) != 0)
			goto out;
		n++;
	}
	printf("%u answers verified\n", n);
out:
	if (rc != 0)
		fprintf(stderr, "prove: %s [%s]\n", e.text, e.id);
	trust_free(t);
	free(text);
	return rc == 0 ? 0 : 1;
}
