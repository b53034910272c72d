/* Many images in one boot, through the guest; and one image in a boot of its
 * own, through the boot mm.
 *
 * Where the firmware stumbles, the machine is started again behind the case
 * that did it.
 *
 * Source: edk2 MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c:
 * EfiBootManagerBoot and Universal/BdsDxe/BdsEntry.c (what BdsDxe says);
 * UefiCpuPkg/Library/CpuExceptionHandlerLib (what an exception says).
 */
#include "guest.h"
#include "machine.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Of processor time: emulated machines are slow. */
	START_SECONDS = 60,
	CASE_SECONDS = 12,
	/* The firmware puts its flash in order from time to time, which a
	 * write has to wait for. */
	STORE_SECONDS = 120,
	WRITE_SECONDS = 60,
};

struct batch {
	const struct kf_lab_firmware *firmware;
	struct kf_script script;
	struct kf_text_file vars;
	kf_lab_tell *tell;
	void *self;
	struct kf_machine machine;
	size_t next;		/* the line of the case that is under way */
	bool begun, enrolling, writing;
	char said[KF_LAB_WORDS_MAX], level[KF_LAB_WORDS_MAX];
};

const char *kf_lab_outcome_name(enum kf_lab_outcome outcome)
{
	static const char *const names[] = { "undecided", "accept", "reject",
					     "stumble", "refuse-store" };

	return names[outcome];
}

static const char *const ends[] = { "-", "started", "mm", "returned",
				    "off", "asked" };

const char *kf_lab_end_name(enum kf_lab_end end)
{
	return ends[end];
}

/* start starts the machine with what is left of the script. */
static enum kf_status start(struct batch *b, struct kf_fault *why)
{
	struct kf_bytes guest = kf_view(kf_guest, kf_guest_len);
	enum kf_status status = KF_CANNOT_READ;
	size_t len;
	uint8_t *pack = kf_script_pack(&len, &b->script, b->next, why);
	int disk, vars;

	if (!pack)
		return KF_NO_MEMORY;
	disk = kf_disk_make(guest, kf_view(pack, len), why);
	free(pack);
	vars = disk < 0 ? -1 : kf_nameless("vars", b->vars.bytes, why);
	if (vars >= 0)
		status = kf_machine_start(&b->machine, b->firmware, disk,
					  vars, why);
	if (disk >= 0)
		close(disk);
	if (vars >= 0)
		close(vars);
	b->begun = b->enrolling = b->writing = false;
	return status;
}

static void tell(struct batch *b, struct kf_lab_answer *answer)
{
	kf_script_id(answer->id, &b->script, b->next);
	b->tell(b->self, answer);
	b->next = kf_script_next(&b->script, b->next + 1);
}

static int number(const char *word)
{
	return *word >= '0' && *word <= '9' ? atoi(word) : -1;
}

/* take_shim reads what follows "ID shim": how it ended, and its status. */
static void take_shim(struct batch *b, struct kf_lab_answer *answer,
		      const char *end, const char *status)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(end, ends[i]) == 0)
			answer->end = (enum kf_lab_end)i;
	answer->start = number(status);
	answer->outcome = answer->end == KF_LAB_STARTED ||
			  (answer->end == KF_LAB_ASKED && answer->start == 0)
		? KF_LAB_ACCEPT : KF_LAB_REJECT;
	memcpy(answer->said, b->said, sizeof(b->said));
	memcpy(answer->level, b->level, sizeof(b->level));
}

/* take_case reads "ID LOAD START ACTION", "ID shim END STATUS", "ID stumble"
 * or "ID store". */
static enum kf_status take_case(struct batch *b, const char *line,
				struct kf_fault *why)
{
	struct kf_lab_answer answer = { .load = -1, .start = -1,
					.action = -1 };
	char id[KF_LAB_ID_MAX], load[16], begin[16], action[16];
	int num = sscanf(line, "%127s %15s %15s %15s", id, load, begin,
			 action);

