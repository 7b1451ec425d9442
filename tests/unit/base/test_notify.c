#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/notify.h"

static void
says_it(void **state)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			 name[40], got[32];
	struct err		 e = ERR_INIT;
	int			 fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	size_t			 n;

	(void)state;
	n = (size_t)snprintf(name, sizeof(name), "@test_notify.%ld",
	    (long)getpid());
	memcpy(sun.sun_path + 1, name + 1, n - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)), 0);
	assert_int_equal(notify_send(name, "READY=1", &e), 0);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
	assert_int_equal(notify_send(name, "READY=1", &e), ERR_IO);
}

static void
nobody_and_nonsense(void **state)
{
	char		 text[200];
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(notify_send(NULL, "READY=1", &e), 0);
	assert_int_equal(notify_send("", "x", NULL), ERR_INVAL);
	assert_int_equal(notify_send("relative", "x", NULL), ERR_INVAL);
	memset(text, '/', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(notify_send(text, "x", NULL), ERR_INVAL);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(says_it),
		cmocka_unit_test(nobody_and_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
