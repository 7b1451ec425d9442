#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/jail.h"
#include "base/msg.h"
#include "base/sm.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/judge/inspect.h"
#include "registry/judge/inspect_file.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

#define LIMIT_INSPECT	LIMIT_JAIL_INPUT
#define LIMIT_WORDS	(4u << 20)

/* What a DER or PEM object says: decoded in a process that holds nothing. */
static int
inspect_der(struct octets in, char kind[INSPECT_KIND_SIZE], struct buf *out, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const Description	*d;
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	if ((rc = jail_once(&program_jail, MSG_TYPE__MSG_DESCRIBE,
	    OCTETS("", 0), in, &p, &n, e)) != 0 ||
	    (rc = msg_unpack(&description__descriptor, OCTETS(p, n), &m,
	    e)) != 0)
		goto out;
	d = (const Description *)m;
	(void)snprintf(kind, INSPECT_KIND_SIZE, "%s", d->kind);
	buf_puts(out, d->text);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	free(p);
	return rc;
}

/* The same of a stamped file, signature by signature. */
static int
inspect_stamped(struct octets in, struct buf *out, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	uint8_t			*p = NULL;
	size_t			 n;
	int			 rc;

	if ((rc = jail_once(&program_jail, MSG_TYPE__MSG_INSPECT_FILE,
	    OCTETS("", 0), in, &p, &n, e)) == 0 &&
	    (rc = msg_unpack(&file_reading__descriptor, OCTETS(p, n), &m,
	    e)) == 0)
		inspect_file((const FileReading *)m, out);
	protobuf_c_message_free_unpacked(m, NULL);
	free(p);
	return rc;
}

static int
inspect(struct octets in, char kind[INSPECT_KIND_SIZE], struct buf *out,
    struct err *e)
{
	enum inspect_jail	jail;
	int			rc;

	if ((rc = inspect_object(in, kind, &jail, out, e)) != 0)
		return rc;
	switch (jail) {
	case INSPECT_HERE:
		break;
	case INSPECT_DESCRIBE:
		rc = inspect_der(in, kind, out, e);
		break;
	case INSPECT_READ_FILE:
		rc = inspect_stamped(in, out, e);
		break;
	}
	return rc;
}

struct options {
	bool	json;
};

static const struct cli_option	options[] = {
	CLI_JSON(offsetof(struct options, json)),
};

static const struct cli_command	command = {
	.name = "inspect",
	.usage =
    "usage: sealreg inspect FILE [--json]\n\n"
    "Show what a file says: a seal, a stamp, an OFD or PDF with its "
    "signatures, a\ncertificate, a CRL, a request, a trust list, a "
    "checkpoint, a log entry, a bundle\nof entries or a tile.  What "
    "it is, is found from its content.  Nothing is\nverified against "
    "anybody: see \"sealreg verify\".\n",
	.end =
    "exit status: 0 shown, 1 not an object of ours or malformed, "
    "2 wrong usage\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.min = 1, .max = 1, .operands = "one FILE"
};

static int
report(const char *file, const char *kind, const struct buf *out, bool json)
{
	json_t	*j;

	if (!json) {
		fwrite(out->p, 1, out->len, stdout);
		return 0;
	}
	j = json_pack("{s:s, s:s, s:s#}", "file", file, "kind", kind, "text",
	    (const char *)out->p, out->len);
	if (j == NULL || json_dumpf(j, stdout, JSON_INDENT(2)) != 0) {
		fprintf(stderr, "sealreg inspect: cannot write\n");
		json_decref(j);
		return EXIT_NOT_VALID;
	}
	printf("\n");
	json_decref(j);
	return 0;
}

int
cmd_inspect(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;
	struct buf	 out;
	uint8_t		*p = NULL;
	size_t		 n = 0;
	char		 kind[INSPECT_KIND_SIZE] = "";
	int		 rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	buf_init(&out, LIMIT_WORDS);
	if ((rc = sm_init(&e)) == 0 &&
	    (rc = file_read(r.v[0], LIMIT_INSPECT, &p, &n, &e)) == 0)
		rc = inspect(OCTETS(p, n), kind, &out, &e);
	if (rc == 0)
		rc = report(r.v[0], kind, &out, o.json);
	else {
		fprintf(stderr, "sealreg inspect: %s [%s]\n", e.text, e.id);
		rc = EXIT_NOT_VALID;
	}
	buf_fini(&out);
	free(p);
	return rc;
}
