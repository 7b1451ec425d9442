#include "tests/unit/signing/ofds.h"

#include "signing/ofd.h"

/*
 * Packages that are right, and packages of which one thing is not: what the
 * rows say, and that they say it of the right file.
 */

static struct nation	n;

#define RULES	8
#define FORMAT	0
#define SIGNED	3
#define HASH	5
#define REFS	6
#define COVER	7
static const char *const	rules[RULES] = {
	"format", "seal_signature", "signer_in_seal", "stamp_signature",
	"time_stamp", "data_hash", "references", "coverage"
};

/* ---- what is done to a package after it was stamped */

static void
change_page(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Pages/P1/Content.xml", "two", "TWO");
}

static void
drop_page(struct ofds *o)
{
	ofds_drop(o, "Doc_0/Pages/P1/Content.xml");
}

static void
drop_logo(struct ofds *o)
{
	ofds_drop(o, "Doc_0/Res/logo.png");
}

static void
change_seal(struct ofds *o)
{
	ofds_row(o, "Doc_0/Signs/Sign_0/Seal.esl")->p[40] ^= 1;
}

static void
longer_seal(struct ofds *o)
{
	buf_put_u8(ofds_row(o, "Doc_0/Signs/Sign_0/Seal.esl"), 0);
}

static void
shorter_seal(struct ofds *o)
{
	ofds_row(o, "Doc_0/Signs/Sign_0/Seal.esl")->len--;
}

static void
drop_seal(struct ofds *o)
{
	ofds_drop(o, "Doc_0/Signs/Sign_0/Seal.esl");
}

static void
drop_value(struct ofds *o)
{
	ofds_drop(o, "Doc_0/Signs/Sign_0/SignedValue.dat");
}

static void
drop_signature(struct ofds *o)
{
	ofds_drop(o, "Doc_0/Signs/Sign_0/Signature.xml");
}

static void
space_in_signature(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Signs/Sign_0/Signature.xml", "<ofd:SignedInfo>",
	    "<ofd:SignedInfo> ");
}

static void
doctype_in_signature(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Signs/Sign_0/Signature.xml", "<ofd:Signature",
	    "<!DOCTYPE x><ofd:Signature");
}

static void
two_values(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Signs/Sign_0/Signature.xml", "</ofd:SignedValue>",
	    "</ofd:SignedValue><ofd:SignedValue>/OFD.xml</ofd:SignedValue>");
}

static void
doctype_in_page(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Pages/P0/Content.xml", "<ofd:Page",
	    "<!DOCTYPE x [<!ENTITY a \"b\">]><ofd:Page");
}

/* The document is copied, changed, and OFD.xml leads to the copy. */
static void
shadow_document(struct ofds *o)
{
	ofds_puts(o, "Doc_1/Document.xml", "<ofd:Document" OFDS_NS "><ofd:"
	    "Pages><ofd:Page ID=\"1\" BaseLoc=\"C.xml\"/></ofd:Pages>"
	    "</ofd:Document>");
	ofds_puts(o, "Doc_1/C.xml", "<ofd:Page" OFDS_NS ">you owe me"
	    "</ofd:Page>");
	ofds_edit(o, "OFD.xml", "Doc_0/Document.xml", "Doc_1/Document.xml");
}

static void
one_more_document(struct ofds *o)
{
	shadow_document(o);
	ofds_edit(o, "OFD.xml", "Doc_1/Document.xml", "Doc_0/Document.xml");
	ofds_edit(o, "OFD.xml", "<ofd:DocBody>", "<ofd:DocBody><ofd:DocRoot>"
	    "Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody><ofd:DocBody>");
}

static void
one_more_version(struct ofds *o)
{
	shadow_document(o);
	ofds_edit(o, "OFD.xml", "Doc_1/Document.xml", "Doc_0/Document.xml");
	ofds_edit(o, "OFD.xml", "</ofd:DocBody>", "<ofd:Versions><ofd:Version"
	    " ID=\"1\" BaseLoc=\"V.xml\" Current=\"true\"/></ofd:Versions>"
	    "</ofd:DocBody>");
	ofds_puts(o, "V.xml", "<ofd:DocVersion" OFDS_NS "><ofd:DocRoot>"
	    "Doc_1/Document.xml</ofd:DocRoot></ofd:DocVersion>");
}

