#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "ca/key.h"
#include "filing/record.h"
#include "registry/config.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/note.h"

/*
 * Fill the log of a stopped node with made-up filings, for measuring: the
 * same entries, tiles, map and checkpoints as real ones, but no office, no
 * certificate and no picture behind them.
 *
 *	fill DIR DIVISION COUNT [BATCH]
 *
 * prints "COUNT filings in S s".  Codes are DIVISION 00000001 and up.
 */

static const enum stmt may[] = {
	LOG_MAY_WRITE,
	STMT_NONE
};

struct fill {
	struct store	*st;
	struct log	*lg;
	struct keyring	*kr;
	struct vkey	*vk;
	const char	*origin;
};

/* One made-up record; every digest is random, as real ones look. */
static int
append(struct fill *f, const char *division, unsigned n, int64_t now,
    struct err *e)
{
	char		 code[SEAL_CODE_SIZE], name[64];
	uint8_t		 digest[3][SM3_LEN], salt[RECORD_SALT_LEN];
	struct event	 ev;
	struct buf	 b;
	uint64_t	 index;
	int		 rc;

	snprintf(code, sizeof(code), "%s%08u", division, n);
	snprintf(name, sizeof(name), "测试第%08u号科技有限公司", n);
	sm_random(digest, sizeof(digest));
	sm_random(salt, sizeof(salt));
	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_FILED;
	ev.record = (struct record){
		.seal_code = code, .seal_type = SEAL_STATUTORY,
		.seal_name = name, .owner_name = name,
		.owner_id = "91440101MA5AKH6A1U", .status = STATUS_ACTIVE,
		.status_effective_at = now, .recorded_at = now,
		.valid_from = now, .valid_until = now + 157680000,
		.seal_digest = OCTETS(digest[0], SM3_LEN),
		.certificate_digest = { OCTETS(digest[1], SM3_LEN) },
		.ncertificates = 1,
		.picture_digest = OCTETS(digest[2], SM3_LEN),
		.filing_office = division, .maker_id = "440106000001",
		.replaces = "", .replaced_by = "", .carrier = 2,
		.paired_code = "", .version = 1, .seal_name_other = "",
		.salt = OCTETS(salt, sizeof(salt)),
	};
	buf_init(&b, LIMIT_ENTRY);
	event_encode(&ev, &b);
	rc = log_append(f->lg, buf_octets(&b), &index, e);
	buf_fini(&b);
	return rc;
}

/* End the batch as the recorder does: epoch, signature, reread, commit. */
static int
seal_batch(struct fill *f, int64_t now, struct err *e)
{
	struct checkpoint	 cp;
	struct hash		 root;
	struct buf		 body, msg;
	uint8_t			 sig[SM2_SIG_LEN];
	char			*note = NULL;
	int			 rc;

	buf_init(&body, LIMIT_NOTE);
	buf_init(&msg, LIMIT_NOTE);
	memset(&cp, 0, sizeof(cp));
	if ((rc = log_seal(f->lg, now, OCTETS(NULL, 0), &cp.size, &root,
	    e)) != 0)
		goto out;
	snprintf(cp.origin, sizeof(cp.origin), "%s", f->origin);
	memcpy(cp.root, root.h, SM3_LEN);
	checkpoint_format(&cp, &body);
	note_message(buf_octets(&body), now, &msg);
	if ((rc = key_sign(f->kr, KEY_CHECKPOINT, buf_octets(&msg), sig,
	    e)) != 0)
		goto out;
	note_sign_line(f->vk, now, sig, &body);
	note = buf_steal_str(&body);
	if ((rc = log_reread(f->lg, e)) != 0 ||
	    (rc = log_publish(f->lg, note, now, e)) != 0)
		goto out;
	rc = store_commit(f->st, e);
out:
	log_settle(f->lg, rc == 0);
	free(note);
	buf_fini(&msg);
	buf_fini(&body);
	return rc;
}

static int
fill(struct fill *f, const char *division, unsigned count, unsigned batch,
    struct err *e)
{
	unsigned	 n, i;
	int64_t		 now;
	int		 rc;

	for (n = 1; n <= count; ) {
		now = tm_now();
		if ((rc = store_begin(f->st, e)) != 0 ||
		    (rc = log_begin(f->lg, e)) != 0)
			return rc;
		for (i = 0; i < batch && n <= count; i++, n++)
			if ((rc = append(f, division, n, now, e)) != 0)
				return rc;
		if ((rc = seal_batch(f, now, e)) != 0)
			return rc;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct fill		 f;
	struct store_spec	 spec;
	struct config		*cf = NULL;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	char			*path = NULL;
	unsigned		 count;
	int64_t			 begun;
	int			 rc;

	memset(&f, 0, sizeof(f));
	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: fill DIR DIVISION COUNT [BATCH]\n");
		return 2;
	}
	count = (unsigned)strtoul(argv[3], NULL, 10);
	path = xasprintf("%s/province.db", argv[1]);
	spec = (struct store_spec){ .path = path, .mode = STORE_WRITE,
	    .kind = STORE_PROVINCE, .may = may };
	if ((rc = sm_init(&e)) != 0 ||
	    (rc = config_load(argv[1], &cf, &e)) != 0 ||
	    (rc = keyring_open(argv[1], &f.kr, &e)) != 0 ||
	    (rc = keyring_point(f.kr, KEY_CHECKPOINT, point, &e)) != 0 ||
	    (rc = vkey_new(cf->origin, point, &f.vk, &e)) != 0 ||
	    (rc = store_open(&spec, &f.st, &e)) != 0 ||
	    (rc = log_new(f.st, &registry_rules, &f.lg, &e)) != 0)
		goto out;
	f.origin = cf->origin;
	begun = tm_mono_ms();
	if ((rc = fill(&f, argv[2], count, argc == 5 ?
	    (unsigned)strtoul(argv[4], NULL, 10) : 1000, &e)) != 0)
		goto out;
	printf("%u filings in %.1f s\n", count,
	    (double)(tm_mono_ms() - begun) / 1000);
	rc = 0;
out:
	if (rc != 0)
		fprintf(stderr, "fill: %s [%s]\n", e.text, e.id);
	log_free(f.lg);
	store_close(f.st);
	vkey_free(f.vk);
	keyring_free(f.kr);
	config_free(cf);
	free(path);
	return rc == 0 ? 0 : 1;
}
