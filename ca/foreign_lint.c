#include <string.h>

#include "base/der.h"
#include "base/text.h"
#include "ca/delivery.h"
#include "ca/profile.h"

/*
 * The profile "foreign", leniently: what is spelled otherwise is named.
 */

#define DER_CTX3	0xa3
#define UTCTIME_END	2524608000	/* 2050-01-01T00:00:00Z */
#define SERIAL_MIN	8

enum deviation {
	DEV_PARAMETERS = 0, DEV_SERIAL, DEV_SUBJECT, DEV_TIME, DEV_NO_USAGE,
	DEV_USAGE_CRITICAL, DEV_USAGE, DEV_NO_SKI, DEV_NO_AKI, DEV_BASIC,
	DEV_EKU, DEV_NO_CRL, DEV_NO_CREDIT, DEV_PERSON, DEV_UNKNOWN,
	DEV_FALSE, DEV_OTHER, DEV_COUNT
};

static const char *const deviation_names[DEV_COUNT] = {
	[DEV_PARAMETERS]	= "null-parameters",
	[DEV_SERIAL]		= "short-serial",
	[DEV_SUBJECT]		= "subject-form",
	[DEV_TIME]		= "time-form",
	[DEV_NO_USAGE]		= "no-key-usage",
	[DEV_USAGE_CRITICAL]	= "key-usage-not-critical",
	[DEV_USAGE]		= "key-usage-other",
	[DEV_NO_SKI]		= "no-subject-key-id",
	[DEV_NO_AKI]		= "no-authority-key-id",
	[DEV_BASIC]		= "basic-constraints",
	[DEV_EKU]		= "extended-key-usage",
	[DEV_NO_CRL]		= "no-crl-points",
	[DEV_NO_CREDIT]		= "no-credit-code",
	[DEV_PERSON]		= "person-id",
	[DEV_UNKNOWN]		= "unknown-extension",
	[DEV_FALSE]		= "critical-false",
	[DEV_OTHER]		= "extension-not-in-profile",
};
_Static_assert(DEV_COUNT <= LIMIT_FOREIGN_DEVIATIONS, "all of them fit");

/* By extension: what it is where the row has it and it is not there, and
 * where the row does not and it is. */
static const struct {
	enum deviation	missing, present;
} by_ext[EXT_COUNT] = {
	[EXT_BASIC]	 = { DEV_OTHER, DEV_BASIC },
	[EXT_USAGE]	 = { DEV_NO_USAGE, DEV_OTHER },
	[EXT_SKI]	 = { DEV_NO_SKI, DEV_OTHER },
	[EXT_AKI]	 = { DEV_NO_AKI, DEV_OTHER },
	[EXT_EKU]	 = { DEV_OTHER, DEV_EKU },
	[EXT_CRL_POINTS] = { DEV_NO_CRL, DEV_OTHER },
	[EXT_AIA]	 = { DEV_OTHER, DEV_OTHER },
	[EXT_NO_CHECK]	 = { DEV_OTHER, DEV_OTHER },
	[EXT_CREDIT]	 = { DEV_NO_CREDIT, DEV_OTHER },
	[EXT_PERSON]	 = { DEV_OTHER, DEV_PERSON },
	[EXT_SAN]	 = { DEV_OTHER, DEV_OTHER },
};

const char *
foreign_deviation(size_t n)
{
	return n < DEV_COUNT ? deviation_names[n] : NULL;
}

static void
say(struct foreign_lint *l, enum deviation d)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		if (l->name[i] == deviation_names[d])
			return;
	l->name[l->n++] = deviation_names[d];
}

static bool
take(struct cursor *c, struct der *d)
{
	return der_next(c, d, "", NULL) == 0;
}

