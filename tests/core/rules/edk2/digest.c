/* The image digest, over the pieces of the file that UEFI-4 names, in its
 * order. The pieces are put together here by hand.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

#include <string.h>

enum { CHECKSUM = 64 + 24 + 64, TABLE = 64 + 24 + 112 + 32, HEADERS = 0x200 };

static struct kf_bytes file;

static int open_digest(void **state)
{
	struct model_image spec = { .tail = 0x180 };
	size_t at;

	model_open(state);
	file = model_image(&spec);
	/* Every byte behind the headers tells its place. */
	for (at = HEADERS; at < file.len; at++)
		model_poke(file, at, 1, at * 7 + at / 256);
	return 0;
}

/* section gives section `index` its place in the file. */
static void section(unsigned index, uint32_t at, uint32_t len)
{
	size_t header = model_section_at(file) + 40 * (size_t)index;

	model_poke(file, header + 16, 4, len);
	model_poke(file, header + 20, 4, at);
	model_poke(file, 64 + 6, 2, index + 1);
}

static struct kf_bytes piece(size_t from, size_t to)
{
	return kf_part_of(file, from, to - from);
}

/* headers are the pieces up to SizeOfHeaders. */
static struct kf_bytes headers(void)
{
	return model_join(model_join(piece(0, CHECKSUM),
				     piece(CHECKSUM + 4, TABLE)),
			  piece(TABLE + 8, HEADERS));
}

/* hashes tells whether edk2's digest of `file` is that of `pieces`. */
static bool hashes(struct kf_bytes pieces)
{
	struct kf_source source = model_source(&file);
	struct kf_artifact artifact = { .source = &source };
	struct edk2_image image = { .source = &source };
	bool same = true;

	assert_int_equal(kf_pe_read(&image.pe, &source), KF_OK);
	edk2_digests(&image, 1u << KF_SHA1 | 1u << KF_SHA384, &artifact,
		     model_env());
	assert_int_equal(artifact.status, KF_OK);
	assert_int_equal(image.digest[KF_SHA256].len, 0);
	assert_int_equal(image.digest[KF_SHA512].len, 0);
	if (!image.hashed)
		return false;
	for (int kind = KF_SHA1; kind <= KF_SHA384; kind += KF_SHA384) {
		struct kf_digest *d = &image.digest[kind];

		same &= kf_equal(kf_view(d->bytes, d->len),
				 model_digest((enum kf_digest_kind)kind,
					      pieces));
	}
	return same;
}

static void checksum_and_table_entry_are_left_out(void **state)
{
	struct kf_bytes all = model_join(headers(), piece(HEADERS, file.len));

	assert_true(hashes(all));
	model_poke(file, CHECKSUM, 4, 0x12345678);
	assert_true(hashes(all));
	/* The address alone changes nothing: there is no table. */
	model_poke(file, TABLE, 4, 0x12345678);
	assert_true(hashes(all));
	model_poke(file, CHECKSUM + 4, 1, 11);
	assert_false(hashes(all));
}

static void sections_are_hashed_by_their_place_in_the_file(void **state)
{
	section(0, 0x300, 0x80);
	section(1, 0x200, 0x80);
	section(2, 0x280, 0x80);
	assert_true(hashes(model_join(headers(), piece(0x200, file.len))));
}

static void sections_of_one_place_keep_the_order_of_headers(void **state)
{
	section(0, 0x240, 0x40);
	section(1, 0x200, 0x30);
	section(2, 0x200, 0x10);
	assert_true(hashes(model_join(model_join(headers(), model_join(
		piece(0x200, 0x230), piece(0x200, 0x210))), model_join(
		piece(0x240, 0x280), piece(0x280, file.len)))));
}

static void many_sections_are_sorted(void **state)
{
	struct kf_bytes all;

	/* Four fit: 3 0 2 1, with a gap between all of them. */
	section(0, 0x220, 0x10);
	section(1, 0x2a0, 0x10);
	section(2, 0x260, 0x10);
	section(3, 0x200, 0x10);
	all = model_join(headers(), piece(0x200, 0x210));
	all = model_join(all, piece(0x220, 0x230));
	all = model_join(all, piece(0x260, 0x270));
	all = model_join(all, piece(0x2a0, 0x2b0));
	assert_true(hashes(model_join(all, piece(0x240, file.len))));
}

static void what_overlaps_is_hashed_twice_and_gaps_are_not(void **state)
{
	section(0, 0x200, 0x40);
	section(1, 0x220, 0x40);
	assert_true(hashes(model_join(model_join(headers(), model_join(
		piece(0x200, 0x240), piece(0x220, 0x260))),
		piece(0x280, file.len))));
	/* A gap pushes the window of the tail: it starts at a sum. */
	section(0, 0x200, 0x10);
	section(1, 0x280, 0x10);
	assert_true(hashes(model_join(model_join(headers(), model_join(
		piece(0x200, 0x210), piece(0x280, 0x290))),
		piece(0x220, file.len))));
}

