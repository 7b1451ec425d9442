#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/http_path.h"
#include "base/mem.h"
#include "base/text.h"

/*
 * Property: a request target that http_target_parse() accepts is UTF-8 without
 * NUL, fits the room that was promised, and, with every octet of its parts
 * percent-encoded again, parses to the same parts; a pattern of as many
 * parameters as parts gives back the parts.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
put_escaped(struct buf *b, const char *s, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		buf_printf(b, "%%%02X", (unsigned)(uint8_t)s[i]);
}

static void
again(const struct http_target *t)
{
	struct http_target	 u;
	struct buf		 path, query;
	char			*ps, *qs, *room;
	size_t			 i, len;

	buf_init(&path, 1u << 20);
	buf_init(&query, 1u << 20);
	for (i = 0; i < t->nseg; i++) {
		buf_puts(&path, "/");
		put_escaped(&path, t->seg[i].p, t->seg[i].len);
	}
	for (i = 0; i < t->nquery; i++) {
		if (i > 0)
			buf_puts(&query, "&");
		put_escaped(&query, t->query[i].name,
		    strlen(t->query[i].name));
		buf_puts(&query, "=");
		put_escaped(&query, t->query[i].value,
		    strlen(t->query[i].value));
	}
	ps = buf_steal_str(&path);
	qs = buf_steal_str(&query);
	len = HTTP_TARGET_ROOM(strlen(ps) + strlen(qs));
	room = xmalloc(len);
	must(http_target_parse(ps, qs, room, &u) != NULL);
	must(u.nseg == t->nseg && u.nquery == t->nquery &&
	    strcmp(u.path, t->path) == 0);
	for (i = 0; i < t->nquery; i++)
		must(strcmp(u.query[i].name, t->query[i].name) == 0 &&
		    strcmp(u.query[i].value, t->query[i].value) == 0);
	free(room);
	free(qs);
	free(ps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const	 patterns[] = { "", "/{a}",
	    "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}" };
	struct http_target		 t;
	char				*text, *query, *room, *end;
	size_t				 len, i;

	if (n > 16384)
		return 0;
	text = xstrndup((const char *)p, n);
	query = strchr(text, '?');
	if (query != NULL)
		*query++ = '\0';
	len = HTTP_TARGET_ROOM(strlen(text) +
	    (query != NULL ? strlen(query) : 0));
	room = xmalloc(len);
	end = http_target_parse(text, query, room, &t);
	if (end != NULL) {
		must(end <= room + len);
		must(t.nseg >= 1 && t.path[0] == '/');
		must(utf8_valid(t.path, strlen(t.path)));
		for (i = 0; i < t.nseg; i++)
			must(memchr(t.seg[i].p, '\0', t.seg[i].len) == NULL);
		again(&t);
		if (t.nseg <= 4 && http_target_match(&t, patterns[t.nseg],
		    end)) {
			must(t.nparam == t.nseg);
			for (i = 0; i < t.nseg; i++)
				must(strlen(t.param[i].value) ==
				    t.seg[i].len && memcmp(t.param[i].value,
				    t.seg[i].p, t.seg[i].len) == 0);
			for (i = 0; i < t.nparam; i++)
				must(t.param[i].value +
				    strlen(t.param[i].value) < room + len);
		}
	}
	free(room);
	free(text);
	return 0;
}
