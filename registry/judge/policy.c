#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "registry/judge/policy.h"

const struct policy policy_usual = { .max_age = 0 };

/* The file, as it is read. */
struct file {
	struct conf_list refuse, anchors, intermediates;
	int64_t		 max_age;
	bool		 need_revocation, need_time_stamp, foreign, no_lists;
};

static const struct conf_key keys[] = {
	{ "refuse", CONF_STRINGS, offsetof(struct file, refuse), 0,
	    LIMIT_POLICY_NAMES, "", "Deviations from the standards that are "
	    "not put up with, by name; \"*\" refuses all.", NULL, 0 },
	{ "max_age", CONF_INT, offsetof(struct file, max_age), 0, 31536000,
	    "0", "How old the register's word may be, in seconds; 0: as the "
	    "trust list says.", NULL, 0 },
	{ "need_revocation", CONF_BOOL, offsetof(struct file,
	    need_revocation), 0, 0, "false", "Is a certificate whose "
	    "revocation was not looked up unknown?", NULL, 0 },
	{ "evidence_without_lists", CONF_BOOL, offsetof(struct file, no_lists),
	    0, 0, "false", "May evidence be valid that has no revocation list "
	    "for a certificate?", NULL, 0 },
	{ "need_time_stamp", CONF_BOOL, offsetof(struct file,
	    need_time_stamp), 0, 0, "false", "Is a stamp unknown whose time "
	    "is the signer's word alone?", NULL, 0 },
	{ "anchors", CONF_STRINGS, offsetof(struct file, anchors), 0,
	    LIMIT_POLICY_ANCHORS, "", "Files of certificates, DER or PEM, of "
	    "authorities beside those of the trust list.", NULL, 0 },
	{ "intermediates", CONF_STRINGS, offsetof(struct file, intermediates),
	    0, LIMIT_POLICY_INTERMEDIATES, "", "Files of certificates, DER or "
	    "PEM, that may lead to an authority and are not believed "
	    "themselves: cross certificates of a rollover.", NULL, 0 },
	{ "foreign_without_register", CONF_BOOL, offsetof(struct file,
	    foreign), 0, 0, "false", "May a seal be valid that is in no "
	    "register of the trust list?  Its authority is one of anchors.",
	    NULL, 0 },
	{ NULL, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};

bool
policy_is_usual(const struct policy *p)
{
	return p->nrefused == 0 && p->max_age == 0 && !p->need_revocation &&
	    !p->evidence_without_lists &&
	    !p->need_time_stamp && !p->foreign_without_register &&
	    p->nanchors == 0 && p->nintermediates == 0;
}

void
policy_distrust(struct policy *p)
{

	while (p->nanchors > 0)
		free((void *)(uintptr_t)p->anchors[--p->nanchors].p);
	p->foreign_without_register = false;
}

bool
policy_refuses(const struct policy *p, const char *deviation)
{
	size_t	i;

	for (i = 0; i < p->nrefused; i++)
		if (strcmp(p->refused[i], "*") == 0 ||
		    strcmp(p->refused[i], deviation) == 0)
			return true;
	return false;
}

void
policy_fini(struct policy *p)
{
	size_t	i;

	for (i = 0; i < p->nanchors; i++)
		free((void *)(uintptr_t)p->anchors[i].p);
	for (i = 0; i < p->nintermediates; i++)
		free((void *)(uintptr_t)p->intermediates[i].p);
	memset(p, 0, sizeof(*p));
}

static int
add_name(struct policy *p, const char *name, struct err *e)
{
	if (p->nrefused == LIMIT_POLICY_NAMES ||
	    strlen(name) >= LIMIT_POLICY_NAME)
		return err_set_id(e, ERR_INVAL, "policy-value",
		    "policy: a deviation's name is too long, or there are "
		    "too many");
	(void)strcpy(p->refused[p->nrefused++], name);
	return 0;
}

/* One certificate, appended to the max of list. */
static int
add_certificate(const char *path, struct octets *list, size_t *count,
    size_t max, struct err *e)
{
	struct cert	*c = NULL;
	struct buf	 der;
	uint8_t		*raw = NULL;
	size_t		 n;
	int		 rc;

	buf_init(&der, LIMIT_CERT);
	if ((rc = file_read(path, 4 * LIMIT_CERT, &raw, &n, e)) != 0 ||
	    (rc = cert_unpem(OCTETS(raw, n), "CERTIFICATE", &der, e)) != 0)
		goto out;
	if (cert_parse(buf_octets(&der), &c, NULL) != 0) {
		rc = err_set_id(e, ERR_INVAL, "policy-value",
		    "policy: %s is no certificate", path);
		goto out;
	}
	if (*count == max) {
		rc = err_set_id(e, ERR_INVAL, "policy-value",
		    "policy: over %zu certificates of a kind", max);
		goto out;
	}
	list[(*count)++] = OCTETS(xmemdup(der.p, der.len), der.len);

	rc = 0;
out:
	cert_free(c);
	buf_fini(&der);
	free(raw);
	return rc;
}

int
policy_add_intermediate(struct policy *p, const char *path, struct err *e)
{

	return add_certificate(path, p->intermediates, &p->nintermediates,
	    LIMIT_POLICY_INTERMEDIATES, e);
}

/* name as it stands, or beside the policy's own file. */
static char *
beside(const char *path, const char *name)
{
	const char	*slash = strrchr(path, '/');

	if (name[0] == '/' || slash == NULL)
		return xstrdup(name);
	return xasprintf("%.*s%s", (int)(slash - path + 1), path, name);
}

/* Those that the policy's file names. */
static int
add_files(const char *path, const struct conf_list *names,
    struct octets *list, size_t *count, size_t max, struct err *e)
{
	char	*name;
	size_t	 i;
	int	 rc = 0;

	for (i = 0; i < names->n && rc == 0; i++) {
		name = beside(path, ((char **)names->items)[i]);
		rc = add_certificate(name, list, count, max, e);
		free(name);
	}
	return rc;
}

int
policy_load(const char *path, struct policy *p, struct err *e)
{
	struct file	 f;
	size_t		 i;
	int		 rc;

	memset(p, 0, sizeof(*p));
	memset(&f, 0, sizeof(f));
	if ((rc = conf_load(path, keys, &f, e)) != 0)
		goto out;
	p->max_age = f.max_age;
	p->need_revocation = f.need_revocation;
	p->evidence_without_lists = f.no_lists;
	p->need_time_stamp = f.need_time_stamp;
	p->foreign_without_register = f.foreign;
	for (i = 0; i < f.refuse.n; i++)
		if ((rc = add_name(p, ((char **)f.refuse.items)[i], e)) != 0)
			goto out;
	if ((rc = add_files(path, &f.anchors, p->anchors, &p->nanchors,
	    LIMIT_POLICY_ANCHORS, e)) != 0 ||
	    (rc = add_files(path, &f.intermediates, p->intermediates,
	    &p->nintermediates, LIMIT_POLICY_INTERMEDIATES, e)) != 0)
		goto out;
	rc = 0;
out:
	conf_fini(keys, &f);
	if (rc != 0)
		policy_fini(p);
	return rc;
}

/* ---- JSON */

static json_t *
certificates_of(const struct octets *list, size_t n)
{
	json_t	*a = json_array();
	char	*text;
	size_t	 i;

	for (i = 0; i < n; i++) {
		text = xmalloc(B64_SIZE(list[i].len));
		(void)b64_encode(list[i].p, list[i].len, text);
		(void)json_array_append_new(a, json_string(text));
		free(text);
	}
	return a;
}

json_t *
policy_object(const struct policy *p)
{
	json_t	*refuse = json_array(), *o;
	size_t	 i;

	for (i = 0; i < p->nrefused; i++)
		(void)json_array_append_new(refuse,
		    json_string(p->refused[i]));
	o = json_pack("{s:o, s:I, s:b, s:b, s:o, s:b}", "refuse", refuse,
	    "max_age", (json_int_t)p->max_age, "need_revocation",
	    p->need_revocation, "need_time_stamp", p->need_time_stamp,
	    "anchors", certificates_of(p->anchors, p->nanchors),
	    "foreign_without_register", p->foreign_without_register);
	/* Left out where they say nothing: policies of before had no such
	 * members, and keep their digest. */
	if (p->evidence_without_lists)
		(void)json_object_set_new(o, "evidence_without_lists",
		    json_true());
	if (p->nintermediates > 0)
		(void)json_object_set_new(o, "intermediates", certificates_of(
		    p->intermediates, p->nintermediates));
	return o;
}

void
policy_digest(const struct policy *p, uint8_t out[SM3_LEN])
{
	json_t	*o = policy_object(p);
	char	*text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);

	sm3(text, text != NULL ? strlen(text) : 0, out);
	free(text);
	json_decref(o);
}

