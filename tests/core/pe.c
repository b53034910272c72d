/* PE headers, field by field.
 *
 * Source of the places: Microsoft, "PE Format", COFF file header, optional
 * header, section table; the images come from tests/model.c.
 */
#include "tests/model.h"

#include "core/pe.h"

#include <string.h>

static bool fails(void *self, uint64_t at, void *out, size_t len)
{
	return false;
}

static struct kf_pe read(struct kf_bytes file)
{
	struct kf_source source = model_source(&file);
	struct kf_pe pe;

	assert_int_equal(kf_pe_read(&pe, &source), KF_OK);
	return pe;
}

static void every_field_of_a_pe32_plus_is_found(void **state)
{
	struct model_image spec = { .pe_at = 0x48 };
	struct kf_bytes file = model_image(&spec);
	struct kf_pe pe;

	model_poke(file, 0x48 + 24 + 24, 8, UINT64_C(0x123456789a));
	model_poke(file, model_directory_at(file, 4), 8,
		   UINT64_C(0x1100000022));
	pe = read(file);
	assert_true(pe.has_dos && pe.has_mz && pe.has_headers && pe.is_pe);
	assert_false(pe.is_te);
	assert_int_equal(pe.pe_at, 0x48);
	assert_int_equal(pe.machine, 0x8664);
	assert_int_equal(pe.num_sections, 1);
	assert_int_equal(pe.optional_len, 240);
	assert_int_equal(pe.characteristics, 0x22);
	assert_int_equal(pe.magic, 0x20b);
	assert_int_equal(pe.entry_rva, 0x1000);
	assert_true(pe.image_base == UINT64_C(0x123456789a));
	assert_int_equal(pe.section_alignment, 0x1000);
	assert_int_equal(pe.file_alignment, 0x200);
	assert_int_equal(pe.image_len, 0x2000);
	assert_int_equal(pe.headers_len, 0x200);
	assert_int_equal(pe.subsystem, 10);
	assert_int_equal(pe.num_directories, 16);
	assert_int_equal(pe.directory[4].rva, 0x22);
	assert_int_equal(pe.directory[4].len, 0x11);
	assert_int_equal(pe.checksum_at, 0x48 + 24 + 64);
	assert_int_equal(pe.security_at, model_directory_at(file, 4));
	assert_int_equal(pe.sections_at, model_section_at(file));
	assert_null(pe.damage.field);
}

static void every_field_of_a_pe32_is_found(void **state)
{
	struct model_image spec = { .narrow = true };
	struct kf_bytes file = model_image(&spec);
	struct kf_pe pe;

	model_poke(file, 64 + 24 + 28, 4, 0x400000);
	pe = read(file);
	assert_int_equal(pe.magic, 0x10b);
	assert_int_equal(pe.machine, 0x14c);
	assert_true(pe.image_base == 0x400000);
	assert_int_equal(pe.headers_len, 0x200);
	assert_int_equal(pe.num_directories, 16);
	assert_int_equal(pe.security_at, model_directory_at(file, 4));
	assert_int_equal(pe.sections_at, model_section_at(file));
}

static void a_section_header_is_read_by_its_index(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes file = model_image(&spec);
	struct kf_source source = model_source(&file);
	struct kf_pe pe = read(file);
	struct kf_pe_section s;

	assert_int_equal(kf_pe_section_read(&s, &pe, &source, 0), KF_OK);
	assert_memory_equal(s.name, ".text\0\0", 8);
	assert_int_equal(s.virtual_len, 0x40);
	assert_int_equal(s.rva, 0x1000);
	assert_int_equal(s.raw_len, 0x40);
	assert_int_equal(s.raw_at, 0x200);
	assert_true(s.flags == 0x60000020);
	assert_int_equal(kf_pe_section_read(&s, &pe, &source, 1000),
			 KF_WRONG_USE);
	assert_int_equal(kf_pe_section_read(&s, &pe, &source, UINT32_MAX),
			 KF_WRONG_USE);
	source.read_at = fails;
	assert_int_equal(kf_pe_section_read(&s, &pe, &source, 0),
			 KF_CANNOT_READ);
}

static void a_file_without_mz_is_read_from_its_start(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes file = model_image(&spec);
	struct kf_pe pe;

	pe = read(kf_part_of(file, 64, file.len - 64));
	assert_false(pe.has_mz);
	assert_int_equal(pe.pe_at, 0);
	assert_true(pe.is_pe);
	assert_int_equal(pe.image_len, 0x2000);
}

static void every_cut_of_the_headers_is_named(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes file = model_image(&spec);

	for (size_t len = 0; len < 64 + 24 + 112; len++) {
		struct kf_pe pe = read(kf_part_of(file, 0, len));

		assert_non_null(pe.damage.field);
		assert_int_equal(pe.has_dos, len >= 64);
		assert_false(pe.has_headers);
	}
	assert_false(read(kf_part_of(file, 0, 64 + 263)).has_headers);
	assert_true(read(kf_part_of(file, 0, 64 + 264)).has_headers);
}

static void a_place_behind_the_end_is_damage(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes file = model_image(&spec);
	struct kf_pe pe;

	model_poke(file, 60, 4, UINT32_MAX);
	pe = read(file);
	assert_false(pe.has_headers);
	assert_false(pe.is_pe);
	assert_true(model_same(pe.damage.field, "PE signature"));
	assert_true(pe.damage.at == UINT32_MAX);
}

static void a_te_image_is_seen(void **state)
{
	struct kf_bytes file = model_fill(300, 0);
	struct kf_pe pe;

	model_poke(file, 0, 2, 0x5a56);		/* "VZ" */
	pe = read(file);
	assert_true(pe.is_te);
	assert_false(pe.is_pe);
}

static void a_source_that_fails_is_a_fault(void **state)
{
	struct kf_source source = { .size = 1000, .read_at = fails };
	struct kf_pe pe;

	assert_int_equal(kf_pe_read(&pe, &source), KF_CANNOT_READ);
}

static void machines_have_the_names_of_the_settings(void **state)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} all[] = {
		{ 0x014c, "ia32" }, { 0x01c2, "arm" }, { 0x0ebc, "ebc" },
		{ 0x5064, "riscv64" }, { 0x6264, "loongarch64" },
		{ 0x8664, "x64" }, { 0xaa64, "aa64" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_true(model_same(kf_pe_machine_name(all[i].machine),
				       all[i].name));
	assert_null(kf_pe_machine_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_field_of_a_pe32_plus_is_found),
		MODEL_TEST(every_field_of_a_pe32_is_found),
		MODEL_TEST(a_section_header_is_read_by_its_index),
		MODEL_TEST(a_file_without_mz_is_read_from_its_start),
		MODEL_TEST(every_cut_of_the_headers_is_named),
		MODEL_TEST(a_place_behind_the_end_is_damage),
		MODEL_TEST(a_te_image_is_seen),
		MODEL_TEST(a_source_that_fails_is_a_fault),
		MODEL_TEST(machines_have_the_names_of_the_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
