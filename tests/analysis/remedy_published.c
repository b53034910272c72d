/* Remedies that name published files: each of them, where it lies beside, is
 * then taken by the device; and a device that does not take it is told so.
 *
 * Expected files: kek_update_map.json; which certificate of KEK lets an update:
 * UEFI-50, UEFI-51.
 */
#include "analysis/remedy.h"

#include <keyfit/host.h>

#include "core/siglist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER DATA "/microsoft/"

static const struct kf_crypto *crypto;
static struct kf_work work;
static struct kf_verdict verdict;
static struct kf_remedy remedy[KF_REMEDIES_MAX];
static size_t num;

static const char rules[] = "edk2-variable-2022.11";

static struct kf_text_file read_file(const char *name)
{
	struct kf_text_file out;
	struct kf_fault why = { "", "" };
	char path[512];

	snprintf(path, sizeof(path), FOLDER "%s", name);
	if (kf_text_file_read(&out, path, 1 << 20, &why) != KF_OK)
		fail_msg("%s: %s", path, why.what);
	return out;
}

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	(void)state;
	crypto = kf_openssl_open(&why);
	return crypto && kf_work_open(&work, KF_ARENA_LEN, crypto, 1800000000,
				      &why) == KF_OK ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *bytes = self;

	memcpy(out, bytes->data + at, len);
	return true;
}

static void put(struct kf_store *store, const char *name, struct kf_bytes der)
{
	struct kf_part part = { .name = name, .presence = KF_ABSENT };

	if (der.len) {
		part.presence = KF_PRESENT;
		assert_int_equal(kf_siglist_of_certificates(&part.bytes, &der,
				 1, &work.arena), KF_OK);
	}
	assert_true(kf_store_put(store, &part));
}

/* ask judges an update, and seeks remedies of a reject. `owner` gets the
 * signer's certificate, in the arena. */
static enum kf_answer ask(struct kf_bytes file, const struct kf_store *store,
			  const char *variable, struct kf_bytes *owner)
{
	const struct kf_rules *r = kf_rules_find(rules);
	struct kf_source source = { file.len, read_at, &file };
	struct kf_store copy = *store;
	struct kf_artifact artifact;

	assert_true(kf_store_set(&copy, "variable", variable));
	kf_store_prepare(&copy, r, &work.env);
	kf_artifact_read(&artifact, NULL, &source, &work.env);
	kf_artifact_prepare(&artifact, r, &work.env);
	assert_int_equal(kf_check(&verdict, &artifact, &copy, r, &work.env),
			 KF_OK);
	assert_int_equal(kf_remedies(remedy, KF_REMEDIES_MAX, &num, &artifact,
				     &copy, r, &verdict, &work.env), KF_OK);
	if (owner)
		assert_true(kf_arena_keep(&work.arena, owner,
					  verdict.signature[0].chain[0]));
	kf_artifact_close(&artifact, &work.env);
	return verdict.answer;
}

/* device has the platform key that has signed a KEK update. */
static struct kf_store device(const char *kek_update)
{
	struct kf_store none = { .complete = true }, store = none;
	struct kf_text_file file = read_file(kek_update);
	struct kf_bytes owner;

	put(&none, "pk", kf_view(NULL, 0));
	ask(file.bytes, &none, "KEK", &owner);
	put(&store, "pk", owner);
	kf_text_file_close(&file);
	return store;
}

static void the_kek_update_of_this_platform_key_is_named(void **state)
{
	static const struct { const char *file, *wanted; } keys[] = {
		{ "kek/KEKUpdate_AMI_PK1.bin", "AMI/KEKUpdate_AMI_PK1.bin" },
		{ "kek/KEKUpdate_HP_PK1.bin", "HP/KEKUpdate_HP_PK1.bin" },
	};
	struct kf_text_file other = read_file("kek/KEKUpdate_Dell_PK1.bin");

	for (size_t i = 0; i < 2; i++) {
		struct kf_text_file own = read_file(keys[i].file);
		struct kf_store store;

		kf_work_again(&work, other.bytes.len);
		store = device(keys[i].file);
		assert_int_equal(ask(other.bytes, &store, "KEK", NULL),
				 KF_REJECT);
		assert_int_equal(num, 1);
		assert_int_equal(remedy[0].kind, KF_TAKE_PUBLISHED);
		assert_string_equal(remedy[0].kek_update, keys[i].wanted);
		/* And that one is taken. */
		assert_int_equal(ask(own.bytes, &store, "KEK", NULL),
				 KF_ACCEPT);
		kf_text_file_close(&own);
	}
	kf_text_file_close(&other);
}

