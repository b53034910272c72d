/* Devices as users name them: what is known, what is not, and what is refused
 * with a word that helps.
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
	struct kf_ask ask = { .trust = trust, .num_trust = name2 ? 2 : 1 };

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
	assert_non_null(strstr(why.what, what));
}

static void hinted(const char *hint)
{
	assert_non_null(strstr(why.hint, hint));
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

static void none_says_absent_and_an_empty_file_does_not(void **state)
{
	assert_int_equal(open_trust("dbx", "none", NULL, NULL), KF_OK);
	assert_int_equal(presence("dbx"), KF_ABSENT);
	write_file("empty", "", 0);
	assert_int_equal(open_trust("dbx", in("empty"), 0, 0), KF_WRONG_USE);
	said("empty: is empty");
	hinted("none");
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

/* write_variable writes a file as efivarfs shows it. What the firmware makes
 * anew at each start is not kept, and nobody signs it. */
static void write_variable(const char *dir, const char *name, const char *guid,
			   const void *data, size_t len)
{
	const uint8_t attributes[4] = {
		strcmp(name, "SecureBoot") == 0 ? 0x06 : 0x27, 0, 0, 0 };
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s-%s", dir, name, guid);
	f = fopen(in(file), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(attributes, 1, 4, f), 4);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define IMAGE_SECURITY "d719b2cb-3d3a-4596-a3bc-dad00e67656f"

static void make_variables(const char *dir, bool with_pk, bool with_state)
{
	static const uint8_t on = 1;
	struct kf_text_file esl;

	assert_int_equal(mkdir(in(dir), 0700), 0);
	assert_int_equal(kf_text_file_read(&esl, ESL, 1 << 20, &why), KF_OK);
	write_variable(dir, "db", IMAGE_SECURITY, esl.bytes.data,
		       esl.bytes.len);
	write_variable(dir, "Boot0000", GLOBAL, "x", 1);
	/* Another vendor's dbx, and a name that is none. */
	write_variable(dir, "dbx", GLOBAL, esl.bytes.data, esl.bytes.len);
	write_variable(dir, "DBX", IMAGE_SECURITY, "x", 1);
	if (with_pk)
		write_variable(dir, "PK", GLOBAL, esl.bytes.data,
			       esl.bytes.len);
	if (with_state)
		write_variable(dir, "SecureBoot", GLOBAL, &on, 1);
	kf_text_file_close(&esl);
}

static enum kf_status open_device(const char *path)
{
	struct kf_ask ask = { .device = path };

	return open_ask(&ask);
}

/* check asks about one file of the corpus of images. */
static struct kf_verdict *check(const char *image)
{
	static struct kf_verdict verdict;
	static struct kf_work work;
	static struct kf_file file;
	static struct kf_artifact artifact;
	const struct kf_rules *rules = device.verifier[0].rules;
	char path[512];

	kf_work_close(&work);
	snprintf(path, sizeof(path), CORPUS "/format-pe/%s", image);
	assert_int_equal(kf_work_open(&work, KF_ARENA_LEN, crypto, 1800000000,
				      &why), KF_OK);
	assert_int_equal(kf_file_open(&file, path, &why), KF_OK);
	kf_artifact_read(&artifact, NULL, &file.source, &work.env);
	kf_artifact_prepare(&artifact, rules, &work.env);
	assert_int_equal(kf_check(&verdict, &artifact,
				  &device.verifier[0].store, rules, &work.env),
			 KF_OK);
	kf_artifact_close(&artifact, &work.env);
	kf_file_close(&file);
	return &verdict;
}

static void answers(const char *image, enum kf_answer answer,
		    const char *reason)
{
	struct kf_verdict *v = check(image);

	assert_int_equal(v->answer, answer);
	if (reason)
		assert_string_equal(v->why.reason->slug, reason);
	else
		assert_null(v->why.reason);
}

static void unread(const char *what)
{
	if (!strstr(device.unread.what, what))
		fail_msg("\"%s\" does not say \"%s\"", device.unread.what,
			 what);
}

static void a_folder_of_variables_is_whole(void **state)
{
	make_variables("vars", true, true);
	assert_int_equal(open_device(in("vars/")), KF_OK);
	assert_string_equal(device.name, "vars");
	assert_string_equal(device.unread.what, "");
	assert_int_equal(presence("db"), KF_PRESENT);
	assert_int_equal(part("db")->attributes, 0x27);
	assert_int_equal(presence("pk"), KF_PRESENT);
	assert_int_equal(presence("dbx"), KF_ABSENT);
	assert_int_equal(presence("kek"), KF_ABSENT);
	answers("signed", KF_ACCEPT, NULL);
	answers("plain", KF_REJECT, "signature-missing");
}

static void what_a_copy_leaves_out_is_not_absent(void **state)
{
	make_variables("no-pk", false, true);
	assert_int_equal(open_device(in("no-pk")), KF_OK);
	unread("has no PK");
	assert_int_equal(presence("pk"), KF_UNKNOWN);
	answers("plain", KF_REJECT, "signature-missing");

	make_variables("no-state", false, false);
	assert_int_equal(open_device(in("no-state")), KF_OK);
	unread("has no SecureBoot");
}

static void a_reject_waits_for_a_state_that_was_not_read(void **state)
{
	make_variables("state", true, false);
	assert_int_equal(open_device(in("state")), KF_OK);
	answers("plain", KF_UNDECIDED, "store-part-unknown");
	answers("signed", KF_ACCEPT, NULL);
}

static void what_is_there_and_cut_is_unknown(void **state)
{
	make_variables("cut", true, true);
	write_file("cut/dbx-" IMAGE_SECURITY, "\x27\0\0", 3);
	assert_int_equal(open_device(in("cut")), KF_OK);
	unread("dbx-");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	answers("signed", KF_UNDECIDED, "store-part-unknown");
	answers("plain", KF_REJECT, "signature-missing");
	write_file("cut/dbx-" IMAGE_SECURITY, "", 0);
	assert_int_equal(open_device(in("cut")), KF_OK);
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	unlink(in("cut/dbx-" IMAGE_SECURITY));
	assert_int_equal(symlink("nowhere", in("cut/dbx-" IMAGE_SECURITY)), 0);
	assert_int_equal(open_device(in("cut")), KF_OK);
	unread("dbx-");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
}

static void a_variable_in_two_spellings_is_unknown(void **state)
{
	make_variables("twice", true, true);
	write_file("twice/dbx-" IMAGE_SECURITY, "\x27\0\0\0x", 5);
	write_file("twice/dbx-D719B2CB-3d3a-4596-a3bc-dad00e67656f",
		   "\x27\0\0\0y", 5);
	assert_int_equal(open_device(in("twice")), KF_OK);
	unread("twice");
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
}

static void a_variable_that_was_renamed_is_unknown(void **state)
{
	static const char *const names[] = {
		"dbx", "dbx.bak", "DBX.esl", "dbx_" IMAGE_SECURITY,
		"dbx-" IMAGE_SECURITY " ", "dbx-" IMAGE_SECURITY ".old" };
	char file[128];

	make_variables("renamed", true, true);
	write_file("renamed/dbxdiary", "x", 1);
	assert_int_equal(open_device(in("renamed")), KF_OK);
	assert_int_equal(presence("dbx"), KF_ABSENT);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "renamed/%s", names[i]);
		write_file(file, "\x27\0\0\0x", 5);
		assert_int_equal(open_device(in("renamed")), KF_OK);
		unread("has no dbx");
		assert_int_equal(presence("dbx"), KF_UNKNOWN);
		answers("signed", KF_UNDECIDED, "store-part-unknown");
		unlink(in(file));
	}
	/* With the variable itself there, it is a copy and no more. */
	write_file("renamed/dbx.bak", "x", 1);
	write_file("renamed/dbx-" IMAGE_SECURITY, "\x27\0\0\0x", 5);
	assert_int_equal(open_device(in("renamed")), KF_OK);
	assert_int_equal(presence("dbx"), KF_PRESENT);
}

