/* The ways in which a machine can boot, stage by stage, and a verdict for each.
 *
 * kf_chain_plan finds the paths among files: what the firmware starts, and what
 * that starts in turn. kf_chain_judge asks of each stage the verifier that
 * really decides there: the firmware, shim by its own store, a loader that asks
 * shim.
 */
#ifndef KEYFIT_ANALYSIS_CHAIN_H
#define KEYFIT_ANALYSIS_CHAIN_H

#include "core/bootoption.h"
#include "core/loader.h"

#include <keyfit/check.h>

enum {
	KF_CHAIN_STAGES_MAX = 10,
	KF_CHAIN_PATHS_MAX = 128,
	KF_CHAIN_PLACE_MAX = 256,
	KF_CHAIN_NO_FILE = 0xffff,
};

/* kf_chain_file is a boot file. `artifact` and `env` are its own: they are
 * prepared as they are needed. */
struct kf_chain_file {
	const char *path;	/* for people */
	const char *place;	/* "\EFI\debian\grubx64.efi"; NULL: it is on no
				 * ESP that is looked at */
	struct kf_loader loader;
	struct kf_bytes whole;	/* of a shim: all of its bytes */
	struct kf_artifact *artifact;
	struct kf_env *env;
};

/* kf_chain_note is a text on the ESP that names files: BOOTX64.CSV, an entry of
 * systemd-boot. */
struct kf_chain_note {
	const char *place;
	struct kf_bytes text;
};

/* kf_chain_given is all that was found. In a row, without places, each file
 * is started by the one before it that can start others. `options` NULL: none
 * are known. `machine` 0: not told. */
struct kf_chain_given {
	const struct kf_chain_file *file;
	size_t num_files;
	const struct kf_chain_note *note;
	size_t num_notes;
	const struct kf_boot_options *options;
	bool in_a_row;
	uint16_t machine;
};

/* kf_chain_machine is the processor that a device says it has; 0: none. */
uint16_t kf_chain_machine(const struct kf_store *store);

/* Who decides whether a stage starts. */
enum kf_chain_gate {
	KF_GATE_FIRMWARE = 1,
	KF_GATE_SHIM,		/* shim loads it */
	KF_GATE_PROTOCOL,	/* a loader loads it, and asks shim */
	KF_GATE_LOAD_IMAGE,	/* a loader has it loaded by the firmware, which
				 * shim is in the way of */
	KF_GATE_SELF,		/* shim holds itself against the SBAT level */
	KF_GATE_VERSION,	/* Windows' programs hold themselves against
				 * the versions (SVN) in dbx */
	KF_GATE_LOADER,		/* a loader by itself: not known how */
	KF_GATE_INSIDE,		/* part of the file before it */
	KF_NUM_GATES,
};

/* kf_chain_stage: `shim` is the file that decides, for shim's gates. */
struct kf_chain_stage {
	uint16_t file;		/* KF_CHAIN_NO_FILE: it is missing */
	uint16_t shim;
	enum kf_chain_gate gate;
	const char *missing;	/* the place where a file was looked for */
	/* What follows is filled by kf_chain_judge. `rules` NULL: no rules were
	 * asked, and the verdict tells why. */
	const struct kf_verdict *verdict;
	const struct kf_rules *rules;
	const struct kf_store *store;
};

/* What becomes of the machine where a path ends early. */
enum kf_chain_then {
	KF_THEN_BOOTS = 1,
	KF_THEN_NEXT_OPTION,	/* the firmware tries what is next */
	KF_THEN_MOKMANAGER,	/* shim waits for somebody, for MokManager */
	KF_THEN_WAITS,		/* shim waits for somebody, and gives up then:
				 * it has no MokManager that it starts */
	KF_THEN_RESET,		/* fallback starts the machine anew */
	KF_THEN_POWER_OFF,
	KF_THEN_MENU,		/* the loader shows its menu again */
	KF_THEN_FAULT,
	KF_THEN_UNKNOWN,
};

/* kf_chain_path is one way. `aside`: it is taken only when somebody or some
 * update asks for it (MokManager, fwupd, an option that is not active).
 * Without a stage it leads elsewhere. */
struct kf_chain_path {
	const struct kf_boot_option *option;	/* NULL: of none */
	struct kf_chain_stage stage[KF_CHAIN_STAGES_MAX];
	size_t num_stages;
	bool aside;
	enum kf_answer answer;
	size_t at;		/* the stage that refuses, or is not known */
	enum kf_chain_then then;
};

/* kf_chain: `cut` tells that there are more paths, or longer ones, than it
 * holds. */
struct kf_chain {
	struct kf_chain_path path[KF_CHAIN_PATHS_MAX];
	size_t num_paths;
	bool cut;
};

/* kf_chain_judges are the verifiers: the firmware's rules with their prepared
 * store, and the store out of which that of each shim is made. */
struct kf_chain_judges {
	const struct kf_rules *firmware;
	const struct kf_store *store;
	const struct kf_store *for_shim;
};

/* kf_chain_plan fills `out` with the paths, none of them judged. Texts live as
 * long as the arena. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_chain_plan(struct kf_chain *out,
				     const struct kf_chain_given *given,
				     struct kf_env *env);

/* kf_chain_judge gives each stage and each path its verdict; stores and
 * verdicts live in `env`'s arena.
 * Fails: KF_NO_MEMORY and as kf_check does; `*culprit` is the file over which
 * it did. */
KF_MUST enum kf_status kf_chain_judge(struct kf_chain *chain,
				      const struct kf_chain_given *given,
				      const struct kf_chain_judges *judges,
				      struct kf_env *env, size_t *culprit);

/* kf_chain_starts is the first path in the order of the chain, of those that
 * are not aside, that boots; NULL: none, or it is not known which. */
const struct kf_chain_path *kf_chain_starts(const struct kf_chain *chain);

/* kf_gate_name, kf_then_name: for machines. */
const char *kf_gate_name(enum kf_chain_gate gate);
const char *kf_then_name(enum kf_chain_then then);

#endif
