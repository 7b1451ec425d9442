#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/keep/doctor.h"
#include "registry/json.h"
#include "registry/node_fit.h"
#include "registry/node_log.h"

/*
 * sealreg doctor: one page about a node.
 */

#define COULD_NOT_LOOK	3

static const char *const words[] = {
	[DOCTOR_GOOD] = "good", [DOCTOR_WARNING] = "warning",
	[DOCTOR_FAULT] = "FAULT"
};
static const char *const json_words[] = {
	[DOCTOR_GOOD] = "good", [DOCTOR_WARNING] = "warning",
	[DOCTOR_FAULT] = "fault"
};

struct options {
	const char	*data;
	bool		 json;
};

static const struct cli_option	options[] = {
	CLI_DATA(offsetof(struct options, data)),
	CLI_JSON(offsetof(struct options, json)),
};

static const struct cli_command	command = {
	.name = "doctor",
	.usage =
    "usage: sealreg doctor --data DIR [--json]\n\n"
    "One page about a node, running or stopped: its log, its peers, whether\n"
    "the office has each seal as the log has it, what expires, who may read\n"
    "its files, the last backup and drill, processes, disk, clock and kernel.\n"
    "Each line says what to do.  Run it as the user that runs the node.\n",
	.end =
    "exit status: 0 all is good, 1 warnings, 2 faults, 3 it could not look\n"
    "(wrong usage, or no node there)\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

static void
say(const struct doctor *d)
{
	const struct doctor_finding	*f;
	size_t				 i;

	for (i = 0; i < d->nfound; i++) {
		f = &d->found[i];
		printf("%-8s %-12s %s\n", words[f->level], f->name, f->text);
		if (f->todo[0] != '\0')
			printf("%-8s %-12s -> %s\n", "", "", f->todo);
	}
}

static void
say_json(const struct doctor *d)
{
	const struct doctor_finding	*f;
	struct buf			 b;
	size_t				 i;

	buf_init(&b, 4u << 20);
	buf_puts(&b, "{\"province\":");
	json_put_text(&b, d->cf->province);
	buf_puts(&b, ",\"at\":");
	json_put_time(&b, d->now);
	buf_printf(&b, ",\"severity\":\"%s\",\"findings\":[",
	    json_words[d->worst]);
	for (i = 0; i < d->nfound; i++) {
		f = &d->found[i];
		buf_printf(&b, "%s{\"check\":\"%s\",\"severity\":\"%s\","
		    "\"text\":", i > 0 ? "," : "", f->name,
		    json_words[f->level]);
		json_put_text(&b, f->text);
		if (f->todo[0] != '\0') {
			buf_puts(&b, ",\"todo\":");
			json_put_text(&b, f->todo);
		}
		buf_put_u8(&b, '}');
	}
	buf_puts(&b, "]}");
	printf("%.*s\n", (int)b.len, (const char *)b.p);
	buf_fini(&b);
}

static void
progress(uint64_t seals)
{
	if (seals > 0)
		fprintf(stderr, "\rdoctor: %" PRIu64 " seals of the office are "
		    "compared with the log", seals);
	else
		fprintf(stderr, "\r%70s\r", "");
}

static int
look(const char *dir, bool json)
{
	struct doctor	*d = xcalloc(1, sizeof(*d));
	struct config	*cf = NULL;
	struct trust	*t = NULL;
	struct err	 e = ERR_INIT, why = ERR_INIT;
	char		*lock = NULL;
	int		 fd = -1, rc;

	if ((rc = sm_init(&e)) != 0 || (rc = node_there(dir, &e)) != 0 ||
	    (rc = config_load(dir, &cf, &e)) != 0)
		goto out;
	lock = config_path(cf, "lock");
	/* Held to the end: nobody starts the node while we hold a writer. */
	if ((rc = file_lock(lock, &fd, &e)) != 0 && rc != ERR_BUSY)
		goto out;
	e = (struct err)ERR_INIT;
	d->running = fd == -1;
	d->cf = cf;
	d->now = tm_now();
	if (isatty(STDERR_FILENO) == 1)
		d->tell = progress;
	if (node_trust(cf, &t, &why) == 0)
		d->trust = t;
	d->trust_why = &why;
	doctor_look(d);
	if (json)
		say_json(d);
	else
		say(d);
	rc = 0;
out:
	if (rc != 0)
		fprintf(stderr, "sealreg doctor: %s [%s]\n", e.text, e.id);
	rc = rc != 0 ? COULD_NOT_LOOK : (int)d->worst;
	if (fd != -1)
		(void)close(fd);
	free(lock);
	trust_free(t);
	config_free(cf);
	free(d);
	return rc;
}

int
cmd_doctor(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status == 0 ? 0 : COULD_NOT_LOOK;
	return look(o.data, o.json);
}
