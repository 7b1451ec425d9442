#include <math.h>
#include <string.h>

#include <cairo.h>

#include "signing/sheet_path.h"

/* Behind a letter: numbers of S, M, L (2), Q (4), B (6), A (7), C (0). */
#define NUMBERS_MAX	7

struct walk {
	struct sheet_canvas	*c;
	double			 x, y;		/* where it is */
	double			 x0, y0;	/* where this part began */
	bool			 begun;
};

static int
numbers_of(char op)
{
	switch (op) {
	case 'S':
	case 'M':
	case 'L':
		return 2;
	case 'Q':
		return 4;
	case 'B':
		return 6;
	case 'A':
		return 7;
	case 'C':
		return 0;
	}
	return -1;
}

/* One segment more, whose points are near. */
static bool
may(struct walk *w, const double *v, size_t points)
{
	double	x = w->x, y = w->y;
	size_t	i;

	if (!sheet_canvas_spend(&w->c->segments, 1))
		return false;
	for (i = 0; i < points; i++) {
		if (!sheet_canvas_near(w->c, v[2 * i], v[2 * i + 1]) ||
		    !sheet_canvas_trace(w->c, v[2 * i] - x,
		    v[2 * i + 1] - y, 1))
			return false;
		x = v[2 * i];
		y = v[2 * i + 1];
	}
	return true;
}

static void
go(struct walk *w, double x, double y)
{
	w->x = x;
	w->y = y;
}

static bool
curve(struct walk *w, const double v[6])
{
	if (!may(w, v, 3))
		return false;
	cairo_curve_to(w->c->cr, v[0], v[1], v[2], v[3], v[4], v[5]);
	go(w, v[4], v[5]);
	return true;
}

/* A curve with one point to bend to, as one with two. */
static bool
bend(struct walk *w, const double v[4])
{
	const double	b[6] = { w->x + (v[0] - w->x) * 2 / 3,
			    w->y + (v[1] - w->y) * 2 / 3,
			    v[2] + (v[0] - v[2]) * 2 / 3,
			    v[3] + (v[1] - v[3]) * 2 / 3, v[2], v[3] };

	return curve(w, b);
}

/* Where an elliptical arc has its middle, and its angles. */
struct arc {
	double	rx, ry, cosine, sine;	/* of its rotation */
	double	cx, cy, from, sweep;
};

/*
 * From its ends to its middle: with the ellipse turned and shrunk to a circle
 * of radius 1, the middle is at the right angle over the chord.  An ellipse
 * that is too small to reach both ends grows until it does.
 */
static bool
arc_between(const struct walk *w, const double v[7], struct arc *a)
{
	double	mx, my, half, rise;

	a->rx = fabs(v[0]);
	a->ry = fabs(v[1]);
	if (!(a->rx > 0) || !(a->ry > 0))
		return false;
	a->cosine = cos(v[2] * M_PI / 180);
	a->sine = sin(v[2] * M_PI / 180);
	/* Half of the chord, on the circle. */
	mx = (a->cosine * (v[5] - w->x) + a->sine * (v[6] - w->y)) / 2 /
	    a->rx;
	my = (a->cosine * (v[6] - w->y) - a->sine * (v[5] - w->x)) / 2 /
	    a->ry;
	half = hypot(mx, my);
	if (!(half > 0) || !isfinite(half))
		return false;
	if (half > 1) {
		a->rx *= half;
		a->ry *= half;
		mx /= half;
		my /= half;
		half = 1;
	}
	rise = sqrt(1 - half * half) / half;
	if ((v[3] != 0) == (v[4] != 0))
		rise = -rise;
	/* The middle from the chord's, and the angles of both ends. */
	a->cx = -my * rise;
	a->cy = mx * rise;
	a->from = atan2(-my - a->cy, -mx - a->cx);
	a->sweep = atan2(my - a->cy, mx - a->cx) - a->from;
	if (v[4] != 0 && a->sweep < 0)
		a->sweep += 2 * M_PI;
	if (v[4] == 0 && a->sweep > 0)
		a->sweep -= 2 * M_PI;
	return true;
}

/* A place of the circle, where the arc is; (x, y) is the chord's middle. */
static void
arc_place(const struct arc *a, double x, double y, double u, double t,
    double out[2])
{
	const double	px = (a->cx + u) * a->rx, py = (a->cy + t) * a->ry;

	out[0] = x + a->cosine * px - a->sine * py;
	out[1] = y + a->sine * px + a->cosine * py;
}

/* "A rx ry angle large sweep x y", sweep 1 for clockwise, y being down. */
static bool
arc(struct walk *w, const double v[7])
{
	const double	x = (w->x + v[5]) / 2, y = (w->y + v[6]) / 2;
	struct arc	a;
	double		b[6], step, k, from, to;
	int		i, n;

	if (!arc_between(w, v, &a)) {
		if (!may(w, v + 5, 1))
			return false;
		cairo_line_to(w->c->cr, v[5], v[6]);
		go(w, v[5], v[6]);
		return true;
	}
	n = (int)ceil(fabs(a.sweep) / (M_PI / 4) - 1e-9);
	if (n < 1)
		n = 1;
	step = a.sweep / n;
	k = 4.0 / 3 * tan(step / 4);
	for (i = 0; i < n; i++) {
		from = a.from + i * step;
		to = from + step;
		arc_place(&a, x, y, cos(from) - k * sin(from),
		    sin(from) + k * cos(from), b);
		arc_place(&a, x, y, cos(to) + k * sin(to),
		    sin(to) - k * cos(to), b + 2);
		arc_place(&a, x, y, cos(to), sin(to), b + 4);
		if (i == n - 1) {
			b[4] = v[5];
			b[5] = v[6];
		}
		if (!curve(w, b))
			return false;
	}
	return true;
}

static bool
segment(struct walk *w, char op, const double v[NUMBERS_MAX])
{
	cairo_t	*cr = w->c->cr;
	double	 v0[2];

	if (op != 'S' && op != 'M' && !w->begun)
		return false;
	switch (op) {
	case 'S':
	case 'M':
		if (!may(w, v, 1))
			return false;
		cairo_move_to(cr, v[0], v[1]);
		go(w, v[0], v[1]);
		w->x0 = v[0];
		w->y0 = v[1];
		w->begun = true;
		return true;
	case 'L':
		if (!may(w, v, 1))
			return false;
		cairo_line_to(cr, v[0], v[1]);
		go(w, v[0], v[1]);
		return true;
	case 'Q':
		return bend(w, v);
	case 'B':
		return curve(w, v);
	case 'A':
		return arc(w, v);
	}
	v0[0] = w->x0;
	v0[1] = w->y0;
	if (!may(w, v0, 1))
		return false;
	cairo_close_path(cr);
	go(w, w->x0, w->y0);
	return true;
}

bool
sheet_path(struct sheet_canvas *c, const char *data)
{
	struct walk	w = { .c = c };
	double		v[NUMBERS_MAX] = { 0 };
	const char	*s = data;
	char		 op;
	int		 i, n;

	if (!sheet_canvas_spend(&c->octets, strlen(data)))
		return false;
	for (;;) {
		s += strspn(s, " \t\r\n,");
		if ((op = *s) == '\0')
			return true;
		s++;
		if ((n = numbers_of(op)) == -1)
			return false;
		for (i = 0; i < n; i++) {
			s += strspn(s, ",");
			if (!sheet_number(&s, &v[i]))
				return false;
		}
		if (!segment(&w, op, v))
			return false;
	}
}
