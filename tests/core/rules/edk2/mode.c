/* Is anything verified? UEFI-26, and the contract for parts given one by one:
 * Secure Boot then counts as on, unless pk=none or secure-boot=off.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

static struct kf_bytes byte(uint8_t value)
{
	return model_fill(1, value);
}

static void a_whole_store_without_a_platform_key_is_in_setup_mode(void **state)
{
	struct kf_store store = { .complete = true };

	assert_int_equal(edk2_mode(&store), EDK2_SETUP_MODE);
	model_put(&store, "pk", byte(1));
	assert_int_equal(edk2_mode(&store), EDK2_ENFORCED);
}

static void parts_given_one_by_one_count_as_enforced(void **state)
{
	struct kf_store store = { .complete = false };

	assert_int_equal(edk2_mode(&store), EDK2_ENFORCED);
	model_put(&store, "db", byte(1));
	assert_int_equal(edk2_mode(&store), EDK2_ENFORCED);
	model_put(&store, "pk", kf_view(NULL, 0));
	assert_int_equal(edk2_mode(&store), EDK2_SETUP_MODE);
}

static void the_setting_goes_before_all_else(void **state)
{
	struct kf_store store = { .complete = true };

	assert_true(kf_store_set(&store, "secure-boot", "on"));
	model_put(&store, "secure-boot", byte(0));
	assert_int_equal(edk2_mode(&store), EDK2_ENFORCED);
	model_put(&store, "pk", byte(1));
	model_put(&store, "secure-boot", byte(1));
	assert_true(kf_store_set(&store, "secure-boot", "off"));
	assert_int_equal(edk2_mode(&store), EDK2_SECURE_BOOT_OFF);
}

static void enable_counts_where_there_is_a_platform_key(void **state)
{
	static const struct {
		uint8_t enable;
		enum edk2_mode mode;
	} all[] = {
		{ 0, EDK2_SECURE_BOOT_OFF }, { 1, EDK2_ENFORCED },
		{ 2, EDK2_SECURE_BOOT_OFF },
	};
	struct kf_store store = { .complete = true };

	for (size_t i = 0; i < 3; i++) {
		model_put(&store, "secure-boot-enable", byte(all[i].enable));
		model_put(&store, "pk", byte(1));
		assert_int_equal(edk2_mode(&store), all[i].mode);
		model_put(&store, "pk", kf_view(NULL, 0));
		assert_int_equal(edk2_mode(&store), EDK2_SETUP_MODE);
	}
}

static void a_running_system_tells_its_state(void **state)
{
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", byte(1));
	model_put(&store, "secure-boot-enable", byte(0));
	model_put(&store, "secure-boot", byte(1));
	assert_int_equal(edk2_mode(&store), EDK2_ENFORCED);
	model_put(&store, "secure-boot", byte(0));
	model_put(&store, "secure-boot-enable", byte(1));
	assert_int_equal(edk2_mode(&store), EDK2_SECURE_BOOT_OFF);
}

/* Source: edk2 DxeImageVerificationLib.c:DxeImageVerificationHandler asks for
 * one byte, and compares the attributes. */
static void only_a_plain_zero_turns_verification_off(void **state)
{
	static const struct {
		size_t len;
		uint32_t attributes;
		enum edk2_mode mode;
	} all[] = {
		{ 1, 0, EDK2_SECURE_BOOT_OFF }, { 1, 6, EDK2_SECURE_BOOT_OFF },
		{ 1, 7, EDK2_ENFORCED }, { 1, 2, EDK2_ENFORCED },
		{ 2, 6, EDK2_ENFORCED }, { 4, 0, EDK2_ENFORCED },
	};
	struct kf_store store = { .complete = true };
	struct kf_part now = { .name = "secure-boot",
			       .presence = KF_PRESENT };

	model_put(&store, "pk", byte(1));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		now.bytes = model_fill(all[i].len, 0);
		now.attributes = all[i].attributes;
		assert_true(kf_store_put(&store, &now));
		assert_int_equal(edk2_mode(&store), all[i].mode);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(
		    a_whole_store_without_a_platform_key_is_in_setup_mode),
		MODEL_TEST(parts_given_one_by_one_count_as_enforced),
		MODEL_TEST(the_setting_goes_before_all_else),
		MODEL_TEST(enable_counts_where_there_is_a_platform_key),
		MODEL_TEST(a_running_system_tells_its_state),
		MODEL_TEST(only_a_plain_zero_turns_verification_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