static void
two_roots(struct ofds *o)
{
	ofds_edit(o, "OFD.xml", "<ofd:DocRoot>", "<ofd:DocRoot>Doc_0/Tpls/"
	    "T.xml</ofd:DocRoot><ofd:DocRoot>");
}

static void
add_page(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Pages/P2/Content.xml", "<ofd:Page" OFDS_NS
	    ">three</ofd:Page>");
	ofds_edit(o, "Doc_0/Document.xml", "</ofd:Pages>", "<ofd:Page "
	    "ID=\"3\" BaseLoc=\"Pages/P2/Content.xml\"/></ofd:Pages>");
}

static void
swap_page(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Pages/P2/Content.xml", "<ofd:Page" OFDS_NS
	    ">three</ofd:Page>");
	ofds_edit(o, "Doc_0/Document.xml", "Pages/P1", "Pages/P2");
}

static void
add_annotation(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Annots/P1/A.xml", "<ofd:PageAnnot" OFDS_NS
	    ">PAID</ofd:PageAnnot>");
	ofds_edit(o, "Doc_0/Annots/Annotations.xml", "</ofd:Annotations>",
	    "<ofd:Page PageID=\"2\"><ofd:FileLoc>P1/A.xml</ofd:FileLoc>"
	    "</ofd:Page></ofd:Annotations>");
}

static void
add_file(struct ofds *o)
{
	ofds_puts(o, "Doc_0/extra.bin", "x");
}

static void
hide_page_as_signature(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Signs/Sign_1/P.xml", "<ofd:Page" OFDS_NS
	    ">three</ofd:Page>");
	ofds_edit(o, "Doc_0/Document.xml", "</ofd:Pages>", "<ofd:Page "
	    "ID=\"3\" BaseLoc=\"Signs/Sign_1/P.xml\"/></ofd:Pages>");
}

static void
list_missing(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Signs/Signatures.xml", "</ofd:Signatures>",
	    "<ofd:Signature ID=\"9\" BaseLoc=\"/Doc_0/Signs/Sign_9/"
	    "Signature.xml\"/></ofd:Signatures>");
}

static void
list_twice(struct ofds *o)
{
	ofds_edit(o, "Doc_0/Signs/Signatures.xml", "</ofd:Signatures>",
	    "<ofd:Signature ID=\"9\" BaseLoc=\"/Doc_0/Signs/Sign_0/"
	    "Signature.xml\"/></ofd:Signatures>");
}

static void
unlisted(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Signs/Sign_5/Signature.xml", "<a/>");
}

/* Pages, templates and resources that name each other in a ring. */
static void
ring(struct ofds *o)
{
	ofds_puts(o, "Doc_0/Pages/P0/Content.xml", "<ofd:Page" OFDS_NS
	    "><ofd:PageRes>Content.xml</ofd:PageRes></ofd:Page>");
	ofds_puts(o, "Doc_0/Tpls/T.xml", "<ofd:Page" OFDS_NS
	    "><ofd:PageRes>../PublicRes.xml</ofd:PageRes></ofd:Page>");
	ofds_edit(o, "Doc_0/PublicRes.xml", "logo.png", "../PublicRes.xml");
}

static void
move_signature(struct ofds *o)
{
	struct buf	*b = ofds_row(o, "Doc_0/Signs/Sign_0/Signature.xml");

	ofds_put(o, "Doc_0/Signs/Sign_7/Signature.xml", buf_octets(b));
	ofds_edit(o, "Doc_0/Signs/Signatures.xml", "Sign_0", "Sign_7");
}

/* ---- the cases */

#define P	"passed"
#define F	"failed"
#define U	"unknown"
#define ANNOT(page, box, clip)	"<ofd:StampAnnot ID=\"7\" PageRef=\"" page \
		"\" Boundary=\"" box "\"" clip "/>"

