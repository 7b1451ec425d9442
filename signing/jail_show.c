#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "filing/pixels.h"
#include "schema/msg.pb-c.h"
#include "signing/jail_show.h"
#include "signing/sheet.h"

/* Octets of pixels in the answer; what else is in it is small. */
#define ANSWER_PIXELS	(LIMIT_MSG_BODY - (64u << 10))

/* The more there are, the smaller each is shown. */
static uint32_t
edge_of(size_t n)
{
	uint32_t	edge = LIMIT_PIXELS_SHOWN;

	while ((uint64_t)n * edge * edge * 3 > ANSWER_PIXELS)
		edge -= 8;
	return edge;
}

static void
show(struct octets in, uint32_t edge, uint64_t *left, ShownPicture *m)
{
	const enum pixels_kind	kind = pixels_kind(in);
	struct sheet_told	t = { 0 };
	struct pixels		p;
	struct err		e = ERR_INIT;
	int			rc;

	m->kind = xstrdup(pixels_kind_word(kind));
	if (kind == PIXELS_OFD)
		rc = sheet_read(in, edge, left, &p, &t, &e);
	else
		rc = pixels_read(in, edge, left, &p, &e);
	if (rc != 0) {
		m->why = xstrdup(e.text);
		return;
	}
	m->width = p.width;
	m->height = p.height;
	m->rgb.data = p.rgb;
	m->rgb.len = (size_t)p.width * p.height * 3;
	free(p.alpha);
	sheet_tell(&t, &m->lacks, &m->n_lacks);
}

int
jail_show_pictures(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const ShowPictures	*q;
	ShownPictures		*reply = xmalloc(sizeof(*reply));
	uint64_t		 left = LIMIT_SHOW_PIXELS;
	size_t			 i;
	int			 rc;

	shown_pictures__init(reply);
	if ((rc = msg_unpack(&show_pictures__descriptor,
	    large.len > 0 ? large : in, &m, e)) != 0)
		goto out;
	q = (const ShowPictures *)m;
	if (q->n_pictures > LIMIT_SHOW_PICTURES) {
		rc = err_set_id(e, ERR_INVAL, "picture-question",
		    "more pictures than %d", LIMIT_SHOW_PICTURES);
		goto out;
	}
	reply->pictures = xcalloc(q->n_pictures + 1,
	    sizeof(reply->pictures[0]));
	for (i = 0; i < q->n_pictures; i++) {
		reply->pictures[i] = xmalloc(sizeof(ShownPicture));
		shown_picture__init(reply->pictures[i]);
		reply->n_pictures++;
		show(OCTETS(q->pictures[i].data, q->pictures[i].len),
		    edge_of(q->n_pictures), &left, reply->pictures[i]);
	}
	msg_put(&reply->base, out);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	shown_pictures__free_unpacked(reply, NULL);
	return rc;
}
