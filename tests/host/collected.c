/* What stands in a collected file is a device; what was not read, or is told
 * twice, is unknown; what says too little is refused.
 *
 * Source: docs/man/keyfit-collected.5.scd; RFC 4648, section 4 (base64);
 * UEFI 2.10, 3.3 (SecureBoot).
 */
#include "host/collected.h"

#include "host/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define IMAGE "-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define VARIABLE(file, data) "{\"file\":\"" file "\",\"data\":\"" data "\"}"
/* Four bytes of attributes, and 1. */
#define ON VARIABLE("SecureBoot" GLOBAL, "BgAAAAE=")
#define PK VARIABLE("PK" GLOBAL, "JwAAAAE=")
#define DBX VARIABLE("dbx" IMAGE, "JwAAAGRi")
#define UNREAD(what) "{\"what\":\"" what "\",\"why\":\"closed\"}"
#define FOLDER "/sys/firmware/efi/efivars/"

static const struct kf_crypto *crypto;
static struct kf_device device;
static struct kf_fault why;
static char path[] = "/tmp/keyfit-collected-XXXXXX";
static char text[4096];

static struct kf_bytes whole(const char *rest)
{
	int len = snprintf(text, sizeof(text), "{\"keyfit_collected\":1,%s}",
			   rest);

	assert_in_range(len, 1, sizeof(text) - 1);
	return kf_view(text, (size_t)len);
}

/* opened reads a file of these keys as a device. */
static enum kf_status opened(const char *rest)
{
	struct kf_ask ask = { .device = path };
	struct kf_bytes bytes = whole(rest);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
	assert_int_equal(fclose(f), 0);
	kf_device_close(&device);
	memset(&why, 0, sizeof(why));
	return kf_device_open(&device, &ask, crypto, 1800000000, &why);
}

/* with reads one of these variables, of which these could not be read. */
static void with(const char *state, const char *variables, const char *unread)
{
	char rest[2048];

	snprintf(rest, sizeof(rest), "\"machine\":null,\"efivars\":\"%s\","
		 "\"variables\":[%s],\"unread\":[%s]", state, variables,
		 unread);
	assert_int_equal(opened(rest), KF_OK);
}

static enum kf_presence presence(const char *name)
{
	return kf_store_presence(&device.verifier[0].store, name);
}

static void refused(const char *rest, const char *what)
{
	assert_int_equal(opened(rest), KF_WRONG_USE);
	assert_non_null(strstr(why.what, what));
}

static void what_it_tells_is_there(void **state)
{
	const struct kf_part *dbx;

	with("live", ON "," PK "," DBX, "");
	dbx = kf_store_part(&device.verifier[0].store, "dbx");
	assert_non_null(dbx);
	assert_int_equal(dbx->presence, KF_PRESENT);
	assert_int_equal(dbx->attributes, 0x27);
	assert_int_equal(dbx->bytes.len, 2);
	assert_memory_equal(dbx->bytes.data, "db", 2);
	assert_int_equal(presence("kek"), KF_ABSENT);
}

static void what_is_told_twice_is_unknown(void **state)
{
	with("live", ON "," PK "," DBX "," DBX, "");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	with("copy", ON "," PK "," DBX ","
	     VARIABLE("dbx-D719B2CB-3D3A-4596-A3BC-DAD00E67656F", "JwAAAA=="),
	     "");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	/* Another vendor's variable of the same name is another variable. */
	with("copy", ON "," PK "," DBX "," VARIABLE("dbx" GLOBAL, "BwAAAA=="),
	     "");
	assert_int_equal(presence("dbx"), KF_PRESENT);
}

static void what_was_not_read_is_unknown(void **state)
{
	with("live", ON "," PK, UNREAD(FOLDER "dbx" IMAGE));
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	assert_int_equal(presence("db"), KF_ABSENT);
	with("live", ON "," PK "," DBX, UNREAD(FOLDER "dbx" IMAGE));
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	with("live", PK, UNREAD(FOLDER "SecureBoot" GLOBAL));
	assert_int_equal(presence("secure-boot"), KF_UNKNOWN);
}