static const struct {
	const char	*name;
	struct ofds_sign sign;
	void		(*before)(struct ofds *o), (*after)(struct ofds *o);
	const char	*file;		/* row format of the file */
	/* One row, and a word in its detail or in what stands beside it; all
	 * others pass, but for those that "also" names. */
	size_t		 rule;
	const char	*result, *says, *also;
	const char	*deviation;	/* NULL: none */
} cases[] = {
	{ "all is right", .file = P, .rule = COVER, .result = P,
	    .says = "every file" },
	{ "locations without /", { .slashless = true }, .file = P,
	    .rule = REFS, .result = P, .says = "10 files",
	    .deviation = "not relative" },
	{ "SM3 by name", { .method = "SM3" }, .file = P, .rule = REFS,
	    .result = P, .says = "SM3" },
	{ "the OID of HMAC", { .method = "1.2.156.10197.1.401.2" },
	    .file = P, .rule = REFS, .result = P, .says = "SM3",
	    .deviation = "HMAC-SM3" },
	{ "another digest", { .method = "SHA256" }, .file = P, .rule = REFS,
	    .result = F, .says = "was changed" },
	{ "no digest is named", { .method = "" }, .file = P, .rule = REFS,
	    .result = U, .says = "MD5", .deviation = "means MD5" },
	{ "MD5", { .method = "MD5" }, .file = P, .rule = REFS, .result = U,
	    .says = "too weak" },
	{ "SHA-1", { .method = "SHA1" }, .file = P, .rule = REFS,
	    .result = U, .says = "too weak" },
	{ "an unknown digest", { .method = "1.2.3" }, .file = P,
	    .rule = REFS, .result = U, .says = "does not know" },
	{ "no references", { .nothing = true }, .file = P, .rule = REFS,
	    .result = F, .says = "no file at all", .also = "coverage" },
	{ "a page was changed", .after = change_page, .file = P,
	    .rule = REFS, .result = F,
	    .says = "/Doc_0/Pages/P1/Content.xml was changed; 1 of 10" },
	{ "a picture is gone", .after = drop_logo, .file = P, .rule = REFS,
	    .result = F, .says = "/Doc_0/Res/logo.png is not in",
	    .deviation = "logo.png" },
	{ "a page is gone", .after = drop_page, .file = F, .rule = REFS,
	    .result = F, .says = "P1/Content.xml is not in" },
	{ "DOCTYPE in a page", .before = doctype_in_page, .file = F,
	    .rule = REFS, .result = P, .says = "10 files" },

	/* Signature.xml, its value and its seal. */
	{ "a space in Signature.xml", .after = space_in_signature,
	    .file = P, .rule = HASH, .result = F, .says = "not the one" },
	{ "DOCTYPE in Signature.xml", .after = doctype_in_signature,
	    .file = P, .rule = FORMAT, .result = F, .says = "DOCTYPE",
	    .also = "seal_signature signer_in_seal stamp_signature "
	    "data_hash references coverage time_stamp" },
	{ "two values", .after = two_values, .file = P, .rule = FORMAT,
	    .result = F, .says = "two signature values",
	    .also = "data_hash" },
	{ "propertyInfo without /",
	    { .property = "Doc_0/Signs/Sign_0/Signature.xml" }, .file = P,
	    .rule = FORMAT, .result = P, .says = "stamp",
	    .deviation = "spells" },
	{ "propertyInfo is the end of it",
	    { .property = "Signs/Sign_0/Signature.xml" }, .file = P,
	    .rule = FORMAT, .result = P, .says = "stamp",
	    .deviation = "spells" },
	{ "propertyInfo names another",
	    { .property = "/Doc_0/Signs/Sign_1/Signature.xml" }, .file = P,
	    .rule = FORMAT, .result = F, .says = "another Signature.xml" },
	{ "propertyInfo names a page",
	    { .property = "/Doc_0/Pages/P0/Content.xml" }, .file = P,
	    .rule = FORMAT, .result = F, .says = "another Signature.xml" },
	{ "propertyInfo is a word", { .property = "x" }, .file = P,
	    .rule = FORMAT, .result = P, .says = "stamp",
	    .deviation = "no location" },
	{ "the signature was moved", .after = move_signature, .file = P,
	    .rule = FORMAT, .result = F, .says = "another Signature.xml",
	    .deviation = "no list names" },
	{ "another seal beside it", .after = change_seal, .file = P,
	    .rule = FORMAT, .result = F, .says = "Seal.esl" },
	{ "a longer seal beside it", .after = longer_seal, .file = P,
	    .rule = FORMAT, .result = F, .says = "Seal.esl" },
	{ "a shorter seal beside it", .after = shorter_seal, .file = P,
	    .rule = FORMAT, .result = F, .says = "Seal.esl" },
	{ "no seal beside it", .after = drop_seal, .file = P,
	    .rule = FORMAT, .result = P, .says = "stamp",
	    .deviation = "file of its seal" },
	{ "nor is one named", { .no_esl = true }, .file = P, .rule = FORMAT,
	    .result = P, .says = "stamp" },
	{ "no value", .after = drop_value, .file = P, .rule = FORMAT,
	    .result = F, .says = "SignedValue.dat", .also = "seal_signature "
	    "signer_in_seal stamp_signature data_hash time_stamp" },
	{ "no Signature.xml", .after = drop_signature, .file = P,
	    .rule = FORMAT, .result = F, .says = "Signature.xml",
	    .also = "seal_signature signer_in_seal stamp_signature "
	    "data_hash references coverage time_stamp" },

	/* Where it shows. */
	{ "a page that is not there",
	    { .annots = ANNOT("77", "0 0 40 40", "") }, .file = P,
	    .rule = FORMAT, .result = F, .says = "page \"77\"" },
	{ "a box of three numbers",
	    { .annots = ANNOT("1", "0 0 40", "") }, .file = P,
	    .rule = FORMAT, .result = F, .says = "Boundary" },
	{ "a clip that is none",
	    { .annots = ANNOT("1", "0 0 40 40", " Clip=\"x\"") }, .file = P,
	    .rule = FORMAT, .result = F, .says = "Clip" },

	/* What it does not cover. */
	{ "OFD.xml", { .omit = "OFD.xml" }, .file = P, .rule = COVER,
	    .result = P, .says = "1 files" },
	{ "custom tags", { .omit = "Doc_0/Tags/CustomTags.xml" }, .file = P,
	    .rule = COVER, .result = P, .says = "1 files" },
	{ "a file that nothing names", .after = add_file, .file = P,
	    .rule = COVER, .result = P, .says = "1 files" },
	{ "a page", { .omit = "Doc_0/Pages/P1/Content.xml" }, .file = P,
	    .rule = COVER, .result = U, .says = "P1/Content.xml" },
	{ "a picture", { .omit = "Doc_0/Res/logo.png" }, .file = P,
	    .rule = COVER, .result = U, .says = "logo.png" },
	{ "a template", { .omit = "Doc_0/Tpls/T.xml" }, .file = P,
	    .rule = COVER, .result = U, .says = "T.xml" },
	{ "the document", { .omit = "Doc_0/Document.xml" }, .file = P,
	    .rule = COVER, .result = U, .says = "Document.xml" },
	{ "all annotations", { .omit = "Doc_0/Annots/Annotations.xml "
	    "Doc_0/Annots/P0/A.xml" }, .file = P, .rule = COVER,
	    .result = U, .says = "Annotations.xml" },
	{ "an annotation that came later",
	    { .omit = "Doc_0/Annots/Annotations.xml" },
	    .after = add_annotation, .file = P, .rule = COVER, .result = F,
	    .says = "P1/A.xml" },
	{ "an annotation that came later, and its list is covered",
	    .after = add_annotation, .file = P, .rule = REFS, .result = F,
	    .says = "Annotations.xml", .also = "coverage" },
	{ "a page that came later",
	    { .omit = "Doc_0/Document.xml OFD.xml" }, .after = add_page,
	    .file = P, .rule = COVER, .result = F,
	    .says = "P2/Content.xml" },
	{ "a page that was replaced",
	    { .omit = "Doc_0/Document.xml OFD.xml" }, .after = swap_page,
	    .file = P, .rule = COVER, .result = F,
	    .says = "P1/Content.xml" },
	{ "a page among signatures", { .omit = "Doc_0/Document.xml" },
	    .after = hide_page_as_signature, .file = P, .rule = COVER,
	    .result = F, .says = "Sign_1/P.xml" },
	{ "another document", { .omit = "OFD.xml", .annots = ANNOT("1",
	    "0 0 40 40", "") }, .after = shadow_document, .file = P,
	    .rule = COVER, .result = F, .says = "Doc_0/Document.xml" },
	{ "one more document", { .omit = "OFD.xml" },
	    .after = one_more_document, .file = P, .rule = COVER,
	    .result = F, .says = "Doc_1/Document.xml" },
	{ "one more version", { .omit = "OFD.xml" },
	    .after = one_more_version, .file = P, .rule = COVER,
	    .result = F, .says = "Doc_1/Document.xml" },
	{ "another document, and OFD.xml is covered",
	    .after = shadow_document, .file = P, .rule = REFS, .result = F,
	    .says = "OFD.xml was changed", .also = "coverage" },
	{ "two roots", .before = two_roots, .file = F, .rule = 99 },
	{ "a ring", .before = ring, .file = P, .rule = COVER, .result = P,
	    .says = "every file" },

	/* Lists. */
	{ "the list, too", { .whole = true }, .file = P, .rule = REFS,
	    .result = P, .says = "11 files" },
	{ "a signature that no list names", .after = unlisted, .file = P,
	    .rule = COVER, .result = P, .says = "1 files",
	    .deviation = "no list names" },
	{ "a signature listed twice", .after = list_twice, .file = F,
	    .rule = REFS, .result = P, .says = "10 files" },
	{ "a signature that is not there", .after = list_missing,
	    .file = P, .rule = REFS, .result = P, .says = "10 files" },

	/* Values without a seal. */
	{ "r and s alone", { .type = "Sign", .bare = true, .annots = "" },
	    .file = P, .rule = SIGNED, .result = U, .says = "nobody",
	    .also = "data_hash", .deviation = "bare" },
	{ "SignedData", { .type = "Sign", .signed_data = true,
	    .annots = "" }, .file = P, .rule = HASH, .result = P,
	    .says = "is the one" },
	{ "SignedData, changed", { .type = "Sign", .signed_data = true,
	    .annots = "" }, .after = space_in_signature, .file = P,
	    .rule = HASH, .result = F, .says = "not the one" },
};

