#ifndef TESTS_UNIT_SIGNING_OFDS_H
#define TESTS_UNIT_SIGNING_OFDS_H

#include "tests/unit/signing/stamps.h"
#include "tests/unit/signing/zipfile.h"

#include "base/text.h"
#include "signing/path.h"
#include "signing/signature.h"

/*
 * OFD packages to test with: entries by name, in order, stamped with real
 * stamps; then changed as a case says.
 */

#define OFDS_ROWS	64
#define OFDS_NS		" xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define OFDS_SM3	"1.2.156.10197.1.401"

struct ofds {
	struct {
		char		*name;
		struct buf	 body;
	}			 row[OFDS_ROWS];
	size_t			 n;
	char			 list[4096];	/* of Signatures.xml */
};

/* Zeroed: a stamp of GB/T 38540 that covers all, on page 1. */
struct ofds_sign {
	unsigned	 number;
	const char	*method;	/* NULL: OFDS_SM3; "": none */
	const char	*omit;		/* names that it leaves out, with " " */
	bool		 nothing;	/* no references */
	bool		 whole;		/* Signatures.xml too */
	const char	*annots;	/* NULL: one, on page 1 */
	const char	*property;	/* NULL: its own */
	const char	*type;		/* NULL: "Seal" */
	bool		 bare, signed_data;
	bool		 no_esl;
	bool		 slashless;	/* locations without the first "/" */
};

static inline struct buf *
ofds_row(struct ofds *o, const char *name)
{
	size_t	i;

	for (i = 0; i < o->n; i++)
		if (strcmp(o->row[i].name, name) == 0)
			return &o->row[i].body;
	return NULL;
}

static inline void
ofds_put(struct ofds *o, const char *name, struct octets body)
{
	struct buf	*b = ofds_row(o, name);

	if (b == NULL) {
		assert_true(o->n < OFDS_ROWS);
		o->row[o->n].name = xstrdup(name);
		b = &o->row[o->n++].body;
		buf_init(b, 16u << 20);
	}
	buf_reset(b);
	buf_put_octets(b, body);
}

static inline void
ofds_puts(struct ofds *o, const char *name, const char *body)
{
	ofds_put(o, name, OCTETS(body, strlen(body)));
}

static inline void
ofds_drop(struct ofds *o, const char *name)
{
	size_t	i;

	for (i = 0; i < o->n; i++)
		if (strcmp(o->row[i].name, name) == 0) {
			free(o->row[i].name);
			buf_fini(&o->row[i].body);
			o->row[i] = o->row[--o->n];
			return;
		}
	fail_msg("no %s", name);
}

/* from to to in a row, once; it must be there. */
static inline void
ofds_edit(struct ofds *o, const char *name, const char *from, const char *to)
{
	struct buf	*b = ofds_row(o, name), copy;
	const uint8_t	*at;
	size_t		 head;

	assert_non_null(b);
	buf_init(&copy, 16u << 20);
	buf_put_octets(&copy, buf_octets(b));
	at = memmem(copy.p, copy.len, from, strlen(from));
	if (at == NULL)
		fail_msg("no %s in %s", from, name);
	head = (size_t)(at - copy.p);
	buf_reset(b);
	buf_put(b, copy.p, head);
	buf_puts(b, to);
	at += strlen(from);
	buf_put(b, at, copy.len - head - strlen(from));
	buf_fini(&copy);
}

static inline void
ofds_fini(struct ofds *o)
{
	size_t	i;

	for (i = 0; i < o->n; i++) {
		free(o->row[i].name);
		buf_fini(&o->row[i].body);
	}
	memset(o, 0, sizeof(*o));
}