static void a_folder_of_other_things_is_no_device(void **state)
{
	assert_int_equal(mkdir(in("other"), 0700), 0);
	assert_int_equal(open_device(in("other")), KF_WRONG_USE);
	said("other");
	write_file("other/db", "x", 1);
	assert_int_equal(open_device(in("other")), KF_WRONG_USE);
}

static void a_part_can_be_replaced(void **state)
{
	struct kf_setting trust[] = { { "dbx", ESL }, { "pk", "none" } };
	struct kf_ask ask = { .device = in("vars"), .trust = trust,
			      .num_trust = 1 };

	assert_int_equal(open_ask(&ask), KF_OK);
	assert_int_equal(presence("db"), KF_PRESENT);
	assert_int_equal(presence("dbx"), KF_PRESENT);
	answers("signed", KF_REJECT, "certificate-revoked");
	ask.num_trust = 2;
	assert_int_equal(open_ask(&ask), KF_OK);
	answers("signed", KF_ACCEPT, NULL);
	assert_true(check("plain")->not_enforced);
}

static void a_new_pk_ends_setup_mode(void **state)
{
	static const uint8_t off = 0;
	struct kf_setting trust = { "pk", ESL };
	struct kf_ask ask = { .trust = &trust };

	make_variables("setup", false, false);
	write_variable("setup", "SecureBoot", GLOBAL, &off, 1);
	ask.device = in("setup");
	assert_int_equal(open_ask(&ask), KF_OK);
	answers("plain", KF_ACCEPT, NULL);
	ask.num_trust = 1;
	assert_int_equal(open_ask(&ask), KF_OK);
	answers("plain", KF_REJECT, "signature-missing");
}

