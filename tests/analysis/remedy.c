/* Each remedy, applied here by hand, turns the verdict; what would not turn it
 * is not offered.
 */
#include "tests/model.h"

#include "analysis/remedy.h"

#include <string.h>

static struct kf_bytes none, plain, first, second, both;
static struct kf_store store;
static struct kf_remedy offered[KF_REMEDIES_MAX];
static size_t num_offered;

static int open_remedy(void **state)
{
	struct model_image spec = { 0 };
	struct kf_store empty = { .complete = true };

	model_open(state);
	plain = model_image(&spec);
	/* 0x7f: valid long after the toy's now. */
	first = model_certificate(0x7e, KF_WHY_NO_PATH);
	second = model_certificate(0x7f, KF_WHY_NO_PATH);
	both = model_join(model_by(plain, first), kf_view(NULL, 0));
	both = model_attach(plain, model_join(
		kf_part_of(both, plain.len, both.len - plain.len),
		kf_part_of(model_by(plain, second), plain.len,
			   both.len - plain.len)));
	store = empty;
	model_put(&store, "pk", model_fill(1, 1));
	return 0;
}

static struct kf_bytes x509(struct kf_bytes der)
{
	return model_list(model_x509, der);
}

/* apply reads the patched file whole. */
static struct kf_bytes apply(struct kf_patch *patch)
{
	const struct kf_source *source = kf_patch_source(patch);
	uint8_t *file = model_room((size_t)source->size);

	assert_true(source->read_at(source->self, 0, file,
				    (size_t)source->size));
	return kf_view(file, (size_t)source->size);
}

/* old_checksum puts the checksum back that all of the model's images have. */
static struct kf_bytes old_checksum(struct kf_bytes file)
{
	size_t at = model_optional_at(file) + 64;

	memcpy((uint8_t *)(uintptr_t)file.data + at, plain.data + at, 4);
	return file;
}

/* after judges anew with the remedy applied: a patched file, a longer db, or
 * a signature of the model's own under the anchor. */
static enum kf_answer after(struct kf_bytes file, struct kf_remedy *r)
{
	const struct kf_part *db = kf_store_part(&store, "db");
	struct kf_store changed = store;
	struct kf_verdict v;

	if (r->patch.num_pieces)
		file = apply(&r->patch);
	if (r->kind == KF_SIGN_UNDER)
		file = model_by(plain, r->certificate);
	if (r->list.len) {
		assert_true(model_same(r->part, "db"));
		model_put(&changed, "db", model_join(db ? db->bytes : none,
						     model_copy(r->list)));
	}
	return model_ask(&v, file, &changed, "edk2-2025.02");
}

