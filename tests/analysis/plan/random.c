/* Thousands of small worlds: the proof against the second opinion.
 */
#include "tests/model.h"

#include "brute.h"
#include "naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORLDS = 12000,
	MADE_EVERY = 6,		/* for so many of them a plan is sought */
	COMPARED = 1000,
	MANY = 40000,
};

static uint64_t seed = 0x2545f4914f6cdd1d;

static unsigned roll(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % sides;
}

static bool chance(unsigned percent)
{
	return roll(100) < percent;
}

static enum n_say say(unsigned yes, unsigned maybe)
{
	unsigned n = roll(100);

	return n < yes ? N_YES : n < yes + maybe ? N_MAYBE : N_NO;
}

/* ask: what is signed by a key that is trusted boots, but for the oldest, which
 * may end on a date. */
static void ask(struct n_world *w, int trust, int release, bool ok,
		bool checked)
{
	for (int e = 0; e < w->epochs; e++) {
		w->boot[e][trust][release] =
			ok && !(e && release == 0 && chance(20));
		w->install[e][trust][release] = ok || !checked;
	}
}

/* keys is a world in which trust is a set of keys: what its signers are is
 * rolled. */
static void keys(struct n_world *w)
{
	int signer[N_RELEASES] = { 0 }, adds[N_UPDATES] = { 0 };
	int drops[N_UPDATES] = { 0 }, by[N_UPDATES] = { 0 };
	bool checked = chance(70);

	w->trusts = 8;
	for (int r = 0; r < w->releases; r++)
		signer[r] = 1 << (r * 3 / w->releases) |
			    (chance(50) ? 1 << roll(3) : 0);
	for (int u = 0; u < w->updates; u++) {
		adds[u] = 1 << roll(3);
		drops[u] = chance(30) ? 1 << roll(3) : 0;
		by[u] = chance(80) ? 7 : 1 << roll(3);
	}
	for (int t = 0; t < 8; t++) {
		for (int r = 0; r < w->releases; r++) {
			ask(w, t, r, signer[r] & t, checked);
			w->booted[t][r] = t;
		}
		for (int u = 0; u < w->updates; u++) {
			w->update[0][t][u] = w->update[1][t][u] =
				(by[u] & t) != 0;
			w->updated[t][u] = (t | adds[u]) & ~drops[u];
			w->holds[t][u] = w->updated[t][u] == t;
		}
		w->retired[t] = !(t & 1);
		w->reset[t] = -1;
	}
	w->trust = 1 | (chance(30) ? 2 : 0) | (chance(30) ? 4 : 0);
}

/* noise is a world in which anything may be. */
static void noise(struct n_world *w)
{
	unsigned yes = 40 + roll(60), maybe = chance(30) ? 10 : 0;

	w->trusts = 1 + (int)roll(4);
	for (int t = 0; t < w->trusts; t++) {
		for (int e = 0; e < w->epochs; e++) {
			for (int r = 0; r < w->releases; r++) {
				w->boot[e][t][r] = say(yes, maybe);
				w->install[e][t][r] = say(yes, maybe);
			}
			for (int u = 0; u < w->updates; u++)
				w->update[e][t][u] = say(60, maybe);
		}
		for (int u = 0; u < w->updates; u++) {
			w->updated[t][u] = (int)roll((unsigned)w->trusts);
			w->holds[t][u] = chance(50);
		}
		for (int r = 0; r < w->releases; r++)
			w->booted[t][r] = chance(80) ? t
				: (int)roll((unsigned)w->trusts);
		w->retired[t] = chance(60);
		w->reset[t] = -1;
	}
	w->trust = (int)roll((unsigned)w->trusts);
}

static void make_world(struct n_world *w)
{
	memset(w, 0, sizeof(*w));
	w->releases = 2 + (int)roll(3);
	w->updates = (int)roll(3);
	w->epochs = chance(20) ? 2 : 1;
	w->newest = w->releases - 1;
	w->retires = chance(30);
	if (chance(80))
		keys(w);
	else
		noise(w);
	for (int r = 1; r < w->releases; r++) {
		w->needs_any[r] = chance(20);
		for (int k = 0; k < w->releases; k++)
			w->needs[r][k] = k == r - 1 || chance(60);
	}
	w->two_slots = chance(40);
	w->slot_may_fail = chance(70);
	w->slot[0] = (int)roll(2);
	w->slot[1] = w->two_slots && chance(50) ? (int)roll(2) : N_EMPTY;
	w->recovery = chance(20) ? (int)roll((unsigned)w->releases) : -1;
	w->factory = 0;
	for (int t = 0; t < w->trusts && chance(25); t++)
		w->reset[t] = w->trust;
}

