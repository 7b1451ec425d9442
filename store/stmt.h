#ifndef STORE_STMT_H
#define STORE_STMT_H

/*
 * Every statement, numbered.  The texts stand in the .inc files, a group a
 * file, one row a statement:
 *
 *	STMT(NAME, "SELECT ... WHERE code = ?1")
 *
 * with a comment saying its parameters and columns where they are not plain.
 */
enum stmt {
	STMT_NONE = 0,
#define STMT(NAME, TEXT)	STMT_##NAME,
#include "store/stmt_log.inc"		/* log, map, current records, peers */
#include "store/stmt_office.inc"	/* the own province's office */
#undef STMT
	STMT_END
};

const char	*stmt_name(enum stmt id);
const char	*stmt_text(enum stmt id);

#endif /* STORE_STMT_H */
