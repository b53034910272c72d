/* What a plan that failed teaches about others: which of them fail in the same
 * way, without a proof of their own.
 */
#ifndef KEYFIT_ANALYSIS_PLAN_LEARN_H
#define KEYFIT_ANALYSIS_PLAN_LEARN_H

#include "make.h"

enum {
	KF_ACTIONS_MAX = KF_EDITS_MAX,	/* releases, and behind them updates */
	KF_SIGHTS_MAX = 24,
	KF_LESSONS_MAX = 8192,
};

/* kf_sights is a set of what devices report; `all`: there were too many. */
struct kf_sights {
	size_t num;
	bool all;
	struct kf_sight sight[KF_SIGHTS_MAX];
};

/* kf_lesson_part is what it takes of one action for a plan to fail: that it is
 * offered to those on the way to the bad end, and is not to those who could
 * get away by it. */
struct kf_lesson_part {
	uint8_t action;
	bool all_let, all_kept;
	uint16_t num_let, num_kept;
	const struct kf_sight *sight;	/* first those to be let in */
};

/* kf_lesson: each plan of so many phases fails of which all of it is true. */
struct kf_lesson {
	size_t phases, num_parts;
	struct kf_lesson_part *part;
};

/* kf_lessons is all of them, the one that was of use last at the front. */
struct kf_lessons {
	const struct kf_rotation *r;
	struct kf_arena *arena;
	struct kf_lesson **lesson;
	size_t num;
	struct kf_sights let[KF_NUM_PROVEN][KF_ACTIONS_MAX];
	struct kf_sights kept[KF_ACTIONS_MAX];
};

/* kf_lessons_open begins without any. Fails: NULL, no memory. */
struct kf_lessons *kf_lessons_open(const struct kf_rotation *r,
				   struct kf_arena *arena);

/* kf_lessons_learn takes what kf_class_prove has left in the room of a plan
 * that is not safe, a lesson of each bad end, and empties it.
 * Fails: false, for want of steps, or room. */
KF_MUST bool kf_lessons_learn(struct kf_lessons *l,
			      const struct kf_class_proof *proof,
			      const struct kf_rotation_class *c,
			      const struct kf_schedule *plan,
			      struct kf_room *room);

/* kf_lessons_refute finds a lesson by which a plan fails; NULL: there is none.
 * Each that is looked at is a step. */
const struct kf_lesson *kf_lessons_refute(struct kf_lessons *l,
					  const struct kf_schedule *plan,
					  struct kf_room *room);

/* kf_lesson_refutes tells whether a plan fails by a lesson. */
bool kf_lesson_refutes(const struct kf_lesson *lesson,
		       const struct kf_rotation *r, struct kf_schedule *plan);

/* kf_lesson_stays tells whether a part stays true with another offer. */
bool kf_lesson_stays(const struct kf_lesson *lesson,
		     const struct kf_lesson_part *part,
		     const struct kf_offer *offer);

static inline struct kf_offer *kf_offer_of(const struct kf_rotation *r,
					   struct kf_schedule *plan,
					   size_t action)
{
	return action < r->num_releases
		? &plan->release[action]
		: &plan->update[action - r->num_releases];
}

#endif
