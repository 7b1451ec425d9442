#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/package.h"
#include "signing/path.h"
#include "signing/sheet_res.h"
#include "signing/sheet_value.h"
#include "signing/xml.h"

/* One that has an ID.  Those of a file are found from its root's BaseLoc. */
struct entry {
	enum sheet_kind		 kind;
	uint32_t		 id;
	size_t			 number;	/* the first one counts */
	int			 file;
	const struct _xmlNode	*node;
};

struct sheet_res {
	struct package	*package;
	struct {
		struct xml	*x;
		char		 folder[PATH_SIZE];
		char		*base;		/* BaseLoc; or NULL */
	}		 file[LIMIT_SHEET_FILES];
	int		 nfiles;
	struct entry	*entries;	/* sorted */
	size_t		 n;
	uint32_t	 space;		/* of colours that name none */
};

/* Lists of a Res, and what is in them. */
static const struct {
	const char	*list, *name;
	enum sheet_kind	 kind;
} lists[] = {
	{ "Fonts", "Font", SHEET_FONT },
	{ "ColorSpaces", "ColorSpace", SHEET_COLOR_SPACE },
	{ "DrawParams", "DrawParam", SHEET_DRAW_PARAM },
	{ "MultiMedias", "MultiMedia", SHEET_MEDIA },
	{ "CompositeGraphicUnits", "CompositeGraphicUnit", SHEET_UNIT },
};

struct sheet_res *
sheet_res_new(struct package *p)
{
	struct sheet_res	*r = xcalloc(1, sizeof(*r));

	r->package = p;
	return r;
}

void
sheet_res_free(struct sheet_res *r)
{
	int	i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nfiles; i++) {
		xml_free(r->file[i].x);
		free(r->file[i].base);
	}
	free(r->entries);
	free(r);
}

/* The entry of the package, and its path. */
static int
locate(const struct sheet_res *r, const char *folder, const char *loc,
    char path[PATH_SIZE], size_t *i, struct err *e)
{
	unsigned	odd;
	bool		other;

	if (loc != NULL && path_resolve(folder, loc, path, &odd) &&
	    package_find(r->package, path, i, &other))
		return 0;
	return err_set_id(e, ERR_NOTFOUND, "picture-unreadable",
	    "the picture names a file that is not in it");
}

int
sheet_res_open(struct sheet_res *r, int from, const char *loc,
    const struct _xmlNode **root, int *file, struct err *e)
{
	char		 path[PATH_SIZE];
	uint8_t		*o = NULL;
	size_t		 n, i = 0;
	int		 rc;

	*root = NULL;
	*file = r->nfiles;
	if ((rc = locate(r, from < 0 ? "" : r->file[from].folder, loc, path,
	    &i, e)) != 0)
		return rc;
	if (r->nfiles == LIMIT_SHEET_FILES)
		return err_set_id(e, ERR_TOOBIG, "picture-too-big",
		    "the picture has more than %d files to read",
		    LIMIT_SHEET_FILES);
	if ((rc = package_read(r->package, i, LIMIT_SHEET_XML, &o, &n,
	    e)) != 0)
		return rc;
	if ((rc = xml_parse(OCTETS(o, n), path, &r->file[r->nfiles].x,
	    e)) == 0) {
		*root = xml_root(r->file[r->nfiles].x);
		path_folder(path, r->file[r->nfiles].folder);
		r->file[r->nfiles].base = xml_attribute(*root, "BaseLoc");
		r->nfiles++;
	}
	free(o);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	const struct entry	*x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void
add_list(struct sheet_res *r, int file, const struct _xmlNode *list,
    size_t which)
{
	const struct _xmlNode	*n;
	struct entry		*more;
	size_t			 count = xml_count(list, lists[which].name);

	more = xreallocarray(r->entries, r->n + count + 1, sizeof(*more));
	r->entries = more;
	for (n = xml_child(list, lists[which].name); n != NULL;
	    n = xml_next(n)) {
		r->entries[r->n] = (struct entry){ .file = file, .node = n,
		    .kind = lists[which].kind, .id = sheet_id(n, "ID"),
		    .number = r->n };
		r->n++;
	}
}

bool
sheet_res_add(struct sheet_res *r, int from, const struct _xmlNode *n,
    const char *name)
{
	const struct _xmlNode	*root, *list;
	char			*loc;
	size_t			 i;
	bool			 all = true;
	int			 file;

	for (n = xml_child(n, name); n != NULL; n = xml_next(n)) {
		loc = xml_text(n);
		if (sheet_res_open(r, from, loc, &root, &file, NULL) != 0) {
			all = false;
		} else for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			for (list = xml_child(root, lists[i].list);
			    list != NULL; list = xml_next(list))
				add_list(r, file, list, i);
		free(loc);
	}
	if (r->n > 0)
		qsort(r->entries, r->n, sizeof(*r->entries), compare);
	return all;
}

const struct _xmlNode *
sheet_res_find(const struct sheet_res *r, enum sheet_kind kind, uint32_t id)
{
	const struct entry	*m;
	size_t			 low = 0, high = id == 0 ? 0 : r->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		m = &r->entries[middle];
		if (m->kind < kind || (m->kind == kind && m->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	if (id == 0 || low == r->n)
		return NULL;
	m = &r->entries[low];
	return m->kind == kind && m->id == id ? m->node : NULL;
}

void
sheet_res_set_space(struct sheet_res *r, uint32_t id)
{
	r->space = id;
}

uint32_t
sheet_res_space(const struct sheet_res *r)
{
	return r->space;
}

static int
file_of(const struct sheet_res *r, const struct _xmlNode *n)
{
	size_t	i;

	for (i = 0; i < r->n; i++)
		if (r->entries[i].node == n)
			return r->entries[i].file;
	return -1;
}

int
sheet_res_octets(struct sheet_res *r, const struct _xmlNode *n,
    const char *child, size_t max, uint8_t **o, size_t *len, struct err *e)
{
	const int	file = file_of(r, n);
	char		path[PATH_SIZE], folder[PATH_SIZE] = "";
	char		*loc = xml_text(xml_child(n, child));
	size_t		 i = 0;
	unsigned	 odd;
	int		 rc;

	*o = NULL;
	*len = 0;
	if (file >= 0 && (r->file[file].base == NULL ||
	    r->file[file].base[0] == '\0' ||
	    !path_resolve(r->file[file].folder, r->file[file].base, folder,
	    &odd)))
		memcpy(folder, r->file[file].folder, sizeof(folder));
	/* Some write it from the folder of the file itself. */
	if (locate(r, folder, loc, path, &i, NULL) == 0 ||
	    (rc = locate(r, file >= 0 ? r->file[file].folder : "", loc, path,
	    &i, e)) == 0)
		rc = package_read(r->package, i, max, o, len, e);
	free(loc);
	return rc;
}
