/* Updates that Microsoft has published: each for its own platform key and no
 * other, and those of db and dbx only under KEK CA 2011.
 *
 * Expected values: kek_update_map.json beside them, whose keys are SHA-1
 * digests of the platform keys' certificates, each with the file that was
 * signed for it (UEFI-56); the README there. Files are not trusted for being
 * published: two of them are signed by the same key.
 */
#include <keyfit/check.h>
#include <keyfit/host.h>

#include "core/pkcs7.h"
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

static const char *const keks[] = {
	"AMI_PK1", "AMI_PK2", "AMI_PK3", "AMI_PK4", "Dell_PK1", "Dell_PK2",
	"Dell_PK3", "Dell_PK4", "HP_PK1", "HP_PK2", "HP_PK3", "HP_PK4",
	"HP_PK5", "Microsoft_PK1", "Microsoft_PK2", "Microsoft_PK3",
	"Microsoft_PK3d8660c0",
};

enum { NUM_KEKS = sizeof(keks) / sizeof(keks[0]), FILE_MAX = 1 << 20 };

static const char *const rules[] = { "edk2-variable-2022.11",
				     "edk2-variable-2025.02",
				     "edk2-variable" };

static struct kf_text_file file[NUM_KEKS];
static struct kf_bytes owner[NUM_KEKS];		/* lists of one certificate */
static uint8_t owner_der[NUM_KEKS][4096];
static size_t owner_len[NUM_KEKS];

static struct kf_text_file read_file(const char *name)
{
	struct kf_text_file out;
	struct kf_fault why = { "", "" };
	char path[512];

	snprintf(path, sizeof(path), FOLDER "%s", name);
	if (kf_text_file_read(&out, path, FILE_MAX, &why) != KF_OK)
		fail_msg("%s: %s", path, why.what);
	return out;
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *bytes = self;

	memcpy(out, bytes->data + at, len);
	return true;
}

/* put gives a store one part, a list of one certificate; none: absent. */
static void put(struct kf_store *store, const char *name, const uint8_t *der,
		size_t len)
{
	struct kf_part part = { .name = name, .presence = KF_ABSENT };
	struct kf_bytes view = kf_view(der, len);

	if (der) {
		part.presence = KF_PRESENT;
		assert_int_equal(kf_siglist_of_certificates(&part.bytes,
				 &view, 1, &work.arena), KF_OK);
	}
	assert_true(kf_store_put(store, &part));
}

/* ask judges a file on a store, appended. */
static enum kf_answer ask(struct kf_bytes bytes, struct kf_store *store,
			  const char *variable, const char *profile)
{
	const struct kf_rules *r = kf_rules_find(profile);
	struct kf_source source = { bytes.len, read_at, &bytes };
	struct kf_artifact artifact;

	assert_true(kf_store_set(store, "variable", variable));
	assert_true(kf_store_set(store, "attributes", "0x67"));
	kf_store_prepare(store, r, &work.env);
	kf_artifact_read(&artifact, NULL, &source, &work.env);
	kf_artifact_prepare(&artifact, r, &work.env);
	assert_int_equal(kf_check(&verdict, &artifact, store, r, &work.env),
			 KF_OK);
	kf_artifact_close(&artifact, &work.env);
	return verdict.answer;
}

/* take_owner finds the first signer's certificate in an update. */
static void take_owner(size_t i)
{
	struct kf_cursor c = kf_cursor_over(file[i].bytes, 0);
	struct kf_signed_data *data = NULL;
	struct kf_signer_facts signer;
	struct kf_bytes blob;

	kf_skip(&c, 16, "time");
	blob = kf_part_of(file[i].bytes, 40, kf_u32le(&c, "dwLength") - 24);
	assert_true(kf_pkcs7_wrap(&blob, blob, &work.arena));
	assert_int_equal(crypto->signed_read(crypto->self, &data, blob, 0),
			 KF_OK);
	assert_non_null(data);
	crypto->signed_signer(data, 0, &signer);
	owner_len[i] = signer.certificate.len;
	assert_in_range(owner_len[i], 1, sizeof(owner_der[i]));
	memcpy(owner_der[i], signer.certificate.data, owner_len[i]);
	owner[i] = kf_view(owner_der[i], owner_len[i]);
	crypto->signed_close(data);
}

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	(void)state;
	crypto = kf_openssl_open(&why);
	if (!crypto || kf_work_open(&work, KF_ARENA_LEN, crypto, 1800000000,
				    &why) != KF_OK)
		return -1;
	for (size_t i = 0; i < NUM_KEKS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "kek/KEKUpdate_%s.bin", keks[i]);
		file[i] = read_file(name);
		take_owner(i);
	}
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_KEKS; i++)
		kf_text_file_close(&file[i]);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

