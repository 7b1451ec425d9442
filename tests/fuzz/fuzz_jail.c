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
	{ MSG_TYPE__MSG_READ_SEAL, &seal_reading__descriptor },
	{ MSG_TYPE__MSG_READ_CSR, &csr_reading__descriptor },
	{ MSG_TYPE__MSG_DESCRIBE, &description__descriptor },
	{ MSG_TYPE__MSG_CHECK_CHAIN, &chain_checked__descriptor },
	{ MSG_TYPE__MSG_READ_FILE, &file_reading__descriptor },
};

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
words(const ProtobufCMessage *m)
{
	const SealReading	*s = (const SealReading *)m;
	size_t			 i;

	if (m->descriptor == &description__descriptor) {
		const Description	*d = (const Description *)m;

		must(d->kind[0] != '\0');
		must(utf8_valid(d->text, strlen(d->text)));
	}
	if (m->descriptor != &seal_reading__descriptor)
		return;
	must(s->kind[0] != '\0');
	must(utf8_valid(s->text, strlen(s->text)));
	must(utf8_valid(s->seal_code, strlen(s->seal_code)));
	must(utf8_valid(s->name, strlen(s->name)));
	if (strcmp(s->kind, "seal") != 0)
		return;
	/* format, seal_signature, and time_stamp where there is a token */
	must(s->digest.len == SM3_LEN && (s->n_checks == 2 ||
	    (s->n_checks == 3 && strcmp(s->generation, "V5") == 0)));
	for (i = 0; i < s->n_checks; i++)
		must(s->checks[i]->rule[0] != '\0');
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