/* Two pages, a template, resources with a picture, an annotation. */
static inline void
ofds_document(struct ofds *o)
{
	memset(o, 0, sizeof(*o));
	ofds_puts(o, "OFD.xml", "<ofd:OFD" OFDS_NS "><ofd:DocBody>"
	    "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>"
	    "/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
	    "</ofd:OFD>");
	ofds_puts(o, "Doc_0/Document.xml", "<ofd:Document" OFDS_NS ">"
	    "<ofd:CommonData><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
	    "<ofd:TemplatePage ID=\"9\" BaseLoc=\"Tpls/T.xml\"/>"
	    "</ofd:CommonData><ofd:Pages>"
	    "<ofd:Page ID=\"1\" BaseLoc=\"Pages/P0/Content.xml\"/>"
	    "<ofd:Page ID=\"2\" BaseLoc=\"Pages/P1/Content.xml\"/>"
	    "</ofd:Pages><ofd:Annotations>Annots/Annotations.xml"
	    "</ofd:Annotations><ofd:CustomTags>Tags/CustomTags.xml"
	    "</ofd:CustomTags></ofd:Document>");
	ofds_puts(o, "Doc_0/PublicRes.xml", "<ofd:Res" OFDS_NS
	    " BaseLoc=\"Res\"><ofd:MultiMedias><ofd:MultiMedia ID=\"5\">"
	    "<ofd:MediaFile>logo.png</ofd:MediaFile></ofd:MultiMedia>"
	    "</ofd:MultiMedias></ofd:Res>");
	ofds_puts(o, "Doc_0/Res/logo.png", "\x89PNG");
	ofds_puts(o, "Doc_0/Tpls/T.xml", "<ofd:Page" OFDS_NS "/>");
	ofds_puts(o, "Doc_0/Pages/P0/Content.xml", "<ofd:Page" OFDS_NS
	    "><ofd:Content>one</ofd:Content></ofd:Page>");
	ofds_puts(o, "Doc_0/Pages/P1/Content.xml", "<ofd:Page" OFDS_NS
	    "><ofd:Content>two</ofd:Content></ofd:Page>");
	ofds_puts(o, "Doc_0/Annots/Annotations.xml", "<ofd:Annotations"
	    OFDS_NS "><ofd:Page PageID=\"1\"><ofd:FileLoc>P0/A.xml"
	    "</ofd:FileLoc></ofd:Page></ofd:Annotations>");
	ofds_puts(o, "Doc_0/Annots/P0/A.xml", "<ofd:PageAnnot" OFDS_NS
	    "/>");
	ofds_puts(o, "Doc_0/Tags/CustomTags.xml", "<ofd:CustomTags" OFDS_NS
	    "/>");
}

static inline bool
ofds_covers(const struct ofds_sign *s, const char *name, const char *own)
{
	const char	*at;

	if (s->nothing || strstr(name, own) == name)
		return false;
	if (strcmp(name, "Doc_0/Signs/Signatures.xml") == 0)
		return s->whole;
	for (at = s->omit; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, name, strlen(name)) == 0 &&
		    (at[strlen(name)] == ' ' || at[strlen(name)] == '\0'))
			return false;
	}
	return true;
}

static inline void
ofds_references(struct ofds *o, const struct ofds_sign *s, const char *own,
    struct buf *x)
{
	uint8_t	h[SM3_LEN];
	size_t	i;

	if (s->method == NULL || s->method[0] != '\0')
		buf_printf(x, "<ofd:References CheckMethod=\"%s\">",
		    s->method != NULL ? s->method : OFDS_SM3);
	else
		buf_puts(x, "<ofd:References>");
	for (i = 0; i < o->n; i++) {
		if (!ofds_covers(s, o->row[i].name, own))
			continue;
		sm3(o->row[i].body.p, o->row[i].body.len, h);
		buf_printf(x, "<ofd:Reference FileRef=\"%s%s\">"
		    "<ofd:CheckValue>", s->slashless ? "" : "/",
		    o->row[i].name);
		buf_put_b64(x, h, SM3_LEN);
		buf_puts(x, "</ofd:CheckValue></ofd:Reference>");
	}
	buf_puts(x, "</ofd:References>");
}

/* The stamp, and Seal.esl out of it. */
static inline void
ofds_value(const struct nation *n, const struct ofds_sign *s,
    struct octets xml, const char *property, struct buf *value)
{
	uint8_t			h[SM3_LEN];
	struct stamp_spec	spec = { .generation = SEAL_V4 };
	struct sd_spec		sd = { .attributes = false };

