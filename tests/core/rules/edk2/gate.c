/* The parse gate, bound by bound: each field at its last good value passes,
 * one further is refused by the rule that docs/rules/uefi.md names.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

enum { PE = 64, OPTIONAL = PE + 24 };

static const char *rules_name;
static struct kf_bytes file;

static int open_gate(void **state)
{
	struct model_image spec = { 0 };

	model_open(state);
	rules_name = "edk2-2025.02";
	file = model_image(&spec);
	return 0;
}

/* refused_by is the rule by which the gate refuses `file`; NULL: it passes. */
static const char *refused_by(void)
{
	const struct kf_rules *rules = kf_rules_find(rules_name);
	struct kf_source source = model_source(&file);
	struct kf_artifact artifact = { .source = &source };
	struct edk2_image image = { .source = &source };

	assert_int_equal(kf_pe_read(&image.pe, &source), KF_OK);
	edk2_gate(&image, rules->profile, &artifact, model_env());
	assert_int_equal(artifact.status, KF_OK);
	return image.gate.reason ? image.gate.rule : NULL;
}

static bool passes(void)
{
	return !refused_by();
}

static bool refuses(const char *rule)
{
	return model_same(refused_by(), rule);
}

/* edge: `good` passes in this field, `bad` is refused by `rule`. */
static void edge(size_t at, size_t len, uint64_t good, uint64_t bad,
		 const char *rule)
{
	struct kf_bytes before = model_copy(file);

	model_poke(file, at, len, bad);
	assert_true(refuses(rule));
	model_poke(file, at, len, good);
	assert_true(passes());
	file = before;
}

static void a_model_image_passes(void **state)
{
	struct model_image narrow = { .narrow = true };

	assert_true(passes());
	file = model_image(&narrow);
	assert_true(passes());
}

static void headers_have_to_be_in_the_file(void **state)
{
	file = kf_part_of(file, 0, 63);
	assert_true(refuses("UEFI-1"));
}

static void e_lfanew_needs_264_bytes_behind_it(void **state)
{
	struct model_image spec = { .tail = 1000 };
	size_t last;

	file = model_image(&spec);
	last = file.len - 264;
	/* What stands at either place is no PE header: the magic is missed,
	 * not the bytes. */
	model_poke(file, 60, 4, last + 1);
	assert_true(refuses("UEFI-1"));
	model_poke(file, last, 4, 0x4550);
	model_poke(file, 60, 4, last);
	assert_true(refuses("UEFI-1"));
}

static void signature_and_magic_are_wanted(void **state)
{
	edge(PE, 4, 0x4550, 0x4551, "UEFI-1");
	edge(OPTIONAL, 2, 0x20b, 0x20c, "UEFI-1");
	edge(OPTIONAL, 2, 0x20b, 0x107, "UEFI-1");
}

static void a_file_without_mz_passes(void **state)
{
	model_poke(file, 0, 2, 0);
	/* Then the header is looked for at 0. */
	assert_true(refuses("UEFI-1"));
	file = model_join(kf_part_of(file, PE, file.len - PE),
			  model_fill(PE, 0));
	assert_true(passes());
}

static void the_optional_header_has_exactly_its_size(void **state)
{
	edge(OPTIONAL + 108, 4, 16, 17, "UEFI-1");
	edge(OPTIONAL + 108, 4, 16, 15, "UEFI-1");
	edge(PE + 20, 2, 240, 241, "UEFI-1");
	edge(PE + 20, 2, 240, 239, "UEFI-1");
	edge(PE + 20, 2, 240, 0, "UEFI-1");
}

static void size_of_image_reaches_one_header_behind_the_last(void **state)
{
	uint64_t sections = model_section_at(file);

	/* With fewer bytes than the headers, SizeOfHeaders is what counts. */
	model_poke(file, OPTIONAL + 60, 4, sections + 40);
	model_poke(file, model_section_at(file) + 12, 4, 0x1000);
	edge(OPTIONAL + 56, 4, sections + 80, sections + 79, "UEFI-1");
	edge(OPTIONAL + 56, 4, 0x2000, sections, "UEFI-1");
	edge(OPTIONAL + 56, 4, 0x2000, 0, "UEFI-1");
}

static void size_of_headers_has_both_bounds(void **state)
{
	uint64_t sections = model_section_at(file);

	edge(OPTIONAL + 60, 4, sections + 40, sections + 39, "UEFI-1");
	edge(OPTIONAL + 60, 4, 0x200, 0, "UEFI-1");
	edge(OPTIONAL + 60, 4, 0x200, 0x2000, "UEFI-1");
	edge(OPTIONAL + 60, 4, 0x200, file.len + 1, "UEFI-1");
	model_poke(file, model_section_at(file) + 16, 4, 0);
	edge(OPTIONAL + 60, 4, file.len, file.len + 1, "UEFI-1");
}

static void a_section_lies_behind_the_headers_and_in_the_file(void **state)
{
	size_t at = model_section_at(file);

	edge(at + 12, 4, 0x200, 0x1ff, "UEFI-2");
	edge(at + 20, 4, 0x200, 0x1ff, "UEFI-2");
	edge(at + 16, 4, 0x40, 0x41, "UEFI-2");
	edge(at + 16, 4, 0x40, UINT32_MAX, "UEFI-2");
	/* One without data may lie anywhere. */
	model_poke(file, at + 16, 4, 0);
	edge(at + 12, 8, 0, UINT64_C(0x4100000000), "UEFI-2");
}

