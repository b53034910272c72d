/* No change of signed bytes is accepted: each bit of a signed image in turn,
 * by each profile, on a device that trusts its signer.
 *
 * Which bytes are signed is worked out here, by UEFI-4, from the headers.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include <keyfit/host.h>

#include <stdio.h>

static struct kf_bytes trust;

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

static uint32_t number(struct kf_bytes file, size_t at)
{
	return file.data[at] | (uint32_t)file.data[at + 1] << 8 |
	       (uint32_t)file.data[at + 2] << 16 |
	       (uint32_t)file.data[at + 3] << 24;
}

static void mark(struct kf_bytes mask, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		model_poke(mask, i, 1, 1);
}

/* signed_bytes is 1 for every byte that the digest covers. */
static struct kf_bytes signed_bytes(struct kf_bytes file)
{
	struct kf_bytes mask = model_fill(file.len, 0);
	size_t optional = model_optional_at(file);
	size_t entry = model_directory_at(file, 4);
	size_t section = model_section_at(file);
	size_t headers = number(file, optional + 60), sum = headers;
	unsigned num = number(file, optional - 18) & 0xffff;

	mark(mask, 0, optional + 64);
	mark(mask, optional + 68, entry);
	mark(mask, entry + 8, headers);
	for (unsigned i = 0; i < num; i++, section += 40) {
		size_t at = number(file, section + 20);
		size_t len = number(file, section + 16);

		mark(mask, at, at + len);
		sum += len;
	}
	mark(mask, sum, file.len - number(file, entry + 4));
	return mask;
}

static enum kf_answer ask(struct kf_bytes file, const struct kf_rules *rules)
{
	static struct kf_verdict v;
	struct kf_source source = model_source(&file);
	struct kf_env *env = model_env();
	struct kf_store store = { .complete = true };
	struct kf_artifact artifact;

	env->crypto = crypto;
	model_put(&store, "pk", trust);
	model_put(&store, "db", trust);
	kf_store_prepare(&store, rules, env);
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	assert_int_equal(kf_check(&v, &artifact, &store, rules, env), KF_OK);
	kf_artifact_close(&artifact, env);
	return v.answer;
}

/* judges_images: the first profiles of the table do. shim does too, but trusts
 * nothing without a shim: it is asked elsewhere. */
static bool judges_images(const struct kf_rules *rules)
{
	return rules && model_same(rules->verifier->name, "edk2");
}

/* sweep turns each bit of an image, one profile after the other. */
static void sweep(const char *path)
{
	struct kf_bytes file = read_file(path);
	struct kf_bytes mask = signed_bytes(file);
	size_t num_rules = 0, signed_bits = 0, accepted = 0;

	trust = read_file("fuzz/corpus/store-esl/x509");
	while (judges_images(kf_rules_at(num_rules)))
		assert_int_equal(ask(file, kf_rules_at(num_rules++)),
				 KF_ACCEPT);
	for (size_t at = 0; at < file.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			const struct kf_rules *rules =
				kf_rules_at((at + bit) % num_rules);
			uint8_t byte = file.data[at];
			enum kf_answer answer;

			model_poke(file, at, 1, byte ^ 1u << bit);
			answer = ask(file, rules);
			model_poke(file, at, 1, byte);
			signed_bits += mask.data[at];
			if (answer != KF_ACCEPT)
				continue;
			accepted++;
			if (mask.data[at])
				fail_msg("%s: bit %u of byte %zu: %s accepts",
					 path, bit, at, rules->name);
		}
	print_message("# %zu signed bits; %zu others may change\n",
		      signed_bits, accepted);
	/* The checksum, at least, is nobody's. */
	assert_true(accepted >= 32);
	assert_true(signed_bits > 8 * 1024);
}

static void no_signed_bit_of_an_image_can_change(void **state)
{
	sweep("fuzz/corpus/format-pe/signed");
}

static void nor_of_one_with_two_signatures(void **state)
{
	sweep("fuzz/corpus/format-pe/signed-twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(no_signed_bit_of_an_image_can_change),
		MODEL_TEST(nor_of_one_with_two_signatures),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
