/* What the table of published updates says of each file is what the file holds:
 * its variable, the certificate that it brings, and under whom it is signed.
 * The certificates that follow one another are Microsoft's own, by name.
 */
#include "analysis/change.h"
#include "analysis/known.h"
#include "analysis/published.h"

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

static struct kf_text_file read_file(const char *folder, const char *name)
{
	struct kf_text_file out;
	struct kf_fault why = { "", "" };
	char path[512];

	snprintf(path, sizeof(path), FOLDER "%s%s", folder, name);
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

static bool lists(const struct kf_store *store, const char *part,
		  const char *sha256)
{
	bool listed;

	assert_int_equal(kf_store_lists(&listed, store, part, sha256, crypto),
			 KF_OK);
	return listed;
}

static void each_file_brings_what_the_table_says(void **state)
{
	const struct kf_published *u;
	size_t i = 0;

	for (; (u = kf_published_at(i)); i++) {
		struct kf_text_file file = read_file("db/", u->file);
		struct kf_change change;
		struct kf_store store = { .complete = true };

		kf_work_again(&work, file.bytes.len);
		assert_int_equal(kf_change_update(&change, file.bytes,
						  &work.env), KF_OK);
		assert_non_null(change.part);
		assert_string_equal(change.part, u->part);
		assert_int_equal(change.kind, KF_CHANGE_APPEND);
		assert_int_equal(kf_change_apply(&store, &store, &change,
						 &work.env), KF_OK);
		assert_true(lists(&store, u->part, u->sha256));
		assert_false(lists(&store, u->part, u->authority_sha256));
		kf_text_file_close(&file);
	}
	assert_int_equal(i, 3);
}

/* named tells whether a certificate file has this digest and name. */
static void named(const char *file, const char *sha256, const char *name)
{
	struct kf_text_file der = read_file("certs/", file);
	struct kf_certificate c;

	kf_work_again(&work, der.bytes.len);
	assert_int_equal(crypto->certificate_read(crypto->self, &c, der.bytes,
						  &work.arena), KF_OK);
	assert_true(kf_hex_is(sha256, kf_view(c.sha256.bytes, c.sha256.len)));
	assert_string_equal(c.name, name);
	kf_text_file_close(&der);
}

static void names_and_digests_are_those_of_the_certificates(void **state)
{
	static const char *const files[][2] = {
		{ "uefi-ca-2023.der", "uefi-ca-2011.der" },
		{ "windows-uefi-ca-2023.der",
		  "windows-production-pca-2011.der" },
		{ "option-rom-uefi-ca-2023.der", NULL },
	};
	const struct kf_published *u;

	for (size_t i = 0; (u = kf_published_at(i)); i++) {
		named(files[i][0], u->sha256, u->name);
		named("kek-ca-2011.der", u->authority_sha256, u->authority);
		if (files[i][1])
			named(files[i][1], u->follows_sha256, u->follows);
		else
			assert_string_equal(u->follows_sha256, "");
	}
}

static void an_update_is_found_by_what_it_brings(void **state)
{
	struct kf_digest digest;
	struct kf_text_file der = read_file("certs/", "uefi-ca-2023.der");

	kf_digest_of(&digest, crypto, KF_SHA256, der.bytes);
	assert_string_equal(kf_published_brings(&digest)->file,
			    "DBUpdate3P2023.bin");
	digest.bytes[31] ^= 1;
	assert_null(kf_published_brings(&digest));
	digest.len = 0;
	assert_null(kf_published_brings(&digest));
	kf_text_file_close(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_brings_what_the_table_says),
		cmocka_unit_test(
			names_and_digests_are_those_of_the_certificates),
		cmocka_unit_test(an_update_is_found_by_what_it_brings),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
