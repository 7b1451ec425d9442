#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ca/tsa_query.h"

/*
 * Whatever is read as a request for a time-stamp is written back to something
 * that reads as the same, and to the very same octets but for a certReq FALSE
 * that was written out (three octets); what is refused leaves nothing behind,
 * and has its PKIFailureInfo.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(int holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct tsa_query	 zero;
	struct tsa_query		 q, again;
	struct err			 e = ERR_INIT;
	struct buf			 b;

	if (tsa_query_read(OCTETS(p, n), &q, &e) != 0) {
		check(memcmp(&q, &zero, sizeof(q)) == 0);
		check(tsa_failure_of(&e) != TSA_SYSTEM_FAILURE);
		return 0;
	}
	check(q.nonce.len == 0 || tsa_nonce_is_good(q.nonce));
	buf_init(&b, LIMIT_TSA_QUERY);
	tsa_query_encode(&q, &b);
	check(buf_ok(&b));
	check(b.len == n ? memcmp(b.p, p, n) == 0 : b.len + 3 == n &&
	    !q.certificate);
	check(tsa_query_read(buf_octets(&b), &again, NULL) == 0);
	check(again.hash == q.hash && again.certificate == q.certificate &&
	    again.null_parameters == q.null_parameters &&
	    memcmp(again.imprint, q.imprint, TSA_IMPRINT_LEN) == 0 &&
	    octets_same(again.policy, q.policy) &&
	    octets_same(again.nonce, q.nonce));
	buf_fini(&b);
	return 0;
}
