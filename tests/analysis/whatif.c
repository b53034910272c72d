/* What changes do to a device and to a file that it starts. Expected answers
 * follow from UEFI-29, UEFI-34, UEFI-49 to UEFI-55, by hand.
 */
#include "tests/model_update.h"

#include "analysis/whatif.h"

static struct kf_bytes none, owner, key[4], signer, kek_list, file;
static struct kf_store store;
static struct kf_change change[8];
static size_t num_changes;
static struct kf_whatif found;
static struct kf_boots boots;

static int open_whatif(void **state)
{
	struct kf_store empty = { .complete = true };
	struct model_image spec = { 0 };

	model_open(state);
	none = kf_view(NULL, 0);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	signer = model_certificate('s', KF_WHY_NO_PATH);
	for (size_t i = 0; i < 4; i++)
		key[i] = model_certificate((uint8_t)('0' + i),
					   KF_WHY_NO_PATH);
	kek_list = model_list(model_x509, key[0]);
	file = model_by(model_image(&spec), signer);
	store = empty;
	num_changes = 0;
	model_put(&store, "pk", model_list(model_x509, owner));
	model_put(&store, "kek", kek_list);
	model_put(&store, "db", model_list(model_x509, signer));
	model_put(&store, "dbx", none);
	return 0;
}

#define WHATIF_TEST(name) cmocka_unit_test_setup(name, open_whatif)

/* list adds a change that nobody has signed. */
static void list(enum kf_change_kind kind, const char *part,
		 struct kf_bytes value)
{
	struct kf_change c = { .kind = kind, .part = part, .value = value,
			       .text = "a list" };

	change[num_changes++] = c;
}

/* signed_by adds a signed append. */
static void signed_by(const char *variable, struct kf_bytes by,
		      struct kf_bytes value)
{
	struct model_update spec = { .variable = variable, .value = value,
				     .attributes = MODEL_APPEND,
				     .certificate = { by } };

	assert_int_equal(kf_change_update(&change[num_changes++],
					  model_update(&spec), model_env()),
			 KF_OK);
	assert_non_null(change[num_changes - 1].part);
}

/* ask plays the changes on the device that starts the file. */
static enum kf_conclusion ask(void)
{
	static struct kf_artifact artifact;
	static struct kf_source source;
	struct kf_chain_file boot = { .path = "boot.efi",
				      .artifact = &artifact };
	struct kf_chain_given given = { .file = &boot, .num_files = 1,
					.in_a_row = true };
	struct kf_boots *all[] = { &boots };
	struct kf_env *env = model_env();
	struct kf_whatif_ask question = {
		.store = &store, .for_shim = &store,
		.firmware = kf_rules_find("edk2-2025.02"),
		.update = kf_rules_find("edk2-variable-2025.02"),
		.change = change, .num_changes = num_changes,
		.boots = all, .num_boots = 1,
	};

	source = model_source(&file);
	boot.env = env;
	boots.given = &given;
	kf_artifact_read(&artifact, kf_format_at(0), &source, env);
	assert_int_equal(kf_whatif(&found, &question, env), KF_OK);
	kf_artifact_close(&artifact, env);
	assert_int_equal(found.num_steps, num_changes);
	assert_int_equal(found.num_paths, 1);
	return found.conclusion;
}

static struct kf_bytes x509(struct kf_bytes der)
{
	return model_list(model_x509, der);
}

static void a_revoked_signer_strands_what_it_signed(void **state)
{
	list(KF_CHANGE_APPEND, "dbx", x509(key[1]));
	list(KF_CHANGE_APPEND, "dbx", x509(signer));
	assert_int_equal(ask(), KF_PLAN_STRANDS);
	assert_int_equal(found.path[0].before.answer, KF_ACCEPT);
	assert_int_equal(found.path[0].after.answer, KF_REJECT);
	assert_int_equal(found.path[0].effect, KF_EFFECT_STOPS);
	assert_int_equal(found.path[0].step, 2);
	assert_string_equal(found.path[0].after.why.reason->slug,
			    "certificate-revoked");
	assert_int_equal(found.num_order, 0);
	assert_true(found.tried);
	kf_whatif_close(&found, model_env());
}

static void a_new_anchor_lets_begin(void **state)
{
	model_put(&store, "db", x509(key[1]));
	list(KF_CHANGE_APPEND, "db", x509(signer));
	assert_int_equal(ask(), KF_PLAN_SAFE);
	assert_int_equal(found.path[0].effect, KF_EFFECT_STARTS);
	assert_int_equal(found.path[0].before.answer, KF_REJECT);
	assert_int_equal(found.step[0].right, KF_RIGHT_KEK_HOLDER);
	kf_whatif_close(&found, model_env());
}

static void a_signed_update_has_its_own_right(void **state)
{
	signed_by("db", key[0], x509(key[1]));
	signed_by("db", owner, x509(key[2]));
	signed_by("KEK", owner, x509(key[3]));
	assert_int_equal(ask(), KF_PLAN_SAFE);
	assert_int_equal(found.step[0].right, KF_RIGHT_KEK);
	assert_string_equal(found.step[0].why.rule, "UEFI-51");
	assert_int_equal(found.step[1].right, KF_RIGHT_PK);
	assert_int_equal(found.step[2].right, KF_RIGHT_PK);
	assert_int_equal(found.path[0].effect, KF_EFFECT_NONE);
	kf_whatif_close(&found, model_env());
}

