#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "filing/application.h"
#include "filing/code.h"
#include "filing/life.h"

static bool
has(const char *s)
{
	return s != NULL && s[0] != '\0';
}

/* A name of at most max code points. */
static bool
good_name(const char *s, size_t max)
{
	return text_is_name(s) && utf8_count(s) <= max;
}

bool
seal_type_is_offered(uint32_t seal_type)
{
	return seal_type_style(seal_type) != NULL;
}

const char *
application_person(const struct application *a)
{
	if (a->seal_type != SEAL_LEGAL_REP)
		return NULL;
	return has(a->horizontal_text) ? a->horizontal_text : a->seal_name;
}

/* A person's name has letters of any script, and a dot between them. */
static int
check_person(const char *name, struct err *e)
{
	if (!has(name))
		return err_set_id(e, ERR_INVAL, "bad-person-name",
		    "the legal representative's name is missing");
	if (!good_name(name, LIMIT_PERSON_NAME) ||
	    strpbrk(name, " 0123456789()") != NULL)
		return err_set_id(e, ERR_INVAL, "bad-person-name",
		    "the legal representative's name is 2 to %d characters "
		    "without spaces or digits", LIMIT_PERSON_NAME);
	if (utf8_count(name) < 2)
		return err_set_id(e, ERR_INVAL, "bad-person-name",
		    "the legal representative's name has one character only");
	return 0;
}

static int
check_texts(const struct application *a, struct err *e)
{
	if (has(a->seal_name) && !good_name(a->seal_name, LIMIT_SEAL_NAME))
		return err_set_id(e, ERR_INVAL, "bad-seal-name",
		    "the seal's name is longer than %d characters, or has "
		    "characters that names do not have", LIMIT_SEAL_NAME);
	if (has(a->horizontal_text) &&
	    !good_name(a->horizontal_text, LIMIT_HORIZONTAL_TEXT))
		return err_set_id(e, ERR_INVAL, "bad-horizontal-text",
		    "the horizontal text is longer than %d characters, or has "
		    "characters that names do not have",
		    LIMIT_HORIZONTAL_TEXT);
	if (a->seal_type != SEAL_STATUTORY && !has(a->horizontal_text) &&
	    seal_type_horizontal(a->seal_type)[0] == '\0')
		return err_set_id(e, ERR_INVAL, "bad-horizontal-text",
		    "a seal of this type says what it is for: the horizontal "
		    "text is missing");
	return 0;
}

int
application_check(const struct application *a, int64_t t, struct err *e)
{
	int	rc;

	if (!has(a->owner_name))
		return err_set_id(e, ERR_INVAL, "bad-owner-name",
		    "the owner's name is missing");
	if (!good_name(a->owner_name, LIMIT_OWNER_NAME))
		return err_set_id(e, ERR_INVAL, "bad-owner-name",
		    "the owner's name is longer than %d characters, or has "
		    "characters that names do not have", LIMIT_OWNER_NAME);
	if ((rc = credit_code_check(a->credit_code, e)) != 0 ||
	    (rc = division_check(a->division, t, e)) != 0)
		return rc;
	if (!seal_type_is_offered(a->seal_type))
		return err_set_id(e, ERR_INVAL, "seal-type-not-offered",
		    "seals of type %u are not made here", a->seal_type);
	if (a->seal_type == SEAL_LEGAL_REP)
		return check_person(application_person(a), e);
	return check_texts(a, e);
}

struct application_text
application_text(const struct application *a)
{
	struct application_text	t = { .name = a->owner_name,
				    .horizontal = a->horizontal_text };

	if (a->seal_type == SEAL_LEGAL_REP) {
		t.name = application_person(a);
		t.horizontal = "";
	} else if (!has(t.horizontal)) {
		t.horizontal = seal_type_horizontal(a->seal_type);
	}
	return t;
}

char *
application_seal_name(const struct application *a)
{
	struct application_text	t = application_text(a);

	if (a->seal_type == SEAL_LEGAL_REP)
		return xstrdup(t.name);
	if (has(a->seal_name))
		return xstrdup(a->seal_name);
	/* The statutory seal is called as its owner. */
	return xasprintf("%s%s", a->owner_name,
	    a->seal_type == SEAL_STATUTORY ? "" : t.horizontal);
}
