/* JSON is valid whatever it holds, and keeps the order of the calls.
 */
#include "tests/model.h"

#include "host/json_write.h"

#include <jansson.h>

#include <string.h>

static void expect(struct kf_output *out, const char *wanted)
{
	kf_output_add(out, "", 1);
	assert_false(out->failed);
	assert_string_equal(out->data, wanted);
	kf_output_close(out);
}

static void keys_stand_in_the_order_of_the_calls(void **state)
{
	struct kf_output out = { 0 };
	struct kf_json json = { .out = &out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "b", "x");
	kf_json_number(&json, "a", UINT64_MAX);
	kf_json_open(&json, "list", '[');
	kf_json_yes_no(&json, NULL, true);
	kf_json_text(&json, NULL, NULL);
	kf_json_open(&json, NULL, '{');
	kf_json_close(&json);
	kf_json_close(&json);
	kf_json_hex(&json, "c", kf_view("\x01\xab", 2));
	kf_json_close(&json);
	expect(&out, "{\"b\":\"x\",\"a\":18446744073709551615,\"list\":[true,null,{}],\"c\":\"01ab\"}");
}

/* expect_text holds a text as JSON against `wanted`. */
static void expect_text(const char *text, size_t len, const char *wanted)
{
	struct kf_output out = { 0 };
	struct kf_json json = { .out = &out };

	kf_json_foreign(&json, NULL, kf_view(text, len));
	expect(&out, wanted);
}

static void foreign_text_is_escaped(void **state)
{
	expect_text("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
	expect_text("a\nb\0c\x1f", 6, "\"a\\nb\\u0000c\\u001f\"");
	expect_text("\xff\xc3\xa9", 3, "\"\\ufffd\xc3\xa9\"");
	expect_text("\xe2\x80\xae", 3, "\"\\u202e\"");
	expect_text("\xf3\xa0\x80\x81", 4, "\"\\udb40\\udc01\"");
}

/* Another reader takes every pair of bytes, and ones beside a letter. */
static void every_pair_of_bytes_is_valid(void **state)
{
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		uint8_t text[3] = { (uint8_t)(pair >> 8), (uint8_t)pair, 'x' };
		struct kf_output out = { 0 };
		struct kf_json json = { .out = &out };
		json_t *back;

		kf_json_open(&json, NULL, '[');
		kf_json_foreign(&json, NULL, kf_view(text, 3));
		kf_json_close(&json);
		back = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
		assert_non_null(back);
		json_decref(back);
		kf_output_close(&out);
	}
}

static void what_is_nested_too_deep_fails(void **state)
{
	struct kf_output out = { 0 };
	struct kf_json json = { .out = &out };

	for (int i = 0; i < KF_JSON_DEPTH; i++)
		kf_json_open(&json, NULL, '[');
	assert_false(out.failed);
	kf_json_open(&json, NULL, '[');
	assert_true(out.failed);
	kf_output_close(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_stand_in_the_order_of_the_calls),
		cmocka_unit_test(foreign_text_is_escaped),
		cmocka_unit_test(every_pair_of_bytes_is_valid),
		cmocka_unit_test(what_is_nested_too_deep_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