	if (b->next == b->script.num_lines)
		num = 0;
	else
		kf_script_id(answer.id, &b->script, b->next);
	if (num < 2 || strcmp(id, answer.id) != 0) {
		kf_fault_say(why, NULL, "the guest answers for another case: %.100s",
			     line);
		return KF_CANNOT_READ;
	}
	answer.outcome = strcmp(load, "stumble") ? KF_LAB_REFUSE_STORE
						 : KF_LAB_STUMBLE;
	if (num == 4 && strcmp(load, "shim") == 0) {
		take_shim(b, &answer, begin, action);
	} else if (num == 4) {
		answer.load = number(load);
		answer.start = number(begin);
		answer.action = number(action);
		answer.outcome = answer.load == 0 && answer.start <= 0
			? KF_LAB_ACCEPT : KF_LAB_REJECT;
	}
	tell(b, &answer);
	return KF_OK;
}

/* take_wrote reads "ID WORD...": "ID store STATUS" where the variables before
 * the case were refused. */
static enum kf_status take_wrote(struct batch *b, const char *line,
				 struct kf_fault *why)
{
	struct kf_lab_answer answer = { .outcome = KF_LAB_REFUSE_STORE,
					.load = -1, .start = -1,
					.action = -1 };
	size_t len = strcspn(line, " ");
	const char *last = strrchr(line, ' ');

	if (b->next < b->script.num_lines)
		kf_script_id(answer.id, &b->script, b->next);
	if (!last || strlen(answer.id) != len ||
	    strncmp(line, answer.id, len) != 0) {
		kf_fault_say(why, NULL, "the guest answers for another case: %.100s",
			     line);
		return KF_CANNOT_READ;
	}
	snprintf(answer.wrote, sizeof(answer.wrote), "%s", line + len + 1);
	if (strncmp(answer.wrote, "store ", 6) != 0) {
		answer.load = number(last + 1);
		answer.outcome = answer.load == 0 ? KF_LAB_ACCEPT
						  : KF_LAB_REJECT;
	}
	tell(b, &answer);
	return KF_OK;
}

static unsigned patience(const struct batch *b)
{
	if (!b->begun)
		return START_SECONDS;
	if (b->enrolling)
		return STORE_SECONDS;
	return b->writing ? WRITE_SECONDS : CASE_SECONDS;
}

/* stumbled notes that the case under way did not end. */
static enum kf_status stumbled(struct batch *b, const char *what,
			       struct kf_fault *why)
{
	struct kf_lab_answer answer = { .outcome = KF_LAB_STUMBLE,
					.load = -1, .start = -1,
					.action = -1 };

	if (!b->begun || b->enrolling || b->next == b->script.num_lines) {
		kf_machine_complain(&b->machine, what, why);
		return KF_CANNOT_READ;
	}
	tell(b, &answer);
	return KF_OK;
}

/* take_line reads one line; `*over` when the machine has no more to say. */
static enum kf_status take_line(struct batch *b, char *line, bool *over,
				struct kf_fault *why)
{
	if (strstr(line, "!!!! X64 Exception")) {
		*over = true;
		return stumbled(b, "the firmware crashed at its start", why);
	}
	if (strncmp(line, "keyfit ", 7) != 0)
		return KF_OK;
	line += 7;
	if (strcmp(line, "begin") == 0)
		b->begun = true;
	b->enrolling = strcmp(line, "enrol") == 0;
	b->writing = strcmp(line, "writes") == 0;
	if (strncmp(line, "said ", 5) == 0)
		snprintf(b->said, sizeof(b->said), "%.700s", line + 5);
	if (strncmp(line, "level ", 6) == 0)
		snprintf(b->level, sizeof(b->level), "%.700s", line + 6);
	if (strncmp(line, "case ", 5) == 0)
		return take_case(b, line + 5, why);
	if (strncmp(line, "wrote ", 6) == 0)
		return take_wrote(b, line + 6, why);
	if (strncmp(line, "stop ", 5) != 0)
		return KF_OK;
	*over = true;
	if (strcmp(line, "stop end 0") == 0 &&
	    b->next == b->script.num_lines)
		return KF_OK;
	kf_fault_say(why, NULL, "the guest gave up: %.100s", line + 5);
	return KF_CANNOT_READ;
}

