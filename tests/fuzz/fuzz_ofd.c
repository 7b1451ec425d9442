#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/text.h"
#include "signing/ofd.h"
#include "signing/package.h"
#include "tests/unit/signing/zipfile.h"

/*
 * Whatever archive it is: reading it twice gives the same octets, a signature
 * has its eight rows in their order, each with a result that we know, nothing
 * that is told holds what a terminal obeys, and a file that passes has a
 * signature.
 *
 * And the same octets as changes to the files of a package that is right: the
 * row "references" passes if, and only if, none of them is changed.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define ROWS	4

static const struct {
	const char	*name, *body;
} rows[ROWS] = {
	{ "OFD.xml", "<OFD><DocBody><DocRoot>D/Document.xml</DocRoot>"
	    "<Signatures>D/Signs/Signatures.xml</Signatures></DocBody>"
	    "</OFD>" },
	{ "D/Document.xml", "<Document><Pages><Page ID=\"1\" "
	    "BaseLoc=\"P/Content.xml\"/></Pages></Document>" },
	{ "D/P/Content.xml", "<Page><Content>a page</Content></Page>" },
	{ "D/extra.bin", "0123456789" },
};

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
plain(const char *s, bool lines)
{
	const unsigned char	*p;

	must(utf8_valid(s, strlen(s)));
	for (p = (const unsigned char *)s; *p != '\0'; p++)
		must(*p >= 0x20 || (lines && *p == '\n'));
}

static void
check_rows(Check *const *c, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		must(strcmp(c[i]->result, READ_PASSED) == 0 ||
		    strcmp(c[i]->result, READ_FAILED) == 0 ||
		    strcmp(c[i]->result, READ_UNKNOWN) == 0 ||
		    strcmp(c[i]->result, READ_NOT_APPLICABLE) == 0);
		plain(c[i]->detail, false);
	}
}

static void
check_lines(char *const *lines, size_t n)
{
	size_t	i;

	must(n <= LIMIT_READING_LIST);
	for (i = 0; i < n; i++)
		plain(lines[i], false);
}

static void
check_stamp(const StampReading *s)
{
	static const char *const	order[] = {
		"format", "seal_signature", "signer_in_seal",
		"stamp_signature", "time_stamp", "data_hash", "references",
		"coverage"
	};
	size_t				i;

	must(s->n_checks == sizeof(order) / sizeof(order[0]));
	for (i = 0; i < s->n_checks; i++)
		must(strcmp(s->checks[i]->rule, order[i]) == 0);
	check_rows(s->checks, s->n_checks);
	check_lines(s->deviations, s->n_deviations);
	check_lines(s->uncovered, s->n_uncovered);
	check_lines(s->changes, s->n_changes);
	check_lines(s->places, s->n_places);
	plain(s->label, false);
	must(s->uncovered_all >= s->n_uncovered);
}

/* The reading, packed; false: it is no OFD. */
static bool
read_once(struct octets in, struct buf *out)
{
	FileReading	*m = reading_new("ofd");
	struct err	 e = ERR_INIT;
	size_t		 i;
	bool		 good;

	good = ofd_read(in, m, &e) == 0;
	must(good || strcmp(e.id, "unknown-object") == 0);
	if (good) {
		must(m->n_checks == 1);
		must(strcmp(m->checks[0]->result, READ_PASSED) != 0 ||
		    m->n_stamps > 0);
		check_rows(m->checks, m->n_checks);
		for (i = 0; i < m->n_stamps; i++)
			check_stamp(m->stamps[i]);
		plain(m->note, false);
		plain(m->text, true);
		msg_put(&m->base, out);
	}
	reading_free(m);
	return good;
}

static void
any_archive(struct octets in)
{
	struct buf	a, b;

	buf_init(&a, 16u << 20);
	buf_init(&b, 16u << 20);
	must(read_once(in, &a) == read_once(in, &b));
	must(buf_ok(&a) && a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0));
	buf_fini(&a);
	buf_fini(&b);
}

/* A package whose one signature lists all rows as they were made. */
static void
put_signature(struct zipfile *z)
{
	static const char	list[] = "<Signatures><Signature ID=\"1\" "
				    "Type=\"Sign\" BaseLoc=\"S/Signature"
				    ".xml\"/></Signatures>";
	/* SEQUENCE { 1, 1 }: nobody's. */
	static const uint8_t	value[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	uint8_t			h[SM3_LEN];
	struct buf		x;
	size_t			i;

	buf_init(&x, 1u << 16);
	buf_puts(&x, "<Signature><SignedInfo><References CheckMethod=\"SM3\">");
	for (i = 0; i < ROWS; i++) {
		sm3(rows[i].body, strlen(rows[i].body), h);
		buf_printf(&x, "<Reference FileRef=\"/%s\"><CheckValue>",
		    rows[i].name);
		buf_put_b64(&x, h, SM3_LEN);
		buf_puts(&x, "</CheckValue></Reference>");
	}
	buf_puts(&x, "</References></SignedInfo><SignedValue>SignedValue.dat"
	    "</SignedValue></Signature>");
	zipfile_add(z, "D/Signs/Signatures.xml", OCTETS(list,
	    sizeof(list) - 1));
	zipfile_add(z, "D/Signs/S/Signature.xml", buf_octets(&x));
	zipfile_add(z, "D/Signs/S/SignedValue.dat", OCTETS(value,
	    sizeof(value)));
	buf_fini(&x);
}

/* Three octets are a change: which row, where, xor what. */
static void
changed_files(struct octets in)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	struct zipfile	 z;
	FileReading	*m = reading_new("ofd");
	uint8_t		 row, at, what, *body[ROWS];
	size_t		 i, len;
	bool		 same = true;

	for (i = 0; i < ROWS; i++)
		body[i] = xmemdup(rows[i].body, strlen(rows[i].body));
	while (take_u8(&c, &row) && take_u8(&c, &at) && take_u8(&c, &what)) {
		len = strlen(rows[row % ROWS].body);
		body[row % ROWS][at % len] ^= what;
	}
	zipfile_init(&z);
	for (i = 0; i < ROWS; i++) {
		len = strlen(rows[i].body);
		same = same && memcmp(body[i], rows[i].body, len) == 0;
		zipfile_add(&z, rows[i].name, OCTETS(body[i], len));
		free(body[i]);
	}
	put_signature(&z);
	zipfile_end(&z, "");
	must(ofd_read(buf_octets(&z.out), m, NULL) == 0);
	for (i = 0; i < m->n_stamps; i++)
		must((strcmp(m->stamps[i]->checks[6]->result,
		    READ_PASSED) == 0) == same);
	must(!same || m->n_stamps == 1);
	reading_free(m);
	zipfile_fini(&z);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	ready;

	if (!ready) {
		must(sm_init(NULL) == 0);
		package_warm();
	}
	ready = true;
	any_archive(OCTETS(p, n));
	changed_files(OCTETS(p, n));
	return 0;
}
