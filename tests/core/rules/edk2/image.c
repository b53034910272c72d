/* The order of the decision: dbx, db, digest, signature by signature.
 * UEFI-27 to UEFI-36. What the firmware did for the cases named A to G is
 * told beside them: Debian's OVMF 2022.11-6+deb12u2, shim signed under two
 * authorities.
 */
#include "tests/model.h"

static struct kf_bytes plain, first, second, both, stamper;
static struct kf_verdict verdict;
static const char *rules_name;
static struct kf_store store;

static int open_image(void **state)
{
	struct model_image spec = { 0 };
	struct kf_store empty = { .complete = true };

	model_open(state);
	rules_name = "edk2-2022.11";
	plain = model_image(&spec);
	first = model_certificate('1', KF_WHY_NO_PATH);
	second = model_certificate('2', KF_WHY_NO_PATH);
	stamper = model_certificate('s', KF_WHY_NO_PATH);
	store = empty;
	model_put(&store, "pk", model_fill(1, 1));
	{
		struct model_signature two[] = {
			{ .kind = KF_SHA256, .certificate = { first },
			  .num_certificates = 1 },
			{ .kind = KF_SHA256, .certificate = { second },
			  .num_certificates = 1 },
		};

		both = model_sign(plain, two, 2);
	}
	return 0;
}

static struct kf_bytes x509(struct kf_bytes der)
{
	return model_list(model_x509, der);
}

static struct kf_bytes tbs(struct kf_bytes der, unsigned year)
{
	return model_list(model_x509_sha256, model_timed(
		model_digest(KF_SHA256, model_tbs(der)), year));
}

static const char *hash_type(enum kf_digest_kind kind)
{
	return kind == KF_SHA1 ? model_sha1 : kind == KF_SHA256 ? model_sha256
	       : kind == KF_SHA384 ? model_sha384 : model_sha512;
}

static struct kf_bytes hash(enum kf_digest_kind kind)
{
	return model_list(hash_type(kind), model_image_digest(kind, plain));
}

static enum kf_answer ask(struct kf_bytes file, struct kf_bytes db,
			  struct kf_bytes dbx)
{
	model_put(&store, "db", db);
	model_put(&store, "dbx", dbx);
	return model_ask(&verdict, file, &store, rules_name);
}

static bool refused(const char *slug, const char *rule)
{
	return verdict.answer == KF_REJECT &&
	       model_same(verdict.why.reason->slug, slug) &&
	       model_same(verdict.why.rule, rule);
}

static const struct kf_bytes none;

/* Seen: C, A accept; G access denied. */
static void any_trusted_signature_is_enough(void **state)
{
	assert_int_equal(ask(both, x509(first), none), KF_ACCEPT);
	assert_true(verdict.signature[0].trusted);
	assert_int_equal(ask(both, x509(second), none), KF_ACCEPT);
	assert_true(verdict.signature[1].trusted);
	assert_false(verdict.signature[0].trusted);
	assert_int_equal(ask(both, none, none), KF_REJECT);
	assert_true(refused("signer-unknown", "UEFI-28"));
}

/* Seen: B, E access denied. */
static void one_revoked_signature_refuses_the_image(void **state)
{
	struct kf_bytes db = model_join(x509(first), x509(second));

	assert_int_equal(ask(both, db, x509(first)), KF_REJECT);
	assert_true(refused("certificate-revoked", "UEFI-29"));
	assert_int_equal(verdict.why.evidence[0].signature, 1);
	assert_true(verdict.signature[0].revoked);
	/* The other one would be trusted: a remedy is made of that. */
	assert_true(verdict.signature[1].trusted);
	assert_false(verdict.signature[1].looked_at);
	assert_int_equal(ask(both, x509(second), x509(first)), KF_REJECT);
	/* Whatever stands before it, too. */
	assert_int_equal(ask(both, x509(first), x509(second)), KF_REJECT);
	assert_true(verdict.signature[0].looked_at);
	assert_int_equal(verdict.why.evidence[0].signature, 2);
}

/* Seen: D accept, F access denied, both for a CA that did not sign itself;
 * here its digest keeps it from being an anchor. UEFI-34. */
