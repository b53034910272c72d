/* What a signature has to say, where certificates keep their TBSCertificate,
 * and what is remembered between two questions. UEFI-17, UEFI-32.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

#include <keyfit/host.h>

#include <stdio.h>

static const struct edk2_profile *profile(const char *name)
{
	return kf_rules_find(name)->profile;
}

static bool tbs_of(struct kf_bytes *out, const char *der, size_t len)
{
	return edk2_tbs(out, kf_view(der, len), profile("edk2-2025.02"));
}

static void a_tbs_certificate_has_its_own_header(void **state)
{
	struct kf_bytes tbs;

	assert_true(tbs_of(&tbs, "\x30\x06\x30\x01x\x02\x01y", 8));
	assert_true(kf_equal(tbs, kf_view("\x30\x01x", 3)));
	/* What stands behind the certificate is not looked at. */
	assert_true(tbs_of(&tbs, "\x30\x03\x30\x01xjunk", 9));
}

static void what_is_no_sequence_has_no_tbs_certificate(void **state)
{
	struct kf_bytes tbs;

	assert_false(tbs_of(&tbs, "", 0));
	assert_false(tbs_of(&tbs, "\x31\x03\x30\x01x", 5));
	assert_false(tbs_of(&tbs, "\x30\x03\x31\x01x", 5));
	assert_false(tbs_of(&tbs, "\x30\x04\x30\x01x", 5));
	assert_false(tbs_of(&tbs, "\x30\x03\x30\x02x", 5));
	assert_int_equal(tbs.len, 0);
}

/* UEFI-38: 2022.11 goes on with what it has, later versions do not. */
static void an_indefinite_certificate_is_taken_by_the_older_one(void **state)
{
	struct kf_bytes der = kf_view("\x30\x80\x30\x01x\0\0", 7), tbs;

	assert_true(edk2_tbs(&tbs, der, profile("edk2-2022.11")));
	assert_int_equal(tbs.len, 0);
	assert_false(edk2_tbs(&tbs, der, profile("edk2-2025.02")));
}

/* FIPS 180-4 digests come from the host; here it counts which are asked. */
static void every_digest_of_a_tbs_certificate_but_sha_1_is_known(void **state)
{
	struct kf_digest out[KF_NUM_DIGESTS] = { { .len = 0 } };

	assert_int_equal(edk2_tbs_digests(out, kf_text("tbs"), &toy_crypto),
			 KF_OK);
	assert_int_equal(out[KF_SHA1].len, 0);
	for (int kind = KF_SHA256; kind < KF_NUM_DIGESTS; kind++)
		assert_true(kf_equal(kf_view(out[kind].bytes, out[kind].len),
				     model_digest((enum kf_digest_kind)kind,
						  kf_text("tbs"))));
}

/* Published values; openssl asn1parse -strparse 4 | sha256sum, 3.0.19, gives
 * the same. */
static void published_certificates_have_their_known_tbs_digests(void **state)
{
	static const struct {
		const char *file;
		uint8_t first[8];
	} known[] = {
		{ "uefi-ca-2011",
		  { 0x95, 0x89, 0xb8, 0xc9, 0x51, 0x68, 0xf7, 0x92 } },
		{ "uefi-ca-2023",
		  { 0x9a, 0x35, 0x48, 0x4e, 0x64, 0x0c, 0x75, 0x92 } },
		{ "windows-production-pca-2011",
		  { 0x4e, 0x80, 0xbe, 0x10, 0x7c, 0x86, 0x0d, 0xe8 } },
		{ "windows-uefi-ca-2023",
		  { 0x81, 0xf2, 0x9e, 0x98, 0xd3, 0x2c, 0x6e, 0x60 } },
		{ "kek-2k-ca-2023",
		  { 0x74, 0xd7, 0xf2, 0x92, 0x8f, 0xf8, 0x8d, 0x7a } },
	};
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto = kf_openssl_open(&why);

	assert_non_null(crypto);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct kf_digest out[KF_NUM_DIGESTS];
		struct kf_text_file file;
		struct kf_bytes tbs;
		char path[100];

		snprintf(path, sizeof(path),
			 "tests/data/microsoft/certs/%s.der", known[i].file);
		assert_int_equal(kf_text_file_read(&file, path, 1 << 16,
						   &why), KF_OK);
		assert_true(edk2_tbs(&tbs, file.bytes, profile("edk2")));
		assert_int_equal(edk2_tbs_digests(out, tbs, crypto), KF_OK);
		assert_memory_equal(out[KF_SHA256].bytes, known[i].first, 8);
		kf_text_file_close(&file);
	}
	kf_openssl_close(crypto);
}

static void *no_digest(void *self, enum kf_digest_kind kind)
{
	return NULL;
}