/* C, O and CN, in this order, each alone and in our spelling. */
static bool
subject_is_usual(const struct der *name)
{
	static const struct {
		uint8_t	oid, tag;
	} parts[] = {
		{ 6, DER_PRINTABLE }, { 10, DER_UTF8 }, { 3, DER_UTF8 }
	};
	struct cursor	in = der_inside(name), at;
	struct der	set, seq, oid, v;
	size_t		i;

	for (i = 0; i < 3; i++) {
		if (!take(&in, &set) || set.tag != DER_SET)
			return false;
		at = der_inside(&set);
		if (!take(&at, &seq) || cursor_left(&at) > 0)
			return false;
		at = der_inside(&seq);
		if (!take(&at, &oid) || oid.val.len != 3 ||
		    oid.val.p[2] != parts[i].oid || !take(&at, &v) ||
		    v.tag != parts[i].tag)
			return false;
	}
	return cursor_left(&in) == 0;
}

static bool
times_are_usual(const struct der *validity)
{
	struct cursor	in = der_inside(validity);
	struct der	d;
	int64_t		t;

	while (cursor_left(&in) > 0)
		if (!take(&in, &d) || der_time(&d, &t, NULL) != 0 ||
		    (d.tag == DER_UTCTIME) != (t < UTCTIME_END))
			return false;
	return true;
}

static void
lint_extension(const struct profile *p, const struct der *ext,
    bool seen[EXT_COUNT], struct foreign_lint *l)
{
	struct cursor	in = der_inside(ext), at;
	struct der	oid, d, bits;
	enum cert_ext	x;
	bool		critical = false;

	if (!take(&in, &oid) || !take(&in, &d))
		return;
	if (d.tag == DER_BOOLEAN) {
		critical = d.val.len == 1 && d.val.p[0] != 0;
		if (!critical)
			say(l, DEV_FALSE);
		if (!take(&in, &d))
			return;
	}
	for (x = EXT_BASIC; x < EXT_COUNT; x++)
		if (octets_same(oid.val, cert_ext_oid(x)))
			break;
	if (x == EXT_COUNT) {
		say(l, DEV_UNKNOWN);
		return;
	}
	seen[x] = true;
	if (p->ext[x] == EXT_NEVER)
		say(l, by_ext[x].present);
	if (x != EXT_USAGE)
		return;
	if (!critical)
		say(l, DEV_USAGE_CRITICAL);
	at = cursor_of(d.val.p, d.val.len);
	if (!take(&at, &bits) || !octets_same(bits.val, OCTETS(p->usage,
	    p->usagelen)))
		say(l, DEV_USAGE);
}

static void
lint_extensions(const struct profile *p, struct cursor *c,
    struct foreign_lint *l)
{
	bool		seen[EXT_COUNT] = { false };
	struct cursor	in;
	struct der	d, all, ext;
	enum cert_ext	x;

	/* Unique identifiers may stand before them; nobody uses those. */
	while (take(c, &d))
		if (d.tag == DER_CTX3) {
			in = der_inside(&d);
			if (!take(&in, &all))
				break;
			in = der_inside(&all);
			while (take(&in, &ext))
				lint_extension(p, &ext, seen, l);
		}
	for (x = EXT_BASIC; x < EXT_COUNT; x++)
		if (p->ext[x] == EXT_MUST && !seen[x])
			say(l, by_ext[x].missing);
}

void
foreign_lint(const struct cert *c, struct foreign_lint *l)
{
	const struct profile	*p = profile_of(CERT_FOREIGN);
	struct octets		 der = cert_der(c);
	struct cursor		 in = cursor_of(der.p, der.len);
	struct der		 d, tbs;

	memset(l, 0, sizeof(*l));
	if (cert_facts(c)->null_parameters)
		say(l, DEV_PARAMETERS);
	if (!take(&in, &d))
		return;
	in = der_inside(&d);
	if (!take(&in, &tbs))
		return;
	in = der_inside(&tbs);
	/* version, serial, signature, issuer, validity, subject, key */
	if (!take(&in, &d) || (d.tag == DER_CTX0 && !take(&in, &d)))
		return;
	if (d.val.len < SERIAL_MIN)
		say(l, DEV_SERIAL);
	if (!take(&in, &d) || !take(&in, &d) || !take(&in, &d))
		return;
	if (!times_are_usual(&d))
		say(l, DEV_TIME);
	if (!take(&in, &d))
		return;
	if (!subject_is_usual(&d))
		say(l, DEV_SUBJECT);
	if (take(&in, &d))
		lint_extensions(p, &in, l);
}
