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
	struct conf_list refuse, anchors;
	int64_t		 max_age;
	bool		 need_revocation, need_time_stamp, foreign;
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
	{ "need_time_stamp", CONF_BOOL, offsetof(struct file,
	    need_time_stamp), 0, 0, "false", "Is a stamp unknown whose time "
	    "is the signer's word alone?", NULL, 0 },
	{ "anchors", CONF_STRINGS, offsetof(struct file, anchors), 0,
	    LIMIT_POLICY_ANCHORS, "", "Files of certificates, DER or PEM, of "
	    "authorities beside those of the trust list.", NULL, 0 },
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
	    !p->need_time_stamp && !p->foreign_without_register &&
	    p->nanchors == 0;
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

static int
add_anchor(struct policy *p, const char *path, struct err *e)
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
	p->anchors[p->nanchors++] = OCTETS(xmemdup(der.p, der.len), der.len);

	rc = 0;
out:
	cert_free(c);
	buf_fini(&der);
	free(raw);
	return rc;
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

int
policy_load(const char *path, struct policy *p, struct err *e)
{
	struct file	 f;
	char		*name;
	size_t		 i;
	int		 rc;

	memset(p, 0, sizeof(*p));
	memset(&f, 0, sizeof(f));
	if ((rc = conf_load(path, keys, &f, e)) != 0)
		goto out;
	p->max_age = f.max_age;
	p->need_revocation = f.need_revocation;
	p->need_time_stamp = f.need_time_stamp;
	p->foreign_without_register = f.foreign;
	for (i = 0; i < f.refuse.n; i++)
		if ((rc = add_name(p, ((char **)f.refuse.items)[i], e)) != 0)
			goto out;
	for (i = 0; i < f.anchors.n && i < LIMIT_POLICY_ANCHORS; i++) {
		name = beside(path, ((char **)f.anchors.items)[i]);
		rc = add_anchor(p, name, e);
		free(name);
		if (rc != 0)
			goto out;
	}
	rc = 0;
out:
	conf_fini(keys, &f);
	if (rc != 0)
		policy_fini(p);
	return rc;
}

/* ---- JSON */

json_t *
policy_object(const struct policy *p)
{
	json_t	*refuse = json_array(), *anchors = json_array();
	char	*text;
	size_t	 i;

	for (i = 0; i < p->nrefused; i++)
		(void)json_array_append_new(refuse,
		    json_string(p->refused[i]));
	for (i = 0; i < p->nanchors; i++) {
		text = xmalloc(B64_SIZE(p->anchors[i].len));
		(void)b64_encode(p->anchors[i].p, p->anchors[i].len, text);
		(void)json_array_append_new(anchors, json_string(text));
		free(text);
	}
	return json_pack("{s:o, s:I, s:b, s:b, s:o, s:b}", "refuse", refuse,
	    "max_age", (json_int_t)p->max_age, "need_revocation",
	    p->need_revocation, "need_time_stamp", p->need_time_stamp,
	    "anchors", anchors, "foreign_without_register",
	    p->foreign_without_register);
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
take_anchor(const json_t *v, struct policy *p, struct err *e)
{
	const char	*s = json_string_value(v);
	uint8_t		 der[LIMIT_CERT];
	size_t		 n;

	if (s == NULL || p->nanchors == LIMIT_POLICY_ANCHORS ||
	    !b64_decode(s, strlen(s), der, sizeof(der), &n))
		return bad("an authority's certificate", e);
	p->anchors[p->nanchors++] = OCTETS(xmemdup(der, n), n);
	return 0;
}

int
policy_from_object(const json_t *o, struct policy *p, struct err *e)
{
	const json_t	*refuse = json_object_get(o, "refuse");
	const json_t	*anchors = json_object_get(o, "anchors");
	const char	*s;
	size_t		 i;
	int		 rc;

	memset(p, 0, sizeof(*p));
	if (!json_is_array(refuse) || !json_is_array(anchors) ||
	    json_integer_value(json_object_get(o, "max_age")) < 0)
		return bad("a member is missing", e);
	p->max_age = json_integer_value(json_object_get(o, "max_age"));
	p->need_revocation = json_is_true(json_object_get(o,
	    "need_revocation"));
	p->need_time_stamp = json_is_true(json_object_get(o,
	    "need_time_stamp"));
	p->foreign_without_register = json_is_true(json_object_get(o,
	    "foreign_without_register"));
	for (i = 0; i < json_array_size(refuse); i++) {
		s = json_string_value(json_array_get(refuse, i));
		if (s == NULL || add_name(p, s, NULL) != 0)
			return bad("a deviation's name", e);
	}
	for (i = 0; i < json_array_size(anchors); i++)
		if ((rc = take_anchor(json_array_get(anchors, i), p,
		    e)) != 0)
			return rc;
	return 0;
}
