/* The arena, the budget and reading into the arena.
 */
#include "tests/model.h"

#include <string.h>

static struct kf_arena arena(size_t size)
{
	struct kf_arena a = { model_room(size), size, 0 };

	return a;
}

static bool fails(void *self, uint64_t at, void *out, size_t len)
{
	return false;
}

static void memory_is_zeroed_and_aligned(void **state)
{
	struct kf_arena a = arena(64);
	uint8_t *p, *q;

	memset(a.base, 0xff, 64);
	p = kf_arena_take(&a, 3);
	q = kf_arena_take(&a, 8);
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal(p[0] | p[1] | p[2], 0);
	assert_int_equal((q - p) % 8, 0);
	assert_true(q - p >= 3);
}

static void the_last_byte_can_be_taken_and_no_more(void **state)
{
	struct kf_arena a = arena(16);

	assert_null(kf_arena_take(&a, 17));
	assert_non_null(kf_arena_take(&a, 16));
	assert_null(kf_arena_take(&a, 1));
}

static void a_gap_that_does_not_fit_is_no_memory(void **state)
{
	struct kf_arena a = arena(12);

	assert_non_null(kf_arena_take(&a, 9));
	assert_null(kf_arena_take(&a, 1));
	assert_int_equal(a.used, 9);
}

static void a_size_that_would_wrap_is_refused(void **state)
{
	struct kf_arena a = arena(64);

	assert_non_null(kf_arena_take(&a, 8));
	assert_null(kf_arena_take(&a, SIZE_MAX));
	assert_null(kf_arena_take(&a, SIZE_MAX - 7));
	a.used = 65;
	assert_null(kf_arena_take(&a, 0));
}

static void what_is_kept_does_not_change_with_its_origin(void **state)
{
	struct kf_arena a = arena(64);
	uint8_t origin[] = { 1, 2, 3 };
	struct kf_bytes kept;

	assert_true(kf_arena_keep(&a, &kept, kf_view(origin, 3)));
	origin[0] = 9;
	assert_int_equal(kept.len, 3);
	assert_int_equal(kept.data[0], 1);
}

static void nothing_kept_takes_nothing(void **state)
{
	struct kf_arena a = arena(8);
	struct kf_bytes kept = kf_text("old");

	assert_true(kf_arena_keep(&a, &kept, kf_view(NULL, 0)));
	assert_int_equal(kept.len, 0);
	assert_int_equal(a.used, 0);
	assert_false(kf_arena_keep(&a, &kept, kf_text("nine bytes")));
	assert_int_equal(kept.len, 0);
}

static void a_budget_is_spent_to_the_last_step(void **state)
{
	struct kf_env env = { .steps = 10 };

	assert_true(kf_spend(&env, 4));
	assert_true(kf_spend(&env, 6));
	assert_true(kf_spend(&env, 0));
	assert_false(kf_spend(&env, 1));
}

static void an_overdrawn_budget_stays_empty(void **state)
{
	struct kf_env env = { .steps = 10 };

	assert_false(kf_spend(&env, 11));
	assert_false(kf_spend(&env, 1));
	assert_true(env.steps == 0);
}

static void bytes_outside_of_a_source_are_wrong_use(void **state)
{
	struct kf_bytes file = kf_text("0123456789"), out;
	struct kf_source source = model_source(&file);
	struct kf_env *env = model_env();

	assert_int_equal(kf_source_keep(&out, &source, env, 7, 3), KF_OK);
	assert_true(kf_equal(out, kf_text("789")));
	assert_int_equal(kf_source_keep(&out, &source, env, 10, 0), KF_OK);
	assert_int_equal(kf_source_keep(&out, &source, env, 8, 3),
			 KF_WRONG_USE);
	assert_int_equal(kf_source_keep(&out, &source, env, 11, 0),
			 KF_WRONG_USE);
	assert_int_equal(kf_source_keep(&out, &source, env, 2, UINT64_MAX),
			 KF_WRONG_USE);
	assert_int_equal(out.len, 0);
}

static void a_failing_source_is_not_an_empty_one(void **state)
{
	struct kf_source source = { .size = 4, .read_at = fails };
	struct kf_env *env = model_env();
	struct kf_bytes out;

	assert_int_equal(kf_source_keep(&out, &source, env, 0, 4),
			 KF_CANNOT_READ);
	assert_int_equal(out.len, 0);
}

static void a_part_larger_than_the_arena_is_no_memory(void **state)
{
	struct kf_source source = { .size = UINT64_MAX, .read_at = fails };
	struct kf_env *env = model_env();
	struct kf_bytes out;

	assert_int_equal(kf_source_keep(&out, &source, env, 0,
					UINT64_MAX / 2), KF_NO_MEMORY);
	env->arena->size = 8;
	env->arena->used = 1;
	assert_int_equal(kf_source_keep(&out, &source, env, 0, 8),
			 KF_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(memory_is_zeroed_and_aligned),
		MODEL_TEST(the_last_byte_can_be_taken_and_no_more),
		MODEL_TEST(a_gap_that_does_not_fit_is_no_memory),
		MODEL_TEST(a_size_that_would_wrap_is_refused),
		MODEL_TEST(what_is_kept_does_not_change_with_its_origin),
		MODEL_TEST(nothing_kept_takes_nothing),
		MODEL_TEST(a_budget_is_spent_to_the_last_step),
		MODEL_TEST(an_overdrawn_budget_stays_empty),
		MODEL_TEST(bytes_outside_of_a_source_are_wrong_use),
		MODEL_TEST(a_failing_source_is_not_an_empty_one),
		MODEL_TEST(a_part_larger_than_the_arena_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