static void a_renamed_variable_is_unknown(void **state)
{
	with("copy", ON "," PK, UNREAD(FOLDER "dbx.bak"));
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	assert_int_equal(presence("db"), KF_ABSENT);
	/* A boot file of that name is none. */
	with("copy", ON "," PK, UNREAD("/boot/efi/EFI/dbx.efi"));
	assert_int_equal(presence("dbx"), KF_ABSENT);
}

static void what_is_cut_short_is_unknown(void **state)
{
	with("copy", ON "," PK "," VARIABLE("dbx" IMAGE, "JwAA"), "");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	with("copy", ON "," PK "," VARIABLE("dbx" IMAGE, ""), "");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
}

static void without_variables_all_is_unknown(void **state)
{
	static const char *const states[] = { "none", "copy", "live" };

	for (size_t i = 0; i < 3; i++) {
		with(states[i], "", "");
		assert_int_equal(presence("secure-boot"), KF_UNKNOWN);
		assert_int_equal(presence("db"), KF_UNKNOWN);
		assert_int_equal(presence("dbx"), KF_UNKNOWN);
	}
	/* What is not looked at is not taken for what is. */
	with("none", ON "," PK, "");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
}

static void lists_without_secure_boot_are_not_all(void **state)
{
	with("live", DBX, "");
	assert_int_equal(presence("secure-boot"), KF_UNKNOWN);
	with("live", PK, "");
	assert_int_equal(presence("secure-boot"), KF_UNKNOWN);
	with("copy", VARIABLE("BootOrder" GLOBAL, "BwAAAAAA"), "");
	assert_int_equal(presence("secure-boot"), KF_UNKNOWN);
	/* Firmware that knows no Secure Boot has neither. */
	with("live", VARIABLE("BootOrder" GLOBAL, "BwAAAAAA"), "");
	assert_int_equal(presence("secure-boot"), KF_ABSENT);
	with("live", ON, "");
	assert_int_equal(presence("pk"), KF_UNKNOWN);
}

#define SHIM "-605dab50-e046-4300-abb6-3dd810dd8b23"
/* "lists" behind the attributes, and one piece of more. */
#define PIECES VARIABLE("MokListXRT" SHIM, "BgAAAGxpc3Rz") "," \
	VARIABLE("MokListXRT1" SHIM, "BgAAAG1vcmU=")

/* told reads a machine that shows MokListXRT, with these entries of shim's
 * table; `pieces`: it goes on in another variable. */
static enum kf_status told(const char *entries, bool pieces)
{
	char rest[2048];

	snprintf(rest, sizeof(rest), "\"machine\":null,\"efivars\":\"live\","
		 "\"variables\":[%s],\"mok_variables\":[%s],\"unread\":[]",
		 pieces ? ON "," PK "," PIECES
			: ON "," PK "," VARIABLE("MokListXRT" SHIM,
						 "BgAAAGxpc3Rz"), entries);
	return opened(rest);
}

#define ENTRY(name, size, data) \
	"{\"name\":\"" name "\",\"size\":" size ",\"data\":" data "}"
#define LISTS ENTRY("MokListXRT", "5", "\"bGlzdHM=\"")

/* Source: as for tests/host/efivars.c. */
static void a_list_in_pieces_is_whole_in_the_table(void **state)
{
	const struct kf_part *mokx;

	assert_int_equal(told("", true), KF_OK);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(told(ENTRY("MokListXRT", "9",
				    "\"bGlzdHNtb3Jl\""), true), KF_OK);
	mokx = kf_store_part(&device.verifier[0].store, "mokx");
	assert_int_equal(mokx->presence, KF_PRESENT);
	assert_int_equal(mokx->bytes.len, 9);
	assert_memory_equal(mokx->bytes.data, "listsmore", 9);
	assert_true(mokx->shown);
}

