/* Devices as users name them: what is known, what is not, and what is refused
 * with a word that helps.
 */
#include <keyfit/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ESL CORPUS "/store-esl/x509"

static const struct kf_crypto *crypto;
static struct kf_device device;
static struct kf_fault why;
static char folder[] = "/tmp/keyfit-device-XXXXXX";

/* in is a path in the tests' own folder. */
static const char *in(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", folder, name);
	return out;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(in(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static enum kf_status open_ask(const struct kf_ask *ask)
{
	kf_device_close(&device);
	memset(&why, 0, sizeof(why));
	return kf_device_open(&device, ask, crypto, 1800000000, &why);
}

/* open_trust opens a device of one or two parts. */
static enum kf_status open_trust(const char *name, const char *value,
				 const char *name2, const char *value2)
{
	struct kf_setting trust[] = { { name, value }, { name2, value2 } };
	struct kf_ask ask = { .trust = trust,
			      .num_trust = name2 ? 2 : 1 };

	return open_ask(&ask);
}

static const struct kf_part *part(const char *name)
{
	return kf_store_part(&device.verifier[0].store, name);
}

static enum kf_presence presence(const char *name)
{
	return kf_store_presence(&device.verifier[0].store, name);
}

static void said(const char *what)
{
	if (!strstr(why.what, what))
		fail_msg("\"%s\" does not say \"%s\"", why.what, what);
}

static void hinted(const char *hint)
{
	if (!strstr(why.hint, hint))
		fail_msg("\"%s\" does not hint \"%s\"", why.hint, hint);
}

static void a_part_holds_what_its_file_holds(void **state)
{
	struct kf_text_file file;

	assert_int_equal(open_trust("db", ESL, NULL, NULL), KF_OK);
	assert_int_equal(device.num_verifiers, 1);
	assert_string_equal(device.verifier[0].rules->name, "edk2");
	assert_string_equal(device.verifier[0].stage, "boot");
	assert_int_equal(presence("db"), KF_PRESENT);
	assert_string_equal(part("db")->from, ESL);
	assert_int_equal(kf_text_file_read(&file, ESL, 1 << 20, &why), KF_OK);
	assert_true(kf_equal(part("db")->bytes, file.bytes));
	kf_text_file_close(&file);
}

static void a_part_that_was_not_given_is_unknown(void **state)
{
	assert_int_equal(open_trust("db", ESL, NULL, NULL), KF_OK);
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	assert_int_equal(presence("pk"), KF_UNKNOWN);
}

static void none_and_an_empty_file_say_absent(void **state)
{
	write_file("empty", "", 0);
	assert_int_equal(open_trust("dbx", "none", "db", in("empty")), KF_OK);
	assert_int_equal(presence("dbx"), KF_ABSENT);
	assert_int_equal(presence("db"), KF_ABSENT);
}

static void repeated_files_add_up_in_order(void **state)
{
	size_t len;

	assert_int_equal(open_trust("db", ESL, NULL, NULL), KF_OK);
	len = part("db")->bytes.len;
	assert_int_equal(open_trust("db", ESL, "db", CORPUS "/store-esl/sha256"),
			 KF_OK);
	assert_true(part("db")->bytes.len > len);
	assert_int_equal(part("db")->bytes.data[len], 0x26);
}

static void a_cut_list_swallows_no_other(void **state)
{
	assert_int_equal(open_trust("dbx", CORPUS "/store-esl/cut", NULL, NULL),
			 KF_OK);
	assert_int_equal(open_trust("dbx", CORPUS "/store-esl/cut", "dbx", ESL),
			 KF_WRONG_USE);
	said("store-esl/cut");
	assert_int_equal(open_trust("dbx", ESL, "dbx", CORPUS "/store-esl/cut"),
			 KF_WRONG_USE);
	said("store-esl/cut");
}

static void a_folder_adds_up_and_passes_nothing_over(void **state)
{
	struct kf_text_file file;
	size_t one;

	assert_int_equal(kf_text_file_read(&file, ESL, 1 << 20, &why), KF_OK);
	one = file.bytes.len;
	assert_int_equal(mkdir(in("lists"), 0700), 0);
	assert_int_equal(open_trust("db", in("lists"), NULL, NULL),
			 KF_WRONG_USE);
	said("lists");
	write_file("lists/b", file.bytes.data, one);
	write_file("lists/a", file.bytes.data, one);
	kf_text_file_close(&file);
	assert_int_equal(open_trust("db", in("lists"), NULL, NULL), KF_OK);
	assert_int_equal(part("db")->bytes.len, 2 * one);
	write_file("lists/note", "hello", 5);
	assert_int_equal(open_trust("db", in("lists"), NULL, NULL),
			 KF_WRONG_USE);
	said("lists/note");
	assert_int_equal(unlink(in("lists/note")), 0);
	assert_int_equal(symlink("nowhere", in("lists/note")), 0);
	assert_int_equal(open_trust("db", in("lists"), NULL, NULL),
			 KF_CANNOT_READ);
	said("lists/note");
	assert_int_equal(unlink(in("lists/note")), 0);
}

static void names_that_mean_nothing_are_refused(void **state)
{
	struct kf_setting set = { "colour", "red" };
	struct kf_ask ask = { .rules = "edk3", .set = &set };

	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	said("edk3");
	hinted("edk2-2022.11");
	assert_int_equal(open_trust("dbz", ESL, NULL, NULL), KF_WRONG_USE);
	said("dbz");
	hinted("dbx");
	ask.rules = NULL;
	ask.num_set = 1;
	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	said("colour");
	hinted("secure-boot");
	set.name = "secure-boot";
	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	said("red");
	hinted("on|off");
	set.value = "";
	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	set.value = "of";
	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	set.value = "off";
	assert_int_equal(open_ask(&ask), KF_OK);
	assert_string_equal(kf_store_setting(&device.verifier[0].store,
					     "secure-boot"), "off");
}

static void what_cannot_be_read_is_named(void **state)
{
	struct kf_ask ask = { .device = in("nowhere") };

	assert_int_equal(open_trust("db", in("nowhere"), NULL, NULL),
			 KF_CANNOT_READ);
	said("nowhere");
	assert_int_equal(open_ask(&ask), KF_CANNOT_READ);
	said("nowhere");
	write_file("text", "this is no list\n", 16);
	assert_int_equal(open_trust("db", in("text"), NULL, NULL),
			 KF_WRONG_USE);
	said("text");
	hinted("esl");
	ask.device = in("text");
	assert_int_equal(open_ask(&ask), KF_WRONG_USE);
	said("text");
}

static void none_and_a_file_contradict_each_other(void **state)
{
	assert_int_equal(open_trust("db", "none", "db", ESL), KF_WRONG_USE);
	assert_int_equal(open_trust("db", ESL, "db", "none"), KF_WRONG_USE);
}

static int make_folder(void **state)
{
	crypto = kf_openssl_open(&why);
	return crypto && mkdtemp(folder) ? 0 : -1;
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
		cmocka_unit_test(a_part_holds_what_its_file_holds),
		cmocka_unit_test(a_part_that_was_not_given_is_unknown),
		cmocka_unit_test(none_and_an_empty_file_say_absent),
		cmocka_unit_test(repeated_files_add_up_in_order),
		cmocka_unit_test(a_cut_list_swallows_no_other),
		cmocka_unit_test(a_folder_adds_up_and_passes_nothing_over),
		cmocka_unit_test(names_that_mean_nothing_are_refused),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(none_and_a_file_contradict_each_other),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
