#include <stdio.h>
#include <string.h>

#include "base/der.h"
#include "base/tm.h"
#include "signing/stamp.h"

#define TEXT_SIZE	48

/* Digits alone, and a Z where the standard has one. */
static bool
compact(struct octets o, int64_t *t, unsigned *deviations)
{
	struct der	d = { .val = o };
	char		text[16];

	if (o.len == 14 && o.p[13] != 'Z') {
		/* yyyyMMddHHmmss */
		memcpy(text, o.p, 14);
		text[14] = 'Z';
		d = (struct der){ .tag = DER_GENTIME,
		    .val = OCTETS(text, 15) };
		if (der_time(&d, t, NULL) != 0)
			return false;
		*t -= 8 * 3600;
		*deviations |= STAMP_DEV_TIME_ZONE;
		return true;
	}
	d.tag = o.len == 13 ? DER_UTCTIME : DER_GENTIME;
	return der_time(&d, t, NULL) == 0;
}

bool
stamp_time_text(struct octets o, int64_t *t, unsigned *deviations)
{
	char		text[TEXT_SIZE];
	unsigned	dev = STAMP_DEV_TIME_TEXT;
	size_t		i;

	*t = 0;
	/* Room for a zone; a bare date is no moment. */
	if (o.len < 13 || o.len > TEXT_SIZE - 8)
		return false;
	for (i = 0; i < o.len; i++)
		if (o.p[i] < 0x20 || o.p[i] >= 0x7f)
			return false;
	if (o.len <= 15) {
		if (!compact(o, t, &dev))
			return false;
		*deviations |= dev;
		return true;
	}
	memcpy(text, o.p, o.len);
	text[o.len] = '\0';
	if (o.len >= 19 && text[10] == ' ')
		text[10] = 'T';
	if (!tm_parse(text, t)) {
		(void)snprintf(text + o.len, sizeof(text) - o.len, "+08:00");
		dev |= STAMP_DEV_TIME_ZONE;
		if (!tm_parse(text, t))
			return false;
	}
	*deviations |= dev;
	return true;
}
