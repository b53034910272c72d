/* Makes the Nth allocation of a program fail. To be preloaded; tools/fail-alloc
 * does that, and says what it wants in the environment:
 *
 *   FAIL_AT       which one, from 1
 *   FAIL_ALWAYS   1: and all that come after it
 *   FAIL_FROM     own: only calls from the program, libkeyfit, what unpacks
 *                 and the C library, which allocates for them; all: from
 *                 anywhere
 *   FAIL_TOLD     a file that is made when the allocation failed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A caller is told by where its return address lies: in which loaded object. */
struct range {
	uintptr_t from, to;
};

enum { RANGES_MAX = 32, EARLY_LEN = 16384 };

static struct range own[RANGES_MAX];
static size_t num_own;
static unsigned long at, count;
static bool always, from_all, ready;
static const char *told;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static int (*next_posix_memalign)(void **, size_t, size_t);
static int (*next_set_functions)(void *, void *, void *);

/* dlsym itself may allocate: what it asks for comes from here and stays. */
static uint8_t early[EARLY_LEN];
static size_t early_used;

static void *early_take(size_t len)
{
	void *piece = early + early_used;

	len = (len + 15) & ~(size_t)15;
	if (len > EARLY_LEN - early_used)
		return NULL;
	early_used += len;
	return piece;
}

static bool is_early(const void *p)
{
	return (const uint8_t *)p >= early &&
	       (const uint8_t *)p < early + EARLY_LEN;
}

/* note keeps where the code of the objects lies that count as our own: the
 * program, which has no name here, libkeyfit, libc, and what unpacks, which is
 * loaded late. */
static int note(struct dl_phdr_info *info, size_t size, void *unused)
{
	static const char *const names[] = { "libkeyfit", "libc.so", "libz.so",
					     "libzstd.so" };
	const char *base = strrchr(info->dlpi_name, '/');
	bool ours;

	(void)size;
	(void)unused;
	base = base ? base + 1 : info->dlpi_name;
	ours = !*base;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ours |= strncmp(base, names[i], strlen(names[i])) == 0;
	if (!ours)
		return 0;
	for (int i = 0; i < info->dlpi_phnum && num_own < RANGES_MAX; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		own[num_own].from = info->dlpi_addr + p->p_vaddr;
		own[num_own].to = own[num_own].from + p->p_memsz;
		num_own++;
	}
	return 0;
}

/* find looks a function up; the address of a function goes through memcpy,
 * since C has no cast for it. */
static void find(void *out, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(out, &symbol, sizeof(symbol));
}

/* spare: a child that unpacks may open nothing, so it could not tell. What ends
 * it is its own affair: its parent's answer is unknown then. */
static void spare(void)
{
	at = 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *text = getenv("FAIL_AT");
	const char *from = getenv("FAIL_FROM");

	find(&next_malloc, "malloc");
	find(&next_calloc, "calloc");
	find(&next_realloc, "realloc");
	find(&next_free, "free");
	find(&next_posix_memalign, "posix_memalign");
	find(&next_set_functions, "CRYPTO_set_mem_functions");
	at = text ? strtoul(text, NULL, 10) : 0;
	always = getenv("FAIL_ALWAYS");
	from_all = from && strcmp(from, "all") == 0;
	told = getenv("FAIL_TOLD");
	pthread_atfork(NULL, NULL, spare);
	ready = true;
}

static bool is_own(uintptr_t caller)
{
	num_own = 0;
	dl_iterate_phdr(note, NULL);
	for (size_t i = 0; i < num_own; i++)
		if (caller >= own[i].from && caller < own[i].to)
			return true;
	return false;
}

/* fails counts a call and tells whether it is to fail. */
static bool fails(void *caller)
{
	int fd;

	if (!ready || !at || (!from_all && !is_own((uintptr_t)caller)))
		return false;
	count++;
	if (always ? count < at : count != at)
		return false;
	if (count == at && told) {
		fd = open(told, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	errno = ENOMEM;
	return true;
}

/* These take the place of the C library's. */
#pragma GCC visibility push(default)

void *malloc(size_t len)
{
	if (!ready)
		return early_take(len);
	return fails(__builtin_return_address(0)) ? NULL : next_malloc(len);
}

void *calloc(size_t num, size_t len)
{
	if (!ready)
		return early_take(num * len);
	return fails(__builtin_return_address(0)) ? NULL
						  : next_calloc(num, len);
}

void *realloc(void *old, size_t len)
{
	void *piece;

	if (ready && !is_early(old))
		return fails(__builtin_return_address(0))
			       ? NULL : next_realloc(old, len);
	piece = ready ? next_malloc(len) : early_take(len);
	if (piece && old)
		memmove(piece, old, len);
	return piece;
}

int posix_memalign(void **out, size_t align, size_t len)
{
	if (!ready || fails(__builtin_return_address(0)))
		return ENOMEM;
	return next_posix_memalign(out, align, len);
}

void free(void *piece)
{
	if (ready && !is_early(piece))
		next_free(piece);
}

/* OpenSSL's allocations would count as the program's own if they went through
 * it: then it keeps its own functions. */
int CRYPTO_set_mem_functions(void *take, void *again, void *give);
int CRYPTO_set_mem_functions(void *take, void *again, void *give)
{
	return from_all && next_set_functions
		       ? next_set_functions(take, again, give) : 0;
}

#pragma GCC visibility pop
