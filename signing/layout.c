#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/layout.h"

/* APPNOTE.TXT 4.3.7, 4.3.12, 4.3.14 to 4.3.16. */
#define LOCAL_SIZE	30
#define CENTRAL_SIZE	46
#define END64_SIZE	56
#define LOCATOR_SIZE	20
#define END_SIZE	22
#define COMMENT_MAX	65535

#define FLAG_ENCRYPTED	((1u << 0) | (1u << 6) | (1u << 13))
#define FLAG_DESCRIPTOR	(1u << 3)

static const char *const	texts[] = {
	"octets stand before the archive; some readers refuse it",
	"octets stand behind the archive; some readers refuse it",
	"octets stand between the files of the archive",
	"ZIP64 records in a small archive",
	"headers in front of files are not as the directory has them"
};

/* Where the directory is: positions in the input. */
struct end {
	size_t		at;	/* the directory's end */
	size_t		all;	/* the archive's end, with its comment */
	uint64_t	count, size, offset;
	bool		zip64;
};

static uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t
le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static bool
is_mark(struct octets in, size_t at, const char *mark)
{
	return at <= in.len && in.len - at >= 4 &&
	    memcmp(in.p + at, mark, 4) == 0;
}

static int
bad(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-package", "ZIP archive: %s",
	    why);
}

/*
 * The end record.  Most readers take the last one, some the one whose comment
 * ends with the file: where these differ, two readers see two archives.
 */
static int
find_end(struct octets in, size_t *at, struct err *e)
{
	const uint8_t	*p;
	size_t		 i, low, last = SIZE_MAX, exact = SIZE_MAX, nexact = 0;

	if (in.len < END_SIZE)
		return bad(e, "too short");
	low = in.len - END_SIZE > COMMENT_MAX ?
	    in.len - END_SIZE - COMMENT_MAX : 0;
	for (i = in.len - END_SIZE + 1; i > low; ) {
		p = memrchr(in.p + low, 'P', i - low);
		if (p == NULL)
			break;
		i = (size_t)(p - in.p);
		if (!is_mark(in, i, "PK\005\006"))
			continue;
		if (last == SIZE_MAX)
			last = i;
		if (i + END_SIZE + le16(in.p + i + 20) == in.len) {
			nexact++;
			exact = i;
		}
	}
	if (last == SIZE_MAX)
		return bad(e, "no end record");
	if (nexact > 1 || (nexact == 1 && exact != last))
		return bad(e, "two end records: readers would see two "
		    "different archives");
	*at = last;
	return 0;
}

bool
layout_is_likely(struct octets in)
{
	size_t	at;

	return find_end(in, &at, NULL) == 0 &&
	    memmem(in.p, in.len, "PK\003\004", 4) != NULL;
}

/* The ZIP64 record in front of the end record. */
static int
read_end64(struct octets in, size_t at, struct end *end, struct err *e)
{
	const uint8_t	*p;

	if (at < LOCATOR_SIZE + END64_SIZE ||
	    !is_mark(in, at - LOCATOR_SIZE, "PK\006\007") ||
	    !is_mark(in, at - LOCATOR_SIZE - END64_SIZE, "PK\006\006"))
		return bad(e, "sizes of ZIP64 without its record");
	end->at = at - LOCATOR_SIZE - END64_SIZE;
	p = in.p + end->at;
	end->count = le64(p + 32);
	end->size = le64(p + 40);
	end->offset = le64(p + 48);
	end->zip64 = true;
	return le64(p + 24) == end->count ? 0 :
	    bad(e, "an archive of several disks");
}

static int
read_end(struct octets in, struct end *end, struct err *e)
{
	const uint8_t	*p;
	size_t		 at = 0, comment;
	int		 rc;

	if ((rc = find_end(in, &at, e)) != 0)
		return rc;
	p = in.p + at;
	comment = le16(p + 20);
	memset(end, 0, sizeof(*end));
	end->at = at;
	/* A comment that would go on beyond the file is none. */
	end->all = at + END_SIZE + (comment <= in.len - at - END_SIZE ?
	    comment : 0);
	end->count = le16(p + 10);
	end->size = le32(p + 12);
	end->offset = le32(p + 16);
	if (le16(p + 4) != 0 || le16(p + 6) != 0 ||
	    le16(p + 8) != end->count)
		return bad(e, "an archive of several disks");
	if (end->count == 0xffff || end->size == 0xffffffff ||
	    end->offset == 0xffffffff)
		rc = read_end64(in, at, end, e);
	if (rc == 0 && (end->size > end->at ||
	    end->offset > end->at - end->size))
		rc = bad(e, "its directory lies outside the file");
	if (rc == 0 && end->count > LIMIT_PACKAGE_ENTRIES)
		rc = err_set_id(e, ERR_TOOBIG, "package-too-big",
		    "more than %d entries", LIMIT_PACKAGE_ENTRIES);
	return rc;
}

