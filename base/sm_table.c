#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sm_curve.h"
#include "base/sm_table.h"

/*
 * A number below 2^256 in digits of 5 bits from -15 to 16, lowest first; point
 * j of row i is (j + 1) * 32^i * P.  A product is then a sum of one point a
 * row.
 */
#define BITS	5
#define WIDTH	(1 << (BITS - 1))
#define ROWS	52		/* 256 bits and the last carry */

struct sm2_table {
	struct point	p[ROWS][WIDTH];
};

/* Every thirteenth row: the digits between them are doubled into place. */
#define PARTS	4
#define PER	(ROWS / PARTS)

struct sm2_rows {
	struct point	p[PARTS][WIDTH];
};

/* What a signature is multiplied with: one of them. */
struct factor {
	const struct sm2_table	*table;
	const struct sm2_rows	*rows;
	const struct point	*point;
};

/* One process, no threads. */
static struct sm2_table	*generator;

bool
sm2_on_curve(const uint8_t point[SM2_POINT_LEN])
{
	struct point	p;

	return point_read(point, &p);
}

/* P, 2P ... 16P. */
static void
multiples(struct sum row[WIDTH], const struct sum *p)
{
	int	j;

	row[0] = *p;
	for (j = 1; j < WIDTH; j++)
		sum_add(&row[j], &row[j - 1], p);
}

/*
 * Rows of multiples, each of 2^apart times the point of the one before.  No
 * multiple here is one of the order, a prime: all have coordinates.
 */
static void
make(struct point *out, const struct point *p, int rows, int apart)
{
	struct sum	*all = xcalloc((size_t)rows * WIDTH, sizeof(*all)),
			*row = all, first;
	int		 i, k;

	sum_of(&first, p);
	for (i = 0; i < rows; i++, row += WIDTH) {
		multiples(row, &first);
		/* 16P is 2^(BITS - 1) P. */
		first = row[WIDTH - 1];
		for (k = BITS - 1; k < apart; k++)
			sum_double(&first, &first);
	}
	sum_points(out, all, (size_t)rows * WIDTH);
	free(all);
}

static struct sm2_table *
make_table(const struct point *p)
{
	struct sm2_table	*t = xmalloc(sizeof(*t));

	make(&t->p[0][0], p, ROWS, BITS);
	return t;
}

int
sm2_table_new(const uint8_t point[SM2_POINT_LEN], struct sm2_table **t,
    struct err *e)
{
	struct point	p;

	*t = NULL;
	if (!point_read(point, &p))
		return err_set(e, ERR_FORMAT,
		    "not an uncompressed point on the SM2 curve");
	*t = make_table(&p);
	return 0;
}

void
sm2_table_free(struct sm2_table *t)
{
	free(t);
}

int
sm2_rows_new(const uint8_t point[SM2_POINT_LEN], struct sm2_rows **t,
    struct err *e)
{
	struct point	p;

	*t = NULL;
	if (!point_read(point, &p))
		return err_set(e, ERR_FORMAT,
		    "not an uncompressed point on the SM2 curve");
	*t = xmalloc(sizeof(**t));
	make(&(*t)->p[0][0], &p, PARTS, PER * BITS);
	return 0;
}

void
sm2_rows_free(struct sm2_rows *t)
{
	free(t);
}

static void
split(const struct u256 *v, int d[ROWS])
{
	unsigned	at, i;
	uint64_t	w;
	int		carry = 0;

	for (i = 0; i < ROWS; i++) {
		at = BITS * i / 64;
		w = v->v[at] >> BITS * i % 64;
		if (at < 3 && BITS * i % 64 > 64 - BITS)
			w |= v->v[at + 1] << (64 - BITS * i % 64);
		d[i] = (int)(w & (2 * WIDTH - 1)) + carry;
		if ((carry = d[i] > WIDTH) != 0)
			d[i] -= 2 * WIDTH;
	}
	assert(carry == 0);
}