static void another_pk_leaves_secure_boot_as_it_was(void **state)
{
	static const uint8_t off = 0;
	struct kf_setting trust = { "pk", ESL };
	struct kf_ask ask = { .trust = &trust, .num_trust = 1 };

	make_variables("off", true, false);
	write_variable("off", "SecureBoot", GLOBAL, &off, 1);
	ask.device = in("off");
	assert_int_equal(open_ask(&ask), KF_OK);
	answers("plain", KF_ACCEPT, NULL);
	assert_true(check("plain")->not_enforced);
}

static struct kf_opening opening(void)
{
	struct kf_opening o = { .device = &device, .why = &why };
	static struct kf_ask none;

	kf_device_close(&device);
	memset(&why, 0, sizeof(why));
	o.ask = &none;
	assert_int_equal(kf_device_memory_open(&o, crypto, 1800000000), KF_OK);
	assert_int_equal(kf_device_verifiers(&o, 1), KF_OK);
	assert_int_equal(kf_device_rules(&o, &device.verifier[0], "edk2"),
			 KF_OK);
	return o;
}

/* prepare makes the store ready for a check. */
static void prepare(struct kf_opening *o)
{
	kf_store_prepare(&device.verifier[0].store, device.verifier[0].rules,
			 &o->memory->work.env);
	assert_int_equal(device.verifier[0].store.status, KF_OK);
}

static void a_machine_without_uefi_is_unknown(void **state)
{
	struct kf_opening o = opening();

	assert_int_equal(kf_machine_read(&o, &device.verifier[0].store,
					 in("nowhere")), KF_OK);
	unread("was not started by UEFI firmware");
	prepare(&o);
	assert_int_equal(presence("pk"), KF_UNKNOWN);
	assert_int_equal(presence("dbx"), KF_UNKNOWN);
	answers("signed", KF_UNDECIDED, "store-part-unknown");
	answers("plain", KF_UNDECIDED, "store-part-unknown");
}

static void a_machine_without_efivarfs_is_unknown(void **state)
{
	struct kf_opening o = opening();

	assert_int_equal(mkdir(in("efi"), 0700), 0);
	assert_int_equal(kf_machine_read(&o, &device.verifier[0].store,
					 in("efi")), KF_OK);
	unread("efivars");
	assert_int_equal(mkdir(in("efi/efivars"), 0700), 0);
	o = opening();
	assert_int_equal(kf_machine_read(&o, &device.verifier[0].store,
					 in("efi")), KF_OK);
	unread("not mounted");
	prepare(&o);
	answers("signed", KF_UNDECIDED, "store-part-unknown");
}

#define VARS "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"