static int
bad(const char *what, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "bad-evidence", "evidence: its "
	    "policy: %s", what);
}

static int
take_certificates(const json_t *a, struct octets *list, size_t *count,
    size_t max, struct err *e)
{
	const char	*s;
	uint8_t		 der[LIMIT_CERT];
	size_t		 i, n;

	for (i = 0; i < json_array_size(a); i++) {
		s = json_string_value(json_array_get(a, i));
		if (s == NULL || *count == max ||
		    !b64_decode(s, strlen(s), der, sizeof(der), &n))
			return bad("an authority's certificate", e);
		list[(*count)++] = OCTETS(xmemdup(der, n), n);
	}
	return 0;
}

int
policy_from_object(const json_t *o, struct policy *p, struct err *e)
{
	const json_t	*refuse = json_object_get(o, "refuse");
	const json_t	*anchors = json_object_get(o, "anchors");
	const json_t	*between = json_object_get(o, "intermediates");
	const char	*s;
	size_t		 i;
	int		 rc;

	memset(p, 0, sizeof(*p));
	if (!json_is_array(refuse) || !json_is_array(anchors) ||
	    (between != NULL && !json_is_array(between)) ||
	    json_integer_value(json_object_get(o, "max_age")) < 0)
		return bad("a member is missing", e);
	p->max_age = json_integer_value(json_object_get(o, "max_age"));
	p->need_revocation = json_is_true(json_object_get(o,
	    "need_revocation"));
	p->evidence_without_lists = json_is_true(json_object_get(o,
	    "evidence_without_lists"));
	p->need_time_stamp = json_is_true(json_object_get(o,
	    "need_time_stamp"));
	p->foreign_without_register = json_is_true(json_object_get(o,
	    "foreign_without_register"));
	for (i = 0; i < json_array_size(refuse); i++) {
		s = json_string_value(json_array_get(refuse, i));
		if (s == NULL || add_name(p, s, NULL) != 0)
			return bad("a deviation's name", e);
	}
	if ((rc = take_certificates(anchors, p->anchors, &p->nanchors,
	    LIMIT_POLICY_ANCHORS, e)) != 0)
		return rc;
	return take_certificates(between, p->intermediates, &p->nintermediates,
	    LIMIT_POLICY_INTERMEDIATES, e);
}
