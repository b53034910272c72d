/* What shim keeps, as a running system and a copy of its variables tell it.
 *
 * Source: rhboot/shim 16.1, mok.c:mok_state_variable_data (the names),
 * mirror_mok_db (pieces), mirror_one_mok_variable (a list is never empty),
 * lib/guid.c:SHIM_LOCK_GUID; Linux 6.1, drivers/firmware/efi/mokvar-table.c
 * (the table counts more than the variables; who may not read an entry is told
 * 0 bytes).
 */
#include "host/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"

static const struct kf_crypto *crypto;
static struct kf_device device;
static char top[] = "/tmp/keyfit-efivars-XXXXXX";
static char folder[64], table[64];

static void path_of(char out[160], const char *name, const char *guid)
{
	snprintf(out, 160, "%s/%s-%s", folder, name, guid);
}

static void write_file(const char *path, const char *front, size_t front_len,
		       const char *data)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(front, 1, front_len, f), front_len);
	assert_int_equal(fwrite(data, 1, strlen(data), f), strlen(data));
	assert_int_equal(fclose(f), 0);
}

/* put writes a variable that is made anew at each start. */
static void put(const char *name, const char *guid, const char *data)
{
	static const char attributes[] = { 6, 0, 0, 0 };
	char path[160];

	path_of(path, name, guid);
	write_file(path, attributes, 4, data);
}

/* hand_on writes an entry of shim's table. */
static void hand_on(const char *name, const char *data)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", table, name);
	write_file(path, "", 0, data);
}

static void take_table_away(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", table,
		 table);
	assert_int_equal(system(command), 0);
}

static void take_away(const char *name)
{
	char path[160];

	path_of(path, name, SHIM);
	assert_int_equal(unlink(path), 0);
}

/* presence of a part, with the folder read anew. */
static enum kf_presence presence(const char *name)
{
	struct kf_ask ask = { .device = folder, .rules = "shim-16.1" };
	struct kf_fault why = { 0 };

	kf_device_close(&device);
	assert_int_equal(kf_device_open(&device, &ask, crypto, 1800000000,
					&why), KF_OK);
	return kf_store_presence(&device.verifier[0].store, name);
}

static const struct kf_part *part(const char *name)
{
	return kf_store_part(&device.verifier[0].store, name);
}

static void what_shim_does_not_show_is_unknown(void **state)
{
	assert_int_equal(presence("mok"), KF_UNKNOWN);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(presence("mok-sb-state"), KF_UNKNOWN);
	assert_int_equal(presence("sbat-level"), KF_UNKNOWN);
	assert_int_equal(presence("sbat-policy"), KF_UNKNOWN);
}

static void what_it_shows_is_read(void **state)
{
	put("MokListRT", SHIM, "lists");
	put("SbatLevelRT", SHIM, "sbat,1,2025021800\n");
	put("MokSBStateRT", SHIM, "\1");
	assert_int_equal(presence("mok"), KF_PRESENT);
	assert_true(part("mok")->shown);
	assert_int_equal(part("mok")->bytes.len, 5);
	assert_int_equal(part("sbat-level")->attributes, 0);
	assert_int_equal(part("sbat-level")->bytes.len, 18);
	assert_int_equal(presence("mok-sb-state"), KF_PRESENT);
}

static void a_list_that_it_does_not_show_is_unknown(void **state)
{
	assert_int_equal(presence("mok"), KF_PRESENT);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	/* There was no room for it, and so perhaps for nothing behind it. */
	assert_int_equal(presence("mok-db-state"), KF_UNKNOWN);
	assert_int_equal(presence("mok-sb-state"), KF_PRESENT);
}

static void what_it_would_show_is_not_there(void **state)
{
	put("MokListXRT", SHIM, "none");
	take_away("MokSBStateRT");
	assert_int_equal(presence("mok-sb-state"), KF_ABSENT);
	assert_int_equal(presence("mok-db-state"), KF_ABSENT);
	assert_int_equal(presence("mokx"), KF_PRESENT);
	assert_int_equal(presence("sbat-policy"), KF_ABSENT);
	/* A shim older than the level leaves it alone. */
	take_away("SbatLevelRT");
	assert_int_equal(presence("sbat-level"), KF_UNKNOWN);
	assert_int_equal(presence("mok"), KF_PRESENT);
}

