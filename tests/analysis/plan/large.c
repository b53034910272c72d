/* Worlds of the most releases and updates that a goal may have. Ordinary ones
 * are solved; what is not is given up after so many steps, on each machine
 * alike, and is never called safe.
 */
#include "tests/model.h"

#include "analysis/plan/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RELEASES = KF_ROTATION_RELEASES_MAX,
	UPDATES = KF_ROTATION_UPDATES_MAX,
	TRUSTS = KF_ROTATION_TRUSTS_MAX,
	STATES = 1 << 18,
	STEPS = 20000000,
	NOISY = 6,
};

static struct kf_arena arena;
static struct kf_room room;
static struct kf_rotation rotation;
static struct kf_rotation_class class_;
static uint8_t install[TRUSTS * RELEASES], boot[TRUSTS * RELEASES];
static uint8_t update[TRUSTS * UPDATES], updated[TRUSTS * UPDATES];
static uint8_t booted[TRUSTS * RELEASES], reset[TRUSTS], retired[TRUSTS];
static uint32_t holds[TRUSTS];
static struct kf_made made, again;
static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned roll(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % sides;
}

static int open_room(void **state)
{
	arena.size = 256 << 20;
	arena.base = malloc(arena.size);
	return arena.base && kf_room_open(&room, STATES, &arena) == KF_OK
		? 0 : -1;
}

static int close_room(void **state)
{
	free(arena.base);
	return 0;
}

/* begin makes a world in which nothing is true yet. */
static void begin(size_t trusts)
{
	memset(&rotation, 0, sizeof(rotation));
	memset(&class_, 0, sizeof(class_));
	memset(install, KF_REJECT, sizeof(install));
	memset(boot, KF_REJECT, sizeof(boot));
	memset(update, KF_REJECT, sizeof(update));
	memset(reset, KF_NO_TRUST, sizeof(reset));
	memset(retired, KF_REJECT, sizeof(retired));
	memset(holds, 0, sizeof(holds));
	for (size_t t = 0; t < TRUSTS; t++) {
		memset(&updated[t * UPDATES], (int)t, UPDATES);
		memset(&booted[t * RELEASES], (int)t, RELEASES);
	}
	class_ = (struct kf_rotation_class){
		.name = "large", .num_trusts = trusts,
		.install = install, .boot = boot, .update = update,
		.updated = updated, .booted = booted, .reset = reset,
		.retired = retired, .holds = holds,
		.other = KF_NO_RELEASE, .factory = KF_NO_RELEASE,
		.recovery = KF_NO_RELEASE,
	};
	rotation.num_releases = RELEASES;
	rotation.num_updates = UPDATES;
	rotation.num_epochs = 1;
	rotation.newest = RELEASES - 1;
	rotation.class_ = &class_;
	rotation.num_classes = 1;
}

static void make(size_t phases)
{
	struct kf_make how = { .max_phases = phases, .max_tries = 200000,
			       .max_steps = STEPS };
	size_t used = arena.used;

	assert_true(kf_rotation_sound(&rotation));
	assert_int_equal(kf_plan_make(&made, &rotation, &how, &room, &arena),
			 KF_OK);
	arena.used = used;
}

static bool is_safe(const struct kf_made *m)
{
	struct kf_class_proof proof;

	kf_class_prove(&proof, &rotation, &class_, &m->plan, &room);
	return proof.worst == KF_PROVEN_SAFE;
}

/* ladder: update u brings key u, and each `every`-th takes all older ones away
 * but the last; release r is signed by key r, and installs over the one before
 * it. `over`: an update comes over all older trusts, not just over the last. */
static void ladder(size_t every, bool over)
{
	begin(UPDATES);
	for (size_t t = 0; t < UPDATES; t++) {
		size_t gone = t / every * every;

		for (size_t r = 0; r < RELEASES; r++) {
			bool ok = r <= t && r + 1 >= gone;

			boot[t * RELEASES + r] = ok ? KF_ACCEPT : KF_REJECT;
			install[t * RELEASES + r] = boot[t * RELEASES + r];
		}
		for (size_t u = 0; u < UPDATES; u++) {
			update[t * UPDATES + u] = over || u <= t + 1
				? KF_ACCEPT : KF_REJECT;
			updated[t * UPDATES + u] = (uint8_t)(u > t ? u : t);
			holds[t] |= (uint32_t)(u <= t) << u;
		}
	}
	for (size_t r = 1; r < RELEASES; r++)
		rotation.requires[r] = 1u << (r - 1);
}

