#ifndef REGISTRY_INSPECT_FILE_H
#define REGISTRY_INSPECT_FILE_H

#include "base/buf.h"
#include "schema/msg.pb-c.h"

/*
 * What the jail read of a stamp, an OFD, a PDF or a picture (MSG_INSPECT_FILE),
 * in words: the file, then each signature with the rules that octets alone
 * can answer, where it shows, what it does not cover and what changed after
 * it.  Whose certificates these are, nobody was asked.  Pure.
 */

/* Append m in words to out; its texts were made safe where they were read. */
void	 inspect_file(const FileReading *m, struct buf *out);

#endif /* REGISTRY_INSPECT_FILE_H */
