/* QEMU, started and ended. The machine is emulated without KVM, since its
 * system management mode guards the variables, and KVM does not give it to
 * every guest.
 *
 * Source: QEMU 7.2, docs/system/i386 and docs/system/invocation.
 */
#include "machine.h"

#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define QEMU "qemu-system-x86_64"

int kf_nameless(const char *name, struct kf_bytes bytes, struct kf_fault *why)
{
	int fd = memfd_create(name, 0);

	if (fd >= 0 && !kf_write_all(fd, bytes)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		kf_fault_say(why, NULL, "no memory for the machine's %s: %s",
			     name, strerror(errno));
	return fd;
}

int kf_lab_keep(struct kf_bytes bytes, struct kf_fault *why)
{
	return kf_nameless("lists", bytes, why);
}

/* become_qemu is the child: it never returns. */
static void become_qemu(const struct kf_lab_firmware *firmware, int disk,
			int vars, int serial, int complaints, pid_t parent)
{
	char code_drive[KF_LAB_PATH_MAX + 64], vars_drive[96], disk_drive[96];
	int null = open("/dev/null", O_RDONLY);

	/* It must not outlive who asked, whatever ends that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    null < 0 || dup2(null, 0) < 0 || dup2(serial, 1) < 0 ||
	    dup2(complaints, 2) < 0)
		_exit(126);
	snprintf(code_drive, sizeof(code_drive),
		 "if=pflash,format=raw,unit=0,readonly=on,file=%s",
		 firmware->code);
	snprintf(vars_drive, sizeof(vars_drive),
		 "if=pflash,format=raw,unit=1,file=/proc/self/fd/%d", vars);
	snprintf(disk_drive, sizeof(disk_drive),
		 "if=none,id=disk,format=raw,readonly=on,file=/proc/self/fd/%d",
		 disk);
	execlp(QEMU, QEMU, "-nodefaults", "-no-user-config", "-name",
	       "keyfit-lab", "-machine", "q35,smm=on,accel=tcg", "-m", "512",
	       "-display", "none", "-vga", "none", "-nic", "none",
	       "-no-reboot", "-global",
	       "driver=cfi.pflash01,property=secure,value=on", "-drive",
	       code_drive, "-drive", vars_drive, "-drive", disk_drive,
	       "-device", "virtio-blk-pci,drive=disk,bootindex=0", "-serial",
	       "stdio", (char *)NULL);
	fprintf(stderr, "%s: %s\n", QEMU, strerror(errno));
	_exit(127);
}

enum kf_status kf_machine_start(struct kf_machine *out,
				const struct kf_lab_firmware *firmware,
				int disk, int vars, struct kf_fault *why)
{
	pid_t self = getpid();
	int ends[2];

	memset(out, 0, sizeof(*out));
	out->complaints = kf_nameless("complaints", kf_view(NULL, 0), why);
	if (out->complaints < 0)
		return KF_CANNOT_READ;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		kf_fault_say(why, NULL, "no pipe: %s", strerror(errno));
		close(out->complaints);
		return KF_CANNOT_READ;
	}
	out->pid = fork();
	if (out->pid == 0)
		become_qemu(firmware, disk, vars, ends[1], out->complaints,
			    self);
	close(ends[1]);
	out->serial = ends[0];
	if (out->pid > 0)
		return KF_OK;
	kf_fault_say(why, NULL, "QEMU cannot be started: %s",
		     strerror(errno));
	close(out->complaints);
	close(out->serial);
	out->pid = 0;
	return KF_CANNOT_READ;
}

void kf_machine_stop(struct kf_machine *machine)
{
	if (machine->pid <= 0)
		return;
	kill(machine->pid, SIGKILL);
	while (waitpid(machine->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(machine->serial);
	close(machine->complaints);
	machine->pid = 0;
}

/* used_of is the processor time that QEMU took so far, in clock ticks. */
static uint64_t used_of(const struct kf_machine *machine)
{
	char path[64], line[1024];
	unsigned long user = 0, kernel = 0;
	const char *at;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)machine->pid);
	stat = fopen(path, "r");
	if (!stat)
		return 0;
	/* Fields 14 and 15; the second may hold blanks, in brackets. */
	at = fgets(line, sizeof(line), stat) ? strrchr(line, ')') : NULL;
	fclose(stat);
	if (at)
		(void)sscanf(at + 2, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
			     &user, &kernel);
	return user + kernel;
}

/* wait_for waits until there is more of the serial line. */
static bool wait_for(struct kf_machine *machine, unsigned seconds)
{
	uint64_t most = seconds * (uint64_t)sysconf(_SC_CLK_TCK);

	for (unsigned i = 0; i < 10 * seconds; i++) {
		struct pollfd poll_fd = { machine->serial, POLLIN, 0 };
		int ready = poll(&poll_fd, 1, 1000);

		if (ready > 0)
			return true;
		if (ready == 0 && used_of(machine) - machine->used > most)
			return false;
	}
	return false;
}

/* fill takes more of the serial line. */
static enum kf_machine_said fill(struct kf_machine *machine,
				 unsigned seconds)
{
	ssize_t got;

	if (!wait_for(machine, seconds))
		return KF_MACHINE_SILENT;
	do
		got = read(machine->serial, machine->buffer,
			   sizeof(machine->buffer));
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return KF_MACHINE_ENDED;
	machine->at = 0;
	machine->len = (size_t)got;
	machine->used = used_of(machine);
	return KF_MACHINE_LINE;
}

enum kf_machine_said kf_machine_line(struct kf_machine *machine,
				     char line[KF_MACHINE_LINE_MAX],
				     unsigned seconds)
{
	size_t len = 0;

	for (;;) {
		char c;

		if (machine->at == machine->len) {
			enum kf_machine_said said = fill(machine, seconds);

			if (said != KF_MACHINE_LINE)
				return said;
		}
		c = machine->buffer[machine->at++];
		if (c == '\n') {
			line[len] = '\0';
			return KF_MACHINE_LINE;
		}
		if (c != '\r' && len + 1 < KF_MACHINE_LINE_MAX)
			line[len++] = c;
	}
}

void kf_machine_complain(const struct kf_machine *machine, const char *what,
		      struct kf_fault *why)
{
	char words[256];
	ssize_t got = pread(machine->complaints, words, sizeof(words) - 1, 0);

	if (got <= 0) {
		kf_fault_say(why, NULL, "%s", what);
		return;
	}
	words[got] = '\0';
	words[strcspn(words, "\n")] = '\0';
	kf_fault_say(why, "apt install qemu-system-x86", "%s", words);
}
