/* A file is taken apart and put together: what comes out is compared with files
 * that the model makes, checksum by code of its own.
 */
#include "tests/model.h"

#include "analysis/signatures.h"

#include <string.h>

static struct kf_signatures file;
static struct kf_patch patch;
static struct kf_source source;
static struct kf_bytes bytes;

static enum kf_unfit reads(struct kf_bytes b)
{
	bytes = b;
	source = model_source(&bytes);
	assert_int_equal(kf_signatures_read(&file, &source, model_env()),
			 KF_OK);
	return file.unfit;
}

static struct kf_bytes image(uint32_t tail)
{
	struct model_image spec = { .tail = tail };

	return model_image(&spec);
}

static struct kf_bytes entry(uint8_t fill, size_t len)
{
	return model_entry(2, model_fill(len, fill));
}

/* with_checksum: Source: Microsoft, "PE Format", CheckSum; the sum of words of
 * 16 bits with their carries, and the length. */
static struct kf_bytes with_checksum(struct kf_bytes b)
{
	size_t at = model_optional_at(b) + 64;
	uint32_t sum = 0;

	model_poke(b, at, 4, 0);
	for (size_t i = 0; i < b.len; i += 2) {
		sum += b.data[i] | (i + 1 < b.len ? b.data[i + 1] : 0u) << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	model_poke(b, at, 4, sum + b.len);
	return b;
}

/* makes tells whether the wanted signatures make this file. */
static bool makes(const struct kf_wanted *wanted, size_t num,
		  struct kf_bytes should)
{
	const struct kf_source *out;
	uint8_t *got;

