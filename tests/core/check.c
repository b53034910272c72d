/* The one question: faults are passed on, wrong use is told, and neither is
 * ever an answer.
 */
#include "tests/model.h"

#include <string.h>

static const struct kf_rules *rules(void)
{
	return kf_rules_find("edk2");
}

/* ask prepares all that is asked for, over an unsigned image. */
static enum kf_status ask(struct kf_verdict *out, bool artifact_ready,
			  bool store_ready, enum kf_status artifact_status,
			  enum kf_status store_status)
{
	struct model_image plain = { 0 };
	struct kf_bytes file = model_image(&plain);
	struct kf_source source = model_source(&file);
	struct kf_env *env = model_env();
	struct kf_store store = { .complete = true };
	struct kf_artifact artifact;
	enum kf_status status;

	memset(out, 0xff, sizeof(*out));
	kf_artifact_read(&artifact, NULL, &source, env);
	if (artifact_ready)
		kf_artifact_prepare(&artifact, rules(), env);
	if (store_ready)
		kf_store_prepare(&store, rules(), env);
	artifact.status = artifact_status;
	store.status = store_status;
	status = kf_check(out, &artifact, &store, rules(), env);
	kf_artifact_close(&artifact, env);
	return status;
}

static void a_fault_of_the_artifact_is_passed_on_undecided(void **state)
{
	static const enum kf_status all[] = { KF_CANNOT_READ, KF_NO_MEMORY,
					      KF_NO_CRYPTO, KF_TOO_MUCH,
					      KF_WRONG_USE };
	struct kf_verdict v;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(ask(&v, true, true, all[i], KF_OK), all[i]);
		assert_int_equal(v.answer, KF_UNDECIDED);
		assert_null(v.why.reason);
		assert_int_equal(ask(&v, true, true, KF_OK, all[i]), all[i]);
		assert_int_equal(v.answer, KF_UNDECIDED);
		assert_true(model_same(v.outcome, "unknown"));
	}
}

static void what_was_not_prepared_is_wrong_use(void **state)
{
	struct kf_verdict v;

	assert_int_equal(ask(&v, false, true, KF_OK, KF_OK), KF_WRONG_USE);
	assert_int_equal(v.answer, KF_UNDECIDED);
	assert_int_equal(ask(&v, true, false, KF_OK, KF_OK), KF_WRONG_USE);
	assert_int_equal(v.answer, KF_UNDECIDED);
	assert_int_equal(ask(&v, true, true, KF_OK, KF_OK), KF_OK);
}

static void what_was_prepared_for_other_rules_is_wrong_use(void **state)
{
	const struct kf_rules *other = kf_rules_find("edk2-2022.11");
	struct model_image plain = { 0 };
	struct kf_bytes file = model_image(&plain);
	struct kf_source source = model_source(&file);
	struct kf_env *env = model_env();
	struct kf_store store = { .complete = true };
	struct kf_artifact artifact;
	struct kf_verdict v;

	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, other, env);
	kf_store_prepare(&store, rules(), env);
	assert_int_equal(kf_check(&v, &artifact, &store, rules(), env),
			 KF_WRONG_USE);
	assert_int_equal(kf_check(&v, &artifact, &store, other, env),
			 KF_WRONG_USE);
	kf_artifact_close(&artifact, env);
}

static void one_artifact_is_asked_of_many_stores(void **state)
{
	struct model_image plain = { 0 };
	struct kf_bytes trusted = model_certificate('t', KF_WHY_NO_PATH);
	struct kf_bytes other = model_certificate('u', KF_WHY_NO_PATH);
	struct kf_bytes file = model_by(model_image(&plain), trusted);
	struct kf_source source = model_source(&file);
	struct kf_env *env = model_env();
	struct kf_artifact artifact;

	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, rules(), env);
	for (int i = 0; i < 6; i++) {
		struct kf_store store = { .complete = true };
		struct kf_verdict v;

		assert_true(kf_store_set(&store, "secure-boot", "on"));
		model_put(&store, "db", model_list(model_x509, i % 2
						   ? trusted : other));
		kf_store_prepare(&store, rules(), env);
		assert_int_equal(kf_check(&v, &artifact, &store, rules(), env),
				 KF_OK);
		assert_int_equal(v.answer, i % 2 ? KF_ACCEPT : KF_REJECT);
	}
	kf_artifact_close(&artifact, env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_fault_of_the_artifact_is_passed_on_undecided),
		MODEL_TEST(what_was_not_prepared_is_wrong_use),
		MODEL_TEST(what_was_prepared_for_other_rules_is_wrong_use),
		MODEL_TEST(one_artifact_is_asked_of_many_stores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
