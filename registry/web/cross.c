#include <string.h>

#include "ca/cert.h"
#include "registry/office/office_ca.h"
#include "registry/web/cross.h"

static void
add(struct web *w, struct web_cross *c, const char *name)
{
	const struct val	 v = val_text(name);
	struct query		*q = NULL;
	bool			 row;

	if (store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q,
	    NULL) == 0 && query_next(q, &row, NULL) == 0 && row &&
	    query_blob(q, 0).len > 0) {
		buf_init(&c->der[c->n], LIMIT_CERT);
		buf_put_octets(&c->der[c->n], query_blob(q, 0));
		c->o[c->n] = buf_octets(&c->der[c->n]);
		c->n++;
	}
	query_done(q);
}

void
web_cross_get(struct web *w, struct web_cross *c)
{

	memset(c, 0, sizeof(*c));
	add(w, c, CA_NEW_WITH_OLD_CRT);
	add(w, c, CA_OLD_WITH_NEW_CRT);
}

void
web_cross_fini(struct web_cross *c)
{

	while (c->n > 0)
		buf_fini(&c->der[--c->n]);
}
