/* What shim keeps, as a running system and a copy of its variables tell it.
 *
 * Source: rhboot/shim 16.1, mok.c:mok_state_variable_data (the names), lib/
 * guid.c:SHIM_LOCK_GUID.
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
static char folder[] = "/tmp/keyfit-efivars-XXXXXX";

static void path_of(char out[160], const char *name, const char *guid)
{
	snprintf(out, 160, "%s/%s-%s", folder, name, guid);
}

/* put writes a variable that is made anew at each start. */
static void put(const char *name, const char *guid, const char *data)
{
	static const char attributes[] = { 6, 0, 0, 0 };
	char path[160];
	FILE *f;

	path_of(path, name, guid);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(attributes, 1, 4, f), 4);
	assert_int_equal(fwrite(data, 1, strlen(data), f), strlen(data));
	assert_int_equal(fclose(f), 0);
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

static void what_it_would_show_is_not_there(void **state)
{
	take_away("MokSBStateRT");
	assert_int_equal(presence("mok-sb-state"), KF_ABSENT);
	assert_int_equal(presence("mokx"), KF_ABSENT);
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

static int make_folder(void **state)
{
	struct kf_fault why = { 0 };

	crypto = kf_openssl_open(&why);
	if (!crypto || !mkdtemp(folder))
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
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_shim_does_not_show_is_unknown),
		cmocka_unit_test(what_it_shows_is_read),
		cmocka_unit_test(what_it_would_show_is_not_there),
		cmocka_unit_test(what_it_shows_in_pieces_is_unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
