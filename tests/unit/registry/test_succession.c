#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/crl.h"
#include "ca/csr.h"
#include "registry/found/bundle.h"
#include "registry/found/folder.h"
#include "registry/found/nation.h"
#include "registry/found/nation_open.h"
#include "registry/found/succession.h"

#define DAY	86400
#define NOW	INT64_C(1790000000)

/* A nation and the request of a province, at times of our own. */
static struct {
	char	 dir[64], nat[96];
	struct buf request;
	bool	 refuse;	/* what last() says */
} w;

static void
must(int rc, const struct err *e)
{
	if (rc != 0)
		fail_msg("%s [%s]", e->text, e->id);
}

static int
setup(void **state)
{
	const struct nation_spec spec = { .name = NATION_NAME, .now = NOW };
	const struct x509_name	 name = { "Province", "Seal Authority 44" };
	struct keyring		*kr = NULL;
	struct err		 e = ERR_INIT;

	(void)state;
	must(sm_init(&e), &e);
	strcpy(w.dir, "/tmp/test_succession.XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	(void)snprintf(w.nat, sizeof(w.nat), "%s/nation", w.dir);
	must(nation_found(w.nat, &spec, &e), &e);
	must(keyring_create(w.dir, &kr, &e), &e);
	must(keyring_make(kr, KEY_AUTHORITY, &e), &e);
	buf_init(&w.request, LIMIT_CSR);
	must(csr_make(kr, KEY_AUTHORITY, &name, &w.request, &e), &e);
	keyring_free(kr);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&w.request);
	folder_undo(w.dir);
	return 0;
}

static void
certify(int64_t now, struct bundle *b)
{
	struct err	 e = ERR_INIT;
	struct buf	 out;

	buf_init(&out, LIMIT_BUNDLE);
	bundle_init(b);
	must(nation_certify(w.nat, buf_octets(&w.request), NULL, now, &out,
	    &e), &e);
	must(bundle_parse(buf_octets(&out), b, &e), &e);
	buf_fini(&out);
}

static uint64_t
number_of(const struct buf *der)
{
	struct crl	*crl;
	struct err	 e = ERR_INIT;
	uint64_t	 n;

	must(crl_parse(buf_octets(der), &crl, &e), &e);
	n = crl_number(crl);
	crl_free(crl);
	return n;
}

/* The root's list is issued again: what is certified after years holds. */
static void
test_list_again(void **state)
{
	static const struct {
		int64_t		days;
		uint64_t	number;
	} t[] = { { 0, 1 }, { 29, 1 }, { 31, 2 }, { 31, 2 }, { 60, 2 },
	    { 400, 3 }, { 3000, 4 } };
	struct bundle	b;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		certify(NOW + t[i].days * DAY, &b);
		assert_int_equal(number_of(&b.roots.crl), t[i].number);
		assert_false(roots_have_other(&b.roots));
		bundle_fini(&b);
	}
}

static void
refused(int rc, const char *id, struct err *e)
{
	assert_int_not_equal(rc, 0);
	assert_string_equal(e->id, id);
	*e = (struct err)ERR_INIT;
}

/* Every step, its refusals, and which root counts after it. */
static void
test_steps(void **state)
{
	struct err	 e = ERR_INIT;
	struct bundle	 a, b, c;
	bool		 again, former;
	size_t		 n;

	(void)state;
	certify(NOW, &a);
	refused(succession_switch(w.nat, NOW, &e), "no-rollover", &e);
	refused(succession_cut(w.nat, true, NOW, &n, &e), "no-rollover", &e);
	must(succession_stage(w.nat, 0, NOW + 1, &again, &e), &e);
	assert_false(again);
	must(succession_stage(w.nat, 0, NOW + 2, &again, &e), &e);
	assert_true(again);
	refused(succession_cut(w.nat, true, NOW, &n, &e), "no-rollover", &e);
	certify(NOW + 3, &b);		/* by the one in use, the next beside */
	assert_memory_equal(a.roots.root.p, b.roots.root.p, a.roots.root.len);
	must(roots_check(&b.roots, NOW + 3, &former, &e), &e);
	assert_true(roots_have_other(&b.roots) && !former);
	must(succession_switch(w.nat, NOW + 4, &e), &e);
	refused(succession_stage(w.nat, 0, NOW + 5, &again, &e),
	    "rollover-open", &e);
	refused(succession_cut(w.nat, false, NOW + 5, &n, &e),
	    "province-behind", &e);
	certify(NOW + 6, &c);
	assert_memory_equal(b.roots.other.p, c.roots.root.p,
	    c.roots.root.len);
	must(roots_check(&c.roots, NOW + 6, &former, &e), &e);
	assert_true(former);
	must(succession_cut(w.nat, false, NOW + 7, &n, &e), &e);
	assert_int_equal(n, 2);
	refused(succession_cut(w.nat, false, NOW + 8, &n, &e), "no-rollover",
	    &e);
	must(succession_stage(w.nat, 400, NOW + 9, &again, &e), &e);
	assert_false(again);
	bundle_fini(&a);
	bundle_fini(&b);
	bundle_fini(&c);
}

