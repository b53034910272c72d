/* SignedData taken apart, verified, and chained to one anchor at a time.
 *
 * The data are fuzz/corpus/format-pe/signed and store-esl/x509: made with
 * sbsign 0.9.4 by "Seed signer", issued by "Seed CA", and the signer's own
 * certificate. What is in them is what sbverify --list and openssl asn1parse
 * say: SignedData at byte 0 of the entry, SPC_INDIRECT_DATA with a value of
 * 104 bytes at byte 59, one signer with SHA-256, one certificate.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

#define POLICY (KF_CMS_PARTIAL_CHAIN | KF_CMS_NO_TIME | KF_CMS_ANY_PURPOSE)

enum { CONTENT_AT = 59, CONTENT_LEN = 106, VALUE_AT = 61 };

static struct kf_bytes blob, leaf, authority;

static struct kf_bytes read_file(const char *path)
{
	struct kf_text_file text;
	struct kf_fault why = { "", "" };
	struct kf_bytes copy;

	assert_int_equal(kf_text_file_read(&text, path, 1 << 16, &why),
			 KF_OK);
	copy = model_copy(text.bytes);
	kf_text_file_close(&text);
	return copy;
}

static int open_data(void **state)
{
	struct kf_bytes file;
	uint32_t at = 0;
	size_t entry;

	model_open(state);
	file = read_file("fuzz/corpus/format-pe/signed");
	entry = model_directory_at(file, 4);
	for (size_t i = 4; i-- > 0;)
		at = at << 8 | file.data[entry + i];
	blob = model_copy(kf_part_of(file, at + 8, file.len - at - 8));
	file = read_file("fuzz/corpus/store-esl/x509");
	leaf = model_copy(kf_part_of(file, 44, file.len - 44));
	authority = read_file("tests/data/microsoft/certs/uefi-ca-2023.der");
	return 0;
}

static struct kf_signed_data *parse(struct kf_bytes bytes)
{
	struct kf_signed_data *data;

	assert_int_equal(crypto->signed_read(crypto->self, &data, bytes,
					     POLICY), KF_OK);
	return data;
}

/* verified asks whether a blob's signatures hold over its own content. */
static enum kf_answer3 verified(struct kf_bytes bytes,
				struct kf_bytes content)
{
	struct kf_signed_data *data = parse(bytes);
	enum kf_answer3 answer = KF_NOT_ASKED;
	struct kf_why why = { KF_WHY_NOTHING, NULL };

	if (!data)
		return KF_NOT_ASKED;
	assert_int_equal(crypto->signed_verify(data, content, POLICY, &answer,
					       &why), KF_OK);
	crypto->signed_close(data);
	return answer;
}

static enum kf_answer3 chained(struct kf_bytes anchor, struct kf_why *why)
{
	struct kf_signed_data *data = parse(blob);
	enum kf_answer3 answer = KF_NOT_ASKED;

	assert_int_equal(crypto->signed_chain(data, anchor, POLICY, 0,
					      &answer, why), KF_OK);
	crypto->signed_close(data);
	return answer;
}

static void facts_are_what_other_tools_say(void **state)
{
	struct kf_signed_data *data = parse(blob);
	struct kf_signed_facts facts;
	struct kf_signer_facts signer;

	assert_non_null(data);
	crypto->signed_facts(data, &facts);
	assert_true(facts.is_signed_data && !facts.detached);
	assert_int_equal(facts.content_tag, 16);
	assert_true(kf_equal(facts.content_oid, kf_view(
		"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04", 10)));
	assert_true(kf_equal(facts.content, kf_part_of(blob, CONTENT_AT,
						       CONTENT_LEN)));
	assert_int_equal(facts.num_signers, 1);
	assert_int_equal(facts.num_certificates, 1);
	assert_true(facts.signers_found);
	crypto->signed_signer(data, 0, &signer);
	assert_true(kf_equal(signer.certificate, leaf));
	assert_int_equal(signer.timestamp.len, 0);
	assert_true(kf_equal(crypto->signed_certificate(data, 0), leaf));
	crypto->signed_close(data);
}

