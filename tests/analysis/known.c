/* What is publicly known, and how it is looked up.
 *
 * Source of the serials and their encodings: Microsoft's kek_update_map.json
 * (tests/data/microsoft/kek) has the bytes as they are encoded, Binarly's table
 * of CVE-2024-8105 the numbers.
 */
#include "tests/model.h"

#include "analysis/known.h"

#include <string.h>

static struct kf_bytes bytes_of(const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *out = model_room(len);

	for (size_t i = 0; i < len; i++) {
		const char *digits = "0123456789abcdef";

		out[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				   (strchr(digits, hex[2 * i + 1]) - digits));
	}
	return kf_view(out, len);
}

static void a_negative_serial_is_its_complement(void **state)
{
	assert_true(kf_serial_is("-08:c2:d1:c3:6c:9b:51:4f:b3:7c:6a:02:08:12:cd:59",
				 bytes_of("f73d2e3c9364aeb04c8395fdf7ed32a7")));
	assert_true(kf_serial_is("-15:fe:0d:04:9b:3b:74:70:bc:6f:1a:d2:96:ed:c4:7b",
				 bytes_of("ea01f2fb64c48b8f4390e52d69123b85")));
	assert_false(kf_serial_is("08:c2:d1:c3:6c:9b:51:4f:b3:7c:6a:02:08:12:cd:59",
				  bytes_of("f73d2e3c9364aeb04c8395fdf7ed32a7")));
}

static void a_serial_may_have_zeros_in_front(void **state)
{
	assert_true(kf_serial_is("f7:3d", bytes_of("00f73d")));
	assert_true(kf_serial_is("55:fb", bytes_of("55fb")));
	assert_false(kf_serial_is("55:fb", bytes_of("55fb00")));
}

static void what_is_no_serial_is_none(void **state)
{
	assert_false(kf_serial_is("", bytes_of("00")));
	assert_false(kf_serial_is("5", bytes_of("05")));
	assert_false(kf_serial_is("xy", bytes_of("00")));
	assert_false(kf_serial_is("00", kf_view(NULL, 0)));
}

static void hex_digits_are_whole_or_nothing(void **state)
{
	assert_true(kf_hex_is("00ffA0", bytes_of("00ffa0")));
	assert_false(kf_hex_is("00ff", bytes_of("00ffa0")));
	assert_false(kf_hex_is("00ffa0a0", bytes_of("00ffa0")));
	assert_false(kf_hex_is("", kf_view(NULL, 0)));
}

/* Each of PKfail's 22, and none that has no serial. */
static void every_leaked_serial_is_found_as_it_is_encoded(void **state)
{
	struct kf_known known;
	size_t leaked = 0;

	kf_known_start(&known);
	for (size_t i = 0; i < known.num_keys; i++)
		leaked += known.key[i].exposure == KF_EXPOSED_LEAKED &&
			  known.key[i].serial[0];
	assert_int_equal(leaked, 22);
	assert_non_null(kf_known_find(&known, kf_view(NULL, 0),
				      bytes_of("55fbef878123008447170bb3cd873af4")));
	assert_null(kf_known_find(&known, kf_view(NULL, 0),
				  bytes_of("55fbef878123008447170bb3cd873af5")));
	assert_null(kf_known_find(&known, kf_view(NULL, 0),
				  kf_view(NULL, 0)));
}

static void every_key_of_the_table_is_named_by_something(void **state)
{
	struct kf_known known;

	kf_known_start(&known);
	assert_true(known.num_keys > 100);
	for (size_t i = 0; i < known.num_keys; i++) {
		size_t len = strlen(known.key[i].spki);

		assert_true(len == 64 || len == 0);
		assert_true(len || known.key[i].serial[0]);
		assert_true(known.key[i].where[0] && known.key[i].name[0]);
		assert_true(known.key[i].exposure);
	}
}

static void bytes_that_are_no_certificate_have_no_parts(void **state)
{
	struct kf_bytes serial, spki;

	kf_known_parts(&serial, &spki, kf_view(NULL, 0));
	assert_true(serial.len == 0 && spki.len == 0);
	kf_known_parts(&serial, &spki, bytes_of("3003020105"));
	assert_true(serial.len == 0 && spki.len == 0);
	kf_known_parts(&serial, &spki, bytes_of("30053003020105"));
	assert_true(serial.len == 1 && spki.len == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_negative_serial_is_its_complement),
		MODEL_TEST(a_serial_may_have_zeros_in_front),
		MODEL_TEST(what_is_no_serial_is_none),
		MODEL_TEST(hex_digits_are_whole_or_nothing),
		MODEL_TEST(every_leaked_serial_is_found_as_it_is_encoded),
		MODEL_TEST(every_key_of_the_table_is_named_by_something),
		MODEL_TEST(bytes_that_are_no_certificate_have_no_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
