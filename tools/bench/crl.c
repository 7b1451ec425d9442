#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "registry/config.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_ocsp.h"
#include "registry/rules.h"
#include "schema/msg.pb-c.h"
#include "store/store.h"
#include "sync/log.h"

/*
 * How long a province with a million revoked certificates takes to issue all
 * its revocation lists again, with the database, the key process's handler, and
 * the checks before they are stored; and how many OCSP answers are signed a
 * second.  Processes and their frames are left out.
 *
 * usage: crl [CERTIFICATES]
 */

#define T0	1795000000

static void
must(int rc, const struct err *e, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "crl: %s: %s [%s]\n", what, e->text, e->id);
	exit(1);
}

static int64_t
now(void)
{
	return T0;
}

static void
issue(struct keyring *kr, enum cert_profile profile, enum key_slot slot)
{
	struct cert_spec	 s = { .profile = profile };
	struct cert		*by = NULL;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];

	buf_init(&der, LIMIT_CERT);
	s.subject.organisation = "bench";
	s.subject.common_name = key_slot_name(slot);
	s.not_before = T0 - 1000;
	s.point = point;
	if (profile != CERT_ROOT) {
		s.crl_url = "http://127.0.0.1:18440/ca/province.crl";
		must(cert_parse(keyring_certificate(kr, KEY_AUTHORITY), &by,
		    &e), &e, "authority");
	}
	must(keyring_make(kr, slot, &e), &e, "key");
	must(keyring_point(kr, slot, point, &e), &e, "point");
	must(cert_issue(&s, by, kr, KEY_AUTHORITY, &der, &e), &e, "issue");
	must(keyring_set_certificate(kr, slot, buf_octets(&der), &e), &e,
	    "certificate");
	cert_free(by);
	buf_fini(&der);
}

/* Revoked certificates of one filed case each; the office's own statements. */
static void
fill(struct store *st, int64_t n)
{
	uint8_t		 serial[16] = { 0x40 };
	char		 code[32];
	struct err	 e = ERR_INIT;
	int64_t		 i, id;

	must(store_begin(st, &e), &e, "begin");
	for (i = 1; i <= n; i++) {
		const struct val	put[] = { val_int(1), val_int(9),
			    val_text("bench"), val_text("9"),
			    val_text("440106"), val_int(2), val_text("bench"),
			    val_text(""), val_null(), val_int(T0), val_null() };
		struct query		*q = NULL;
		bool			 row;

		sm_random(serial + 1, 15);
		snprintf(code, sizeof(code), "440106%08lld", (long long)i);
		must(store_query(st, STMT_OFFICE_CASE_PUT, put, 11, &q, &e),
		    &e, "case");
		must(query_next(q, &row, &e), &e, "case");
		id = query_int(q, 0);
		query_done(q);
		const struct val	certify[] = { val_int(id), val_int(9),
			    val_int(9), val_int(T0), val_text(code),
			    val_blob(OCTETS(serial, 16)), val_int(T0),
			    val_int(T0 + 100000000), val_null(), val_null() };
		const struct val	intent[] = {
			    val_blob(OCTETS(serial, 16)), val_int(id),
			    val_int(T0), val_int(T0 + 100000000),
			    val_int(CRL_PART) };
		const struct val	revoke[] = { val_text(code),
			    val_int(T0 - 5), val_int(9) };
		must(store_run(st, STMT_OFFICE_CASE_CERTIFY, certify, 10,
		    NULL, &e), &e, "certify");
		must(store_run(st, STMT_OFFICE_CERT_INTENT, intent, 5, NULL,
		    &e), &e, "intent");
		must(store_run(st, STMT_OFFICE_CERT_REVOKE, revoke, 3, NULL,
		    &e), &e, "revoke");
	}
	must(store_commit(st, &e), &e, "commit");
}

/* One list, as the recorder and the key process make it. */
static bool
one(struct office *of, const struct keyring *kr, size_t *largest,
    size_t *entries)
{
	struct IssueCrl		*ask;
	ProtobufCMessage	*m = NULL;
	const IssuedCrl		*c;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	int64_t			 change;
	unsigned		 shard;
	bool			 due;

	must(office_crl_due(of, 0, &due, &shard, &e), &e, "due");
	if (!due)
		return false;
	must(office_crl_ask(of, shard, &ask, &change, &e), &e, "ask");
	buf_init(&in, LIMIT_MSG_BODY);
	buf_init(&out, LIMIT_MSG_BODY);
	msg_put((const ProtobufCMessage *)ask, &in);
	must(sign_issue_crl(kr, buf_octets(&in), &out, &e), &e, "sign");
	must(msg_unpack(&issued_crl__descriptor, buf_octets(&out), &m, &e),
	    &e, "reply");
	c = (const IssuedCrl *)m;
	if (c->crl.len > *largest)
		*largest = c->crl.len;
	*entries += ask->n_revoked;
	must(store_begin(of->st, &e), &e, "begin");
	must(office_crl_put(of, ask, change, OCTETS(c->crl.data, c->crl.len),
	    &e), &e, "put");
	must(store_commit(of->st, &e), &e, "commit");
	protobuf_c_message_free_unpacked(m, NULL);
	crl_ask_free(ask);
	buf_fini(&out);
	buf_fini(&in);
	return true;
}

