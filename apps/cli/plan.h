/* keyfit plan: what its files share. A goal is read, the verifiers are asked
 * about all of it, and the answers are put into the tables that are proven.
 */
#ifndef KEYFIT_APPS_CLI_PLAN_H
#define KEYFIT_APPS_CLI_PLAN_H

#include "changes.h"
#include "fleet_ask.h"
#include "render.h"
#include "signer.h"

#include "analysis/plan/make.h"
#include "analysis/whatif.h"
#include "host/esp.h"

#include <jansson.h>

enum {
	KF_PLAN_FILES_MAX = 16,		/* of one release */
	KF_PLAN_SETTINGS_MAX = 8,
	KF_PLAN_OTHERS_MAX = 32,
	KF_PLAN_OPENED_MAX = KF_ROTATION_RELEASES_MAX +
			     KF_ROTATION_UPDATES_MAX,
};

/* kf_plan_after is what a device's trust becomes by a release that boots, or by
 * an update that is no change of UEFI's variables. */
struct kf_plan_after {
	const char *becomes;	/* a device; NULL: what it has stays */
	struct kf_setting set[KF_PLAN_SETTINGS_MAX];
	size_t num_set;
	struct kf_setting raise[KF_PLAN_SETTINGS_MAX];	/* numbers */
	size_t num_raise;
	bool raises_nothing;	/* it says so */
};

struct kf_plan_release {
	const char *name;
	const char *file[KF_PLAN_FILES_MAX];
	size_t num_files;
	const char *signed_by;	/* it is not there yet; NULL: it is */
	struct kf_signer signer;
	struct kf_plan_after after;
};

struct kf_plan_update {
	const char *name;
	const char *change;	/* as `keyfit whatif` takes it; NULL: `after` */
	struct kf_changes changes;
	enum kf_right right;	/* of the first device that takes it */
	const char *file;	/* that has to be let in; NULL: none has */
	struct kf_plan_after after;
};

/* kf_plan_trust is what a class trusts: a store for each of its verifiers. */
struct kf_plan_trust {
	struct kf_store *store;
};

struct kf_plan_class {
	const char *name, *device, *rules;
	struct kf_setting set[KF_PLAN_SETTINGS_MAX];
	size_t num_set;
	const char *keeps[KF_PLAN_SETTINGS_MAX];	/* names that nothing
							 * takes back */
	size_t num_keeps;
	const char *factory;	/* the device after a reset; NULL: the trust
				 * stays as it is */
	uint64_t count;
	int64_t fleet_class;	/* where the device is one of a fleet */
	bool checked;		/* nothing is installed that does not boot */
	bool uefi;
	struct kf_device opened;
	const struct kf_rules *update;	/* of UEFI's variables */
	struct kf_plan_trust trust[KF_ROTATION_TRUSTS_MAX];
	size_t num_trusts;
	enum kf_proven best;
	struct kf_class_proof proof;
};

/* kf_plan_file is one file of a release that is no boot file of UEFI. */
struct kf_plan_file {
	const char *path;
	struct kf_file file;
	struct kf_artifact artifact;
	const struct kf_format *format;
};

/* kf_plan_opened is a release as it is judged on one date. Large. */
struct kf_plan_opened {
	bool is_open, has_boots;
	struct kf_plan_file file[KF_PLAN_FILES_MAX];
	size_t num_files;
	struct kf_work work;	/* of the files */
	struct kf_esp esp;	/* of those of UEFI */
	struct kf_chain plan, now;
	uint16_t machine;	/* that the ways were planned for */
	bool is_planned;
};

/* kf_plan_other is a device that another one becomes. */
struct kf_plan_other {
	const char *path;
	struct kf_device device;
};

/* kf_plan_input is something that a proof is about. */
struct kf_plan_input {
	char *name;
	uint8_t sha256[32];
};

