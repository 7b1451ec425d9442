#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/sm.h"
#include "base/text.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/*
 * A stamp that comes alone and a document beside it, read in the jail: two
 * octets say how long the stamp is, then come both.  Properties: the jail
 * refuses with an id and writes nothing, or answers with a reading that is
 * strict under its schema, with words in UTF-8 and the digest of the very
 * document; and what is unchanged by this document is not unchanged by
 * another.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

/* Did any stamp in it take the document for what it was made over? */
static bool
is_over(const FileReading *f)
{
	size_t	i, k;
	bool	over = false;

	for (i = 0; i < f->n_stamps; i++)
		for (k = 0; k < f->stamps[i]->n_checks; k++) {
			const Check	*c = f->stamps[i]->checks[k];

			must(utf8_valid(c->detail, strlen(c->detail)));
			over = over || (strcmp(c->rule, "data_hash") == 0 &&
			    strcmp(c->result, "passed") == 0);
		}
	return over;
}

static bool
read_one(struct octets stamp, struct octets document)
{
	const struct jail_handler	*h = jail_handler_of(&program_jail,
					    MSG_TYPE__MSG_READ_STAMPED);
	ReadStamped			 q = READ_STAMPED__INIT;
	ProtobufCMessage		*m = NULL;
	const FileReading		*f;
	struct buf			 in, out;
	struct err			 e = ERR_INIT;
	uint8_t				 digest[SM3_LEN];
	bool				 over = false;
	int				 rc;

	buf_init(&in, LIMIT_MSG_BODY);
	buf_init(&out, LIMIT_MSG_BODY);
	q.stamp.data = (uint8_t *)(uintptr_t)stamp.p;
	q.stamp.len = stamp.len;
	msg_put(&q.base, &in);
	rc = h->run(buf_octets(&in), document, &out, &e);
	if (rc != 0) {
		must(rc == e.code && e.id[0] != '\0' && out.len == 0);
	} else {
		must(buf_ok(&out) && msg_unpack(&file_reading__descriptor,
		    buf_octets(&out), &m, NULL) == 0);
		f = (const FileReading *)m;
		must(strcmp(f->kind, "stamp") == 0 && f->n_stamps == 1);
		must(utf8_valid(f->note, strlen(f->note)));
		sm3(stamp.p, stamp.len, digest);
		must(f->digest.len == SM3_LEN && memcmp(f->digest.data,
		    digest, SM3_LEN) == 0);
		sm3(document.p, document.len, digest);
		must(f->original.len == SM3_LEN && memcmp(f->original.data,
		    digest, SM3_LEN) == 0);
		over = is_over(f);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	buf_fini(&in);
	buf_fini(&out);
	return over;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;
	uint8_t		*other;
	size_t		 len;

	must(ready || sm_init(NULL) == 0);
	ready = true;
	if (n < 3 || (len = (size_t)p[0] << 8 | p[1]) > n - 2)
		return 0;
	if (read_one(OCTETS(p + 2, len), OCTETS(p + 2 + len, n - 2 - len))) {
		other = malloc(n - 2 - len + 1);
		must(other != NULL);
		memcpy(other, p + 2 + len, n - 2 - len);
		other[n - 2 - len] = '\n';
		must(!read_one(OCTETS(p + 2, len), OCTETS(other,
		    n - 2 - len + 1)));
		free(other);
	}
	return 0;
}
