#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "registry/judge/chains.h"
#include "registry/judge/memory.h"
#include "registry/judge/verify.h"
#include "schema/msg.pb-c.h"

/* What a run over many files remembers: it does not grow with them. */

#define FILES	20000
#define GROWN	(256u << 10)	/* octets: less than a name for each */

/*
 * Each file's certificates name a part of a list that there is not, and those
 * of the file before are not asked for again.
 */
static void
forgets_lists_that_there_are_not(void **state)
{
	struct memory	*m = memory_new(16);
	char		 url[64];
	size_t		 before, after;
	int		 i;

	(void)state;
	before = mallinfo2().uordblks;
	for (i = 0; i < FILES; i++) {
		memory_begin(m);
		/* Nobody listens there. */
		(void)snprintf(url, sizeof(url),
		    "http://127.0.0.1:1/ca/province-%d.crl", i);
		assert_int_equal(memory_list(m, url, 1000).len, 0);
	}
	after = mallinfo2().uordblks;
	assert_true(after < before + GROWN);
	memory_free(m);
}

/*
 * A file brings somebody's certificate, and with it others that name more parts
 * of lists than are looked up: its own is not, and it is not known whether it
 * was revoked.  The next file must not be told that it was not.
 */
#define STRANGERS	(LIMIT_VERIFY_PARTS + 1)

/* A file with the certificate, and so many strangers before it. */
static struct chains *
file_with(FileReading *m, StampReading *s, size_t strangers,
    const struct verify_ask *ask)
{
	static StampReading	*list[STRANGERS + 1];
	static uint8_t		 certs[STRANGERS + 1];
	size_t			 i;

	file_reading__init(m);
	for (i = 0; i <= strangers; i++) {
		stamp_reading__init(&s[i]);
		certs[i] = i == strangers ? 0xff : (uint8_t)i;
		s[i].signer_certificate = (ProtobufCBinaryData){ 1,
		    &certs[i] };
		s[i].signer_crl = i == strangers ? 1 : (uint32_t)i + 2;
		s[i].signed_at = 50;
		list[i] = &s[i];
	}
	m->stamps = list;
	m->n_stamps = strangers + 1;
	return chains_new(m, ask);
}

/* Everything is good, and no list was there. */
static void
answer(struct chains *c, ChainsChecked *all, ChainWord *word)
{
	static ChainWord	*words[STRANGERS + 1];
	static ChainAt		 at = CHAIN_AT__INIT, *both[] = { &at, &at };
	size_t			 i;

	at.no_crl = true;
	at.from = 0;
	at.until = 1000;
	chains_checked__init(all);
	for (i = 0; i < chains_count(c); i++) {
		chain_word__init(&word[i]);
		word[i].at = both;
		word[i].n_at = 2;	/* then, and now */
		words[i] = &word[i];
	}
	all->words = words;
	all->n_words = i;
	chains_set(c, all);
}

static void
keeps_nothing_that_a_crowd_made(void **state)
{
	static const struct {
		size_t	strangers;
		bool	left_out;	/* a list, for want of room */
		bool	known;		/* to the next file */
	} t[] = {
		{ 0, false, true }, { 1, false, true },
		{ LIMIT_VERIFY_PARTS - 1, false, true },
		{ LIMIT_VERIFY_PARTS, false, false },
		{ STRANGERS, false, false }, { 0, true, false },
	};
	struct trust		 trust = { .nprovinces = 0 };
	struct verify_ask	 ask = { .trust = &trust, .now = 100 };
	StampReading		 stamps[STRANGERS + 1];
	ChainWord		 words[STRANGERS + 1];
	ChainsChecked		 all;
	FileReading		 m;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct memory	*mem = memory_new(64);
		struct chains	*c;

		c = file_with(&m, stamps, t[i].strangers, &ask);
		if (t[i].left_out)
			chains_leave_out(c);
		assert_true(chains_crowded(c) == !t[i].known);
		answer(c, &all, words);
		assert_false(chains_wanted(c));
		memory_keep(mem, c);
		chains_free(c);

		c = file_with(&m, stamps, 0, &ask);
		memory_recall(mem, c);
		assert_true(chains_wanted(c) == !t[i].known);
		chains_free(c);
		memory_free(mem);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(forgets_lists_that_there_are_not),
		cmocka_unit_test(keeps_nothing_that_a_crowd_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
