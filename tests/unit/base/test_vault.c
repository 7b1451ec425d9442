#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vault.h"

#define HEAD	(16 + 1 + 16 + 16)	/* docs/operations.md */

static const struct octets pass = { (const uint8_t *)"correct horse", 13 };

/* A stream of n octets in an unlinked file. */
static int
stream(size_t n)
{
	char		 name[] = "/tmp/test_vault.XXXXXX";
	struct err	 e = ERR_INIT;
	struct vault	*v = NULL;
	uint8_t		*p = xmalloc(n + 1);
	size_t		 i;
	int		 fd = mkstemp(name);

	assert_int_not_equal(fd, -1);
	assert_int_equal(unlink(name), 0);
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(vault_create(fd, pass, &v, &e), 0);
	assert_int_equal(vault_put(v, p, n / 3, &e), 0);
	assert_int_equal(vault_put(v, p + n / 3, n - n / 3, &e), 0);
	assert_int_equal(vault_end(v, &e), 0);
	vault_free(v);
	free(p);
	return fd;
}

/* Read it back: the id of the refusal, or "". */
static const char *
reads(int fd, size_t n, struct octets with)
{
	static struct err	 e;
	struct vault		*v = NULL;
	uint8_t			*p = xmalloc(n + 1);
	size_t			 i;

	e = (struct err)ERR_INIT;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	if (vault_open(fd, with, &v, &e) == 0 &&
	    vault_get(v, p, n, &e) == 0 && vault_done(v, &e) == 0)
		for (i = 0; i < n; i++)
			assert_int_equal(p[i], (uint8_t)(i * 7 + i / 251));
	vault_free(v);
	free(p);
	return e.id;
}

static void
flip(int fd, off_t at)
{
	uint8_t	c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x10;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
}

static void
test_round(void **state)
{
	static const size_t	sizes[] = { 0, 1, 65535, 65536, 65537,
				    131072, 200001 };
	size_t			i;
	int			fd;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = stream(sizes[i]);
		assert_string_equal(reads(fd, sizes[i], pass), "");
		/* Less and more than it holds. */
		assert_string_equal(reads(fd, sizes[i] + 1, pass),
		    "vault-truncated");
		if (sizes[i] > 0)
			assert_string_equal(reads(fd, sizes[i] - 1, pass),
			    "vault-altered");
		close(fd);
	}
}

static void
test_wrong_passphrase(void **state)
{
	int	fd = stream(1000);

	(void)state;
	assert_string_equal(reads(fd, 1000, OCTETS("correct hors", 12)),
	    "vault-passphrase");
	assert_string_equal(reads(fd, 1000, OCTETS("", 0)),
	    "vault-passphrase");
	close(fd);
}

/* Cut anywhere, it is refused. */
static void
test_truncated(void **state)
{
	static const off_t	at[] = { 16, 17, HEAD - 1, HEAD, HEAD + 3,
				    HEAD + 4, HEAD + 4 + 65536 + 15,
				    HEAD + 4 + 65536 + 16 };
	size_t			i;
	int			fd;

	(void)state;
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		fd = stream(70000);
		assert_int_equal(ftruncate(fd, at[i]), 0);
		assert_string_equal(reads(fd, 70000, pass),
		    "vault-truncated");
		close(fd);
	}
	fd = stream(70000);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_string_equal(reads(fd, 70000, pass), "vault-format");
	close(fd);
}

static void
test_altered(void **state)
{
	static const struct {
		off_t		 at;
		const char	*id;
	} cases[] = {
		{ 0, "vault-format" },
		{ 16, "vault-format" },			/* cost */
		{ 17, "vault-passphrase" },		/* salt */
		{ HEAD - 1, "vault-passphrase" },	/* check tag */
		{ HEAD, "vault-altered" },		/* length word */
		{ HEAD + 3, "vault-altered" },
		{ HEAD + 4, "vault-altered" },		/* ciphertext */
		{ HEAD + 4 + 65535, "vault-altered" },
		{ HEAD + 4 + 65536, "vault-altered" },	/* tag */
		{ HEAD + 4 + 65536 + 16 + 4, "vault-altered" }
	};
	char	more = 'x';
	size_t	i;
	int	fd = stream(70000);

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flip(fd, cases[i].at);
		assert_string_equal(reads(fd, 70000, pass), cases[i].id);
		flip(fd, cases[i].at);
	}
	assert_string_equal(reads(fd, 70000, pass), "");
	assert_int_equal(lseek(fd, 0, SEEK_END) > 0, 1);
	assert_int_equal(write(fd, &more, 1), 1);
	assert_string_equal(reads(fd, 70000, pass), "vault-altered");
	close(fd);
}

/* A chunk in another's place. */
static void
test_moved(void **state)
{
	const size_t	 box = 4 + 65536 + 16;
	uint8_t		*a = xmalloc(box), *b = xmalloc(box);
	int		 fd = stream(3 * 65536);

	(void)state;
	assert_int_equal(pread(fd, a, box, HEAD), box);
	assert_int_equal(pread(fd, b, box, HEAD + (off_t)box), box);
	assert_int_equal(pwrite(fd, b, box, HEAD), box);
	assert_int_equal(pwrite(fd, a, box, HEAD + (off_t)box), box);
	assert_string_equal(reads(fd, 3 * 65536, pass), "vault-altered");
	free(a);
	free(b);
	close(fd);
}

static void
test_passphrase_file(void **state)
{
	char		name[] = "/tmp/test_vault.XXXXXX";
	struct err	e = ERR_INIT;
	struct buf	b;
	int		fd = mkstemp(name);

	(void)state;
	buf_init(&b, LIMIT_VAULT_PASS);
	assert_int_equal(write(fd, "one\ntwo\n", 8), 8);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_int_equal(vault_passphrase(name, &b, &e), ERR_DENIED);
	assert_string_equal(e.id, "vault-passphrase");
	assert_int_equal(fchmod(fd, 0600), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(vault_passphrase(name, &b, &e), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.p, "one", 3);
	buf_wipe(&b);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(vault_passphrase(name, &b, &e), ERR_DENIED);
	assert_int_equal(unlink(name), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(vault_passphrase(name, &b, &e), ERR_DENIED);
	assert_string_equal(e.id, "vault-passphrase");
	buf_wipe(&b);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_wrong_passphrase),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_passphrase_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
