#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "ca/x509.h"
#include "signing/reading.h"

static bool	unwanted;

void
reading_want_words(bool wanted)
{
	unwanted = !wanted;
}

bool
reading_wants_words(void)
{
	return !unwanted;
}

/* Of the file that is read. */
static struct {
	bool	wanted;
	size_t	left;
	uint8_t	seals[LIMIT_READING_STAMPS][SM3_LEN];
	size_t	n;
} pictures;

void
reading_want_pictures(bool wanted)
{
	memset(&pictures, 0, sizeof(pictures));
	pictures.wanted = wanted;
	pictures.left = LIMIT_READING_PICTURES;
}

void
reading_picture(SealReading *m, struct octets picture)
{
	size_t	i;

	if (!pictures.wanted || m->digest.len != SM3_LEN ||
	    picture.len > pictures.left || pictures.n == LIMIT_READING_STAMPS)
		return;
	for (i = 0; i < pictures.n; i++)
		if (memcmp(pictures.seals[i], m->digest.data, SM3_LEN) == 0)
			return;
	memcpy(pictures.seals[pictures.n++], m->digest.data, SM3_LEN);
	pictures.left -= picture.len;
	reading_octets(&m->picture, picture);
}

FileReading *
reading_new(const char *kind)
{
	FileReading	*m = xmalloc(sizeof(*m));

	file_reading__init(m);
	m->kind = xstrdup(kind);
	return m;
}

void
reading_free(FileReading *m)
{
	if (m != NULL)
		file_reading__free_unpacked(m, NULL);
}

StampReading *
reading_add_stamp(FileReading *m, const char *label)
{
	StampReading	*s;

	if (m->n_stamps == LIMIT_READING_STAMPS)
		return NULL;
	s = xmalloc(sizeof(*s));
	stamp_reading__init(s);
	reading_text(&s->label, OCTETS(label, strlen(label)));
	m->stamps = xreallocarray(m->stamps, m->n_stamps + 1,
	    sizeof(m->stamps[0]));
	m->stamps[m->n_stamps++] = s;
	return s;
}

static void __attribute__((format(printf, 5, 0)))
add_check(Check ***list, size_t *n, const char *rule, const char *result,
    const char *fmt, va_list ap)
{
	Check	*c = xmalloc(sizeof(*c));
	char	 text[READING_TEXT_SIZE];

	assert(*n < LIMIT_READING_CHECKS);
	check__init(c);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	c->rule = xstrdup(rule);
	c->result = xstrdup(result);
	reading_text(&c->detail, OCTETS(text, strlen(text)));
	*list = xreallocarray(*list, *n + 1, sizeof((*list)[0]));
	(*list)[(*n)++] = c;
}

void
reading_check(FileReading *m, const char *rule, const char *result,
    const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	add_check(&m->checks, &m->n_checks, rule, result, fmt, ap);
	va_end(ap);
}

void
reading_stamp_check(StampReading *s, const char *rule, const char *result,
    const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	add_check(&s->checks, &s->n_checks, rule, result, fmt, ap);
	va_end(ap);
}

void
reading_stamp_why(StampReading *s, const char *id)
{
	Check	*c = s->checks[s->n_checks - 1];

	reading_text(&c->why, OCTETS(id, strlen(id)));
}

static Check *
find(StampReading *s, const char *rule)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0)
			return s->checks[i];
	return NULL;
}

static void
change(Check *c, const char *result, const char *why)
{
	free(c->result);
	c->result = xstrdup(result);
	reading_text(&c->detail, OCTETS(why, strlen(why)));
}

void
reading_stamp_fail(StampReading *s, const char *rule, const char *why)
{
	Check	*c = find(s, rule);

	if (c == NULL)
		reading_stamp_check(s, rule, READ_FAILED, "%s", why);
	/* What failed first has its own reason, which comes before. */
	else if (strcmp(c->result, READ_FAILED) != 0)
		change(c, READ_FAILED, why);
}

void
reading_stamp_doubt(StampReading *s, const char *rule, const char *why,
    const char *id)
{
	Check	*c = find(s, rule);

	if (c == NULL || strcmp(c->result, READ_PASSED) != 0)
		return;
	change(c, READ_UNKNOWN, why);
	reading_text(&c->why, OCTETS(id, strlen(id)));
}

void
reading_line(char ***list, size_t *n, const char *fmt, ...)
{
	char	text[READING_TEXT_SIZE];
	va_list	ap;

	if (*n >= LIMIT_READING_LIST)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*list = xreallocarray(*list, *n + 1, sizeof((*list)[0]));
	(*list)[*n] = NULL;
	reading_text(&(*list)[(*n)++], OCTETS(text, strlen(text)));
}

void
reading_text(char **field, struct octets text)
{
	char	safe[READING_TEXT_SIZE * 3];

	x509_safe_text((const char *)text.p, text.len, safe, sizeof(safe));
	if (*field != NULL && *field != protobuf_c_empty_string)
		free(*field);
	*field = xstrdup(safe);
}

void
reading_octets(ProtobufCBinaryData *field, struct octets o)
{
	free(field->data);
	field->data = o.len > 0 ? xmemdup(o.p, o.len) : NULL;
	field->len = o.len;
}

void
reading_add_octets(ProtobufCBinaryData **list, size_t *n, struct octets o)
{
	if (*n >= LIMIT_READING_CERTS)
		return;
	*list = xreallocarray(*list, *n + 1, sizeof((*list)[0]));
	memset(&(*list)[*n], 0, sizeof((*list)[0]));
	reading_octets(&(*list)[(*n)++], o);
}
