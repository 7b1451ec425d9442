#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "signing/ofd.h"
#include "signing/ofd_coverage.h"
#include "signing/ofd_print.h"
#include "signing/ofd_references.h"
#include "signing/ofd_show.h"
#include "signing/ofd_sign.h"
#include "signing/ofd_uses.h"
#include "signing/package.h"
#include "signing/path.h"
#include "signing/signature.h"
#include "signing/xml.h"

/* A package while it is read. */
struct ofd {
	FileReading	*m;
	struct ofd_show	*show;
	struct ofd_sign	*signs;
	size_t		 n;
};

static void
odd(StampReading *s, const char *line)
{
	reading_line(&s->deviations, &s->n_deviations, "%s", line);
}

/* ---- the value, and what it says of Signature.xml */

/* dataHash is the digest of the octets of Signature.xml. */
static void
check_hash(struct ofd *o, const struct ofd_sign *sign,
    const struct signature *sig, StampReading *s)
{
	uint8_t	now[SM3_LEN];

	if (!sign->has_xml)
		reading_stamp_check(s, "data_hash", READ_UNKNOWN,
		    "there is no Signature.xml");
	else if (!sig->has_hash)
		reading_stamp_check(s, "data_hash", READ_UNKNOWN,
		    "the value does not say what it is of");
	else if (package_sm3(o->show->package, sign->xml, now, NULL) != 0)
		reading_stamp_check(s, "data_hash", READ_FAILED,
		    "Signature.xml is damaged");
	else if (!mem_equal(now, sig->hash, sizeof(now)))
		reading_stamp_check(s, "data_hash", READ_FAILED,
		    "Signature.xml is not the one that was signed");
	else
		reading_stamp_check(s, "data_hash", READ_PASSED,
		    "Signature.xml is the one that was signed");
}

/* Is it the end of a path, part for part: "Sign_0/Signature.xml"? */
static bool
is_tail(const char *path, const char *end)
{
	size_t	n = strlen(path), len = strlen(end);

	return len < n && strcmp(path + n - len, end) == 0 &&
	    path[n - len - 1] == '/';
}

/* propertyInfo names the Signature.xml that was signed (GB/T 38540). */
static void
check_property(struct ofd *o, struct ofd_sign *sign,
    const struct signature *sig, StampReading *s)
{
	char		text[PATH_SIZE], path[PATH_SIZE], exact[PATH_SIZE + 1];
	const char	*own;
	size_t		file;
	unsigned	parts;
	bool		other;

	if (sig->property.len == 0 || !sign->has_xml)
		return;
	own = package_name(o->show->package, sign->xml);
	(void)snprintf(exact, sizeof(exact), "/%s", own);
	(void)snprintf(text, sizeof(text), "%.*s",
	    (int)(sig->property.len < PATH_SIZE ? sig->property.len :
	    PATH_SIZE - 1), (const char *)sig->property.p);
	if (strcmp(text, exact) == 0)
		return;
	if (!path_resolve("", text, path, &parts)) {
		odd(s, "propertyInfo is no location");
		return;
	}
	if ((package_find(o->show->package, path, &file, &other) &&
	    file == sign->xml) || is_tail(own, path))
		odd(s, "propertyInfo spells Signature.xml in another way");
	else if (package_find(o->show->package, path, &file, &other) ||
	    strcasecmp(path_base(path), "Signature.xml") == 0)
		ofd_sign_fault(sign, "it was made for another Signature.xml: "
		    "%.150s", text);
	else
		odd(s, "propertyInfo is no location");
}