static void make_offer(struct kf_offer *o, const struct n_world *w,
		       unsigned phases)
{
	o->published = chance(90);
	o->from = chance(80) ? 0 : (uint8_t)roll(phases);
	o->until = chance(85) ? (uint8_t)(phases - 1)
		: (uint8_t)(o->from + roll(phases - o->from));
	if (chance(20))
		o->gate.releases = 1 + roll((1u << w->releases) - 1);
	o->gate.both = chance(50);
	if (chance(20) && w->updates)
		o->gate.updates = 1u << roll((unsigned)w->updates);
}

static void make_schedule(struct kf_schedule *plan, const struct n_world *w)
{
	memset(plan, 0, sizeof(*plan));
	plan->num_phases = 1 + roll(3);
	for (int r = 0; r < w->releases; r++)
		make_offer(&plan->release[r], w, (unsigned)plan->num_phases);
	for (int u = 0; u < w->updates; u++)
		make_offer(&plan->update[u], w, (unsigned)plan->num_phases);
}

static struct kf_arena arena;
static struct kf_room room;
static struct n_world world, worlds[2];
static struct n_tables tables;
static struct kf_class_proof proof;
static struct kf_made made;

static int open_room(void **state)
{
	arena.size = 64 << 20;
	arena.base = malloc(arena.size);
	return arena.base && kf_room_open(&room, MANY, &arena) == KF_OK
		? 0 : -1;
}

static int close_room(void **state)
{
	free(arena.base);
	return 0;
}

/* differs tells whether the two opinions do. */
static bool differs(const struct kf_schedule *plan, bool *bad)
{
	struct n_found naive;

	kf_class_prove(&proof, &tables.rotation, &tables.class_, plan, &room);
	n_look(&naive, &world, plan);
	*bad = naive.dies || naive.strands || naive.keeps;
	if (naive.dies != (proof.num_dead > 0) ||
	    naive.strands != (proof.num_stranded > 0) ||
	    naive.keeps != (proof.num_keeping > 0) ||
	    *bad != (proof.worst != KF_PROVEN_SAFE) ||
	    naive.seen != (int)proof.num_nodes)
		return true;
	return *bad && (naive.shortest + 1 != (int)proof.story.num ||
			!n_replay(&world, plan, &proof.story, proof.worst));
}

static void every_verdict_is_that_of_the_second_opinion(void **state)
{
	size_t bad_ones = 0, differences = 0, nodes = 0, longest = 0;
	size_t ends[KF_NUM_PROVEN] = { 0 };

	for (size_t i = 0; i < WORLDS; i++) {
		struct kf_schedule plan;
		bool bad;

		make_world(&world);
		make_schedule(&plan, &world);
		n_fill(&tables, &world);
		assert_true(kf_rotation_sound(&tables.rotation));
		assert_true(kf_schedule_sound(&tables.rotation, &plan));
		differences += differs(&plan, &bad);
		bad_ones += bad;
		ends[proof.worst]++;
		nodes += proof.num_nodes;
		if (proof.story.num > longest)
			longest = proof.story.num;
	}
	printf("# %d worlds, %zu states: %zu safe; of the others %zu do "
	       "not boot, %zu strand, %zu keep the old key; longest story %zu "
	       "moves, all replayed; %zu differences\n", WORLDS, nodes,
	       ends[KF_PROVEN_SAFE], ends[KF_PROVEN_DIES],
	       ends[KF_PROVEN_STRANDS], ends[KF_PROVEN_KEEPS], longest,
	       differences);
	assert_int_equal(differences, 0);
	assert_true(bad_ones * 10 >= WORLDS * 3);
	assert_true(ends[KF_PROVEN_SAFE] * 10 >= WORLDS);
}

static bool is_safe(const struct kf_schedule *plan)
{
	struct n_found naive;

	n_look(&naive, &world, plan);
	return !naive.dies && !naive.strands && !naive.keeps;
}

/* is_cheaper_safe asks the second opinion about all plans of one phase without
 * gates that publish fewer things; `gated`: about all that there are. */
