/* Boot options, byte by byte as UEFI 2.10 lays them out (3.1.3, 10.3).
 */
#include "tests/model.h"

#include "core/bootoption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t bytes[1024];
static size_t len;

static void put(const void *from, size_t n)
{
	assert_true(len + n <= sizeof(bytes));
	memcpy(bytes + len, from, n);
	len += n;
}

static void put16(unsigned value)
{
	uint8_t two[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	put(two, 2);
}

static void put_wide(const char *text)
{
	for (size_t i = 0; i <= strlen(text); i++)
		put16((uint8_t)text[i]);
}

/* put_file makes an option for a file on a hard drive, of two nodes. */
static void put_file(unsigned attributes, const char *folder,
		     const char *file, const char *data)
{
	size_t folder_len = 2 * strlen(folder) + 2;
	size_t file_len = 2 * strlen(file) + 2;

	len = 0;
	put16(attributes);
	put16(0);
	put16((unsigned)(42 + 4 + folder_len + 4 + file_len + 4));
	put_wide("debian");
	put("\x04\x01\x2a\x00", 4);
	for (int i = 0; i < 38; i++)
		put("x", 1);
	put("\x04\x04", 2);
	put16((unsigned)(4 + folder_len));
	put_wide(folder);
	put("\x04\x04", 2);
	put16((unsigned)(4 + file_len));
	put_wide(file);
	put("\x7f\xff\x04\x00", 4);
	if (data)
		put_wide(data);
}

static struct kf_boot_option read_option(void)
{
	struct kf_boot_option o;

	kf_boot_option_read(&o, 7, kf_view(bytes, len));
	return o;
}

static void a_file_is_joined_of_its_nodes(void **state)
{
	struct kf_boot_option o;

	put_file(1, "\\EFI\\debian", "shimx64.efi", "\\fwupdx64.efi more");
	o = read_option();
	assert_int_equal(o.way, KF_WAY_FILE);
	assert_string_equal(o.place, "\\EFI\\debian\\shimx64.efi");
	assert_string_equal(o.label, "debian");
	assert_string_equal(o.loader, "\\fwupdx64.efi");
	assert_true(o.active);
	put_file(1, "\\EFI\\debian\\", "\\shimx64.efi", NULL);
	o = read_option();
	assert_string_equal(o.place, "\\EFI\\debian\\shimx64.efi");
}

static void what_is_not_for_booting_is_not_active(void **state)
{
	put_file(0, "\\a", "b", NULL);
	assert_false(read_option().active);
	put_file(0x101, "\\a", "b", NULL);
	assert_false(read_option().active);
}

/* Source: rhboot/shim 16.1, load-options.c:parse_load_options. */
static void data_that_is_no_name_names_no_loader(void **state)
{
	put_file(1, "\\a", "b", NULL);
	put("WINDOWS\0", 8);
	assert_string_equal(read_option().loader, "");
	put_file(1, "\\a", "b", NULL);
	put("FJ\0", 3);
	assert_string_equal(read_option().loader, "");
}

static void every_cut_leads_nowhere_or_to_the_same_file(void **state)
{
	size_t whole;

	put_file(1, "\\EFI\\debian", "shimx64.efi", "x");
	whole = len;
	for (size_t cut = 0; cut < whole; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct kf_boot_option o;

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		kf_boot_option_read(&o, 7, kf_view(copy, cut));
		if (o.way == KF_WAY_FILE)
			assert_string_equal(o.place,
					    "\\EFI\\debian\\shimx64.efi");
		else
			assert_non_null(o.damage.field);
		free(copy);
	}
}

static void every_change_of_a_byte_is_read_to_its_end(void **state)
{
	put_file(1, "\\EFI\\debian", "shimx64.efi", "x");
	for (size_t i = 0; i < len; i++)
		for (unsigned value = 0; value < 256; value += 5) {
			uint8_t was = bytes[i];
			struct kf_boot_option o;

			bytes[i] = (uint8_t)value;
			o = read_option();
			assert_true(strlen(o.place) < sizeof(o.place));
			assert_true(strlen(o.loader) < sizeof(o.loader));
			bytes[i] = was;
		}
}

static void boot_next_comes_before_the_order(void **state)
{
	static struct kf_boot_options all;

	memset(&all, 0, sizeof(all));
	put_file(1, "\\a", "b", NULL);
	kf_boot_variable(&all, "BootOrder", kf_view("\2\0\x0a\0\3\0", 6));
	kf_boot_variable(&all, "Boot0002", kf_view(bytes, len));
	kf_boot_variable(&all, "Boot000A", kf_view(bytes, len));
	kf_boot_variable(&all, "Boot0009", kf_view(bytes, len));
	kf_boot_variable(&all, "BootCurrent", kf_view("\2\0", 2));
	kf_boot_variable(&all, "BootNext", kf_view("\x09\0", 2));
	assert_int_equal(all.num, 3);
	assert_int_equal(kf_boot_option_at(&all, 0)->number, 9);
	assert_int_equal(kf_boot_option_at(&all, 1)->number, 2);
	assert_int_equal(kf_boot_option_at(&all, 2)->number, 10);
	assert_null(kf_boot_option_at(&all, 3));
}

static void more_than_it_holds_is_told(void **state)
{
	static struct kf_boot_options all;
	char name[16];

	memset(&all, 0, sizeof(all));
	put_file(1, "\\a", "b", NULL);
	for (unsigned i = 0; i <= KF_OPTIONS_OF_BOOT_MAX; i++) {
		snprintf(name, sizeof(name), "Boot%04X", i);
		kf_boot_variable(&all, name, kf_view(bytes, len));
		assert_int_equal(all.cut, i == KF_OPTIONS_OF_BOOT_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_joined_of_its_nodes),
		cmocka_unit_test(what_is_not_for_booting_is_not_active),
		cmocka_unit_test(data_that_is_no_name_names_no_loader),
		cmocka_unit_test(every_cut_leads_nowhere_or_to_the_same_file),
		cmocka_unit_test(every_change_of_a_byte_is_read_to_its_end),
		cmocka_unit_test(boot_next_comes_before_the_order),
		cmocka_unit_test(more_than_it_holds_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
