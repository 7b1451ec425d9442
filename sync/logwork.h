#ifndef SYNC_LOGWORK_H
#define SYNC_LOGWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sync/log.h"
#include "sync/logmap.h"
#include "sync/logrow.h"

/*
 * What a struct log consists of, for log.c and audit.c alone.  The head is
 * what is committed; the rest is the work of the batch on top of it.
 */
struct log {
	struct store		*st;		/* NULL: in memory, an audit */
	struct store		*records;	/* where entries are read */
	const struct entry_rules *rules;
	struct logmap		*map;
	struct tile_rows	 tiles;

	bool			 has_head;
	struct log_head		 head;
	char			*note;		/* head.checkpoint */
	struct tlog_edge	 head_edge;

	bool			 running;	/* since log_begin() */
	bool			 sealed;	/* next stands */
	bool			 published;	/* and is stored */
	struct tlog_edge	 edge;
	uint64_t		 count;		/* rows of the map */
	unsigned		 depth;
	uint64_t		 last_epoch;
	int64_t			 last_time;
	bool			 last_is_epoch;
	struct hash		 last_map_root;	/* of a replayed epoch */
	struct buf		 leaves;	/* hashes since the head */
	struct log_head		 next;
	char			*next_note;

	struct log_mark		*mark;
	struct buf		 record, scratch;
};

/* A log in memory that reads records from st.  Freed with log_free(). */
struct log *log_work_new(struct store *st, const struct entry_rules *rules);
/* log_replay() without a transaction. */
int	 log_work_replay(struct log *lg, struct octets entry,
	    struct err *e) MUST_CHECK;

#endif /* SYNC_LOGWORK_H */
