/* Checksums: the values that are published for "123456789".
 *
 * Source: Catalogue of parametrised CRC algorithms (reveng), "check" of
 * CRC-32/ISO-HDLC and CRC-16/XMODEM.
 */
#include "tests/model.h"

#include "core/crc.h"

static void checks_are_those_of_the_catalogue(void **state)
{
	struct kf_bytes text = kf_text("123456789");

	assert_int_equal(kf_crc32(0, text), 0xcbf43926);
	assert_int_equal(kf_crc16(0, text), 0x31c3);
}

static void pieces_add_up(void **state)
{
	struct kf_bytes text = kf_text("123456789");

	for (size_t i = 0; i <= text.len; i++) {
		struct kf_bytes front = kf_part_of(text, 0, i);
		struct kf_bytes back = kf_part_of(text, i, text.len - i);

		assert_int_equal(kf_crc32(kf_crc32(0, front), back),
				 0xcbf43926);
		assert_int_equal(kf_crc16(kf_crc16(0, front), back), 0x31c3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(checks_are_those_of_the_catalogue),
		MODEL_TEST(pieces_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