static FileReading *
read_rows(const struct ofds *o)
{
	FileReading	*m = reading_new("ofd");
	struct zipfile	 z;
	struct err	 e = ERR_INIT;

	ofds_pack(o, &z);
	if (ofd_read(buf_octets(&z.out), m, &e) != 0)
		fail_msg("%s", e.text);
	zipfile_fini(&z);
	return m;
}

static bool
has_line(char *const *lines, size_t count, const char *what)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (what != NULL && strstr(lines[i], what) != NULL)
			return true;
	return what == NULL && count == 0;
}

static void
check_stamp(size_t i, const StampReading *s)
{
	const Check	*c;
	size_t		 k;

	assert_int_equal(s->n_checks, RULES);
	for (k = 0; k < RULES; k++) {
		c = s->checks[k];
		assert_string_equal(c->rule, rules[k]);
		if (k == cases[i].rule) {
			if (strcmp(c->result, cases[i].result) != 0 ||
			    strstr(c->detail, cases[i].says) == NULL)
				fail_msg("%s: %s is %s: %s", cases[i].name,
				    c->rule, c->result, c->detail);
		} else if ((cases[i].also == NULL ||
		    strstr(cases[i].also, c->rule) == NULL) !=
		    (strcmp(c->result, P) == 0 ||
		    strcmp(c->result, "not_applicable") == 0)) {
			fail_msg("%s: %s, too, is %s: %s", cases[i].name,
			    c->rule, c->result, c->detail);
		}
	}
	if (!has_line(s->deviations, s->n_deviations, cases[i].deviation))
		fail_msg("%s: deviations %zu: %s", cases[i].name,
		    s->n_deviations, s->n_deviations > 0 ?
		    s->deviations[0] : "none");
}