/* Seal.esl is what programs show as the seal: it must be the one signed. */
static void
check_seal(struct ofd *o, struct ofd_sign *sign, const struct signature *sig,
    const StampReading *s)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;

	if (!sign->has_seal || sig->form == SIGNATURE_NONE)
		return;
	if (sig->seal.len == 0) {
		if (!sign->covered[sign->seal])
			ofd_sign_fault(sign, "a seal lies beside it that "
			    "nobody signed");
		return;
	}
	if (package_read(o->show->package, sign->seal, LIMIT_SIGNATURE, &p,
	    &n, NULL) != 0 || n != sig->seal.len ||
	    memcmp(p, sig->seal.p, n) != 0)
		ofd_sign_fault(sign, "Seal.esl is not the seal in the "
		    "signature value");
	else if (s->seal != NULL && s->seal->digest.len == SM3_LEN)
		package_know_sm3(o->show->package, sign->seal,
		    s->seal->digest.data);
	free(p);
}

static void
check_type(const struct ofd_sign *sign, const struct signature *sig,
    StampReading *s)
{
	if (sign->is_sign && sig->form == SIGNATURE_SES)
		odd(s, "its Type is Sign, and its value a stamp");
	if (!sign->is_sign && (sig->form == SIGNATURE_SIGNED_DATA ||
	    sig->form == SIGNATURE_BARE))
		odd(s, "its Type is Seal, and there is no seal in its value");
}

/* The rows of a value: those of signature_read(), or that there is none. */
static void
read_value(struct ofd *o, struct ofd_sign *sign, StampReading *s)
{
	struct signature	 sig;
	struct err		 e = ERR_INIT;
	uint8_t			*p = NULL, *doc = NULL;
	size_t			 n = 0, ndoc = 0;

	memset(&sig, 0, sizeof(sig));
	if (sign->has_value && package_read(o->show->package, sign->value,
	    LIMIT_SIGNATURE, &p, &n, &e) != 0)
		ofd_sign_fault(sign, "%s", e.text);
	if (sign->has_xml && package_read(o->show->package, sign->xml,
	    LIMIT_XML, &doc, &ndoc, NULL) != 0)
		ndoc = 0;		/* data_hash says so */
	if (p != NULL) {
		signature_read(OCTETS(p, n), false, OCTETS(doc, ndoc), s,
		    &sig);
	} else {
		reading_stamp_check(s, "format", READ_FAILED, "%s",
		    sign->fault[0] != '\0' ? sign->fault :
		    "there is no signature value");
		signature_unread(s);
	}
	check_type(sign, &sig, s);
	check_seal(o, sign, &sig, s);
	check_property(o, sign, &sig, s);
	check_hash(o, sign, &sig, s);
	free(doc);
	free(p);
}

/* ---- the lists */

static bool
is_listed(const struct ofd *o, const struct ofd_sign *sign)
{
	size_t	i;

	for (i = 0; i < o->n; i++)
		if (o->signs[i].has_xml && sign->has_xml &&
		    o->signs[i].xml == sign->xml)
			return true;
	return false;
}

static void
read_list(struct ofd *o, unsigned body)
{
	const struct ofd_body	*b = &o->show->bodies[body];
	const struct _xmlNode	*n;
	struct ofd_sign		*sign;
	struct xml		*x = ofd_xml(o->show, b->signatures);
	StampReading		*s;

	if (x != NULL && !xml_is(xml_root(x), "Signatures"))
		ofd_fault(o->show, "a list of signatures that is none");
	for (n = x == NULL ? NULL : xml_child(xml_root(x), "Signature");
	    n != NULL; n = xml_next(n)) {
		if ((s = reading_add_stamp(o->m, "")) == NULL) {
			ofd_fault(o->show, "more than %d signatures",
			    LIMIT_READING_STAMPS);
			break;
		}
		o->signs = xreallocarray(o->signs, o->n + 1,
		    sizeof(o->signs[0]));
		sign = &o->signs[o->n];
		memset(sign, 0, sizeof(*sign));
		ofd_sign_read(o->show, body, n, sign, s);
		if (is_listed(o, sign))
			ofd_fault(o->show, "a signature is listed twice: "
			    "%.150s", sign->label);
		reading_text(&s->label, OCTETS(sign->label,
		    strlen(sign->label)));
		o->n++;
	}
	xml_free(x);
}

/*
 * Signatures that lie there and that no list names: said, and no more.  NULL,
 * or one of them.
 */