static void a_revoked_anchor_allows_nothing_and_forbids_nothing(void **state)
{
	struct kf_bytes leaf = model_certificate('l', KF_WHY_NO_PATH);
	struct model_signature two[] = {
		{ .kind = KF_SHA256, .certificate = { leaf, first },
		  .num_certificates = 2 },
		{ .kind = KF_SHA256, .certificate = { second },
		  .num_certificates = 1 },
	};
	struct kf_bytes file = model_sign(plain, two, 2);
	struct kf_bytes db = model_join(x509(first), x509(second));

	assert_int_equal(ask(file, db, tbs(first, 0)), KF_ACCEPT);
	assert_false(verdict.signature[0].trusted);
	assert_true(model_same(verdict.signature[0].reason->slug,
			       "anchor-hash-revoked"));
	assert_int_equal(ask(file, x509(first), tbs(first, 0)), KF_REJECT);
	assert_true(refused("anchor-hash-revoked", "UEFI-34"));
}

static void the_digest_of_the_signer_forbids_the_image(void **state)
{
	assert_int_equal(ask(both, x509(second), tbs(first, 0)), KF_REJECT);
	assert_true(refused("certificate-hash-revoked", "UEFI-31"));
	assert_int_equal(ask(both, x509(second), tbs(stamper, 0)),
			 KF_ACCEPT);
}

static void no_other_entry_is_tried_after_a_revoked_anchor(void **state)
{
	struct kf_bytes leaf = model_certificate('l', KF_WHY_NO_PATH);
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { leaf, first, second },
				     .num_certificates = 3 };
	struct kf_bytes file = model_sign(plain, &s, 1);

	assert_int_equal(ask(file, model_join(x509(first), x509(second)),
			     tbs(first, 0)), KF_REJECT);
	assert_int_equal(ask(file, model_join(x509(second), x509(first)),
			     tbs(first, 0)), KF_ACCEPT);
}

static void a_digest_in_db_allows_and_in_dbx_forbids(void **state)
{
	assert_int_equal(ask(both, hash(KF_SHA256), none), KF_ACCEPT);
	assert_int_equal(ask(both, model_join(x509(first), x509(second)),
			     hash(KF_SHA256)), KF_REJECT);
	assert_true(refused("image-hash-revoked", "UEFI-28"));
	assert_int_equal(ask(plain, hash(KF_SHA256), none), KF_ACCEPT);
	assert_int_equal(ask(plain, hash(KF_SHA256), hash(KF_SHA256)),
			 KF_REJECT);
	assert_true(refused("image-hash-revoked", "UEFI-27"));
}

/* UEFI-27: 2022.11 knows SHA-256 alone. */
static void unsigned_images_are_looked_up_by_their_generation(void **state)
{
	for (int kind = KF_SHA1; kind < KF_NUM_DIGESTS; kind++) {
		enum kf_answer old = kind == KF_SHA256 ? KF_ACCEPT : KF_REJECT;
		struct kf_bytes db = hash((enum kf_digest_kind)kind);

		rules_name = "edk2-2022.11";
		assert_int_equal(ask(plain, db, none), old);
		rules_name = "edk2-2025.02";
		assert_int_equal(ask(plain, db, none), KF_ACCEPT);
		assert_int_equal(ask(plain, hash(KF_SHA256), db), KF_REJECT);
	}
}

/* UEFI-30. */
static void digests_are_compared_in_the_signatures_own_algorithm(void **state)
{
	for (int kind = KF_SHA1; kind < KF_NUM_DIGESTS; kind++) {
		struct model_signature s = {
			.kind = (enum kf_digest_kind)kind,
			.certificate = { first }, .num_certificates = 1 };
		struct kf_bytes file = model_sign(plain, &s, 1);

		for (int in = KF_SHA1; in < KF_NUM_DIGESTS; in++) {
			struct kf_bytes list = hash((enum kf_digest_kind)in);

			assert_int_equal(ask(file, x509(first), list),
					 in == kind ? KF_REJECT : KF_ACCEPT);
			assert_int_equal(ask(file, list, none),
					 in == kind ? KF_ACCEPT : KF_REJECT);
		}
	}
}

static void a_signature_over_other_bytes_does_not_count(void **state)
{
	struct model_signature s[] = {
		{ .kind = KF_SHA256, .certificate = { first },
		  .num_certificates = 1, .other_bytes = true },
		{ .kind = KF_SHA256, .certificate = { second },
		  .num_certificates = 1 },
	};

	assert_int_equal(ask(model_sign(plain, s, 1), x509(first), none),
			 KF_REJECT);
	assert_true(refused("digest-mismatch", "UEFI-17"));
	assert_int_equal(ask(model_sign(plain, s, 2), x509(second), none),
			 KF_ACCEPT);
	/* But the digest of its signer in dbx does: UEFI-31. */
	assert_int_equal(ask(model_sign(plain, s, 2), x509(second),
			     tbs(first, 0)), KF_REJECT);
	/* Its certificate does not: that asks for a good signature. */
	assert_int_equal(ask(model_sign(plain, s, 2), x509(second),
			     x509(first)), KF_ACCEPT);
}