static void a_platform_key_that_is_not_known_has_to_sign_itself(void **state)
{
	struct kf_text_file update = read_file("kek/KEKUpdate_Dell_PK1.bin");
	struct kf_text_file pk = read_file("certs/uefi-ca-2011.der");
	struct kf_store store = { .complete = true };

	kf_work_again(&work, update.bytes.len);
	put(&store, "pk", pk.bytes);
	assert_int_equal(ask(update.bytes, &store, "KEK", NULL), KF_REJECT);
	assert_int_equal(num, 1);
	assert_int_equal(remedy[0].kind, KF_SIGN_UNDER);
	assert_string_equal(remedy[0].part, "pk");
	assert_null(remedy[0].kek_update);
	assert_non_null(remedy[0].caution);
	kf_text_file_close(&pk);
	kf_text_file_close(&update);
}

static void a_platform_key_that_is_no_certificate_signs_nothing(void **state)
{
	struct kf_text_file update = read_file("kek/KEKUpdate_Dell_PK1.bin");
	struct kf_store store = { .complete = true };

	kf_work_again(&work, update.bytes.len);
	put(&store, "pk", kf_view("\0", 1));
	assert_int_equal(ask(update.bytes, &store, "KEK", NULL), KF_REJECT);
	assert_int_equal(num, 0);
	kf_text_file_close(&update);
}

static void nothing_is_offered_for_what_the_key_signed_in_vain(void **state)
{
	struct kf_text_file update = read_file("kek/KEKUpdate_Dell_PK1.bin");
	struct kf_store store;

	kf_work_again(&work, update.bytes.len);
	store = device("kek/KEKUpdate_Dell_PK1.bin");
	assert_int_equal(ask(update.bytes, &store, "db", NULL), KF_REJECT);
	for (size_t i = 0; i < num; i++)
		assert_int_not_equal(remedy[i].kind, KF_TAKE_PUBLISHED);
	kf_text_file_close(&update);
}

/* taken asks of a device with this certificate in KEK. */
static enum kf_answer3 taken(const char *kek, bool complete, bool has_pk)
{
	struct kf_text_file der = { 0 }, pk = read_file("certs/kek-ca-2011.der");
	struct kf_store store = { .complete = complete };
	enum kf_answer3 answer;

	kf_work_again(&work, 0);
	if (has_pk)
		put(&store, "pk", pk.bytes);
	if (kek) {
		der = read_file(kek);
		put(&store, "kek", der.bytes);
	}
	assert_int_equal(kf_published_taken(&answer, kf_published_at(0),
					    &store, crypto), KF_OK);
	kf_text_file_close(&der);
	kf_text_file_close(&pk);
	return answer;
}

static void kek_tells_whether_a_published_update_is_taken(void **state)
{
	assert_int_equal(taken("certs/kek-ca-2011.der", true, true), KF_YES);
	assert_int_equal(taken("certs/kek-2k-ca-2023.der", true, true),
			 KF_NO);
	assert_int_equal(taken(NULL, true, true), KF_NO);
	assert_int_equal(taken(NULL, false, true), KF_NOT_ASKED);
	assert_int_equal(taken("certs/kek-ca-2011.der", false, false),
			 KF_YES);
	/* In setup mode nobody is asked. */
	assert_int_equal(taken(NULL, true, false), KF_YES);
}

static void the_table_is_the_map(void **state)
{
	struct kf_text_file map = read_file("kek/kek_update_map.json");
	const char *at = (const char *)map.bytes.data;
	size_t keys = 0;

	while ((at = strstr(at, "\"KEKUpdate\": \""))) {
		const char *name = at + strlen("\"KEKUpdate\": \""), *hex = at;
		size_t len = strcspn(name, "\"");
		struct kf_digest sha1 = { .len = 20 };
		const char *file;
		unsigned byte;

		while (*hex != '{')
			hex--;
		hex -= strlen("0123456789012345678901234567890123456789\": ");
		for (size_t i = 0; i < 20; i++) {
			assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
			sha1.bytes[i] = (uint8_t)byte;
		}
		file = kf_published_kek(&sha1);
		assert_non_null(file);
		assert_int_equal(strlen(file), len);
		assert_memory_equal(file, name, len);
		sha1.bytes[0] ^= 1;
		assert_null(kf_published_kek(&sha1));
		keys++;
		at = name;
	}
	assert_int_equal(keys, 484);
	kf_text_file_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kek_update_of_this_platform_key_is_named),
		cmocka_unit_test(
			a_platform_key_that_is_not_known_has_to_sign_itself),
		cmocka_unit_test(
			a_platform_key_that_is_no_certificate_signs_nothing),
		cmocka_unit_test(
			nothing_is_offered_for_what_the_key_signed_in_vain),
		cmocka_unit_test(kek_tells_whether_a_published_update_is_taken),
		cmocka_unit_test(the_table_is_the_map),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