static bool is_cheaper_safe(size_t published, bool gated)
{
	size_t num = (size_t)(world.releases + world.updates);

	for (uint32_t set = 0; set < 1u << num; set++) {
		struct kf_schedule plan = { .num_phases = 1 };
		size_t size = 0;

		for (size_t i = 0; i < num; i++) {
			bool in = set >> i & 1;

			size += in;
			if (i < (size_t)world.releases)
				plan.release[i].published = in;
			else
				plan.update[i - (size_t)world.releases]
					.published = in;
		}
		if ((gated || size < published) && is_safe(&plan))
			return true;
	}
	return false;
}

/* count_plan is what a plan takes. */
static void count_plan(const struct kf_schedule *plan, size_t *published,
		       size_t *gates)
{
	*published = *gates = 0;
	for (size_t i = 0; i < N_RELEASES + N_UPDATES; i++) {
		const struct kf_offer *o = i < N_RELEASES
			? &plan->release[i] : &plan->update[i - N_RELEASES];

		*published += o->published;
		*gates += o->published && (o->gate.releases ||
					   o->gate.updates);
	}
}

/* count_withdrawals counts what is out today, or in the plan, and is not to the
 * end. */
static size_t count_withdrawals(const struct kf_schedule *plan)
{
	const struct kf_rotation *r = &tables.rotation;
	size_t num = 0;

	for (size_t i = 0; i < r->num_releases + r->num_updates; i++) {
		bool update = i >= r->num_releases;
		size_t which = update ? i - r->num_releases : i;
		const struct kf_offer *o = update ? &plan->update[which]
						  : &plan->release[which];
		uint32_t out = update ? r->updating : r->released;

		num += o->published ? o->until + 1u < plan->num_phases
				    : out >> which & 1;
	}
	return num;
}

/* no_plan_helps tries plans at random on what no plan is said to save. */
static bool no_plan_helps(void)
{
	for (size_t i = 0; i < 60; i++) {
		struct kf_schedule plan;

		make_schedule(&plan, &world);
		if (is_safe(&plan))
			return false;
	}
	return true;
}

static void what_the_best_plan_can_do_is_that_of_the_second_opinion(void **s)
{
	size_t ends[KF_NUM_PROVEN] = { 0 }, differences = 0;

	for (size_t i = 0; i < WORLDS / 3; i++) {
		enum kf_proven best;

		make_world(&world);
		n_fill(&tables, &world);
		best = kf_class_best(&tables.rotation, &tables.class_, &room);
		ends[best]++;
		differences += (best == KF_PROVEN_SAFE) !=
			       n_best(&world, world.retires);
		differences += (best == KF_PROVEN_STRANDS) ==
			       n_best(&world, false);
	}
	printf("# %d worlds: the best plan saves all in %zu, keeps the old key "
	       "in %zu, cannot help in %zu; %zu differences\n", WORLDS / 3,
	       ends[KF_PROVEN_SAFE], ends[KF_PROVEN_KEEPS],
	       ends[KF_PROVEN_STRANDS], differences);
	assert_int_equal(differences, 0);
}

static void plans_that_are_made_are_safe_and_the_cheapest(void **state)
{
	struct kf_make make = { .max_phases = 2, .max_tries = 3000,
				.max_steps = 20000000 };
	size_t found = 0, gated = 0, lost = 0, none = 0, many = 0, wrong = 0;

	for (size_t i = 0; i < WORLDS / MADE_EVERY; i++) {
		size_t published, gates, used = arena.used;
		enum kf_proven best;

		make_world(&world);
		n_fill(&tables, &world);
		best = kf_class_best(&tables.rotation, &tables.class_, &room);
		assert_int_equal(kf_plan_make(&made, &tables.rotation, &make,
					      &room, &arena), KF_OK);
		arena.used = used;
		if (made.found == KF_FOUND) {
			count_plan(&made.plan, &published, &gates);
			found++;
			gated += gates > 0;
			wrong += best != KF_PROVEN_SAFE ||
				 !is_safe(&made.plan) ||
				 is_cheaper_safe(published, gates > 0);
		} else if (best != KF_PROVEN_SAFE) {
			lost++;
			wrong += !no_plan_helps();
		} else {
			*(made.found == KF_FOUND_NONE ? &none : &many) += 1;
		}
	}
	printf("# %d worlds: %zu plans made, %zu of them with gates, all safe "
	       "and none cheaper; %zu that no plan saves; %zu that no plan of "
	       "this kind saves, %zu not found among %zu plans; %zu wrong\n",
	       WORLDS / MADE_EVERY, found, gated, lost, none, many,
	       make.max_tries, wrong);
	assert_int_equal(wrong, 0);
	assert_true(found > 100 && gated > 20 && lost > 100);
}

