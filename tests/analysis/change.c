/* What a change leaves behind. Expected contents are written out here, by
 * UEFI-46, UEFI-52, UEFI-54 and UEFI-55; tests/real/variable holds the same
 * rules against what firmware keeps.
 */
#include "tests/model_update.h"

#include "analysis/change.h"

#include <string.h>

static struct kf_bytes none, one, two, three, owner, key;
static struct kf_store store, after;

static int open_change(void **state)
{
	struct kf_store empty = { .complete = true };

	model_open(state);
	none = kf_view(NULL, 0);
	one = model_fill(32, 1);
	two = model_fill(32, 2);
	three = model_fill(32, 3);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	key = model_certificate('k', KF_WHY_NO_PATH);
	store = empty;
	model_put(&store, "pk", model_list(model_x509, owner));
	model_put(&store, "db", model_list(model_sha256, one));
	return 0;
}

#define CHANGE_TEST(name) cmocka_unit_test_setup(name, open_change)

static struct kf_bytes list(struct kf_bytes a, struct kf_bytes b)
{
	const struct kf_bytes both[] = { a, b };

	return model_list_of(model_sha256, both, 2);
}

static const struct kf_part *apply(enum kf_change_kind kind, const char *part,
				   struct kf_bytes value)
{
	struct kf_change change = { .kind = kind, .part = part,
				    .value = value };

	assert_int_equal(kf_change_apply(&after, &store, &change,
					 model_env()), KF_OK);
	return kf_store_part(&after, part);
}

static void holds(const struct kf_part *part, struct kf_bytes wanted)
{
	assert_non_null(part);
	assert_int_equal(part->presence, KF_PRESENT);
	assert_int_equal(part->bytes.len, wanted.len);
	assert_memory_equal(part->bytes.data, wanted.data, wanted.len);
}

static void an_append_adds_what_is_new(void **state)
{
	struct kf_bytes old = model_list(model_sha256, one);

	holds(apply(KF_CHANGE_APPEND, "db", list(one, two)),
	      model_join(old, model_list(model_sha256, two)));
	holds(apply(KF_CHANGE_APPEND, "db", list(two, one)),
	      model_join(old, model_list(model_sha256, two)));
	holds(apply(KF_CHANGE_APPEND, "db", list(two, three)),
	      model_join(old, list(two, three)));
	/* The old store stays as it is. */
	holds(kf_store_part(&store, "db"), old);
}

static void an_append_of_what_is_there_adds_nothing(void **state)
{
	struct kf_bytes old = model_list(model_sha256, one);

	holds(apply(KF_CHANGE_APPEND, "db", old), old);
	holds(apply(KF_CHANGE_APPEND, "db", model_join(old, old)), old);
	holds(apply(KF_CHANGE_APPEND, "db", none), old);
}

static void what_comes_twice_in_an_append_is_added_twice(void **state)
{
	struct kf_bytes old = model_list(model_sha256, one);

	holds(apply(KF_CHANGE_APPEND, "db", list(two, two)),
	      model_join(old, list(two, two)));
}

static void type_size_and_owner_count(void **state)
{
	struct kf_bytes old = model_list(model_sha256, one), other;

	other = model_list(model_x509_sha256, model_timed(one, 0));
	holds(apply(KF_CHANGE_APPEND, "db", other), model_join(old, other));
	other = model_list(model_x509, one);
	holds(apply(KF_CHANGE_APPEND, "db", other), model_join(old, other));
	other = model_copy(old);
	model_poke(other, 28, 1, 'x');
	holds(apply(KF_CHANGE_APPEND, "db", other), model_join(old, other));
}

static void a_list_of_which_nothing_is_new_is_left_out(void **state)
{
	struct kf_bytes old = model_list(model_sha256, one);
	struct kf_bytes certificate = model_list(model_x509, owner);

	holds(apply(KF_CHANGE_APPEND, "db", model_join(old, certificate)),
	      model_join(old, certificate));
}

static void what_lies_behind_a_broken_list_is_not_found(void **state)
{
	struct kf_bytes broken = model_list(model_sha256, two);
	struct kf_bytes old;

	model_poke(broken, 16, 4, 4000);
	old = model_join(broken, model_list(model_sha256, one));
	model_put(&store, "db", old);
	holds(apply(KF_CHANGE_APPEND, "db", model_list(model_sha256, one)),
	      model_join(old, model_list(model_sha256, one)));
}

static void pk_and_what_shim_keeps_are_appended_as_they_are(void **state)
{
	struct kf_bytes old = model_list(model_x509, owner);

	holds(apply(KF_CHANGE_APPEND, "pk", old), model_join(old, old));
	model_put(&store, "mok", old);
	holds(apply(KF_CHANGE_APPEND, "mok", old), model_join(old, old));
}