/* kf_planning is a plan while it is worked on. */
struct kf_planning {
	const char *path;	/* of the goal's file: others start there */
	json_t *goal;
	const struct kf_crypto *crypto;
	bool json;
	bool tells_now;		/* where each class is */
	struct kf_fleet *fleet;	/* NULL: classes are the goal's own */
	size_t phase;		/* in which the classes start */
	int64_t date_s[KF_ROTATION_EPOCHS_MAX];
	const char *date[KF_ROTATION_EPOCHS_MAX];	/* [0]: today */
	struct kf_plan_release release[KF_ROTATION_RELEASES_MAX];
	struct kf_plan_update update[KF_ROTATION_UPDATES_MAX];
	struct kf_plan_class *class_;
	uint32_t retired;	/* releases; 0: not by releases */
	struct kf_signer retire;	/* num 0: not by a certificate */
	const char *retire_text;
	/* Releases, and behind them files of updates. */
	struct kf_plan_opened *opened[KF_ROTATION_EPOCHS_MAX]
				     [KF_PLAN_OPENED_MAX];
	struct kf_plan_other other[KF_PLAN_OTHERS_MAX];
	size_t num_others;
	/* What the last question was about. */
	struct kf_artifact supposed;
	struct kf_step step;
	bool has_step;
	struct kf_work work;	/* for one verdict after the other */
	struct kf_work keep;	/* tables, stores, texts */
	struct kf_verdict verdict;
	struct kf_rotation_class table[KF_ROTATION_CLASSES_MAX];
	struct kf_rotation rotation;
	struct kf_rotation aims;	/* without those that no plan saves */
	struct kf_room room;
	struct kf_schedule plan;
	struct kf_made made;
	struct kf_plan_input *input;
	size_t num_inputs;
	uint8_t digest[32];	/* of all of them */
	json_t *proof;		/* that the plan's file has; NULL: none */
	/* The updates that were asked about are those of the plan alone: with
	 * all of them there is more to trust than can be looked at. */
	bool is_narrow;
	size_t num_asked;	/* verdicts */
	struct kf_render render;
};

/* plan_read.c: kf_plan_read reads a goal, and the plan that stands in it or in
 * the file that names it; `*has_plan` tells whether there was one. They say
 * what is wrong, and return an exit status: 0, 2 or 4. Owns: `p`, until
 * kf_plan_close, also when it fails. */
KF_MUST int kf_plan_read(struct kf_planning *p, const char *path,
			 bool *has_plan);
void kf_plan_close(struct kf_planning *p);

/* kf_plan_release_of, _update_of find one by name; -1: there is none. */
int kf_plan_release_of(const struct kf_planning *p, const char *name);
int kf_plan_update_of(const struct kf_planning *p, const char *name);

/* kf_plan_template reads what a fleet's devices have in common; `installed` is
 * for whoever calls it. */
KF_MUST int kf_plan_template(struct kf_planning *p, struct kf_plan_class *c,
			     struct kf_rotation_class *t);

/* plan_fleet.c: makes classes of a fleet's devices: those that decide alike and
 * run the same release. */
KF_MUST int kf_plan_fleet(struct kf_planning *p);

/* plan_offer.c: the part of a file that is the plan. */
KF_MUST int kf_plan_offers(struct kf_planning *p, json_t *plan);

/* plan_path.c: kf_plan_path is a path as seen from here, in the memory that is
 * kept. Fails: NULL, and says so. */
KF_MUST const char *kf_plan_path(struct kf_planning *p, const char *path);

/* kf_plan_verifier finds a class's verifier by name; -1: none. */
int kf_plan_verifier(const struct kf_device *device, const char *name);

/* plan_ask.c: kf_plan_installs, kf_plan_boots ask the verifiers of a class. The
 * finding, and the verdict behind it, are good until the next question.
 * Return an exit status: 0 or 4. */
struct kf_plan_answer {
	enum kf_answer answer;
	struct kf_finding why;
	const struct kf_rules *rules;
};

KF_MUST int kf_plan_installs(struct kf_plan_answer *out,
			     struct kf_planning *p, struct kf_plan_class *c,
			     size_t trust, size_t date, size_t release);
KF_MUST int kf_plan_boots(struct kf_plan_answer *out, struct kf_planning *p,
			  struct kf_plan_class *c, size_t trust, size_t date,
			  size_t release);
KF_MUST int kf_plan_updates(struct kf_plan_answer *out,
			    struct kf_planning *p, struct kf_plan_class *c,
			    size_t trust, size_t date, size_t update);
/* kf_plan_forget closes what the last question was about. */
void kf_plan_forget(struct kf_planning *p);

/* kf_plan_refuses asks whether a trust refuses the key that is to retire. */
KF_MUST int kf_plan_refuses(struct kf_plan_answer *out,
			    struct kf_planning *p, struct kf_plan_class *c,
			    size_t trust);

