/* What a boot measures of its images and of what allows them: worked out from
 * a device's store and the files that it starts, by the verifiers' own rules.
 *
 * The same is done for a device as it was and as it will be. What the log of
 * the first says beside that, only the log knows.
 */
#ifndef KEYFIT_ANALYSIS_MEASURES_H
#define KEYFIT_ANALYSIS_MEASURES_H

#include "core/eventlog.h"
#include "core/shim.h"

#include <keyfit/check.h>

enum {
	KF_STAGES_MAX = 64,	/* images of one boot */
	KF_MEASURED_PCRS_MAX = 24,
};

/* kf_boot_file is a file that a boot reads; `after` is the same where it is
 * not replaced. */
struct kf_boot_file {
	const char *name;
	struct kf_bytes before;
	struct kf_bytes after;
	bool replaced;
};

/* kf_stage is one image that the log tells of. */
struct kf_stage {
	uint32_t event;		/* its number in the log */
	bool driver;
	const struct kf_boot_file *file;	/* NULL: none that was given */
};

enum kf_side {
	KF_BEFORE,
	KF_AFTER,
	KF_NUM_SIDES,
};

/* kf_slot: what a stage may leave, in the order in which it does. */
enum kf_slot {
	KF_SLOT_AUTHORITY,
	KF_SLOT_IMAGE,
	KF_SLOT_MOK,
	KF_SLOT_MOKX,
	KF_SLOT_MOK_SB_STATE,
	KF_SLOT_MOK_SB_STATE_LOG,
	KF_SLOT_SBAT_LEVEL,
	KF_SLOT_MOK_LIST_TRUSTED,
	KF_SLOT_MOK_POLICY,
	KF_SLOT_END,		/* what comes behind cannot be told */
};

/* kf_measure is one event that a stage leaves. */
struct kf_measure {
	uint32_t stage;
	enum kf_slot slot;
	uint32_t order;		/* among all of a boot's */
	uint32_t pcr;
	uint32_t type;
	struct kf_bytes data;	/* of the record; an image's is not told */
	struct kf_bytes over;	/* what is measured */
	const struct kf_digest *image;	/* one for each kind; then `over` is
					 * not used */
	bool open;		/* the value is not told by what was given */
	bool same;		/* open, and nothing changes it */
	const char *why;	/* open, END: a sentence */
	const char *about;	/* the part or the file that it is about */
	uint32_t missing;	/* the event whose file was not given, or 0 */
};

struct kf_measures {
	struct kf_measure *item;
	size_t num, max;
	/* undecided: what let a stage start could not be worked out. */
	bool undecided[KF_STAGES_MAX];
	bool any_undecided;
};

/* kf_boot is one device with its files, before and after. */
struct kf_boot {
	const struct kf_store *store[KF_NUM_SIDES];
	const struct kf_rules *firmware;
	struct kf_stage stage[KF_STAGES_MAX];
	size_t num_stages;
	enum kf_answer3 secure[KF_NUM_SIDES];	/* Secure Boot is on */
	bool firmware_differs;	/* in what the firmware decides by */
	bool shim_differs;	/* in what shim decides by, its binary aside */
	bool same_commands;	/* another loader does what the one before it
				 * did: the user's word */
};

/* kf_part_differs: will a part hold something else? */
bool kf_part_differs(const struct kf_boot *boot, const char *part);

/* kf_boot_compare works out the rest of a boot from its two stores. */
void kf_boot_compare(struct kf_boot *boot);

/* kf_measures_tell fills `out` for one side. Fails: as kf_check does. */
KF_MUST enum kf_status kf_measures_tell(struct kf_measures *out,
					const struct kf_boot *boot,
					enum kf_side side, struct kf_env *env);

/* What the files of this share: a side while it is being told. */
struct kf_telling {
	struct kf_measures *out;
	const struct kf_boot *boot;
	enum kf_side side;
	struct kf_env *env;
	enum kf_status status;
	uint32_t stage;
	bool ended;
	const struct kf_boot_file *loader;	/* replaced; NULL: none yet */
	/* shim, once one of the stages was it. */
	bool has_shim;
	uint32_t shim_stage;
	struct kf_bytes shim_file;
	struct kf_shim shim;
	const struct kf_rules *shim_rules;
};

/* kf_measure_add adds an event of the present stage. NULL: there is no room,
 * and `status` says so. */
struct kf_measure *kf_measure_add(struct kf_telling *t, enum kf_slot slot,
				  uint32_t pcr, uint32_t type);

/* kf_measure_end: nothing behind the present place can be told. */
void kf_measure_end(struct kf_telling *t, const char *why, const char *about);

/* kf_measure_undecided: what let the stage start is not known. That ends the
 * telling unless nothing changes it. */
void kf_measure_undecided(struct kf_telling *t, bool changes, const char *why,
			  const char *about);

/* kf_measure_authority adds what allowed an image, once for each verifier. */
void kf_measure_authority(struct kf_telling *t, const uint8_t guid[16],
			  const char *name, struct kf_bytes data);

/* kf_variable_data makes UEFI_VARIABLE_DATA. Source: as kf_event_variable.
 * Fails: the empty view, when the arena is full. */
struct kf_bytes kf_variable_data(const uint8_t guid[16], const char *name,
				 struct kf_bytes data,
				 struct kf_arena *arena);

/* measures_shim.c */
bool kf_measures_is_shim(struct kf_shim *out, struct kf_bytes file);
void kf_measures_shim(struct kf_telling *t);
void kf_measures_by_shim(struct kf_telling *t,
			 const struct kf_boot_file *file);

#endif
