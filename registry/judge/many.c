#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/jail.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "filing/seal_memory.h"
#include "registry/judge/many.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"
#include "signing/package_memory.h"

/* Files sent as octets: what a socket holds, so that nobody waits. */
#define SMALL		JAIL_AHEAD
#define WAIT_MS		1000
#define MAKERS		16	/* whose keys verify many seals */

enum state { STATE_NONE = 0, STATE_LOADED, STATE_GIVEN, STATE_DONE };

/* A file under way. */
struct job {
	struct readers_file in;		/* first: the reader hands it back */
	enum state	 state;
	char		*path;
	struct msg_file	 file;		/* until it is judged */
	size_t		 len;
	bool		 unread;	/* why says so */
	struct err	 why;
	uint8_t		 digest[SM3_LEN];
	struct report	 report;
	struct evidence	 ev;
};

struct run {
	const struct many *spec;
	struct verify_run *judge;
	struct readers	*readers;
	struct job	*jobs[LIMIT_MANY_AHEAD];	/* a ring */
	uint64_t	 first, last;	/* told; loaded */
	size_t		 octets;	/* of those that are not judged */
	bool		 ended;		/* no more paths */
};

/* The jail remembers what its files have in common. */
static int
warm(struct err *e)
{
	/* What a file leaves behind, the next one takes. */
	(void)mallopt(M_MMAP_THRESHOLD, 8 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
	sm2_tables(MAKERS);
	cert_remember(LIMIT_MANY_MEMORY);
	seal_remember(LIMIT_MANY_MEMORY);
	package_remember(LIMIT_MANY_MEMORY);
	return program_jail.warm(e);
}

static struct jail_spec	many_jail;

static struct job *
job_of(const struct run *r, uint64_t n)
{
	return r->jobs[n % LIMIT_MANY_AHEAD];
}

static void
job_close(struct run *r, struct job *j)
{
	r->octets -= j->file.len;
	msg_file_fini(&j->file);
}

static void
job_free(struct run *r, struct job *j)
{
	if (j == NULL)
		return;
	job_close(r, j);
	if (j->state == STATE_DONE && !j->unread)
		report_fini(&j->report);
	evidence_fini(&j->ev);
	free(j->path);
	free(j);
}

/* ---- loading */

static int
load(struct run *r, struct job *j, struct err *e)
{
	struct octets	o;
	int		rc;

	if ((rc = msg_file_read(j->path, SMALL, LIMIT_MANY_FILE, &j->file,
	    e)) != 0)
		return rc;
	j->len = j->file.len;
	r->octets += j->len;
	if (!r->spec->digests && !r->spec->evidence)
		return 0;
	if (j->file.p != NULL) {
		sm3(j->file.p, j->len, j->digest);
		return 0;
	}
	if ((rc = memfd_map(j->file.fd, LIMIT_MANY_FILE, &o, e)) != 0)
		return rc;
	sm3(o.p, o.len, j->digest);
	if (o.len > 0)
		(void)munmap((void *)(uintptr_t)o.p, o.len);
	return 0;
}

/* The next file; false: there is none, or no room for it yet. */
static bool
load_next(struct run *r)
{
	struct job	*j;
	char		*path;

	if (r->ended || r->last - r->first == LIMIT_MANY_AHEAD ||
	    r->octets > LIMIT_MANY_OCTETS)
		return false;
	if ((path = r->spec->next(r->spec->arg)) == NULL) {
		r->ended = true;
		return false;
	}
	j = xcalloc(1, sizeof(*j));
	j->path = path;
	j->file.fd = -1;
	j->in.file = &j->file;
	j->why = (struct err)ERR_INIT;
	j->unread = load(r, j, &j->why) != 0;
	j->state = j->unread ? STATE_DONE : STATE_LOADED;
	r->jobs[r->last++ % LIMIT_MANY_AHEAD] = j;
	return true;
}

static struct job *
oldest_loaded(const struct run *r)
{
	uint64_t	n;

	for (n = r->first; n < r->last; n++)
		if (job_of(r, n)->state == STATE_LOADED)
			return job_of(r, n);
	return NULL;
}

/* ---- judging */

static void
judge(struct run *r, struct job *j, int rc, struct octets reading,
    const struct err *why)
{
	const struct many	*s = r->spec;
	struct verify_ask	 ask = { .trust = s->trust,
				    .policy = s->policy,
				    .has_at = s->has_at, .at = s->at,
				    .now = tm_now(),
				    .has_digest = s->digests || s->evidence,
				    .pictures = s->pictures };

	memcpy(ask.digest, j->digest, SM3_LEN);
	memcpy(j->ev.digest, j->digest, SM3_LEN);
	j->ev.length = j->len;
	if (rc == 0) {
		verify_read(reading, &ask, r->judge, &j->ev, &j->report);
	} else {
		j->ev.now = ask.now;
		j->ev.has_at = ask.has_at;
		j->ev.at = ask.at;
		j->ev.asked = s->node != NULL;
		j->ev.refused = xstrdup(why->text);
		verify_refused(why, &ask, &j->report);
	}
	if (!s->evidence)
		evidence_fini(&j->ev);
	j->state = STATE_DONE;
	job_close(r, j);
}

/* As many files wait as there are readers, and the readers have what they can
 * take. */
static void
fill(struct run *r)
{
	struct job	*j;
	struct err	 e;
	uint64_t	 n;
	unsigned	 waiting;
	int		 rc;

	for (;;) {
		waiting = 0;
		for (n = r->first; n < r->last; n++)
			waiting += job_of(r, n)->state == STATE_LOADED;
		for (; waiting < r->spec->jails && load_next(r); waiting++)
			;
		if ((j = oldest_loaded(r)) == NULL ||
		    !readers_have_room(r->readers, &j->in))
			return;
		e = (struct err)ERR_INIT;
		j->state = STATE_GIVEN;
		if ((rc = readers_give(r->readers, &j->in, &e)) != 0)
			judge(r, j, rc, OCTETS(NULL, 0), &e);
	}
}

static void
done(void *arg, struct readers_file *f, int rc, struct octets reading,
    const struct err *why)
{
	struct run	*r = arg;

	fill(r);	/* they read on while this is judged */
	judge(r, (struct job *)f, rc, reading, why);
}

/* ---- all of them */

static int
tell_done(struct run *r)
{
	struct many_file	 f;
	struct job		*j;
	int			 rc = 0;

	while (rc == 0 && r->first < r->last &&
	    (j = job_of(r, r->first))->state == STATE_DONE) {
		f = (struct many_file){ .number = r->first + 1,
		    .path = j->path, .report = j->unread ? NULL : &j->report,
		    .ev = &j->ev, .why = &j->why };
		rc = r->spec->tell(r->spec->arg, &f);
		job_free(r, j);
		r->first++;
	}
	return rc;
}

int
many_run(const struct many *spec)
{
	struct run	*r = xcalloc(1, sizeof(*r));
	int		 rc;

	r->spec = spec;
	sm2_tables(MAKERS);	/* owners sign checkpoints */
	r->judge = verify_run_new(spec->node, spec->evidence ? 64 :
	    LIMIT_MANY_MEMORY, spec->evidence);
	many_jail = (struct jail_spec){ .tables = program_jail.tables,
	    .warm = warm };
	r->readers = readers_new(&many_jail, spec->jails, spec->pictures ||
	    spec->evidence ? MSG_TYPE__MSG_READ_SHOWN :
	    MSG_TYPE__MSG_READ_MANY, spec->apart, done, r);
	do {
		fill(r);
		if (readers_are_busy(r->readers) &&
		    !readers_wait(r->readers, 0)) {
			spec->idle(spec->arg);
			(void)readers_wait(r->readers, WAIT_MS);
		}
	} while ((rc = tell_done(r)) == 0 && (!r->ended ||
	    r->first < r->last));
	readers_free(r->readers);
	for (; r->first < r->last; r->first++)
		job_free(r, job_of(r, r->first));
	verify_run_free(r->judge);
	free(r);
	return rc;
}
