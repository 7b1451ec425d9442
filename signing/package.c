#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zip.h>

#include "base/mem.h"
#include "signing/entry_name.h"
#include "signing/layout.h"
#include "signing/package.h"
#include "signing/package_memory.h"

#define PIECE		65536
/* Small files are read and digested: they are expanded at once, and kept. */
#define KEEP_EACH	(256u << 10)
#define KEEP_ALL	(4u << 20)
#define UNIX_HOST	3
#define UNIX_KIND(a)	((a) >> 16 & 0170000)
#define FLAG_UTF8	0x800	/* the name is UTF-8 (APPNOTE, appendix D) */
#define UNIX_LINK	0120000

struct file {
	char		*name;		/* resolved */
	uint64_t	 size;
	size_t		 index;		/* libzip's */
	bool		 has_sm3, has_sha256;
	uint8_t		 sm3[SM3_LEN], sha256[SHA256_LEN];
	uint8_t		*kept;		/* or NULL */
};

/* What a file may be asked for by. */
struct alias {
	char		*folded;	/* as a reader without case sees it */
	size_t		 file;
	bool		 other;		/* in GB 18030, where it is UTF-8 */
};

struct package {
	zip_t		*zip;
	struct layout	 layout;
	struct file	*files;
	size_t		 n;
	struct alias	*aliases;	/* by folded name */
	size_t		 naliases;
	unsigned	 names;		/* ENTRY_NAME_* */
	size_t		 kept;		/* octets of all */
};

/* Made at first use, and good for every file of the process. */
static struct libdeflate_decompressor	*inflater;

void
package_warm(void)
{
	entry_name_warm();
}

static int
bad(struct err *e, const char *why, const char *name)
{
	return name[0] == '\0' ?
	    err_set_id(e, ERR_FORMAT, "bad-package", "%s", why) :
	    err_set_id(e, ERR_FORMAT, "bad-package", "%s: %.150s", why, name);
}

/*
 * Does libzip take it for the same name?  A field of Info-ZIP (APPNOTE 4.6.9)
 * says it once more in UTF-8, and readers that know the field go by that; it
 * must be what the name is by itself, or what it is in GB 18030.
 */
static bool
is_one_name(const struct package *p, size_t index, struct octets name,
    const char *path, const char *other)
{
	const char	*theirs = zip_get_name(p->zip, index, ZIP_FL_ENC_RAW);
	char		 text[PATH_SIZE];
	unsigned	 odd;

	if (theirs == NULL)
		return false;
	if (strlen(theirs) == name.len &&
	    memcmp(theirs, name.p, name.len) == 0)
		return true;
	return path_resolve("", theirs, text, &odd) &&
	    (odd & PATH_PARENT) == 0 && (strcmp(text, path) == 0 ||
	    (other[0] != '\0' && strcmp(text, other) == 0));
}

static void
add_alias(struct package *p, const char *path, bool other)
{
	p->aliases[p->naliases++] = (struct alias){ .file = p->n,
	    .folded = entry_name_fold(path), .other = other };
}

/* One entry of the archive; a folder leaves nothing. */
static int
add_file(struct package *p, size_t index, struct err *e)
{
	const struct layout_entry	*n = &p->layout.entries[index];
	struct file			*f = &p->files[p->n];
	char				 path[PATH_SIZE], other[PATH_SIZE];
	unsigned			 dev = 0;
	bool				 folder;
	int				 rc;

	folder = n->name.len > 0 && (n->name.p[n->name.len - 1] == '/' ||
	    n->name.p[n->name.len - 1] == '\\');
	if (folder && n->name.len == 1)
		return 0;
	/* A trailing "/" is no "." part. */
	if ((rc = entry_name_path(folder ? OCTETS(n->name.p, n->name.len - 1) :
	    n->name, path, &dev, e)) != 0)
		return rc;
	if (n->host == UNIX_HOST && UNIX_KIND(n->attributes) == UNIX_LINK)
		return bad(e, "a symbolic link", path);
	if ((n->flags & FLAG_UTF8) != 0 || !entry_name_other(n->name, other))
		other[0] = '\0';
	if (!is_one_name(p, index, n->name, path, other))
		return bad(e, "two readers see different names", path);
	p->names |= dev;
	if (folder)
		return n->size == 0 ? 0 : bad(e, "a folder with octets",
		    path);
	f->name = xstrdup(path);
	add_alias(p, path, false);
	if (other[0] != '\0')
		add_alias(p, other, true);
	f->size = n->size;
	f->index = index;
	p->n++;
	return 0;
}