/* Sizes of ZIP64 in an extra field (4.5.3), where the plain ones say so. */
static bool
widen(struct octets extra, uint64_t **fields, size_t n)
{
	struct octets	rest = OCTETS(NULL, 0);
	size_t		i, len;

	while (extra.len >= 4) {
		len = le16(extra.p + 2);
		if (len > extra.len - 4)
			return false;
		if (le16(extra.p) == 1)
			rest = OCTETS(extra.p + 4, len);
		extra = OCTETS(extra.p + 4 + len, extra.len - 4 - len);
	}
	for (i = 0; i < n; i++) {
		if (*fields[i] != 0xffffffff)
			continue;
		if (rest.len < 8)
			return false;
		*fields[i] = le64(rest.p);
		rest = OCTETS(rest.p + 8, rest.len - 8);
	}
	return true;
}

/* One member of the central directory; *at goes behind it. */
static int
read_central(struct octets view, size_t stop, size_t *at,
    struct layout_entry *n, struct err *e)
{
	const uint8_t	*p = view.p + *at;
	uint64_t	*wide[] = { &n->size, &n->packed, &n->at };
	size_t		 name, extra, comment;

	if (stop - *at < CENTRAL_SIZE || !is_mark(view, *at, "PK\001\002"))
		return bad(e, "its directory is cut off");
	name = le16(p + 28);
	extra = le16(p + 30);
	comment = le16(p + 32);
	if (stop - *at - CENTRAL_SIZE < name + extra + comment)
		return bad(e, "its directory is cut off");
	n->host = p[5];
	n->flags = le16(p + 8);
	n->method = le16(p + 10);
	n->crc = le32(p + 16);
	n->packed = le32(p + 20);
	n->size = le32(p + 24);
	n->attributes = le32(p + 38);
	n->at = le32(p + 42);
	n->name = OCTETS(p + CENTRAL_SIZE, name);
	*at += CENTRAL_SIZE + name + extra + comment;
	if (le16(p + 34) != 0 || !widen(OCTETS(p + CENTRAL_SIZE + name,
	    extra), wide, 3))
		return bad(e, "a directory entry is malformed");
	if ((n->flags & FLAG_ENCRYPTED) != 0)
		return bad(e, "an entry is encrypted");
	if (n->method != 0 && n->method != 8)
		return bad(e, "an entry is packed in a way that OFD does not "
		    "know");
	if (n->method == 0 && n->size != n->packed)
		return bad(e, "an entry has two sizes");
	return 0;
}

/*
 * Does a reader that goes by the header p alone find the same octets?  Sizes
 * may stand behind them where it says so; if only it does, the octets must end
 * by themselves.  By another checksum a reader can only refuse them.
 */
static bool
says_the_same(const uint8_t *p, uint64_t packed, uint64_t size,
    const struct layout_entry *n, unsigned *dev)
{
	const uint16_t	flags = le16(p + 6);
	const bool	later = (flags & FLAG_DESCRIPTOR) != 0;
	const uint32_t	crc = le32(p + 14);

	if (le16(p + 8) != n->method || (flags & FLAG_ENCRYPTED) != 0 ||
	    (packed != n->packed && !(later && packed == 0)) ||
	    (size != n->size && !(later && size == 0)))
		return false;
	if (((flags ^ n->flags) & FLAG_DESCRIPTOR) != 0) {
		if (later && (n->method == 0 || packed != 0 || size != 0))
			return false;
		*dev |= LAYOUT_HEADER;
	}
	if (crc != n->crc && !(later && crc == 0))
		*dev |= LAYOUT_HEADER;
	return true;
}

