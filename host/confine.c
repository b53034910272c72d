/* A process that has to read hostile bytes gives up what it does not need.
 *
 * Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
 */
#include "members.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

#ifdef MACHINE

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define STOP BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define GO BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), GO

static bool filter(void)
{
	struct sock_filter steps[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0), STOP,
		LOAD(nr),
		ALLOW(pread64), ALLOW(read), ALLOW(write), ALLOW(brk),
		ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),
		ALLOW(getrandom), ALLOW(exit), ALLOW(exit_group),
		STOP,
	};
	struct sock_fprog program = {
		.len = sizeof(steps) / sizeof(steps[0]),
		.filter = steps,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

/* Nothing is opened where the filter is not known to work. */
static bool filter(void)
{
	return false;
}

#endif

/* room_taken is how much address space the process has already: what its parent
 * has mapped came with it. */
static rlim_t room_taken(void)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file && fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return page > 0 ? (rlim_t)page * pages : 0;
}

bool kf_confine(void)
{
	enum { SECONDS_MAX = 120, MEMORY_MAX = 192 << 20 };
	rlim_t most = room_taken() + MEMORY_MAX;
	struct rlimit memory = { most, most };
	struct rlimit seconds = { SECONDS_MAX, SECONDS_MAX };

	return setrlimit(RLIMIT_AS, &memory) == 0 &&
	       setrlimit(RLIMIT_CPU, &seconds) == 0 && filter();
}
