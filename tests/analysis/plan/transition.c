/* A device that trusts an old key, and has to come to trust a new one: cases
 * whose answers follow by hand. v1 and v2 are signed by the old key, v3 by
 * both, v4 by the new one alone. `db` adds the new key, `dbx` takes the old one
 * away, each by the right of a key that may do so, and `kek` gives the new key
 * that right.
 *
 * Additions of trust are safe at any time; what takes something away is safe
 * only for devices that say they have what comes after it.
 */
#include "tests/model.h"

#include "brute.h"
#include "naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLD = 1, NEW = 2 };
enum { V1, V2, V3, V4 };
enum { DB, DBX, KEK, DB_BY_NEW };

static struct kf_arena arena;
static struct kf_room room;
static struct n_world world;
static struct n_tables tables;
static struct kf_schedule plan;
static struct kf_class_proof proof;
static struct kf_made made;

/* trust is keys that may sign, keys that may change that, and revoked ones. */
static int trust(int may, int change, int revoked)
{
	return may | change << 2 | revoked << 4;
}

static void fill(int t)
{
	static const int signer[] = { OLD, OLD, OLD | NEW, NEW };
	static const int right[] = { OLD, OLD | NEW, OLD, NEW };
	int may = t & 3, change = t >> 2 & 3, revoked = t >> 4;

	for (int r = 0; r < 4; r++) {
		world.boot[0][t][r] = world.install[0][t][r] =
			(signer[r] & may & ~revoked) != 0;
		world.booted[t][r] = t;
	}
	for (int u = 0; u < 4; u++)
		world.update[0][t][u] = (right[u] & change) != 0;
	world.updated[t][DB] = trust(may | NEW, change, revoked);
	world.updated[t][DB_BY_NEW] = world.updated[t][DB];
	world.updated[t][DBX] = trust(may, change, revoked | OLD);
	world.updated[t][KEK] = trust(may, change | NEW, revoked);
	for (int u = 0; u < 4; u++)
		world.holds[t][u] = world.updated[t][u] == t;
	world.retired[t] = (may & OLD & ~revoked) == 0;
	world.reset[t] = -1;
}

static int open_world(void **state)
{
	arena.size = 64 << 20;
	arena.base = malloc(arena.size);
	memset(&world, 0, sizeof(world));
	world.trusts = 64;
	world.releases = 4;
	world.updates = 4;
	world.epochs = 1;
	world.newest = V4;
	world.recovery = -1;
	world.slot[1] = N_EMPTY;
	world.trust = trust(OLD, OLD, 0);
	for (int t = 0; t < 64; t++)
		fill(t);
	memset(&plan, 0, sizeof(plan));
	plan.num_phases = 2;
	return arena.base && kf_room_open(&room, 20000, &arena) == KF_OK
		? 0 : -1;
}

static int close_world(void **state)
{
	free(arena.base);
	return 0;
}

#define WORLD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)

static struct kf_offer during(int from, int until)
{
	struct kf_offer o = { .published = true, .from = (uint8_t)from,
			      .until = (uint8_t)until };

	return o;
}

/* prove asks for a device at v1 and one at v2; both have to end alike. */
static enum kf_proven prove(void)
{
	enum kf_proven worst[2];

	for (int i = 0; i < 2; i++) {
		world.slot[0] = i;
		n_fill(&tables, &world);
		kf_class_prove(&proof, &tables.rotation, &tables.class_,
			       &plan, &room);
		worst[i] = proof.worst;
	}
	assert_int_equal(worst[0], worst[1]);
	return worst[0];
}

/* bridge publishes v3 and db first, and v4 next. */
static void bridge(int v3_until, int db_until)
{
	plan.release[V3] = during(0, v3_until);
	plan.update[DB] = during(0, db_until);
	plan.update[DB].gate.releases = 1 << V3 | 1 << V4;
	plan.release[V4] = during(1, 1);
}