static void a_bad_signature_does_not_count(void **state)
{
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { first },
				     .num_certificates = 1, .bad = true };

	assert_int_equal(ask(model_sign(plain, &s, 1), x509(first), none),
			 KF_REJECT);
	assert_true(refused("signature-invalid", "UEFI-19"));
}

/* UEFI-17: single bits of the first length byte are looked at. */
static void the_length_of_the_content_has_three_forms(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		enum kf_answer answer;
	} all[] = {
		{ "\x30\x20", 2, KF_ACCEPT },
		{ "\x30\x81\x20", 3, KF_ACCEPT },
		{ "\x30\x82\x00\x20", 4, KF_ACCEPT },
		{ "\x30\x83\x20", 3, KF_ACCEPT },
		{ "\x30\x84\x00\x00\x00\x20", 6, KF_REJECT },
		{ "\x30\x80", 2, KF_REJECT },
		{ "\x30\x21", 2, KF_REJECT },
		{ "\x30\x1f", 2, KF_REJECT },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct model_signature s = {
			.kind = KF_SHA256, .certificate = { first },
			.num_certificates = 1,
			.head = kf_view(all[i].head, all[i].len) };

		assert_int_equal(ask(model_sign(plain, &s, 1), x509(first),
				     none), all[i].answer);
		if (all[i].answer == KF_REJECT)
			assert_true(model_same(verdict.why.rule, "UEFI-17"));
	}
}

/* UEFI-28: db is asked only while nothing was good. */
static void db_is_not_walked_again_once_a_signature_is_good(void **state)
{
	struct kf_bytes broken = x509(stamper);

	model_poke(broken, 24, 4, 0);	/* it would divide by zero */
	assert_int_equal(ask(both, model_join(x509(first), broken), none),
			 KF_ACCEPT);
	assert_int_equal(ask(both, model_join(x509(second), broken), none),
			 KF_REJECT);
	assert_true(refused("verifier-fault", "UEFI-107"));
}

/* UEFI-38. */
static void an_anchor_without_a_tbs_allows_nothing_beside_a_dbx(void **state)
{
	struct kf_bytes file;

	model_poke(first, 2, 1, 0x31);	/* no SEQUENCE inside */
	file = model_by(plain, first);
	assert_int_equal(ask(file, x509(first), none), KF_ACCEPT);
	assert_int_equal(ask(file, x509(first), x509(stamper)), KF_REJECT);
}

static void of_equally_near_anchors_the_first_is_told(void **state)
{
	struct kf_bytes a = model_certificate('a', KF_WHY_CONSTRAINT);
	struct kf_bytes b = model_certificate('b', KF_WHY_CONSTRAINT);
	bool told = false;

	ask(model_by(plain, first), model_join(x509(a), x509(b)), none);
	for (size_t i = 0; i < verdict.why.num_evidence; i++)
		if (verdict.why.evidence[i].kind == KF_EV_STORE_ENTRY)
			told = verdict.why.evidence[i].list == 1;
	assert_true(told);
}

/* UEFI-31: with a dbx, lost signers forbid; without one they only do not
 * count. */
static void lost_signers_forbid_where_there_is_a_dbx(void **state)
{
	struct model_signature s[] = {
		{ .kind = KF_SHA256, .certificate = { first },
		  .num_certificates = 1, .lost = true },
		{ .kind = KF_SHA256, .certificate = { second },
		  .num_certificates = 1 },
	};
	struct kf_bytes file = model_sign(plain, s, 2);

	assert_int_equal(ask(file, x509(second), none), KF_ACCEPT);
	assert_int_equal(ask(file, x509(second), x509(stamper)), KF_REJECT);
	assert_true(refused("signature-malformed", "UEFI-31"));
}

