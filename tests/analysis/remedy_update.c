/* Remedies for updates of variables: each, applied here by hand, turns the
 * verdict; what would not turn it is not offered.
 */
#include "tests/model_update.h"

#include "analysis/remedy.h"

static struct kf_bytes none, owner, key, stranger, pk, kek, value;
static struct kf_store store;
static struct kf_verdict verdict;
static struct kf_remedy offered[KF_REMEDIES_MAX];
static size_t num_offered;

static const char rules[] = "edk2-variable-2025.02";

static int open_remedy(void **state)
{
	model_open(state);
	none = kf_view(NULL, 0);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	key = model_certificate('k', KF_WHY_NO_PATH);
	stranger = model_certificate('s', KF_WHY_NO_PATH);
	pk = model_list(model_x509, owner);
	kek = model_list(model_x509, key);
	value = model_list(model_sha256, model_fill(32, 2));
	store = model_device(pk, kek, "db", none, 0);
	return 0;
}

#define REMEDY_TEST(name) cmocka_unit_test_setup(name, open_remedy)

/* ask judges, and asks for remedies of a reject. */
static void ask(struct kf_bytes file)
{
	const struct kf_rules *profile = kf_rules_find(rules);
	struct kf_env *env = model_env();
	struct kf_source source = model_source(&file);
	struct kf_store copy = store;
	struct kf_artifact artifact;

	kf_store_prepare(&copy, profile, env);
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, profile, env);
	assert_int_equal(kf_check(&verdict, &artifact, &copy, profile, env),
			 KF_OK);
	assert_int_equal(verdict.answer, KF_REJECT);
	assert_int_equal(kf_remedies(offered, KF_REMEDIES_MAX, &num_offered,
				     &artifact, &copy, profile, &verdict,
				     env), KF_OK);
	kf_artifact_close(&artifact, env);
}

static void set(const char *name, const char *value_text)
{
	assert_true(kf_store_set(&store, name, value_text));
}

static enum kf_answer again(struct kf_bytes file)
{
	return model_ask(&verdict, file, &store, rules);
}

static void the_attributes_that_were_signed_are_offered(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_APPEND, value);

	set("attributes", "0x27");
	ask(file);
	assert_int_equal(num_offered, 1);
	assert_int_equal(offered[0].kind, KF_WRITE_OTHERWISE);
	assert_string_equal(offered[0].setting, "attributes");
	assert_string_equal(offered[0].value, "0x67");
	set(offered[0].setting, offered[0].value);
	assert_int_equal(again(file), KF_ACCEPT);
	file = model_update_by(key, MODEL_REPLACE, value);
	set("attributes", "0x7");
	ask(file);
	assert_int_equal(num_offered, 1);
	assert_string_equal(offered[0].value, "0x27");
	set(offered[0].setting, offered[0].value);
	assert_int_equal(again(file), KF_ACCEPT);
}

static void the_variable_that_was_signed_for_is_offered(void **state)
{
	struct model_update spec = { .variable = "dbx", .value = value,
				     .certificate = { key } };

	ask(model_update(&spec));
	assert_int_equal(num_offered, 1);
	assert_string_equal(offered[0].setting, "variable");
	assert_string_equal(offered[0].value, "dbx");
	set(offered[0].setting, offered[0].value);
	assert_int_equal(again(model_update(&spec)), KF_ACCEPT);
}

static void an_authority_is_offered_for_kek(void **state)
{
	struct kf_bytes file = model_update_by(stranger, MODEL_APPEND, value);

	ask(file);
	assert_int_equal(num_offered, 1);
	assert_int_equal(offered[0].kind, KF_ENROL_CERTIFICATE);
	assert_string_equal(offered[0].part, "kek");
	assert_true(kf_equal(offered[0].certificate, stranger));
	assert_non_null(offered[0].caution);
	model_put(&store, "kek", model_join(kek, model_list(model_x509,
							    stranger)));
	assert_int_equal(again(file), KF_ACCEPT);
}

static void what_no_setting_helps_gets_no_remedy(void **state)
{
	struct model_update spec = { .value = value, .bad = true,
				     .certificate = { key } };
	struct kf_bytes file = model_update_by(key, MODEL_APPEND, value);

	ask(model_update(&spec));
	assert_int_equal(num_offered, 0);
	spec.certificate[0] = stranger;
	ask(model_update(&spec));
	assert_int_equal(num_offered, 0);
	ask(kf_part_of(file, 0, 30));
	assert_int_equal(num_offered, 0);
}

static void a_device_that_asks_for_nothing_is_not_led_astray(void **state)
{
	struct model_update spec = { .variable = "PK", .value = pk,
				     .certificate = { stranger } };

	store = model_device(none, kek, "PK", none, 0);
	ask(model_update(&spec));
	assert_string_equal(verdict.why.reason->slug,
			    "update-not-self-signed");
	assert_int_equal(num_offered, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REMEDY_TEST(the_attributes_that_were_signed_are_offered),
		REMEDY_TEST(the_variable_that_was_signed_for_is_offered),
		REMEDY_TEST(an_authority_is_offered_for_kek),
		REMEDY_TEST(what_no_setting_helps_gets_no_remedy),
		REMEDY_TEST(a_device_that_asks_for_nothing_is_not_led_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
