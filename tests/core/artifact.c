/* Damage and what verifiers prepare: tables that are full say so, and what
 * was prepared is released once.
 */
#include "tests/model.h"

#include <string.h>

static int prepared, released;
static char states[KF_PREPARED_MAX + 2];

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	return &states[prepared++];
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	return &states[prepared++];
}

static void *prepare_nothing(struct kf_artifact *artifact,
			     const struct kf_rules *rules, struct kf_env *env)
{
	artifact->status = KF_NO_CRYPTO;
	return NULL;
}

static void release(void *state, struct kf_env *env)
{
	released++;
}

static const struct kf_verifier counting = {
	.name = "counting", .prepare = prepare,
	.prepare_store = prepare_store, .release = release,
};
static const struct kf_verifier failing = {
	.name = "failing", .prepare = prepare_nothing, .release = release,
};

static void damage_without_a_field_is_none(void **state)
{
	struct kf_artifact artifact = { 0 };
	struct kf_damage none = { NULL, 7 };

	kf_artifact_damage(&artifact, none);
	assert_int_equal(artifact.num_damage, 0);
}

static void damage_beyond_the_table_is_named_as_more(void **state)
{
	struct kf_artifact artifact = { 0 };
	struct kf_store store = { 0 };
	struct kf_damage damage = { "field", 7 };

	for (int i = 0; i < KF_DAMAGE_MAX; i++) {
		kf_artifact_damage(&artifact, damage);
		kf_store_damage(&store, damage);
	}
	assert_true(model_same(artifact.damage[KF_DAMAGE_MAX - 1].field,
			       "field"));
	kf_artifact_damage(&artifact, damage);
	kf_store_damage(&store, damage);
	assert_int_equal(artifact.num_damage, KF_DAMAGE_MAX);
	assert_true(model_same(artifact.damage[KF_DAMAGE_MAX - 1].field,
			       "further damage"));
	assert_true(model_same(store.damage[KF_DAMAGE_MAX - 1].field,
			       "further damage"));
}

static void an_artifact_is_prepared_once_for_each_rules(void **state)
{
	struct kf_rules rules[2] = { { .verifier = &counting },
				     { .verifier = &counting } };
	struct kf_artifact artifact = { 0 };
	struct kf_store store = { 0 };
	struct kf_env *env = model_env();

	prepared = released = 0;
	for (int i = 0; i < 6; i++)
		kf_artifact_prepare(&artifact, &rules[i % 2], env);
	assert_int_equal(prepared, 2);
	assert_ptr_equal(kf_artifact_state(&artifact, &rules[1]), &states[1]);
	kf_store_prepare(&store, &rules[0], env);
	kf_store_prepare(&store, &rules[0], env);
	assert_int_equal(prepared, 3);
	assert_ptr_equal(kf_store_state(&store, &rules[0]), &states[2]);
	assert_null(kf_store_state(&store, &rules[1]));
	kf_artifact_close(&artifact, env);
	assert_int_equal(released, 2);
	assert_null(kf_artifact_state(&artifact, &rules[1]));
}

static void what_does_not_fit_the_table_is_released_and_told(void **state)
{
	struct kf_rules rules[KF_PREPARED_MAX + 1];
	struct kf_artifact artifact = { 0 };
	struct kf_env *env = model_env();

	prepared = released = 0;
	for (int i = 0; i <= KF_PREPARED_MAX; i++) {
		rules[i].verifier = &counting;
		kf_artifact_prepare(&artifact, &rules[i], env);
	}
	assert_int_equal(artifact.status, KF_NO_MEMORY);
	assert_int_equal(released, 1);
	kf_artifact_close(&artifact, env);
	assert_int_equal(released, KF_PREPARED_MAX + 1);
}

static void nothing_is_prepared_after_a_fault(void **state)
{
	struct kf_rules good = { .verifier = &counting };
	struct kf_rules bad = { .verifier = &failing };
	struct kf_artifact artifact = { 0 };
	struct kf_env *env = model_env();

	prepared = 0;
	kf_artifact_prepare(&artifact, &bad, env);
	assert_int_equal(artifact.status, KF_NO_CRYPTO);
	kf_artifact_prepare(&artifact, &good, env);
	assert_int_equal(prepared, 0);
	assert_int_equal(artifact.num_prepared, 0);
}

static void a_zeroed_artifact_can_be_closed(void **state)
{
	struct kf_artifact artifact = { 0 };

	released = 0;
	kf_artifact_close(&artifact, model_env());
	assert_int_equal(released, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(damage_without_a_field_is_none),
		MODEL_TEST(damage_beyond_the_table_is_named_as_more),
		MODEL_TEST(an_artifact_is_prepared_once_for_each_rules),
		MODEL_TEST(what_does_not_fit_the_table_is_released_and_told),
		MODEL_TEST(nothing_is_prepared_after_a_fault),
		MODEL_TEST(a_zeroed_artifact_can_be_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
