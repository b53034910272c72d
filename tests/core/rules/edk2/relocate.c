/* Resources and relocations. UEFI-114, UEFI-115.
 *
 * Source of the layouts: Microsoft, "PE Format", .rsrc and .reloc.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

enum { BASE = 0x1000, AT = 0x200, ROOM = 0x100 };

static struct kf_bytes file;
static const char *rules_name;

static int open_relocate(void **state)
{
	struct model_image spec = { .tail = ROOM };
	size_t section;

	model_open(state);
	rules_name = "edk2-2025.02";
	file = model_image(&spec);
	section = model_section_at(file);
	model_poke(file, section + 8, 4, ROOM);
	model_poke(file, section + 16, 4, ROOM);
	for (size_t i = 0; i < ROOM; i++)
		model_poke(file, AT + i, 1, 0);
	return 0;
}

static void directory(unsigned index, uint32_t rva, uint32_t len)
{
	model_poke(file, model_directory_at(file, index), 4, rva);
	model_poke(file, model_directory_at(file, index) + 4, 4, len);
}

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

/* block writes one block of relocations with one entry. */
static void block(uint32_t rva, uint32_t len, unsigned entry)
{
	directory(5, BASE, len);
	model_poke(file, AT, 4, rva);
	model_poke(file, AT + 4, 4, len);
	model_poke(file, AT + 8, 2, entry);
}

/* Source: UEFI-115: types 0 to 3 and 10. */
static void relocations_of_known_types_load(void **state)
{
	for (unsigned type = 0; type < 16; type++) {
		block(BASE, 10, type << 12);
		if (type <= 3 || type == 10)
			assert_true(loads());
		else
			assert_true(refuses("UEFI-115"));
	}
}

static void a_relocation_is_for_memory_of_the_image(void **state)
{
	block(0x1fff, 10, 0);
	assert_true(loads());
	block(0x1fff, 10, 1);
	assert_true(refuses("UEFI-115"));
	block(0x2000, 8, 0);
	assert_true(refuses("UEFI-115"));
}

static void a_block_fits_its_directory(void **state)
{
	block(BASE, 12, 0);
	assert_true(loads());
	model_poke(file, AT + 4, 4, 13);
	assert_true(refuses("UEFI-115"));
	model_poke(file, AT + 4, 4, 0);
	assert_true(refuses("UEFI-115"));
	model_poke(file, AT + 4, 4, 11);
	/* One byte behind the block: the loader stops before it. */
	assert_true(loads());
	model_poke(file, AT + 4, 4, 10);
	assert_true(unsure());
}

static void relocations_lie_inside_the_image(void **state)
{
	directory(5, 0x2000, 8);
	assert_true(refuses("UEFI-115"));
	directory(5, 0x1ffc, 5);
	assert_true(refuses("UEFI-115"));
	directory(5, 0, 0);
	assert_true(loads());
}

static void an_overflowing_directory_is_refused_by_the_newer_one(void **state)
{
	directory(5, 0xfffffff0, 0x20);
	assert_true(refuses("UEFI-115"));
	rules_name = "edk2-2022.11";
	assert_true(loads());
}

static void malformed_ones_may_never_be_applied(void **state)
{
	/* Linked for 1 MiB: whether the image is moved is not known. */
	model_poke(file, 64 + 24 + 24, 8, 0x100000);
	block(BASE, 10, 4u << 12);
	assert_true(unsure());
	model_poke(file, 64 + 24 + 24, 8, 0xfffff);
	assert_true(refuses("UEFI-115"));
}

/* tree writes a resource directory with one named entry at its start. */
static void tree(uint32_t len, unsigned named, uint32_t name, uint32_t to)
{
	directory(2, BASE, len);
	model_poke(file, AT + 12, 2, named);
	model_poke(file, AT + 14, 2, 0);
	model_poke(file, AT + 16, 4, name);
	model_poke(file, AT + 20, 4, to);
}

