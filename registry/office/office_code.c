#include "filing/code.h"
#include "registry/office/office_code.h"

static int
exhausted(struct err *e)
{
	return err_set_id(e, ERR_CONFLICT, "codes-exhausted",
	    "no code is left in this division, at most holes between seals");
}

/*
 * All that was met from first to the end is held: between, at half the
 * distance each time, the looks of all rounds together bounded.
 */
static int
search_between(uint64_t first, code_held *held, void *arg, uint64_t *n,
    struct err *e)
{
	const uint64_t	 all = SEAL_SEQUENCE_MAX - first;
	uint64_t	 step, looks = 0;
	bool		 is;
	int		 rc;

	for (step = all / 2 + all % 2; step > 0; step = step > 1 ?
	    step / 2 + step % 2 : 0)
		for (*n = first + step; *n < SEAL_SEQUENCE_MAX; *n += step) {
			if (looks++ == LIMIT_CODE_SEARCH)
				return exhausted(e);
			if ((rc = held(arg, *n, &is, e)) != 0 || !is)
				return rc;
		}
	return exhausted(e);
}

/* The first free number of the gap that n lies in, taken being held. */
static int
search_back(uint64_t taken, code_held *held, void *arg, uint64_t *n,
    struct err *e)
{
	uint64_t	middle;
	bool		is;
	int		rc;

	while (*n - taken > 1) {
		middle = taken + (*n - taken) / 2;
		if ((rc = held(arg, middle, &is, e)) != 0)
			return rc;
		if (is)
			taken = middle;
		else
			*n = middle;
	}
	return 0;
}

int
code_search(uint64_t from, code_held *held, void *arg, uint64_t *n,
    struct err *e)
{
	uint64_t	taken = from, stride = 1;
	bool		is;
	int		rc;

	*n = from;
	if (from == 0 || from > SEAL_SEQUENCE_MAX)
		return exhausted(e);
	for (;;) {
		if ((rc = held(arg, *n, &is, e)) != 0)
			return rc;
		if (!is)
			break;
		taken = *n;
		if (taken == SEAL_SEQUENCE_MAX) {
			taken = from;
			if ((rc = search_between(from, held, arg, n,
			    e)) != 0)
				return rc;
			break;
		}
		*n = stride < SEAL_SEQUENCE_MAX - taken ? taken + stride :
		    SEAL_SEQUENCE_MAX;
		stride *= 2;
	}
	return *n == from ? 0 : search_back(taken, held, arg, n, e);
}

struct place {
	struct log	*lg;
	const char	*division;
};

static int
has_seal(void *arg, uint64_t n, bool *held, struct err *e)
{
	const struct place	*p = arg;
	char			 code[SEAL_CODE_SIZE];
	uint8_t			 key[SM3_LEN];
	int			 rc;

	if ((rc = seal_code_make(p->division, n, code, e)) != 0)
		return rc;
	record_key(code, key);
	return log_holds(p->lg, key, held, e);
}

int
code_next(struct office *of, const char *division, char code[SEAL_CODE_SIZE],
    struct err *e)
{
	struct place	 p = { of->lg, division };
	struct val	 v[] = { val_text(division), val_int(0) };
	struct query	*q = NULL;
	uint64_t	 first = 0, n;
	bool		 row;
	int		 rc;

	code[0] = '\0';
	if ((rc = store_query(of->st, STMT_OFFICE_CODE_NEXT, v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0)
		first = (uint64_t)query_int(q, 0);
	query_done(q);
	/* Says which division has none left. */
	if (rc != 0 || (rc = seal_code_make(division, first, code,
	    e)) != 0 || (rc = code_search(first, has_seal, &p, &n, e)) != 0)
		return rc;
	if (n == first)
		return 0;
	v[1] = val_int((int64_t)n);
	if ((rc = store_run(of->st, STMT_OFFICE_CODE_GIVEN, v, 2, NULL,
	    e)) != 0)
		return rc;
	return seal_code_make(division, n, code, e);
}

int
code_pass_over(struct store *st, struct log *lg, const char *division,
    struct err *e)
{
	struct place	 p = { lg, division };
	struct val	 v[] = { val_text(division), val_int(0) };
	struct err	 full = ERR_INIT;
	struct query	*q = NULL;
	uint64_t	 from = 1, n;
	bool		 row;
	int		 rc;

	if ((rc = store_query(st, STMT_OFFICE_CODE_LAST, v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row)
		from = (uint64_t)query_int(q, 0) + 1;
	query_done(q);
	if (rc != 0)
		return rc;
	if ((rc = code_search(from, has_seal, &p, &n, &full)) != 0) {
		/* Nobody asks for a code now: whoever does is told. */
		if (rc == ERR_CONFLICT)
			return 0;
		*e = full;
		return rc;
	}
	if (n == from)
		return 0;
	v[1] = val_int((int64_t)n - 1);
	return store_run(st, STMT_OFFICE_CODE_GIVEN, v, 2, NULL, e);
}