static int
by_folded(const void *a, const void *b)
{
	return strcmp(((const struct alias *)a)->folded,
	    ((const struct alias *)b)->folded);
}

static const struct alias *
look_up(const struct package *p, char *folded)
{
	const struct alias	key = { .folded = folded };

	return bsearch(&key, p->aliases, p->naliases, sizeof(*p->aliases),
	    by_folded);
}

/* Is one of the folders that it lies in a file? */
static bool
in_a_file(const struct package *p, const struct alias *a)
{
	char	*folded = xstrdup(a->folded), *s = folded;
	bool	 found = false;

	while (!found && (s = strchr(s, '/')) != NULL) {
		*s = '\0';
		found = look_up(p, folded) != NULL;
		*s++ = '/';
	}
	free(folded);
	return found;
}

/* Sort them; two names for one file, or a file that is a folder too: no. */
static int
sort_names(struct package *p, struct err *e)
{
	const struct alias	*a = p->aliases;
	size_t			 i;

	qsort(p->aliases, p->naliases, sizeof(*p->aliases), by_folded);
	for (i = 1; i < p->naliases; i++)
		if (strcmp(a[i - 1].folded, a[i].folded) == 0)
			return bad(e, "two entries that a reader takes for "
			    "one", p->files[a[i].file].name);
	for (i = 0; i < p->naliases; i++)
		if (in_a_file(p, &a[i]))
			return bad(e, "an entry lies in what is a file",
			    p->files[a[i].file].name);
	return 0;
}

/* What it all says that it will be, before any of it is. */
static int
check_sizes(const struct package *p, size_t length, struct err *e)
{
	uint64_t	total = 0;
	size_t		i;

	for (i = 0; i < p->layout.n; i++) {
		if (p->layout.entries[i].size > LIMIT_PACKAGE_ENTRY)
			return err_set_id(e, ERR_TOOBIG, "package-too-big",
			    "an entry expands to more than %u octets",
			    LIMIT_PACKAGE_ENTRY);
		total += p->layout.entries[i].size;
	}
	if (total > LIMIT_PACKAGE_TOTAL || (total > LIMIT_PACKAGE_FREE &&
	    total / LIMIT_PACKAGE_RATIO > length))
		return err_set_id(e, ERR_TOOBIG, "package-too-big",
		    "%zu octets expand to %llu", length,
		    (unsigned long long)total);
	return 0;
}

/* libzip over the octets as they lie there. */
static int
open_zip(struct package *p, struct err *e)
{
	zip_source_t	*source;
	zip_error_t	 why;

	zip_error_init(&why);
	source = zip_source_buffer_create(p->layout.view.p,
	    p->layout.view.len, 0, &why);
	if (source != NULL &&
	    (p->zip = zip_open_from_source(source, ZIP_RDONLY, &why)) == NULL)
		zip_source_free(source);
	if (p->zip == NULL)
		(void)bad(e, "ZIP archive", zip_error_strerror(&why));
	zip_error_fini(&why);
	if (p->zip == NULL)
		return ERR_FORMAT;
	if (zip_get_num_entries(p->zip, 0) != (zip_int64_t)p->layout.n)
		return bad(e, "two readers see different archives", "");
	return 0;
}

int
package_open(struct octets in, struct package **out, struct err *e)
{
	struct package	*p = xcalloc(1, sizeof(*p));
	size_t		 i;
	int		 rc;

	*out = NULL;
	if ((rc = layout_read(in, &p->layout, e)) != 0 ||
	    (rc = check_sizes(p, in.len, e)) != 0 ||
	    (rc = open_zip(p, e)) != 0)
		goto out;
	p->files = xcalloc(p->layout.n + 1, sizeof(*p->files));
	p->aliases = xcalloc(2 * p->layout.n + 1, sizeof(*p->aliases));
	for (i = 0; i < p->layout.n; i++)
		if ((rc = add_file(p, i, e)) != 0)
			goto out;
	if ((rc = sort_names(p, e)) != 0)
		goto out;
	*out = p;
	p = NULL;

	rc = 0;
out:
	package_free(p);
	return rc;
}

