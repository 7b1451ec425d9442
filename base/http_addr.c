#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/http_conn.h"
#include "base/mem.h"

/* The address of fd's peer as a key; IPv6 counts by /64. */
static void
addr_key(int fd, uint8_t key[17])
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	memset(key, 0, 17);
	memset(&ss, 0, sizeof(ss));
	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return;
	key[0] = (uint8_t)ss.ss_family;
	if (ss.ss_family == AF_INET)
		memcpy(key + 1, &((struct sockaddr_in *)&ss)->sin_addr, 4);
	else if (ss.ss_family == AF_INET6)
		memcpy(key + 1, &((struct sockaddr_in6 *)&ss)->sin6_addr, 8);
}

static size_t
addr_hash(const uint8_t key[17])
{
	size_t	 h = 0;
	int	 i;

	for (i = 0; i < 17; i++)
		h = h * 31 + key[i];
	return h % HTTP_BUCKETS;
}

struct http_addr *
http_addr_get(struct http_server *s, int fd)
{
	struct http_addr	*a;
	uint8_t			 key[17];
	size_t			 h;

	addr_key(fd, key);
	h = addr_hash(key);
	for (a = s->addrs[h]; a != NULL; a = a->next)
		if (memcmp(a->key, key, 17) == 0)
			break;
	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->key, key, 17);
		a->next = s->addrs[h];
		s->addrs[h] = a;
	}
	a->n++;
	return a;
}

void
http_addr_put(struct http_server *s, struct http_addr *a)
{
	struct http_addr	**ap;

	if (--a->n > 0)
		return;
	for (ap = &s->addrs[addr_hash(a->key)]; *ap != a; ap = &(*ap)->next)
		continue;
	*ap = a->next;
	free(a);
}