/* Add d times the point of a row. */
static void
add_digit(struct sum *sum, const struct point row[WIDTH], int d)
{
	if (d > 0)
		sum_add_point(sum, sum, &row[d - 1]);
	else if (d < 0)
		sum_sub_point(sum, sum, &row[-d - 1]);
}

/* Add v times the table's point. */
static void
add(struct sum *sum, const struct sm2_table *t, const struct u256 *v)
{
	int	d[ROWS], i;

	split(v, d);
	for (i = 0; i < ROWS; i++)
		add_digit(sum, t->p[i], d[i]);
}

/* v times the point of these rows, the highest digits of each first. */
static void
multiply_rows(struct sum *sum, const struct sm2_rows *t, const struct u256 *v)
{
	int	d[ROWS], i, k;

	split(v, d);
	*sum = (struct sum){ .z = { { 0 } } };
	for (k = PER - 1; k >= 0; k--) {
		for (i = 0; i < BITS && !sum_is_none(sum); i++)
			sum_double(sum, sum);
		for (i = 0; i < PARTS; i++)
			add_digit(sum, t->p[i], d[i * PER + k]);
	}
}

/* v times p: the digits from the highest on. */
static void
multiply(struct sum *sum, const struct point *p, const struct u256 *v)
{
	struct sum	row[WIDTH], one;
	int		d[ROWS], i, k;

	sum_of(&one, p);
	multiples(row, &one);
	split(v, d);
	*sum = (struct sum){ .z = { { 0 } } };
	for (i = ROWS - 1; i >= 0; i--) {
		for (k = 0; k < BITS && !sum_is_none(sum); k++)
			sum_double(sum, sum);
		if (d[i] > 0) {
			sum_add(sum, sum, &row[d[i] - 1]);
		} else if (d[i] < 0) {
			sum_negate(&one, &row[-d[i] - 1]);
			sum_add(sum, sum, &one);
		}
	}
}

/* Is r the digest and the first coordinate, modulo the order? */
static bool
agrees(const struct sum *sum, const struct u256 *r,
    const uint8_t digest[SM3_LEN])
{
	/* p less the order: coordinates go on from the one to the other. */
	static const struct u256	rest = { { 0xac440bf6c62abedc,
					    0x8dfc2093de39fad5, 0, 0 } };
	static const struct u256	zero;
	struct u256			x;

	/* A digest is below twice the order. */
	u256_of(&x, digest);
	u256_add(&x, &x, &zero, &curve_order);
	u256_sub(&x, r, &x, &curve_order);
	if (sum_has_x(sum, &x))
		return true;
	if (!u256_is_below(&x, &rest))
		return false;
	u256_add(&x, &x, &curve_order, &field_p);
	return sum_has_x(sum, &x);
}

static int
verify(struct factor f, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	struct u256	r, s, u;
	struct sum	sum = { .z = { { 0 } } };

	if (generator == NULL)
		generator = make_table(&curve_generator);
	u256_of(&r, sig);
	u256_of(&s, sig + 32);
	u256_add(&u, &r, &s, &curve_order);
	if (u256_is_zero(&u))
		return err_set(e, ERR_VERIFY, "SM2 signature: r + s is n");
	if (f.table != NULL)
		add(&sum, f.table, &u);
	else if (f.rows != NULL)
		multiply_rows(&sum, f.rows, &u);
	else
		multiply(&sum, f.point, &u);
	add(&sum, generator, &s);
	if (sum_is_none(&sum) || !agrees(&sum, &r, digest))
		return err_set(e, ERR_VERIFY, "SM2 signature does not hold");
	return 0;
}

int
sm2_table_verify(const struct sm2_table *t, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	return verify((struct factor){ .table = t }, digest, sig, e);
}

int
sm2_rows_verify(const struct sm2_rows *t, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	return verify((struct factor){ .rows = t }, digest, sig, e);
}

int
sm2_point_verify(const uint8_t point[SM2_POINT_LEN],
    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
    struct err *e)
{
	struct point	p;

	if (!point_read(point, &p))
		return err_set(e, ERR_VERIFY,
		    "not an uncompressed point on the SM2 curve");
	return verify((struct factor){ .point = &p }, digest, sig, e);
}