void
package_free(struct package *p)
{
	size_t	i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++) {
		free(p->files[i].name);
		free(p->files[i].kept);
	}
	for (i = 0; i < p->naliases; i++)
		free(p->aliases[i].folded);
	if (p->zip != NULL)
		zip_discard(p->zip);
	free(p->files);
	free(p->aliases);
	layout_fini(&p->layout);
	free(p);
}

size_t
package_count(const struct package *p)
{
	return p->n;
}

const char *
package_name(const struct package *p, size_t i)
{
	return p->files[i].name;
}

uint64_t
package_size(const struct package *p, size_t i)
{
	return p->files[i].size;
}

bool
package_find(struct package *p, const char *path, size_t *i,
    bool *other_case)
{
	const struct alias	*found;
	char			*folded = entry_name_fold(path);

	found = look_up(p, folded);
	free(folded);
	*i = found != NULL ? found->file : 0;
	*other_case = found != NULL && !found->other &&
	    strcmp(p->files[*i].name, path) != 0;
	if (found != NULL && found->other)
		p->names |= ENTRY_NAME_GB18030;
	return found != NULL;
}

const char *
package_deviation(const struct package *p, size_t n)
{
	unsigned	bit;

	for (bit = 1; bit < LAYOUT_END; bit <<= 1)
		if ((p->layout.deviations & bit) != 0 && n-- == 0)
			return layout_deviation_text(bit);
	for (bit = 1; bit < ENTRY_NAME_END; bit <<= 1)
		if ((p->names & bit) != 0 && n-- == 0)
			return entry_name_deviation_text(bit);
	return NULL;
}

/* The packed octets of an entry, behind its header (APPNOTE 4.3.7). */
static struct octets
packed_octets(const struct package *p, const struct layout_entry *n)
{
	const uint8_t	*h = p->layout.view.p + n->at;
	size_t		 left = p->layout.view.len - (size_t)n->at, head;

	head = 30 + (size_t)(h[26] | h[27] << 8) + (size_t)(h[28] |
	    h[29] << 8);
	return head <= left && n->packed <= left - head ?
	    OCTETS(h + head, (size_t)n->packed) : OCTETS(NULL, 0);
}

static bool
unpack(const struct package *p, const struct layout_entry *n, uint8_t *out)
{
	struct octets	in = packed_octets(p, n);

	if (n->method == 0 && in.len == n->size) {
		memcpy(out, in.p, in.len);
		return true;
	}
	if (n->method != 8 || in.len == 0)
		return false;
	if (inflater == NULL &&
	    (inflater = libdeflate_alloc_decompressor()) == NULL)
		return false;
	return libdeflate_deflate_decompress(inflater, in.p, in.len, out,
	    (size_t)n->size, NULL) == LIBDEFLATE_SUCCESS;
}

/* Expanded before, of the very same octets, or now; with its CRC. */
static bool
unpack_checked(const struct package *p, const struct file *f, uint8_t *out)
{
	const struct layout_entry	*n = &p->layout.entries[f->index];
	const bool			 worth = n->method == 8 &&
					    package_is_worth(f->name);
	const uint8_t			*known = NULL;

	if (worth)
		known = package_recall(packed_octets(p, n), n->size, n->crc);
	if (known != NULL) {
		memcpy(out, known, (size_t)n->size);
		return true;
	}
	if (!unpack(p, n, out) || libdeflate_crc32(0, out,
	    (size_t)n->size) != n->crc)
		return false;
	if (worth)
		package_memorise(packed_octets(p, n), OCTETS(out,
		    (size_t)n->size), n->crc);
	return true;
}

/*
 * A small file in one piece, which is three times as quick as libzip's way.
 * What is wrong with one that does not expand, that says.
 */
static void
expand(struct package *p, struct file *f)
{
	const struct layout_entry	*n = &p->layout.entries[f->index];
	uint8_t				*out;

	if (f->kept != NULL || n->size == 0 || n->size > KEEP_EACH ||
	    p->kept + n->size > KEEP_ALL)
		return;
	out = xmalloc((size_t)n->size);
	if (unpack_checked(p, f, out)) {
		f->kept = out;
		p->kept += (size_t)n->size;
	} else {
		free(out);
	}
}

