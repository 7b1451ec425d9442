#include <stddef.h>
#include <string.h>

#include "registry/role.h"

static const struct {
	unsigned	 role;
	const char	*word;
} roles_table[] = {
	{ ROLE_APPLICANT,	"applicant" },
	{ ROLE_CLERK,		"clerk" },
	{ ROLE_REVIEWER,	"reviewer" },
	{ ROLE_AUDITOR,		"auditor" },
	{ ROLE_OPERATOR,	"operator" },
};
#define NROLES	(sizeof(roles_table) / sizeof(roles_table[0]))

const char *
role_word(unsigned role)
{
	size_t	i;

	for (i = 0; i < NROLES; i++)
		if (roles_table[i].role == role)
			return roles_table[i].word;
	return NULL;
}

static unsigned
role_of(const char *word, size_t n)
{
	size_t	i;

	for (i = 0; i < NROLES; i++)
		if (strlen(roles_table[i].word) == n &&
		    memcmp(roles_table[i].word, word, n) == 0)
			return roles_table[i].role;
	return 0;
}

int
role_parse(const char *words, unsigned *roles, struct err *e)
{
	const char	*s = words;
	unsigned	 r, all = 0;
	size_t		 n;

	*roles = 0;
	for (;;) {
		n = strcspn(s, " ");
		if ((r = role_of(s, n)) == 0)
			return err_set_id(e, ERR_INVAL, "unknown-role",
			    "\"%.40s\" is not a list of roles; possible: "
			    "applicant, clerk, reviewer, auditor, operator",
			    words);
		all |= r;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	*roles = all;
	return 0;
}

void
role_format(unsigned roles, char out[ROLE_WORDS_SIZE])
{
	size_t	i, n = 0, len;

	for (i = 0; i < NROLES; i++) {
		if ((roles & roles_table[i].role) == 0)
			continue;
		len = strlen(roles_table[i].word);
		if (n > 0)
			out[n++] = ' ';
		memcpy(out + n, roles_table[i].word, len);
		n += len;
	}
	out[n] = '\0';
}
