/* Finds plans: the cheapest one that is safe, and the smallest change that
 * makes another one so.
 */
#ifndef KEYFIT_ANALYSIS_PLAN_MAKE_H
#define KEYFIT_ANALYSIS_PLAN_MAKE_H

#include "rotation.h"

enum {
	KF_EDITS_MAX = KF_ROTATION_RELEASES_MAX + KF_ROTATION_UPDATES_MAX,
	KF_GATES_MAX = 1 << 15,	/* more than there are */
};

/* kf_make is what may be tried. */
struct kf_make {
	size_t max_phases;
	bool no_gates;
	size_t max_tries;	/* plans that are proven, or not */
	uint64_t max_steps;	/* moves, and offers, that are looked at */
};

enum kf_found {
	KF_FOUND_NONE = 0,	/* there is no safe plan of this kind */
	KF_FOUND,
	KF_FOUND_TOO_MANY,	/* it would take more tries, or steps */
	KF_FOUND_TOO_LARGE,	/* a class has too many states */
};

/* kf_edit is one offer made otherwise. */
struct kf_edit {
	bool is_update;
	uint8_t which;
	struct kf_offer before, after;
};

/* kf_made is what was found. `best` is what any plan can do for a class, and
 * what was asked of the plan for it: KF_PROVEN_SAFE, all; KF_PROVEN_KEEPS, all
 * but to refuse the old key; KF_PROVEN_STRANDS, to boot; KF_PROVEN_DIES,
 * nothing: it stops booting by itself; KF_PROVEN_NOT. */
struct kf_made {
	enum kf_found found;
	struct kf_schedule plan;
	size_t num_tries, num_lessons;
	struct kf_edit edit[KF_EDITS_MAX];	/* of kf_plan_mend */
	size_t num_edits;
};

/* kf_plan_aims copies the question, with what each class can be saved from.
 * `best` is of KF_ROTATION_CLASSES_MAX. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_plan_aims(struct kf_rotation *out,
				    enum kf_proven *best,
				    const struct kf_rotation *r,
				    struct kf_room *room,
				    struct kf_arena *arena);

/* kf_plan_is_safe tells whether a plan is safe for all classes. `*first` is the
 * class to look at first, and then the one for which it is not, as `proof`
 * tells. */
enum kf_proven kf_plan_is_safe(const struct kf_rotation *r,
			       const struct kf_schedule *plan,
			       struct kf_room *room, size_t *first,
			       struct kf_class_proof *proof);

/* kf_plan_make finds the safe plan with the fewest withdrawals; of these the
 * one with the fewest phases, then gates, then things to publish.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_plan_make(struct kf_made *out,
				    const struct kf_rotation *r,
				    const struct kf_make *make,
				    struct kf_room *room,
				    struct kf_arena *arena);

/* kf_plan_mend finds one change, or two, that make a plan safe. Where there are
 * none it holds the plan against one that is made anew, and names the changes
 * towards that of which none can be left out.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_plan_mend(struct kf_made *out,
				    const struct kf_rotation *r,
				    const struct kf_schedule *plan,
				    const struct kf_make *make,
				    struct kf_room *room,
				    struct kf_arena *arena);

/* kf_gates fills `out`, of KF_GATES_MAX, with the gates that are tried, the
 * simple ones first. */
size_t kf_gates(struct kf_gate *out, const struct kf_rotation *r);

/* kf_gates_apart leaves, of those that let the same devices through in each
 * state that any plan leads to, the first one. Where there are too many states
 * all are left. */
size_t kf_gates_apart(struct kf_gate *gate, size_t num,
		      const struct kf_rotation *r, struct kf_room *room,
		      struct kf_arena *arena);

#endif
