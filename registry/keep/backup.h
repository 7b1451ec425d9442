#ifndef REGISTRY_BACKUP_H
#define REGISTRY_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sm.h"
#include "base/vault.h"
#include "registry/config.h"

/*
 * A backup of a node: one encrypted stream (base/vault.h) of files, the last
 * of which is the manifest.  docs/operations.md has the octets.
 *
 *	u16be length of the name ‖ name ‖ u32be mode ‖ u64be size ‖ octets
 *
 * What lies in it: the configuration, trust list and descriptor, ca/, keys/
 * (as encrypted as they are), tls/, and province.db as one transaction saw
 * it.  What does not: peers' databases, which are fetched again, run/, lock,
 * and the backup's own pass phrase.
 */

#define BACKUP_SUFFIX	".sealreg-backup"
#define BACKUP_MANIFEST	"manifest"
#define BACKUP_DATABASE	"province.db"
/* Its own pass phrase, unless another file is named; never in a backup. */
#define BACKUP_PASS	"keys/backup-passphrase"
/* A line about the last backup and the last drill, for doctor. */
#define BACKUP_LAST	"run/last-backup"
#define BACKUP_DRILL	"run/last-drill"

#define LIMIT_BACKUP_FILES	256	/* files in a backup */
#define LIMIT_BACKUP_NAME	128	/* octets of a name in it */
#define LIMIT_BACKUP_MANIFEST	(64u << 10)
#define LIMIT_RESTORE_SMALL	(64u << 20) /* any file but the database */

/* One file in it.  Plain value. */
struct backup_file {
	char		name[LIMIT_BACKUP_NAME + 1];
	uint32_t	mode;
	uint64_t	size;
	uint8_t		digest[SM3_LEN];
};

/* What a manifest says.  Plain value. */
struct backup_facts {
	char		province[16];
	char		origin[128];
	int64_t		created;
	uint64_t	log_size;	/* of the checkpoint that it holds */
	uint8_t		log_root[SM3_LEN];
	int64_t		signed_at;
	struct backup_file files[LIMIT_BACKUP_FILES];
	size_t		nfiles;
};

/* "keys/maker.pem": one folder at most, plain characters, no leading dot. */
bool	 backup_name_good(const char *name);

/*
 * The head of a file in the stream: its name, and mode and size after it.
 * ERR_VERIFY "backup-differs": no backup has such a one.
 */
#define BACKUP_HEAD_TAIL	12
int	 backup_head(struct octets name,
	    const uint8_t tail[BACKUP_HEAD_TAIL], struct backup_file *bf,
	    struct err *e) MUST_CHECK;

void	 backup_format(const struct backup_facts *f, struct buf *out);
/* ERR_FORMAT "backup-manifest" says what is wrong with it. */
int	 backup_parse(struct octets text, struct backup_facts *f,
	    struct err *e) MUST_CHECK;

/*
 * Write a backup of cf's node to v and fill in *f; vault_end() is done here.
 * stopped: nobody runs the node (its lock is ours).  Needs room for a copy of
 * the database in DIR/run.
 */
int	 backup_write(const struct config *cf, bool stopped, int64_t now,
	    struct vault *v, struct backup_facts *f,
	    struct err *e) MUST_CHECK;

/* One file from memory: for tests, and the manifest. */
int	 backup_put(struct vault *v, const char *name, uint32_t mode,
	    struct octets o, struct backup_file *bf,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_BACKUP_H */
