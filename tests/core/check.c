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

/* What fails at the next but `ration` calls; negative: nothing. */
static int ration;

static bool fails_now(void)
{
	return ration >= 0 && ration-- == 0;
}

static bool read_some(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *file = self;

	if (fails_now())
		return false;
	memcpy(out, file->data + at, len);
	return true;
}

static void *digest_some(void *self, enum kf_digest_kind kind)
{
	return fails_now() ? NULL : toy_crypto.digest_begin(self, kind);
}

static enum kf_status parse_some(void *self, struct kf_signed_data **out,
				 struct kf_bytes der, uint32_t policy)
{
	*out = NULL;
	return fails_now() ? KF_NO_MEMORY
			   : toy_crypto.signed_read(self, out, der, policy);
}

static enum kf_status verify_some(const struct kf_signed_data *data,
				  struct kf_bytes content, uint32_t policy,
				  enum kf_answer3 *out, struct kf_why *why)
{
	return fails_now() ? KF_NO_MEMORY
			   : toy_crypto.signed_verify(data, content, policy,
						      out, why);
}

static enum kf_status chain_some(const struct kf_signed_data *data,
				 struct kf_bytes anchor, uint32_t policy,
				 int64_t now_s, enum kf_answer3 *out,
				 struct kf_why *why)
{
	return fails_now() ? KF_NO_MEMORY
			   : toy_crypto.signed_chain(data, anchor, policy,
						     now_s, out, why);
}

static enum kf_status stamp_some(const struct kf_signed_data *data,
				 struct kf_bytes anchor, uint32_t policy,
				 enum kf_answer3 *out, struct kf_moment *when)
{
	return fails_now() ? KF_NO_MEMORY
			   : toy_crypto.signed_timestamp(data, anchor, policy,
							 out, when);
}

/* work asks one question in an environment in which something may fail. */
static enum kf_status work(struct kf_verdict *v, struct kf_bytes file,
			   const struct kf_store *of, struct kf_env *env)
{
	struct kf_source source = { file.len, read_some, &file };
	struct kf_store store = *of;
	struct kf_artifact artifact;
	enum kf_status status;

	kf_store_prepare(&store, rules(), env);
	kf_artifact_read(&artifact, kf_format_at(0), &source, env);
	kf_artifact_prepare(&artifact, rules(), env);
	status = kf_check(v, &artifact, &store, rules(), env);
	kf_artifact_close(&artifact, env);
	return status;
}

/* hold_through lets one thing after the other fail. */
static void hold_through(struct kf_bytes file, const struct kf_store *store,
			 enum kf_answer want)
{
	static struct kf_verdict v;
	struct kf_crypto crypto = toy_crypto;
	enum kf_status status = KF_NO_MEMORY;
	struct kf_env *env;
	int faults = 0;

	crypto.digest_begin = digest_some;
	crypto.signed_read = parse_some;
	crypto.signed_verify = verify_some;
	crypto.signed_chain = chain_some;
	crypto.signed_timestamp = stamp_some;
	for (int n = 0; status != KF_OK || ration < 0; n++) {
		assert_true(n < 1000);
		env = model_env();
		env->crypto = &crypto;
		ration = n;
		status = work(&v, file, store, env);
		faults += status != KF_OK;
		if (ration >= 0)
			break;
		/* It failed somewhere: that is no answer, whatever else. */
		assert_int_not_equal(status, KF_OK);
		assert_int_equal(v.answer, KF_UNDECIDED);
	}
	assert_int_equal(status, KF_OK);
	assert_int_equal(v.answer, want);
	assert_true(faults > 5);
	ration = -1;
	for (size_t size = 0; ; size += 40) {
		env = model_env();
		env->arena->size = size;
		status = work(&v, file, store, env);
		if (status == KF_OK)
			break;
		assert_int_equal(status, KF_NO_MEMORY);
		assert_int_equal(v.answer, KF_UNDECIDED);
	}
	assert_int_equal(v.answer, want);
}

static void work_that_fails_anywhere_is_no_answer(void **state)
{
	struct model_image plain = { 0 };
	struct kf_bytes image = model_image(&plain);
	struct kf_bytes signer = model_certificate('t', KF_WHY_NO_PATH);
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { signer },
				     .num_certificates = 1, .stamped = true };
	struct kf_store store = { .complete = true };
	struct kf_bytes tbs = model_digest(KF_SHA256, model_tbs(signer));

	model_put(&store, "pk", model_fill(1, 1));
	model_put(&store, "db", model_list(model_x509, signer));
	model_put(&store, "dbx", model_list(model_x509_sha256,
		model_timed(tbs, MODEL_STAMP_YEAR + 1)));
	model_put(&store, "dbt", model_list(model_x509,
		model_certificate('s', KF_WHY_NO_PATH)));
	hold_through(model_sign(image, &s, 1), &store, KF_ACCEPT);
	hold_through(image, &store, KF_REJECT);
	model_put(&store, "db", model_list(model_sha256,
		model_image_digest(KF_SHA256, image)));
	hold_through(image, &store, KF_ACCEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_fault_of_the_artifact_is_passed_on_undecided),
		MODEL_TEST(what_was_not_prepared_is_wrong_use),
		MODEL_TEST(what_was_prepared_for_other_rules_is_wrong_use),
		MODEL_TEST(one_artifact_is_asked_of_many_stores),
		MODEL_TEST(work_that_fails_anywhere_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