static void its_length_tells_whether_a_list_is_whole(void **state)
{
	assert_int_equal(told(ENTRY("MokListXRT", "5", "null"), false), KF_OK);
	assert_int_equal(presence("mokx"), KF_PRESENT);
	assert_int_equal(told(ENTRY("MokListXRT", "6", "null"), false), KF_OK);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(told(ENTRY("MokListXRT", "0", "\"\""), false), KF_OK);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	assert_int_equal(told(LISTS "," LISTS, false), KF_OK);
	assert_int_equal(presence("mokx"), KF_UNKNOWN);
	/* A setting that the table has and nobody read. */
	assert_int_equal(told(ENTRY("MokSBStateRT", "1", "null") "," LISTS,
			      false), KF_OK);
	assert_int_equal(presence("mok-sb-state"), KF_UNKNOWN);
	assert_int_equal(presence("mok-db-state"), KF_ABSENT);
}

static void a_table_that_is_none_is_refused(void **state)
{
	assert_int_equal(told(ENTRY("MokListXRT", "6", "\"bGlzdHM=\""),
			      false), KF_WRONG_USE);
	assert_int_equal(told(ENTRY("MokListXRT", "5", "\"bGlzdHM\""),
			      false), KF_WRONG_USE);
	assert_int_equal(told(ENTRY("MokListXRT", "-1", "null"), false),
			 KF_WRONG_USE);
	assert_int_equal(told("{\"name\":\"MokListXRT\"}", false),
			 KF_WRONG_USE);
	assert_int_equal(told("{\"size\":1}", false), KF_WRONG_USE);
	assert_int_equal(opened("\"machine\":null,\"efivars\":\"live\","
				"\"variables\":[" ON "],\"unread\":[],"
				"\"mok_variables\":{}"), KF_WRONG_USE);
}

#define STATE "\"efivars\":\"live\""
#define NONE "\"variables\":[" ON "]"
#define ALL_READ "\"unread\":[]"
#define MACHINE "\"machine\":null"

static void what_says_too_little_is_refused(void **state)
{
	refused(MACHINE "," NONE "," ALL_READ, "what became of");
	refused(MACHINE ",\"efivars\":\"soon\"," NONE "," ALL_READ,
		"what became of");
	refused(MACHINE ",\"efivars\":1," NONE "," ALL_READ, "what became of");
	refused(MACHINE "," STATE "," ALL_READ, "no variables");
	refused(MACHINE "," STATE ",\"variables\":{}," ALL_READ,
		"no variables");
	refused(MACHINE "," STATE "," NONE, "could not be read");
	refused(MACHINE "," STATE "," NONE ",\"unread\":{}",
		"could not be read");
	refused(MACHINE "," STATE "," NONE ",\"unread\":[{\"why\":\"x\"}]",
		"could not be read");
	refused(STATE "," NONE "," ALL_READ, "what processor");
	refused("\"machine\":7," STATE "," NONE "," ALL_READ,
		"what processor");
	refused("\"machine\":\"aarch64\"," STATE "," NONE "," ALL_READ,
		"aarch64");
	refused(MACHINE "," STATE ",\"variables\":[{\"file\":\"dbx" IMAGE
		"\"}]," ALL_READ, "no name or no data");
	refused(MACHINE "," STATE ",\"variables\":[null]," ALL_READ,
		"no name or no data");
	/* One key twice: which of them counts depends on the reader. */
	refused(MACHINE "," STATE "," NONE "," ALL_READ "," NONE, "variables");
}

static void later_files_are_refused(void **state)
{
	struct kf_pcr_values values;
	struct kf_output log = { 0 };
	static const char *const texts[] = {
		"{\"keyfit_collected\":2}", "{\"keyfit_collected\":\"1\"}",
		"{\"keyfit_collected\":1", "[\"keyfit_collected\"]", "",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(kf_collected_log(&log, &values,
						  kf_text(texts[i]), &why),
				 KF_WRONG_USE);
		kf_output_close(&log);
	}
}

static enum kf_status length(void *self, const char *name,
			     struct kf_bytes bytes)
{
	size_t *len = self;

	*len = bytes.len;
	return KF_OK;
}

