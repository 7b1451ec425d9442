#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "signing/ofd_number.h"
#include "signing/sheet_value.h"
#include "signing/xml.h"

#define EXPONENT_MAX	30
#define NUMBER_MAX	1e6

bool
sheet_number(const char **s, double *v)
{
	const char	*p = *s;
	double		 n;
	int		 power = 0;
	bool		 minus;

	if (!ofd_number_take(&p, &n))
		return false;
	if ((*p == 'e' || *p == 'E') && p[1] != '\0' &&
	    strchr("+-0123456789", p[1]) != NULL) {
		minus = *++p == '-';
		p += *p == '-' || *p == '+';
		if (*p < '0' || *p > '9')
			return false;
		for (; *p >= '0' && *p <= '9'; p++)
			if ((power = power * 10 + (*p - '0')) > EXPONENT_MAX)
				return false;
		n *= pow(10, minus ? -power : power);
	}
	if (fabs(n) > NUMBER_MAX)
		return false;
	*v = n;
	*s = p;
	return true;
}

bool
sheet_is_end(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static enum sheet_found
read_list(char *text, size_t count, double *v)
{
	enum sheet_found	found = SHEET_GOOD;
	const char		*s = text;
	double			 got[SHEET_LIST];
	size_t			 i;

	assert(count <= SHEET_LIST);
	if (text == NULL)
		return SHEET_ABSENT;
	for (i = 0; i < count && found == SHEET_GOOD; i++)
		if (!sheet_number(&s, &got[i]))
			found = SHEET_BAD;
	if (found == SHEET_GOOD && !sheet_is_end(s))
		found = SHEET_BAD;
	if (found == SHEET_GOOD)
		memcpy(v, got, count * sizeof(*v));
	free(text);
	return found;
}

enum sheet_found
sheet_list(const struct _xmlNode *n, const char *name, size_t count,
    double *v)
{
	return read_list(xml_attribute(n, name), count, v);
}

double
sheet_one(const struct _xmlNode *n, const char *name, double usual)
{
	double	v = usual;

	(void)sheet_list(n, name, 1, &v);
	return v;
}

bool
sheet_says(const struct _xmlNode *n, const char *name, const char *word,
    bool usual)
{
	char	*s = xml_attribute(n, name);
	bool	 same = s != NULL ? strcmp(s, word) == 0 : usual;

	free(s);
	return same;
}

bool
sheet_is(const struct _xmlNode *n, const char *name, bool usual)
{
	char	*s = xml_attribute(n, name);
	bool	 is = usual;

	if (s != NULL && (strcmp(s, "true") == 0 || strcmp(s, "1") == 0))
		is = true;
	if (s != NULL && (strcmp(s, "false") == 0 || strcmp(s, "0") == 0))
		is = false;
	free(s);
	return is;
}

enum sheet_found
sheet_box_text(char *text, struct sheet_box *b)
{
	double			v[4] = { 0 };
	enum sheet_found	found = read_list(text, 4, v);

	*b = (struct sheet_box){ v[0], v[1], v[2], v[3] };
	return found == SHEET_GOOD && (b->w < 0 || b->h < 0) ? SHEET_BAD :
	    found;
}

enum sheet_found
sheet_box(const struct _xmlNode *n, const char *name, struct sheet_box *b)
{
	return sheet_box_text(xml_attribute(n, name), b);
}

uint32_t
sheet_id(const struct _xmlNode *n, const char *name)
{
	return sheet_id_text(xml_attribute(n, name));
}

uint32_t
sheet_id_text(char *text)
{
	char		*s;
	uint64_t	 id = 0;

	for (s = text; s != NULL && *s >= '0' && *s <= '9' &&
	    id <= UINT32_MAX; s++)
		id = id * 10 + (uint64_t)(*s - '0');
	if (s == NULL || *s != '\0' || id > UINT32_MAX)
		id = 0;
	free(text);
	return (uint32_t)id;
}
