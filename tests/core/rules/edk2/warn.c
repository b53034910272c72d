/* Warnings ride on a verdict and change nothing. UEFI-8, UEFI-37, UEFI-39.
 */
#include "tests/model.h"

static struct kf_verdict verdict;

static bool warns(const char *slug)
{
	bool found = false;

	for (size_t i = 0; i < verdict.num_warnings; i++)
		found |= model_same(verdict.warning[i].reason->slug, slug);
	return found;
}

static enum kf_answer ask(struct kf_bytes file, struct kf_bytes db,
			  struct kf_bytes dbx)
{
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", model_fill(1, 1));
	model_put(&store, "db", db);
	model_put(&store, "dbx", dbx);
	return model_ask(&verdict, file, &store, "edk2");
}

static const struct kf_bytes none;

static void an_expired_anchor_is_told_and_accepted(void **state)
{
	struct model_image spec = { 0 };
	/* The toy's certificates end at their last byte times 2^24 seconds;
	 * it is 1800000000 now. */
	struct kf_bytes old = model_certificate(0x6b, KF_WHY_NO_PATH);
	struct kf_bytes young = model_certificate(0x6c, KF_WHY_NO_PATH);

	assert_int_equal(ask(model_by(model_image(&spec), old),
			     model_list(model_x509, old), none), KF_ACCEPT);
	assert_true(warns("certificate-expired"));
	assert_int_equal(ask(model_by(model_image(&spec), young),
			     model_list(model_x509, young), none), KF_ACCEPT);
	assert_false(warns("certificate-expired"));
}

static void a_dbx_that_is_cut_short_is_told(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes image = model_image(&spec);
	struct kf_bytes dbx = model_list(model_sha256, model_fill(32, 'x'));
	struct kf_bytes hash = model_list(model_sha256,
				model_image_digest(KF_SHA256, image));

	assert_int_equal(ask(image, hash, model_join(dbx, hash)), KF_REJECT);
	model_poke(dbx, 16, 4, 1000);
	assert_int_equal(ask(image, hash, model_join(dbx, hash)), KF_ACCEPT);
	assert_true(warns("revocations-cut-short"));
	assert_int_equal(ask(image, hash, hash), KF_REJECT);
	assert_false(warns("revocations-cut-short"));
}

static void an_unsigned_file_of_odd_length_is_told(void **state)
{
	for (unsigned more = 0; more <= 8; more++) {
		struct model_image spec = { .tail = more };

		ask(model_image(&spec), none, none);
		assert_int_equal(warns("padding-convention"), more % 8 != 0);
	}
}

static void a_signed_file_of_odd_length_is_not(void **state)
{
	struct model_image spec = { .tail = 3 };
	struct kf_bytes c = model_certificate('z', KF_WHY_NO_PATH);

	assert_int_equal(ask(model_by(model_image(&spec), c),
			     model_list(model_x509, c), none), KF_ACCEPT);
	assert_false(warns("padding-convention"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(an_expired_anchor_is_told_and_accepted),
		MODEL_TEST(a_dbx_that_is_cut_short_is_told),
		MODEL_TEST(an_unsigned_file_of_odd_length_is_told),
		MODEL_TEST(a_signed_file_of_odd_length_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
