#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "base/tm.h"

#define DAY		86400
#define BEIJING		(8 * 3600)
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define TM_MIN		INT64_C(-62135596800)

/* A moment in fields, proleptic Gregorian, no leap seconds. */
struct fields {
	int	 year, month, day, hour, minute, second;
};

/*
 * Days from 1970-01-01 to a date.  Years are counted from March, so that the
 * leap day comes last, and in cycles of 400 years (146,097 days).
 */
static int64_t
days_of(int year, int month, int day)
{
	int64_t	 y, cycle, yday;

	y = year - (month <= 2);
	cycle = (y >= 0 ? y : y - 399) / 400;
	y -= cycle * 400;
	yday = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	return cycle * 146097 + y * 365 + y / 4 - y / 100 + yday - 719468;
}

static void
fields_of(int64_t t, struct fields *f)
{
	int64_t	 days, secs, cycle, y, d, m;

	days = t / DAY - (t % DAY < 0);
	secs = t - days * DAY;
	days += 719468;
	cycle = (days >= 0 ? days : days - 146096) / 146097;
	d = days - cycle * 146097;
	y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	d -= 365 * y + y / 4 - y / 100;
	m = (5 * d + 2) / 153;
	f->day = (int)(d - (153 * m + 2) / 5 + 1);
	f->month = (int)(m < 10 ? m + 3 : m - 9);
	f->year = (int)(cycle * 400 + y + (f->month <= 2));
	f->hour = (int)(secs / 3600);
	f->minute = (int)(secs / 60 % 60);
	f->second = (int)(secs % 60);
}

static int64_t
within(int64_t t)
{

	return t < TM_MIN ? TM_MIN : t > TM_MAX ? TM_MAX : t;
}

static void
put_digits(char *s, int v, int n)
{
	for (; n > 0; v /= 10)
		s[--n] = (char)('0' + v % 10);
}

void
tm_rfc3339(int64_t t, char out[TM_RFC3339_SIZE])
{
	struct fields	 f;

	/* By hand: a lookup writes five of them (snprintf took 4 % of it). */
	fields_of(within(t), &f);
	memcpy(out, "0000-00-00T00:00:00Z", TM_RFC3339_SIZE);
	put_digits(out, f.year, 4);
	put_digits(out + 5, f.month, 2);
	put_digits(out + 8, f.day, 2);
	put_digits(out + 11, f.hour, 2);
	put_digits(out + 14, f.minute, 2);
	put_digits(out + 17, f.second, 2);
}

/* n digits at *s, advancing it; -1 if they are not digits. */
static int
digits(const char **s, int n)
{
	int	 v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

static bool
literal(const char **s, char c)
{

	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool
parse_date(const char **s, struct fields *f)
{
	static const int	 last[] = { 31, 28, 31, 30, 31, 30, 31, 31,
				    30, 31, 30, 31 };
	bool			 leap;

	if ((f->year = digits(s, 4)) < 1 || !literal(s, '-') ||
	    (f->month = digits(s, 2)) < 1 || f->month > 12 ||
	    !literal(s, '-') || (f->day = digits(s, 2)) < 1)
		return false;
	leap = (f->year % 4 == 0 && f->year % 100 != 0) || f->year % 400 == 0;
	return f->day <= last[f->month - 1] + (leap && f->month == 2);
}

static bool
parse_offset(const char **s, int *offset)
{
	int	 sign, hours, minutes;

	*offset = 0;
	if (literal(s, 'Z'))
		return true;
	sign = **s == '-' ? -1 : 1;
	if ((!literal(s, '+') && !literal(s, '-')) ||
	    (hours = digits(s, 2)) < 0 || hours > 23 || !literal(s, ':') ||
	    (minutes = digits(s, 2)) < 0 || minutes > 59)
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Clocks that tell fractions write them; a second is all that we keep. */
static bool
skip_fraction(const char **s)
{
	size_t	 n;

	if (!literal(s, '.'))
		return true;
	n = strspn(*s, "0123456789");
	*s += n;
	return n > 0;
}

bool
tm_parse(const char *s, int64_t *t)
{
	struct fields	 f = { 0 };
	int		 offset = BEIJING;
	int64_t		 v;

	if (!parse_date(&s, &f))
		return false;
	if (*s == '\0') {
		f.hour = 23;
		f.minute = f.second = 59;
	} else if (!literal(&s, 'T') || (f.hour = digits(&s, 2)) < 0 ||
	    f.hour > 23 || !literal(&s, ':') ||
	    (f.minute = digits(&s, 2)) < 0 || f.minute > 59 ||
	    !literal(&s, ':') || (f.second = digits(&s, 2)) < 0 ||
	    f.second > 59 || !skip_fraction(&s) ||
	    !parse_offset(&s, &offset) || *s != '\0')
		return false;
	v = days_of(f.year, f.month, f.day) * DAY + f.hour * 3600 +
	    f.minute * 60 + f.second - offset;
	/* An offset may lead out of the years that can be written. */
	if (v != within(v))
		return false;
	*t = v;
	return true;
}

void
tm_beijing(int64_t t, char out[48])
{
	struct fields	 f;
	char		 s[96];
	size_t		 i;

	t = within(t);
	fields_of(within(t + BEIJING), &f);
	snprintf(s, sizeof(s), "%04d-%02d-%02d %02d:%02d:%02d 北京时间",
	    f.year, f.month, f.day, f.hour, f.minute, f.second);
	for (i = 0; i < 47 && s[i] != '\0'; i++)
		out[i] = s[i];
	out[i] = '\0';
}

int64_t
tm_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

bool
tm_synchronised(void)
{
	struct timex	 tx = { .modes = 0 };

	return adjtimex(&tx) != -1 && (tx.status & STA_UNSYNC) == 0;
}

int64_t
tm_mono_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
tm_mono_us(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