static void section_headers_fit_between_headers_and_sections(void **s)
{
	/* 328 bytes of headers in front of them, room for four up to 512. */
	edge(PE + 6, 2, 4, 5, "UEFI-1");
	edge(PE + 6, 2, 0, UINT16_MAX, "UEFI-1");
}

static void the_certificate_table_is_in_the_file(void **state)
{
	size_t at = model_directory_at(file, 4);
	uint64_t last = file.len - 8;

	edge(at, 8, last | UINT64_C(8) << 32, last | UINT64_C(9) << 32,
	     "UEFI-3");
	edge(at, 8, UINT32_MAX, UINT32_MAX | UINT64_C(1) << 32, "UEFI-3");
	/* Its sum is 32 bits wide: it must not wrap around into the file. */
	edge(at, 8, 0, UINT64_C(0xfffffff0) | UINT64_C(0x20) << 32, "UEFI-3");
}

static void a_table_beyond_four_directories_is_not_looked_at(void **state)
{
	struct model_image spec = { .directories = 4 };

	file = model_image(&spec);
	model_poke(file, model_directory_at(file, 4), 8, UINT64_MAX);
	/* The name of the section stands there. */
	assert_true(passes());
}

static void the_machines_of_the_x86_builds_pass(void **state)
{
	edge(PE + 4, 2, 0x8664, 0x01c2, "UEFI-1");
	edge(PE + 4, 2, 0x014c, 0x5064, "UEFI-1");
	edge(PE + 4, 2, 0x0ebc, 0x0ebd, "UEFI-1");
	edge(PE + 4, 2, 0xaa64, 0x0000, "UEFI-1");
}

/* debug_directory writes two entries into the section: of the kinds given,
 * the second one's data at `at`. */
static void debug_directory(unsigned first, unsigned second, uint64_t at)
{
	size_t section = model_section_at(file);

	model_poke(file, model_directory_at(file, 6), 8,
		   UINT64_C(0x1000) | UINT64_C(56) << 32);
	model_poke(file, section + 8, 4, 0x40);
	model_poke(file, 0x200 + 12, 4, first);
	model_poke(file, 0x200 + 24, 4, 0);
	model_poke(file, 0x200 + 28 + 12, 4, second);
	model_poke(file, 0x200 + 28 + 24, 4, at);
}

static void every_entry_of_the_debug_directory_is_in_the_file(void **state)
{
	debug_directory(1, 1, 0);
	edge(model_directory_at(file, 6) + 4, 4, 56, 57, "UEFI-106");
	edge(model_directory_at(file, 6), 4, 0x1008, 0x1009, "UEFI-106");
}

static void a_debug_directory_outside_of_sections_is_passed_over(void **state)
{
	model_poke(file, model_directory_at(file, 6), 8,
		   UINT64_C(0x1040) | UINT64_C(0x7fffffff) << 32);
	assert_true(passes());
	model_poke(file, model_directory_at(file, 6), 4, 0x103f);
	assert_true(refuses("UEFI-106"));
}

static void the_older_firmware_stops_at_its_codeview_entry(void **state)
{
	debug_directory(2, 20, UINT32_MAX);
	assert_true(refuses("UEFI-106"));
	rules_name = "edk2-2022.11";
	assert_true(passes());
}

static void the_newer_one_stops_where_codeview_data_follows(void **state)
{
	debug_directory(2, 20, UINT32_MAX);
	model_poke(file, 0x200 + 24, 4, 0x200 + 28);
	assert_true(passes());
	model_poke(file, 0x200 + 24, 4, 0x200 + 29);
	assert_true(refuses("UEFI-106"));
}

static void extended_characteristics_have_to_be_in_the_file(void **state)
{
	debug_directory(20, 1, 0);
	edge(0x200 + 24, 4, file.len - 4, file.len - 3, "UEFI-106");
	rules_name = "edk2-2022.11";
	model_poke(file, 0x200 + 24, 4, file.len);
	assert_true(passes());
}

#define GATE_TEST(name) cmocka_unit_test_setup(name, open_gate)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(a_model_image_passes),
		GATE_TEST(headers_have_to_be_in_the_file),
		GATE_TEST(e_lfanew_needs_264_bytes_behind_it),
		GATE_TEST(signature_and_magic_are_wanted),
		GATE_TEST(a_file_without_mz_passes),
		GATE_TEST(the_optional_header_has_exactly_its_size),
		GATE_TEST(size_of_image_reaches_one_header_behind_the_last),
		GATE_TEST(size_of_headers_has_both_bounds),
		GATE_TEST(a_section_lies_behind_the_headers_and_in_the_file),
		GATE_TEST(
		    section_headers_fit_between_headers_and_sections),
		GATE_TEST(the_certificate_table_is_in_the_file),
		GATE_TEST(a_table_beyond_four_directories_is_not_looked_at),
		GATE_TEST(the_machines_of_the_x86_builds_pass),
		GATE_TEST(every_entry_of_the_debug_directory_is_in_the_file),
		GATE_TEST(
		    a_debug_directory_outside_of_sections_is_passed_over),
		GATE_TEST(the_older_firmware_stops_at_its_codeview_entry),
		GATE_TEST(the_newer_one_stops_where_codeview_data_follows),
		GATE_TEST(extended_characteristics_have_to_be_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
