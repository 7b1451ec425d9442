#include <string.h>

#include "signing/xml_guard.h"

/* Note an octet, and tell whether those before and it end with s. */
static void
note(struct xml_guard *g, uint8_t c)
{
	if (g->nlast == sizeof(g->last)) {
		memmove(g->last, g->last + 1, sizeof(g->last) - 1);
		g->nlast--;
	}
	g->last[g->nlast++] = c;
}

static bool
ends(const struct xml_guard *g, const char *s)
{
	size_t	n = strlen(s);

	return g->nlast >= n && memcmp(g->last + g->nlast - n, s, n) == 0;
}

/* Since its "<": is it all that s says? */
static bool
is_all(const struct xml_guard *g, const char *s)
{
	return g->nlast == strlen(s) && ends(g, s);
}

static void
go(struct xml_guard *g, enum xml_guard_place place)
{
	g->place = place;
	g->nlast = 0;
}

static bool
in_tag(struct xml_guard *g, uint8_t c)
{
	if (c == '"' || c == '\'') {
		g->place = GUARD_VALUE;
		g->quote = (char)c;
		return ++g->attributes <= LIMIT_XML_ATTRIBUTES;
	}
	if (c == '>') {
		go(g, GUARD_TEXT);
		return true;
	}
	/* Only the beginning tells what it is. */
	if (g->nlast == sizeof(g->last))
		return true;
	g->last[g->nlast++] = c;
	if (g->last[0] != '!' && g->last[0] != '?')
		return true;
	if (is_all(g, "!--"))
		go(g, GUARD_COMMENT);
	else if (is_all(g, "![CDATA["))
		go(g, GUARD_CDATA);
	else if (is_all(g, "?"))
		go(g, GUARD_PI);
	return true;
}

static void
until(struct xml_guard *g, uint8_t c, const char *end)
{
	note(g, c);
	if (ends(g, end))
		go(g, GUARD_TEXT);
}

bool
xml_guard_add(struct xml_guard *g, const void *p, size_t n)
{
	const uint8_t	*s = p, *to;
	size_t		 i;

	for (i = 0; i < n; i++) {
		/* Nothing else counts there. */
		if (g->place == GUARD_TEXT || g->place == GUARD_VALUE) {
			to = memchr(s + i, g->place == GUARD_TEXT ? '<' :
			    g->quote, n - i);
			if (to == NULL)
				return true;
			i = (size_t)(to - s);
		}
		/* UTF-16 has them between what counts here. */
		if (s[i] == 0)
			continue;
		switch (g->place) {
		case GUARD_TEXT:
			go(g, GUARD_TAG);
			g->attributes = 0;
			break;
		case GUARD_TAG:
			if (!in_tag(g, s[i]))
				return false;
			break;
		case GUARD_VALUE:
			g->place = GUARD_TAG;
			break;
		case GUARD_COMMENT:
			until(g, s[i], "-->");
			break;
		case GUARD_CDATA:
			until(g, s[i], "]]>");
			break;
		case GUARD_PI:
			until(g, s[i], "?>");
			break;
		}
	}
	return true;
}
