#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/ocsp.h"
#include "store/store.h"

/*
 * For tools/bench/run --part ocsp.
 *
 *	ocsp fill DIR COUNT		give a stopped node that many made-up
 *					serials, and print them in hex: it will
 *					sign their answers when it starts
 *	ocsp requests CERT <serials	print a request for each, in base64
 *	ocsp verify CERT <pairs		"serial answer-in-base64", line by line;
 *					each must be good, current and signed
 *
 * CERT is the certificate of the authority, in DER.
 */

#define SERIAL_LEN	16

static const enum stmt may[] = { STMT_OFFICE_OCSP_ADD, STMT_NONE };

static int
fill(const char *dir, unsigned long count, struct err *e)
{
	char			*path = xasprintf("%s/province.db", dir);
	struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE, .may = may };
	struct store		*st = NULL;
	uint8_t			 serial[SERIAL_LEN];
	char			 hex[2 * SERIAL_LEN + 1];
	struct val		 v;
	unsigned long		 i;
	int			 rc;

	if ((rc = store_open(&spec, &st, e)) != 0 ||
	    (rc = store_begin(st, e)) != 0)
		goto out;
	for (i = 0; i < count; i++) {
		sm_random(serial, sizeof(serial));
		serial[0] = 0x41;	/* positive, 16 octets */
		v = val_blob(OCTETS(serial, sizeof(serial)));
		if ((rc = store_run(st, STMT_OFFICE_OCSP_ADD, &v, 1, NULL,
		    e)) != 0)
			goto out;
		hex_encode(serial, sizeof(serial), hex);
		puts(hex);
	}
	rc = store_commit(st, e);
out:
	store_close(st);
	free(path);
	return rc;
}

static int
take_serial(const char *line, uint8_t serial[SERIAL_LEN], struct err *e)
{

	if (strlen(line) < 2 * SERIAL_LEN ||
	    !hex_decode(line, 2 * SERIAL_LEN, serial, SERIAL_LEN))
		return err_set(e, ERR_FORMAT, "no serial: %.40s", line);
	return 0;
}

static int
request(const struct ocsp_issuer *is, const char *line, struct err *e)
{
	uint8_t		serial[SERIAL_LEN];
	char		text[B64_SIZE(LIMIT_OCSP_REQUEST)];
	struct buf	b;
	int		rc;

	if ((rc = take_serial(line, serial, e)) != 0)
		return rc;
	buf_init(&b, LIMIT_OCSP_REQUEST);
	ocsp_put_plain(is, OCSP_SHA1, OCTETS(serial, sizeof(serial)), &b);
	(void)b64_encode(b.p, b.len, text);
	puts(text);
	buf_fini(&b);
	return 0;
}

static int
verify(const struct cert *issuer, const char *line, struct err *e)
{
	uint8_t			serial[SERIAL_LEN], der[LIMIT_OCSP_ANSWER];
	const char		*text;
	struct ocsp_answer	a;
	size_t			n;
	int			rc;

	if ((rc = take_serial(line, serial, e)) != 0)
		return rc;
	text = line + 2 * SERIAL_LEN + 1;
	if (text[-1] != ' ' || !b64_decode(text, strlen(text), der,
	    sizeof(der), &n))
		return err_set(e, ERR_FORMAT, "no answer: %.60s", line);
	if ((rc = ocsp_answer_read(OCTETS(der, n), &a, e)) != 0 ||
	    (rc = ocsp_answer_verify(&a, issuer, e)) != 0)
		return rc;
	if (a.status.seriallen != SERIAL_LEN ||
	    memcmp(a.status.serial, serial, SERIAL_LEN) != 0 ||
	    a.status.revoked_at != 0 || a.status.next_update <= tm_now())
		return err_set(e, ERR_VERIFY, "another answer: %.60s", line);
	return 0;
}

/* Each line of stdin for what the verb says; how many there were. */
static int
lines(const char *verb, const char *path, unsigned long *n, struct err *e)
{
	struct ocsp_issuer	 is;
	struct cert		*c = NULL;
	uint8_t			*der = NULL;
	char			*line = NULL;
	size_t			 len, size = 0;
	ssize_t			 got;
	int			 rc;

	if ((rc = file_read(path, LIMIT_CERT, &der, &len, e)) != 0 ||
	    (rc = cert_parse(OCTETS(der, len), &c, e)) != 0 ||
	    (rc = ocsp_issuer_init(&is, c, e)) != 0)
		goto out;
	for (; (got = getline(&line, &size, stdin)) > 0; ++*n) {
		if (line[got - 1] == '\n')
			line[got - 1] = '\0';
		if ((rc = *verb == 'v' ? verify(c, line, e) :
		    request(&is, line, e)) != 0)
			break;
	}
out:
	free(line);
	cert_free(c);
	free(der);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err	e = ERR_INIT;
	unsigned long	n = 0;
	int		rc;

	if ((rc = sm_init(&e)) != 0)
		goto out;
	if (argc == 4 && strcmp(argv[1], "fill") == 0)
		rc = fill(argv[2], strtoul(argv[3], NULL, 10), &e);
	else if (argc == 3 && (strcmp(argv[1], "requests") == 0 ||
	    strcmp(argv[1], "verify") == 0))
		rc = lines(argv[1], argv[2], &n, &e);
	else {
		fprintf(stderr, "usage: ocsp fill DIR COUNT\n"
		    "       ocsp requests | verify CERT\n");
		return 2;
	}
	if (rc == 0 && argc == 3 && strcmp(argv[1], "verify") == 0)
		printf("%lu verified\n", n);
out:
	if (rc != 0)
		fprintf(stderr, "ocsp: %s [%s]\n", e.text, e.id);
	return rc == 0 ? 0 : 1;
}
