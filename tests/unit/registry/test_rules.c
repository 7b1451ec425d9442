#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/sm.h"
#include "filing/record.h"
#include "registry/rules.h"

static uint8_t	digest[SM3_LEN] = { 1 }, salt[RECORD_SALT_LEN] = { 2 };

static struct event
sample(void)
{
	struct event	ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_FILED;
	ev.record = (struct record){
		.seal_code = "44010600000001", .seal_type = SEAL_FINANCE,
		.seal_name = "广州示例科技有限公司财务专用章",
		.owner_name = "广州示例科技有限公司",
		.owner_id = "91440101MA5AKH6A1U",
		.status = STATUS_ACTIVE, .status_effective_at = 1000,
		.recorded_at = 1000, .valid_from = 1000, .valid_until = 9000,
		.seal_digest = OCTETS(digest, SM3_LEN),
		.certificate_digest = { OCTETS(digest, SM3_LEN) },
		.ncertificates = 1,
		.picture_digest = OCTETS(digest, SM3_LEN),
		.filing_office = "440000", .maker_id = "440000000001",
		.carrier = 2, .version = 1,
		.salt = OCTETS(salt, RECORD_SALT_LEN),
	};
	return ev;
}

/* Each spoils a good event; the rules must name what is wrong. */
static void
no_spoiling(struct event *ev)
{
	(void)ev;
}

static void
unknown_type(struct event *ev)
{
	ev->record.seal_type = 42;
}

static void
resident_in_name(struct event *ev)
{
	ev->record.seal_name = "张三11010519491231002X之章";
}

static void
resident_in_owner(struct event *ev)
{
	ev->record.owner_name = "公司440524188001010014";
}

static void
no_salt(struct event *ev)
{
	ev->record.salt.len = 0;
}

static const struct {
	const char	*name;
	void		(*spoil)(struct event *ev);
	const char	*id;		/* NULL: it is good */
} reads[] = {
	{ "good",		no_spoiling,		NULL },
	{ "unknown type",	unknown_type,		"bad-record" },
	{ "resident id in a name", resident_in_name,	"personal-data" },
	{ "resident id in an owner", resident_in_owner,	"personal-data" },
	{ "no salt",		no_salt,		"bad-record" },
};

static int
setup(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	return sm_init(&e);
}

static void
test_read(void **state)
{
	struct entry_effect	 ef;
	struct event		 ev;
	struct err		 e;
	struct buf		 b, rec;
	uint8_t			 key[SM3_LEN];
	size_t			 i;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		ev = sample();
		reads[i].spoil(&ev);
		buf_init(&b, LIMIT_ENTRY);
		event_encode(&ev, &b);
		e = (struct err)ERR_INIT;
		rc = registry_rules.read(registry_rules.ctx, buf_octets(&b),
		    &ef, &e);
		if (reads[i].id != NULL) {
			if (rc == 0)
				fail_msg("%s: accepted", reads[i].name);
			assert_string_equal(e.id, reads[i].id);
		} else {
			assert_int_equal(rc, 0);
			record_key("44010600000001", key);
			assert_memory_equal(ef.key, key, SM3_LEN);
			assert_false(ef.has_previous);
			buf_init(&rec, LIMIT_ENTRY);
			record_encode(&ev.record, &rec);
			assert_int_equal(ef.record.len, rec.len);
			assert_memory_equal(ef.record.p, rec.p, rec.len);
			/* tied to the entry, not a copy */
			assert_true(ef.record.p > b.p &&
			    ef.record.p < b.p + b.len);
			buf_fini(&rec);
		}
		buf_fini(&b);
	}
}

static void
test_read_bad_octets(void **state)
{
	struct entry_effect	ef;
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(registry_rules.read(registry_rules.ctx,
	    OCTETS("\x0a\x01\x00", 3), &ef, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-entry");
}

static const struct {
	const char	*name;
	bool		 before;	/* is there one, active? */
	bool		 previous;
	uint32_t	 kind, status;
	bool		 legal;
} steps[] = {
	{ "filed first",	false, false, EVENT_FILED, STATUS_ACTIVE,
	    true },
	{ "filed twice",	true, true, EVENT_FILED, STATUS_ACTIVE,
	    false },
	{ "suspended",		true, true, EVENT_SUSPENDED,
	    STATUS_SUSPENDED, true },
	{ "suspended, unchained", true, false, EVENT_SUSPENDED,
	    STATUS_SUSPENDED, false },
	{ "suspended from nothing", false, false, EVENT_SUSPENDED,
	    STATUS_SUSPENDED, false },
	{ "resumed while active", true, true, EVENT_RESUMED, STATUS_ACTIVE,
	    false },
	{ "suspended, but lost", true, true, EVENT_SUSPENDED, STATUS_LOST,
	    false },
};

static void
test_step(void **state)
{
	struct event	ev, was;
	struct err	e;
	struct buf	b, before;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		was = sample();
		ev = sample();
		ev.kind = steps[i].kind;
		ev.reason = steps[i].kind == EVENT_FILED ? 0 : 3;
		ev.record.status = steps[i].status;
		ev.record.status_reason = ev.reason;
		ev.record.recorded_at = 1001;
		ev.record.status_effective_at = 1001;
		ev.has_previous = steps[i].previous;
		buf_init(&b, LIMIT_ENTRY);
		buf_init(&before, LIMIT_ENTRY);
		event_encode(&ev, &b);
		if (steps[i].before)
			record_encode(&was.record, &before);
		e = (struct err)ERR_INIT;
		rc = registry_rules.step(registry_rules.ctx, buf_octets(&b),
		    buf_octets(&before), &e);
		if ((rc == 0) != steps[i].legal)
			fail_msg("%s: %d %s", steps[i].name, rc, e.text);
		if (rc != 0) {
			assert_int_equal(rc, ERR_VERIFY);
			assert_string_equal(e.id, "illegal-transition");
		}
		buf_fini(&before);
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_bad_octets),
		cmocka_unit_test(test_step),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
