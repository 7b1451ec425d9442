#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "signing/ofd_place.h"
#include "signing/ofd_sign.h"
#include "signing/ofd_uses.h"
#include "signing/path.h"

/* CheckMethod as it is met; the standard's names first. */
static const struct {
	const char	*text;
	enum ofd_method	 method;
	const char	*odd;
} methods[] = {
	{ "1.2.156.10197.1.401", OFD_METHOD_SM3, NULL },
	{ "SM3", OFD_METHOD_SM3, NULL },
	{ "SHA256", OFD_METHOD_SHA256, NULL },
	{ "SHA1", OFD_METHOD_SHA1, NULL },
	{ "MD5", OFD_METHOD_MD5, NULL },
	{ "1.2.156.10197.1.401.1", OFD_METHOD_SM3,
	    "CheckMethod is another OID of SM3 (.401.1)" },
	{ "1.2.156.10197.1.401.2", OFD_METHOD_SM3,
	    "CheckMethod is the OID of HMAC-SM3 (.401.2); SM3 is meant" },
	{ "SHA-256", OFD_METHOD_SHA256, "CheckMethod is \"SHA-256\"" },
	{ "2.16.840.1.101.3.4.2.1", OFD_METHOD_SHA256,
	    "CheckMethod is the OID of SHA-256" },
	{ "SHA-1", OFD_METHOD_SHA1, "CheckMethod is \"SHA-1\"" },
	{ "1.3.14.3.2.26", OFD_METHOD_SHA1,
	    "CheckMethod is the OID of SHA-1" },
};

