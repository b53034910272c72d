/* Rows of SBAT as shim cuts them. UEFI-65, UEFI-66.
 *
 * Expected values: shim's csv.c and sbat.c, by hand.
 */
#include "tests/model.h"

#include "core/rules/shim/shim.h"

static struct shim_rows rows;

/* image, level read a text as that of an image, or of a level. */
static size_t image(const char *text)
{
	assert_int_equal(shim_rows_read(&rows, kf_text(text), 6, 6,
					model_env()), KF_OK);
	return rows.malformed ? 99 : rows.num;
}

static size_t level(const char *text)
{
	assert_int_equal(shim_rows_read(&rows, kf_text(text), 3, 2,
					model_env()), KF_OK);
	return rows.malformed ? 99 : rows.num;
}

static void a_row_of_an_image_has_six_columns(void **state)
{
	assert_int_equal(image("a,1,b,c,d,e"), 1);
	assert_int_equal(image("a,1,b,c,d"), 99);
	assert_int_equal(image("a,1,b,c,d,"), 99);
	assert_int_equal(image("a,1,,c,d,e"), 99);
	assert_int_equal(image("a"), 99);
	assert_int_equal(image("a,1,b,c,d,e,,"), 1);
}

static void a_row_of_a_level_has_two_or_three(void **state)
{
	assert_int_equal(level("sbat,1,2021030218\nshim,2\n"), 2);
	assert_int_equal(level("sbat,1,\n"), 99);
	assert_int_equal(level("shim\n"), 99);
	assert_int_equal(level("shim,\n"), 99);
	assert_int_equal(level(""), 99);
}

static void lines_end_where_shim_ends_them(void **state)
{
	assert_int_equal(level("a,1\r\n\r\nb,2\n\n"), 2);
	assert_true(kf_equal(rows.row[1].name, kf_text("b")));
	assert_true(rows.row[1].at == 7);
	assert_int_equal(level("\xef\xbb\xbf" "a,1\n"), 1);
	assert_true(kf_equal(rows.row[0].name, kf_text("a")));
	/* A NUL ends all, but where nothing stands before it in its line. */
	assert_int_equal(shim_rows_read(&rows, kf_view("a,1\0b,2", 7), 3, 2,
					model_env()), KF_OK);
	assert_true(rows.num == 1 && !rows.malformed);
	assert_int_equal(shim_rows_read(&rows, kf_view("a,1\n\0b,2", 8), 3, 2,
					model_env()), KF_OK);
	assert_true(rows.num == 1 && !rows.malformed);
	assert_int_equal(shim_rows_read(&rows, kf_view("a,1\r\n\0b,2", 9), 3,
					2, model_env()), KF_OK);
	assert_true(rows.num == 2 && !rows.malformed);
}

static void a_generation_is_what_digits_say_in_16_bits(void **state)
{
	static const struct {
		const char *text;
		unsigned value;
	} all[] = {
		{ "a,7", 7 }, { "a, \t7", 7 }, { "a,007", 7 }, { "a,x", 0 },
		{ "a,7x", 7 }, { "a,-1", 0 }, { "a,65537", 1 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(level(all[i].text), 1);
		assert_int_equal(rows.row[0].generation, all[i].value);
	}
}

/* revoked is the name of the row that a level revokes, or "". */
static const char *revoked(const char *image_text, const char *level_text)
{
	struct kf_env *env = model_env();
	const struct shim_row *row, *by;
	struct shim_rows own = { 0 }, asked = { 0 };

	assert_int_equal(shim_rows_read(&own, kf_text(image_text), 3, 2, env),
			 KF_OK);
	assert_int_equal(shim_rows_read(&asked, kf_text(level_text), 3, 2,
					env), KF_OK);
	row = shim_revoked_row(&own, &asked, &by);
	if (!row)
		return "";
	assert_true(kf_equal(row->name, by->name));
	return (const char *)row->name.data;
}

static void a_lower_generation_of_the_same_name_is_revoked(void **state)
{
	assert_string_equal(revoked("grub,3", "sbat,1\ngrub,3"), "");
	assert_true(revoked("grub,2", "sbat,1\ngrub,3")[0] == 'g');
	assert_string_equal(revoked("grub.debian,1", "grub,3"), "");
	assert_string_equal(revoked("Grub,1", "grub,3"), "");
	assert_string_equal(revoked("grub,1", "shim,3"), "");
}

static void the_first_row_of_a_name_decides(void **state)
{
	assert_string_equal(revoked("grub,3", "grub,2\ngrub,9"), "");
	assert_true(revoked("grub,9\ngrub,1", "grub,2")[0] == 'g');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_row_of_an_image_has_six_columns),
		MODEL_TEST(a_row_of_a_level_has_two_or_three),
		MODEL_TEST(lines_end_where_shim_ends_them),
		MODEL_TEST(a_generation_is_what_digits_say_in_16_bits),
		MODEL_TEST(a_lower_generation_of_the_same_name_is_revoked),
		MODEL_TEST(the_first_row_of_a_name_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
