/* One virtual machine, from its start to its end, as its serial line tells.
 */
#ifndef KEYFIT_JOBS_LAB_MACHINE_H
#define KEYFIT_JOBS_LAB_MACHINE_H

#include "lab.h"

#include <sys/types.h>

enum { KF_MACHINE_LINE_MAX = 1024 };

struct kf_machine {
	pid_t pid;		/* 0: none */
	int serial;		/* what it says */
	int complaints;		/* QEMU's own words, a nameless file */
	uint64_t used;		/* processor time when it last said a line */
	char buffer[4096];
	size_t at, len;
};

/* kf_machine_start starts one. `disk` and `vars` are descriptors of nameless
 * files, which stay the caller's. Owns: `out`, until kf_machine_stop, which
 * takes a zeroed one too. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_machine_start(struct kf_machine *out,
					const struct kf_lab_firmware *firmware,
					int disk, int vars,
					struct kf_fault *why);
void kf_machine_stop(struct kf_machine *machine);

enum kf_machine_said {
	KF_MACHINE_LINE,	/* a line */
	KF_MACHINE_SILENT,	/* none in all that time */
	KF_MACHINE_ENDED,
};

/* kf_machine_line takes the next line without its end, cut at
 * KF_MACHINE_LINE_MAX. It waits for `seconds` of the machine's own processor
 * time, since who asks may be busy with other things, or for ten times as
 * many by the clock. */
enum kf_machine_said kf_machine_line(struct kf_machine *machine,
				     char line[KF_MACHINE_LINE_MAX],
				     unsigned seconds);

/* kf_machine_complain words what QEMU complained of, or `what`. */
void kf_machine_complain(const struct kf_machine *machine, const char *what,
			 struct kf_fault *why);

/* kf_nameless makes a file in memory that goes with its last user; `name` is
 * for people. Fails: -1. */
int kf_nameless(const char *name, struct kf_bytes bytes, struct kf_fault *why);

/* kf_disk_make makes a FAT disk with the boot file of x86-64 and, unless it is
 * empty, the pack beside it. Fails: -1. */
int kf_disk_make(struct kf_bytes boot, struct kf_bytes pack,
	      struct kf_fault *why);

#endif
