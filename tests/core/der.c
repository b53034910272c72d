/* DER elements: forms of lengths, and everything that is cut.
 *
 * Source of the encodings: ITU-T X.690, 8.1.2 and 8.1.3.
 */
#include "tests/model.h"

#include "core/der.h"

static bool next(struct kf_der *out, const char *bytes, size_t len)
{
	struct kf_cursor c = kf_cursor_over(kf_view(bytes, len), 0);

	return kf_der_next(out, &c);
}

static void short_and_long_lengths_are_read(void **state)
{
	struct kf_der der;

	assert_true(next(&der, "\x04\x02xy", 4));
	assert_int_equal(der.tag, 4);
	assert_int_equal(der.value.len, 2);
	assert_int_equal(der.whole.len, 4);
	assert_true(next(&der, "\x04\x81\x02xy", 5));
	assert_int_equal(der.whole.len, 5);
	assert_true(next(&der, "\x04\x82\x00\x02xy", 6));
	assert_int_equal(der.value.len, 2);
	assert_true(next(&der, "\x04\x84\x00\x00\x00\x02xyz", 9));
	assert_int_equal(der.value.len, 2);
	assert_int_equal(der.whole.len, 8);
}

static void an_empty_value_is_an_element(void **state)
{
	struct kf_der der;

	assert_true(next(&der, "\x05\x00", 2));
	assert_int_equal(der.value.len, 0);
	assert_int_equal(der.whole.len, 2);
}

static void an_indefinite_length_takes_the_rest(void **state)
{
	struct kf_der der;

	assert_true(next(&der, "\x30\x80" "abc\0\0", 7));
	assert_true(der.indefinite);
	assert_int_equal(der.value.len, 5);
	assert_true(next(&der, "\x30\x01z", 3));
	assert_false(der.indefinite);
}

static void five_length_bytes_and_long_tags_are_damage(void **state)
{
	struct kf_der der;

	assert_false(next(&der, "\x04\x85\0\0\0\0\1x", 8));
	assert_false(next(&der, "\x04\xff\0\0\0\0\1x", 8));
	assert_false(next(&der, "\x1f\x01x", 3));
	assert_false(next(&der, "\xbf\x01x", 3));
}

static void every_cut_is_damage(void **state)
{
	static const char whole[] = "\x30\x82\x00\x04" "abcd";
	struct kf_der der;

	for (size_t len = 0; len < 8; len++)
		assert_false(next(&der, whole, len));
	assert_true(next(&der, whole, 8));
}

static void elements_follow_each_other(void **state)
{
	struct kf_cursor c = kf_cursor_over(kf_text("\x02\x01" "a\x04\x01" "b"),
					    40);
	struct kf_der der;

	assert_true(kf_der_next(&der, &c));
	assert_int_equal(der.tag, 2);
	assert_true(kf_at(&c) == 43);
	assert_true(kf_der_next(&der, &c));
	assert_int_equal(der.value.data[0], 'b');
	assert_false(kf_more(&c));
	assert_false(kf_der_next(&der, &c));
	assert_true(c.damage.at == 46);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(short_and_long_lengths_are_read),
		MODEL_TEST(an_empty_value_is_an_element),
		MODEL_TEST(an_indefinite_length_takes_the_rest),
		MODEL_TEST(five_length_bytes_and_long_tags_are_damage),
		MODEL_TEST(every_cut_is_damage),
		MODEL_TEST(elements_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
