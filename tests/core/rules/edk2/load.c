/* What the loader refuses after verification. UEFI-111 to UEFI-113.
 */
#include "tests/model.h"

enum { OPTIONAL = 64 + 24 };

static struct kf_bytes file;
static const char *rules_name;

static int open_load(void **state)
{
	struct model_image spec = { 0 };

	model_open(state);
	rules_name = "edk2-2025.02";
	file = model_image(&spec);
	return 0;
}

/* loads tells whether the loader takes `file`, which passes the gate. */
static bool loads(void)
{
	struct kf_finding found = model_load(file, rules_name);

	return !found.reason;
}

static bool refuses(const char *rule)
{
	struct kf_finding found = model_load(file, rules_name);

	return model_found(&found, "load-layout") &&
	       model_same(found.rule, rule);
}

static bool unsure(void)
{
	struct kf_finding found = model_load(file, rules_name);

	return model_found(&found, "beyond-limits");
}

static void a_model_image_loads(void **state)
{
	struct model_image narrow = { .narrow = true };

	assert_true(loads());
	file = model_image(&narrow);
	assert_true(loads());
}

/* Source of the numbers: UEFI 2.10, 2.1.1. */
static void only_efi_subsystems_load(void **state)
{
	for (unsigned value = 0; value < 20; value++) {
		bool efi = value >= 10 && value <= 13;

		model_poke(file, OPTIONAL + 68, 2, value);
		assert_int_equal(efi ? loads() : refuses("UEFI-111"), 1);
	}
}

static void an_alignment_of_zero_is_refused(void **state)
{
	model_poke(file, OPTIONAL + 32, 4, 0);
	assert_true(refuses("UEFI-111"));
	model_poke(file, OPTIONAL + 32, 4, 1);
	assert_true(loads());
}

static void without_relocations_it_depends_on_the_device(void **state)
{
	model_poke(file, 64 + 22, 2, 0x23);
	assert_true(unsure());
	model_poke(file, OPTIONAL + 68, 2, 12);	/* a runtime driver */
	assert_true(refuses("UEFI-111"));
	model_poke(file, OPTIONAL + 68, 2, 11);
	assert_true(unsure());
}

static void more_than_a_gigabyte_depends_on_the_device(void **state)
{
	model_poke(file, OPTIONAL + 56, 4, (UINT32_C(1) << 30) + 1);
	assert_true(unsure());
	model_poke(file, OPTIONAL + 56, 4, UINT32_C(1) << 30);
	assert_true(loads());
}

static void a_section_lies_inside_the_image(void **state)
{
	size_t at = model_section_at(file);

	/* SizeOfImage is 0x2000, the section 0x40 bytes. */
	model_poke(file, at + 12, 4, 0x2000 - 0x40);
	assert_true(loads());
	model_poke(file, at + 12, 4, 0x2000 - 0x3f);
	assert_true(refuses("UEFI-112"));
	model_poke(file, at + 12, 4, 0x2000);
	assert_true(refuses("UEFI-112"));
	model_poke(file, at + 12, 4, 0x1000);
	model_poke(file, at + 8, 4, 0x1000);	/* VirtualSize */
	assert_true(loads());
	model_poke(file, at + 8, 4, 0x1001);
	assert_true(refuses("UEFI-112"));
}

static void one_without_data_may_lie_outside(void **state)
{
	size_t at = model_section_at(file);

	model_poke(file, at + 8, 4, 0);
	model_poke(file, at + 16, 4, 0);
	model_poke(file, at + 12, 4, 0x7fffffff);
	assert_true(loads());
}

/* debug puts one CodeView entry at the section's start; its data at `rva`. */
static void debug(uint32_t len, uint32_t rva, uint32_t at)
{
	model_poke(file, model_directory_at(file, 6), 8,
		   UINT64_C(0x1000) | UINT64_C(28) << 32);
	model_poke(file, 0x200 + 12, 4, 2);
	model_poke(file, 0x200 + 16, 4, len);
	model_poke(file, 0x200 + 20, 4, rva);
	model_poke(file, 0x200 + 24, 4, at);
}

/* Source of the sizes: edk2, MdePkg/Include/IndustryStandard/PeImage.h, the
 * three CodeView entries. */
static void a_codeview_entry_has_the_size_of_its_kind(void **state)
{
	static const struct {
		uint32_t signature, len;
	} kinds[] = {
		{ 0x3031424e, 16 },	/* NB10 */
		{ 0x53445352, 24 },	/* RSDS */
		{ 0x434f544d, 20 },	/* MTOC */
	};

	for (size_t i = 0; i < 3; i++) {
		debug(kinds[i].len, 0x1020, 0x220);
		model_poke(file, 0x220, 4, kinds[i].signature);
		assert_true(loads());
		debug(kinds[i].len - 1, 0x1020, 0x220);
		assert_true(refuses("UEFI-113"));
	}
	model_poke(file, 0x220, 4, 0x12345678);
	debug(0, 0x1020, 0x220);
	assert_true(loads());
}

static void codeview_data_lie_inside_the_image(void **state)
{
	debug(24, 0x2000, 0x220);
	assert_true(refuses("UEFI-113"));
	debug(24, UINT32_MAX, 0x220);
	assert_true(refuses("UEFI-113"));
	debug(24, 0, 0);
	assert_true(loads());
	debug(24, 0, 0x220);
	assert_true(unsure());
}

static void memory_that_the_file_does_not_fill_is_not_guessed(void **state)
{
	debug(24, 0x1800, 0x220);
	assert_true(unsure());
}

static void what_a_section_does_not_fill_is_zero(void **state)
{
	model_poke(file, model_section_at(file) + 8, 4, 0x100);
	debug(0, 0x1080, 0x220);	/* no kind: nothing is too short */
	assert_true(loads());
}

#define LOAD_TEST(name) cmocka_unit_test_setup(name, open_load)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOAD_TEST(a_model_image_loads),
		LOAD_TEST(only_efi_subsystems_load),
		LOAD_TEST(an_alignment_of_zero_is_refused),
		LOAD_TEST(without_relocations_it_depends_on_the_device),
		LOAD_TEST(more_than_a_gigabyte_depends_on_the_device),
		LOAD_TEST(a_section_lies_inside_the_image),
		LOAD_TEST(one_without_data_may_lie_outside),
		LOAD_TEST(a_codeview_entry_has_the_size_of_its_kind),
		LOAD_TEST(codeview_data_lie_inside_the_image),
		LOAD_TEST(memory_that_the_file_does_not_fill_is_not_guessed),
		LOAD_TEST(what_a_section_does_not_fill_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
