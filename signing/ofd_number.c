#include <string.h>

#include "signing/ofd_number.h"

bool
ofd_number_take(const char **s, double *v)
{
	const char	*p = *s;
	double		 whole = 0, part = 0, unit = 1;
	bool		 minus, digits = false;

	p += strspn(p, " \t\r\n");
	minus = *p == '-';
	p += *p == '-' || *p == '+';
	for (; *p >= '0' && *p <= '9'; p++, digits = true)
		whole = whole * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, digits = true) {
			unit /= 10;
			part += unit * (*p - '0');
		}
	if (!digits || whole > 1e6)
		return false;
	*v = (minus ? -1 : 1) * (whole + part);
	*s = p;
	return true;
}
