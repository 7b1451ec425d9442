#include <string.h>

#include "base/log.h"
#include "base/tm.h"
#include "ca/tsa_query.h"
#include "registry/config.h"
#include "registry/office/filer.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_maker.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/*
 * Time-stamps: may they be made now, how many may strangers cause, and the way
 * to the key process.
 */

#define BURST_MS	1000
#define MAKER_MS	10000	/* the maker's certificate is looked at again */

/* ---- may it stamp */

int
recorder_tsa_init(struct recorder *r, struct err *e)
{
	clock_watch_init(&r->stamps.clock, r->of.now(), tm_mono_ms());
	return office_ca_has(&r->of, CA_TSA_CRT, &r->stamps.has_tsa, e);
}

int
recorder_stamps(struct recorder *r, struct err *e)
{
	int	rc;

	if (!r->stamps.has_tsa)
		return err_set_id(e, ERR_NOTFOUND, "no-tsa", "this node has "
		    "no certificate for time-stamps: \"sealreg init --tsa\" "
		    "makes one");
	if ((rc = recorder_can(r, e)) != 0)
		return rc;
	return recorder_clock_stamps(r, e);
}

/*
 * What was signed by a clock that ran ahead stands in the log, and a seal's
 * createDate is not before it (office_now()): until that time has come, no
 * time-stamp could follow it.
 */
static int
log_is_not_ahead(struct recorder *r, struct err *e)
{
	const int64_t	ahead = office_now(&r->of) - r->of.now();

	if (ahead <= r->of.cf->tsa_clock_bound)
		return 0;
	return err_set_id(e, ERR_BUSY, "clock-behind", "no seal with a time-"
	    "stamp is made: this node's log was signed %lld s from now",
	    (long long)ahead);
}

int
recorder_makes(struct recorder *r, struct err *e)
{
	const int64_t	mono = tm_mono_ms();
	int		rc;

	if ((rc = recorder_stamps(r, e)) != 0 ||
	    (rc = log_is_not_ahead(r, e)) != 0)
		return rc;
	if (r->stamps.maker_ms != 0 && mono - r->stamps.maker_ms < MAKER_MS)
		return 0;
	r->stamps.maker_ms = 0;
	if ((rc = office_maker_check(&r->of, r->of.now(), e)) == 0)
		r->stamps.maker_ms = mono;
	else if (!r->stamps.maker_bad)
		log_error("maker.refused", "code=%s \"%s\"", e->id, e->text);
	r->stamps.maker_bad = rc != 0;
	return rc;
}

int
recorder_files(struct recorder *r, struct err *e)
{

	return config_is_v5(r->of.cf) ? recorder_makes(r, e) :
	    recorder_can(r, e);
}

/* ---- asking the key process */

void
recorder_stamp_ask(struct recorder *r, int64_t floor, struct buf *policy,
    SignTime *m)
{
	/* config_load() has tried it. */
	if (tsa_policy_encode(r->of.cf->tsa_policy, policy, NULL) != 0)
		buf_reset(policy);
	m->policy.data = policy->p;
	m->policy.len = policy->len;
	m->floor = floor;
	m->bound = (uint32_t)r->of.cf->tsa_clock_bound;
}

/* Half of tsa_rate, so that something is left for others; at least one. */
static bool
has_share(struct recorder *r, const ProtobufCBinaryData *asker)
{
	const int64_t	rate = (r->of.cf->tsa_rate + 1) / 2;

	return asker->len == 0 || share_take(r->shares, asker->data,
	    asker->len, rate, tm_mono_ms());
}

/*
 * Room grows by tsa_rate a millisecond, up to a second's worth, and each
 * signature takes 1000 of it.
 */
static int
take_room(struct recorder *r, const TimeQuery *m, struct err *e)
{
	struct stamp_desk	*d = &r->stamps;
	const int64_t		 now = tm_mono_ms() * r->of.cf->tsa_rate;
	const int64_t		 full = BURST_MS * r->of.cf->tsa_rate;

	d->room += now - d->filled;
	if (d->room > full || d->filled == 0)
		d->room = full;
	d->filled = now;
	if (!has_share(r, &m->asker))
		return err_set_id(e, ERR_BUSY, "too-many-requests",
		    "more time-stamps are asked for from this address than "
		    "its share in a second");
	if (d->room < 1000)
		return err_set_id(e, ERR_BUSY, "too-many-requests",
		    "more time-stamps are asked for than this node issues in "
		    "a second");
	d->room -= 1000;
	return 0;
}

static void
stamped(void *arg, const struct msg *reply, const struct err *e)
{
	struct req		*q = arg;
	struct recorder		*r = req_recorder(q);
	ProtobufCMessage	*m = NULL;
	struct err		 why = ERR_INIT;

	req_no_fd(reply);
	if (e == NULL && msg_unpack(&signed_time__descriptor, reply->body, &m,
	    &why) != 0)
		e = &why;
	if (e != NULL) {
		r->stamps.refused++;
		req_fail(q, e);
		return;
	}
	r->stamps.issued++;
	req_reply(q, MSG_TYPE__MSG_RECORDER_REPLY, m);
	protobuf_c_message_free_unpacked(m, NULL);
}

/* The key process would refuse it, too, but with a line in the log. */
static int
check_policy(const TimeQuery *m, struct octets ours, struct err *e)
{

	if (m->policy.len == 0 || (m->policy.len == ours.len &&
	    memcmp(m->policy.data, ours.p, ours.len) == 0))
		return 0;
	return err_set_id(e, ERR_INVAL, "time-query-policy", "time-stamp "
	    "request: its policy is not the one under which this authority "
	    "stamps");
}

int
desk_stamp(struct req *q, struct err *e)
{
	struct recorder	*r = req_recorder(q);
	SignTime	 ask = SIGN_TIME__INIT;
	TimeQuery	 m = *(const TimeQuery *)q->m;
	struct buf	 policy;
	int		 rc;

	buf_init(&policy, LIMIT_TSA_POLICY);
	recorder_stamp_ask(r, 0, &policy, &ask);
	if ((rc = check_policy(&m, buf_octets(&policy), e)) != 0 ||
	    (rc = recorder_stamps(r, e)) != 0 ||
	    (rc = take_room(r, &m, e)) != 0) {
		r->stamps.refused++;
		goto out;
	}
	/* Who asks is nothing for the key process. */
	m.asker.len = 0;
	ask.query = &m;
	chan_request(r->key, MSG_TYPE__MSG_SIGN_TIME, &ask.base, -1, stamped,
	    q);
out:
	buf_fini(&policy);
	return rc;
}
