#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "registry/config.h"

/*
 * Property: a node's configuration that is accepted names a province, an
 * origin and at least one listener with an audience, and a level of the log;
 * one that is refused names an id and a place, and gives nothing.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct config	*cf = NULL;
	struct err	 e = ERR_INIT;
	size_t		 i;

	if (config_parse("/data", "test", OCTETS(p, n), &cf, &e) != 0) {
		must(cf == NULL && e.id[0] != '\0');
		must(strstr(e.text, "test:") != NULL);
		return 0;
	}
	must(strlen(cf->province) == 2 && cf->origin[0] != '\0');
	must(config_listeners(cf) > 0);
	for (i = 0; i < config_listeners(cf); i++)
		must(config_audiences(config_listener_at(cf, i)) != 0);
	must(config_log_level(cf) >= LOG_ERROR &&
	    config_log_level(cf) <= LOG_DEBUG);
	config_free(cf);
	return 0;
}
