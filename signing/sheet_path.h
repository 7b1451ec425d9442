#ifndef SIGNING_SHEET_PATH_H
#define SIGNING_SHEET_PATH_H

#include <stdbool.h>

#include "signing/sheet_canvas.h"

/*
 * Path data (GB/T 33190-2016, 9.1, AbbreviatedData): letters with numbers
 * behind them, as lines and curves of cairo's.
 */

/*
 * Append data to the current path of c, through its matrix.  False: it is not
 * well formed, a point is too far away, or more segments than may be drawn;
 * part of it may be there.
 */
bool	 sheet_path(struct sheet_canvas *c, const char *data);

#endif /* SIGNING_SHEET_PATH_H */
