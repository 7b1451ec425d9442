#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/crl.h"
#include "registry/found/folder.h"
#include "registry/found/nation_open.h"
#include "registry/found/succession.h"

/* ---- what goes into the new folder as it is */

/* DIR/NAME of one folder into the other; what is not there is passed over. */
static int
bring(const char *from, const char *to, const char *name, const char *as,
    struct err *e)
{
	struct err	 gone = ERR_INIT;
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CRL);
	if ((rc = folder_read(from, name, &b, &gone)) == 0)
		rc = folder_write(to, as, buf_octets(&b), 0644, e);
	else if (rc == ERR_NOTFOUND)
		rc = 0;
	else
		*e = gone;
	buf_fini(&b);
	return rc;
}

/* Every file of a folder in it. */
static int
bring_folder(const char *from, const char *to, const char *name,
    struct err *e)
{
	struct dirent	*de;
	char		*path = xasprintf("%s/%s", from, name), *file;
	char		*made = xasprintf("%s/%s", to, name);
	DIR		*d = opendir(path);
	int		 rc;

	if (d == NULL)
		rc = err_set_errno(e, ERR_IO, "%s", path);
	else
		rc = file_mkdir(made, 0755, e);
	while (rc == 0 && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		file = xasprintf("%s/%s", name, de->d_name);
		rc = bring(from, to, file, file, e);
		free(file);
	}
	if (d != NULL)
		(void)closedir(d);
	free(made);
	free(path);
	return rc;
}

static int
bring_papers(const char *from, const char *to, struct err *e)
{
	static const char *const	names[] = { "national.vkey", "trust",
	    "trust.version" };
	size_t				i;
	int				rc;

	if ((rc = bring_folder(from, to, "ca", e)) != 0 ||
	    (rc = bring_folder(from, to, "issued", e)) != 0)
		return rc;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((rc = bring(from, to, names[i], names[i], e)) != 0)
			return rc;
	/* Its name is the new ceremony's. */
	return bring(from, to, "ceremony.txt", "ceremony-before.txt", e);
}

/* ---- the folder */

static int
check_free(const struct nation *n, int64_t now, struct err *e)
{
	if (n->next == NULL && (n->old == NULL || n->cut ||
	    cert_facts(n->old)->not_after <= now))
		return 0;
	return err_set_id(e, ERR_CONFLICT, "rollover-open", n->next != NULL ?
	    "%s has a next root already: \"sealreg national switch\" takes "
	    "it into use" : "what the root before the present one of %s has "
	    "certified may still be good: \"sealreg national cut\" ends it",
	    n->dir);
}

/* Its keys under another pass phrase; opened by that. */
static int
bring_keys(const struct nation *n, const char *tmp, struct octets pass,
    struct err *e)
{
	struct keyring	*made = NULL;
	int		 rc;

	if ((rc = keyring_create_with(tmp, pass, &made, e)) == 0 &&
	    (rc = keyring_copy(n->kr, KEY_ROOT, made, e)) == 0)
		rc = keyring_copy(n->kr, KEY_NATIONAL, made, e);
	keyring_free(made);
	return rc;
}

/* The lock of from is held. */
static int
mark(const char *from, const char *dir, struct err *e)
{
	char	*text = xasprintf("%s\n", dir);
	int	 rc;

	rc = folder_write(from, NATION_AFTER, OCTETS(text, strlen(text)),
	    0644, e);
	free(text);
	return rc;
}

int
succession_mark(const char *from, const char *dir, struct err *e)
{
	char	*path = xasprintf("%s/lock", from);
	int	 lock = -1, rc;

	if ((rc = file_lock(path, &lock, e)) == 0)
		rc = mark(from, dir, e);
	if (lock != -1)
		(void)close(lock);
	free(path);
	return rc;
}

int
succession_found(const char *dir, const struct succession_spec *s,
    struct err *e)
{
	struct keyring	*kr = NULL, *next = NULL;
	struct nation	 n;
	char		*tmp = NULL;
	int		 rc;

	if ((rc = nation_open(s->from, &n, e)) != 0)
		return rc;
	if ((rc = check_free(&n, s->now, e)) != 0 ||
	    (rc = folder_begin(dir, "national.vkey", &tmp, e)) != 0)
		goto out;
	if ((rc = bring_keys(&n, tmp, s->pass, e)) != 0 ||
	    (rc = bring_papers(s->from, tmp, e)) != 0)
		goto out;
	/* What opened from is not needed any more. */
	keyring_give_pass(s->pass);
	if ((rc = keyring_open(tmp, &kr, e)) != 0 ||
	    (rc = keyring_open(tmp, &next, e)) != 0 ||
	    (rc = succession_put(tmp, kr, next, s, e)) != 0 ||
	    (rc = s->last(s->arg, next, tmp, e)) != 0)
		goto out;
	/* Still locked: nobody works on there between the one and the other. */
	if ((rc = folder_end(dir, tmp, e)) == 0)
		rc = mark(s->from, dir, e);
out:
	keyring_give_pass(OCTETS(NULL, 0));
	if (rc != 0)
		folder_undo(tmp);
	free(tmp);
	keyring_free(next);
	keyring_free(kr);
	nation_close(&n);
	return rc;
}
