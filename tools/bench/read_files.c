#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/program_jail.h"
#include "schema/msg.pb-c.h"

/*
 * What reading files costs, without a jail around it and without a judge: for
 * profiles.  usage: read_files FILE ...
 */
int
main(int argc, char **argv)
{
	const struct jail_handler	*h;
	struct err			 e = ERR_INIT;
	struct buf			 out;
	int64_t				 us = 0, t;
	uint8_t				*p;
	size_t				 n;
	int				 i;

	if (argc < 2 || sm_init(&e) != 0 || program_jail.warm(&e) != 0)
		return 2;
	h = jail_handler_of(&program_jail, MSG_TYPE__MSG_READ_FILE);
	for (i = 1; i < argc; i++) {
		if (file_read(argv[i], 128u << 20, &p, &n, &e) != 0)
			break;
		buf_init(&out, 2u << 20);
		t = tm_mono_us();
		if (h->run(OCTETS("", 0), OCTETS(p, n), &out, &e) != 0)
			break;
		us += tm_mono_us() - t;
		buf_fini(&out);
		free(p);
	}
	if (i < argc) {
		fprintf(stderr, "read_files: %s: %s\n", argv[i], e.text);
		return 1;
	}
	printf("%d files, %.1f us a file\n", argc - 1,
	    (double)us / (argc - 1));
	return 0;
}
