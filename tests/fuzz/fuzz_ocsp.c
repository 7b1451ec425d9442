#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ca/ocsp.h"

/*
 * Properties: what is plain also reads, as one question about that serial of
 * that issuer, and is written again to the very same octets; a request that is
 * accepted asks about 1 to LIMIT_OCSP_IDS certificates with serials without
 * zeros in front; an answer that is accepted holds what it signs within the
 * input, and speaks of one serial alone.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* An issuer that is nobody: its digests are the seeds'. */
static void
nobody(struct ocsp_issuer *is)
{
	memset(is->name, 0x11, sizeof(is->name));
	memset(is->key, 0x22, sizeof(is->key));
}

static void
check_serial(const uint8_t *serial, size_t len)
{
	must(len >= 1 && len <= CERT_SERIAL_MAX + 1);
	must(len == 1 || serial[0] != 0);
}

static void
try_request(struct octets in)
{
	struct ocsp_issuer	 is;
	struct ocsp_request	 rq;
	struct octets		 serial;
	struct buf		 again;
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;
	bool			 plain;

	nobody(&is);
	plain = ocsp_is_plain(&is, in, &serial);
	rc = ocsp_request_read(in, &rq, &e);
	if (rc != 0) {
		must(rc == ERR_FORMAT && !plain);
		must(strcmp(e.id, "bad-ocsp-request") == 0);
		return;
	}
	must(rq.nids >= 1 && rq.nids <= LIMIT_OCSP_IDS);
	for (i = 0; i < rq.nids; i++)
		check_serial(rq.ids[i].serial, rq.ids[i].seriallen);
	if (!plain)
		return;
	must(rq.nids == 1 && !rq.nonce && ocsp_issuer_is(&is, &rq.ids[0]));
	must(rq.ids[0].seriallen == serial.len &&
	    memcmp(rq.ids[0].serial, serial.p, serial.len) == 0);
	buf_init(&again, LIMIT_OCSP_REQUEST);
	ocsp_put_plain(&is, rq.ids[0].hash, serial, &again);
	must(again.len == in.len && memcmp(again.p, in.p, in.len) == 0);
	buf_fini(&again);
}

static void
try_answer(struct octets in)
{
	struct ocsp_answer	 a;
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;

	if ((rc = ocsp_answer_read(in, &a, &e)) != 0) {
		must(rc == ERR_FORMAT);
		must(strcmp(e.id, "bad-ocsp-answer") == 0);
		return;
	}
	must(a.nids >= 1 && a.nids <= OCSP_HASHES);
	for (i = 0; i < a.nids; i++)
		must(a.ids[i].seriallen == a.status.seriallen &&
		    memcmp(a.ids[i].serial, a.status.serial,
		    a.status.seriallen) == 0);
	check_serial(a.status.serial, a.status.seriallen);
	must(a.frame.tbs.p >= in.p &&
	    a.frame.tbs.p + a.frame.tbs.len <= in.p + in.len);
	must(a.frame.sig.p >= in.p &&
	    a.frame.sig.p + a.frame.sig.len <= in.p + in.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	try_request(OCTETS(p, n));
	try_answer(OCTETS(p, n));
	return 0;
}
