#include "base/mem.h"
#include "signing/ofd_references.h"

static const char *const	words[] = {
	[OFD_METHOD_NONE] = "MD5 (nothing is said)", [OFD_METHOD_SM3] = "SM3",
	[OFD_METHOD_SHA256] = "SHA-256", [OFD_METHOD_SHA1] = "SHA-1",
	[OFD_METHOD_MD5] = "MD5", [OFD_METHOD_OTHER] = "a kind that OFD does not know"
};

static bool
is_judged(enum ofd_method m)
{
	return m == OFD_METHOD_SM3 || m == OFD_METHOD_SHA256;
}

/* Why a reference does not hold, or NULL. */
static const char *
look_at(struct ofd_show *show, const struct ofd_sign *sign,
    const struct ofd_reference *r)
{
	uint8_t	now[SM3_LEN];
	int	rc;

	_Static_assert(SM3_LEN == SHA256_LEN, "one buffer for both");
	if (!r->found)
		return "is not in the package";
	if (!is_judged(sign->method))
		return NULL;
	if (r->len != sizeof(now))
		return "is listed without a digest of that kind";
	rc = sign->method == OFD_METHOD_SM3 ?
	    package_sm3(show->package, r->file, now, NULL) :
	    package_sha256(show->package, r->file, now, NULL);
	if (rc != 0)
		return "is damaged";
	return mem_equal(now, r->value, sizeof(now)) ? NULL : "was changed";
}

void
ofd_references(struct ofd_show *show, const struct ofd_sign *sign,
    StampReading *s)
{
	const char	*why, *first_why = NULL, *first = NULL;
	size_t		 i, bad = 0;

	for (i = 0; i < sign->n; i++) {
		why = look_at(show, sign, &sign->references[i]);
		if (why == NULL)
			continue;
		if (bad++ == 0) {
			first = sign->references[i].loc;
			first_why = why;
		}
		reading_line(&s->changes, &s->n_changes, "%.150s %s",
		    sign->references[i].loc, why);
	}
	if (sign->n == 0)
		reading_stamp_check(s, "references", READ_FAILED,
		    "it refers to no file at all");
	else if (bad > 0)
		reading_stamp_check(s, "references", READ_FAILED,
		    "%.150s %s; %zu of %zu files do not match", first,
		    first_why, bad, sign->n);
	else if (!is_judged(sign->method))
		reading_stamp_check(s, "references", READ_UNKNOWN,
		    "the digests are of %s%s", words[sign->method],
		    sign->method == OFD_METHOD_OTHER ? "" :
		    ": too weak to tell a changed file");
	else
		reading_stamp_check(s, "references", READ_PASSED,
		    "%zu files as they were, %s", sign->n,
		    words[sign->method]);
}