/* listen follows one machine to its end. */
static enum kf_status listen(struct batch *b, struct kf_fault *why)
{
	char line[KF_MACHINE_LINE_MAX];
	enum kf_status status = KF_OK;
	bool over = false;

	while (!over && status == KF_OK)
		switch (kf_machine_line(&b->machine, line, patience(b))) {
		case KF_MACHINE_LINE:
			status = take_line(b, line, &over, why);
			break;
		case KF_MACHINE_SILENT:
			over = true;
			status = stumbled(b, "the machine says nothing", why);
			break;
		case KF_MACHINE_ENDED:
			over = true;
			status = stumbled(b, "the machine went off", why);
		}
	return status;
}

enum kf_status kf_lab_batch(const struct kf_lab_firmware *firmware,
			    struct kf_bytes script, const char *folder,
			    kf_lab_tell *told, void *self,
			    struct kf_fault *why)
{
	struct batch b = { .firmware = firmware, .tell = told, .self = self };
	enum kf_status status;

	if (kf_guest_len == 0) {
		kf_fault_say(why, "apt install clang lld, and build again",
			     "keyfit was built without its guest");
		return KF_CANNOT_READ;
	}
	status = kf_script_read(&b.script, script, folder, why);
	if (status == KF_OK)
		status = kf_text_file_read(&b.vars, firmware->vars, 16 << 20,
					   why);
	b.next = kf_script_next(&b.script, 0);
	while (status == KF_OK && b.next < b.script.num_lines) {
		status = start(&b, why);
		if (status == KF_OK)
			status = listen(&b, why);
		kf_machine_stop(&b.machine);
	}
	kf_text_file_close(&b.vars);
	kf_script_close(&b.script);
	return status;
}

/* decided reads what the boot mm says of the first entry. */
static bool decided(struct kf_lab_answer *out, const char *line)
{
	if (strstr(line, "!!!! X64 Exception"))
		out->outcome = KF_LAB_STUMBLE;
	else if (strstr(line, "BdsDxe: starting Boot0001"))
		out->outcome = KF_LAB_ACCEPT;
	else if (strstr(line, "BdsDxe: failed to load Boot0001"))
		out->outcome = KF_LAB_REJECT;
	else
		return false;
	return true;
}

enum kf_status kf_lab_boot(struct kf_lab_answer *out,
			   const struct kf_lab_firmware *firmware,
			   struct kf_bytes image, struct kf_bytes vars,
			   struct kf_fault *why)
{
	struct kf_machine machine = { 0 };
	char line[KF_MACHINE_LINE_MAX];
	enum kf_status status = KF_CANNOT_READ;
	enum kf_machine_said said = KF_MACHINE_LINE;
	int disk = kf_disk_make(image, kf_view(NULL, 0), why);
	int store = disk < 0 ? -1 : kf_nameless("vars", vars, why);
	bool loading = false;

	memset(out, 0, sizeof(*out));
	out->load = out->start = out->action = -1;
	if (store >= 0)
		status = kf_machine_start(&machine, firmware, disk, store,
					  why);
	if (disk >= 0)
		close(disk);
	if (store >= 0)
		close(store);
	while (status == KF_OK && out->outcome == KF_LAB_UNDECIDED) {
		said = kf_machine_line(&machine, line, loading ? CASE_SECONDS
							: START_SECONDS);
		if (said == KF_MACHINE_LINE) {
			loading |= strstr(line, "loading Boot0001") != NULL;
			(void)decided(out, line);
		} else if (loading) {
			out->outcome = KF_LAB_STUMBLE;
		} else {
			kf_machine_complain(&machine, "the firmware came to no decision",
					    why);
			status = KF_CANNOT_READ;
		}
	}
	kf_machine_stop(&machine);
	return status;
}
