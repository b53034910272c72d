/* Lines, groups and values as GLib reads them; tests/real/rauc holds the same
 * against GLib itself.
 */
#include "core/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t memory[1 << 20];
static struct kf_arena arena;
static struct kf_env env;

static void read_text(struct kf_keyfile *out, const char *text)
{
	arena = (struct kf_arena){ memory, sizeof(memory), 0 };
	env = (struct kf_env){ .arena = &arena, .steps = UINT64_MAX };
	assert_int_equal(kf_keyfile_read(out, kf_text(text), &env), KF_OK);
}

static bool is_damaged(const char *text)
{
	struct kf_keyfile file;

	read_text(&file, text);
	return file.damage.field;
}

static void only_lines_that_glib_takes_are_taken(void **state)
{
	(void)state;
	assert_false(is_damaged(""));
	assert_false(is_damaged("[a]\nb=1\n"));
	assert_false(is_damaged("# x\n\n[a] \t\n  b = 1\r\n"));
	assert_true(is_damaged("b=1\n"));
	assert_true(is_damaged("[a]\nb\n"));
	assert_true(is_damaged("[a]\n=1\n"));
	assert_true(is_damaged("[a] x\n"));
	assert_true(is_damaged("[a[b]\n"));
	assert_true(is_damaged("[]\n"));
	assert_true(is_damaged("[a]\nEncoding=Latin-1\n"));
}

static void a_group_that_comes_again_goes_on(void **state)
{
	struct kf_keyfile file;
	struct kf_keyfile_entry *e;

	(void)state;
	read_text(&file, "[a]\nb=1\n[c]\nb=2\n[a]\nd=3\n");
	assert_int_equal(file.num_groups, 2);
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "a"), "d");
	assert_non_null(e);
	assert_true(kf_equal(e->value, kf_text("3")));
	assert_null(kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "c"),
					"d"));
}

static void the_last_of_two_is_taken_and_one_is_left(void **state)
{
	struct kf_keyfile file;
	struct kf_keyfile_entry *e;

	(void)state;
	read_text(&file, "[a]\nb=1\nb=2\n");
	e = kf_keyfile_entry_of(&file, 0, "b");
	assert_true(kf_equal(e->value, kf_text("2")));
	e->taken = true;
	assert_null(kf_keyfile_entry_of(&file, 0, "b"));
	assert_non_null(kf_keyfile_left(&file, 0));
}

static void an_escape_that_is_none_stays_or_is_refused(void **state)
{
	struct kf_bytes text;

	(void)state;
	arena = (struct kf_arena){ memory, sizeof(memory), 0 };
	assert_int_equal(kf_keyfile_text(&text, kf_text("a\\sb\\\\"), true,
					 &arena), KF_VALUE_GOOD);
	assert_true(kf_equal(text, kf_text("a b\\")));
	assert_int_equal(kf_keyfile_text(&text, kf_text("a\\q"), false,
					 &arena), KF_VALUE_GOOD);
	assert_true(kf_equal(text, kf_text("a\\q")));
	assert_int_equal(kf_keyfile_text(&text, kf_text("a\\q"), true,
					 &arena), KF_VALUE_BAD);
	assert_int_equal(kf_keyfile_text(&text, kf_text("a\\"), false,
					 &arena), KF_VALUE_GOOD);
	assert_true(kf_equal(text, kf_text("a")));
	assert_int_equal(kf_keyfile_text(&text, kf_text("\xff"), false,
					 &arena), KF_VALUE_BAD);
}

static void truths_and_numbers_are_read_to_their_end(void **state)
{
	uint64_t number;
	int32_t integer;
	bool truth;

	(void)state;
	assert_int_equal(kf_keyfile_truth(&truth, kf_text("true ")),
			 KF_VALUE_GOOD);
	assert_true(truth);
	assert_int_equal(kf_keyfile_truth(&truth, kf_text("TRUE")),
			 KF_VALUE_BAD);
	assert_int_equal(kf_keyfile_number(&number, kf_text("7 ")),
			 KF_VALUE_BAD);
	assert_int_equal(kf_keyfile_number(&number, kf_text("-1")),
			 KF_VALUE_GOOD);
	assert_true(number == UINT64_MAX);
	assert_int_equal(kf_keyfile_integer(&integer, kf_text("3 x")),
			 KF_VALUE_GOOD);
	assert_int_equal(integer, 3);
	assert_int_equal(kf_keyfile_integer(&integer, kf_text("2147483648")),
			 KF_VALUE_BAD);
}

static void lists_end_with_or_without_a_separator(void **state)
{
	struct kf_bytes *item;
	size_t num;

	(void)state;
	arena = (struct kf_arena){ memory, sizeof(memory), 0 };
	assert_int_equal(kf_keyfile_list(&item, &num, kf_text("a;b\\;c;"),
					 &arena), KF_VALUE_GOOD);
	assert_int_equal(num, 2);
	assert_true(kf_equal(item[1], kf_text("b;c")));
	assert_int_equal(kf_keyfile_list(&item, &num, kf_text(""), &arena),
			 KF_VALUE_GOOD);
	assert_int_equal(num, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_lines_that_glib_takes_are_taken),
		cmocka_unit_test(a_group_that_comes_again_goes_on),
		cmocka_unit_test(the_last_of_two_is_taken_and_one_is_left),
		cmocka_unit_test(an_escape_that_is_none_stays_or_is_refused),
		cmocka_unit_test(truths_and_numbers_are_read_to_their_end),
		cmocka_unit_test(lists_end_with_or_without_a_separator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
