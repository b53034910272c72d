/* Files that hold one part of a store: variables, signed updates,
 * certificates. What is cut or changed is damage, or another whole list; it is
 * never a shorter one.
 */
#include "core/siglist.h"

#include <keyfit/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct kf_crypto *crypto;
static struct kf_work work;
static struct kf_store store;

static const struct kf_store_kind *kind_named(const char *name)
{
	const struct kf_store_kind *kind;

	for (size_t i = 0; (kind = kf_store_kind_at(i)); i++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	fail_msg("no kind %s", name);
	return NULL;
}

/* corpus reads the good sample of a kind. */
static struct kf_text_file corpus(const char *file)
{
	struct kf_fault why = { "", "" };
	struct kf_text_file out;
	char path[512];

	snprintf(path, sizeof(path), CORPUS "/%s", file);
	assert_int_equal(kf_text_file_read(&out, path, 1 << 16, &why), KF_OK);
	return out;
}

static void read_as(const char *kind, struct kf_bytes file)
{
	kf_work_again(&work, file.len);
	kf_store_read(&store, kind_named(kind), file, &work.env);
	assert_int_equal(store.status, KF_OK);
}

static void is_kind(const char *file, const char *kind)
{
	struct kf_text_file f = corpus(file);

	assert_ptr_equal(kf_store_kind_of(f.bytes), kind_named(kind));
	kf_text_file_close(&f);
}

static void kinds_are_told_apart(void **state)
{
	is_kind("store-auth/good", "auth");
	is_kind("store-der/good", "der");
	is_kind("store-efivar/good", "efivar");
	is_kind("store-efivar/state", "efivar");
	is_kind("store-esl/x509", "esl");
	is_kind("store-esl/management", "esl");
	is_kind("store-pem/good", "pem");
	is_kind("store-pem/crlf", "pem");
}

/* All five of these hold the same certificate. */
static void a_certificate_is_the_same_in_each(void **state)
{
	static const char *const files[][2] = {
		{ "store-auth/good", "auth" }, { "store-der/good", "der" },
		{ "store-efivar/good", "efivar" }, { "store-pem/good", "pem" },
		{ "store-pem/crlf", "pem" },
	};
	struct kf_text_file der = corpus("store-der/good");

	for (size_t i = 0; i < 5; i++) {
		struct kf_text_file f = corpus(files[i][0]);
		struct kf_siglist_walk walk;
		struct kf_bytes found;

		read_as(files[i][1], f.bytes);
		assert_int_equal(store.num_damage, 0);
		assert_int_equal(store.num_parts, 1);
		walk = kf_siglist_walk(store.part[0].bytes);
		assert_true(kf_siglist_certificate(&walk, &found));
		assert_true(kf_equal(found, der.bytes));
		assert_false(kf_siglist_certificate(&walk, &found));
		kf_text_file_close(&f);
	}
	kf_text_file_close(&der);
}

static void each_certificate_of_a_pem_file_counts(void **state)
{
	struct kf_text_file f = corpus("store-pem/two");
	struct kf_siglist_walk walk;
	struct kf_bytes der;
	int num = 0;

	read_as("pem", f.bytes);
	walk = kf_siglist_walk(store.part[0].bytes);
	while (kf_siglist_certificate(&walk, &der))
		num++;
	assert_int_equal(num, 2);
	kf_text_file_close(&f);
}

/* same_or_damaged: the part holds `wanted` still, or nothing is told. */
static bool same_or_damaged(struct kf_bytes wanted)
{
	if (store.num_damage)
		return store.num_parts == 0;
	return store.num_parts == 1 && kf_equal(store.part[0].bytes, wanted);
}

/* cuts tries every cut of a file. Returns the first that passes for whole. */
static size_t cuts(const char *name, const char *kind, struct kf_bytes *whole)
{
	struct kf_text_file f = corpus(name);
	uint8_t *memory = malloc(f.bytes.len);
	static uint8_t kept[65536];
	size_t bad = SIZE_MAX;

	assert_non_null(memory);
	read_as(kind, f.bytes);
	memcpy(kept, store.part[0].bytes.data, store.part[0].bytes.len);
	*whole = kf_view(kept, store.part[0].bytes.len);
	for (size_t len = 0; len < f.bytes.len; len++) {
		/* Up to the end of the memory, for those who watch it. */
		uint8_t *cut = memory + f.bytes.len - len;

		memcpy(cut, f.bytes.data, len);
		read_as(kind, kf_view(cut, len));
		if (!same_or_damaged(*whole) && bad == SIZE_MAX)
			bad = len;
	}
	free(memory);
	kf_text_file_close(&f);
	return bad;
}

static void a_cut_certificate_is_damage(void **state)
{
	struct kf_bytes whole;

	assert_int_equal(cuts("store-der/good", "der", &whole), SIZE_MAX);
	assert_int_equal(cuts("store-pem/good", "pem", &whole), SIZE_MAX);
}

/* The bytes of a list go to the verifier as they are: cut lists are then its
 * own matter. But none of them is sound. */
static void a_cut_list_is_not_sound(void **state)
{
	static const char *const files[][2] = {
		{ "store-auth/good", "auth" }, { "store-efivar/good", "efivar" },
		{ "store-esl/x509", "esl" },
	};

	for (size_t i = 0; i < 3; i++) {
		struct kf_text_file f = corpus(files[i][0]);

		for (size_t len = 0; len < f.bytes.len; len++) {
			read_as(files[i][1], kf_part_of(f.bytes, 0, len));
			if (store.num_damage || !store.num_parts)
				continue;
			if (store.part[0].bytes.len == 0)
				continue;
			if (!kf_siglist_damage(store.part[0].bytes).field)
				fail_msg("%s cut at %zu", files[i][0], len);
		}
		kf_text_file_close(&f);
	}
}

/* changes tries every value of every byte of a PEM file. A certificate may
 * become another one; it must not be dropped. */
static void a_changed_byte_drops_no_certificate(void **state)
{
	struct kf_text_file f = corpus("store-pem/two");
	uint8_t *copy = malloc(f.bytes.len);

	assert_non_null(copy);
	memcpy(copy, f.bytes.data, f.bytes.len);
	for (size_t at = 0; at < f.bytes.len; at++) {
		for (unsigned x = 1; x < 256; x += at % 64 ? 51 : 1) {
			struct kf_siglist_walk walk;
			struct kf_bytes der;
			int num = 0;

			copy[at] = (uint8_t)(f.bytes.data[at] ^ x);
			read_as("pem", kf_view(copy, f.bytes.len));
			if (store.num_damage)
				continue;
			walk = kf_siglist_walk(store.part[0].bytes);
			while (kf_siglist_certificate(&walk, &der))
				num++;
			if (num != 2)
				fail_msg("byte %zu ^ %u: %d left", at, x, num);
		}
		copy[at] = f.bytes.data[at];
	}
	free(copy);
	kf_text_file_close(&f);
}

static void says(const char *file, const char *kind, const char *field)
{
	struct kf_text_file f = corpus(file);

	read_as(kind, f.bytes);
	assert_int_equal(store.num_parts, 0);
	assert_true(store.num_damage > 0);
	assert_string_equal(store.damage[0].field, field);
	kf_text_file_close(&f);
}

static void what_is_wrong_is_named(void **state)
{
	says("store-auth/length", "auth", "dwLength");
	says("store-auth/past", "auth", "dwLength");
	says("store-auth/kind", "auth", "wCertificateType");
	says("store-auth/guid", "auth", "CertType");
	says("store-der/more", "der", "bytes behind the certificate");
	says("store-efivar/cut", "efivar", "Attributes");
	says("store-efivar/empty", "efivar", "Data");
	says("store-pem/bad", "pem", "base64");
	says("store-pem/cut", "pem", "END");
	says("store-pem/key", "pem", "PRIVATE KEY");
}

static void pem_is(const char *text, const char *field)
{
	struct kf_bytes file = kf_text(text);

	read_as("pem", file);
	assert_int_equal(store.num_parts, 0);
	assert_string_equal(store.damage[0].field, field);
}

static void a_public_key_is_no_certificate(void **state)
{
	pem_is("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	       "PUBLIC KEY");
	pem_is("-----BEGIN RSA PRIVATE KEY-----\nAA==\n"
	       "-----END RSA PRIVATE KEY-----\n", "PRIVATE KEY");
	pem_is("-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n",
	       "BEGIN");
	pem_is("----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
	       "text outside of BEGIN and END");
	pem_is("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATF-----\n",
	       "END");
}

static void an_update_of_nothing_deletes(void **state)
{
	struct kf_text_file f = corpus("store-auth/empty");

	read_as("auth", f.bytes);
	assert_int_equal(store.num_damage, 0);
	assert_int_equal(store.part[0].presence, KF_ABSENT);
	kf_text_file_close(&f);
}

static void microsofts_updates_hold_what_they_say(void **state)
{
	struct kf_fault why = { "", "" };
	struct kf_text_file f;

	assert_int_equal(kf_text_file_read(&f, DATA
			 "/microsoft/dbx/amd64-DBXUpdate.bin", 1 << 20, &why),
			 KF_OK);
	assert_ptr_equal(kf_store_kind_of(f.bytes), kind_named("auth"));
	read_as("auth", f.bytes);
	/* 443 entries of SHA-256, by the list that Microsoft publishes. */
	assert_int_equal(store.part[0].bytes.len, 28 + 443 * 48);
	assert_null(kf_siglist_damage(store.part[0].bytes).field);
	assert_int_equal(store.part[0].time.year, 2010);
	kf_text_file_close(&f);
}

static int begin(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	return crypto && kf_work_open(&work, 1 << 20, crypto, 0, &why) == KF_OK
		       ? 0 : -1;
}

static int end(void **state)
{
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(a_certificate_is_the_same_in_each),
		cmocka_unit_test(each_certificate_of_a_pem_file_counts),
		cmocka_unit_test(a_cut_certificate_is_damage),
		cmocka_unit_test(a_cut_list_is_not_sound),
		cmocka_unit_test(a_changed_byte_drops_no_certificate),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_public_key_is_no_certificate),
		cmocka_unit_test(an_update_of_nothing_deletes),
		cmocka_unit_test(microsofts_updates_hold_what_they_say),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
