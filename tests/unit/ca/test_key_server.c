#include "tests/unit/ca/nation.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "base/msg.h"
#include "ca/key_server.h"

/*
 * The queue and the rules of the key process, with handlers that only say
 * what they were asked.  Frames are written here by hand (base/msg.h).
 */

#define LOW	100	/* request types of the table below */
#define HIGH	101
#define FAILS	102
#define OTHERS	103
#define FRAME	16

static struct key_server	*server;
static char			 served[32];

static int
echo(const struct keyring *kr, struct octets rq, struct buf *reply,
    struct err *e)
{
	(void)kr;
	(void)e;
	strncat(served, (const char *)rq.p, rq.len);
	buf_put_octets(reply, rq);
	return 0;
}

static int
fails(const struct keyring *kr, struct octets rq, struct buf *reply,
    struct err *e)
{
	(void)kr;
	(void)rq;
	buf_puts(reply, "half");
	return err_set_id(e, ERR_CONFLICT, "checkpoint-conflict", "no");
}

static const struct sign_type types[] = {
	{ LOW, LOW + 50, 1, "recorder", echo },
	{ HIGH, HIGH + 50, 0, "recorder", echo },
	{ FAILS, FAILS + 50, 1, "recorder", fails },
	{ OTHERS, OTHERS + 50, 1, "sync", echo },
	{ 0, 0, 0, NULL, NULL }
};

static int
setup(void **state)
{
	(void)state;
	served[0] = '\0';
	server = key_server_new(NULL, types);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	key_server_free(server);
	return 0;
}

static int
connect_as(const char *role, unsigned i)
{
	int	 fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fd), 0);
	key_server_link(server, role, i, fd[0]);
	return fd[1];
}

static void
ask(int fd, uint16_t type, uint64_t id, const char *body)
{
	struct buf	 b;

	buf_init(&b, 256);
	buf_put_u32(&b, (uint32_t)strlen(body));
	buf_put_u16(&b, type);
	buf_put_u16(&b, 0);
	buf_put_u64(&b, id);
	buf_puts(&b, body);
	assert_int_equal(write(fd, b.p, b.len), b.len);
	buf_fini(&b);
}

static void
turn(void)
{
	struct err	 e = ERR_INIT;

	assert_int_equal(key_server_turn(server, -1, 0, NULL, &e), 0);
}

/* The next frame that came back: its type, id and body. */
static uint16_t
answer(int fd, uint64_t *id, char body[256])
{
	uint8_t		 head[FRAME];
	struct cursor	 c;
	uint32_t	 len;
	uint16_t	 type = 0, flags = 0;

	assert_int_equal(recv(fd, head, sizeof(head), MSG_DONTWAIT), FRAME);
	c = cursor_of(head, sizeof(head));
	assert_true(take_u32(&c, &len) && take_u16(&c, &type) &&
	    take_u16(&c, &flags) && take_u64(&c, id));
	assert_int_equal(flags & 1, 1);
	assert_in_range(len, 0, 255);
	if (len > 0)
		assert_int_equal(recv(fd, body, len, MSG_DONTWAIT), len);
	body[len] = '\0';
	return type;
}

static void
test_rank(void **state)
{
	char		 body[256];
	uint64_t	 id;
	int		 fd = connect_as("recorder", 0), i;

	(void)state;
	ask(fd, LOW, 1, "a");
	ask(fd, LOW, 2, "b");
	ask(fd, HIGH, 3, "X");
	ask(fd, LOW, 4, "c");
	ask(fd, HIGH, 5, "Y");
	turn();
	assert_string_equal(served, "X");
	/* One that comes while others wait passes them too. */
	ask(fd, HIGH, 6, "Z");
	for (i = 0; i < 5; i++)
		turn();
	assert_string_equal(served, "XYZabc");
	assert_int_equal(answer(fd, &id, body), HIGH + 50);
	assert_int_equal(id, 3);
	assert_string_equal(body, "X");
	assert_int_equal(answer(fd, &id, body), HIGH + 50);
	assert_int_equal(id, 5);
	assert_int_equal(answer(fd, &id, body), HIGH + 50);
	assert_int_equal(id, 6);
	assert_int_equal(answer(fd, &id, body), LOW + 50);
	assert_int_equal(id, 1);
	close(fd);
}

