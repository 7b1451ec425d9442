#ifndef SIGNING_SHEET_VALUE_H
#define SIGNING_SHEET_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Values in the attributes of what an OFD page shows (GB/T 33190-2016, 7.3):
 * numbers, lists of them, references.  Programs write numbers as Java does
 * ("1.0E-4"), which is read here.
 */

struct _xmlNode;

#define SHEET_LIST	16	/* numbers of one list */

/* "x y w h" (ST_Box), in millimetres.  Plain value. */
struct sheet_box {
	double	x, y, w, h;
};

enum sheet_found {
	SHEET_ABSENT = 1, SHEET_BAD, SHEET_GOOD
};

/* Take a number of at most a million from *s, as ofd_number_take(). */
bool	 sheet_number(const char **s, double *v);
/* Has s nothing left but white space? */
bool	 sheet_is_end(const char *s);

/* Exactly n (at most SHEET_LIST) numbers; v is only written where they are
 * good. */
enum sheet_found sheet_list(const struct _xmlNode *n, const char *name,
	    size_t count, double *v);
/* One of them, or what stands for it; a bad one is that, too. */
double	 sheet_one(const struct _xmlNode *n, const char *name, double usual);
/* A word, compared; where there is none, usual. */
bool	 sheet_says(const struct _xmlNode *n, const char *name,
	    const char *word, bool usual);
/* xs:boolean: a word, or 1 and 0; what is neither, or is not there, is usual. */
bool	 sheet_is(const struct _xmlNode *n, const char *name, bool usual);
/* A box, whose edges are not negative. */
enum sheet_found sheet_box(const struct _xmlNode *n, const char *name,
	    struct sheet_box *b);
/* The same from a text, which is freed; NULL: absent. */
enum sheet_found sheet_box_text(char *text, struct sheet_box *b);
/* An ID, or a reference to one; 0: none. */
uint32_t sheet_id(const struct _xmlNode *n, const char *name);
/* The same from a text, which is freed; NULL: none. */
uint32_t sheet_id_text(char *text);

#endif /* SIGNING_SHEET_VALUE_H */
