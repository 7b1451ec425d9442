#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/tm.h"
#include "filing/code.h"
#include "schema/tables.h"

/* schema/divisions.tsv.  Empty dates: always. */
struct division_row {
	const char	*code, *name, *from, *until;
};
#define DIVISION_ROW(C, N, F, U)	{ C, N, F, U },
static const struct division_row division_rows[] = {
	DIVISIONS_TSV(DIVISION_ROW)
};
#define NDIVISIONS	(sizeof(division_rows) / sizeof(division_rows[0]))


static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits and nothing more; their number. */
static size_t
all_digits(const char *s)
{
	size_t	n = 0;

	if (s == NULL)
		return 0;
	while (n < 32 && is_digit(s[n]))
		n++;
	return s[n] == '\0' ? n : 0;
}

int
seal_code_check(const char *s, struct err *e)
{
	size_t	n = all_digits(s);

	if (n != 13 && n != 14)
		return err_set_id(e, ERR_INVAL, "invalid-code",
		    "a seal code is 14 digits (13 of an older physical seal)");
	return 0;
}

int
seal_code_make(const char *division, uint64_t sequence, char out[15],
    struct err *e)
{
	out[0] = '\0';
	if (all_digits(division) != 6)
		return err_set_id(e, ERR_INVAL, "unknown-division",
		    "a division is six digits");
	if (sequence == 0 || sequence > SEAL_SEQUENCE_MAX)
		return err_set_id(e, ERR_CONFLICT, "codes-exhausted",
		    "no code is left in division %s", division);
	(void)snprintf(out, 15, "%s%08" PRIu64, division, sequence);
	return 0;
}

/* GB 32100-2015: no I, O, S, V, Z; a character's value is its place. */
static const char credit_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int
credit_value(char c)
{
	const char	*p = c != '\0' ? strchr(credit_alphabet, c) : NULL;

	return p != NULL ? (int)(p - credit_alphabet) : -1;
}

char
credit_code_digit(const char *first17)
{
	unsigned	sum = 0, weight = 1;
	int		i, v;

	for (i = 0; i < 17; i++) {
		if ((v = credit_value(first17[i])) < 0)
			return '\0';
		sum += (unsigned)v * weight;
		weight = weight * 3 % 31;
	}
	return credit_alphabet[(31 - sum % 31) % 31];
}

int
credit_code_check(const char *s, struct err *e)
{
	char	want;
	size_t	i;

	if (s == NULL || strlen(s) != 18)
		return err_set_id(e, ERR_INVAL, "bad-credit-code",
		    "a unified social credit code has 18 characters");
	for (i = 0; i < 18; i++)
		if (credit_value(s[i]) < 0)
			return err_set_id(e, ERR_INVAL, "bad-credit-code",
			    "character %zu of the credit code is none of its "
			    "alphabet (no I, O, S, V, Z)", i + 1);
	for (i = 2; i < 8; i++)
		if (!is_digit(s[i]))
			return err_set_id(e, ERR_INVAL, "bad-credit-code",
			    "characters 3 to 8 of a credit code are digits");
	want = credit_code_digit(s);
	if (s[17] != want)
		return err_set_id(e, ERR_INVAL, "bad-credit-code",
		    "the check character of the credit code is wrong: one of "
		    "its characters was mistyped");
	return 0;
}

/* Two digits as a number. */
static unsigned
two(const char *s)
{
	return (unsigned)(s[0] - '0') * 10 + (unsigned)(s[1] - '0');
}

static unsigned
days_in(unsigned year, unsigned month)
{
	static const uint8_t	days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	if (month < 1 || month > 12)
		return 0;
	if (month == 2 && year % 4 == 0 &&
	    (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* GB 11643-1999: 18 characters at s. */
static bool
resident_id_at(const char *s)
{
	static const uint8_t	weight[17] = {
		7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2
	};
	static const char	check[] = "10X98765432";
	unsigned		i, year, day, sum = 0;
	char			last;

	for (i = 0; i < 17; i++) {
		if (!is_digit(s[i]))
			return false;
		sum += weight[i] * (unsigned)(s[i] - '0');
	}
	last = (char)(s[17] == 'x' ? 'X' : s[17]);
	if (last != check[sum % 11] || s[0] < '1' || s[0] > '9')
		return false;
	year = two(s + 6) * 100 + two(s + 8);
	day = two(s + 12);
	return year >= 1850 && year <= 2100 && day >= 1 &&
	    day <= days_in(year, two(s + 10));
}

int
resident_id_check(const char *s, struct err *e)
{
	if (s == NULL || strlen(s) != 18 || !resident_id_at(s))
		return err_set_id(e, ERR_INVAL, "bad-resident-id",
		    "not a resident identity number");
	return 0;
}

bool
resident_id_within(const char *s, size_t n)
{
	size_t	i;

	for (i = 0; i + 18 <= n; i++)
		if (resident_id_at(s + i))
			return true;
	return false;
}

/* The first second of a date in Beijing. */
static int64_t
day_begin(const char *date)
{
	char	text[40];
	int64_t	t = 0;

	(void)snprintf(text, sizeof(text), "%.10sT00:00:00+08:00", date);
	return tm_parse(text, &t) ? t : INT64_MAX;
}

const char *
division_name(const char *code, int64_t t)
{
	const struct division_row	*r;
	size_t				 i;

	if (all_digits(code) != 6)
		return NULL;
	for (i = 0; i < NDIVISIONS; i++) {
		r = &division_rows[i];
		if (memcmp(r->code, code, 6) != 0)
			continue;
		if (r->from[0] != '\0' && t < day_begin(r->from))
			continue;
		if (r->until[0] != '\0' && t >= day_begin(r->until))
			continue;
		return r->name;
	}
	return NULL;
}

int
division_check(const char *code, int64_t t, struct err *e)
{
	if (division_name(code, t) == NULL)
		return err_set_id(e, ERR_INVAL, "unknown-division",
		    "no administrative division has this code at that time");
	return 0;
}