/* hii writes the name HII, with its length in front. */
static void hii(uint32_t at)
{
	static const uint8_t name[] = { 3, 0, 'H', 0, 'I', 0, 'I', 0 };

	for (size_t i = 0; i < sizeof(name); i++)
		model_poke(file, AT + at + i, 1, name[i]);
}

static void a_resource_directory_fits_its_size(void **state)
{
	tree(24, 1, 0, 0);
	assert_true(loads());
	tree(23, 1, 0, 0);
	assert_true(refuses("UEFI-114"));
	tree(24, 2, 0, 0);
	assert_true(refuses("UEFI-114"));
	model_poke(file, AT + 12, 2, 0);
	model_poke(file, AT + 14, 2, 2);
	assert_true(refuses("UEFI-114"));
}

static void a_name_lies_inside_the_resources(void **state)
{
	tree(64, 1, UINT32_C(0x80000000) | 63, 0);
	assert_true(loads());
	tree(64, 1, UINT32_C(0x80000000) | 64, 0);
	assert_true(refuses("UEFI-114"));
	/* A number is no name. */
	tree(64, 1, 64, 0);
	assert_true(loads());
}

static void the_way_to_hii_lies_inside_the_resources(void **state)
{
	const uint32_t name = UINT32_C(0x80000000) | 56;
	const uint32_t dir = UINT32_C(0x80000000);

	hii(56);
	tree(64, 1, name, 63);
	assert_true(loads());
	tree(64, 1, name, 64);
	assert_true(refuses("UEFI-114"));
	/* Down one directory, which fits with three entries, not four. */
	tree(64, 1, name, dir | 24);
	model_poke(file, AT + 24 + 12, 2, 1);
	assert_true(loads());
	model_poke(file, AT + 24 + 14, 2, 2);
	assert_true(loads());
	model_poke(file, AT + 24 + 14, 2, 3);
	assert_true(refuses("UEFI-114"));
	tree(64, 1, name, dir | 64);
	assert_true(refuses("UEFI-114"));
	/* Another name is not followed. */
	model_poke(file, AT + 58, 1, 'h');
	assert_true(loads());
}

static void resources_outside_of_the_image_are_not_looked_at(void **state)
{
	tree(24, 9, 0, 0);
	directory(2, 0x2000, 24);
	assert_true(loads());
	directory(2, 0x1000, 0);
	assert_true(loads());
}

/* 60,000 sections over one directory took half a minute. */
static void building_memory_ends_with_the_budget(void **state)
{
	const struct kf_rules *rules = kf_rules_find(rules_name);
	struct kf_source source = model_source(&file);
	struct kf_artifact artifact = { .source = &source };
	struct edk2_image image = { .source = &source };
	struct kf_env *env = model_env();

	directory(5, BASE, 64);
	model_poke(file, AT + 4, 4, 64);	/* one block */
	assert_true(loads());
	assert_int_equal(kf_pe_read(&image.pe, &source), KF_OK);
	edk2_gate(&image, rules->profile, &artifact, env);
	env->steps = 63;
	edk2_load(&image, rules->profile, &artifact, env);
	assert_string_equal(image.load.reason->slug, "beyond-limits");
}

#define RELOCATE_TEST(name) cmocka_unit_test_setup(name, open_relocate)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELOCATE_TEST(relocations_of_known_types_load),
		RELOCATE_TEST(a_relocation_is_for_memory_of_the_image),
		RELOCATE_TEST(a_block_fits_its_directory),
		RELOCATE_TEST(relocations_lie_inside_the_image),
		RELOCATE_TEST(
		    an_overflowing_directory_is_refused_by_the_newer_one),
		RELOCATE_TEST(malformed_ones_may_never_be_applied),
		RELOCATE_TEST(a_resource_directory_fits_its_size),
		RELOCATE_TEST(a_name_lies_inside_the_resources),
		RELOCATE_TEST(the_way_to_hii_lies_inside_the_resources),
		RELOCATE_TEST(
		    resources_outside_of_the_image_are_not_looked_at),
		RELOCATE_TEST(building_memory_ends_with_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
