/* Planned changes of what a fleet trusts, and what they change.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_CHANGE_H
#define KEYFIT_APPS_CLI_MATRIX_CHANGE_H

#include "changes.h"
#include "matrix.h"

enum { KF_PLANNED_MAX = 32 };

/* kf_planned is changes as they are given: those of UEFI's variables, and parts
 * and settings of other verifiers, put in place of what they are. */
struct kf_planned {
	struct kf_changes uefi;
	struct kf_setting trust[KF_PLANNED_MAX], set[KF_PLANNED_MAX];
	size_t num_trust, num_set;
	char *names[2 * KF_PLANNED_MAX];
	size_t num_names;
};

/* kf_planned_read reads texts as NAME=FILE, NAME+=FILE, NAME=none, NAME=VALUE,
 * or a signed update. Says what is wrong. Returns an exit status: 0, 2 or 4.
 * Owns: `out`, until kf_planned_close, also when it fails. */
KF_MUST int kf_planned_read(struct kf_planned *out,
			    const struct kf_arguments *arguments,
			    const struct kf_crypto *crypto, int64_t at_s);
void kf_planned_close(struct kf_planned *planned);

/* kf_turn is devices whose answer about a file is another one afterwards. */
struct kf_turn {
	uint32_t before, after;	/* the cells */
	uint64_t devices, classes;
	struct kf_first_names first;
};

/* kf_turns is all of them. `of` has them class by class. */
struct kf_turns {
	struct kf_turn *turn;
	size_t num;
	struct kf_turn_of { size_t class, turn; } *of;
	size_t num_of;
	size_t touched;		/* classes that were judged again */
	uint64_t devices;	/* in them */
};

KF_MUST enum kf_status kf_turns_find(struct kf_turns *out,
				     struct kf_matrix *before,
				     struct kf_matrix *after,
				     struct kf_fault *why);
void kf_turns_close(struct kf_turns *turns);

/* matrix_names.c: gives turns the first names of their devices. */
KF_MUST enum kf_status kf_turns_name(struct kf_turns *turns,
				     struct kf_matrix *before,
				     struct kf_fault *why);

/* matrix_change_show.c */
KF_MUST enum kf_status kf_turns_write(struct kf_turns *turns,
				      struct kf_matrix *before,
				      struct kf_matrix *after,
				      struct kf_render *r, const char *form,
				      bool devices, struct kf_fault *why);

/* kf_turns_worst is the exit status for what turns: 1 where something stops to
 * be taken, 3 where it may. */
int kf_turns_worst(const struct kf_turns *turns,
		   const struct kf_matrix *before,
		   const struct kf_matrix *after);

#endif