static void what_it_shows_in_pieces_is_unknown(void **state)
{
	put("MokListXRT", SHIM, "lists");
	put("MokListXRT1", SHIM, "more");
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(presence("mok"), KF_PRESENT);
}

static void the_table_has_a_list_whole(void **state)
{
	hand_on("MokListXRT", "lists and more");
	assert_int_equal(presence("mokx"), KF_PRESENT);
	assert_true(part("mokx")->shown);
	assert_int_equal(part("mokx")->attributes, 0);
	assert_int_equal(part("mokx")->bytes.len, 14);
	/* It counts before efivarfs, and where that shows none. */
	hand_on("MokListRT", "others");
	hand_on("MokSBStateRT", "\1");
	hand_on("SbatLevelRT", "sbat,1,2025021800\n");
	assert_int_equal(presence("mok"), KF_PRESENT);
	assert_memory_equal(part("mok")->bytes.data, "others", 6);
	assert_int_equal(presence("mok-sb-state"), KF_PRESENT);
	assert_int_equal(presence("sbat-level"), KF_PRESENT);
	assert_int_equal(presence("mok-db-state"), KF_ABSENT);
}

static void other_entries_of_the_table_are_passed_over(void **state)
{
	/* These stand in the table without a vendor. */
	hand_on("dbx", "x");
	hand_on("SecureBoot", "\0");
	hand_on("MokList", "x");
	assert_int_equal(presence("dbx"), KF_ABSENT);
	assert_int_equal(presence("mok"), KF_PRESENT);
	assert_int_equal(part("mok")->bytes.len, 6);
}

static void a_table_that_cannot_be_read_tells_how_long(void **state)
{
	char path[160];

	/* What cannot be read even by root. */
	take_table_away();
	hand_on("MokListRT", "lists");
	snprintf(path, sizeof(path), "%s/MokListXRT", table);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(presence("mok"), KF_PRESENT);
}

/* Who may not read an entry is told that it is empty; a list never is. */
static void an_empty_list_was_not_read(void **state)
{
	take_table_away();
	take_away("MokListXRT1");
	hand_on("MokListRT", "");
	hand_on("MokListXRT", "");
	hand_on("MokSBStateRT", "");
	assert_int_equal(presence("mok"), KF_UNKNOWN);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(presence("mok-sb-state"), KF_ABSENT);
	take_table_away();
	assert_int_equal(presence("mokx"), KF_PRESENT);
}

static int make_folder(void **state)
{
	struct kf_fault why = { 0 };

	crypto = kf_openssl_open(&why);
	if (!crypto || !mkdtemp(top))
		return -1;
	snprintf(folder, sizeof(folder), "%s/efivars", top);
	snprintf(table, sizeof(table), "%s/mok-variables", top);
	if (mkdir(folder, 0700) != 0 || mkdir(table, 0700) != 0)
		return -1;
	put("SecureBoot", GLOBAL, "\1");
	put("PK", GLOBAL, "lists");
	return 0;
}

static int remove_folder(void **state)
{
	char command[64];

	kf_device_close(&device);
	kf_openssl_close(crypto);
	snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_shim_does_not_show_is_unknown),
		cmocka_unit_test(what_it_shows_is_read),
		cmocka_unit_test(a_list_that_it_does_not_show_is_unknown),
		cmocka_unit_test(what_it_would_show_is_not_there),
		cmocka_unit_test(what_it_shows_in_pieces_is_unknown),
		cmocka_unit_test(the_table_has_a_list_whole),
		cmocka_unit_test(other_entries_of_the_table_are_passed_over),
		cmocka_unit_test(a_table_that_cannot_be_read_tells_how_long),
		cmocka_unit_test(an_empty_list_was_not_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
