/* Parts and settings of a store: given, absent, unknown.
 *
 * Expected values: the command line contract. In a complete store what is not
 * there is absent; in one given piece by piece it is unknown.
 */
#include "tests/model.h"

#include <stdio.h>

static void what_a_complete_store_lacks_is_absent(void **state)
{
	struct kf_store store = { .complete = true };

	assert_int_equal(kf_store_presence(&store, "db"), KF_ABSENT);
	assert_null(kf_store_part(&store, "db"));
}

static void what_a_partial_store_lacks_is_unknown(void **state)
{
	struct kf_store store = { .complete = false };

	assert_int_equal(kf_store_presence(&store, "db"), KF_UNKNOWN);
	model_put(&store, "dbx", kf_view(NULL, 0));
	assert_int_equal(kf_store_presence(&store, "dbx"), KF_ABSENT);
	model_put(&store, "db", kf_text("list"));
	assert_int_equal(kf_store_presence(&store, "db"), KF_PRESENT);
}

static void a_part_that_could_not_be_read_is_unknown_anywhere(void **state)
{
	struct kf_part part = { .name = "db", .presence = KF_UNKNOWN };
	struct kf_store store = { .complete = true };

	assert_true(kf_store_put(&store, &part));
	assert_int_equal(kf_store_presence(&store, "db"), KF_UNKNOWN);
	store.complete = false;
	assert_int_equal(kf_store_presence(&store, "db"), KF_UNKNOWN);
}

static void a_part_replaces_one_of_its_name(void **state)
{
	struct kf_store store = { 0 };

	model_put(&store, "db", kf_text("old"));
	model_put(&store, "dbx", kf_text("other"));
	model_put(&store, "db", kf_text("new"));
	assert_int_equal(store.num_parts, 2);
	assert_true(kf_equal(kf_store_part(&store, "db")->bytes,
			     kf_text("new")));
}

static void names_are_compared_whole(void **state)
{
	struct kf_store store = { .complete = true };

	model_put(&store, "dbx", kf_text("x"));
	assert_int_equal(kf_store_presence(&store, "db"), KF_ABSENT);
	assert_int_equal(kf_store_presence(&store, "dbxx"), KF_ABSENT);
	assert_int_equal(kf_store_presence(&store, "DBX"), KF_ABSENT);
}

static void a_full_table_says_so(void **state)
{
	char names[KF_PARTS_MAX + 1][8];
	struct kf_store store = { 0 };
	struct kf_part part = { .presence = KF_PRESENT };

	for (int i = 0; i <= KF_PARTS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "p%d", i);
		part.name = names[i];
		assert_int_equal(kf_store_put(&store, &part),
				 i < KF_PARTS_MAX);
		assert_int_equal(kf_store_set(&store, names[i], "v"),
				 i < KF_SETTINGS_MAX);
	}
	part.name = names[3];
	assert_true(kf_store_put(&store, &part));
	assert_true(kf_store_set(&store, names[3], "w"));
}

static void the_last_setting_of_a_name_counts(void **state)
{
	struct kf_store store = { 0 };

	assert_null(kf_store_setting(&store, "secure-boot"));
	assert_true(kf_store_set(&store, "secure-boot", "on"));
	assert_true(kf_store_set(&store, "secure-boot", "off"));
	assert_int_equal(store.num_settings, 1);
	assert_true(model_same(kf_store_setting(&store, "secure-boot"),
			       "off"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(what_a_complete_store_lacks_is_absent),
		MODEL_TEST(what_a_partial_store_lacks_is_unknown),
		MODEL_TEST(a_part_that_could_not_be_read_is_unknown_anywhere),
		MODEL_TEST(a_part_replaces_one_of_its_name),
		MODEL_TEST(names_are_compared_whole),
		MODEL_TEST(a_full_table_says_so),
		MODEL_TEST(the_last_setting_of_a_name_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
