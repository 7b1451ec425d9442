#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "filing/seal_memory.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"
#include "signing/package_memory.h"

/*
 * What reading files costs, in processor time, without a jail around it and
 * without a judge: for profiles.  usage: read_files FILE ...
 */

static double
used(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	const struct jail_handler	*h;
	struct err			 e = ERR_INIT;
	struct buf			 out;
	double				 us = 0, t;
	uint8_t				*p;
	size_t				 n;
	int				 i;

	if (argc < 2 || sm_init(&e) != 0 || program_jail.warm(&e) != 0)
		return 2;
	sm2_tables(16);
	cert_remember(2048);
	seal_remember(2048);
	package_remember(2048);
	h = jail_handler_of(&program_jail, MSG_TYPE__MSG_READ_MANY);
	for (i = 1; i < argc; i++) {
		if (file_read(argv[i], 128u << 20, &p, &n, &e) != 0)
			break;
		buf_init(&out, 2u << 20);
		t = used();
		if (h->run(OCTETS("", 0), OCTETS(p, n), &out, &e) != 0)
			break;
		us += used() - t;
		buf_fini(&out);
		free(p);
	}
	if (i < argc) {
		fprintf(stderr, "read_files: %s: %s\n", argv[i], e.text);
		return 1;
	}
	printf("%d files, %.1f us a file\n", argc - 1,
	    us / (argc - 1));
	return 0;
}