static void a_store_file_is_a_device(void **state)
{
	struct kf_ask ask = { .device = VARS, .rules = "edk2-2022.11" };

	if (access(VARS, R_OK) != 0)
		skip();
	assert_int_equal(open_ask(&ask), KF_OK);
	assert_string_equal(device.name, "OVMF_VARS_4M.ms");
	assert_string_equal(device.verifier[0].rules->name, "edk2-2022.11");
	assert_int_equal(presence("dbt"), KF_ABSENT);
	answers("signed", KF_REJECT, "signer-unknown");
}

static void a_damaged_store_decides_nothing_by_itself(void **state)
{
	struct kf_setting trust[] = { { "db", ESL }, { "dbx", "none" },
				      { "dbt", "none" } };
	struct kf_ask ask = { .trust = trust };
	struct kf_text_file file;

	if (access(VARS, R_OK) != 0)
		skip();
	assert_int_equal(kf_text_file_read(&file, VARS, 1 << 20, &why), KF_OK);
	file.memory[100] = 0;	/* the start of the first record */
	write_file("damaged.fd", file.memory, file.bytes.len);
	kf_text_file_close(&file);
	ask.device = in("damaged.fd");
	assert_int_equal(open_ask(&ask), KF_OK);
	assert_string_equal(device.name, "damaged");
	answers("signed", KF_UNDECIDED, "store-malformed");
	answers("plain", KF_UNDECIDED, "store-malformed");
	assert_int_equal(check("plain")->why.evidence[0].at, 100);
	assert_string_equal(check("plain")->why.evidence[0].name, "StartId");
	assert_string_equal(check("plain")->why.rule, "UEFI-121");
	/* With these, it depends no more on what is damaged. */
	ask.num_trust = 3;
	assert_int_equal(open_ask(&ask), KF_OK);
	answers("signed", KF_ACCEPT, NULL);
}

static enum kf_status open_profile(const char *json)
{
	write_file("profile.json", json, strlen(json));
	return open_device(in("profile.json"));
}

static void a_profile_names_a_device(void **state)
{
	struct kf_text_file esl;

	assert_int_equal(kf_text_file_read(&esl, ESL, 1 << 20, &why), KF_OK);
	write_file("db.esl", esl.bytes.data, esl.bytes.len);
	kf_text_file_close(&esl);
	assert_int_equal(open_profile("{\"device\": \"gw-v2\", \"rules\":"
		" \"edk2-2022.11\", \"trust\": {\"db\": \"db.esl\","
		" \"dbx\": \"none\"}}"), KF_OK);
	assert_string_equal(device.name, "gw-v2");
	assert_string_equal(device.verifier[0].rules->name, "edk2-2022.11");
	assert_int_equal(presence("db"), KF_PRESENT);
	assert_int_equal(presence("dbx"), KF_ABSENT);
	assert_int_equal(presence("dbt"), KF_UNKNOWN);
}

static void a_profile_without_pk_is_not_in_setup_mode(void **state)
{
	assert_int_equal(open_profile("{\"complete\": true,"
		" \"trust\": {\"db\": [\"db.esl\", \"db.esl\"]}}"), KF_OK);
	assert_string_equal(device.name, "profile");
	assert_int_equal(presence("dbx"), KF_ABSENT);
	answers("signed", KF_ACCEPT, NULL);
	answers("plain", KF_REJECT, "signature-missing");
	assert_int_equal(open_profile("{\"complete\": true, \"trust\":"
		" {\"db\": \"db.esl\", \"pk\": \"none\"}}"), KF_OK);
	answers("plain", KF_ACCEPT, NULL);
	assert_true(check("plain")->not_enforced);
	assert_int_equal(open_profile("{\"complete\": true, \"set\":"
		" {\"secure-boot\": \"off\"}}"), KF_OK);
	assert_true(check("plain")->not_enforced);
}

