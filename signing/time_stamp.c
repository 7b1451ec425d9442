#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "ca/crl.h"
#include "signing/time_stamp.h"

static const char	rule[] = "time_stamp";

void
time_stamp_none(StampReading *s)
{
	reading_stamp_check(s, rule, READ_NOT_APPLICABLE, "no time-stamp");
}

/* What leaves the standards, in the words of SignedData. */
static void
add_deviations(const struct tst *t, StampReading *s)
{
	const char	*word;
	size_t		 i;

	for (i = 0; (word = tst_deviation(t, i)) != NULL; i++)
		reading_line(&s->deviations, &s->n_deviations, "%s", word);
}

static void
keep(const struct tst *t, StampReading *s)
{
	size_t	i;

	add_deviations(t, s);
	s->time_stamp_at = t->time;
	reading_octets(&s->time_stamp_certificate, t->cert);
	s->time_stamp_crl = crl_part_of_cert(t->cert);
	for (i = 0; i < t->cms.ncerts; i++)
		if (t->cms.certs[i].p != t->cert.p)
			reading_add_octets(&s->time_stamp_certificates,
			    &s->n_time_stamp_certificates, t->cms.certs[i]);
}

void
time_stamp_over(struct octets token, struct octets what, const char *name,
    StampReading *s)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 why = ERR_INIT;

	if (tst_check(token, what, t, &why) != 0) {
		reading_stamp_check(s, rule, tst_is_bad(&why) ? READ_FAILED :
		    READ_UNKNOWN, "%s", why.text);
	} else {
		reading_stamp_check(s, rule, READ_PASSED, "over %s", name);
		keep(t, s);
	}
	free(t);
}

void
time_stamp_alone(struct octets token, StampReading *s)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 why = ERR_INIT;
	char		 says[TM_RFC3339_SIZE];

	if (tst_parse(token, t, &why) != 0 || tst_verify(t, &why) != 0) {
		reading_stamp_check(s, rule, tst_is_bad(&why) ? READ_FAILED :
		    READ_UNKNOWN, "%s", why.text);
	} else {
		tm_rfc3339(t->time, says);
		reading_stamp_check(s, rule, READ_UNKNOWN, "it holds, and "
		    "says %s; the document that it is over is not at hand",
		    says);
		add_deviations(t, s);
	}
	free(t);
}

void
time_stamp_of_time_info(struct octets token, struct octets data_hash,
    StampReading *s)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 why = ERR_INIT;

	if (tst_parse(token, t, &why) != 0 || tst_verify(t, &why) != 0) {
		reading_stamp_check(s, rule, tst_is_bad(&why) ? READ_FAILED :
		    READ_UNKNOWN, "%s", why.text);
	} else if (tst_covers(t, data_hash, &why) == 0 ||
	    (cms_is_sm3(t->imprint_alg) && t->imprint.len == data_hash.len &&
	    mem_equal(t->imprint.p, data_hash.p, data_hash.len))) {
		reading_stamp_check(s, rule, READ_NOT_APPLICABLE, "timeInfo "
		    "is a token over dataHash, made before the signature: "
		    "it is the time that the signer says");
		s->signed_at = t->time;
	} else
		reading_stamp_check(s, rule, READ_UNKNOWN, "timeInfo is a "
		    "token over something that the stamp does not hold");
	free(t);
}

static unsigned
badness(const char *result)
{
	static const char *const	order[] = { READ_NOT_APPLICABLE,
					    READ_PASSED, READ_UNKNOWN,
					    READ_FAILED };
	unsigned			i;

	for (i = 0; i < 3; i++)
		if (strcmp(order[i], result) == 0)
			break;
	return i;
}

void
time_stamp_with_seal(const SealReading *seal, StampReading *s)
{
	const Check	*of_seal = NULL;
	Check		*c = NULL;
	size_t		 i;

	for (i = 0; i < seal->n_checks; i++)
		if (strcmp(seal->checks[i]->rule, rule) == 0)
			of_seal = seal->checks[i];
	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0)
			c = s->checks[i];
	if (of_seal == NULL || c == NULL ||
	    badness(of_seal->result) <= badness(c->result))
		return;
	free(c->result);
	free(c->detail);
	c->result = xstrdup(of_seal->result);
	c->detail = xasprintf("of the seal: %s", of_seal->detail);
}