static void
one_stamp(void **state)
{
	FileReading	*m;
	struct ofds	 o;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ofds_document(&o);
		if (cases[i].before != NULL)
			cases[i].before(&o);
		ofds_stamp(&o, &n, &cases[i].sign);
		if (cases[i].after != NULL)
			cases[i].after(&o);
		m = read_rows(&o);
		if (strcmp(m->checks[0]->result, cases[i].file) != 0)
			fail_msg("%s: %s", cases[i].name,
			    m->checks[0]->detail);
		if (cases[i].rule < RULES)
			check_stamp(i, m->stamps[0]);
		else
			assert_int_equal(m->n_stamps, 0);
		assert_true(utf8_valid(m->text, strlen(m->text)));
		reading_free(m);
		ofds_fini(&o);
	}
}

/* Two stamps: the second covers the first's files; the first need not cover
 * the second's, unless it forbade one by covering the list. */
static void
two_stamps(void **state)
{
	static const struct ofds_sign	second = { .number = 1 };
	struct ofds_sign		first = { .number = 0 };
	FileReading			*m;
	struct ofds			 o;

	(void)state;
	for (first.whole = false;; first.whole = true) {
		ofds_document(&o);
		ofds_stamp(&o, &n, &first);
		ofds_stamp(&o, &n, &second);
		m = read_rows(&o);
		assert_int_equal(m->n_stamps, 2);
		assert_string_equal(m->stamps[0]->label,
		    "/Doc_0/Signs/Sign_0");
		assert_string_equal(m->stamps[1]->label,
		    "/Doc_0/Signs/Sign_1");
		assert_string_equal(m->stamps[0]->checks[REFS]->result,
		    first.whole ? F : P);
		if (first.whole)
			assert_non_null(strstr(m->stamps[0]->checks[REFS]->
			    detail, "/Doc_0/Signs/Signatures.xml"));
		assert_string_equal(m->stamps[0]->checks[COVER]->result, P);
		assert_string_equal(m->stamps[1]->checks[REFS]->result, P);
		assert_string_equal(m->stamps[1]->checks[COVER]->result, P);
		assert_non_null(strstr(m->text, "covered by 1, 2"));
		reading_free(m);
		/* The first's value is covered by the second. */
		ofds_row(&o, "Doc_0/Signs/Sign_0/SignedValue.dat")->p[9] ^= 1;
		m = read_rows(&o);
		assert_string_equal(m->stamps[1]->checks[REFS]->result, F);
		reading_free(m);
		ofds_fini(&o);
		if (first.whole)
			break;
	}
}

