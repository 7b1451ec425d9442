#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "registry/cmd/verify_args.h"
#include "registry/judge/report_html.h"
#include "registry/judge/report_pdf.h"

static int
write_file(const char *path, const struct buf *b, struct err *e)
{
	if (!buf_ok(b))
		return err_set(e, ERR_TOOBIG, "%s would be too long", path);
	return file_write(path, buf_octets(b), 0644, e);
}

/* Evidence without a time-stamp is still evidence. */
static void
get_stamp(const char *node, const struct report *r, struct evidence *ev)
{
	struct buf	core, token;
	struct err	e = ERR_INIT;

	buf_init(&core, LIMIT_EVIDENCE);
	buf_init(&token, LIMIT_REPORT);
	evidence_put_core(ev, r, &core);
	if (verify_get_stamp(node, buf_octets(&core), &token, &e) == 0) {
		ev->stamp = buf_steal(&token, &ev->stamplen);
	} else {
		fprintf(stderr, "sealreg verify: the evidence has no "
		    "time-stamp: %s [%s]\n", e.text, e.id);
	}
	buf_fini(&core);
	buf_fini(&token);
}

static int
write_evidence(const struct verify_forms *f, const struct report *r,
    struct evidence *ev, struct err *e)
{
	struct policy	own = ev->policy;
	struct buf	out;
	int		rc;

	buf_init(&out, LIMIT_EVIDENCE);
	ev->policy = *f->policy;	/* borrowed while it is written */
	if (f->node != NULL)
		get_stamp(f->node, r, ev);
	evidence_put(ev, r, &out);
	ev->policy = own;
	rc = write_file(f->evidence, &out, e);
	buf_fini(&out);
	return rc;
}

int
verify_forms_write(const struct verify_forms *f, struct report *r,
    struct evidence *ev, struct err *e)
{
	struct buf	out;
	int		rc = 0;

	buf_init(&out, LIMIT_REPORT);
	if (f->html != NULL) {
		report_html(r, f->lang, &out);
		rc = write_file(f->html, &out, e);
	}
	buf_reset(&out);
	if (rc == 0 && f->pdf != NULL &&
	    (rc = report_pdf(r, f->lang, &out, e)) == 0)
		rc = write_file(f->pdf, &out, e);
	buf_fini(&out);
	if (rc == 0 && f->evidence != NULL)
		rc = write_evidence(f, r, ev, e);
	return rc;
}
