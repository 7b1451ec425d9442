#ifndef TESTS_P11_SM2_H
#define TESTS_P11_SM2_H

#include <stdint.h>

/*
 * A small PKCS#11 token that has SM2, for tests.  Everything it knows lies in
 * one file, named by SEALREG_TEST_TOKEN and mapped by every process that loads
 * the module: it outlives them as a token does, and a test changes its mood
 * under a process that is confined already.
 *
 * tests/scenario/lib/pkcs11.py knows the first words of it by their offset.
 */

#define P11_MAGIC	0x53324d31u
#define P11_OBJECTS	32
#define P11_PIN		"12345678"
#define P11_TRIES	5

/* The vendor's numbers of this vendor. */
#define P11_CKM_SIGN	0x80000e01ul
#define P11_CKM_MAKE	0x80000e02ul
#define P11_CKK_SM2	0x80000e03ul

enum p11_mood {
	P11_GOOD = 0,
	P11_WRONG,		/* signs something else */
	P11_REMOVED,		/* the token is out of its reader */
	P11_OTHER,		/* signs with another key */
	P11_SLOW,		/* takes slow_ms to sign */
	P11_CRASH,		/* the module dies */
	P11_LOST,		/* every session is lost, once */
	P11_FULL,		/* has no room for keys */
	P11_SHORT,		/* gives too few octets */
	P11_DER			/* gives DER where r, s was asked for */
};

struct p11_object {
	uint32_t	class;		/* 0: free; else CKO_* + 1 */
	char		label[68];
	uint8_t		scalar[32];
	uint8_t		point[65];
	uint8_t		pad[3];
};

struct p11_file {
	uint32_t	magic;
	uint32_t	mood;		/* offset 4 */
	uint32_t	slow_ms;	/* 8 */
	uint32_t	tries;		/* 12: left before it locks */
	uint32_t	logins;		/* 16: how often C_Login was called */
	uint32_t	signs;		/* 20: signatures made */
	uint32_t	quiet;		/* 24: does not tell of wrong PINs */
	char		pin[36];
	struct p11_object objects[P11_OBJECTS];
};

#endif /* TESTS_P11_SM2_H */
