#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/phrase.h"
#include "registry/judge/report_words.h"

#define SLOTS		8
#define NESTED		5
/* Steps for one sentence: texts of strangers can be made to fit badly. */
#define STEPS		20000
#define STEPS_A_LOOK	20

struct slot {
	const char	*p;
	size_t		 n;
};

struct book {
	const struct phrase	*table;
	unsigned		 steps;
};

static bool	 say(struct book *b, struct slot text, unsigned depth,
		    struct buf *out);

/* The conversion at f (after its %): its kind, how much text it writes at
 * most, and what follows. */
static char
conversion(const char *f, size_t *max, const char **next)
{
	const char	*dot;

	*max = (size_t)-1;
	dot = f + strspn(f, "0123456789-+ #");
	if (*dot == '.')
		*max = strtoul(dot + 1, NULL, 10);
	f += strspn(f, "0123456789.-+ #");
	f += strspn(f, "hlzj");
	*next = f + 1;
	return *f;
}

/* How many octets of p may it have written? */
static size_t
span_of(char kind, size_t max, const char *p, size_t n)
{
	const char	*set = kind == 'x' ? "0123456789abcdef" :
			    kind == 'g' || kind == 'f' ? "0123456789.+-e" :
			    "0123456789-";
	size_t		 i;

	if (kind == 's')
		return n < max ? n : max;
	for (i = 0; i < n && strchr(set, p[i]) != NULL; i++)
		;
	return i;
}

/* ---- the translation, filled in */

/* A row without slots. */
static bool
say_word(const struct book *b, struct slot text, struct buf *out)
{
	const struct phrase	*r;

	for (r = b->table; r->en != NULL; r++)
		if (strncmp(r->en, text.p, text.n) == 0 &&
		    r->en[text.n] == '\0' && strchr(r->to, '{') == NULL) {
			buf_puts(out, r->to);
			return true;
		}
	return false;
}

/* {1}, {.1}, {=1}, {?1} or {@1} at f. */
static bool
fill_slot(struct book *b, const char *f, const struct slot *slot,
    unsigned depth, struct buf *out)
{
	const bool		 plain = strchr(".=?@", f[1]) == NULL;
	const struct slot	*s = &slot[(plain ? f[1] : f[2]) - '1'];
	char			 text[64];
	int64_t			 t;

	if (plain) {
		buf_put(out, s->p, s->n);
		return true;
	}
	if (f[1] == '?' && s->n == 0)
		return true;
	if (f[1] == '.')
		return say_word(b, *s, out);
	if (f[1] != '@')
		return say(b, *s, depth + 1, out);
	if (s->p == NULL || s->n >= sizeof(text))
		return false;
	memcpy(text, s->p, s->n);
	text[s->n] = '\0';
	if (!tm_parse(text, &t))
		return false;
	report_moment_text(t, text);
	buf_puts(out, text);
	return true;
}

static bool
fill(struct book *b, const char *to, const struct slot *slot,
    unsigned depth, struct buf *out)
{
	const size_t	before = out->len;

	for (; *to != '\0'; to++) {
		if (*to != '{') {
			buf_put_u8(out, (uint8_t)*to);
			continue;
		}
		if (!fill_slot(b, to, slot, depth, out)) {
			out->len = before;
			return false;
		}
		to = strchr(to, '}');
	}
	return true;
}

/* ---- finding the sentence */

/* What is being matched: one row, and how far it is. */
struct match {
	struct book	*b;
	const char	*to;
	unsigned	 depth;
	struct buf	*out;
	struct slot	 slot[SLOTS];
	const char	*end;
};

static bool	 match(struct match *m, const char *f, const char *p,
		    unsigned n);

/* The shortest piece that lets all the rest fit. */
static bool
match_slot(struct match *m, const char *f, const char *p, unsigned n)
{
	const char	*rest;
	size_t		 max, len, i;
	const char	 kind = conversion(f, &max, &rest);

	len = span_of(kind, max, p, (size_t)(m->end - p));

	for (i = kind == 's' ? 0 : 1; i <= len; i++) {
		if (m->b->steps == 0)
			return false;
		/* What must follow, looked for before all else. */
		if (*rest != '\0' && *rest != '%' && (p + i == m->end ||
		    p[i] != *rest))
			continue;
		if (*rest == '\0')
			i = len;	/* all that is left, or nothing */
		m->b->steps--;
		m->slot[n] = (struct slot){ p, i };
		if (match(m, rest, p + i, n + 1))
			return true;
	}
	return false;
}

static bool
match(struct match *m, const char *f, const char *p, unsigned n)
{
	for (; *f != '\0'; f++, p++) {
		if (*f == '%' && f[1] != '%')
			return n < SLOTS && match_slot(m, f + 1, p, n);
		f += *f == '%';
		if (p == m->end || *p != *f)
			return false;
	}
	return p == m->end && fill(m->b, m->to, m->slot, m->depth, m->out);
}

static bool
say(struct book *b, struct slot text, unsigned depth, struct buf *out)
{
	const struct phrase	*r;
	struct match		 m = { .b = b, .depth = depth, .out = out,
				    .end = text.p + text.n };

	if (text.n == 0)
		return false;

	b->steps -= b->steps < STEPS_A_LOOK ? b->steps : STEPS_A_LOOK;
	for (r = b->table; depth < NESTED && r->en != NULL; r++) {
		m.to = r->to;
		if ((r->en[0] == '%' || r->en[0] == text.p[0]) &&
		    match(&m, r->en, text.p, 0))
			return true;
	}
	return false;
}

const char *
phrase_word(const struct phrase *table, const char *en)
{
	for (; table->en != NULL; table++)
		if (strcmp(table->en, en) == 0)
			return table->to;
	return NULL;
}

bool
phrase_say(const struct phrase *table, const char *en, char *out, size_t size)
{
	struct book	b = { .table = table, .steps = STEPS };
	struct slot	text = { en, strlen(en) };
	struct buf	all;
	bool		good;

	out[0] = '\0';
	buf_init(&all, size - 1);
	good = say(&b, text, 0, &all) && buf_ok(&all);
	if (good) {
		memcpy(out, all.p, all.len);
		out[all.len] = '\0';
	}
	buf_fini(&all);
	return good;
}
