/* What is not known of a device.
 *
 * Expected values: the command line contract. A verdict is given only if
 * every completion of the store would give the same; else it is unknown and
 * names what is missing.
 */
#include "tests/model_update.h"

static struct kf_bytes owner, key, stranger, pk, kek, old, value;
static struct kf_verdict verdict;

static int open_device(void **state)
{
	model_open(state);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	key = model_certificate('k', KF_WHY_NO_PATH);
	stranger = model_certificate('s', KF_WHY_NO_PATH);
	pk = model_list(model_x509, owner);
	kek = model_list(model_x509, key);
	old = model_list(model_sha256, model_fill(32, 1));
	value = model_list(model_sha256, model_fill(32, 2));
	return 0;
}

#define DEVICE_TEST(name) cmocka_unit_test_setup(name, open_device)

/* given starts a store of parts given one by one. */
static struct kf_store given(const char *variable)
{
	struct kf_store store = { .complete = false };

	if (variable)
		assert_true(kf_store_set(&store, "variable", variable));
	return store;
}

static enum kf_answer ask(struct kf_bytes file, const struct kf_store *store)
{
	return model_ask(&verdict, file, store, "edk2-variable-2025.02");
}

static bool waits(const char *slug, enum kf_evidence_kind kind,
		  const char *name)
{
	return verdict.answer == KF_UNDECIDED &&
	       model_same(verdict.outcome, "unknown") &&
	       model_same(verdict.why.reason->slug, slug) &&
	       verdict.why.evidence[0].kind == kind &&
	       model_same(verdict.why.evidence[0].name, name);
}

static bool waits_for(const char *part)
{
	return waits("store-part-unknown", KF_EV_STORE_PART, part);
}

static void without_a_variable_nothing_is_told(void **state)
{
	struct kf_store store = given(NULL);

	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	model_put(&store, "db", old);
	ask(model_update_by(key, MODEL_APPEND, value), &store);
	assert_true(waits("setting-unknown", KF_EV_SETTING, "variable"));
}

static void names_of_variables_are_taken_as_parts_too(void **state)
{
	static const char *const names[] = { "KEK", "kek" };
	struct model_update spec = { .variable = "KEK", .value = kek,
				     .attributes = MODEL_APPEND,
				     .certificate = { owner } };

	for (size_t i = 0; i < 2; i++) {
		struct kf_store store = given(names[i]);

		model_put(&store, "pk", pk);
		model_put(&store, "kek", kek);
		assert_int_equal(ask(model_update(&spec), &store), KF_ACCEPT);
	}
}

static void an_append_waits_for_what_is_there(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_APPEND, value);
	struct kf_store store = given("db");

	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	ask(file, &store);
	assert_true(waits_for("db"));
	model_put(&store, "db", old);
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	/* What is refused anyway waits for nothing. */
	store = given("db");
	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	ask(model_update_by(stranger, MODEL_APPEND, value), &store);
	assert_int_equal(verdict.answer, KF_REJECT);
}

static void a_replacement_waits_for_the_time_and_an_append_not(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_REPLACE, value);
	struct kf_store store = given("db");

	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	ask(file, &store);
	assert_true(waits_for("db"));
	model_put(&store, "db", old);
	ask(file, &store);
	assert_true(waits("setting-unknown", KF_EV_SETTING, "time"));
	assert_int_equal(ask(model_update_by(key, MODEL_APPEND, value),
			     &store), KF_ACCEPT);
	assert_true(kf_store_set(&store, "time", "2020-01-01"));
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	assert_true(kf_store_set(&store, "time", "2022-01-01"));
	assert_int_equal(ask(file, &store), KF_REJECT);
}

static void with_an_early_enough_time_presence_is_no_matter(void **state)
{
	struct kf_store store = given("db");

	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	assert_true(kf_store_set(&store, "time", "2020-01-01"));
	assert_int_equal(ask(model_update_by(key, MODEL_REPLACE, value),
			     &store), KF_ACCEPT);
}

static void authorities_are_waited_for_where_they_could_help(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_APPEND, value);
	struct kf_store store = given("db");
	struct model_update bad = { .attributes = MODEL_APPEND, .bad = true,
				    .value = value, .certificate = { key } };

	model_put(&store, "db", old);
	ask(file, &store);
	assert_true(waits_for("pk"));
	model_put(&store, "pk", pk);
	ask(file, &store);
	assert_true(waits_for("kek"));
	ask(model_update(&bad), &store);
	assert_int_equal(verdict.answer, KF_REJECT);
	store = given("db");
	model_put(&store, "db", old);
	model_put(&store, "kek", kek);
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	ask(model_update_by(stranger, MODEL_APPEND, value), &store);
	assert_true(waits_for("pk"));
}