static void a_bridge_that_is_withdrawn_strands(void **state)
{
	bridge(0, 0);
	assert_int_equal(prove(), KF_PROVEN_STRANDS);
	assert_int_equal(proof.num_dead, 0);
	assert_int_equal(proof.story.num, 2);
	assert_int_equal(proof.story.move[1].kind, KF_MOVE_PHASE);
	assert_int_equal(kf_class_refusal(&tables.rotation, &tables.class_,
					  &plan, &proof.story.move[1].to,
					  KF_MOVE_INSTALL, V4),
			 KF_REFUSAL_DEVICE);
	assert_int_equal(kf_class_refusal(&tables.rotation, &tables.class_,
					  &plan, &proof.story.move[1].to,
					  KF_MOVE_INSTALL, V3),
			 KF_REFUSAL_UNPUBLISHED);
}

static void an_update_that_needs_the_bridge_does_not_help(void **state)
{
	bridge(0, 1);
	assert_int_equal(prove(), KF_PROVEN_STRANDS);
	assert_int_equal(kf_class_refusal(&tables.rotation, &tables.class_,
					  &plan, &proof.story.move[1].to,
					  KF_MOVE_UPDATE, DB),
			 KF_REFUSAL_GATE_RELEASE);
}

static void a_bridge_that_stays_strands_nobody(void **state)
{
	bridge(1, 1);
	assert_int_equal(prove(), KF_PROVEN_SAFE);
	assert_int_equal(proof.no_return.kind, KF_MOVE_START);
}

static void an_update_by_the_new_key_needs_the_one_that_lets_it(void **state)
{
	bridge(1, 0);
	plan.update[DB] = during(0, -1);
	plan.update[DB].published = false;
	plan.update[DB_BY_NEW] = during(0, 1);
	plan.update[KEK] = during(0, 0);
	assert_int_equal(prove(), KF_PROVEN_STRANDS);
	plan.update[KEK] = during(0, 1);
	assert_int_equal(prove(), KF_PROVEN_SAFE);
}

static void a_revocation_for_everybody_kills(void **state)
{
	bridge(1, 1);
	plan.update[DBX] = during(1, 1);
	assert_int_equal(prove(), KF_PROVEN_DIES);
	assert_int_equal(proof.story.num, 3);
	assert_int_equal(proof.story.move[2].which, DBX);
}

static void a_revocation_for_those_who_are_past_it_is_safe(void **state)
{
	bridge(1, 1);
	plan.update[DBX] = during(1, 1);
	plan.update[DBX].gate.releases = 1 << V4;
	world.retires = true;
	assert_int_equal(prove(), KF_PROVEN_SAFE);
	assert_int_equal(proof.no_return.kind, KF_MOVE_UPDATE);
	assert_int_equal(proof.no_return.which, DBX);
	assert_int_equal(proof.no_return_phase, 1);
	plan.update[DBX].published = false;
	assert_int_equal(prove(), KF_PROVEN_KEEPS);
}

/* a fallback: v4 runs, and the slot beside it has what the revocation stops. */
static void the_other_slot_has_to_be_past_it_too(void **state)
{
	bridge(1, 1);
	world.two_slots = world.slot_may_fail = true;
	plan.update[DBX] = during(1, 1);
	plan.update[DBX].gate.releases = 1 << V4;
	assert_int_equal(prove(), KF_PROVEN_DIES);
	plan.update[DBX].gate.both = true;
	assert_int_equal(prove(), KF_PROVEN_SAFE);
	world.retires = true;
	assert_int_equal(prove(), KF_PROVEN_SAFE);
}

/* a reset brings back a release that the revocation, which stays, stops. */
static void a_factory_reset_after_a_revocation_kills(void **state)
{
	bridge(1, 1);
	plan.update[DBX] = during(1, 1);
	plan.update[DBX].gate.releases = 1 << V4;
	for (int t = 0; t < 64; t++)
		world.reset[t] = t;
	assert_int_equal(prove(), KF_PROVEN_DIES);
	for (int t = 0; t < 64; t++)
		world.reset[t] = trust(OLD, OLD, 0);
	assert_int_equal(prove(), KF_PROVEN_SAFE);
}

