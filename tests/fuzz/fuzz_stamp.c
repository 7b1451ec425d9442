#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "signing/signature.h"
#include "signing/stamp.h"

/*
 * A stamp that is read lies within its input, is what was signed from its
 * first octet to its last, prints nothing that a terminal obeys, and is read
 * the same with zeros behind it where they are allowed, and not otherwise.
 * Its reading has the five rows, and says "passed" of none where the format
 * failed.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
inside(struct octets in, struct octets o)
{

	must(o.len == 0 || (o.p >= in.p && o.p + o.len <= in.p + in.len));
}

static void
slices(struct octets in, const struct stamp *s)
{
	size_t	i;

	inside(in, s->whole);
	inside(s->whole, s->to_sign);
	inside(s->to_sign, s->seal.whole);
	inside(s->to_sign, s->time_info);
	inside(s->time_info, s->time_token);
	inside(s->to_sign, s->data_hash);
	inside(s->to_sign, s->property);
	inside(s->generation == SEAL_V1 ? s->to_sign : s->whole, s->cert);
	inside(s->generation == SEAL_V1 ? s->to_sign : s->whole, s->alg);
	inside(s->whole, s->signature);
	inside(s->whole, s->timestamp);
	must(s->whole.p == in.p && s->data_hash.len > 0);
	must(s->next <= LIMIT_SEAL_EXTENSIONS);
	for (i = 0; i < s->next; i++) {
		inside(s->to_sign, s->ext[i].oid);
		inside(s->to_sign, s->ext[i].value);
	}
	must(s->generation == s->seal.generation);
	must((s->signed_at == 0) || s->time_token.len == 0);
}

static void
printed(const struct stamp *s)
{
	struct buf	b;
	size_t		i;

	buf_init(&b, 1u << 23);
	stamp_print(s, &b);
	must(buf_ok(&b) && utf8_valid(b.p, b.len));
	for (i = 0; i < b.len; i++)
		must(b.p[i] >= 0x20 || b.p[i] == '\n');
	buf_fini(&b);
}

/* With three zeros behind, or two and a one. */
static void
padded(const uint8_t *p, size_t n, const struct stamp *s)
{
	uint8_t		*q = malloc(n + 3);
	struct stamp	*t = malloc(sizeof(*t));

	must(q != NULL && t != NULL);
	memcpy(q, p, n);
	memset(q + n, 0, 3);
	must(stamp_parse(OCTETS(q, n + 3), false, t, NULL) != 0);
	must(stamp_parse(OCTETS(q, n + 3), true, t, NULL) == 0);
	must(t->whole.len == s->whole.len && t->deviations ==
	    (s->deviations | STAMP_DEV_PADDING));
	q[n + 2] = 1;
	must(stamp_parse(OCTETS(q, n + 3), true, t, NULL) != 0);
	free(t);
	free(q);
}

static void
reading(struct octets in)
{
	static const char *const	rules[] = { "format",
		"seal_signature", "signer_in_seal", "stamp_signature",
		"time_stamp" };
	FileReading			*m = reading_new("stamp");
	StampReading			*s = reading_add_stamp(m, "x");
	struct signature		 sig;
	size_t				 i;

	signature_read(in, true, OCTETS(NULL, 0), s, &sig);
	must(s->n_checks == 5);
	for (i = 0; i < 5; i++) {
		must(strcmp(s->checks[i]->rule, rules[i]) == 0);
		/* What does not read passes nothing; octets behind a value
		 * that does are told, and it never is valid. */
		must(strcmp(s->checks[0]->result, READ_PASSED) == 0 ||
		    (strcmp(s->checks[0]->why, "octets-behind") == 0 &&
		    strcmp(s->checks[0]->result, READ_UNKNOWN) == 0) ||
		    strcmp(s->checks[i]->result, READ_PASSED) != 0);
		must(utf8_valid(s->checks[i]->detail,
		    strlen(s->checks[i]->detail)));
	}
	inside(in, sig.seal);
	must(s->time_stamp_at == 0 || s->time_stamp_certificate.len > 0);
	reading_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	struct stamp	*s = malloc(sizeof(*s));

	must(s != NULL && (ready || sm_init(NULL) == 0));
	ready = true;
	reading(OCTETS(p, n));
	if (stamp_parse(OCTETS(p, n), false, s, NULL) != 0) {
		must(s->whole.len == 0 && s->generation == SEAL_GEN_NONE);
	} else {
		slices(OCTETS(p, n), s);
		printed(s);
		padded(p, n, s);
		(void)!stamp_signer_in_seal(s, NULL);
		must(stamp_verify(s, NULL) != 0 || stamp_is_sm2(s));
	}
	free(s);
	return 0;
}