static void lists_that_do_not_add_up_are_not_appended(void **state)
{
	struct kf_change change = { .kind = KF_CHANGE_APPEND, .part = "db",
				    .value = model_fill(30, 1) };

	assert_int_equal(kf_change_apply(&after, &store, &change,
					 model_env()), KF_WRONG_USE);
}

static void an_append_to_the_unknown_leaves_it_unknown(void **state)
{
	struct kf_bytes value = model_list(model_sha256, two);

	store.complete = false;
	assert_int_equal(apply(KF_CHANGE_APPEND, "dbx", value)->presence,
			 KF_UNKNOWN);
	holds(apply(KF_CHANGE_REPLACE, "dbx", value), value);
	store.complete = true;
	holds(apply(KF_CHANGE_APPEND, "dbx", value), value);
}

static void a_replacement_and_a_removal_leave_nothing_of_the_old(void **state)
{
	struct kf_bytes value = model_list(model_sha256, two);

	holds(apply(KF_CHANGE_REPLACE, "db", value), value);
	assert_int_equal(after.part[1].attributes, 0x27);
	assert_int_equal(apply(KF_CHANGE_REPLACE, "db", none)->presence,
			 KF_ABSENT);
	assert_int_equal(apply(KF_CHANGE_REMOVE, "db", none)->presence,
			 KF_ABSENT);
	assert_int_equal(kf_store_presence(&after, "db"), KF_ABSENT);
}

/* time_after is the year that a write of 2021 leaves in db; 0: not known. */
static unsigned time_after(enum kf_change_kind kind, bool timed,
			   unsigned year_before)
{
	struct kf_change change = {
		.kind = kind, .part = "db", .timed = timed,
		.value = model_list(model_sha256, two),
		.time = { .year = 2021, .month = 1, .day = 1 },
	};
	const struct kf_part *db;

	store = model_device(model_list(model_x509, owner), none, "db",
			     model_list(model_sha256, one), year_before);
	assert_int_equal(kf_change_apply(&after, &store, &change,
					 model_env()), KF_OK);
	db = kf_store_part(&after, "db");
	return db->timed ? db->time.year : 0;
}

static void the_later_time_is_kept_of_an_append(void **state)
{
	assert_int_equal(time_after(KF_CHANGE_APPEND, true, 2019), 2021);
	assert_int_equal(time_after(KF_CHANGE_APPEND, true, 2022), 2022);
	assert_int_equal(time_after(KF_CHANGE_REPLACE, true, 2022), 2021);
	assert_int_equal(time_after(KF_CHANGE_APPEND, true, 0), 0);
	assert_int_equal(time_after(KF_CHANGE_APPEND, false, 2019), 0);
	assert_int_equal(time_after(KF_CHANGE_REPLACE, false, 2019), 0);
}

static void an_append_that_creates_keeps_a_time_of_zeros(void **state)
{
	struct kf_change change = {
		.kind = KF_CHANGE_APPEND, .part = "dbx", .timed = true,
		.value = model_list(model_sha256, two),
		.time = { .year = 2021, .month = 1, .day = 1 },
	};

	assert_int_equal(kf_change_apply(&store, &store, &change,
					 model_env()), KF_OK);
	assert_true(kf_store_part(&store, "dbx")->timed);
	assert_int_equal(kf_store_part(&store, "dbx")->time.year, 0);
}

static enum kf_answer starts(const struct kf_store *device)
{
	struct kf_verdict v;
	struct model_image spec = { 0 };

	return model_ask(&v, model_image(&spec), device, "edk2-2025.02");
}

static void without_pk_nothing_is_verified(void **state)
{
	assert_true(kf_store_set(&store, "secure-boot", "on"));
	assert_int_equal(starts(&store), KF_REJECT);
	apply(KF_CHANGE_REMOVE, "pk", none);
	assert_int_equal(starts(&after), KF_ACCEPT);
	assert_null(kf_store_setting(&after, "secure-boot"));
}

static void the_first_pk_turns_secure_boot_on(void **state)
{
	struct kf_bytes pk = model_list(model_x509, owner);

	model_put(&store, "pk", none);
	model_put(&store, "secure-boot-enable", model_fill(1, 0));
	assert_int_equal(starts(&store), KF_ACCEPT);
	apply(KF_CHANGE_REPLACE, "pk", pk);
	assert_int_equal(starts(&after), KF_REJECT);
	/* Another one in its place changes nothing of that. */
	model_put(&store, "pk", model_list(model_x509, key));
	apply(KF_CHANGE_REPLACE, "pk", pk);
	assert_int_equal(starts(&after), KF_ACCEPT);
}

