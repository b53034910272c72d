/* The lab: real UEFI firmware in a virtual machine, asked what it does with
 * an image. It judges nothing itself.
 *
 * The machine has no network and no display, everything that it is given lies
 * in memory, and it ends with the program that started it.
 */
#ifndef KEYFIT_JOBS_LAB_LAB_H
#define KEYFIT_JOBS_LAB_LAB_H

#include <keyfit/host.h>

enum {
	KF_LAB_PATH_MAX = 1024,
	KF_LAB_ID_MAX = 128,
	KF_LAB_WROTE_MAX = 512,
	KF_LAB_WORDS_MAX = 768,
};

/* kf_lab_firmware is one build of the firmware. */
struct kf_lab_firmware {
	char code[KF_LAB_PATH_MAX];
	char vars[KF_LAB_PATH_MAX];	/* an empty variable store for it */
	char sha256[65];		/* of `code` */
	char version[64];		/* of its package; empty: unknown */
};

/* kf_lab_firmware_find finds the machine's own OVMF, or takes the files that
 * are named; `vars` may be NULL with `code` too: it lies beside.
 * Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_lab_firmware_find(struct kf_lab_firmware *out,
					    const char *code,
					    const char *vars,
					    const struct kf_crypto *crypto,
					    struct kf_fault *why);

enum kf_lab_outcome {
	KF_LAB_UNDECIDED,
	KF_LAB_ACCEPT,
	KF_LAB_REJECT,
	KF_LAB_STUMBLE,		/* it hung, or an exception stopped it */
	KF_LAB_REFUSE_STORE,	/* SetVariable would not take the lists */
};

/* kf_lab_end is how shim ended, where shim was put before an image. */
enum kf_lab_end {
	KF_LAB_NO_SHIM,
	KF_LAB_STARTED,		/* it started the image */
	KF_LAB_MM,		/* it refused, and looked for MokManager */
	KF_LAB_RETURNED,	/* it gave up */
	KF_LAB_OFF,		/* it turned the machine off */
	KF_LAB_ASKED,		/* its protocol or its LoadImage answered */
};

/* kf_lab_answer is what the firmware, or shim on it, did with one image, or
 * with some writes of variables: then `load` is the status of the last one,
 * and `wrote` has a word for each, STATUS:- or STATUS:ATTRIBUTES:LENGTH:CRC32,
 * which tells what the variable was behind it. With shim `start` is the status
 * that it ended with. Status values are EFI's, without the high bit; -1: not
 * asked, or not said. */
struct kf_lab_answer {
	char id[KF_LAB_ID_MAX];
	enum kf_lab_outcome outcome;
	int load, start;
	int action;	/* in the image execution table */
	char wrote[KF_LAB_WROTE_MAX];
	enum kf_lab_end end;
	char said[KF_LAB_WORDS_MAX];	/* shim's words on the screen */
	char level[KF_LAB_WORDS_MAX];	/* SbatLevel after it, '|' for lines */
};

/* kf_lab_outcome_name is "accept", "reject", "stumble", "refuse-store". */
const char *kf_lab_outcome_name(enum kf_lab_outcome outcome);
/* kf_lab_end_name is "-", "started", "mm", "returned", "off", "asked". */
const char *kf_lab_end_name(enum kf_lab_end end);

/* kf_lab_tell receives answers as they come. */
typedef void kf_lab_tell(void *self, const struct kf_lab_answer *answer);

/* kf_lab_batch runs a script of the batch protocol, with many cases in one
 * boot; it starts the machine again where the firmware stumbled. Files of the
 * script lie in `folder`.
 * Fails: KF_WRONG_USE (the script), KF_CANNOT_READ (no QEMU, no guest, a
 * machine that says nothing). */
KF_MUST enum kf_status kf_lab_batch(const struct kf_lab_firmware *firmware,
				    struct kf_bytes script,
				    const char *folder, kf_lab_tell *tell,
				    void *self, struct kf_fault *why);

/* kf_lab_keep makes a nameless file of some bytes, for a script to name as
 * /proc/self/fd/N. Owns: the descriptor, until close. Fails: -1. */
KF_MUST int kf_lab_keep(struct kf_bytes bytes, struct kf_fault *why);

/* kf_lab_boots runs a script, each case in a boot of its own, with its lists
 * in the variable store file. Fails: as kf_lab_batch; KF_WRONG_USE, a case
 * that is made of pieces. */
KF_MUST enum kf_status kf_lab_boots(const struct kf_lab_firmware *firmware,
				    struct kf_bytes script,
				    const char *folder, kf_lab_tell *tell,
				    void *self, struct kf_fault *why);

/* kf_lab_boot boots one image as the first boot entry of a machine with this
 * variable store, as a whole file, and kills it once the firmware decided.
 * Fails: as kf_lab_batch. */
KF_MUST enum kf_status kf_lab_boot(struct kf_lab_answer *out,
				   const struct kf_lab_firmware *firmware,
				   struct kf_bytes image,
				   struct kf_bytes vars,
				   struct kf_fault *why);

#endif