static void the_table_is_not_hashed_where_it_ends_the_file(void **state)
{
	section(0, 0x200, 0x40);
	model_poke(file, TABLE, 4, file.len - 0x18);
	model_poke(file, TABLE + 4, 4, 0x18);
	assert_true(hashes(model_join(headers(),
				      piece(0x200, file.len - 0x18))));
}

/* UEFI-5: the tail's window knows the table's size, not its place. */
static void a_table_that_is_not_last_is_partly_hashed(void **state)
{
	section(0, 0x200, 0x40);
	model_poke(file, TABLE, 4, 0x240);
	model_poke(file, TABLE + 4, 4, 0x18);
	assert_true(hashes(model_join(headers(),
				      piece(0x200, file.len - 0x18))));
}

static void a_sum_beyond_the_file_leaves_no_tail(void **state)
{
	section(0, 0x200, 0x100);
	section(1, 0x200, 0x100);
	assert_true(hashes(model_join(headers(), model_join(
		piece(0x200, 0x300), piece(0x200, 0x300)))));
	model_poke(file, TABLE + 4, 4, 0x7fffffff);
	assert_true(hashes(model_join(headers(), model_join(
		piece(0x200, 0x300), piece(0x200, 0x300)))));
}

static void a_sum_that_ends_with_the_file_leaves_no_tail(void **state)
{
	section(0, 0x200, (uint32_t)file.len - 0x200);
	model_poke(file, TABLE + 4, 4, 8);
	assert_true(hashes(model_join(headers(), piece(0x200, file.len))));
}

static void a_table_larger_than_the_tail_has_no_digest(void **state)
{
	uint64_t tail = file.len - 0x240;

	model_poke(file, TABLE + 4, 4, tail);
	assert_true(hashes(model_join(headers(), piece(0x200, 0x240))));
	model_poke(file, TABLE + 4, 4, tail + 1);
	assert_false(hashes(model_join(headers(), piece(0x200, 0x240))));
}

static void with_four_directories_their_end_is_hashed(void **state)
{
	struct model_image spec = { .directories = 4, .tail = 0x10 };

	file = model_image(&spec);
	assert_true(hashes(model_join(piece(0, CHECKSUM),
				      piece(CHECKSUM + 4, file.len))));
	model_poke(file, TABLE + 4, 1, 0x99);
	assert_true(hashes(model_join(piece(0, CHECKSUM),
				      piece(CHECKSUM + 4, file.len))));
}

static void what_is_not_padded_stays_unpadded(void **state)
{
	file = kf_part_of(file, 0, file.len - 3);
	assert_true(hashes(model_join(headers(), piece(0x200, file.len))));
}

static void a_budget_that_ends_is_beyond_keyfit_and_no_digest(void **state)
{
	struct kf_source source = model_source(&file);
	struct kf_artifact artifact = { .source = &source };
	struct edk2_image image = { .source = &source };
	struct kf_env *env = model_env();

	assert_int_equal(kf_pe_read(&image.pe, &source), KF_OK);
	env->steps = file.len / 2;
	edk2_digests(&image, 1u << KF_SHA256, &artifact, env);
	assert_false(image.hashed);
	assert_int_equal(image.digest[KF_SHA256].len, 0);
	assert_true(model_same(image.beyond.reason->slug, "beyond-limits"));
}

#define DIGEST_TEST(name) cmocka_unit_test_setup(name, open_digest)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIGEST_TEST(checksum_and_table_entry_are_left_out),
		DIGEST_TEST(sections_are_hashed_by_their_place_in_the_file),
		DIGEST_TEST(sections_of_one_place_keep_the_order_of_headers),
		DIGEST_TEST(many_sections_are_sorted),
		DIGEST_TEST(what_overlaps_is_hashed_twice_and_gaps_are_not),
		DIGEST_TEST(the_table_is_not_hashed_where_it_ends_the_file),
		DIGEST_TEST(a_table_that_is_not_last_is_partly_hashed),
		DIGEST_TEST(a_sum_beyond_the_file_leaves_no_tail),
		DIGEST_TEST(a_sum_that_ends_with_the_file_leaves_no_tail),
		DIGEST_TEST(a_table_larger_than_the_tail_has_no_digest),
		DIGEST_TEST(with_four_directories_their_end_is_hashed),
		DIGEST_TEST(what_is_not_padded_stays_unpadded),
		DIGEST_TEST(
		    a_budget_that_ends_is_beyond_keyfit_and_no_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
