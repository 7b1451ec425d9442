#include <stdlib.h>
#include <string.h>

#include "registry/office/office_ca.h"
#include "registry/office/office_list.h"
#include "registry/web/web.h"

/*
 * The authority's certificates and lists, DER, from the own province's
 * database.  A maker issues nothing: maker.crl is the list that its own
 * certificate would be on, the province's.  That has parts where it has grown:
 * province-1.crl and so on.  Lists of a licensed body are here as well.
 */

static const struct {
	const char	*file, *name, *type;
} objects[] = {
	{ "root.crt", "root.crt", "application/pkix-cert" },
	{ "province.crt", "province.crt", "application/pkix-cert" },
	{ "province-old.crt", CA_PROVINCE_OLD_CRT, "application/pkix-cert" },
	{ "province-new-with-old.crt", CA_NEW_WITH_OLD_CRT,
	    "application/pkix-cert" },
	{ "province-old-with-new.crt", CA_OLD_WITH_NEW_CRT,
	    "application/pkix-cert" },
	{ "maker.crt", "maker.crt", "application/pkix-cert" },
	{ "tsa.crt", "tsa.crt", "application/pkix-cert" },
	{ "root.crl", "root.crl", "application/pkix-crl" },
	{ "root-old.crt", CA_ROOT_OLD_CRT, "application/pkix-cert" },
	{ "root-old.crl", CA_ROOT_OLD_CRL, "application/pkix-crl" },
	{ "root-next.crt", CA_ROOT_NEXT_CRT, "application/pkix-cert" },
	{ "root-next.crl", CA_ROOT_NEXT_CRL, "application/pkix-crl" },
	{ "root-new-with-old.crt", CA_ROOT_NEW_WITH_OLD_CRT,
	    "application/pkix-cert" },
	{ "root-old-with-new.crt", CA_ROOT_OLD_WITH_NEW_CRT,
	    "application/pkix-cert" },
	{ "province.crl", "province.crl", "application/pkix-crl" },
	{ "maker.crl", "province.crl", "application/pkix-crl" },
};

/* "province-12.crl": a part of the province's list, by its one spelling. */
static bool
is_part(const char *file)
{
	char		 name[CRL_NAME_SIZE];
	unsigned long	 n;

	if (strncmp(file, "province-", 9) != 0 ||
	    strspn(file + 9, "0123456789") > 6)
		return false;
	if ((n = strtoul(file + 9, NULL, 10)) == 0)
		return false;
	office_crl_name((unsigned)n, name);
	return strcmp(file, name) == 0;
}

static void
object(void *ctx, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web	*w = ctx;
	struct query	*q = NULL;
	struct val	 v;
	struct err	 e = ERR_INIT;
	const char	*file, *type = "application/pkix-crl";
	size_t		 i, n = sizeof(objects) / sizeof(objects[0]);
	bool		 row;

	if (!web_query(w, r, none))
		return;
	file = http_param(r, "file");
	for (i = 0; i < n; i++)
		if (strcmp(objects[i].file, file) == 0)
			break;
	if (i < n) {
		file = objects[i].name;
		type = objects[i].type;
	} else if (!is_part(file) && !office_list_is(file)) {
		web_reply_problem(w, r, 404, "no-such-object",
		    "there are root, province and maker, .crt and .crl, "
		    "and tsa.crt");
		return;
	}
	v = val_text(file);
	if (store_query(w->office, STMT_OFFICE_CA_GET, &v, 1, &q, &e) != 0 ||
	    query_next(q, &row, &e) != 0)
		web_reply_err(w, r, &e);
	else if (!row)
		web_reply_problem(w, r, 404, "no-such-object",
		    "the node does not have it yet");
	else
		web_reply_octets(w, r, 200, type, query_blob(q, 0));
	query_done(q);
}

const struct http_route route_ca[] = {
	{ "GET", "/ca/{file}", HTTP_PUBLIC, 0, object },
	{ NULL, NULL, 0, 0, NULL }
};
