#include "signing/pdf_range.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char	eof_mark[] = "%%EOF";
#define EOF_LEN	(sizeof(eof_mark) - 1)

static bool
is_white(uint8_t c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' ||
	    c == ' ';
}

/* Is the gap this one string, and nothing else? */
static bool
gap_is(struct octets gap, struct octets contents)
{
	size_t	i;
	int	high, low;

	if (gap.len != 2 + 2 * contents.len || gap.p[0] != '<' ||
	    gap.p[gap.len - 1] != '>')
		return false;
	for (i = 0; i < contents.len; i++) {
		high = hex_digit((char)gap.p[1 + 2 * i]);
		low = hex_digit((char)gap.p[2 + 2 * i]);
		if (high < 0 || low < 0 ||
		    contents.p[i] != (uint8_t)(high << 4 | low))
			return false;
	}
	return true;
}

/* Does the key stand before the gap, so that it is this key's string? */
static bool
after_key(struct octets file, size_t gap)
{
	static const char	key[] = "/Contents";
	const size_t		n = sizeof(key) - 1;

	while (gap > 0 && is_white(file.p[gap - 1]))
		gap--;
	return gap >= n && memcmp(file.p + gap - n, key, n) == 0;
}

static const char *
fault_of(struct octets file, const long long *v, size_t n,
    struct octets contents, struct pdf_range *r)
{
	size_t	first, second, last;

	if (n != 4)
		return "the ByteRange is not two spans";
	if (v[0] != 0)
		return "the ByteRange does not begin with the file";
	if (v[1] <= 0 || v[2] <= 0 || v[3] <= 0)
		return "the ByteRange has an empty or negative span";
	if ((uint64_t)v[1] > file.len || (uint64_t)v[2] > file.len ||
	    (uint64_t)v[3] > file.len - (uint64_t)v[2])
		return "the ByteRange goes beyond the file";
	first = (size_t)v[1];
	second = (size_t)v[2];
	last = (size_t)v[3];
	if (second <= first)
		return "the spans of the ByteRange overlap";
	if (contents.len == 0)
		return "the signature has no Contents";
	if (!gap_is(OCTETS(file.p + first, second - first), contents) ||
	    !after_key(file, first))
		return "what the ByteRange leaves out is not just the "
		    "signature's own Contents";
	r->gap = first;
	r->gap_end = second;
	r->end = second + last;
	last = pdf_trimmed(file, r->end);
	if (last < second + EOF_LEN ||
	    memcmp(file.p + last - EOF_LEN, eof_mark, EOF_LEN) != 0)
		return "the ByteRange does not end where a revision ends";
	return NULL;
}

void
pdf_range_judge(struct octets file, const long long *numbers, size_t n,
    struct octets contents, struct pdf_range *r)
{
	memset(r, 0, sizeof(*r));
	r->fault = fault_of(file, numbers, n, contents, r);
	r->good = r->fault == NULL;
}

void
pdf_range_digest(struct octets file, const struct pdf_range *r,
    uint8_t out[SM3_LEN])
{
	struct sm3	*h = sm3_new();

	sm3_add(h, file.p, r->gap);
	sm3_add(h, file.p + r->gap_end, r->end - r->gap_end);
	sm3_end(h, out);
	sm3_free(h);
}

uint8_t *
pdf_range_octets(struct octets file, const struct pdf_range *r, size_t *n)
{
	uint8_t	*p;

	*n = r->gap + (r->end - r->gap_end);
	p = xmalloc(*n);
	memcpy(p, file.p, r->gap);
	memcpy(p + r->gap, file.p + r->gap_end, r->end - r->gap_end);
	return p;
}

size_t
pdf_trimmed(struct octets file, size_t end)
{
	while (end > 0 && is_white(file.p[end - 1]))
		end--;
	return end;
}

size_t
pdf_count_ends(struct octets file)
{
	const uint8_t	*p = file.p, *end = file.p + file.len;
	size_t		 n = 0;

	while ((p = memmem(p, (size_t)(end - p), eof_mark, EOF_LEN)) != NULL) {
		n++;
		p += EOF_LEN;
	}
	return n;
}

bool
pdf_last_table(struct octets file, size_t from, uint64_t *offset)
{
	static const char	mark[] = "startxref";
	const size_t		n = sizeof(mark) - 1;
	struct cursor		c;
	size_t			i;

	*offset = 0;
	for (i = file.len; i >= from + n; i--)
		if (memcmp(file.p + i - n, mark, n) == 0)
			break;
	if (i < from + n)
		return false;
	c = cursor_of(file.p + i, file.len - i);
	while (cursor_left(&c) > 0 && is_white(*c.p))
		c.p++;
	return take_decimal(&c, offset);
}
