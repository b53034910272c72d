/* Names and sizes of digests, and a crypto library that fails.
 *
 * Source of the sizes: FIPS 180-4, figure 1.
 */
#include "tests/model.h"

static void *no_begin(void *self, enum kf_digest_kind kind)
{
	return NULL;
}

static void sizes_and_names_are_those_of_the_standard(void **state)
{
	assert_int_equal(kf_digest_len(KF_SHA1), 20);
	assert_int_equal(kf_digest_len(KF_SHA256), 32);
	assert_int_equal(kf_digest_len(KF_SHA384), 48);
	assert_int_equal(kf_digest_len(KF_SHA512), 64);
	assert_int_equal(kf_digest_len(KF_ALL_DIGESTS), 0);
	assert_true(model_same(kf_digest_name(KF_SHA384), "SHA-384"));
	assert_true(model_same(kf_digest_name(KF_ALL_DIGESTS), "none"));
}

static void a_digest_that_cannot_begin_has_no_length(void **state)
{
	struct kf_crypto broken = { .digest_begin = no_begin };
	struct kf_digest digest = { .len = 32 };

	kf_digest_of(&digest, &broken, KF_SHA256, kf_text("x"));
	assert_int_equal(digest.len, 0);
}

static void a_digest_covers_the_view(void **state)
{
	struct kf_bytes want = model_digest(KF_SHA512, kf_text("abc"));
	struct kf_digest digest;

	kf_digest_of(&digest, &toy_crypto, KF_SHA512, kf_text("abc"));
	assert_true(kf_equal(kf_view(digest.bytes, digest.len), want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(sizes_and_names_are_those_of_the_standard),
		MODEL_TEST(a_digest_that_cannot_begin_has_no_length),
		MODEL_TEST(a_digest_covers_the_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
