#ifndef REGISTRY_RECORDER_H
#define REGISTRY_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ev.h"
#include "base/msg.h"
#include "registry/office/batch.h"
#include "registry/office/clock.h"
#include "registry/office/office.h"
#include "registry/tally.h"
#include "registry/office/share.h"
#include "registry/office/throttle.h"
#include "sync/note.h"

/*
 * The recorder without its process: the office with its links to the others.
 * It takes requests (desk.h), keeps filings in flight (filer.h), and commits
 * once a turn of the loop (batch.h).  proc_recorder.c opens the database, gives
 * its rights away and runs it; tests run it over socketpairs.
 */

#define LIMIT_CLIENTS	16	/* http processes and sync */
#define LIMIT_JAILS	16

/* What peers have seen of our log, told by sync. */
enum seen {
	SEEN_WAIT = 0,	/* nobody has said yet: sign nothing */
	SEEN_OK,
	SEEN_RESTORED,	/* from a backup, and nobody was asked: sign nothing */
	SEEN_BEHIND	/* more than we have: never sign */
};

struct desk;
struct filer;

/* For /metrics: what took how long, and how often others were linked anew. */
struct recorder_counts {
	struct tally	commit, sign;
	uint64_t	key_links, jail_links, sync_links, http_links;
};

/* Time-stamps: for whom how many are left, and what came of them. */
struct stamp_desk {
	bool			 has_tsa;	/* a certificate, at the start */
	struct clock_watch	 clock;
	struct clock_state	 state;		/* as of the last look */
	int64_t			 room, filled;	/* see recorder_tsa.c */
	uint64_t		 issued, refused;
	bool			 was_off;	/* the clock, at the last look */
	int64_t			 maker_ms;	/* its certificate was good; 0 */
	bool			 maker_bad;	/* and that was said */
};

/* Shared by recorder.c, desk.c and filer.c; nobody else looks inside. */
struct recorder {
	struct ev		*ev;
	struct office		 of;	/* of.st, of.lg, of.cf are borrowed */
	struct vkey		*vkey;
	struct batch_signer	 signer;
	uint64_t		 sign_id;	/* under way */
	int64_t			 sign_us;	/* since */
	struct batch		*batch;
	struct filer		*filer;
	struct throttle		*throttle;
	struct share		*shares;		/* of tsa_rate */
	struct ev_timer		*again, *seen_timer, *resign, *chores, *probe;
	int64_t			 gathers;	/* since, us; 0: not */
	enum seen		 seen;
	bool			 crl_asked, ocsp_asked, keys_asked;
	bool			 keys_failed;	/* by this key process */
	unsigned		 crl_from;	/* parts before are passed over */
	unsigned		 turns;		/* of the chores */
	struct recorder_counts	 counts;
	struct stamp_desk	 stamps;
	bool			 clock_stops, clock_doubt; /* and it was said */
	struct client		*clients;
	struct chan		*key;			/* NULL: lost */
	struct chan		*jail[LIMIT_JAILS];	/* NULL: none */
	unsigned		 next_jail;
	/* What stops it: set once, with the loop stopped. */
	struct err		 fatal;
	/* Why nothing can be written: set once, see recorder_unable(). */
	struct err		 unable;
};

/* A link to http or sync, which may go while a request is being worked on. */
struct client {
	struct recorder	*r;
	struct chan	*ch;		/* NULL: gone */
	bool		 is_sync;
	unsigned	 instance;
	unsigned	 pending;	/* requests that point here */
	struct client	*next;
};

/*
 * of is copied; what it points to is borrowed.  The log must have its genesis
 * (ERR_STORE).  Caller frees with recorder_free() after the loop has ended.
 */
int	 recorder_new(struct ev *ev, const struct office *of,
	    struct recorder **r, struct err *e) MUST_CHECK;
void	 recorder_free(struct recorder *r);

/* A new link to an instance of "key", "jail", "http" or "sync"; takes fd. */
void	 recorder_link(struct recorder *r, const char *role, unsigned i,
	    int fd);