/* is_as_cheap holds a plan against the one that a search finds which leaves
 * nothing out. */
static bool is_as_cheap(const struct kf_made *other)
{
	size_t published[2], gates[2];

	if (made.found != other->found)
		return false;
	if (made.found != KF_FOUND)
		return true;
	count_plan(&made.plan, &published[0], &gates[0]);
	count_plan(&other->plan, &published[1], &gates[1]);
	return published[0] == published[1] && gates[0] == gates[1] &&
	       count_withdrawals(&made.plan) ==
	       count_withdrawals(&other->plan) &&
	       made.plan.num_phases == other->plan.num_phases;
}

static void no_plan_is_cheaper_than_what_is_made(void **state)
{
	struct kf_make make = { .max_phases = 2, .max_tries = 20000,
				.max_steps = 20000000 };
	size_t asked = 0, found = 0, gated = 0, withdrawn = 0, phases = 0;
	size_t none = 0, left = 0, wrong = 0, tries[2] = { 0 };
	static struct kf_made other;

	while (asked < COMPARED) {
		size_t used = arena.used, published, gates;

		make_world(&world);
		n_fill(&tables, &world);
		tables.rotation.released = roll(1u << world.releases);
		tables.rotation.updating = chance(30) && world.updates
			? roll(1u << world.updates) : 0;
		if (kf_class_best(&tables.rotation, &tables.class_, &room) !=
		    KF_PROVEN_SAFE)
			continue;
		make.no_gates = asked++ % 2;
		assert_int_equal(brute_make(&other, &tables.rotation, &make,
					    &room, &arena), KF_OK);
		arena.used = used;
		assert_int_equal(kf_plan_make(&made, &tables.rotation, &make,
					      &room, &arena), KF_OK);
		arena.used = used;
		if (other.found == KF_FOUND_TOO_MANY) {
			left++;
			wrong += made.found == KF_FOUND &&
				 !is_safe(&made.plan);
			continue;
		}
		wrong += !is_as_cheap(&other) ||
			 (made.found == KF_FOUND && !is_safe(&made.plan));
		tries[0] += made.num_tries;
		tries[1] += other.num_tries;
		none += made.found == KF_FOUND_NONE;
		if (made.found != KF_FOUND)
			continue;
		count_plan(&made.plan, &published, &gates);
		found++;
		gated += gates > 0;
		withdrawn += count_withdrawals(&made.plan) > 0;
		phases += made.plan.num_phases > 1;
	}
	printf("# %zu worlds: %zu plans made, %zu with gates, %zu with "
	       "withdrawals, %zu of two phases; %zu without one; as a search "
	       "finds that leaves none out, by %zu proofs in place of %zu; %zu "
	       "that it gave up; %zu wrong\n", asked, found, gated, withdrawn,
	       phases, none, tries[0], tries[1], left, wrong);
	assert_int_equal(wrong, 0);
	assert_true(gated > 20 && withdrawn > 20 && none > 10);
}

/* make_pair makes two classes for which one plan has to do. */
static void make_pair(struct kf_rotation_class both[2])
{
	static struct n_tables first;

	make_world(&worlds[0]);
	do
		make_world(&worlds[1]);
	while (worlds[1].releases != worlds[0].releases ||
	       worlds[1].updates != worlds[0].updates ||
	       worlds[1].epochs != worlds[0].epochs ||
	       worlds[1].retires != worlds[0].retires);
	memcpy(worlds[1].needs, worlds[0].needs, sizeof(worlds[0].needs));
	memcpy(worlds[1].needs_any, worlds[0].needs_any,
	       sizeof(worlds[0].needs_any));
	n_fill(&first, &worlds[0]);
	n_fill(&tables, &worlds[1]);
	both[0] = first.class_;
	both[1] = tables.class_;
	tables.rotation.class_ = both;
	tables.rotation.num_classes = 2;
}

static bool is_safe_for_both(const struct kf_schedule *plan)
{
	bool safe = true;

	for (size_t i = 0; i < 2; i++) {
		world = worlds[i];
		safe = safe && is_safe(plan);
	}
	return safe;
}

