/* Where the EFI system partition of an image lies: UEFI 2.10, 5.2.3, 5.3.
 */
#include "tests/model.h"

#include "core/disk.h"

#include <string.h>

enum { SIZE = 64 << 10 };

static uint8_t image[SIZE];
static uint64_t size;

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	assert_true(at <= size && len <= size - at);
	memcpy(out, image + at, len);
	return true;
}

static enum kf_status find(uint64_t *at)
{
	struct kf_source source = { size, read_at, NULL };

	return kf_disk_esp(at, &source);
}

static void start(void)
{
	memset(image, 0, sizeof(image));
	size = SIZE;
	image[510] = 0x55;
	image[511] = 0xaa;
}

static void put_gpt(size_t sector)
{
	static const uint8_t type[] = {
		0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
		0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
	};

	memcpy(image + sector, "EFI PART", 8);
	image[sector + 72] = 2;
	image[sector + 80] = 4;
	image[sector + 84] = 128;
	memcpy(image + 2 * sector + 128, type, sizeof(type));
	image[2 * sector + 128 + 32] = 8;
}

static void each_kind_is_found(void **state)
{
	uint64_t at = 1;

	start();
	memcpy(image + 82, "FAT32", 5);
	assert_int_equal(find(&at), KF_OK);
	assert_int_equal(at, 0);
	start();
	put_gpt(512);
	assert_int_equal(find(&at), KF_OK);
	assert_int_equal(at, 8 * 512);
	start();
	put_gpt(4096);
	assert_int_equal(find(&at), KF_OK);
	assert_int_equal(at, 8 * 4096);
	start();
	image[446 + 16 + 4] = 0xef;
	image[446 + 16 + 8] = 4;
	assert_int_equal(find(&at), KF_OK);
	assert_int_equal(at, 4 * 512);
}

static void what_has_none_is_no_image(void **state)
{
	uint64_t at;

	start();
	assert_int_equal(find(&at), KF_WRONG_USE);
	size = 511;
	assert_int_equal(find(&at), KF_WRONG_USE);
	/* A kernel, whose boot sector has the mark too. */
	start();
	memcpy(image, "MZ", 2);
	image[446 + 4] = 0xef;
	image[446 + 8] = 1;
	assert_int_equal(find(&at), KF_WRONG_USE);
}

static void a_partition_behind_the_end_is_none(void **state)
{
	uint64_t at;

	start();
	put_gpt(512);
	memset(image + 2 * 512 + 128 + 32, 0xff, 8);
	assert_int_equal(find(&at), KF_WRONG_USE);
	start();
	image[446 + 4] = 0xef;
	memset(image + 446 + 8, 0xff, 4);
	assert_int_equal(find(&at), KF_WRONG_USE);
}

static void no_cut_reads_outside(void **state)
{
	uint64_t at = 0;

	start();
	put_gpt(512);
	for (size = 0; size < 4096; size++)
		if (find(&at) == KF_OK)
			assert_true(at < size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_found),
		cmocka_unit_test(what_has_none_is_no_image),
		cmocka_unit_test(a_partition_behind_the_end_is_none),
		cmocka_unit_test(no_cut_reads_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