/* mapped tells whether the map knows a platform key. */
static bool mapped(struct kf_bytes map, struct kf_bytes der)
{
	struct kf_digest sha1;
	char hex[41];

	kf_digest_of(&sha1, crypto, KF_SHA1, der);
	for (size_t i = 0; i < 20; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha1.bytes[i]);
	return memmem(map.data, map.len, hex, 40);
}

static void signers_are_platform_keys_of_the_map(void **state)
{
	struct kf_text_file map = read_file("kek/kek_update_map.json");

	for (size_t i = 0; i < NUM_KEKS; i++)
		assert_true(mapped(map.bytes, owner[i]));
	kf_text_file_close(&map);
}

static void a_kek_update_fits_its_own_platform_key_alone(void **state)
{
	size_t accepted = 0;

	for (size_t k = 0; k < NUM_KEKS; k++) {
		for (size_t i = 0; i < NUM_KEKS; i++) {
			struct kf_store store = { .complete = true };
			bool own = kf_equal(owner[i], owner[k]);

			kf_work_again(&work, file[i].bytes.len);
			put(&store, "pk", owner_der[k], owner_len[k]);
			ask(file[i].bytes, &store, "KEK", rules[i % 3]);
			assert_int_equal(verdict.answer,
					 own ? KF_ACCEPT : KF_REJECT);
			accepted += own;
			if (!own)
				assert_string_equal(verdict.why.reason->slug,
						    "update-pk-not-identical");
		}
	}
	assert_in_range(accepted, NUM_KEKS, NUM_KEKS + 4);
}

static void db_and_dbx_need_kek_ca_2011(void **state)
{
	static const struct { const char *name, *variable; } updates[] = {
		{ "db/DBUpdate2024.bin", "db" },
		{ "db/DBUpdate3P2023.bin", "db" },
		{ "db/DBUpdateOROM2023.bin", "db" },
		{ "dbx/DBXUpdate2024.bin", "dbx" },
		{ "dbx/amd64-DBXUpdate.bin", "dbx" },
		{ "dbx/arm-DBXUpdate.bin", "dbx" },
		{ "dbx/arm64-DBXUpdate.bin", "dbx" },
	};
	static const char *const authority[] = {
		"certs/kek-ca-2011.der", "certs/kek-2k-ca-2023.der",
		"certs/uefi-ca-2011.der",
	};

	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
		struct kf_text_file f = read_file(updates[i].name);

		for (size_t k = 0; k < 9; k++) {
			struct kf_text_file der = read_file(authority[k / 3]);
			struct kf_store store = { .complete = true };

			kf_work_again(&work, f.bytes.len);
			put(&store, "pk", owner_der[0], owner_len[0]);
			put(&store, "kek", der.bytes.data, der.bytes.len);
			ask(f.bytes, &store, updates[i].variable,
			    rules[k % 3]);
			assert_int_equal(verdict.answer, k < 3 ? KF_ACCEPT
							       : KF_REJECT);
			kf_text_file_close(&der);
		}
		kf_text_file_close(&f);
	}
}

static void none_of_them_is_taken_for_another_variable(void **state)
{
	static const char *const names[] = { "PK", "db", "dbx", "dbt" };

	for (size_t i = 0; i < NUM_KEKS; i++) {
		for (size_t v = 0; v < 4; v++) {
			struct kf_store store = { .complete = true };

			kf_work_again(&work, file[i].bytes.len);
			put(&store, "pk", owner_der[i], owner_len[i]);
			put(&store, "kek", owner_der[i], owner_len[i]);
			ask(file[i].bytes, &store, names[v], rules[v % 3]);
			assert_int_equal(verdict.answer, KF_REJECT);
			assert_string_equal(verdict.why.reason->slug,
					    "update-other-variable");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signers_are_platform_keys_of_the_map),
		cmocka_unit_test(a_kek_update_fits_its_own_platform_key_alone),
		cmocka_unit_test(db_and_dbx_need_kek_ca_2011),
		cmocka_unit_test(none_of_them_is_taken_for_another_variable),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
