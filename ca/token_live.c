#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ca/token_live.h"

#define MAGIC	0x746f6b31u
#define TRIES	1000

/* As it lies in the file.  seq is odd while facts are written. */
struct page {
	uint32_t		 magic;
	_Atomic uint32_t	 seq;
	struct token_facts	 facts;
};

struct token_live {
	struct page	*page;
};

static int
foreign(const char *path, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "token-live", "%s is not what a node "
	    "writes", path);
}

static int
map(int fd, const char *path, bool write, struct page **page, struct err *e)
{
	struct stat	 st;
	struct page	*p;

	*page = NULL;
	if (write && ftruncate(fd, sizeof(*p)) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	/* To write into a hole, on a full disk, would end this process. */
	if (write && (errno = posix_fallocate(fd, 0, sizeof(*p))) != 0)
		return err_set_errno(e, ERR_IO, "%s", path);
	if (fstat(fd, &st) == -1 || st.st_size != sizeof(*p))
		return foreign(path, e);
	p = mmap(NULL, sizeof(*p), write ? PROT_READ | PROT_WRITE :
	    PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return err_set_errno(e, ERR_IO, "%s", path);
	if (write) {
		/* Whoever wrote before may have died half-way. */
		memset(p, 0, sizeof(*p));
		p->magic = MAGIC;
	} else if (p->magic != MAGIC) {
		(void)munmap(p, sizeof(*p));
		return foreign(path, e);
	}
	*page = p;
	return 0;
}

int
token_live_open(const char *path, bool write, struct token_live **l,
    struct err *e)
{
	struct page	*page;
	int		 fd, rc;

	*l = NULL;
	fd = open(path, (write ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC |
	    O_NOFOLLOW, 0644);
	if (fd == -1)
		return err_set_errno(e, errno == ENOENT ? ERR_NOTFOUND :
		    ERR_IO, "%s", path);
	if ((rc = map(fd, path, write, &page, e)) == 0) {
		*l = xcalloc(1, sizeof(**l));
		(*l)->page = page;
	}
	(void)close(fd);
	return rc;
}

void
token_live_close(struct token_live *l)
{
	if (l != NULL)
		(void)munmap(l->page, sizeof(*l->page));
	free(l);
}

void
token_live_set(struct token_live *l, const struct token_facts *f)
{
	struct page	*p = l->page;

	if (memcmp(&p->facts, f, sizeof(*f)) == 0)
		return;
	atomic_fetch_add(&p->seq, 1);
	p->facts = *f;
	atomic_fetch_add(&p->seq, 1);
}

bool
token_live_get(const struct token_live *l, struct token_facts *f)
{
	const struct page	*p = l->page;
	uint32_t		 before;
	int			 i;

	for (i = 0; i < TRIES; i++) {
		before = atomic_load(&p->seq);
		*f = p->facts;
		atomic_thread_fence(memory_order_acquire);
		if (before % 2 == 0 && atomic_load(&p->seq) == before &&
		    memchr(f->state, 0, sizeof(f->state)) != NULL)
			return true;
	}
	memset(f, 0, sizeof(*f));
	return false;
}