static void kek_waits_for_pk(void **state)
{
	struct model_update spec = { .variable = "KEK", .value = kek,
				     .attributes = MODEL_APPEND,
				     .certificate = { owner } };
	struct kf_store store = given("KEK");

	model_put(&store, "kek", kek);
	ask(model_update(&spec), &store);
	assert_true(waits_for("pk"));
}

static void a_deletion_waits_for_what_it_deletes(void **state)
{
	struct kf_store store = given("dbx");
	struct model_update spec = { .variable = "dbx",
				     .certificate = { owner } };

	model_put(&store, "pk", pk);
	assert_true(kf_store_set(&store, "time", "2020-01-01"));
	ask(model_update(&spec), &store);
	assert_true(waits_for("dbx"));
}

static void a_pk_that_could_not_be_read_may_be_none(void **state)
{
	struct kf_part part = { .name = "pk" };
	struct kf_store store = { .complete = true };
	struct kf_bytes file = model_update_by(stranger, MODEL_APPEND, value);
	static const uint8_t user[] = { 0 }, setup[] = { 1 };

	assert_true(kf_store_set(&store, "variable", "db"));
	model_put(&store, "kek", kek);
	model_put(&store, "db", old);
	assert_true(kf_store_put(&store, &part));
	ask(file, &store);
	assert_true(waits_for("pk"));
	model_put(&store, "setup-mode", kf_view(setup, 1));
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	model_put(&store, "setup-mode", kf_view(user, 1));
	ask(file, &store);
	assert_true(waits_for("pk"));
	assert_int_equal(ask(model_update_by(key, MODEL_APPEND, value),
			     &store), KF_ACCEPT);
}

static void a_whole_device_without_pk_is_in_setup_mode(void **state)
{
	struct kf_store store = { .complete = true };
	struct kf_bytes file = model_update_by(stranger, MODEL_APPEND, value);

	assert_true(kf_store_set(&store, "variable", "db"));
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	/* A profile that says nothing of PK is none. */
	assert_true(kf_store_set(&store, "secure-boot", "on"));
	ask(file, &store);
	assert_true(waits_for("pk"));
}

static void a_damaged_store_is_named_as_such(void **state)
{
	struct kf_store store = { .complete = true };
	struct kf_part part = { .name = "db" };
	struct kf_damage damage = { "State", 100 };

	assert_true(kf_store_set(&store, "variable", "db"));
	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	assert_true(kf_store_put(&store, &part));
	kf_store_damage(&store, damage);
	ask(model_update_by(key, MODEL_APPEND, value), &store);
	assert_true(waits("store-malformed", KF_EV_FIELD, "State"));
}

static void a_supposed_signer_is_asked_about_without_a_file(void **state)
{
	const struct kf_rules *profile = kf_rules_find("edk2-variable");
	const struct kf_bytes who[] = { owner, key, stranger };
	static const enum kf_answer answers[] = { KF_ACCEPT, KF_ACCEPT,
						  KF_REJECT };

	for (size_t i = 0; i < 3; i++) {
		struct kf_env *env = model_env();
		struct kf_artifact artifact;
		struct kf_store store = given("db");

		model_put(&store, "pk", pk);
		model_put(&store, "kek", kek);
		kf_store_prepare(&store, profile, env);
		kf_artifact_read(&artifact, NULL, NULL, env);
		artifact.suppose = &who[i];
		artifact.num_suppose = 1;
		kf_artifact_prepare(&artifact, profile, env);
		assert_int_equal(kf_check(&verdict, &artifact, &store,
					  profile, env), KF_OK);
		assert_int_equal(verdict.answer, answers[i]);
		kf_artifact_close(&artifact, env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(without_a_variable_nothing_is_told),
		DEVICE_TEST(names_of_variables_are_taken_as_parts_too),
		DEVICE_TEST(an_append_waits_for_what_is_there),
		DEVICE_TEST(a_replacement_waits_for_the_time_and_an_append_not),
		DEVICE_TEST(with_an_early_enough_time_presence_is_no_matter),
		DEVICE_TEST(authorities_are_waited_for_where_they_could_help),
		DEVICE_TEST(kek_waits_for_pk),
		DEVICE_TEST(a_deletion_waits_for_what_it_deletes),
		DEVICE_TEST(a_pk_that_could_not_be_read_may_be_none),
		DEVICE_TEST(a_whole_device_without_pk_is_in_setup_mode),
		DEVICE_TEST(a_damaged_store_is_named_as_such),
		DEVICE_TEST(a_supposed_signer_is_asked_about_without_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
