#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ca/cert.h"
#include "registry/keep/doctor.h"
#include "registry/office/office_ca.h"

/* NULL where it is not there, or is none: another line says so. */
static struct cert *
cert_of(const struct doctor *d, const char *name)
{
	char		*path = config_path(d->cf, name);
	struct cert	*c = NULL;
	uint8_t		*p = NULL;
	size_t		 n;

	if (file_read(path, LIMIT_CERT, &p, &n, NULL) == 0 &&
	    cert_parse(OCTETS(p, n), &c, NULL) != 0)
		c = NULL;
	free(p);
	free(path);
	return c;
}

void
doctor_roots(struct doctor *d)
{
	struct cert	*next = cert_of(d, "ca/" CA_ROOT_NEXT_CRT);
	struct cert	*old = cert_of(d, "ca/" CA_ROOT_OLD_CRT);
	struct cert	*root = cert_of(d, "ca/" CA_ROOT_CRT);
	struct cert	*province = cert_of(d, "ca/" CA_PROVINCE_CRT);

	if (next != NULL)
		doctor_say(d, "root", DOCTOR_GOOD, NULL, "the national root "
		    "gets another key: ca/" CA_ROOT_NEXT_CRT " is published "
		    "and not in use");
	if (old == NULL || root == NULL || province == NULL)
		goto out;
	if (cert_verify(province, root, NULL) == 0)
		doctor_say(d, "root", DOCTOR_GOOD, NULL, "the province is "
		    "certified by the national root's present key; ca/"
		    CA_ROOT_OLD_CRT " is published beside it");
	else
		doctor_say(d, "root", DOCTOR_WARNING, "sealreg ca renew "
		    "province --data DIR, then what it says", "the province "
		    "is certified by the national root's former key, which "
		    "will be cut");
out:
	cert_free(province);
	cert_free(root);
	cert_free(old);
	cert_free(next);
}
