#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "registry/keep/doctor.h"

void
doctor_say(struct doctor *d, const char *name, enum doctor_level level,
    const char *todo, const char *fmt, ...)
{
	struct doctor_finding	*f;
	va_list			 ap;

	if (level > d->worst)
		d->worst = level;
	if (d->nfound == LIMIT_DOCTOR_FINDINGS)
		return;
	f = &d->found[d->nfound++];
	f->name = name;
	f->level = level;
	(void)snprintf(f->todo, sizeof(f->todo), "%s",
	    todo != NULL ? todo : "");
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void
doctor_span(int64_t s, char out[32])
{
	if (s < 120)
		(void)snprintf(out, 32, "%" PRId64 " s", s);
	else if (s < 7200)
		(void)snprintf(out, 32, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		(void)snprintf(out, 32, "%" PRId64 " h", s / 3600);
	else
		(void)snprintf(out, 32, "%" PRId64 " days", s / 86400);
}

void
doctor_look(struct doctor *d)
{
	doctor_logs(d);
	doctor_peers(d);
	doctor_office(d);
	doctor_owners(d);
	doctor_papers(d);
	doctor_roots(d);
	doctor_policy(d);
	doctor_seals(d);
	doctor_requests(d);
	doctor_machine(d);
}
