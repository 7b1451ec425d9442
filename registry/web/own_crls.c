#include <stdlib.h>

#include "base/mem.h"
#include "registry/office/office_ca.h"
#include "registry/web/own_crls.h"

static void
add(struct own_crls *l, struct web *w, const char *name)
{
	const struct val	 v = val_text(name);
	struct query		*q = NULL;
	bool			 row;

	if (store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q,
	    NULL) == 0 && query_next(q, &row, NULL) == 0 && row) {
		buf_init(&l->b[l->n], LIMIT_CA_OBJECT);
		buf_put_octets(&l->b[l->n], query_blob(q, 0));
		l->o[l->n] = buf_octets(&l->b[l->n]);
		l->n++;
	}
	query_done(q);
}

struct own_crls *
own_crls_new(struct web *w, const struct chains *chains)
{
	struct own_crls	*l = xcalloc(1, sizeof(*l));
	const size_t	 own = (size_t)(w->logs[0].owner -
			    w->trust->provinces);
	unsigned	 parts[LIMIT_VERIFY_PARTS];
	char		 name[CRL_NAME_SIZE];
	size_t		 i, n;

	if (!chains_wants(chains, own))
		return l;
	add(l, w, CA_PROVINCE_CRL);
	add(l, w, CA_ROOT_CRL);
	n = chains_parts(chains, own, parts, LIMIT_VERIFY_PARTS);
	for (i = 0; i < n; i++) {
		office_crl_name(parts[i], name);
		add(l, w, name);
	}
	return l;
}

void
own_crls_free(struct own_crls *l)
{
	if (l == NULL)
		return;
	while (l->n > 0)
		buf_fini(&l->b[--l->n]);
	free(l);
}