/* plan_files.c: a release, or the file of an update, opened for a date. Says
 * what is wrong. kf_plan_files_same tells whether all are as they were. */
KF_MUST int kf_plan_open(struct kf_plan_opened **out, struct kf_planning *p,
			 size_t date, size_t which);
bool kf_plan_files_same(const struct kf_planning *p);
void kf_plan_files_close(struct kf_planning *p);

/* plan_trust.c: kf_plan_device opens a class's device. kf_plan_change,
 * kf_plan_after make the trust that something leaves, and find it among those
 * of the class. `*trust` is KF_NO_TRUST where there are too many.
 * `holds` tells whether a trust has an update in it; what is not `taken` leaves
 * no trust. */
KF_MUST int kf_plan_device(struct kf_device *out, struct kf_planning *p,
			   const struct kf_plan_class *c, const char *path);
KF_MUST int kf_plan_start(struct kf_planning *p, struct kf_plan_class *c);
KF_MUST int kf_plan_change(size_t *trust, bool *holds, struct kf_planning *p,
			   struct kf_plan_class *c, size_t from, size_t update,
			   bool taken);
KF_MUST int kf_plan_boot(size_t *trust, struct kf_planning *p,
			 struct kf_plan_class *c, size_t from,
			 size_t release);
KF_MUST int kf_plan_reset(size_t *trust, struct kf_planning *p,
			  struct kf_plan_class *c, size_t from);

/* plan_fill.c: kf_plan_fill asks all of it, of the updates those of a set.
 * `*large` names the class that has more trusts than can be weighed; NULL:
 * none. It may be called again. */
KF_MUST int kf_plan_fill(struct kf_planning *p, uint32_t updates,
			 const char **large);

void kf_plan_others_close(struct kf_planning *p);

/* plan_inputs.c: kf_plan_inputs gathers all that a proof is about. It says
 * what is wrong, and returns an exit status: 0 or 4. kf_plan_changes holds it
 * against the proof in the plan's file: an input is "changed", "new", "gone".
 * Returns whether there is one. */
KF_MUST int kf_plan_inputs(struct kf_planning *p,
			   const struct kf_schedule *plan);
void kf_plan_inputs_json(const struct kf_planning *p, struct kf_json *json);
bool kf_plan_changes(struct kf_planning *p,
		     void (*each)(struct kf_planning *p, void *self,
				  const char *name, const char *how),
		     void *self);
void kf_plan_inputs_close(struct kf_planning *p);

/* plan_story.c: tells a story move by move, asking the verifiers again. */
KF_MUST int kf_plan_story_text(struct kf_planning *p, size_t class_,
			       const struct kf_schedule *plan);
KF_MUST int kf_plan_story_json(struct kf_planning *p, struct kf_json *json,
			       size_t class_, const struct kf_schedule *plan);

/* plan_tell.c: kf_plan_conclude proves a plan for all classes and tells it;
 * `found`: it was made, not given. Returns the exit status of the command.
 * kf_plan_lost tells of those whom no plan saves. */
extern const struct kf_make kf_plan_limits;
KF_MUST int kf_plan_conclude(struct kf_planning *p,
			     const struct kf_schedule *plan, bool found);
KF_MUST int kf_plan_lost(struct kf_planning *p);
/* kf_plan_tables writes all that the verifiers answered. */
void kf_plan_tables(const struct kf_planning *p, struct kf_output *out);
void kf_plan_line(struct kf_planning *p, const char *label, const char *text);

/* plan_show.c */
void kf_plan_offer_words(struct kf_output *out, const struct kf_planning *p,
			 const struct kf_offer *offer, size_t phases);
void kf_plan_edit_words(struct kf_output *out, const struct kf_planning *p,
			const struct kf_edit *edit, size_t phases);
void kf_plan_retire_words(struct kf_output *out,
			  const struct kf_planning *p);
void kf_plan_steps_text(struct kf_planning *p,
			const struct kf_schedule *plan);
void kf_plan_write(struct kf_planning *p, struct kf_json *json,
		   const struct kf_schedule *plan);
/* kf_plan_table_json writes what boots, today, by each trust of a class. */
void kf_plan_table_json(const struct kf_planning *p, struct kf_json *json,
			size_t class_);

#endif