/* decoded is how many bytes a text stands for; -1: it is refused. */
static int decoded(const char *data)
{
	char rest[256];
	size_t len = 99;
	enum kf_status status;

	snprintf(rest, sizeof(rest),
		 "\"variables\":[{\"file\":\"x\",\"data\":\"%s\"}]", data);
	status = kf_collected_each(whole(rest), length, &len, &why);
	return status == KF_OK ? (int)len : -1;
}

static void base64_is_whole_or_refused(void **state)
{
	assert_int_equal(decoded(""), 0);
	assert_int_equal(decoded("Zg=="), 1);
	assert_int_equal(decoded("Zm8="), 2);
	assert_int_equal(decoded("Zm9v"), 3);
	assert_int_equal(decoded("Zm9vYg=="), 4);
	assert_int_equal(decoded("Zm9vYmFy"), 6);
	static const char *const wrong[] = {
		"Z", "Zg", "Zg=", "Zm9vY", "Zm9vYg=", "====", "=", "Z===",
		"Zg==Zg==", "Zm=v", "=m9v", "Zm9v\\n", "Zm 9", "Zm9-", "Zm9_",
		"Zm\\u00e9", "Zg=A",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (decoded(wrong[i]) != -1)
			fail_msg("%s is taken", wrong[i]);
}

static void registers_are_whole_or_not_told(void **state)
{
	static struct kf_pcr_values values;
	struct kf_output log = { 0 };
	char rest[512];

	snprintf(rest, sizeof(rest), "\"event_log\":\"Zm9v\",\"pcrs\":{"
		 "\"sha1\":{\"0\":\"%040d\",\"1\":\"%039d\",\"2\":\"%041d\","
		 "\"3\":\"%039dg\",\"24\":\"%040d\",\"4\":5,\"-1\":\"00\"}}",
		 0, 0, 0, 0, 0);
	assert_int_equal(kf_collected_log(&log, &values, whole(rest), &why),
			 KF_OK);
	assert_int_equal(log.len, 3);
	kf_output_close(&log);
	for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++)
		assert_int_equal(values.value[KF_SHA1][pcr].len,
				 pcr == 0 ? 20 : 0);
	assert_int_equal(kf_collected_log(&log, &values,
					  whole("\"event_log\":null"), &why),
			 KF_WRONG_USE);
	kf_output_close(&log);
}

static void more_than_there_can_be_is_refused(void **state)
{
	enum { LEN = (8 << 20) + 1 };
	static const char start[] = "{\"keyfit_collected\":1,\"x\":[";
	char *bytes = malloc(LEN);
	size_t len = 0;

	memset(&why, 0, sizeof(why));
	assert_non_null(bytes);
	memset(bytes, ' ', LEN);
	memcpy(bytes, start, sizeof(start) - 1);
	memcpy(bytes + LEN - 2, "]}", 2);
	assert_int_equal(kf_collected_each(kf_view(bytes, LEN), length, &len,
					   &why), KF_WRONG_USE);
	assert_non_null(strstr(why.what, "larger"));
	free(bytes);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	crypto = kf_openssl_open(&why);
	return fd < 0 || close(fd) != 0 || !crypto ? -1 : 0;
}

static int remove_file(void **state)
{
	kf_device_close(&device);
	kf_openssl_close(crypto);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_tells_is_there),
		cmocka_unit_test(what_is_told_twice_is_unknown),
		cmocka_unit_test(what_was_not_read_is_unknown),
		cmocka_unit_test(a_renamed_variable_is_unknown),
		cmocka_unit_test(what_is_cut_short_is_unknown),
		cmocka_unit_test(without_variables_all_is_unknown),
		cmocka_unit_test(lists_without_secure_boot_are_not_all),
		cmocka_unit_test(a_list_in_pieces_is_whole_in_the_table),
		cmocka_unit_test(its_length_tells_whether_a_list_is_whole),
		cmocka_unit_test(a_table_that_is_none_is_refused),
		cmocka_unit_test(what_says_too_little_is_refused),
		cmocka_unit_test(later_files_are_refused),
		cmocka_unit_test(base64_is_whole_or_refused),
		cmocka_unit_test(registers_are_whole_or_not_told),
		cmocka_unit_test(more_than_there_can_be_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
