#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/sm.h"
#include "signing/signature.h"

/*
 * Real stamps made by others.  They are no part of the project: where the
 * folder is absent ($CORPUS, or ../shared/corpus) each test is skipped by
 * name.
 */

static const struct {
	const char	*file;		/* of the folder stamp */
	const char	*original;	/* what dataHash covers, or NULL */
	const char	*generation;
	const char	*deviations;	/* of the stamp, in a row */
	const char	*of_seal;	/* of the seal in it */
	int64_t		 signed_at;
} stamps[] = {
	{ "SignedValueV4.dat", NULL, "V4", "", "", 0 },
	{ "SignedValueV5.dat", NULL, "V5", "", "", 1777020806 },
	{ "zhejiang-tax/SignedValue.dat", "zhejiang-tax/Signature.xml", "V4",
	    "null-parameters ", "default-false-written null-parameters ",
	    1595509747 },
	{ "zhejiang-invoice-platform/SignedValue.dat",
	    "zhejiang-invoice-platform/Signature.xml", "V4",
	    "null-parameters ", "null-parameters ", 0 },
};

static void
load(const char *file, uint8_t **p, size_t *n)
{
	const char	*root = getenv("CORPUS");
	struct err	 e = ERR_INIT;
	char		 path[512];

	(void)snprintf(path, sizeof(path), "%s/stamp/%s",
	    root != NULL ? root : "../shared/corpus", file);
	if (access(path, R_OK) != 0) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	if (file_read(path, LIMIT_SIGNATURE, p, n, &e) != 0)
		fail_msg("%s", e.text);
}

static void
check(const StampReading *s, const char *rule, const char *result)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0) {
			if (strcmp(s->checks[i]->result, result) != 0)
				fail_msg("%s: %s, %s", rule,
				    s->checks[i]->result,
				    s->checks[i]->detail);
			return;
		}
	fail_msg("no row %s", rule);
}

static void
same_words(char **list, size_t n, const char *want)
{
	char	row[512] = "";
	size_t	i;

	for (i = 0; i < n; i++) {
		assert_true(strlen(row) + strlen(list[i]) < sizeof(row) - 2);
		strcat(strcat(row, list[i]), " ");
	}
	assert_string_equal(row, want);
}

static void
read_one(size_t i)
{
	struct signature	 sig;
	FileReading		*m;
	StampReading		*s;
	uint8_t			*p = NULL, *q = NULL, hash[SM3_LEN];
	size_t			 n = 0, k = 0;

	load(stamps[i].file, &p, &n);	/* or it skips, and frees nothing */
	m = reading_new("stamp");
	s = reading_add_stamp(m, "");
	signature_read(OCTETS(p, n), false, OCTETS(NULL, 0), s, &sig);
	check(s, "format", "passed");
	check(s, "seal_signature", "passed");
	check(s, "signer_in_seal", "passed");
	check(s, "stamp_signature", "passed");
	check(s, "time_stamp", "not_applicable");
	assert_string_equal(s->form, "ses");
	assert_string_equal(s->generation, stamps[i].generation);
	same_words(s->deviations, s->n_deviations, stamps[i].deviations);
	same_words(s->seal->deviations, s->seal->n_deviations,
	    stamps[i].of_seal);
	if (stamps[i].signed_at != 0)
		assert_int_equal(s->signed_at, stamps[i].signed_at);
	assert_true(s->signed_at > 1500000000);
	assert_true(strlen(s->text) > 200 && strlen(s->signer) > 0);
	assert_true(sig.has_hash);
	assert_string_equal(s->property, "/Doc_0/Signs/Sign_0/Signature.xml");
	if (stamps[i].original != NULL) {
		load(stamps[i].original, &q, &k);
		sm3(q, k, hash);
		assert_memory_equal(hash, sig.hash, SM3_LEN);
	}
	reading_free(m);

	/* A bit of the document's digest flipped: the stamp does not hold. */
	m = reading_new("stamp");
	s = reading_add_stamp(m, "");
	/* From behind: the digest may be all zero, as the octet before. */
	for (k = n - SM3_LEN; k > 0; k--)
		if (memcmp(p + k, sig.hash, SM3_LEN) == 0)
			break;
	assert_true(k > 0);
	p[k] ^= 1;
	signature_read(OCTETS(p, n), false, OCTETS(NULL, 0), s, &sig);
	check(s, "format", "passed");
	check(s, "seal_signature", "passed");
	check(s, "stamp_signature", "failed");
	reading_free(m);
	free(p);
	free(q);
}

static void v4(void **state) { (void)state; read_one(0); }
static void v5(void **state) { (void)state; read_one(1); }
static void zhejiang_tax(void **state) { (void)state; read_one(2); }
static void zhejiang_invoice(void **state) { (void)state; read_one(3); }

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(v4),
		cmocka_unit_test(v5),
		cmocka_unit_test(zhejiang_tax),
		cmocka_unit_test(zhejiang_invoice),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
