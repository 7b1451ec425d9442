#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/*
 * What the jail does with a stranger's file.  Property: it answers with a
 * message that is strict under its own schema and whose words are UTF-8, or
 * refuses with an id and writes nothing.  The first octet chooses the request.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct {
	uint16_t			  type;
	const ProtobufCMessageDescriptor *reply;
} requests[] = {
	{ MSG_TYPE__MSG_READ_FILE, &file_reading__descriptor },
	{ MSG_TYPE__MSG_READ_CSR, &csr_reading__descriptor },
	{ MSG_TYPE__MSG_DESCRIBE, &description__descriptor },
	{ MSG_TYPE__MSG_CHECK_CHAINS, &chains_checked__descriptor },
	{ MSG_TYPE__MSG_READ_TOKEN, &stamp_reading__descriptor },
	{ MSG_TYPE__MSG_INSPECT_FILE, &file_reading__descriptor },
	{ MSG_TYPE__MSG_READ_MANY, &file_reading__descriptor },
	{ MSG_TYPE__MSG_READ_SHOWN, &file_reading__descriptor },
	{ MSG_TYPE__MSG_SHOW_PICTURES, &shown_pictures__descriptor },
	{ MSG_TYPE__MSG_READ_LIST, &list_reading__descriptor },
};

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
checks(Check *const *c, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		must(c[i]->rule[0] != '\0' && c[i]->result[0] != '\0');
		must(utf8_valid(c[i]->detail, strlen(c[i]->detail)));
	}
}

static void
seal_words(const SealReading *s)
{
	must(utf8_valid(s->text, strlen(s->text)));
	must(utf8_valid(s->seal_code, strlen(s->seal_code)));
	must(utf8_valid(s->name, strlen(s->name)));
	/* format, seal_signature, and time_stamp where there is a token */
	must(s->digest.len == SM3_LEN && (s->n_checks == 2 ||
	    (s->n_checks == 3 && strcmp(s->generation, "V5") == 0)));
	checks(s->checks, s->n_checks);
}

/* Each has its pixels, or the reason why not. */
static void
shown(const ShownPictures *m)
{
	const ShownPicture	*s;
	size_t			 i;

	for (i = 0; i < m->n_pictures; i++) {
		s = m->pictures[i];
		must(s->rgb.len == (size_t)s->width * s->height * 3);
		must((s->rgb.len == 0) == (s->why[0] != '\0'));
		must(utf8_valid(s->why, strlen(s->why)));
	}
}

static void
words(const ProtobufCMessage *m)
{
	const FileReading	*f = (const FileReading *)m;
	const Description	*d = (const Description *)m;
	size_t			 i;

	if (m->descriptor == &description__descriptor) {
		must(d->kind[0] != '\0');
		must(utf8_valid(d->text, strlen(d->text)));
	}
	if (m->descriptor == &stamp_reading__descriptor) {
		const StampReading	*t = (const StampReading *)m;

		/* One row; and a moment only of a token that holds. */
		must(t->n_checks == 1);
		checks(t->checks, 1);
		must(t->time_stamp_at == 0 ||
		    strcmp(t->checks[0]->result, "passed") == 0);
	}
	if (m->descriptor == &shown_pictures__descriptor)
		shown((const ShownPictures *)m);
	if (m->descriptor != &file_reading__descriptor)
		return;
	must(f->kind[0] != '\0');
	must(utf8_valid(f->note, strlen(f->note)));
	checks(f->checks, f->n_checks);
	if (f->seal != NULL)
		seal_words(f->seal);
	for (i = 0; i < f->n_stamps; i++) {
		checks(f->stamps[i]->checks, f->stamps[i]->n_checks);
		if (f->stamps[i]->seal != NULL)
			seal_words(f->stamps[i]->seal);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool			 ready;
	const struct jail_handler	*h;
	ProtobufCMessage		*m = NULL;
	struct err			 e = ERR_INIT;
	struct buf			 out;
	size_t				 i;
	int				 rc;

	if (!ready)
		must(sm_init(NULL) == 0);
	ready = true;
	if (n == 0)
		return 0;
	i = p[0] % (sizeof(requests) / sizeof(requests[0]));
	must((h = jail_handler_of(&program_jail, requests[i].type)) != NULL);
	buf_init(&out, LIMIT_MSG_BODY);
	rc = h->run(OCTETS("", 0), OCTETS(p + 1, n - 1), &out, &e);
	if (rc != 0) {
		must(rc == e.code && e.id[0] != '\0' && out.len == 0);
	} else {
		must(buf_ok(&out));
		must(msg_unpack(requests[i].reply, buf_octets(&out), &m,
		    NULL) == 0);
		words(m);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	buf_fini(&out);
	return 0;
}