static void a_setting_is_set(void **state)
{
	struct kf_change off = { .kind = KF_CHANGE_SETTING,
				 .part = "secure-boot", .word = "off" };

	assert_int_equal(kf_change_apply(&after, &store, &off, model_env()),
			 KF_OK);
	assert_int_equal(starts(&store), KF_REJECT);
	assert_int_equal(starts(&after), KF_ACCEPT);
}

static void a_signature_tells_variable_and_way(void **state)
{
	static const struct { const char *name, *part; } targets[] = {
		{ "PK", "pk" }, { "KEK", "kek" }, { "db", "db" },
		{ "dbx", "dbx" }, { "dbt", "dbt" },
	};

	for (size_t i = 0; i < 10; i++) {
		struct model_update spec = {
			.variable = targets[i / 2].name,
			.attributes = i % 2 ? MODEL_APPEND : MODEL_REPLACE,
			.value = model_list(model_x509, owner),
			.certificate = { key }, .year = 2020,
		};
		struct kf_bytes file = model_update(&spec);
		struct kf_change change;

		assert_int_equal(kf_change_update(&change, file, model_env()),
				 KF_OK);
		assert_non_null(change.part);
		assert_string_equal(change.part, targets[i / 2].part);
		assert_int_equal(change.kind, i % 2 ? KF_CHANGE_APPEND
						    : KF_CHANGE_REPLACE);
		assert_true(kf_equal(change.value, spec.value));
		assert_true(change.timed);
		assert_int_equal(change.time.year, 2020);
		assert_true(kf_equal(change.update, file));
	}
}

static void an_empty_replacement_is_a_removal(void **state)
{
	struct model_update spec = { .variable = "dbx",
				     .certificate = { key } };
	struct kf_change change;

	assert_int_equal(kf_change_update(&change, model_update(&spec),
					  model_env()), KF_OK);
	assert_string_equal(change.part, "dbx");
	assert_int_equal(change.kind, KF_CHANGE_REMOVE);
}

static void a_signature_that_holds_for_nothing_names_nothing(void **state)
{
	struct model_update spec = { .value = model_list(model_sha256, two),
				     .certificate = { key }, .bad = true };
	struct kf_bytes file = model_update(&spec);
	struct kf_change change;

	assert_int_equal(kf_change_update(&change, file, model_env()), KF_OK);
	assert_null(change.part);
	assert_true(kf_equal(change.value, spec.value));
	assert_int_equal(kf_change_apply(&after, &store, &change,
					 model_env()), KF_OK);
	holds(kf_store_part(&after, "db"), model_list(model_sha256, one));
	for (size_t len = 0; len < file.len; len += 7) {
		assert_int_equal(kf_change_update(&change,
						  kf_part_of(file, 0, len),
						  model_env()), KF_OK);
		assert_null(change.part);
	}
}

static void what_the_firmware_makes_is_no_target(void **state)
{
	assert_non_null(kf_change_target("db"));
	assert_ptr_equal(kf_change_target("KEK"), kf_change_target("kek"));
	assert_ptr_equal(kf_change_target("MokList"), kf_change_target("mok"));
	assert_null(kf_change_target("setup-mode"));
	assert_null(kf_change_target("secure-boot"));
	assert_null(kf_change_target("secure-boot-enable"));
	assert_null(kf_change_target("custom-mode"));
	assert_null(kf_change_target(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHANGE_TEST(an_append_adds_what_is_new),
		CHANGE_TEST(an_append_of_what_is_there_adds_nothing),
		CHANGE_TEST(what_comes_twice_in_an_append_is_added_twice),
		CHANGE_TEST(type_size_and_owner_count),
		CHANGE_TEST(a_list_of_which_nothing_is_new_is_left_out),
		CHANGE_TEST(what_lies_behind_a_broken_list_is_not_found),
		CHANGE_TEST(pk_and_what_shim_keeps_are_appended_as_they_are),
		CHANGE_TEST(lists_that_do_not_add_up_are_not_appended),
		CHANGE_TEST(an_append_to_the_unknown_leaves_it_unknown),
		CHANGE_TEST(
			a_replacement_and_a_removal_leave_nothing_of_the_old),
		CHANGE_TEST(the_later_time_is_kept_of_an_append),
		CHANGE_TEST(an_append_that_creates_keeps_a_time_of_zeros),
		CHANGE_TEST(without_pk_nothing_is_verified),
		CHANGE_TEST(the_first_pk_turns_secure_boot_on),
		CHANGE_TEST(a_setting_is_set),
		CHANGE_TEST(a_signature_tells_variable_and_way),
		CHANGE_TEST(an_empty_replacement_is_a_removal),
		CHANGE_TEST(a_signature_that_holds_for_nothing_names_nothing),
		CHANGE_TEST(what_the_firmware_makes_is_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
