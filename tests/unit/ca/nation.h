#ifndef TESTS_UNIT_CA_NATION_H
#define TESTS_UNIT_CA_NATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"

/*
 * A nation to test with: a root, an authority, a maker and a signer, with
 * keys made anew for every run.
 */

#define T0	1790000000	/* when everything was issued */
#define YEAR	31557600
#define CREDIT	"91440101MA59ABCD1X"

struct nation {
	char		 dir[2][64];
	struct keyring	*state, *kr;	/* of the nation, of the province */
	struct cert	*root, *authority, *maker, *signer;
	uint8_t		 signer_point[SM2_POINT_LEN];
	struct buf	 wrapped;
};

static void __attribute__((unused))
nation_remove(const char *path)
{
	struct dirent	*de;
	DIR		*d;
	char		*sub;

	if ((d = opendir(path)) != NULL) {
		while ((de = readdir(d)) != NULL) {
			if (strcmp(de->d_name, ".") == 0 ||
			    strcmp(de->d_name, "..") == 0)
				continue;
			sub = xasprintf("%s/%s", path, de->d_name);
			nation_remove(sub);
			free(sub);
		}
		closedir(d);
	}
	(void)remove(path);
}

static struct cert * __attribute__((unused))
nation_issue(const struct cert_spec *spec, const struct cert *issuer,
    const struct keyring *kr, enum key_slot slot)
{
	struct cert	*c = NULL;
	struct buf	 der;
	struct err	 e = ERR_INIT;

	buf_init(&der, LIMIT_CERT);
	if (cert_issue(spec, issuer, kr, slot, &der, &e) != 0 ||
	    cert_parse(buf_octets(&der), &c, &e) != 0)
		fail_msg("issue: %s", e.text);
	buf_fini(&der);
	return c;
}

/* A spec with what most cases want. */
static struct cert_spec __attribute__((unused))
nation_spec(enum cert_profile profile, const char *cn, const uint8_t *point)
{
	struct cert_spec	 s;

	memset(&s, 0, sizeof(s));
	s.profile = profile;
	s.subject.organisation = "44.sealreg.example/log";
	s.subject.common_name = cn;
	s.not_before = T0;
	s.point = point;
	if (profile != CERT_ROOT) {
		s.crl_url = "http://127.0.0.1:18440/ca/province.crl";
		s.ca_url = "http://127.0.0.1:18440/ca/province.crt";
	}
	return s;
}

static void __attribute__((unused))
nation_init(struct nation *n)
{
	struct cert_spec	 s;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];

	memset(n, 0, sizeof(*n));
	strcpy(n->dir[0], "/tmp/test_ca.XXXXXX");
	strcpy(n->dir[1], "/tmp/test_ca.XXXXXX");
	buf_init(&n->wrapped, 512);
	assert_non_null(mkdtemp(n->dir[0]));
	assert_non_null(mkdtemp(n->dir[1]));
	assert_int_equal(sm_init(&e), 0);
	assert_int_equal(keyring_create(n->dir[0], &n->state, &e), 0);
	assert_int_equal(keyring_make(n->state, KEY_ROOT, &e), 0);
	assert_int_equal(keyring_create(n->dir[1], &n->kr, &e), 0);
	assert_int_equal(keyring_make(n->kr, KEY_AUTHORITY, &e), 0);
	assert_int_equal(keyring_make(n->kr, KEY_MAKER, &e), 0);
	assert_int_equal(keyring_make(n->kr, KEY_WRAPPING, &e), 0);

	assert_int_equal(keyring_point(n->state, KEY_ROOT, point, &e), 0);
	s = nation_spec(CERT_ROOT, "National Seal Root", point);
	n->root = nation_issue(&s, NULL, n->state, KEY_ROOT);
	assert_int_equal(keyring_point(n->kr, KEY_AUTHORITY, point, &e), 0);
	s = nation_spec(CERT_AUTHORITY, "Seal Authority 44", point);
	n->authority = nation_issue(&s, n->root, n->state, KEY_ROOT);
	assert_int_equal(keyring_point(n->kr, KEY_MAKER, point, &e), 0);
	s = nation_spec(CERT_MAKER, "Seal Maker 44", point);
	n->maker = nation_issue(&s, n->authority, n->kr, KEY_AUTHORITY);
	assert_int_equal(key_make_wrapped(n->kr, n->signer_point, &n->wrapped,
	    &e), 0);
	s = nation_spec(CERT_SIGNER, "44010600000001", n->signer_point);
	s.subject.organisation = "广州示例科技有限公司";
	s.credit_code = CREDIT;
	s.not_after = T0 + YEAR;
	n->signer = nation_issue(&s, n->authority, n->kr, KEY_AUTHORITY);
	assert_int_equal(keyring_set_certificate(n->kr, KEY_AUTHORITY,
	    cert_der(n->authority), &e), 0);
	assert_int_equal(keyring_set_certificate(n->kr, KEY_MAKER,
	    cert_der(n->maker), &e), 0);
}

static void __attribute__((unused))
nation_fini(struct nation *n)
{
	cert_free(n->signer);
	cert_free(n->maker);
	cert_free(n->authority);
	cert_free(n->root);
	keyring_free(n->kr);
	keyring_free(n->state);
	buf_fini(&n->wrapped);
	nation_remove(n->dir[0]);
	nation_remove(n->dir[1]);
}

#endif /* TESTS_UNIT_CA_NATION_H */
