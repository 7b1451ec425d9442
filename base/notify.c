#include "base/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
notify_send(const char *socket_name, const char *text, struct err *e)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	size_t			 n;
	int			 fd, rc = 0;

	if (socket_name == NULL)
		return 0;
	n = strlen(socket_name);
	if ((*socket_name != '/' && *socket_name != '@') || n < 2 ||
	    n >= sizeof(sun.sun_path))
		return err_set(e, ERR_INVAL, "NOTIFY_SOCKET is no path");
	memcpy(sun.sun_path, socket_name, n);
	if (*socket_name == '@')
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return err_set_errno(e, ERR_IO, "NOTIFY_SOCKET");
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == -1)
		rc = err_set_errno(e, ERR_IO, "NOTIFY_SOCKET");
	(void)close(fd);
	return rc;
}