static void a_ladder_of_keys_is_climbed(void **state)
{
	size_t gates = 0, published = 0;

	ladder(8, false);
	make(3);
	assert_int_equal(made.found, KF_FOUND);
	assert_true(is_safe(&made));
	for (size_t i = 0; i < RELEASES; i++) {
		published += made.plan.release[i].published +
			     made.plan.update[i].published;
		gates += made.plan.update[i].gate.releases ||
			 made.plan.update[i].gate.updates;
	}
	/* All but the first of each; those two that take keys away kill who is
	 * not there yet. */
	assert_int_equal(published, 2 * (RELEASES - 1));
	assert_int_equal(gates, 2);
	printf("# %zu releases and updates, %zu gates: %zu proofs, %zu "
	       "lessons\n", published, gates, made.num_tries,
	       made.num_lessons);
}

/* leap: every release over every other one, and no key goes. */
static void what_is_not_needed_is_not_tried(void **state)
{
	ladder(RELEASES, true);
	memset(rotation.requires, 0, sizeof(rotation.requires));
	make(3);
	assert_int_equal(made.found, KF_FOUND);
	assert_true(is_safe(&made));
	assert_true(made.plan.release[RELEASES - 1].published);
	assert_true(made.plan.update[UPDATES - 1].published);
	assert_true(made.num_tries < 100);
	printf("# %zu proofs, %zu lessons\n", made.num_tries,
	       made.num_lessons);
}

/* noise: anything may be, and two slots double it. */
static void noise(void)
{
	begin(TRUSTS);
	class_.two_slots = class_.slot_may_fail = true;
	for (size_t i = 0; i < TRUSTS * RELEASES; i++) {
		boot[i] = roll(100) < 97 ? KF_ACCEPT : KF_REJECT;
		install[i] = roll(100) < 30 ? KF_ACCEPT : KF_REJECT;
	}
	for (size_t i = 0; i < TRUSTS * UPDATES; i++) {
		update[i] = roll(100) < 30 ? KF_ACCEPT : KF_REJECT;
		updated[i] = (uint8_t)roll(TRUSTS);
	}
	for (size_t t = 0; t < TRUSTS; t++) {
		boot[t * RELEASES] = KF_ACCEPT;
		retired[t] = roll(3) ? KF_REJECT : KF_ACCEPT;
		holds[t] = roll(1u << UPDATES);
	}
	rotation.retires = true;
}

/* again asks twice, and gets the same answer. */
static void make_twice(size_t phases)
{
	make(phases);
	again = made;
	make(phases);
	assert_int_equal(again.found, made.found);
	assert_int_equal(again.num_tries, made.num_tries);
	assert_memory_equal(&again.plan, &made.plan, sizeof(made.plan));
}

static void noise_has_a_plan_or_has_none(void **state)
{
	size_t found[KF_FOUND_TOO_LARGE + 1] = { 0 };

	for (size_t i = 0; i < NOISY; i++) {
		noise();
		make_twice(2);
		found[made.found]++;
		assert_true(made.found != KF_FOUND || is_safe(&made));
	}
	printf("# %d noisy worlds: %zu plans found, %zu without one, %zu given "
	       "up for steps, %zu for states\n", NOISY, found[KF_FOUND],
	       found[KF_FOUND_NONE], found[KF_FOUND_TOO_MANY],
	       found[KF_FOUND_TOO_LARGE]);
	assert_true(found[KF_FOUND] > 0);
}

/* Each of 22 updates needs a gate of its own, of thousands. */
static void what_takes_too_long_is_given_up_alike(void **state)
{
	ladder(1, true);
	make_twice(3);
	assert_int_equal(made.found, KF_FOUND_TOO_MANY);
	printf("# given up after %zu proofs, %zu lessons, %d steps\n",
	       made.num_tries, made.num_lessons, STEPS);
}

static void without_steps_nothing_is_proven(void **state)
{
	struct kf_schedule plan = { .num_phases = 1 };
	struct kf_class_proof proof;

	ladder(RELEASES, true);
	for (size_t i = 0; i < RELEASES; i++)
		plan.release[i].published = plan.update[i].published = true;
	room.steps = 500;
	kf_class_prove(&proof, &rotation, &class_, &plan, &room);
	assert_int_equal(proof.worst, KF_PROVEN_NOT);
	room.steps = 500;
	assert_int_equal(kf_class_best(&rotation, &class_, &room),
			 KF_PROVEN_NOT);
	room.steps = UINT64_MAX;
	kf_class_prove(&proof, &rotation, &class_, &plan, &room);
	assert_int_equal(proof.worst, KF_PROVEN_SAFE);
	assert_int_equal(kf_class_best(&rotation, &class_, &room),
			 KF_PROVEN_SAFE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ladder_of_keys_is_climbed),
		cmocka_unit_test(what_is_not_needed_is_not_tried),
		cmocka_unit_test(noise_has_a_plan_or_has_none),
		cmocka_unit_test(what_takes_too_long_is_given_up_alike),
		cmocka_unit_test(without_steps_nothing_is_proven),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
