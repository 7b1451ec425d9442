#include <stdbool.h>
#include <string.h>

#include "base/http_chunk.h"

enum state {
	SIZE = 0, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER,
	TRAILER_LF, END_LF
};

static int
hex_value(uint8_t c)
{

	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* An octet of a chunk's first line, CR and LF aside. */
static bool
take_size(struct http_chunk *c, uint8_t x)
{
	int	v = hex_value(x);

	if (c->state == SIZE && v >= 0) {
		if (c->left >> 28 != 0)
			return false;
		c->left = c->left << 4 | (size_t)v;
	} else if (c->state == SIZE && (x == ';' || x == ' ' || x == '\t') &&
	    c->line > 0)
		c->state = EXTENSION;
	else if (c->state == SIZE || (x < 0x20 && x != '\t') || x == 0x7f)
		return false;
	return ++c->line <= LIMIT_HTTP_CHUNK_LINE;
}

static bool
take_trailer(struct http_chunk *c, uint8_t x)
{

	c->line++;
	return x != '\n' && x != '\0' && ++c->trailer <= LIMIT_HTTP_TRAILER;
}

/* One octet that is no data. */
static bool
take_octet(struct http_chunk *c, uint8_t x)
{

	switch ((enum state)c->state) {
	case SIZE:
	case EXTENSION:
		if (x != '\r')
			return take_size(c, x);
		if (c->line == 0)
			return false;
		c->state = SIZE_LF;
		return true;
	case SIZE_LF:
		c->state = c->left > 0 ? DATA : TRAILER;
		c->line = 0;
		return x == '\n';
	case DATA_CR:
		c->state = DATA_LF;
		return x == '\r';
	case DATA_LF:
		c->state = SIZE;
		return x == '\n';
	case TRAILER:
		if (x != '\r')
			return take_trailer(c, x);
		c->state = c->line == 0 ? END_LF : TRAILER_LF;
		return true;
	case TRAILER_LF:
		c->state = TRAILER;
		c->line = 0;
		return x == '\n';
	case END_LF:
		return x == '\n';
	case DATA:
		break;
	}
	return false;
}

enum http_chunk_rc
http_chunk_take(struct http_chunk *c, uint8_t *p, size_t *raw, size_t end,
    size_t *body, size_t limit)
{
	size_t	n;
	bool	last;

	while (*raw < end) {
		if (c->state != DATA) {
			last = c->state == END_LF;
			if (!take_octet(c, p[(*raw)++]))
				return HTTP_CHUNK_BAD;
			if (last)
				return HTTP_CHUNK_DONE;
			if (c->state == DATA &&
			    c->left > limit - *body)
				return HTTP_CHUNK_LARGE;
			continue;
		}
		n = c->left < end - *raw ? c->left : end - *raw;
		memmove(p + *body, p + *raw, n);
		*raw += n;
		*body += n;
		if ((c->left -= n) == 0)
			c->state = DATA_CR;
	}
	return HTTP_CHUNK_MORE;
}
