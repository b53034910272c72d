/* Kills a program at its Nth call that changes a file, as kill -9 and a lost
 * machine do. To be preloaded; tests/fleet/killed does that, and says what it
 * wants in the environment:
 *
 *   KILL_AT    which call, from 1
 *   KILL_HOW   before: nothing of the call is done; half: of a write, half
 *   KILL_TOLD  a file that is made when it came so far
 */
#define _GNU_SOURCE
/* Else pwrite is another name of pwrite64, and both stand here. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long count;

/* is_now tells whether this call is the one. */
static int is_now(void)
{
	const char *at = getenv("KILL_AT");
	const char *told = getenv("KILL_TOLD");

	if (!at || ++count != strtoul(at, NULL, 10))
		return 0;
	if (told)
		close(open(told, O_CREAT | O_WRONLY, 0600));
	return 1;
}

static int by_half(void)
{
	const char *how = getenv("KILL_HOW");

	return how && strcmp(how, "half") == 0;
}

static void end(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Standard output and error are not what is asked about. */
static int is_file(int fd)
{
	return fd > STDERR_FILENO;
}

/* These take the place of the C library's. */
#pragma GCC visibility push(default)

ssize_t write(int fd, const void *data, size_t len)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	if (is_file(fd) && is_now()) {
		if (by_half() && next(fd, data, len / 2) < 0)
			end();
		end();
	}
	return next(fd, data, len);
}

static ssize_t put_at(int fd, const void *data, size_t len, off64_t at)
{
	static ssize_t (*next)(int, const void *, size_t, off64_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pwrite64");
	if (is_now()) {
		if (by_half() && next(fd, data, len / 2, at) < 0)
			end();
		end();
	}
	return next(fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return put_at(fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return put_at(fd, data, len, at);
}

#define SYNC(name) \
	int name(int fd) \
	{ \
		static int (*next)(int); \
		if (!next) \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		if (is_now()) \
			end(); \
		return next(fd); \
	}
SYNC(fsync)
SYNC(fdatasync)

static int cut(int fd, off64_t len)
{
	static int (*next)(int, off64_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ftruncate64");
	if (is_now())
		end();
	return next(fd, len);
}

int ftruncate(int fd, off_t len)
{
	return cut(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return cut(fd, len);
}

int unlink(const char *path)
{
	static int (*next)(const char *);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "unlink");
	if (is_now())
		end();
	return next(path);
}

#pragma GCC visibility pop
