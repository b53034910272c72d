/* Kills a program at its Nth call that changes a file, as kill -9 and a lost
 * machine do. To be preloaded; tests/fleet/killed and others do that, and say
 * what they want in the environment:
 *
 *   KILL_AT    which call, from 1
 *   KILL_HOW   before: nothing of the call is done; half: of a write, half;
 *              full: nothing ends, but from this write on the disk is full
 *   KILL_TOLD  a file that is made when it came so far
 */
#define _GNU_SOURCE
/* Else pwrite is another name of pwrite64, and both stand here. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static int by(const char *way)
{
	const char *how = getenv("KILL_HOW");

	return how && strcmp(how, way) == 0;
}

/* is_last tells whether the program ends here. */
static int is_last(void)
{
	return !by("full") && is_now();
}

/* is_full tells whether the disk is, from the call that was chosen on. */
static int is_full(void)
{
	static int full;

	if (by("full") && !full)
		full = is_now();
	return full;
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
	if (is_file(fd) && is_full()) {
		static int again;

		/* Some of it still fits. */
		if (!again++ && len > 1)
			return next(fd, data, len / 2);
		errno = ENOSPC;
		return -1;
	}
	if (is_file(fd) && is_last()) {
		if (by("half") && next(fd, data, len / 2) < 0)
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
	if (is_last()) {
		if (by("half") && next(fd, data, len / 2, at) < 0)
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
		if (is_last()) \
			end(); \
		return next(fd); \
	}
SYNC(fsync)
SYNC(fdatasync)
SYNC(syncfs)

static int cut(int fd, off64_t len)
{
	static int (*next)(int, off64_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ftruncate64");
	if (is_last())
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
	if (is_last())
		end();
	return next(path);
}

int unlinkat(int folder, const char *path, int flags)
{
	static int (*next)(int, const char *, int);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "unlinkat");
	if (is_last())
		end();
	return next(folder, path, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	static int (*next)(int, const char *, int, const char *);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "renameat");
	if (is_last())
		end();
	return next(from_folder, from, to_folder, to);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	static int (*next)(int, const char *, mode_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "mkdirat");
	if (is_full()) {
		errno = ENOSPC;
		return -1;
	}
	if (is_last())
		end();
	return next(folder, path, mode);
}

#pragma GCC visibility pop
