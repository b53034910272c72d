/* The cursor and the views: what they yield, and what they never do.
 */
#include "tests/model.h"

static const uint8_t some[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

static struct kf_cursor cursor(size_t len)
{
	return kf_cursor_over(kf_view(some, len), 100);
}

static void an_empty_view_has_no_data(void **state)
{
	assert_null(kf_view(some, 0).data);
	assert_null(kf_text("").data);
	assert_null(kf_text(NULL).data);
	assert_int_equal(kf_text("four").len, 4);
}

static void views_are_equal_by_bytes_and_length(void **state)
{
	static const uint8_t same[] = { 1, 2, 3 };

	assert_true(kf_equal(kf_view(some, 3), kf_view(same, 3)));
	assert_false(kf_equal(kf_view(some, 3), kf_view(same, 2)));
	assert_false(kf_equal(kf_view(some + 1, 3), kf_view(same, 3)));
	assert_true(kf_equal(kf_view(NULL, 0), kf_view(some, 0)));
}

static void a_part_lies_inside_or_is_empty(void **state)
{
	struct kf_bytes all = kf_view(some, 10);

	assert_int_equal(kf_part_of(all, 9, 1).len, 1);
	assert_ptr_equal(kf_part_of(all, 2, 8).data, some + 2);
	assert_int_equal(kf_part_of(all, 10, 1).len, 0);
	assert_int_equal(kf_part_of(all, 11, 0).len, 0);
	assert_int_equal(kf_part_of(all, 3, 8).len, 0);
	assert_int_equal(kf_part_of(all, UINT64_MAX, 2).len, 0);
	assert_int_equal(kf_part_of(all, 2, UINT64_MAX).len, 0);
	assert_int_equal(kf_part_of(all, 1, UINT64_MAX - 1).len, 0);
}

static void numbers_come_in_both_byte_orders(void **state)
{
	struct kf_cursor c = cursor(10);

	assert_int_equal(kf_u8(&c, "a"), 1);
	assert_int_equal(kf_u16le(&c, "b"), 0x0302);
	assert_int_equal(kf_u16be(&c, "c"), 0x0405);
	assert_int_equal(kf_u32be(&c, "d"), 0x06070809);
	c = cursor(10);
	assert_int_equal(kf_u32le(&c, "a"), 0x04030201);
	c = cursor(10);
	assert_true(kf_u64le(&c, "a") == UINT64_C(0x0807060504030201));
	assert_int_equal(kf_left(&c), 2);
	assert_true(kf_at(&c) == 108);
}

static void the_first_missing_field_is_named_with_its_place(void **state)
{
	struct kf_cursor c = cursor(6);

	assert_int_equal(kf_u32le(&c, "there"), 0x04030201);
	assert_int_equal(kf_u32le(&c, "missing"), 0);
	assert_int_equal(kf_u8(&c, "later"), 0);
	assert_true(model_same(c.damage.field, "missing"));
	assert_true(c.damage.at == 104);
	assert_false(kf_more(&c));
	assert_int_equal(kf_left(&c), 0);
}

static void every_cut_of_every_number_is_damage(void **state)
{
	for (size_t len = 0; len < 8; len++) {
		struct kf_cursor c = cursor(len);

		assert_true(kf_u64le(&c, "number") == 0);
		assert_true(model_same(c.damage.field, "number"));
		c = cursor(len);
		if (len < 4)
			assert_int_equal(kf_u32be(&c, "number"), 0);
		if (len < 2)
			assert_int_equal(kf_u16be(&c, "number"), 0);
		assert_true(!c.damage.field == (len >= 4));
	}
}

static void a_length_near_the_end_of_64_bits_does_not_wrap(void **state)
{
	struct kf_cursor c = cursor(10);

	kf_skip(&c, 4, "some");
	assert_int_equal(kf_take(&c, UINT64_MAX - 3, "huge").len, 0);
	assert_true(model_same(c.damage.field, "huge"));
	assert_int_equal(c.pos, 4);
}

static void nothing_can_be_taken_at_the_very_end(void **state)
{
	struct kf_cursor c = cursor(2);

	assert_int_equal(kf_take(&c, 2, "all").len, 2);
	assert_false(kf_more(&c));
	assert_null(c.damage.field);
	assert_int_equal(kf_take(&c, 0, "nothing").len, 0);
	assert_null(c.damage.field);
}

static void the_first_break_wins(void **state)
{
	struct kf_cursor c = cursor(3);

	kf_skip(&c, 1, "some");
	kf_break(&c, "first");
	kf_break(&c, "second");
	assert_true(model_same(c.damage.field, "first"));
	assert_true(c.damage.at == 101);
	assert_int_equal(kf_take(&c, 1, "third").len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(an_empty_view_has_no_data),
		MODEL_TEST(views_are_equal_by_bytes_and_length),
		MODEL_TEST(a_part_lies_inside_or_is_empty),
		MODEL_TEST(numbers_come_in_both_byte_orders),
		MODEL_TEST(the_first_missing_field_is_named_with_its_place),
		MODEL_TEST(every_cut_of_every_number_is_damage),
		MODEL_TEST(a_length_near_the_end_of_64_bits_does_not_wrap),
		MODEL_TEST(nothing_can_be_taken_at_the_very_end),
		MODEL_TEST(the_first_break_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
