#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "registry/keep/import_peers.h"
#include "schema/msg.pb-c.h"
#include "sync/note.h"

#define ASK_MS	1500		/* one address */
#define ALL_MS	10000		/* all of them */

struct best {
	char		*note;		/* NULL: none yet */
	uint64_t	 size;
};

static void
ask_one(const struct trust_province *own, const char *url, struct best *b)
{
	struct fetch_req	 req = { .max = LIMIT_NOTE,
				    .timeout_ms = ASK_MS };
	struct fetch_res	 res;
	struct checkpoint	 cp;
	struct err		 none = ERR_INIT;
	char			*at = xasprintf("%s/log/%s/checkpoint", url,
				    own->province);
	int64_t			 t;

	memset(&res, 0, sizeof(res));
	req.url = at;
	if (fetch_once(&req, &res, &none) == 0 && res.status == 200 &&
	    trust_open_checkpoint(own, buf_octets(&res.body), &cp, &t,
	    &none) == 0 && (b->note == NULL || cp.size > b->size)) {
		free(b->note);
		b->note = xstrndup((const char *)res.body.p, res.body.len);
		b->size = cp.size;
	}
	fetch_res_fini(&res);
	free(at);
}

void
import_peers_serve(const struct trust *t, const char *province, int link)
{
	const struct trust_province *own = trust_by_province(t, province);
	struct pollfd	 p = { .fd = link, .events = POLLIN };
	struct best	 b = { NULL, 0 };
	SignedNote	 m = SIGNED_NOTE__INIT;
	struct msg	 ask;
	struct err	 e = ERR_INIT;
	char		 none[] = "";
	uint8_t		*packed;
	int64_t		 begun = tm_mono_ms();
	size_t		 i, k;

	for (i = 0; own != NULL && i < t->nprovinces; i++)
		for (k = 0; &t->provinces[i] != own &&
		    k < t->provinces[i].nurls &&
		    tm_mono_ms() - begun < ALL_MS; k++)
			ask_one(own, t->provinces[i].urls[k], &b);
	m.note = b.note != NULL ? b.note : none;
	packed = xmalloc(signed_note__get_packed_size(&m) + 1);
	if (poll(&p, 1, -1) == 1 && msg_read(link, &ask, &e) == 0) {
		/* Whoever asked hears of it, or is gone. */
		if (msg_write(link, MSG_TYPE__MSG_KEY_REPLY, ask.id,
		    OCTETS(packed, signed_note__pack(&m, packed)), -1,
		    &e) != 0)
			e.code = ERR_OK;
		msg_fini(&ask);
	}
	free(packed);
	free(b.note);
}