static void a_profile_may_have_several_verifiers(void **state)
{
	struct kf_setting trust = { "dbx", "none" };
	struct kf_ask ask = { .trust = &trust, .num_trust = 1 };

	assert_int_equal(open_profile("{\"verifiers\": [{\"stage\": \"boot\","
		" \"rules\": \"edk2\", \"trust\": {\"db\": \"db.esl\"}},"
		" {\"rules\": \"edk2-2025.02\"}]}"), KF_OK);
	assert_int_equal(device.num_verifiers, 2);
	assert_string_equal(device.verifier[1].rules->name, "edk2-2025.02");
	ask.device = in("profile.json");
	assert_int_equal(open_ask(&ask), KF_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(kf_store_presence(&device.verifier[i].store,
						   "dbx"), KF_ABSENT);
	ask.rules = "edk2-2022.11";
	assert_int_equal(open_ask(&ask), KF_OK);
	assert_string_equal(device.verifier[1].rules->name, "edk2-2022.11");
}

static void refused(const char *json, const char *what, const char *hint)
{
	if (open_profile(json) != KF_WRONG_USE)
		fail_msg("%s: not refused: %s", json, why.what);
	said(what);
	if (hint)
		hinted(hint);
}

static void what_a_profile_gets_wrong_is_named(void **state)
{
	refused("{\"rules\":\n", "cut short, in line 2", NULL);
	refused("{\"rules\": \"edk2\", \"rules\": \"edk2\"}", "rules", NULL);
	refused("{\"ruels\": \"edk2\"}", "ruels", "rules");
	refused("{\"rules\": 1}", "\"rules\"", NULL);
	refused("{\"rules\": \"edk3\"}", "edk3", "edk2");
	refused("{\"complete\": 1}", "complete", NULL);
	refused("{\"trust\": {\"dbz\": \"none\"}}", "dbz", "dbx");
	refused("{\"trust\": {\"db\": 1}}", "\"db\"", NULL);
	refused("{\"trust\": {\"db\": []}}", "\"db\"", "none");
	refused("{\"trust\": [\"db\"]}", "\"trust\"", NULL);
	refused("{\"set\": {\"secure-boot\": true}}", "secure-boot", NULL);
	refused("{\"set\": {\"secure-boot\": \"of\"}}", "of", "on|off");
	refused("{\"set\": {\"machine\": 64}}", "64", "x64");
	refused("{\"set\": {\"colour\": \"red\"}}", "colour", "machine");
	refused("{\"stage\": \"update\"}", "update", NULL);
	refused("{\"verifiers\": []}", "verifiers", NULL);
	refused("{\"verifiers\": [1]}", "verifiers", NULL);
	refused("{\"verifiers\": [{\"device\": \"x\"}]}", "device", "stage");
	refused("{\"verifiers\": [{}], \"rules\": \"edk2\"}", "rules", NULL);
	assert_int_equal(open_profile("{\"trust\": {\"db\": \"gone\"}}"),
			 KF_CANNOT_READ);
	said("gone");
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
		cmocka_unit_test(none_says_absent_and_an_empty_file_does_not),
		cmocka_unit_test(repeated_files_add_up_in_order),
		cmocka_unit_test(a_cut_list_swallows_no_other),
		cmocka_unit_test(a_folder_adds_up_and_passes_nothing_over),
		cmocka_unit_test(names_that_mean_nothing_are_refused),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(none_and_a_file_contradict_each_other),
		cmocka_unit_test(a_folder_of_variables_is_whole),
		cmocka_unit_test(what_a_copy_leaves_out_is_not_absent),
		cmocka_unit_test(a_reject_waits_for_a_state_that_was_not_read),
		cmocka_unit_test(what_is_there_and_cut_is_unknown),
		cmocka_unit_test(a_variable_in_two_spellings_is_unknown),
		cmocka_unit_test(a_variable_that_was_renamed_is_unknown),
		cmocka_unit_test(a_folder_of_other_things_is_no_device),
		cmocka_unit_test(a_part_can_be_replaced),
		cmocka_unit_test(a_new_pk_ends_setup_mode),
		cmocka_unit_test(another_pk_leaves_secure_boot_as_it_was),
		cmocka_unit_test(a_machine_without_uefi_is_unknown),
		cmocka_unit_test(a_machine_without_efivarfs_is_unknown),
		cmocka_unit_test(a_store_file_is_a_device),
		cmocka_unit_test(a_damaged_store_decides_nothing_by_itself),
		cmocka_unit_test(a_profile_names_a_device),
		cmocka_unit_test(a_profile_without_pk_is_not_in_setup_mode),
		cmocka_unit_test(a_profile_may_have_several_verifiers),
		cmocka_unit_test(what_a_profile_gets_wrong_is_named) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
