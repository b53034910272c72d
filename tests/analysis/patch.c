/* A patched file reads as if it had been written: every window of it is
 * compared with the same bytes put together by hand.
 */
#include "tests/model.h"

#include "analysis/patch.h"

#include <string.h>

static bool fails(void *self, uint64_t at, void *out, size_t len)
{
	return false;
}

static void every_window_reads_as_the_written_file(void **state)
{
	struct kf_bytes old = kf_text("0123456789abcdef");
	struct kf_source base = model_source(&old);
	const struct kf_source *source;
	struct kf_patch patch;
	char out[32];

	kf_patch_open(&patch, &base);
	assert_true(kf_patch_slice(&patch, 0, 4));
	assert_true(kf_patch_bytes(&patch, kf_text("XY")));
	assert_true(kf_patch_bytes(&patch, kf_view(NULL, 0)));
	assert_true(kf_patch_slice(&patch, 10, 0));
	assert_true(kf_patch_slice(&patch, 8, 8));
	assert_true(kf_patch_slice(&patch, 0, 1));
	source = kf_patch_source(&patch);
	assert_true(source->size == 15);
	for (size_t at = 0; at <= 15; at++)
		for (size_t len = 0; len <= 15 - at; len++) {
			assert_true(source->read_at(source->self, at, out,
						    len));
			assert_memory_equal(out, &"0123XY89abcdef0"[at], len);
		}
	assert_false(source->read_at(source->self, 10, out, 6));
}

static void a_view_stays_where_it_is(void **state)
{
	struct kf_bytes old = kf_text("0123");
	struct kf_bytes lent = model_copy(kf_text("longer than a literal"));
	struct kf_source base = model_source(&old);
	const struct kf_source *source;
	struct kf_patch patch;
	char out[24];

	kf_patch_open(&patch, &base);
	assert_true(kf_patch_slice(&patch, 0, 1));
	assert_true(kf_patch_view(&patch, kf_view(NULL, 0)));
	assert_true(kf_patch_view(&patch, lent));
	assert_true(kf_patch_slice(&patch, 2, 1));
	model_poke(lent, 0, 1, 'L');
	source = kf_patch_source(&patch);
	assert_int_equal(source->size, 23);
	assert_true(source->read_at(source->self, 0, out, 23));
	assert_memory_equal(out, "0Longer than a literal2", 23);
	assert_true(source->read_at(source->self, 20, out, 3));
	assert_memory_equal(out, "al2", 3);
	while (patch.num_pieces < KF_PIECES_MAX)
		assert_true(kf_patch_view(&patch, lent));
	assert_false(kf_patch_view(&patch, lent));
}

static void a_slice_lies_inside_the_old_file(void **state)
{
	struct kf_bytes old = kf_text("0123456789");
	struct kf_source base = model_source(&old);
	struct kf_patch patch;

	kf_patch_open(&patch, &base);
	assert_true(kf_patch_slice(&patch, 10, 0));
	assert_false(kf_patch_slice(&patch, 11, 0));
	assert_false(kf_patch_slice(&patch, 9, 2));
	assert_false(kf_patch_slice(&patch, 2, UINT64_MAX));
	assert_int_equal(patch.num_pieces, 0);
}

static void a_literal_is_short_and_pieces_are_few(void **state)
{
	struct kf_bytes old = kf_text("0123456789");
	struct kf_source base = model_source(&old);
	struct kf_patch patch;

	kf_patch_open(&patch, &base);
	assert_false(kf_patch_bytes(&patch, kf_text("123456789")));
	for (int i = 0; i < KF_PIECES_MAX; i++)
		assert_true(kf_patch_bytes(&patch, kf_text("12345678")));
	assert_false(kf_patch_bytes(&patch, kf_text("1")));
	assert_false(kf_patch_slice(&patch, 0, 1));
}

static void a_base_that_fails_fails_the_patch(void **state)
{
	struct kf_source base = { .size = 10, .read_at = fails };
	const struct kf_source *source;
	struct kf_patch patch;
	char out[8];

	kf_patch_open(&patch, &base);
	assert_true(kf_patch_bytes(&patch, kf_text("ab")));
	assert_true(kf_patch_slice(&patch, 0, 4));
	source = kf_patch_source(&patch);
	assert_true(source->read_at(source->self, 0, out, 2));
	assert_false(source->read_at(source->self, 1, out, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_window_reads_as_the_written_file),
		MODEL_TEST(a_view_stays_where_it_is),
		MODEL_TEST(a_slice_lies_inside_the_old_file),
		MODEL_TEST(a_literal_is_short_and_pieces_are_few),
		MODEL_TEST(a_base_that_fails_fails_the_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
