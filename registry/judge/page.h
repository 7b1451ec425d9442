#ifndef REGISTRY_PAGE_H
#define REGISTRY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/report_words.h"

/*
 * Pages of A4 that are filled from the top: paragraphs, cells of rows, lines;
 * as PDF.  What they say is registry/judge/report_pdf.c's.
 */

#define PAGE_WIDTH	595.0	/* A4, in points */
#define PAGE_HEIGHT	842.0
#define PAGE_MARGIN	56.0

/* 0xRRGGBB. */
#define INK	0x1c2024u
#define PALE	0x4a5560u
#define GREEN	0x14552fu
#define RED	0x8f0616u
#define AMBER	0x6b4500u

struct page {
	struct _cairo_surface	*surface;
	struct _cairo		*cr;
	double			 y;	/* what is next stands here */
	unsigned		 number;
	double			 inset, below;	/* text above below leaves so
						 * much room at the right */
	enum rule_lang		 lang;
	const struct report_words *w;
};

/* A text in a box of this width. */
struct page_cell {
	double		 x, width, size;
	bool		 bold;
	unsigned	 rgb;
	const char	*text;
};

/* The first page; what comes is appended to out (borrowed).  End with
 * page_finish(). */
void	 page_begin(struct page *p, struct buf *out, enum rule_lang lang,
	    int64_t made);
/* ERR_IO "no-page"; ERR_TOOBIG: out is full. */
int	 page_finish(struct page *p, const struct buf *out,
	    struct err *e) MUST_CHECK;

/* Room for this height, on this page or the next. */
void	 page_room(struct page *p, double height);
/* A paragraph at x. */
void	 page_put(struct page *p, double x, double size, bool bold,
	    unsigned rgb, const char *fmt, ...)
	    __attribute__((format(printf, 6, 7)));
/* A cell at y; drawn, or only measured.  Its height. */
double	 page_cell(struct page *p, const struct page_cell *c, double y,
	    bool draw);
/* A line across; a bar beside the text from top down to here. */
void	 page_line(struct page *p);
void	 page_bar(struct page *p, double top, unsigned rgb);

/* Pixels of an area that text leaves free, at the right, so wide and high in
 * points, and a caption below; ink is 0 (nothing) to 1.  Text that follows
 * stands beside it, until page_clear(). */
struct page_picture {
	const uint8_t	*rgb;		/* three octets each; NULL: no picture */
	uint32_t	 width, height;
	double		 wide, high, ink;
	const char	*caption;
};
void	 page_picture(struct page *p, const struct page_picture *g);
/* What follows stands below it. */
void	 page_clear(struct page *p);

#endif /* REGISTRY_PAGE_H */