static const char *
find_unlisted(struct ofd *o)
{
	const struct package	*p = o->show->package;
	const char		*found = NULL;
	size_t			 i, k;

	for (i = 0; i < package_count(p); i++) {
		if (strcasecmp(path_base(package_name(p, i)),
		    "Signature.xml") != 0)
			continue;
		for (k = 0; k < o->n; k++)
			if (o->signs[k].has_xml && o->signs[k].xml == i)
				break;
		if (k < o->n)
			continue;
		found = package_name(p, i);
		ofd_odd(o->show, "no list names the signature /%.150s",
		    found);
	}
	return found;
}

/* ---- the file */

static void
judge_stamp(struct ofd *o, size_t i)
{
	StampReading	*s = o->m->stamps[i];
	struct ofd_sign	*sign = &o->signs[i];
	const char	*line;
	size_t		 k;

	read_value(o, sign, s);
	ofd_references(o->show, sign, s);
	ofd_coverage(o->show, o->signs, o->n, i, s);
	if (sign->fault[0] != '\0')
		reading_stamp_fail(s, "format", sign->fault);
	for (k = 0; (line = package_deviation(o->show->package, k)) != NULL;
	    k++)
		odd(s, line);
	for (k = 0; k < o->show->nlines; k++)
		odd(s, o->show->lines[k]);
}

/* Files that are encrypted (GM/T 0099) do not read, or are not there. */
static const char *
encrypted(const struct ofd *o)
{
	size_t	file;
	bool	other;

	return package_find(o->show->package, "Encryptions.xml", &file,
	    &other) ? "; files of it are encrypted (Encryptions.xml): have it "
	    "decrypted first" : "";
}

static void
judge_file(struct ofd *o, const char *unlisted)
{
	static const char	picture[] = "picture only, not an electronic "
				    "seal", none[] = "no electronic seal in "
				    "this file";
	const char		*note = o->show->picture ? picture : none;

	if (o->n == 0) {
		reading_text(&o->m->note, OCTETS(note, strlen(note)));
		if (unlisted != NULL && !o->show->picture)
			ofd_fault(o->show, "no electronic seal in this file: "
			    "OFD.xml leads to no list that names /%.150s",
			    unlisted);
		else
			ofd_fault(o->show, "%s", note);
	}
	if (o->show->fault[0] != '\0')
		reading_check(o->m, "format", READ_FAILED, "%s%s",
		    o->show->fault, encrypted(o));
	else
		reading_check(o->m, "format", READ_PASSED,
		    "OFD: %zu files, %u documents, %zu pages, %zu signatures",
		    package_count(o->show->package), o->show->nbodies,
		    o->show->npages, o->n);
}

static int
read_package(struct package *p, FileReading *m, struct err *e)
{
	struct ofd	*o = xcalloc(1, sizeof(*o));
	const char	*unlisted;
	unsigned	 b;
	size_t		 i;
	int		 rc;

	o->m = m;
	if ((rc = ofd_show_read(p, &o->show, e)) != 0)
		goto out;
	for (b = 0; b < o->show->nbodies; b++)
		if (o->show->bodies[b].has_signatures)
			read_list(o, b);
	unlisted = find_unlisted(o);
	for (i = 0; i < o->n; i++)
		judge_stamp(o, i);
	judge_file(o, unlisted);
	if (reading_wants_words())
		ofd_print(o->show, o->signs, o->n, m);

	rc = 0;
out:
	for (i = 0; i < o->n; i++)
		ofd_sign_fini(&o->signs[i]);
	free(o->signs);
	ofd_show_free(o->show);
	free(o);
	return rc;
}

int
ofd_read(struct octets in, FileReading *m, struct err *e)
{
	struct package	*p = NULL;
	struct err	 why = ERR_INIT;
	int		 rc;

	if (package_open(in, &p, &why) != 0) {
		reading_check(m, "format", READ_FAILED, "%s [%s]", why.text,
		    why.id);
		return 0;
	}
	rc = read_package(p, m, e);
	package_free(p);
	return rc;
}
