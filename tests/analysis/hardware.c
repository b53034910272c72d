/* Hardware ids are those of fwupd. Source of what is expected: fwupd/fwupd at
 * 6e9504964aeb, libfwupdplugin/fu-hwids-test.c (a ThinkPad T440s, all 15), and
 * plugins/uefi-dbx/uefi-dbx.quirk (models beside their ids).
 */
#include "analysis/hardware.h"
#include "analysis/known.h"

#include "tests/openssl.h"

#include <keyfit/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct kf_hardware thinkpad = { {
	[KF_HARDWARE_VENDOR] = "LENOVO",
	[KF_HARDWARE_FAMILY] = " ThinkPad T440s",
	[KF_HARDWARE_PRODUCT] = "20ARS19C0C",
	[KF_HARDWARE_SKU] = "LENOVO_MT_20AR_BU_Think_FM_ThinkPad T440s  ",
	[KF_HARDWARE_BOARD_VENDOR] = "LENOVO",
	[KF_HARDWARE_BOARD] = "20ARS19C0C",
	[KF_HARDWARE_BIOS_VENDOR] = "LENOVO",
	[KF_HARDWARE_BIOS_VERSION] = "GJET75WW (2.25 )",
	[KF_HARDWARE_BIOS_RELEASE] = "2.25",
	[KF_HARDWARE_CHASSIS] = "10",
} };

static const char *id(const struct kf_hardware *hardware, size_t index)
{
	static char out[KF_HARDWARE_ID_LEN + 1];

	assert_int_equal(kf_hardware_id(out, hardware, index, crypto), KF_OK);
	return out;
}

static void all_ids_are_those_of_fwupd(void **state)
{
	static const char *const wanted[KF_NUM_HARDWARE_IDS] = {
		"147efce9-f201-5fc8-ab0c-c859751c3440",
		"b7cceb67-774c-537e-bf8b-22c6107e9a74",
		"f5ff077f-3eeb-5bae-be1c-e98ffe8ce5f8",
		"3faec92a-3ae3-5744-be88-495e90a7d541",
		"660ccba8-1b78-5a33-80e6-9fb8354ee873",
		"8dc9b7c5-f5d5-5850-9ab3-bd6f0549d814",
		"178cd22d-ad9f-562d-ae0a-34009822cdbe",
		"da1da9b6-62f5-5f22-8aaa-14db7eeda2a4",
		"059eb22d-6dc7-59af-abd3-94bbe017f67c",
		"0cf8618d-9eff-537c-9f35-46861406eb9c",
		"f4275c1f-6130-5191-845c-3426247eb6a1",
		"db73af4c-4612-50f7-b8a7-787cf4871847",
		"e093d715-70f7-51f4-b6c8-b4a7e31def85",
		"f8e1de5f-b68c-5f52-9d1a-f1ba52f1f773",
		"6de5d951-d755-576b-bd09-c5cf66b27234",
	};

	(void)state;
	for (size_t i = 0; i < KF_NUM_HARDWARE_IDS; i++)
		assert_string_equal(id(&thinkpad, i), wanted[i]);
}

/* HardwareID-14 is the vendor alone, -12 has the chassis, -02 the release. */
static void what_is_not_told_gives_no_id(void **state)
{
	struct kf_hardware h = thinkpad;

	(void)state;
	h.text[KF_HARDWARE_BIOS_RELEASE] = "2";
	h.text[KF_HARDWARE_CHASSIS] = "300";
	assert_string_equal(id(&h, 2), "");
	assert_string_equal(id(&h, 12), "");
	h.text[KF_HARDWARE_BIOS_RELEASE] = ".25";
	h.text[KF_HARDWARE_CHASSIS] = "";
	assert_string_equal(id(&h, 2), "");
	assert_string_equal(id(&h, 12), "");
	h.text[KF_HARDWARE_VENDOR] = "";
	assert_string_equal(id(&h, 14), "");
	h.text[KF_HARDWARE_VENDOR] = NULL;
	for (size_t i = 0; i < KF_NUM_HARDWARE_IDS; i++)
		assert_string_equal(id(&h, i), "");
}