/* What lies in a later signature's folder may lie outside: but not a page. */
static void
what_lies_outside(void **state)
{
	static const struct ofds_sign	second = { .number = 1 };
	struct ofds_sign		first = { .number = 0 };
	FileReading			*m;
	StampReading			*s;
	struct ofds			 o;

	(void)state;
	ofds_document(&o);
	ofds_puts(&o, "mimetype", "application/ofd");
	first.omit = "mimetype Doc_0/Tags/CustomTags.xml";
	ofds_stamp(&o, &n, &first);
	ofds_stamp(&o, &n, &second);
	add_file(&o);
	m = read_rows(&o);
	s = m->stamps[0];
	assert_int_equal(s->uncovered_all, 2);
	assert_int_equal(s->n_uncovered, 2);
	assert_string_equal(s->uncovered[0], "/Doc_0/Tags/CustomTags.xml");
	assert_string_equal(s->uncovered[1], "/Doc_0/extra.bin");
	assert_string_equal(s->checks[COVER]->result, P);
	reading_free(m);
	ofds_fini(&o);

	ofds_document(&o);
	first.omit = "Doc_0/Document.xml";
	ofds_stamp(&o, &n, &first);
	ofds_stamp(&o, &n, &second);
	hide_page_as_signature(&o);
	m = read_rows(&o);
	s = m->stamps[0];
	assert_string_equal(s->checks[COVER]->result, F);
	assert_true(has_line(s->uncovered, s->n_uncovered,
	    "/Doc_0/Signs/Sign_1/P.xml"));
	reading_free(m);
	ofds_fini(&o);
}

static void
missing_is_a_stamp(void **state)
{
	static const struct ofds_sign	sign;
	FileReading			*m;
	struct ofds			 o;

	(void)state;
	ofds_document(&o);
	ofds_stamp(&o, &n, &sign);
	list_missing(&o);
	m = read_rows(&o);
	assert_int_equal(m->n_stamps, 2);
	assert_string_equal(m->stamps[1]->checks[FORMAT]->result, F);
	assert_string_equal(m->stamps[1]->label,
	    "/Doc_0/Signs/Sign_9/Signature.xml");
	assert_int_equal(m->stamps[1]->n_checks, RULES);
	reading_free(m);
	ofds_fini(&o);
}