static void one_plan_for_two_classes_is_the_cheapest(void **state)
{
	struct kf_make make = { .max_phases = 2, .max_tries = 20000,
				.max_steps = 20000000 };
	size_t asked = 0, found = 0, gated = 0, none = 0, left = 0, wrong = 0;
	static struct kf_made other;

	while (asked < COMPARED / 2) {
		struct kf_rotation_class both[2];
		size_t used = arena.used, published, gates;

		make_pair(both);
		if (kf_class_best(&tables.rotation, &both[0], &room) !=
		    KF_PROVEN_SAFE ||
		    kf_class_best(&tables.rotation, &both[1], &room) !=
		    KF_PROVEN_SAFE)
			continue;
		asked++;
		assert_int_equal(brute_make(&other, &tables.rotation, &make,
					    &room, &arena), KF_OK);
		arena.used = used;
		assert_int_equal(kf_plan_make(&made, &tables.rotation, &make,
					      &room, &arena), KF_OK);
		arena.used = used;
		left += other.found == KF_FOUND_TOO_MANY;
		none += made.found == KF_FOUND_NONE;
		if (made.found == KF_FOUND) {
			count_plan(&made.plan, &published, &gates);
			found++;
			gated += gates > 0;
			wrong += !is_safe_for_both(&made.plan);
		}
		if (other.found != KF_FOUND_TOO_MANY)
			wrong += !is_as_cheap(&other);
	}
	printf("# %zu pairs of classes: %zu plans made, %zu with gates, %zu "
	       "without one; %zu that the other search gave up; %zu wrong\n",
	       asked, found, gated, none, left, wrong);
	assert_int_equal(wrong, 0);
	assert_true(gated > 5);
}

static void what_mends_a_plan_makes_it_safe(void **state)
{
	struct kf_make make = { .max_phases = 3, .max_tries = 2000,
				.max_steps = 20000000 };
	size_t asked = 0, mended = 0, twice = 0, wrong = 0;

	while (asked < WORLDS / MADE_EVERY) {
		struct kf_schedule plan;
		size_t used = arena.used;

		make_world(&world);
		make_schedule(&plan, &world);
		n_fill(&tables, &world);
		kf_class_prove(&proof, &tables.rotation, &tables.class_,
			       &plan, &room);
		if (proof.worst == KF_PROVEN_SAFE ||
		    kf_class_best(&tables.rotation, &tables.class_, &room) !=
		    KF_PROVEN_SAFE)
			continue;
		asked++;
		assert_int_equal(kf_plan_mend(&made, &tables.rotation, &plan,
					      &make, &room, &arena), KF_OK);
		arena.used = used;
		mended += made.found == KF_FOUND;
		twice += made.found == KF_FOUND && made.num_edits > 1;
		wrong += made.found == KF_FOUND && !is_safe(&made.plan);
	}
	printf("# %zu plans that strand somebody who could be saved: %zu mended "
	       "by one change, %zu by more; %zu wrong\n", asked,
	       mended - twice, twice, wrong);
	assert_int_equal(wrong, 0);
	assert_true(mended * 4 > asked);
}

static void what_is_too_large_is_not_proven(void **state)
{
	struct kf_room small = { 0 };
	struct kf_schedule plan = { .num_phases = 2 };

	memset(&world, 0, sizeof(world));
	world.releases = 2;
	world.newest = 1;
	world.epochs = world.trusts = 1;
	world.slot[1] = N_EMPTY;
	world.recovery = world.reset[0] = -1;
	world.boot[0][0][0] = world.boot[0][0][1] = N_YES;
	world.install[0][0][1] = N_YES;
	plan.release[1].published = true;
	plan.release[1].until = 1;
	n_fill(&tables, &world);
	assert_int_equal(kf_room_open(&small, 3, &arena), KF_OK);
	kf_class_prove(&proof, &tables.rotation, &tables.class_, &plan,
		       &small);
	assert_int_equal(proof.worst, KF_PROVEN_NOT);
	assert_int_equal(kf_room_open(&small, 4, &arena), KF_OK);
	kf_class_prove(&proof, &tables.rotation, &tables.class_, &plan,
		       &small);
	assert_int_equal(proof.worst, KF_PROVEN_SAFE);
	assert_int_equal(proof.num_nodes, 4);
	assert_int_equal(proof.num_states, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_is_that_of_the_second_opinion),
		cmocka_unit_test(
		  what_the_best_plan_can_do_is_that_of_the_second_opinion),
		cmocka_unit_test(plans_that_are_made_are_safe_and_the_cheapest),
		cmocka_unit_test(no_plan_is_cheaper_than_what_is_made),
		cmocka_unit_test(one_plan_for_two_classes_is_the_cheapest),
		cmocka_unit_test(what_mends_a_plan_makes_it_safe),
		cmocka_unit_test(what_is_too_large_is_not_proven),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