/* ask fills `offered`, and holds every one against its promise. */
static void ask(struct kf_bytes file, struct kf_bytes db, struct kf_bytes dbx)
{
	const struct kf_rules *rules = kf_rules_find("edk2-2025.02");
	static struct kf_bytes asked;	/* patches go on reading it */
	static struct kf_source source;
	struct kf_env *env = model_env();
	struct kf_artifact artifact;
	struct kf_store copy;
	struct kf_verdict v;

	asked = file;
	source = model_source(&asked);
	model_put(&store, "db", db);
	model_put(&store, "dbx", dbx);
	copy = store;
	kf_store_prepare(&copy, rules, env);
	kf_artifact_read(&artifact, kf_format_at(0), &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	assert_int_equal(kf_check(&v, &artifact, &copy, rules, env), KF_OK);
	assert_int_equal(kf_remedies(offered, KF_REMEDIES_MAX, &num_offered,
				     &artifact, &copy, rules, &v, env),
			 KF_OK);
	if (v.answer != KF_REJECT)
		assert_int_equal(num_offered, 0);
	/* The lists lie in the arena, which is used again below. */
	for (size_t i = 0; i < num_offered; i++) {
		offered[i].list = model_copy(offered[i].list);
		offered[i].certificate = model_copy(offered[i].certificate);
	}
	kf_artifact_close(&artifact, env);
	for (size_t i = 0; i < num_offered; i++) {
		offered[i].patch.base = &source;
		assert_int_equal(after(file, &offered[i]), KF_ACCEPT);
	}
}

static struct kf_remedy *find(enum kf_remedy_kind kind)
{
	for (size_t i = 0; i < num_offered; i++)
		if (offered[i].kind == kind)
			return &offered[i];
	return NULL;
}

static void a_file_of_a_revoked_signature_keeps_the_other(void **state)
{
	ask(both, x509(second), x509(first));
	assert_int_equal(offered[0].kind, KF_KEEP_SIGNATURE);
	assert_int_equal(offered[0].signature, 2);
	assert_int_equal(offered[0].num_attached, 2);
	assert_true(kf_equal(old_checksum(apply(&offered[0].patch)),
			     model_by(plain, second)));
	assert_non_null(offered[0].caution);
}

static void nothing_saves_a_file_that_is_revoked_itself(void **state)
{
	struct kf_bytes hash = model_list(model_sha256,
				model_image_digest(KF_SHA256, plain));

	ask(both, x509(second), hash);
	assert_int_equal(num_offered, 0);
}

static void an_unknown_signer_can_be_enrolled(void **state)
{
	struct kf_remedy *r;

	ask(model_by(plain, first), x509(second), none);
	r = find(KF_ENROL_CERTIFICATE);
	assert_non_null(r);
	assert_true(kf_equal(r->certificate, first));
	assert_non_null(find(KF_SIGN_UNDER));
	assert_non_null(find(KF_ENROL_DIGEST));
	assert_null(find(KF_KEEP_SIGNATURE));
}

static void a_revoked_certificate_is_not_offered_to_be_enrolled(void **state)
{
	ask(model_by(plain, first), none, x509(first));
	assert_null(find(KF_ENROL_CERTIFICATE));
	assert_null(find(KF_ENROL_DIGEST));
	assert_int_equal(num_offered, 0);
}

static void an_unsigned_file_is_signed_or_its_digest_enrolled(void **state)
{
	struct kf_remedy *r;

	ask(plain, x509(second), none);
	r = find(KF_SIGN_UNDER);
	assert_non_null(r);
	assert_true(kf_equal(r->certificate, second));
	r = find(KF_ENROL_DIGEST);
	assert_non_null(r);
	assert_true(kf_equal(kf_view(r->digest.bytes, r->digest.len),
			     model_image_digest(KF_SHA256, plain)));
}

static void nobody_is_told_to_sign_under_an_expired_authority(void **state)
{
	/* The toy's 'a' ends before its now. */
	struct kf_bytes old = model_certificate('a', KF_WHY_NO_PATH);

	ask(plain, x509(old), none);
	assert_null(find(KF_SIGN_UNDER));
	ask(plain, model_join(x509(old), x509(second)), none);
	assert_true(kf_equal(find(KF_SIGN_UNDER)->certificate, second));
}

static void headers_without_a_place_for_a_signature_get_none(void **state)
{
	struct model_image spec = { .directories = 4 };

	ask(model_image(&spec), x509(second), none);
	assert_null(find(KF_SIGN_UNDER));
	assert_non_null(find(KF_ENROL_DIGEST));
}

/* Two sections of the same bytes count twice: with a table behind them the
 * file has no digest any more, UEFI-4. */
static void a_file_shorter_than_its_sizes_is_not_to_be_signed(void **state)
{
	struct kf_bytes file = model_copy(plain);
	size_t at = model_section_at(file);

	model_poke(file, 64 + 6, 2, 2);		/* NumberOfSections */
	memcpy((uint8_t *)(uintptr_t)file.data + at + 40, file.data + at, 40);
	ask(file, x509(second), none);
	assert_null(find(KF_SIGN_UNDER));
	assert_non_null(find(KF_ENROL_DIGEST));
}

static void a_table_with_bytes_too_many_is_repaired(void **state)
{
	struct kf_bytes file = model_by(plain, first);
	struct kf_bytes table = kf_part_of(file, plain.len,
					   file.len - plain.len);

	file = model_attach(plain, model_join(table, model_fill(8, 0)));
	ask(file, x509(first), none);
	assert_int_equal(offered[0].kind, KF_REPAIR_TABLE);
	assert_int_equal(offered[0].num_attached, 1);
	assert_true(kf_equal(old_checksum(apply(&offered[0].patch)),
			     model_by(plain, first)));
	/* What is no padding cannot be taken apart, and is left out too. */
	file = model_attach(plain, model_join(table, model_fill(8, 1)));
	ask(file, x509(first), none);
	assert_int_equal(offered[0].kind, KF_REPAIR_TABLE);
	assert_int_equal(offered[0].num_attached, 0);
	assert_true(kf_equal(apply(&offered[0].patch),
			     model_by(plain, first)));
}

static void an_accepted_file_needs_no_remedy(void **state)
{
	ask(both, x509(first), none);
	assert_int_equal(num_offered, 0);
}

static void a_file_that_cannot_be_read_has_none(void **state)
{
	struct kf_bytes file = model_by(plain, first);

	model_poke(file, 64 + 24, 2, 0x107);
	ask(file, x509(first), none);
	assert_int_equal(num_offered, 0);
}

static void every_kind_has_its_own_name(void **state)
{
	for (int i = 1; i < KF_NUM_REMEDY_KINDS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				kf_remedy_name((enum kf_remedy_kind)i),
				kf_remedy_name((enum kf_remedy_kind)k));
	assert_true(model_same(kf_remedy_name(KF_NUM_REMEDY_KINDS), "none"));
}

#define REMEDY_TEST(name) cmocka_unit_test_setup(name, open_remedy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REMEDY_TEST(a_file_of_a_revoked_signature_keeps_the_other),
		REMEDY_TEST(nothing_saves_a_file_that_is_revoked_itself),
		REMEDY_TEST(an_unknown_signer_can_be_enrolled),
		REMEDY_TEST(
		    a_revoked_certificate_is_not_offered_to_be_enrolled),
		REMEDY_TEST(
		    an_unsigned_file_is_signed_or_its_digest_enrolled),
		REMEDY_TEST(
		    nobody_is_told_to_sign_under_an_expired_authority),
		REMEDY_TEST(
		    headers_without_a_place_for_a_signature_get_none),
		REMEDY_TEST(
		    a_file_shorter_than_its_sizes_is_not_to_be_signed),
		REMEDY_TEST(a_table_with_bytes_too_many_is_repaired),
		REMEDY_TEST(an_accepted_file_needs_no_remedy),
		REMEDY_TEST(a_file_that_cannot_be_read_has_none),
		REMEDY_TEST(every_kind_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