	sm3(xml.p, xml.len, h);
	spec.hash = OCTETS(h, SM3_LEN);
	spec.property = property;
	if (s->bare)
		stamp_sign(n, false, xml, false, false, value);
	else if (s->signed_data) {
		sd.content = OCTETS(h, SM3_LEN);
		sd.signer = n->signer;
		sd.slot = KEY_WRAPPING;
		sd_build(n, &sd, value);
	} else
		stamp_build(n, &spec, value);
}

/* A seal like that in a stamp: what a Seal.esl beside it may be. */
static inline void
ofds_seal(struct octets value, struct buf *seal)
{
	struct stamp	*st = xmalloc(sizeof(*st));

	assert_int_equal(stamp_parse(value, false, st, NULL), 0);
	buf_put_octets(seal, st->seal.whole);
	free(st);
}

static inline void
ofds_stamp(struct ofds *o, const struct nation *n, const struct ofds_sign *s)
{
	char		own[64], name[96], line[256], property[98];
	struct buf	x, value, seal;

	(void)snprintf(own, sizeof(own), "Doc_0/Signs/Sign_%u/", s->number);
	(void)snprintf(line, sizeof(line), "<ofd:Signature ID=\"s%03u\" "
	    "Type=\"%s\" BaseLoc=\"%s%sSignature.xml\"/>", s->number + 1,
	    s->type != NULL ? s->type : "Seal", s->slashless ? "" : "/",
	    own);
	strncat(o->list, line, sizeof(o->list) - strlen(o->list) - 1);
	buf_init(&x, 1u << 20);
	buf_printf(&x, "<ofd:Signatures" OFDS_NS ">%s</ofd:Signatures>",
	    o->list);
	ofds_put(o, "Doc_0/Signs/Signatures.xml", buf_octets(&x));
	buf_reset(&x);
	buf_puts(&x, "<ofd:Signature" OFDS_NS "><ofd:SignedInfo>");
	ofds_references(o, s, own, &x);
	buf_puts(&x, s->annots != NULL ? s->annots : "<ofd:StampAnnot "
	    "ID=\"7\" PageRef=\"1\" Boundary=\"120 200 40 40\"/>");
	if (!s->no_esl && !s->bare && !s->signed_data)
		buf_printf(&x, "<ofd:Seal><ofd:BaseLoc>/%sSeal.esl"
		    "</ofd:BaseLoc></ofd:Seal>", own);
	buf_printf(&x, "</ofd:SignedInfo><ofd:SignedValue>%s%sSignedValue.dat"
	    "</ofd:SignedValue></ofd:Signature>", s->slashless ? "" : "/",
	    own);
	(void)snprintf(name, sizeof(name), "%sSignature.xml", own);
	(void)snprintf(property, sizeof(property), "/%s", name);
	ofds_put(o, name, buf_octets(&x));
	buf_init(&value, LIMIT_SIGNATURE);
	ofds_value(n, s, buf_octets(&x), s->property != NULL ? s->property :
	    property, &value);
	(void)snprintf(name, sizeof(name), "%sSignedValue.dat", own);
	ofds_put(o, name, buf_octets(&value));
	if (!s->no_esl && !s->bare && !s->signed_data) {
		buf_init(&seal, LIMIT_SEAL);
		ofds_seal(buf_octets(&value), &seal);
		(void)snprintf(name, sizeof(name), "%sSeal.esl", own);
		ofds_put(o, name, buf_octets(&seal));
		buf_fini(&seal);
	}
	buf_fini(&value);
	buf_fini(&x);
}

static inline void
ofds_pack(const struct ofds *o, struct zipfile *z)
{
	size_t	i;

	zipfile_init(z);
	for (i = 0; i < o->n; i++)
		zipfile_add(z, o->row[i].name,
		    buf_octets(&o->row[i].body));
	zipfile_end(z, "");
	assert_true(buf_ok(&z->out));
}

#endif /* TESTS_UNIT_SIGNING_OFDS_H */