/* UEFI-33. The toy's stamps are of the year 48. */
static void a_stamp_saves_up_to_the_very_time(void **state)
{
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { first },
				     .num_certificates = 1, .stamped = true };
	struct kf_bytes file = model_sign(plain, &s, 1);
	struct kf_bytes later = tbs(first, MODEL_STAMP_YEAR);

	model_put(&store, "dbt", x509(stamper));
	/* The toy's second is the length of the digest: 32. */
	model_poke(later, later.len - 16 + 6, 1, 32);
	assert_int_equal(ask(file, x509(first), later), KF_ACCEPT);
	model_poke(later, later.len - 16 + 6, 1, 31);
	assert_int_equal(ask(file, x509(first), later), KF_REJECT);
	assert_int_equal(ask(file, x509(first), tbs(first, 0)), KF_REJECT);
	model_put(&store, "dbt", none);
	model_poke(later, later.len - 16 + 6, 1, 32);
	assert_int_equal(ask(file, x509(first), later), KF_REJECT);
}

static void the_reason_is_what_the_nearest_anchor_lacked(void **state)
{
	static const struct {
		enum kf_why_kind why;
		const char *slug, *rule;
	} all[] = {
		{ KF_WHY_NO_PATH, "signer-unknown", "UEFI-19" },
		{ KF_WHY_OTHER_KEY, "signer-unknown", "UEFI-19" },
		{ KF_WHY_CONSTRAINT, "chain-constraint", "UEFI-20" },
		{ KF_WHY_ALGORITHM, "key-algorithm-unsupported", "UEFI-22" },
		{ KF_WHY_SIGNATURE, "signature-invalid", "UEFI-19" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct kf_bytes near = model_certificate('n', all[i].why);
		struct kf_bytes far = model_certificate('f', KF_WHY_NO_PATH);

		ask(model_by(plain, first), model_join(x509(near),
						       x509(far)), none);
		assert_true(refused(all[i].slug, all[i].rule));
		ask(model_by(plain, first), model_join(x509(far),
						       x509(near)), none);
		assert_true(refused(all[i].slug, all[i].rule));
	}
}

static void the_first_reason_of_several_signatures_is_told(void **state)
{
	struct model_signature s[] = {
		{ .kind = KF_SHA256, .certificate = { first },
		  .num_certificates = 1, .other_bytes = true },
		{ .kind = KF_SHA256, .certificate = { second },
		  .num_certificates = 1 },
	};

	ask(model_sign(plain, s, 2), x509(stamper), none);
	assert_true(refused("digest-mismatch", "UEFI-17"));
	assert_true(model_same(verdict.signature[1].reason->slug,
			       "signer-unknown"));
}

static void the_digest_that_is_looked_up_is_shown(void **state)
{
	struct kf_bytes want = model_image_digest(KF_SHA256, plain);

	ask(both, none, none);
	assert_true(kf_equal(kf_view(verdict.image_digest.bytes,
				     verdict.image_digest.len), want));
}

#define IMAGE_TEST(name) cmocka_unit_test_setup(name, open_image)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(any_trusted_signature_is_enough),
		IMAGE_TEST(one_revoked_signature_refuses_the_image),
		IMAGE_TEST(
		    a_revoked_anchor_allows_nothing_and_forbids_nothing),
		IMAGE_TEST(the_digest_of_the_signer_forbids_the_image),
		IMAGE_TEST(no_other_entry_is_tried_after_a_revoked_anchor),
		IMAGE_TEST(a_digest_in_db_allows_and_in_dbx_forbids),
		IMAGE_TEST(
		    unsigned_images_are_looked_up_by_their_generation),
		IMAGE_TEST(
		    digests_are_compared_in_the_signatures_own_algorithm),
		IMAGE_TEST(a_signature_over_other_bytes_does_not_count),
		IMAGE_TEST(a_bad_signature_does_not_count),
		IMAGE_TEST(the_length_of_the_content_has_three_forms),
		IMAGE_TEST(db_is_not_walked_again_once_a_signature_is_good),
		IMAGE_TEST(
		    an_anchor_without_a_tbs_allows_nothing_beside_a_dbx),
		IMAGE_TEST(of_equally_near_anchors_the_first_is_told),
		IMAGE_TEST(lost_signers_forbid_where_there_is_a_dbx),
		IMAGE_TEST(a_stamp_saves_up_to_the_very_time),
		IMAGE_TEST(the_reason_is_what_the_nearest_anchor_lacked),
		IMAGE_TEST(the_first_reason_of_several_signatures_is_told),
		IMAGE_TEST(the_digest_that_is_looked_up_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