/* Do the header in front of the octets and the directory say the same? */
static int
check_local(struct octets view, uint64_t stop, struct layout_entry *n,
    uint64_t *end, unsigned *dev, struct err *e)
{
	const uint8_t	*p = view.p + n->at;
	uint64_t	 packed, size, *wide[] = { &size, &packed };
	size_t		 name, extra;

	if (n->at > stop || stop - n->at < LOCAL_SIZE ||
	    !is_mark(view, n->at, "PK\003\004"))
		return bad(e, "an entry is not where the directory says");
	name = le16(p + 26);
	extra = le16(p + 28);
	if (stop - n->at - LOCAL_SIZE < name + extra ||
	    stop - n->at - LOCAL_SIZE - name - extra < n->packed)
		return bad(e, "an entry is cut off");
	packed = le32(p + 18);
	size = le32(p + 22);
	if (name != n->name.len ||
	    memcmp(p + LOCAL_SIZE, n->name.p, name) != 0)
		return bad(e, "an entry has two names: readers would see "
		    "different files");
	if (!widen(OCTETS(p + LOCAL_SIZE + name, extra), wide, 2))
		return bad(e, "the header of an entry is malformed");
	if (!says_the_same(p, packed, size, n, dev))
		return bad(e, "the header of an entry disagrees with the "
		    "directory");
	n->flags |= le16(p + 6) & FLAG_DESCRIPTOR;	/* one is behind it */
	*end = n->at + LOCAL_SIZE + name + extra + n->packed;
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct layout_entry	*x = *(const struct layout_entry
					    *const *)a;
	const struct layout_entry	*y = *(const struct layout_entry
					    *const *)b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* What lies between two entries: nothing, a data descriptor, or junk. */
static int
check_gap(struct octets gap, bool descriptor, bool front, unsigned *dev,
    struct err *e)
{
	if (gap.len == 0)
		return 0;
	if (memmem(gap.p, gap.len, "PK\003\004", 4) != NULL)
		return bad(e, "an entry that its directory does not name");
	if (descriptor && (gap.len == 12 || gap.len == 16 || gap.len == 20 ||
	    gap.len == 24))
		return 0;
	*dev |= front ? LAYOUT_JUNK_FRONT : LAYOUT_GAPS;
	return 0;
}

/* Entries lie one behind the other, and nothing else is among them. */
static int
check_places(struct layout *l, uint64_t stop, struct err *e)
{
	struct layout_entry	**v = xcalloc(l->n + 1, sizeof(*v));
	uint64_t		 at = 0, end = 0;
	size_t			 i;
	bool			 descriptor = false;
	int			 rc = 0;

	for (i = 0; i < l->n; i++)
		v[i] = &l->entries[i];
	qsort(v, l->n, sizeof(*v), by_place);
	for (i = 0; i < l->n && rc == 0; i++) {
		if ((rc = check_local(l->view, stop, v[i], &end,
		    &l->deviations, e)) != 0)
			break;
		if (v[i]->at < at)
			rc = bad(e, "entries overlap");
		else
			rc = check_gap(OCTETS(l->view.p + at, v[i]->at - at),
			    descriptor, i == 0, &l->deviations, e);
		at = end;
		descriptor = (v[i]->flags & FLAG_DESCRIPTOR) != 0;
	}
	if (rc == 0)
		rc = check_gap(OCTETS(l->view.p + at, stop - at), descriptor,
		    false, &l->deviations, e);
	free(v);
	return rc;
}

int
layout_read(struct octets in, struct layout *l, struct err *e)
{
	struct end	end;
	size_t		base, at, i;
	int		rc;

	memset(l, 0, sizeof(*l));
	if ((rc = read_end(in, &end, e)) != 0)
		return rc;
	base = end.at - end.size - end.offset;
	l->view = OCTETS(in.p + base, end.all - base);
	l->deviations = (base > 0 ? LAYOUT_JUNK_FRONT : 0) |
	    (end.all < in.len ? LAYOUT_JUNK_BEHIND : 0) |
	    (end.zip64 ? LAYOUT_ZIP64 : 0);
	l->n = end.count;
	l->entries = xcalloc(l->n + 1, sizeof(*l->entries));
	at = end.offset;
	for (i = 0; i < l->n; i++)
		if ((rc = read_central(l->view, end.at - base, &at,
		    &l->entries[i], e)) != 0)
			goto out;
	if (at != end.at - base) {
		rc = bad(e, "its directory has another length");
		goto out;
	}
	if ((rc = check_places(l, end.offset, e)) != 0)
		goto out;

	rc = 0;
out:
	if (rc != 0)
		layout_fini(l);
	return rc;
}

void
layout_fini(struct layout *l)
{
	free(l->entries);
	memset(l, 0, sizeof(*l));
}

const char *
layout_deviation_text(unsigned bit)
{
	size_t	i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (bit == 1u << i)
			return texts[i];
	return NULL;
}
