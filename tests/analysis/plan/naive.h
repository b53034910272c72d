/* A second opinion on plans, written without the first: it follows every path,
 * looks up what it has seen in a list, and asks of each state anew whether the
 * newest release can be reached from it. Slow, short, and with slots that have
 * places instead of names.
 */
#ifndef KEYFIT_TESTS_ANALYSIS_PLAN_NAIVE_H
#define KEYFIT_TESTS_ANALYSIS_PLAN_NAIVE_H

#include "analysis/plan/make.h"

enum {
	N_TRUSTS = 64, N_RELEASES = 5, N_UPDATES = 4, N_EPOCHS = 2,
	N_SEEN = 200000, N_EMPTY = 99,
};

enum n_say { N_NO, N_YES, N_MAYBE };

/* n_world is one class. */
struct n_world {
	int trusts, releases, updates, epochs, newest;
	bool retires;
	enum n_say install[N_EPOCHS][N_TRUSTS][N_RELEASES];
	enum n_say boot[N_EPOCHS][N_TRUSTS][N_RELEASES];
	enum n_say update[N_EPOCHS][N_TRUSTS][N_UPDATES];
	int updated[N_TRUSTS][N_UPDATES];
	int booted[N_TRUSTS][N_RELEASES];
	int reset[N_TRUSTS];		/* -1: none */
	bool retired[N_TRUSTS];
	bool holds[N_TRUSTS][N_UPDATES];
	bool needs[N_RELEASES][N_RELEASES];	/* [release][one of these] */
	bool needs_any[N_RELEASES];
	int trust, slot[2], factory, recovery;	/* recovery -1: none */
	bool two_slots, slot_may_fail;
};

/* n_state: `slot` are places; `at` the one that is booted first. */
struct n_state {
	int phase, epoch, trust, slot[2], at;
	bool in_recovery, dead;
};

/* n_found is what became of all paths. */
struct n_found {
	bool dies, strands, keeps;
	int shortest;		/* moves to the worst of them; -1: none */
	int seen;
};

/* n_plan is the plan under test, in the form of the code under test. */
void n_look(struct n_found *out, const struct n_world *w,
	    const struct kf_schedule *plan);

/* n_best tells whether somebody who knew the state of each device, and could
 * not hold up what comes by itself, could bring all of them there. */
bool n_best(const struct n_world *w, bool retired);

/* n_replay tells whether each move of a story can happen, and leads to where
 * it says; its end is bad in the way that it says. */
bool n_replay(const struct n_world *w, const struct kf_schedule *plan,
	      const struct kf_story *story, enum kf_proven end);

/* n_tables makes the tables of one class out of a world. */
struct n_tables {
	uint8_t install[N_EPOCHS * N_TRUSTS * N_RELEASES];
	uint8_t boot[N_EPOCHS * N_TRUSTS * N_RELEASES];
	uint8_t update[N_EPOCHS * N_TRUSTS * N_UPDATES];
	uint8_t updated[N_TRUSTS * N_UPDATES];
	uint8_t booted[N_TRUSTS * N_RELEASES];
	uint8_t reset[N_TRUSTS], retired[N_TRUSTS];
	uint32_t holds[N_TRUSTS];
	struct kf_rotation_class class_;
	struct kf_rotation rotation;
};

void n_fill(struct n_tables *out, const struct n_world *w);

#endif
