#include "base/tm.h"
#include "registry/judge/inspect_file.h"

static void
put(struct buf *out, const char *what, const char *s)
{
	if (s[0] != '\0')
		buf_printf(out, "%-20s%s\n", what, s);
}

static void
put_time(struct buf *out, const char *what, int64_t t)
{
	char	text[TM_RFC3339_SIZE];

	if (t == 0)
		return;
	tm_rfc3339(t, text);
	put(out, what, text);
}

static void
put_checks(struct buf *out, Check *const *c, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		buf_printf(out, "%-20s%-15s%s\n", c[i]->rule, c[i]->result,
		    c[i]->detail);
}

static void
put_lines(struct buf *out, const char *what, char *const *lines, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		put(out, what, lines[i]);
}

static void
put_stamp(struct buf *out, const StampReading *s, size_t number)
{
	buf_printf(out, "\n-- signature %zu %s\n", number, s->label);
	put(out, "form", s->form);
	put(out, "generation", s->generation);
	put(out, "signer", s->signer);
	put_time(out, "signed at", s->signed_at);
	put_time(out, "time-stamp", s->time_stamp_at);
	put_lines(out, "shows on", s->places, s->n_places);
	put_checks(out, s->checks, s->n_checks);
	put_lines(out, "deviation", s->deviations, s->n_deviations);
	put_lines(out, "not covered", s->uncovered, s->n_uncovered);
	if (s->uncovered_all > s->n_uncovered)
		buf_printf(out, "%-20sand %zu more\n", "not covered",
		    s->uncovered_all - s->n_uncovered);
	put_lines(out, "after it", s->changes, s->n_changes);
	buf_puts(out, s->text);
}

void
inspect_file(const FileReading *m, struct buf *out)
{
	size_t	i;

	put(out, "file", m->kind);
	put_checks(out, m->checks, m->n_checks);
	put(out, "note", m->note);
	buf_puts(out, m->text);
	for (i = 0; i < m->n_stamps; i++)
		put_stamp(out, m->stamps[i], i + 1);
}