void
ofd_sign_fault(struct ofd_sign *sign, const char *fmt, ...)
{
	va_list	ap;

	if (sign->fault[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(sign->fault, sizeof(sign->fault), fmt, ap);
	va_end(ap);
}

static void
odd(StampReading *s, const char *line)
{
	reading_line(&s->deviations, &s->n_deviations, "%s", line);
}

static void
read_method(const struct _xmlNode *references, struct ofd_sign *sign,
    StampReading *s)
{
	char	*text = xml_attribute(references, "CheckMethod");
	size_t	 i;

	sign->method = text == NULL || text[0] == '\0' ? OFD_METHOD_NONE :
	    OFD_METHOD_OTHER;
	if (sign->method == OFD_METHOD_NONE)
		odd(s, "CheckMethod is missing, which means MD5");
	for (i = 0; text != NULL &&
	    i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcasecmp(text, methods[i].text) == 0) {
			sign->method = methods[i].method;
			if (methods[i].odd != NULL)
				odd(s, methods[i].odd);
		}
	free(text);
}

/* What CheckValues may be written in besides base64. */
#define WRITTEN_HEX	(1u << 0)
#define WRITTEN_BARE	(1u << 1)	/* base64 without "=" */

/*
 * The digest in a CheckValue: base64, perhaps broken into lines.  64 hexadecimal
 * digits would be 48 octets of it, which no digest of OFD has.
 */
static void
read_value(char *text, struct ofd_reference *r, unsigned *written)
{
	char	*from, *to = text, padded[48];
	size_t	 n;

	if (text == NULL)
		return;
	for (from = text; *from != '\0'; from++)
		if (strchr(" \t\r\n", *from) == NULL)
			*to++ = *from;
	*to = '\0';
	n = strlen(text);
	if (n == 2 * SM3_LEN && hex_decode(text, n, r->value, SM3_LEN)) {
		r->len = SM3_LEN;
		*written |= WRITTEN_HEX;
		return;
	}
	if (b64_decode(text, n, r->value, sizeof(r->value), &r->len))
		return;
	(void)snprintf(padded, sizeof(padded), "%.43s=", text);
	if (n == 43 && b64_decode(padded, n + 1, r->value, sizeof(r->value),
	    &r->len))
		*written |= WRITTEN_BARE;
	else
		r->len = 0;
}

static void
read_references(struct ofd_show *show, const struct _xmlNode *info,
    struct ofd_sign *sign, StampReading *s)
{
	const struct _xmlNode	*list = xml_child(info, "References"), *n;
	struct ofd_reference	*r;
	char			*value;
	unsigned		 written = 0;

	if (xml_count(info, "References") > 1)
		ofd_sign_fault(sign, "two lists of references");
	if (list == NULL)
		return;
	read_method(list, sign, s);
	sign->references = xcalloc(xml_count(list, "Reference") + 1,
	    sizeof(sign->references[0]));
	for (n = xml_child(list, "Reference"); n != NULL; n = xml_next(n)) {
		r = &sign->references[sign->n++];
		if ((r->loc = xml_attribute(n, "FileRef")) == NULL)
			r->loc = xstrdup("");
		r->found = ofd_locate_signed(show, sign->xml, r->loc,
		    &r->file);
		if (r->found)
			sign->covered[r->file] = true;
		if (xml_count(n, "CheckValue") > 1)
			ofd_sign_fault(sign, "a reference with two digests");
		value = xml_text(xml_child(n, "CheckValue"));
		read_value(value, r, &written);
		free(value);
	}
	if ((written & WRITTEN_HEX) != 0)
		odd(s, "digests are written in hexadecimal");
	if ((written & WRITTEN_BARE) != 0)
		odd(s, "digests lack the \"=\" of base64");
}

/* SignedValue: where the value is; beside Signature.xml if it is not said. */
static void
find_value(struct ofd_show *show, const struct _xmlNode *root,
    struct ofd_sign *sign, StampReading *s)
{
	char	*loc = xml_text(xml_child(root, "SignedValue"));

	if (xml_count(root, "SignedValue") > 1)
		ofd_sign_fault(sign, "two signature values");
	if (loc == NULL || loc[0] == '\0') {
		odd(s, "Signature.xml does not say where its value is");
		free(loc);
		loc = xstrdup("SignedValue.dat");
	}
	sign->has_value = ofd_locate_signed(show, sign->xml, loc,
	    &sign->value);
	if (!sign->has_value)
		ofd_sign_fault(sign, "its value %.150s is not in the package",
		    loc);
	free(loc);
}

/* The seal's own file: named, or just there. */
static void
find_seal(struct ofd_show *show, const struct _xmlNode *info,
    struct ofd_sign *sign, StampReading *s)
{
	const struct _xmlNode	*seal = xml_child(info, "Seal");
	char			*loc = xml_text(xml_child(seal, "BaseLoc"));

	if (xml_count(info, "Seal") > 1 || xml_count(seal, "BaseLoc") > 1)
		ofd_sign_fault(sign, "two seals");
	if (loc == NULL && seal != NULL)
		loc = xml_attribute(seal, "BaseLoc");
	sign->names_seal = loc != NULL && loc[0] != '\0';
	if (sign->names_seal) {
		sign->has_seal = ofd_locate_signed(show, sign->xml, loc,
		    &sign->seal);
		if (!sign->has_seal)
			odd(s, "the file of its seal is not in the package");
	} else {
		char	folder[PATH_SIZE], path[PATH_SIZE + 16];
		bool	other;

		path_folder(package_name(show->package, sign->xml), folder);
		(void)snprintf(path, sizeof(path), "%s%sSeal.esl", folder,
		    folder[0] != '\0' ? "/" : "");
		sign->has_seal = package_find(show->package, path,
		    &sign->seal, &other);
		if (sign->has_seal)
			odd(s, "Signature.xml does not name the seal beside "
			    "it");
	}
	free(loc);
}

static void
read_xml(struct ofd_show *show, struct ofd_sign *sign, StampReading *s)
{
	const struct _xmlNode	*root, *info;
	struct xml		*x = NULL;
	struct err		 e = ERR_INIT;
	uint8_t			*p = NULL;
	size_t			 n = 0;

	if (package_read(show->package, sign->xml, LIMIT_XML, &p, &n,
	    &e) != 0 || xml_parse(OCTETS(p, n), package_name(show->package,
	    sign->xml), &x, &e) != 0) {
		ofd_sign_fault(sign, "%s", e.text);
		free(p);
		return;
	}
	free(p);
	if (xml_is_foreign(x))
		odd(s, "elements of a namespace that OFD does not know");
	root = xml_root(x);
	info = xml_child(root, "SignedInfo");
	if (!xml_is(root, "Signature") || xml_count(root, "SignedInfo") != 1)
		ofd_sign_fault(sign, "Signature.xml has not one SignedInfo");
	read_references(show, info, sign, s);
	find_value(show, root, sign, s);
	find_seal(show, info, sign, s);
	ofd_places(show, sign, info, s);
	xml_free(x);
}

void
ofd_sign_read(struct ofd_show *show, unsigned body,
    const struct _xmlNode *listed, struct ofd_sign *sign, StampReading *s)
{
	char	folder[PATH_SIZE];
	char	*loc = xml_attribute(listed, "BaseLoc");
	char	*type = xml_attribute(listed, "Type");

	memset(sign, 0, sizeof(*sign));
	sign->body = body;
	sign->is_sign = type != NULL && strcasecmp(type, "Sign") == 0;
	if (type != NULL && !sign->is_sign && strcasecmp(type, "Seal") != 0)
		odd(s, "its Type is neither Seal nor Sign");
	sign->covered = xcalloc(package_count(show->package) + 1,
	    sizeof(sign->covered[0]));
	sign->has_xml = loc != NULL && ofd_locate_signed(show,
	    show->bodies[body].signatures, loc, &sign->xml);
	if (sign->has_xml) {
		path_folder(package_name(show->package, sign->xml), folder);
		(void)snprintf(sign->label, sizeof(sign->label), "/%.240s",
		    folder);
		read_xml(show, sign, s);
	} else {
		(void)snprintf(sign->label, sizeof(sign->label), "%s",
		    loc != NULL ? loc : "");
		ofd_sign_fault(sign, "%.150s is listed and not in the "
		    "package", sign->label);
	}
	free(type);
	free(loc);
}

void
ofd_sign_fini(struct ofd_sign *sign)
{
	size_t	i;

	for (i = 0; i < sign->n; i++)
		free(sign->references[i].loc);
	free(sign->references);
	free(sign->covered);
	memset(sign, 0, sizeof(*sign));
}
