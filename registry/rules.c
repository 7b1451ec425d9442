#include <string.h>

#include "filing/code.h"
#include "filing/record.h"
#include "registry/rules.h"

int
rules_scan(struct octets entry, struct err *e)
{
	if (resident_id_within((const char *)entry.p, entry.len))
		return err_set_id(e, ERR_VERIFY, "personal-data",
		    "the entry contains a resident identity number");
	return 0;
}

static int
rules_read(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	int			 rc;

	(void)ctx;
	memset(ef, 0, sizeof(*ef));
	if ((rc = event_read(entry, &ev, &box, e)) != 0 ||
	    (rc = record_lint(&ev.record, e)) != 0 ||
	    (rc = rules_scan(entry, e)) != 0)
		goto out;
	record_key(ev.record.seal_code, ef->key);
	ef->has_previous = ev.has_previous;
	ef->previous = ev.previous;
	ef->record = ev.record_octets;

	rc = 0;
out:
	record_box_free(box);
	return rc;
}

static int
rules_step(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	struct record_box	*box = NULL, *old = NULL;
	struct record		 was;
	struct event		 ev;
	int			 rc;

	(void)ctx;
	if ((rc = event_read(entry, &ev, &box, e)) != 0)
		goto out;
	if (before.len > 0 && (rc = record_read(before, &was, &old, e)) != 0)
		goto out;
	rc = event_check(&ev, before.len > 0 ? &was : NULL, e);
out:
	record_box_free(old);
	record_box_free(box);
	return rc;
}

const struct entry_rules registry_rules = {
	.read = rules_read,
	.step = rules_step,
	.ctx = NULL
};