	assert_int_equal(kf_signatures_put(&patch, &file, wanted, num,
					   model_env()), KF_OK);
	out = kf_patch_source(&patch);
	got = model_room((size_t)out->size + 1);
	assert_true(out->read_at(out->self, 0, got, (size_t)out->size));
	return kf_equal(kf_view(got, (size_t)out->size),
			with_checksum(should));
}

static void signatures_go_off_and_come_back(void **state)
{
	struct kf_bytes a = entry(1, 40), b = entry(2, 33), c = entry(3, 8);
	struct kf_bytes plain = image(0);
	const struct kf_wanted wanted[] = { { 3, { NULL, 0 } },
					    { 1, { NULL, 0 } } };
	const struct kf_wanted new[] = { { 2, { NULL, 0 } },
					 { 0, kf_part_of(a, 8, 40) } };

	assert_int_equal(reads(model_attach(plain, model_join(a,
			 model_join(b, c)))), KF_FIT);
	assert_int_equal(file.num, 3);
	assert_int_equal(file.signature[1].blob_len, 33);
	assert_true(makes(wanted, 2, model_attach(plain, model_join(c, a))));
	assert_true(makes(new, 2, model_attach(plain, model_join(b, a))));
	assert_true(makes(NULL, 0, plain));
	assert_int_equal(reads(plain), KF_FIT);
	assert_true(makes(&new[1], 1, model_attach(plain, a)));
}

static void the_first_one_pads_the_image(void **state)
{
	struct kf_bytes a = entry(1, 40);
	const struct kf_wanted new = { 0, kf_part_of(a, 8, 40) };

	assert_int_equal(reads(image(3)), KF_FIT);
	assert_int_equal(kf_signatures_image(&file).pad, 5);
	assert_true(makes(&new, 1, model_attach(model_join(image(3),
			  model_fill(5, 0)), a)));
	/* A table that stands at an odd place stays there. */
	assert_int_equal(reads(model_attach(image(3), model_join(a, a))),
			 KF_FIT);
	assert_int_equal(kf_signatures_image(&file).pad, 0);
	assert_true(makes(&new, 1, model_attach(image(3), a)));
	assert_true(makes(NULL, 0, image(3)));
}

static void lost_padding_is_put_back(void **state)
{
	struct kf_bytes plain = image(0), a = entry(1, 33);
	const struct kf_wanted first = { 1, { NULL, 0 } };
	struct kf_bytes cut = { a.data, 41 };

	assert_int_equal(reads(model_attach(plain, cut)), KF_FIT);
	assert_int_equal(file.num, 1);
	assert_true(makes(&first, 1, model_attach(plain, a)));
	/* It stands in the file, and the headers do not count it. */
	assert_int_equal(reads(model_join(model_attach(plain, cut),
					  model_fill(7, 0))), KF_FIT);
	assert_int_equal(file.behind_len, 0);
	assert_true(makes(&first, 1, model_attach(plain, a)));
	/* Zeros behind the last entry are none. */
	assert_int_equal(reads(model_attach(plain, model_join(a,
			 model_fill(16, 0)))), KF_FIT);
	assert_int_equal(file.num, 1);
	assert_null(file.broken.field);
	assert_true(makes(&first, 1, model_attach(plain, a)));
}

static void bytes_behind_the_table_are_counted(void **state)
{
	struct kf_bytes good = model_attach(image(0), entry(1, 40));

	assert_int_equal(reads(model_join(good, model_fill(1, 0))), KF_FIT);
	assert_int_equal(file.behind_len, 1);
	reads(model_join(good, model_fill(300, 1)));
	assert_int_equal(file.behind_len, 300);
}

static void a_broken_entry_is_told(void **state)
{
	struct kf_bytes plain = image(0), a = entry(1, 40);
	struct kf_bytes table = model_join(a, entry(2, 40));

	for (uint32_t len = 0; len < 60; len++) {
		bool whole = len >= 8 && len <= 48;

		model_poke(table, 48, 4, len);
		reads(model_attach(plain, table));
		/* A shorter one may be whole, with a broken one behind. */
		assert_true(whole || file.broken.field);
		assert_true(whole || file.num == 1);
		assert_true(whole || file.broken.at == plain.len + 48);
	}
	assert_true(makes(NULL, 0, plain));
}

static void more_than_the_most_are_told(void **state)
{
	struct kf_bytes table = { NULL, 0 };

	for (int i = 0; i < KF_SIGNATURES_MAX; i++)
		table = model_join(table, entry(1, 8));
	reads(model_attach(image(0), model_join(table, model_fill(8, 0))));
	assert_false(file.too_many);
	assert_int_equal(file.num, KF_SIGNATURES_MAX);
	reads(model_attach(image(0), model_join(table, entry(1, 8))));
	assert_true(file.too_many);
}

static void a_table_lies_between_image_and_end(void **state)
{
	struct kf_bytes good = model_attach(image(8), entry(1, 40));
	size_t at = model_directory_at(good, 4);

	model_poke(good, at + 4, 4, 49);
	assert_int_equal(reads(good), KF_UNFIT_TABLE);
	model_poke(good, at + 4, 4, 0xffffffff);
	assert_int_equal(reads(good), KF_UNFIT_TABLE);
	model_poke(good, at + 4, 4, 40);
	model_poke(good, at, 4, MODEL_HEADERS_LEN + MODEL_SECTION_LEN - 1);
	assert_int_equal(reads(good), KF_UNFIT_TABLE_INSIDE);
	model_poke(good, at, 4, 0);
	assert_int_equal(reads(good), KF_UNFIT_TABLE_INSIDE);
}

static void headers_have_to_hold_together(void **state)
{
	struct kf_bytes plain = image(0);
	size_t optional = model_optional_at(plain);
	const struct {
		size_t at, len;
		uint64_t value;
		enum kf_unfit unfit;
	} all[] = {
		{ 64, 2, 0x5a56, KF_UNFIT_TE }, { 64, 1, 0, KF_UNFIT_NO_PE },
		{ optional, 2, 0x107, KF_UNFIT_HEADERS },
		{ optional + 60, 4, 0x7fffffff, KF_UNFIT_HEADERS },
		{ optional + 60, 4, 1, KF_UNFIT_HEADERS },
		{ 64 + 6, 2, 0xffff, KF_UNFIT_HEADERS },
		{ 64 + 20, 2, 0xffff, KF_UNFIT_HEADERS },
		{ model_section_at(plain) + 16, 4, 0x41, KF_UNFIT_SECTION },
		{ model_section_at(plain) + 20, 4, 0, KF_UNFIT_OVERLAP },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct kf_bytes odd = model_copy(image(0));

		model_poke(odd, all[i].at, all[i].len, all[i].value);
		if (all[i].unfit == KF_UNFIT_OVERLAP)
			odd.len -= MODEL_SECTION_LEN;
		assert_int_equal(reads(odd), all[i].unfit);
	}
	for (size_t len = 0; len < plain.len; len++)
		assert_int_not_equal(reads(kf_view(plain.data, len)), KF_FIT);
}

static void without_a_place_nothing_is_attached(void **state)
{
	struct model_image spec = { .directories = 4 };
	const struct kf_wanted new = { 0, kf_text("12345678") };

	assert_int_equal(reads(model_image(&spec)), KF_FIT);
	assert_false(file.has_place);
	assert_int_equal(kf_signatures_put(&patch, &file, &new, 1,
					   model_env()), KF_WRONG_USE);
}

static void as_many_as_there_may_be_fit_a_patch(void **state)
{
	struct kf_wanted wanted[KF_SIGNATURES_MAX] = { { 0, { NULL, 0 } } };
	struct kf_bytes table = { NULL, 0 };

	for (uint32_t i = 0; i < KF_SIGNATURES_MAX; i++) {
		table = model_join(table, entry(1, 9));
		wanted[i].number = i + 1;
	}
	reads(model_attach(image(3), table));
	for (size_t i = KF_SIGNATURES_MAX - 8; i < KF_SIGNATURES_MAX; i++) {
		wanted[i].number = 0;
		wanted[i].blob = model_fill(9, 1);
	}
	assert_true(makes(wanted, KF_SIGNATURES_MAX,
			  model_attach(image(3), table)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(signatures_go_off_and_come_back),
		MODEL_TEST(the_first_one_pads_the_image),
		MODEL_TEST(lost_padding_is_put_back),
		MODEL_TEST(bytes_behind_the_table_are_counted),
		MODEL_TEST(a_broken_entry_is_told),
		MODEL_TEST(more_than_the_most_are_told),
		MODEL_TEST(a_table_lies_between_image_and_end),
		MODEL_TEST(headers_have_to_hold_together),
		MODEL_TEST(without_a_place_nothing_is_attached),
		MODEL_TEST(as_many_as_there_may_be_fit_a_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