/* Source of the digests: uuid5 of Python 3.11, over UTF-16LE. */
static void texts_are_utf_8(void **state)
{
	static const char *const broken[] = { "\xc3", "\xc0\x80", "\xff",
					      "\xed\xa0\x80", "\xe2\x82",
					      "\xf4\x90\x80\x80" };
	static char longest[5000];
	struct kf_hardware h = thinkpad;

	(void)state;
	h.text[KF_HARDWARE_VENDOR] = "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x92\xbb";
	assert_string_equal(id(&h, 14), "de0b0b34-30d8-5ea7-8554-3e21a64cb74a");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		h.text[KF_HARDWARE_VENDOR] = broken[i];
		assert_string_equal(id(&h, 14), "");
	}
	memset(longest, 'x', sizeof(longest) - 1);
	h.text[KF_HARDWARE_VENDOR] = longest;
	assert_string_equal(id(&h, 14), "");
}

/* model_of takes apart what the table says of a model. */
static void model_of(struct kf_hardware *out, char *text)
{
	char *last = strstr(text, ", board ");
	size_t field = KF_HARDWARE_BOARD, skip = strlen(", board ");

	if (!last) {
		last = strstr(text, ", family ");
		field = KF_HARDWARE_FAMILY;
		skip = strlen(", family ");
	}
	if (!last) {
		last = strstr(text, ", ");
		field = KF_HARDWARE_PRODUCT;
		skip = strlen(", ");
	}
	memset(out, 0, sizeof(*out));
	out->text[KF_HARDWARE_VENDOR] = text;
	out->text[KF_HARDWARE_BOARD_VENDOR] = text;
	if (!last)
		return;
	*last = '\0';
	out->text[field] = last + skip;
}

static void every_model_of_the_table_has_the_id_beside_it(void **state)
{
	struct kf_known known;

	(void)state;
	kf_known_start(&known);
	assert_int_equal(known.num_quirks, 31);
	for (size_t i = 0; i < known.num_quirks; i++) {
		const struct kf_quirk *found;
		struct kf_hardware h;
		char text[128];

		snprintf(text, sizeof(text), "%s", known.quirk[i].model);
		model_of(&h, text);
		assert_int_equal(kf_quirk_of(&found, &known, &h, crypto),
				 KF_OK);
		assert_ptr_equal(found, &known.quirk[i]);
	}
}

static void another_model_has_no_quirk(void **state)
{
	struct kf_known known;
	const struct kf_quirk *found;

	(void)state;
	kf_known_start(&known);
	assert_int_equal(kf_quirk_of(&found, &known, &thinkpad, crypto),
			 KF_OK);
	assert_null(found);
}

/* read tells how many quirks a file holds; none: it is no such file. */
static size_t read_quirks(const char *file)
{
	static uint8_t room[1 << 16];
	struct kf_arena arena = { .base = room, .size = sizeof(room) };
	struct kf_known known;
	enum kf_known_kind kind;

	kf_known_start(&known);
	assert_int_equal(kf_known_read(&known, &kind, kf_text(file), "a file",
				       &arena), KF_OK);
	return kind == KF_KNOWN_QUIRKS ? known.num_quirks : 0;
}

#define SECTION "[AF7BE2CF-a1c2-50ce-b880-c090ee252249]\n"

static void a_newer_list_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_quirks("# x\n" SECTION
				     "Flags = no-dbx-updates\n"), 1);
	assert_int_equal(read_quirks(SECTION "Flags=a,no-dbx-updates,b\r\n"
				     SECTION "Plugin = x\n"
				     "Flags = no-dbx-updates"), 2);
	assert_int_equal(read_quirks(SECTION "Flags = no-dbx-updates-yet\n"),
			 0);
	assert_int_equal(read_quirks("[UEFI\\CRT_1]\n"
				     "Flags = no-dbx-updates\n"), 0);
	assert_int_equal(read_quirks(SECTION "[other]\n"
				     "Flags = no-dbx-updates\n"), 0);
	assert_int_equal(read_quirks("Flags = no-dbx-updates\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ids_are_those_of_fwupd),
		cmocka_unit_test(what_is_not_told_gives_no_id),
		cmocka_unit_test(texts_are_utf_8),
		cmocka_unit_test(every_model_of_the_table_has_the_id_beside_it),
		cmocka_unit_test(another_model_has_no_quirk),
		cmocka_unit_test(a_newer_list_is_read),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