/* Without a cut the former root's end is the end of its rollover. */
static void
test_end_of_former(void **state)
{
	const int64_t	 end = NOW + INT64_C(7306) * DAY;
	struct err	 e = ERR_INIT;
	bool		 again;

	(void)state;
	must(succession_stage(w.nat, 10000, NOW + DAY, &again, &e), &e);
	must(succession_switch(w.nat, NOW + DAY, &e), &e);
	refused(succession_stage(w.nat, 0, end - 3 * DAY, &again, &e),
	    "rollover-open", &e);
	must(succession_stage(w.nat, 0, end, &again, &e), &e);
}

static void
swap(struct buf *a, struct buf *b)
{
	struct buf	 t = *a;

	*a = *b;
	*b = t;
}

/* The papers of a switch, told backwards: each root has certified the other,
 * so that anybody can put them together so. */
static void
backwards(struct roots *r)
{

	swap(&r->root, &r->other);
	swap(&r->crl, &r->other_crl);
	swap(&r->new_with_old, &r->old_with_new);
}

/* What a province takes into its folder, and in which order. */
static void
test_take(void **state)
{
	struct err	 e = ERR_INIT;
	struct bundle	 a, b, c;
	char		*ca = xasprintf("%s/ca", w.dir);
	uint8_t		 told[SM3_LEN];
	bool		 again;

	(void)state;
	must(file_mkdir(ca, 0755, &e), &e);
	free(ca);
	certify(NOW, &a);
	must(roots_take(w.dir, &a.roots, NULL, NOW, &e), &e);
	must(roots_take(w.dir, &a.roots, NULL, NOW, &e), &e);
	certify(NOW + 40 * DAY, &b);
	must(roots_take(w.dir, &b.roots, NULL, NOW, &e), &e);
	refused(roots_take(w.dir, &a.roots, NULL, NOW, &e), "list-older", &e);
	must(succession_stage(w.nat, 0, NOW + 41 * DAY, &again, &e), &e);
	must(succession_switch(w.nat, NOW + 41 * DAY, &e), &e);
	certify(NOW + 42 * DAY, &c);
	must(roots_take(w.dir, &c.roots, NULL, NOW + 42 * DAY, &e), &e);
	refused(roots_take(w.dir, &b.roots, NULL, NOW + 42 * DAY, &e),
	    "root-unproven", &e);
	backwards(&c.roots);
	refused(roots_take(w.dir, &c.roots, NULL, NOW + 42 * DAY, &e),
	    "bad-roots", &e);
	backwards(&c.roots);
	must(roots_take(w.dir, &c.roots, NULL, NOW + 42 * DAY, &e), &e);
	memset(told, 1, sizeof(told));
	refused(roots_take(w.dir, &b.roots, told, NOW + 42 * DAY, &e),
	    "root-unproven", &e);
	sm3(b.roots.root.p, b.roots.root.len, told);
	must(roots_take(w.dir, &b.roots, told, NOW + 42 * DAY, &e), &e);
	/* Crossed the wrong way round, or with one's own. */
	buf_reset(&c.roots.new_with_old);
	buf_put_octets(&c.roots.new_with_old,
	    buf_octets(&c.roots.old_with_new));
	refused(roots_take(w.dir, &c.roots, NULL, NOW + 42 * DAY, &e),
	    "certificate-signature", &e);
	refused(roots_take(w.dir, &a.roots, NULL, NOW + 8000 * DAY, &e),
	    "bad-roots", &e);
	bundle_fini(&a);
	bundle_fini(&b);
	bundle_fini(&c);
}

/* The lock of the folder before is held, and it is not marked yet. */
static int
last(void *arg, const struct keyring *kr, const char *tmp, struct err *e)
{
	struct err	 busy = ERR_INIT;

	(void)arg;
	assert_non_null(kr);
	assert_false(file_there(w.nat, NATION_AFTER));
	assert_false(file_there(tmp, NATION_AFTER));
	assert_int_equal(succession_mark(w.nat, tmp, &busy), ERR_BUSY);
	assert_false(file_there(w.nat, NATION_AFTER));
	return w.refuse ? err_set_id(e, ERR_CONFLICT, "refused", "no") : 0;
}

/* When there is a folder that follows, the one before opens no more. */
static void
test_found(void **state)
{
	char			*dir = xasprintf("%s/next", w.dir);
	struct succession_spec	 s = { .from = w.nat, .now = NOW + DAY,
				    .pass = OCTETS("words", 5), .last = last };
	struct err		 e = ERR_INIT;
	struct nation		 n;

	(void)state;
	w.refuse = true;
	refused(succession_found(dir, &s, &e), "refused", &e);
	assert_false(file_there(w.dir, "next"));
	assert_false(file_there(w.nat, NATION_AFTER));
	w.refuse = false;
	must(succession_found(dir, &s, &e), &e);
	assert_true(file_there(w.nat, NATION_AFTER));
	assert_int_not_equal(nation_open(w.nat, &n, &e), 0);
	assert_string_equal(e.id, "nation-succeeded");
	must(succession_mark(w.nat, dir, &e), &e);	/* a second time */
	keyring_give_pass(s.pass);
	must(nation_open(dir, &n, &e), &e);
	assert_non_null(n.next);
	nation_close(&n);
	keyring_give_pass(OCTETS(NULL, 0));
	free(dir);
}

int
main(void)
{
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_list_again), T(test_steps), T(test_end_of_former),
		T(test_take), T(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
