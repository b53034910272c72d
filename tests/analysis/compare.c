/* Two files are one image if all but checksum, certificate entry and table is
 * equal, byte by byte.
 */
#include "tests/model.h"

#include "analysis/compare.h"

static struct kf_comparison found;
static struct kf_signatures files[2];
static struct kf_bytes bytes[2];
static struct kf_source source[2];

static bool same(struct kf_bytes a, struct kf_bytes b)
{
	bytes[0] = a;
	bytes[1] = b;
	for (int i = 0; i < 2; i++) {
		source[i] = model_source(&bytes[i]);
		assert_int_equal(kf_signatures_read(&files[i], &source[i],
						    model_env()), KF_OK);
		assert_int_equal(files[i].unfit, KF_FIT);
	}
	assert_int_equal(kf_compare(&found, &files[0], &files[1],
				    model_env()), KF_OK);
	return found.num_bytes == 0;
}

static struct kf_bytes image(uint32_t tail)
{
	struct model_image spec = { .tail = tail };

	return model_image(&spec);
}

static void a_signed_image_is_the_same(void **state)
{
	struct kf_bytes plain = image(0);
	struct kf_bytes entry = model_entry(2, model_fill(40, 7));

	assert_true(same(plain, plain));
	assert_true(same(model_attach(plain, entry), plain));
	assert_true(same(model_attach(plain, entry),
			 model_attach(plain, model_join(entry, entry))));
}

/* Source of the places: Microsoft, "PE Format", optional header. */
static void each_byte_counts_but_checksum_and_entry(void **state)
{
	struct kf_bytes plain = image(4);
	size_t checksum = model_optional_at(plain) + 64;
	size_t entry = model_directory_at(plain, 4);

	for (size_t at = model_section_at(plain) + 40; at < plain.len; at++) {
		struct kf_bytes other = model_copy(plain);

		model_poke(other, at, 1, 0xa5);
		assert_false(same(plain, other));
		assert_int_equal(found.num_bytes, 1);
		assert_int_equal(found.difference[0].at, at);
		assert_int_equal(found.difference[0].len, 1);
	}
	for (size_t i = 0; i < 4; i++) {
		struct kf_bytes other = model_copy(plain);

		model_poke(other, checksum + i, 1, 0xa5);
		assert_true(same(plain, other));
	}
	model_poke(plain, entry, 4, 0x1234);	/* no length: no table */
	assert_true(same(plain, image(4)));
}

static void zeros_up_to_the_table_are_padding(void **state)
{
	struct kf_bytes entry = model_entry(2, model_fill(40, 7));
	struct kf_bytes plain = image(3);
	struct kf_bytes padded = model_join(plain, model_fill(5, 0));
	struct kf_bytes odd = model_join(plain, model_fill(5, 1));

	assert_true(same(plain, model_attach(padded, entry)));
	assert_int_equal(found.padding[1], 5);
	assert_true(kf_equal(kf_view(found.digest[0].bytes, 32),
			     kf_view(found.digest[1].bytes, 32)));
	assert_false(same(plain, model_attach(odd, entry)));
	assert_int_equal(found.longer[1], 5);
	/* Without a table they are five bytes more. */
	assert_false(same(plain, padded));
	assert_false(same(padded, plain));
	assert_int_equal(found.longer[0], 5);
}

static void runs_beyond_the_table_are_counted(void **state)
{
	struct kf_bytes a = image(100), b = model_copy(a);

	for (size_t i = 0; i < 40; i++)
		model_poke(b, a.len - 100 + 2 * i, 1, 0xa5);
	model_poke(b, a.len - 100 + 1, 1, 0xa5);
	assert_false(same(a, b));
	assert_int_equal(found.num_bytes, 41);
	assert_int_equal(found.num_runs, 39);
	assert_int_equal(found.num, KF_DIFFERENCES_MAX);
	assert_int_equal(found.difference[0].len, 3);
}

static void a_place_is_named(void **state)
{
	struct kf_bytes plain = image(4), place;
	char room[8];

	assert_true(same(plain, plain));
	assert_int_equal(kf_image_place(&place, room, &files[0], 0), KF_OK);
	assert_true(kf_equal(place, kf_text("headers")));
	assert_int_equal(kf_image_place(&place, room, &files[0],
					MODEL_HEADERS_LEN), KF_OK);
	assert_true(kf_equal(place, kf_text(".text")));
	assert_int_equal(kf_image_place(&place, room, &files[0],
					plain.len - 1), KF_OK);
	assert_true(kf_equal(place, kf_text("no section")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_signed_image_is_the_same),
		MODEL_TEST(each_byte_counts_but_checksum_and_entry),
		MODEL_TEST(zeros_up_to_the_table_are_padding),
		MODEL_TEST(runs_beyond_the_table_are_counted),
		MODEL_TEST(a_place_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