/*
 * What peers have seen of our log: a checkpoint, or "".  The first word lets
 * it sign; a size beyond ours, or another root for ours, stops it from
 * recording for good ("log-behind").
 */
void	 recorder_seen(struct recorder *r, const char *note);
/*
 * The disk takes nothing (why: ERR_STORE "store-full", "store-io").  From now
 * on everything is refused with ERR_BUSY and that id, nothing is signed, and
 * the disk is tried once a second; when it takes something again the loop
 * stops, for another recorder to begin with what is on disk.
 */
void	 recorder_unable(struct recorder *r, const struct err *why);
/*
 * The folder came from a backup and its peers were not asked yet (restore.h):
 * record and sign nothing, "log-restored".  Before the first turn of the loop.
 */
void	 recorder_restored(struct recorder *r);
/* Commit what is ready and stop the loop. */
void	 recorder_stop(struct recorder *r);
/* Why it stopped: 0, or the error after which it must not go on. */
int	 recorder_why(const struct recorder *r, struct err *e) MUST_CHECK;

/* For desk.c and filer.c.  A commit follows at the end of this turn. */
void	 recorder_kick(struct recorder *r);
/* Have province.crl issued again if it is due (recorder_crl.c). */
void	 recorder_crl(struct recorder *r);
/* Look at the clock, and whether there is an authority for time-stamps. */
int	 recorder_tsa_init(struct recorder *r, struct err *e) MUST_CHECK;
/*
 * May time be stamped now (recorder_tsa.c)?  ERR_NOTFOUND "no-tsa"; ERR_BUSY
 * "clock-..." of clock.h, and what recorder_can() says.
 */
int	 recorder_stamps(struct recorder *r, struct err *e) MUST_CHECK;
/*
 * May a seal of V5 be made now: recorder_stamps(), and the maker's certificate
 * is good (registry/office/office_maker.h; looked at every few seconds)?
 */
int	 recorder_makes(struct recorder *r, struct err *e) MUST_CHECK;
/* Can it file: recorder_can(), and for seals of V5 recorder_makes()? */
int	 recorder_files(struct recorder *r, struct err *e) MUST_CHECK;
/*
 * The clock alone (recorder_clock.c, clock.h): is it fit for time-stamps, and
 * for recording?  ERR_BUSY "clock-...".
 */
int	 recorder_clock_stamps(struct recorder *r, struct err *e) MUST_CHECK;
int	 recorder_clock_records(const struct recorder *r,
	    struct err *e) MUST_CHECK;
/* Once in a while: say when the clock goes wrong, and when it is good again. */
void	 recorder_clock(struct recorder *r);
/*
 * Fill a request for a time-stamp, never before floor.  policy is filled and
 * must live as long as m.
 */
struct SignTime;
void	 recorder_stamp_ask(struct recorder *r, int64_t floor,
	    struct buf *policy, struct SignTime *m);
/*
 * Have OCSP answers signed that are due (recorder_ocsp.c): while filings are at
 * work, only where a status has changed; _some: a few others, too.
 */
void	 recorder_ocsp(struct recorder *r);
void	 recorder_ocsp_some(struct recorder *r);
/* Have signers' keys made that will be needed, while nothing is filed
 * (recorder_keys.c). */
void	 recorder_keys(struct recorder *r);
/* The next jail in turn, or NULL. */
struct chan *recorder_jail(struct recorder *r);
/*
 * Can it record?  ERR_BUSY "log-behind", "log-restored", "key-unavailable",
 * "not-ready", "store-full", "store-io", "clock-behind", "clock-ahead".
 */
int	 recorder_can(const struct recorder *r, struct err *e) MUST_CHECK;
/* Does it record at all?  As above, without what only the key is for. */
int	 recorder_may(const struct recorder *r, struct err *e) MUST_CHECK;
/* Answer a client if it is still there. */
struct ProtobufCMessage;
void	 client_reply(struct client *cl, uint64_t id, uint16_t type,
	    const struct ProtobufCMessage *m);
void	 client_fail(struct client *cl, uint64_t id, const struct err *e);
void	 client_ref(struct client *cl);
void	 client_unref(struct client *cl);

#endif /* REGISTRY_RECORDER_H */