static void
lists(struct office *of, const struct keyring *kr, const char *what)
{
	size_t	largest = 0, entries = 0, n = 0;
	int64_t	t = tm_mono_us();
	clock_t	c = clock();

	while (one(of, kr, &largest, &entries))
		n++;
	printf("%s: %zu lists, %zu entries, largest %zu octets: %.2f s, "
	    "%.2f s of processor\n", what, n, entries, largest,
	    (double)(tm_mono_us() - t) / 1e6,
	    (double)(clock() - c) / CLOCKS_PER_SEC);
}

static void
answers(const struct keyring *kr)
{
	OcspStatus	 st[LIMIT_OCSP_BATCH], *all[LIMIT_OCSP_BATCH];
	SignOcsp	 ask = SIGN_OCSP__INIT;
	struct buf	 in, out;
	struct err	 e = ERR_INIT;
	uint8_t		 serial[LIMIT_OCSP_BATCH][16];
	int64_t		 t;
	size_t		 i, n;

	for (i = 0; i < LIMIT_OCSP_BATCH; i++) {
		sm_random(serial[i], 16);
		serial[i][0] = 0x41;
		ocsp_status__init(&st[i]);
		st[i].serial.data = serial[i];
		st[i].serial.len = 16;
		all[i] = &st[i];
	}
	ask.this_update = T0;
	ask.next_update = T0 + 1000;
	ask.status = all;
	ask.n_status = LIMIT_OCSP_BATCH;
	buf_init(&in, LIMIT_MSG_BODY);
	msg_put(&ask.base, &in);
	t = tm_mono_us();
	for (n = 0; tm_mono_us() - t < 3000000; n += LIMIT_OCSP_BATCH) {
		buf_init(&out, LIMIT_MSG_BODY);
		must(sign_ocsp(kr, buf_octets(&in), &out, &e), &e, "OCSP");
		buf_fini(&out);
	}
	printf("OCSP answers signed: %.0f a second\n", (double)n /
	    ((double)(tm_mono_us() - t) / 1e6));
	buf_fini(&in);
}

int
main(int argc, char **argv)
{
	char			 dir[] = "/tmp/sealreg-bench-crl.XXXXXX";
	char			*db;
	struct config		 cf;
	struct office		 of = { .cf = &cf, .lg = NULL, .now = now };
	struct keyring		*kr = NULL;
	struct err		 e = ERR_INIT;
	const struct val	 account[] = { val_text("bench"), val_text(""),
				    val_blob(OCTETS("x", 1)),
				    val_blob(OCTETS("x", 1)), val_int(T0) };
	struct store_spec	 spec = { .mode = STORE_CREATE,
				    .kind = STORE_PROVINCE,
				    .may = office_statements };
	int64_t			 n = argc > 1 ? atoll(argv[1]) : 1000000;

	memset(&cf, 0, sizeof(cf));
	cf.crl_days = 7;
	if (mkdtemp(dir) == NULL)
		return 1;
	db = xasprintf("%s/province.db", dir);
	spec.path = db;
	must(sm_init(&e), &e, "init");
	must(keyring_create(dir, &kr, &e), &e, "keys");
	issue(kr, CERT_ROOT, KEY_AUTHORITY);
	issue(kr, CERT_MAKER, KEY_MAKER);
	must(store_open(&spec, &of.st, &e), &e, "store");
	must(log_new(of.st, &registry_rules, &of.lg, &e), &e, "log");
	must(store_begin(of.st, &e), &e, "begin");
	must(store_run(of.st, STMT_OFFICE_ACCOUNT_PUT, account, 5, NULL, &e),
	    &e, "account");
	must(store_run(of.st, STMT_OFFICE_CRL_COUNT, NULL, 0, NULL, &e), &e,
	    "count");
	must(store_commit(of.st, &e), &e, "commit");
	fill(of.st, n);
	lists(&of, kr, "first");
	must(store_begin(of.st, &e), &e, "begin");
	must(office_crl_skip(&of, 1, &e), &e, "skip");
	must(store_commit(of.st, &e), &e, "commit");
	lists(&of, kr, "issued again");
	answers(kr);
	log_free(of.lg);
	store_close(of.st);
	keyring_free(kr);
	free(db);
	printf("in %s\n", dir);
	return 0;
}