static void a_digest_that_cannot_be_computed_is_a_fault(void **state)
{
	struct kf_crypto broken = toy_crypto;
	struct kf_digest out[KF_NUM_DIGESTS];

	broken.digest_begin = no_digest;
	assert_int_equal(edk2_tbs_digests(out, kf_text("tbs"), &broken),
			 KF_NO_CRYPTO);
}

static int asked;

static enum kf_status count_chains(const struct kf_signed_data *data,
				   struct kf_bytes anchor, uint32_t policy,
				   int64_t now_s, enum kf_answer3 *out,
				   struct kf_why *why)
{
	asked++;
	return toy_crypto.signed_chain(data, anchor, policy, now_s, out, why);
}

/* ask_again judges one image on `num` devices of `anchors` certificates. */
static void ask_again(struct kf_env *env, int num, int anchors)
{
	const struct kf_rules *rules = kf_rules_find("edk2");
	struct model_image spec = { 0 };
	struct kf_bytes leaf = model_certificate('l', KF_WHY_NO_PATH);
	struct kf_bytes file = model_by(model_image(&spec), leaf);
	struct kf_source source = model_source(&file);
	struct kf_bytes db = kf_view(NULL, 0);
	struct kf_artifact artifact;
	struct kf_verdict v;

	for (int i = 0; i < anchors; i++)
		db = model_join(db, model_list(model_x509,
			model_certificate((uint8_t)(128 + i),
					  KF_WHY_NO_PATH)));
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	asked = 0;
	for (int i = 0; i < num; i++) {
		struct kf_store store = { .complete = true };

		model_put(&store, "pk", model_fill(1, 1));
		model_put(&store, "db", db);
		kf_store_prepare(&store, rules, env);
		assert_int_equal(kf_check(&v, &artifact, &store, rules, env),
				 KF_OK);
		assert_int_equal(v.answer, KF_REJECT);
	}
	kf_artifact_close(&artifact, env);
}

static void the_arithmetic_of_a_pair_is_done_once(void **state)
{
	struct kf_crypto counting = toy_crypto;
	struct kf_env *env = model_env();

	counting.signed_chain = count_chains;
	env->crypto = &counting;
	ask_again(env, 20, 3);
	assert_int_equal(asked, 3);
}

static void more_anchors_than_are_remembered_are_asked_again(void **state)
{
	struct kf_crypto counting = toy_crypto;
	struct kf_env *env = model_env();

	counting.signed_chain = count_chains;
	env->crypto = &counting;
	ask_again(env, 1, KF_PKCS7_LINKS_MAX + 2);
	assert_true(asked >= KF_PKCS7_LINKS_MAX + 2);
}

static enum kf_status no_chain(const struct kf_signed_data *data,
			       struct kf_bytes anchor, uint32_t policy,
			       int64_t now_s, enum kf_answer3 *out,
			       struct kf_why *why)
{
	return KF_NO_MEMORY;
}

static void a_library_that_fails_gives_no_verdict(void **state)
{
	const struct kf_rules *rules = kf_rules_find("edk2");
	struct model_image spec = { 0 };
	struct kf_bytes leaf = model_certificate('l', KF_WHY_NO_PATH);
	struct kf_bytes file = model_by(model_image(&spec), leaf);
	struct kf_source source = model_source(&file);
	struct kf_crypto failing = toy_crypto;
	struct kf_env *env = model_env();
	struct kf_store store = { .complete = true };
	struct kf_artifact artifact;
	struct kf_verdict v;

	failing.signed_chain = no_chain;
	env->crypto = &failing;
	model_put(&store, "pk", model_fill(1, 1));
	model_put(&store, "db", model_list(model_x509, leaf));
	kf_store_prepare(&store, rules, env);
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	assert_int_equal(kf_check(&v, &artifact, &store, rules, env),
			 KF_NO_MEMORY);
	assert_int_not_equal(v.answer, KF_ACCEPT);
	kf_artifact_close(&artifact, env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_tbs_certificate_has_its_own_header),
		MODEL_TEST(what_is_no_sequence_has_no_tbs_certificate),
		MODEL_TEST(
		    an_indefinite_certificate_is_taken_by_the_older_one),
		MODEL_TEST(
		    every_digest_of_a_tbs_certificate_but_sha_1_is_known),
		MODEL_TEST(
		    published_certificates_have_their_known_tbs_digests),
		MODEL_TEST(a_digest_that_cannot_be_computed_is_a_fault),
		MODEL_TEST(the_arithmetic_of_a_pair_is_done_once),
		MODEL_TEST(more_anchors_than_are_remembered_are_asked_again),
		MODEL_TEST(a_library_that_fails_gives_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
