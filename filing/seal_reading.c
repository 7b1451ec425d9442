#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/tst.h"
#include "filing/seal_memory.h"
#include "filing/seal_reading.h"

#define LIMIT_SEAL_TEXT	(1u << 16)

static char *
text_of(struct octets o)
{
	return xstrndup((const char *)o.p, o.len);
}

static uint32_t
clamp(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static ProtobufCBinaryData
copy_of(struct octets o)
{
	return (ProtobufCBinaryData){ .data = xmemdup(o.p, o.len),
	    .len = o.len };
}

static void
add_check(SealReading *m, const char *rule, const char *result,
    const char *detail)
{
	Check	*c = xmalloc(sizeof(*c));

	check__init(c);
	c->rule = xstrdup(rule);
	c->result = xstrdup(result);
	c->detail = xstrdup(detail);
	m->checks = xreallocarray(m->checks, m->n_checks + 1,
	    sizeof(m->checks[0]));
	m->checks[m->n_checks++] = c;
}

/* A signature that is not SM2's is one that we cannot tell about. */
static void
check_signature(struct seal *s, SealReading *m)
{
	struct err	why = ERR_INIT;

	if (seal_verify(s, &why) == 0)
		add_check(m, "seal_signature", "passed",
		    s->generation == SEAL_V1 ? "over eSealInfo, cert and "
		    "algorithm, by the maker's certificate" :
		    "over eSealInfo, by the maker's certificate");
	else
		add_check(m, "seal_signature",
		    why.code == ERR_VERIFY ? "failed" : "unknown", why.text);
}

static void
add_deviation(SealReading *m, const char *word)
{
	m->deviations = xreallocarray(m->deviations, m->n_deviations + 1,
	    sizeof(m->deviations[0]));
	m->deviations[m->n_deviations++] = xstrdup(word);
}

static void
add_deviations(const struct seal *s, SealReading *m)
{
	unsigned	bit;

	for (bit = 1; bit < SEAL_DEV_END; bit <<= 1)
		if ((s->deviations & bit) != 0)
			add_deviation(m, seal_deviation_word(bit));
}

/*
 * The token over signedValue (GM/T 0031-2025): it must hold, and the seal
 * must not claim to have been made after it.
 */
static void
check_time_stamp(const struct seal *s, SealReading *m)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 why = ERR_INIT;
	const char	*word;
	size_t		 i;

	if (tst_check(s->timestamp, s->signature, t, &why) != 0) {
		add_check(m, "time_stamp", tst_is_bad(&why) ? "failed" :
		    "unknown", why.text);
	} else if (s->created > t->time) {
		add_check(m, "time_stamp", "failed",
		    "createDate is later than the time-stamp");
	} else {
		add_check(m, "time_stamp", "passed", "over signedValue, not "
		    "before createDate");
		for (i = 0; (word = tst_deviation(t, i)) != NULL; i++)
			add_deviation(m, word);
		m->time_stamp_at = t->time;
		m->time_stamp_certificate = copy_of(t->cert);
		m->time_stamp_crl = crl_part_of_cert(t->cert);
		m->time_stamp_certificates = xcalloc(t->cms.ncerts,
		    sizeof(m->time_stamp_certificates[0]));
		for (i = 0; i < t->cms.ncerts; i++)
			if (t->cms.certs[i].p != t->cert.p)
				m->time_stamp_certificates[
				    m->n_time_stamp_certificates++] =
				    copy_of(t->cms.certs[i]);
	}
	free(t);
}

static void
add_text(const struct seal *s, SealReading *m)
{
	struct buf	text;

	buf_init(&text, LIMIT_SEAL_TEXT);
	seal_print(s, &text);
	if (buf_ok(&text))
		m->text = buf_steal_str(&text);
	buf_fini(&text);
}

static SealReading *
tell(struct seal *s, bool words)
{
	SealReading	*m = xmalloc(sizeof(*m));
	uint8_t		 digest[SM3_LEN];
	size_t		 i;

	seal_reading__init(m);
	add_check(m, "format", "passed", seal_generation_word(s->generation));
	check_signature(s, m);
	if (s->timestamp.len > 0)
		check_time_stamp(s, m);
	m->generation = xstrdup(seal_generation_word(s->generation));
	m->seal_code = text_of(s->es_id);
	m->type = clamp(s->type);
	m->name = text_of(s->name);
	m->vendor = text_of(s->vid);
	m->version = clamp(s->version);
	m->created = s->created;
	m->valid_from = s->valid_start;
	m->valid_until = s->valid_end;
	m->picture_type = text_of(s->picture_type);
	m->picture_size = clamp(s->picture.len);
	m->width_mm = clamp(s->width);
	m->height_mm = clamp(s->height);
	seal_digest(s, digest);
	m->digest = copy_of(OCTETS(digest, SM3_LEN));
	m->maker_certificate = copy_of(s->cert);
	m->maker_crl = crl_part_of_cert(s->cert);
	m->certificates = xcalloc(s->ncerts + 1, sizeof(m->certificates[0]));
	for (i = 0; i < s->ncerts && s->cert_list_type == 1; i++)
		m->certificates[m->n_certificates++] = copy_of(s->certs[i]);
	add_deviations(s, m);
	if (words)
		add_text(s, m);
	return m;
}

SealReading *
seal_reading_of(struct seal *s, bool words)
{
	SealReading	*m;

	if (words)
		return tell(s, true);
	if ((m = seal_recall(s->whole)) == NULL) {
		m = tell(s, false);
		seal_memorise(s->whole, m);
	}
	return m;
}

int
seal_reading_new(struct octets in, bool words, SealReading **m,
    struct err *e)
{
	struct seal	*s = xmalloc(sizeof(*s));
	int		 rc;

	*m = NULL;
	if ((rc = seal_parse(in, s, e)) == 0)
		*m = seal_reading_of(s, words);
	free(s);
	return rc;
}
