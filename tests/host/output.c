/* Text in memory: it grows, it is made harmless, it is written whole or fails.
 */
#include "tests/model.h"

#include "host/output.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* expect_shown holds what a terminal gets of a text against `wanted`. */
static void expect_shown(const char *text, size_t len, const char *wanted)
{
	struct kf_output out = { 0 };

	kf_output_shown(&out, kf_view(text, len));
	kf_output_add(&out, "", 1);
	assert_false(out.failed);
	assert_string_equal(out.data, wanted);
	kf_output_close(&out);
}

static void text_grows_as_it_comes(void **state)
{
	struct kf_output out = { 0 };

	for (int i = 0; i < 20000; i++)
		kf_output_print(&out, "%05d,", i);
	assert_false(out.failed);
	assert_true(out.len == 120000);
	assert_memory_equal(out.data + 6 * 12345, "12345,", 6);
	kf_output_close(&out);
	assert_null(out.data);
}

static void nothing_is_added_behind_a_failure(void **state)
{
	struct kf_output out = { .failed = true };
	struct kf_fault why = { 0 };

	kf_output_text(&out, "text");
	assert_true(out.len == 0);
	assert_int_equal(kf_output_flush(&out, STDOUT_FILENO, &why),
			 KF_NO_MEMORY);
	assert_string_equal(why.what, "out of memory");
	kf_output_close(&out);
}

static void bytes_become_hex(void **state)
{
	struct kf_output out = { 0 };

	kf_output_hex(&out, kf_view("\x00\x7f\xff\xa5", 4));
	assert_true(out.len == 8);
	assert_memory_equal(out.data, "007fffa5", 8);
	kf_output_close(&out);
}

static void what_steers_a_terminal_is_escaped(void **state)
{
	expect_shown("plain", 5, "plain");
	expect_shown("\x1b[31m", 5, "\\x1b[31m");
	expect_shown("a\nb\rc\0d", 7, "a\\x0ab\\x0dc\\x00d");
	expect_shown("\x7f", 1, "\\x7f");
	expect_shown("\xc2\x9b", 2, "\\u{9b}");
	expect_shown("\xe2\x80\xae", 3, "\\u{202e}");
	expect_shown("\xef\xbb\xbf", 3, "\\u{feff}");
}

static void letters_of_all_lengths_stay(void **state)
{
	const char *text = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91";

	expect_shown(text, strlen(text), text);
}

/* Source: Unicode 15, table 3-7: what is no UTF-8, one of each kind. */
static void what_is_no_utf8_is_escaped_byte_by_byte(void **state)
{
	expect_shown("\xc0\xaf", 2, "\\xc0\\xaf");		/* too long */
	expect_shown("\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf");
	expect_shown("\xf0\x80\x80\xaf", 4, "\\xf0\\x80\\x80\\xaf");
	expect_shown("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");	/* surrogate */
	expect_shown("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
	expect_shown("\xf8\x88\x80\x80", 4, "\\xf8\\x88\\x80\\x80");
	expect_shown("\x80", 1, "\\x80");
	expect_shown("\xe2\x82", 2, "\\xe2\\x82");		/* cut */
	expect_shown("\xe2\x82x", 3, "\\xe2\\x82x");
}

static void writing_to_what_is_full_fails(void **state)
{
	struct kf_output out = { 0 };
	struct kf_fault why = { 0 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	kf_output_text(&out, "text");
	assert_int_equal(kf_output_flush(&out, fd, &why), KF_CANNOT_READ);
	assert_string_equal(why.what,
			    "cannot be written: No space left on device");
	close(fd);
	kf_output_close(&out);
}

static void what_was_written_is_gone(void **state)
{
	struct kf_output out = { 0 };
	struct kf_fault why = { 0 };
	char back[8];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	kf_output_text(&out, "one");
	assert_int_equal(kf_output_flush(&out, ends[1], &why), KF_OK);
	kf_output_text(&out, "two");
	assert_int_equal(kf_output_flush(&out, ends[1], &why), KF_OK);
	assert_int_equal(kf_output_flush(&out, ends[1], &why), KF_OK);
	assert_true(read(ends[0], back, sizeof(back)) == 6);
	assert_memory_equal(back, "onetwo", 6);
	close(ends[0]);
	close(ends[1]);
	kf_output_close(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_as_it_comes),
		cmocka_unit_test(nothing_is_added_behind_a_failure),
		cmocka_unit_test(bytes_become_hex),
		cmocka_unit_test(what_steers_a_terminal_is_escaped),
		cmocka_unit_test(letters_of_all_lengths_stay),
		cmocka_unit_test(what_is_no_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(writing_to_what_is_full_fails),
		cmocka_unit_test(what_was_written_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