/* a date after which v1 boots no more, for a device that was off line. */
static void a_date_kills_and_a_recovery_image_saves(void **state)
{
	bridge(1, 1);
	world.epochs = 2;
	memcpy(world.boot[1], world.boot[0], sizeof(world.boot[1]));
	memcpy(world.install[1], world.install[0], sizeof(world.install[1]));
	memcpy(world.update[1], world.update[0], sizeof(world.update[1]));
	for (int t = 0; t < 64; t++)
		world.boot[1][t][V1] = world.boot[1][t][V2] = N_NO;
	assert_int_equal(prove(), KF_PROVEN_DIES);
	assert_int_equal(proof.story.move[1].kind, KF_MOVE_TIME);
	assert_int_equal(kf_class_best(&tables.rotation, &tables.class_,
				       &room), KF_PROVEN_STRANDS);
	world.recovery = V3;
	assert_int_equal(prove(), KF_PROVEN_SAFE);
}

/* what is not known is no way there, and may be a danger. */
static void what_is_not_known_is_never_safe(void **state)
{
	bridge(1, 1);
	world.install[0][trust(OLD | NEW, OLD, 0)][V4] = N_MAYBE;
	assert_int_equal(prove(), KF_PROVEN_STRANDS);
	world.install[0][trust(OLD | NEW, OLD, 0)][V4] = N_YES;
	world.boot[0][trust(OLD | NEW, OLD, 0)][V3] = N_MAYBE;
	assert_int_equal(prove(), KF_PROVEN_DIES);
	assert_true(proof.num_stranded > 0);
	assert_int_equal(proof.story.move[1].which, V3);
	world.boot[0][trust(OLD, OLD, 0)][V1] = N_MAYBE;
	world.boot[0][trust(OLD, OLD, 0)][V2] = N_MAYBE;
	assert_int_equal(prove(), KF_PROVEN_DIES);
	assert_int_equal(proof.story.num, 1);
	assert_false(proof.story.sure);
}

static void make(bool no_gates, size_t phases)
{
	struct kf_make how = { .max_phases = phases, .no_gates = no_gates,
			       .max_tries = 400000, .max_steps = 20000000 };

	world.slot[0] = V1;
	world.updates = 2;	/* db and dbx */
	world.retires = true;
	n_fill(&tables, &world);
	assert_int_equal(kf_plan_make(&made, &tables.rotation, &how, &room,
				      &arena), KF_OK);
}

static void no_plan_without_gates_retires_a_key(void **state)
{
	struct kf_make how = { .max_phases = 3, .no_gates = true,
			       .max_tries = 400000 };

	make(true, 3);
	assert_int_equal(made.found, KF_FOUND_NONE);
	printf("# no gates: none of up to 3 phases is safe, by %zu proofs\n",
	       made.num_tries);
	/* A search that leaves none out finds none either. */
	assert_int_equal(brute_make(&made, &tables.rotation, &how, &room,
				    &arena), KF_OK);
	assert_int_equal(made.found, KF_FOUND_NONE);
	assert_true(made.num_tries > 1000);
}

static void the_cheapest_plan_gates_the_revocation(void **state)
{
	size_t gated = 0;

	make(false, 3);
	assert_int_equal(made.found, KF_FOUND);
	printf("# with gates: found after %zu\n", made.num_tries);
	assert_int_equal(made.plan.num_phases, 1);
	assert_true(made.plan.release[V4].published);
	assert_true(made.plan.update[DB].published);
	assert_true(made.plan.update[DBX].published);
	for (size_t i = 0; i < 4; i++)
		gated += made.plan.release[i].gate.releases ||
			 made.plan.release[i].gate.updates;
	assert_int_equal(gated, 0);
	assert_int_equal(made.plan.update[DBX].gate.releases |
			 made.plan.update[DBX].gate.updates, 1 << V4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_bridge_that_is_withdrawn_strands),
		WORLD_TEST(an_update_that_needs_the_bridge_does_not_help),
		WORLD_TEST(a_bridge_that_stays_strands_nobody),
		WORLD_TEST(an_update_by_the_new_key_needs_the_one_that_lets_it),
		WORLD_TEST(a_revocation_for_everybody_kills),
		WORLD_TEST(a_revocation_for_those_who_are_past_it_is_safe),
		WORLD_TEST(the_other_slot_has_to_be_past_it_too),
		WORLD_TEST(a_factory_reset_after_a_revocation_kills),
		WORLD_TEST(a_date_kills_and_a_recovery_image_saves),
		WORLD_TEST(what_is_not_known_is_never_safe),
		WORLD_TEST(no_plan_without_gates_retires_a_key),
		WORLD_TEST(the_cheapest_plan_gates_the_revocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
