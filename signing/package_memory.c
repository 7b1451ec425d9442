#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/memo.h"
#include "signing/package_memory.h"
#include "signing/path.h"

struct known {
	uint8_t		*p;
	size_t		 n;
	uint32_t	 crc;
};

static struct memo	*files;

static void
drop(void *value)
{
	struct known	*k = value;

	free(k->p);
	free(k);
}

void
package_remember(size_t count)
{
	memo_free(files);
	files = count > 0 ? memo_new(count, LIMIT_PACKAGE_MEMORY, drop) : NULL;
}

/* Others differ from document to document, and would push these out. */
bool
package_is_worth(const char *path)
{
	return files != NULL && strcasecmp(path_base(path), "Seal.esl") == 0;
}

const uint8_t *
package_recall(struct octets packed, uint64_t size, uint32_t crc)
{
	const struct known	*k;

	if (files == NULL || (k = memo_get(files, packed)) == NULL ||
	    k->n != size || k->crc != crc)
		return NULL;
	return k->p;
}

void
package_memorise(struct octets packed, struct octets whole, uint32_t crc)
{
	struct known	*k;

	if (files == NULL)
		return;
	k = xmalloc(sizeof(*k));
	*k = (struct known){ .p = xmemdup(whole.p, whole.len),
	    .n = whole.len, .crc = crc };
	(void)memo_put(files, packed, k, sizeof(*k) + whole.len);
}