static void
page_edge(void **state)
{
	static const struct {
		const char	*annots, *first, *second;
	} edges[] = {
		{ ANNOT("1", "190 40 40 40", " Clip=\"0 0 20 40\"")
		    ANNOT("2", "170 40 40 40", " Clip=\"20 0 20 40\""),
		    "a page-edge stamp over 2 pages, all of it",
		    "page 1, 190,40 mm, 40x40, the part 0,0 mm, 20x40 of it" },
		{ ANNOT("1", "190 40 40 40", " Clip=\"0 0 10 40\"")
		    ANNOT("2", "170 40 40 40", " Clip=\"30 0 10 40\""),
		    "a page-edge stamp over 2 pages, not all of it: slices "
		    "are missing",
		    "page 1, 190,40 mm, 40x40, the part 0,0 mm, 10x40 of it" },
		{ ANNOT("1", "1.5 -2 40 40", "")
		    ANNOT("2", "170 40 40 40", ""),
		    "page 1, 1.5,-2 mm, 40x40",
		    "page 2, 170,40 mm, 40x40" },
	};
	struct ofds_sign	sign = { .number = 0 };
	FileReading		*m;
	struct ofds		 o;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		sign.annots = edges[i].annots;
		ofds_document(&o);
		ofds_stamp(&o, &n, &sign);
		m = read_rows(&o);
		assert_string_equal(m->stamps[0]->places[0], edges[i].first);
		assert_string_equal(m->stamps[0]->places[1],
		    edges[i].second);
		reading_free(m);
		ofds_fini(&o);
	}
}

/* The commonest fraud: a picture of a seal, and nothing signed. */
static void
without_signature(void **state)
{
	FileReading	*m;
	struct ofds	 o;

	(void)state;
	ofds_document(&o);
	ofds_edit(&o, "OFD.xml", "<ofd:Signatures>/Doc_0/Signs/Signatures"
	    ".xml</ofd:Signatures>", "");
	m = read_rows(&o);
	assert_int_equal(m->n_stamps, 0);
	assert_string_equal(m->checks[0]->result, F);
	assert_string_equal(m->note, "no electronic seal in this file");
	reading_free(m);
	ofds_edit(&o, "Doc_0/Pages/P0/Content.xml", "one", "<ofd:ImageObject "
	    "ID=\"4\" ResourceID=\"5\"/>");
	m = read_rows(&o);
	assert_string_equal(m->note, "picture only, not an electronic seal");
	assert_string_equal(m->checks[0]->detail, m->note);
	reading_free(m);
	/* A list that names none is no signature either. */
	ofds_edit(&o, "OFD.xml", "</ofd:DocBody>", "<ofd:Signatures>S.xml"
	    "</ofd:Signatures></ofd:DocBody>");
	ofds_puts(&o, "S.xml", "<ofd:Signatures" OFDS_NS "/>");
	m = read_rows(&o);
	assert_string_equal(m->note, "picture only, not an electronic seal");
	reading_free(m);
	ofds_fini(&o);
}

static void
no_ofd(void **state)
{
	FileReading	*m = reading_new("ofd");
	struct zipfile	 z;
	struct err	 e = ERR_INIT;

	(void)state;
	zipfile_init(&z);
	zipfile_add(&z, "word/document.xml", OCTETS("<a/>", 4));
	zipfile_end(&z, "");
	assert_int_equal(ofd_read(buf_octets(&z.out), m, &e), ERR_FORMAT);
	assert_string_equal(e.id, "unknown-object");
	reading_free(m);
	/* A damaged archive is told as one. */
	m = reading_new("ofd");
	e = (struct err)ERR_INIT;
	assert_int_equal(ofd_read(OCTETS(z.out.p, z.out.len - 4), m, &e), 0);
	assert_string_equal(m->checks[0]->result, F);
	assert_non_null(strstr(m->checks[0]->detail, "bad-package"));
	reading_free(m);
	zipfile_fini(&z);
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(one_stamp),
		cmocka_unit_test(two_stamps),
		cmocka_unit_test(what_lies_outside),
		cmocka_unit_test(missing_is_a_stamp),
		cmocka_unit_test(page_edge),
		cmocka_unit_test(without_signature),
		cmocka_unit_test(no_ofd),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