int
package_stream(struct package *p, size_t i,
    bool (*sink)(void *arg, const uint8_t *o, size_t n), void *arg,
    struct err *e)
{
	struct file		*f = &p->files[i];
	zip_file_t		*z;
	uint8_t			*piece = NULL;
	uint64_t		 done = 0;
	zip_int64_t		 got;
	int			 rc;

	expand(p, f);
	if (f->kept != NULL) {
		(void)sink(arg, f->kept, (size_t)f->size);
		return 0;
	}
	if ((z = zip_fopen_index(p->zip, f->index, 0)) == NULL)
		return bad(e, "an entry cannot be read", f->name);
	piece = xmalloc(PIECE);
	/* At its end libzip compares the CRC and the size. */
	while ((got = zip_fread(z, piece, PIECE)) > 0) {
		done += (uint64_t)got;
		if (done > f->size)
			break;
		if (!sink(arg, piece, (size_t)got)) {
			rc = 0;
			goto out;
		}
	}
	if (got != 0 || done != f->size) {
		rc = bad(e, "an entry is damaged", f->name);
		goto out;
	}

	rc = 0;
out:
	free(piece);
	(void)zip_fclose(z);
	return rc;
}

static bool
to_buf(void *arg, const uint8_t *o, size_t n)
{
	buf_put(arg, o, n);
	return true;
}

int
package_read(struct package *p, size_t i, size_t max, uint8_t **o, size_t *n,
    struct err *e)
{
	struct file	*f = &p->files[i];
	struct buf	 b;
	int		 rc;

	*o = NULL;
	*n = 0;
	if (f->size > max)
		return err_set_id(e, ERR_TOOBIG, "package-too-big",
		    "%.150s: more than %zu octets", f->name, max);
	expand(p, f);
	if (f->kept != NULL) {
		*n = (size_t)f->size;
		*o = xmalloc(*n + 1);
		memcpy(*o, f->kept, *n);
		(*o)[*n] = 0;
		return 0;
	}
	buf_init(&b, max + 1);
	if ((rc = package_stream(p, i, to_buf, &b, e)) == 0) {
		buf_put_u8(&b, 0);
		*o = buf_steal(&b, n);
		(*n)--;
	}
	buf_fini(&b);
	return rc;
}

void
package_know_sm3(struct package *p, size_t i, const uint8_t digest[SM3_LEN])
{
	memcpy(p->files[i].sm3, digest, SM3_LEN);
	p->files[i].has_sm3 = true;
}

static bool
to_sm3(void *arg, const uint8_t *o, size_t n)
{
	sm3_add(arg, o, n);
	return true;
}

int
package_sm3(struct package *p, size_t i, uint8_t out[SM3_LEN], struct err *e)
{
	struct file	*f = &p->files[i];
	struct sm3	*h;
	int		 rc = 0;

	if (!f->has_sm3) {
		h = sm3_new();
		if ((rc = package_stream(p, i, to_sm3, h, e)) == 0) {
			sm3_end(h, f->sm3);
			f->has_sm3 = true;
		}
		sm3_free(h);
	}
	memset(out, 0, SM3_LEN);
	if (rc == 0)
		memcpy(out, f->sm3, SM3_LEN);
	return rc;
}

static bool
to_sha256(void *arg, const uint8_t *o, size_t n)
{
	sha256_add(arg, o, n);
	return true;
}

int
package_sha256(struct package *p, size_t i, uint8_t out[SHA256_LEN],
    struct err *e)
{
	struct file	*f = &p->files[i];
	struct sha256	*h;
	int		 rc = 0;

	if (!f->has_sha256) {
		h = sha256_new();
		if ((rc = package_stream(p, i, to_sha256, h, e)) == 0) {
			sha256_end(h, f->sha256);
			f->has_sha256 = true;
		}
		sha256_free(h);
	}
	memset(out, 0, SHA256_LEN);
	if (rc == 0)
		memcpy(out, f->sha256, SHA256_LEN);
	return rc;
}