static void what_is_refused_changes_nothing(void **state)
{
	signed_by("dbx", key[1], x509(signer));
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	assert_int_equal(found.step[0].answer, KF_REJECT);
	assert_string_equal(found.step[0].why.reason->slug,
			    "update-not-authorized");
	assert_int_equal(found.path[0].effect, KF_EFFECT_NONE);
	assert_int_equal(kf_store_presence(&found.after.firmware, "dbx"),
			 KF_ABSENT);
	kf_whatif_close(&found, model_env());
}

static void an_order_is_found_in_which_all_is_taken(void **state)
{
	signed_by("db", key[1], x509(key[3]));
	signed_by("KEK", owner, x509(key[1]));
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	assert_int_equal(found.num_order, 2);
	assert_int_equal(found.order[0], 2);
	assert_int_equal(found.order[1], 1);
	kf_whatif_close(&found, model_env());
}

/* 3 has to come before 1, and 4 before 2: of the six orders in which they do,
 * the first one, in the order of numbers, is told. */
static void of_safe_orders_the_first_is_told(void **state)
{
	static const size_t wanted[] = { 3, 1, 4, 2 };

	signed_by("db", key[1], x509(key[3]));
	signed_by("dbx", key[2], model_list(model_sha256, model_fill(32, 9)));
	signed_by("KEK", owner, x509(key[1]));
	signed_by("KEK", owner, x509(key[2]));
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	assert_int_equal(found.num_order, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(found.order[i], wanted[i]);
	kf_whatif_close(&found, model_env());
}

static void a_gap_between_two_changes_strands_too(void **state)
{
	list(KF_CHANGE_REPLACE, "db", x509(key[1]));
	list(KF_CHANGE_APPEND, "db", x509(signer));
	assert_int_equal(ask(), KF_PLAN_STRANDS);
	assert_int_equal(found.path[0].effect, KF_EFFECT_GAP);
	assert_int_equal(found.path[0].step, 1);
	assert_int_equal(found.path[0].worst.answer, KF_REJECT);
	assert_int_equal(found.path[0].after.answer, KF_ACCEPT);
	kf_whatif_close(&found, model_env());
}

static void without_pk_everything_is_taken_and_started(void **state)
{
	list(KF_CHANGE_REMOVE, "pk", none);
	list(KF_CHANGE_APPEND, "dbx", x509(signer));
	assert_int_equal(ask(), KF_PLAN_SAFE);
	assert_int_equal(found.step[0].right, KF_RIGHT_PK_HOLDER);
	assert_true(found.step[0].ends_user_mode);
	assert_int_equal(found.step[1].right, KF_RIGHT_SETUP);
	assert_int_equal(found.path[0].effect, KF_EFFECT_NONE);
	kf_whatif_close(&found, model_env());
}

static void secure_boot_needs_a_platform_key(void **state)
{
	struct kf_change on = { .kind = KF_CHANGE_SETTING,
				.part = "secure-boot", .word = "on",
				.text = "secure-boot=on" };

	model_put(&store, "pk", none);
	change[num_changes++] = on;
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	kf_whatif_close(&found, model_env());
	open_whatif(NULL);
	assert_true(kf_store_set(&store, "secure-boot", "off"));
	model_put(&store, "db", none);
	change[num_changes++] = on;
	assert_int_equal(ask(), KF_PLAN_STRANDS);
	assert_int_equal(found.step[0].right, KF_RIGHT_SCREEN);
	kf_whatif_close(&found, model_env());
}

static void what_changes_nothing_says_so(void **state)
{
	signed_by("db", key[0], x509(signer));
	list(KF_CHANGE_REPLACE, "kek", kek_list);
	list(KF_CHANGE_REMOVE, "dbx", none);
	assert_int_equal(ask(), KF_PLAN_SAFE);
	for (size_t i = 0; i < 3; i++)
		assert_true(found.step[i].no_effect);
	kf_whatif_close(&found, model_env());
}

static void a_list_that_firmware_does_not_take_is_refused(void **state)
{
	list(KF_CHANGE_REPLACE, "db", model_list(model_x509,
						 model_fill(40, 0)));
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	assert_string_equal(found.step[0].why.reason->slug, "update-content");
	kf_whatif_close(&found, model_env());
}

static void what_is_not_known_stays_open(void **state)
{
	struct kf_part dbx = { .name = "dbx" };

	assert_true(kf_store_put(&store, &dbx));
	list(KF_CHANGE_APPEND, "db", x509(key[1]));
	assert_int_equal(ask(), KF_PLAN_UNKNOWN);
	assert_int_equal(found.path[0].effect, KF_EFFECT_UNKNOWN);
	kf_whatif_close(&found, model_env());
	open_whatif(NULL);
	store.part[1].presence = KF_UNKNOWN;
	signed_by("db", key[0], x509(key[1]));
	assert_int_equal(ask(), KF_PLAN_UNKNOWN);
	assert_int_equal(found.step[0].answer, KF_UNDECIDED);
	kf_whatif_close(&found, model_env());
}

static void a_signature_for_nothing_is_refused(void **state)
{
	struct model_update spec = { .value = x509(key[1]), .bad = true,
				     .certificate = { key[0] } };

	assert_int_equal(kf_change_update(&change[num_changes++],
					  model_update(&spec), model_env()),
			 KF_OK);
	assert_int_equal(ask(), KF_PLAN_REFUSED);
	assert_string_equal(found.step[0].why.reason->slug,
			    "signature-invalid");
	assert_non_null(found.step[0].note);
	kf_whatif_close(&found, model_env());
}

static void what_shim_keeps_is_not_the_firmwares(void **state)
{
	list(KF_CHANGE_APPEND, "mok", x509(key[1]));
	list(KF_CHANGE_REPLACE, "sbat-level", kf_text("sbat,1,2\n"));
	assert_int_equal(ask(), KF_PLAN_SAFE);
	assert_int_equal(found.step[0].right, KF_RIGHT_OWNER);
	assert_int_equal(found.step[1].right, KF_RIGHT_SHIM);
	kf_whatif_close(&found, model_env());
}

static void what_is_measured_differs_with_its_variables(void **state)
{
	const char *part;

	list(KF_CHANGE_APPEND, "mok", x509(key[1]));
	ask();
	assert_int_equal(kf_whatif_measured(&found.before.firmware,
					    &found.after.firmware, &part),
			 KF_NO);
	kf_whatif_close(&found, model_env());
	num_changes = 0;
	list(KF_CHANGE_APPEND, "dbx", x509(key[1]));
	ask();
	assert_int_equal(kf_whatif_measured(&found.before.firmware,
					    &found.after.firmware, &part),
			 KF_YES);
	assert_string_equal(part, "dbx");
	kf_whatif_close(&found, model_env());
}

/* Under what a new db has not, and what dbx has, nothing starts: UEFI-29,
 * UEFI-34. */
static void what_db_loses_is_told(void **state)
{
	model_put(&store, "db", model_join(x509(signer), x509(key[1])));
	list(KF_CHANGE_APPEND, "dbx", x509(key[1]));
	list(KF_CHANGE_REPLACE, "db", x509(key[2]));
	ask();
	assert_int_equal(found.losses.num, 2);
	assert_true(kf_equal(found.losses.lost[0].certificate, key[1]));
	assert_int_equal(found.losses.lost[0].step, 1);
	assert_true(kf_equal(found.losses.lost[1].certificate, signer));
	assert_int_equal(found.losses.lost[1].step, 2);
	kf_whatif_close(&found, model_env());
}

static void what_comes_back_is_not_lost(void **state)
{
	list(KF_CHANGE_REPLACE, "db", x509(key[1]));
	list(KF_CHANGE_APPEND, "db", x509(signer));
	ask();
	assert_int_equal(found.losses.num, 0);
	kf_whatif_close(&found, model_env());
	num_changes = 0;
	list(KF_CHANGE_REPLACE, "db", x509(key[1]));
	list(KF_CHANGE_REMOVE, "pk", none);
	ask();
	assert_int_equal(found.losses.num, 0);
	kf_whatif_close(&found, model_env());
}

static void more_than_a_table_holds_are_told_to_be_more(void **state)
{
	struct kf_losses losses = { .num = KF_LOST_MAX };
	struct kf_store after = store;

	model_put(&after, "db", x509(key[1]));
	kf_losses_note(&losses, &store, &after, 1);
	assert_true(losses.more);
	assert_int_equal(losses.num, KF_LOST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WHATIF_TEST(a_revoked_signer_strands_what_it_signed),
		WHATIF_TEST(a_new_anchor_lets_begin),
		WHATIF_TEST(a_signed_update_has_its_own_right),
		WHATIF_TEST(what_is_refused_changes_nothing),
		WHATIF_TEST(an_order_is_found_in_which_all_is_taken),
		WHATIF_TEST(of_safe_orders_the_first_is_told),
		WHATIF_TEST(a_gap_between_two_changes_strands_too),
		WHATIF_TEST(without_pk_everything_is_taken_and_started),
		WHATIF_TEST(secure_boot_needs_a_platform_key),
		WHATIF_TEST(what_changes_nothing_says_so),
		WHATIF_TEST(a_list_that_firmware_does_not_take_is_refused),
		WHATIF_TEST(what_is_not_known_stays_open),
		WHATIF_TEST(a_signature_for_nothing_is_refused),
		WHATIF_TEST(what_shim_keeps_is_not_the_firmwares),
		WHATIF_TEST(what_is_measured_differs_with_its_variables),
		WHATIF_TEST(what_db_loses_is_told),
		WHATIF_TEST(what_comes_back_is_not_lost),
		WHATIF_TEST(more_than_a_table_holds_are_told_to_be_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