static void
test_refused(void **state)
{
	static const struct {
		uint16_t	 type;
		const char	*role, *id;
	} t[] = {
		{ 9, "recorder", "unknown-request" },
		{ OTHERS, "recorder", "role-not-allowed" },
		{ HIGH, "sync", "role-not-allowed" },
		{ LOW, "http", "role-not-allowed" },
		{ FAILS, "recorder", "checkpoint-conflict" },
	};
	char		 body[256];
	uint64_t	 id;
	size_t		 i;
	int		 fd;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fd = connect_as(t[i].role, 0);
		ask(fd, t[i].type, 40 + i, "body");
		turn();
		assert_int_equal(answer(fd, &id, body), 0);
		assert_int_equal(id, 40 + i);
		/* u16 code, u8 length of id, id, text */
		assert_int_equal(body[2], strlen(t[i].id));
		assert_memory_equal(body + 3, t[i].id, strlen(t[i].id));
		assert_null(strstr(body + 3, "half"));
		close(fd);
	}
	assert_string_equal(served, "");
}

static void
test_links(void **state)
{
	char		 body[256], c;
	uint64_t	 id;
	int		 a = connect_as("recorder", 0), b, fd[LIMIT_KEY_LINKS];
	size_t		 i;

	(void)state;
	/* A restarted partner replaces the old link; its requests go. */
	ask(a, LOW, 1, "a");
	ask(a, LOW, 2, "b");
	turn();
	assert_string_equal(served, "a");
	b = connect_as("recorder", 0);
	assert_int_equal(key_server_links(server), 1);
	turn();
	assert_string_equal(served, "a");
	assert_int_equal(answer(a, &id, body), LOW + 50);
	assert_int_equal(recv(a, &c, 1, MSG_DONTWAIT), 0);
	close(a);

	/* Gone: the link is closed, and nothing else happens. */
	ask(b, LOW, 3, "c");
	close(b);
	turn();
	turn();
	assert_int_equal(key_server_links(server), 0);

	/* A frame that breaks the rules closes its link, not the server. */
	a = connect_as("recorder", 0);
	b = connect_as("sync", 0);
	assert_int_equal(write(a, "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0",
	    16), 16);
	ask(b, OTHERS, 4, "d");
	turn();
	assert_int_equal(key_server_links(server), 1);
	assert_int_equal(answer(b, &id, body), OTHERS + 50);
	close(a);
	close(b);

	turn();

	/* More links than there is room for are turned away. */
	for (i = 0; i < LIMIT_KEY_LINKS; i++)
		fd[i] = connect_as("recorder", (unsigned)i);
	turn();
	assert_int_equal(key_server_links(server), LIMIT_KEY_LINKS);
	a = connect_as("recorder", 99);
	assert_int_equal(key_server_links(server), LIMIT_KEY_LINKS);
	assert_int_equal(recv(a, &c, 1, MSG_DONTWAIT), 0);
	close(a);
	for (i = 0; i < LIMIT_KEY_LINKS; i++)
		close(fd[i]);
}

static void
test_control(void **state)
{
	struct err	 e = ERR_INIT;
	bool		 ready = true;
	int		 p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(key_server_turn(server, p[0], 0, &ready, &e), 0);
	assert_false(ready);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(key_server_turn(server, p[0], -1, &ready, &e), 0);
	assert_true(ready);
	close(p[0]);
	close(p[1]);
}

/* More requests than the queue holds: none is lost. */
static void
test_many(void **state)
{
	char		 body[256];
	uint64_t	 id, i;
	int		 fd = connect_as("recorder", 0);

	(void)state;
	for (i = 0; i < LIMIT_KEY_QUEUE + 20; i++)
		ask(fd, LOW, i, "");
	for (i = 0; i < LIMIT_KEY_QUEUE + 20; i++)
		turn();
	for (i = 0; i < LIMIT_KEY_QUEUE + 20; i++) {
		assert_int_equal(answer(fd, &id, body), LOW + 50);
		assert_int_equal(id, i);
	}
	close(fd);
}

#define CASE(F)	cmocka_unit_test_setup_teardown(F, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		CASE(test_rank),
		CASE(test_refused),
		CASE(test_links),
		CASE(test_control),
		CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
