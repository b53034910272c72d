/* The image's digest is the one that the model computes by code of its own, and
 * a content's digest is found where SpcIndirectDataContent has it.
 */
#include "tests/model.h"

#include "analysis/authenticode.h"

static struct kf_digest digest[KF_NUM_DIGESTS];

static enum kf_status hash(struct kf_bytes file, uint64_t len, uint64_t pad,
			   unsigned wanted)
{
	struct kf_source source = model_source(&file);
	struct kf_pe pe;
	struct kf_image image = { &pe, &source, len, pad };

	assert_int_equal(kf_pe_read(&pe, &source), KF_OK);
	return kf_image_digest(digest, &image, wanted, model_env());
}

static bool same(enum kf_digest_kind kind, struct kf_bytes wanted)
{
	return kf_equal(kf_view(digest[kind].bytes, digest[kind].len), wanted);
}

static void it_is_the_models(void **state)
{
	struct model_image specs[] = {
		{ 0 }, { .narrow = true }, { .tail = 24 },
		{ .directories = 4 }, { .pe_at = 128 },
	};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct kf_bytes file = model_image(&specs[i]);

		assert_int_equal(hash(file, file.len, 0, 1u << KF_SHA1 |
				      1u << KF_SHA256), KF_OK);
		assert_true(same(KF_SHA1, model_image_digest(KF_SHA1, file)));
		assert_true(same(KF_SHA256,
				 model_image_digest(KF_SHA256, file)));
		assert_int_equal(digest[KF_SHA384].len, 0);
	}
}

static void padding_counts_as_zeros(void **state)
{
	struct model_image spec = { .tail = 3 };
	struct kf_bytes file = model_image(&spec);
	struct kf_bytes padded = model_join(file, model_fill(5, 0));

	assert_int_equal(hash(file, file.len, 5, 1u << KF_SHA256), KF_OK);
	assert_true(same(KF_SHA256, model_image_digest(KF_SHA256, padded)));
	assert_int_equal(hash(file, file.len, 0, 1u << KF_SHA256), KF_OK);
	assert_false(same(KF_SHA256, model_image_digest(KF_SHA256, padded)));
}

static void what_lies_outside_of_the_image_has_none(void **state)
{
	struct model_image spec = { 0 };
	struct kf_bytes file = model_image(&spec);

	assert_int_equal(hash(file, file.len - 1, 0, 1), KF_WRONG_USE);
	model_poke(file, model_section_at(file) + 16, 4, 0x41);
	assert_int_equal(hash(file, file.len, 0, 1), KF_WRONG_USE);
	assert_int_equal(digest[KF_SHA1].len, 0);
}

/* Source of the structure: Microsoft, "Windows Authenticode Portable
 * Executable Signature Format", "SpcIndirectDataContent". */
static uint8_t content[] = {
	0x30, 0,
	0x30, 0x05, 0x06, 0x03, 0x2b, 0x06, 0x01,	/* data */
	0x30, 0,					/* messageDigest */
	0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00,
	0x04, 0x14, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
};

static void a_content_names_its_digest(void **state)
{
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
				       0x37, 0x02, 0x01, 0x04 };
	struct kf_signed_facts facts = {
		.is_signed_data = true,
		.content_oid = kf_view(oid, sizeof(oid)),
	};
	enum kf_digest_kind kind;
	struct kf_bytes found;

	facts.content = kf_view(content, sizeof(content));
	content[1] = sizeof(content) - 2;
	content[10] = sizeof(content) - 11;
	assert_true(kf_content_digest(&found, &kind, &facts));
	assert_int_equal(kind, KF_SHA1);
	assert_int_equal(found.len, 20);
	assert_int_equal(found.data[0], 1);
	for (size_t len = 0; len < sizeof(content); len++) {
		facts.content.len = len;
		assert_false(kf_content_digest(&found, &kind, &facts));
	}
	facts.content.len = sizeof(content);
	facts.detached = true;
	assert_false(kf_content_digest(&found, &kind, &facts));
	facts.detached = false;
	facts.content_oid.len--;
	assert_false(kf_content_digest(&found, &kind, &facts));
	facts.content_oid.len++;
	content[19]++;		/* another algorithm */
	assert_false(kf_content_digest(&found, &kind, &facts));
	content[19]--;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(it_is_the_models),
		MODEL_TEST(padding_counts_as_zeros),
		MODEL_TEST(what_lies_outside_of_the_image_has_none),
		MODEL_TEST(a_content_names_its_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
