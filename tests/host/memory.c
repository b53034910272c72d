/* Memory to work in: enough for the file, taken back whole.
 */
#include "tests/model.h"

#include <keyfit/host.h>

/* AddressSanitizer ends a process that asks for so much. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void work_begins_empty_and_ends_zeroed(void **state)
{
	struct kf_fault why = { "", "" };
	struct kf_work work;

	assert_int_equal(kf_work_open(&work, 1 << 16, &toy_crypto, 42, &why),
			 KF_OK);
	assert_int_equal(work.env.arena->size, 1 << 16);
	assert_int_equal(work.env.arena->used, 0);
	assert_true(work.env.now_s == 42 && work.env.steps > 0);
	assert_true(work.env.window && work.env.window_len >= 4096);
	kf_work_close(&work);
	assert_null(work.arena.base);
	kf_work_close(&work);
}

static void no_memory_is_told_and_leaves_nothing(void **state)
{
	struct kf_fault why = { "", "" };
	struct kf_work work;

	if (SANITIZED)
		skip();
	assert_int_equal(kf_work_open(&work, SIZE_MAX / 2, &toy_crypto, 0,
				      &why), KF_NO_MEMORY);
	assert_string_equal(why.what, "out of memory");
	assert_null(work.arena.base);
	assert_null(work.env.window);
}

static void the_budget_grows_with_the_file_and_never_wraps(void **state)
{
	struct kf_fault why = { "", "" };
	struct kf_work work;
	uint64_t least, more;

	assert_int_equal(kf_work_open(&work, 4096, &toy_crypto, 0, &why),
			 KF_OK);
	least = work.env.steps;
	kf_work_again(&work, 1 << 20);
	more = work.env.steps;
	assert_true(more >= least + (1 << 20));
	kf_work_again(&work, UINT64_MAX);
	assert_true(work.env.steps >= least);
	kf_work_again(&work, UINT64_MAX / 8);
	assert_true(work.env.steps >= least);
	kf_work_close(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(work_begins_empty_and_ends_zeroed),
		MODEL_TEST(no_memory_is_told_and_leaves_nothing),
		MODEL_TEST(the_budget_grows_with_the_file_and_never_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