static void a_good_signature_verifies_over_its_content(void **state)
{
	struct kf_bytes content = kf_part_of(blob, VALUE_AT, CONTENT_LEN - 2);

	assert_int_equal(verified(blob, content), KF_YES);
	content = model_copy(content);
	model_poke(content, content.len - 1, 1, 0);
	assert_int_equal(verified(blob, content), KF_NO);
	assert_int_equal(verified(blob, kf_part_of(content, 0,
						   content.len - 1)), KF_NO);
}

static void no_changed_byte_of_content_or_signature_verifies(void **state)
{
	/* From the content to its end, and the last 256 bytes: RSA-2048. */
	for (size_t at = VALUE_AT; at < blob.len; at++) {
		struct kf_bytes changed;

		if (at == CONTENT_AT + CONTENT_LEN)
			at = blob.len - 256;
		/* The entry is padded to 8 behind its 1439 bytes. */
		if (at >= 1439)
			break;
		changed = model_copy(blob);
		model_poke(changed, at, 1, changed.data[at] ^ 1u);
		assert_int_not_equal(verified(changed, kf_part_of(changed,
				VALUE_AT, CONTENT_LEN - 2)), KF_YES);
		model_open(state);
		open_data(state);
	}
}

static void a_cut_blob_is_no_signed_data(void **state)
{
	for (size_t len = 0; len < 1439; len += 13)
		assert_null(parse(kf_part_of(blob, 0, len)));
	assert_non_null(blob.data);
	assert_int_equal(verified(model_join(blob, kf_text("more")),
			kf_part_of(blob, VALUE_AT, CONTENT_LEN - 2)), KF_YES);
}

static void a_chain_leads_to_the_signer_and_to_nobody_else(void **state)
{
	struct kf_why why = { KF_WHY_NOTHING, NULL };

	assert_int_equal(chained(leaf, &why), KF_YES);
	assert_int_equal(chained(authority, &why), KF_NO);
	assert_int_equal(why.kind, KF_WHY_NO_PATH);
	assert_int_equal(chained(kf_text("no certificate"), &why), KF_NO);
	assert_int_equal(why.kind, KF_WHY_UNREADABLE);
}

static void who_has_no_time_stamp_is_not_stamped(void **state)
{
	struct kf_signed_data *data = parse(blob);
	enum kf_answer3 answer = KF_NOT_ASKED;
	struct kf_moment when;

	assert_int_equal(crypto->signed_timestamp(data, kf_view(NULL, 0),
			 POLICY, &answer, &when), KF_OK);
	assert_int_equal(answer, KF_NO);
	crypto->signed_close(data);
}

static void a_supposed_signature_is_by_its_first_certificate(void **state)
{
	struct kf_bytes bad = kf_text("no certificate");
	struct kf_signed_data *data = NULL;
	enum kf_answer3 answer = KF_NOT_ASKED;
	struct kf_why why;

	assert_int_equal(crypto->signed_suppose(crypto->self, &data, &leaf,
						1), KF_OK);
	assert_int_equal(crypto->signed_chain(data, leaf, POLICY, 0, &answer,
					      &why), KF_OK);
	assert_int_equal(answer, KF_YES);
	assert_int_equal(crypto->signed_chain(data, authority, POLICY, 0,
					      &answer, &why), KF_OK);
	assert_int_equal(answer, KF_NO);
	crypto->signed_close(data);
	assert_int_not_equal(crypto->signed_suppose(crypto->self, &data,
						    &bad, 1), KF_OK);
}

#define DATA_TEST(name) cmocka_unit_test_setup(name, open_data)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_TEST(facts_are_what_other_tools_say),
		DATA_TEST(a_good_signature_verifies_over_its_content),
		DATA_TEST(no_changed_byte_of_content_or_signature_verifies),
		DATA_TEST(a_cut_blob_is_no_signed_data),
		DATA_TEST(a_chain_leads_to_the_signer_and_to_nobody_else),
		DATA_TEST(who_has_no_time_stamp_is_not_stamped),
		DATA_TEST(a_supposed_signature_is_by_its_first_certificate),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
