/* Who may write what, and when: whole updates against whole devices.
 *
 * Expected values: UEFI-43 to UEFI-55 and UEFI-130 in docs/rules/uefi.md, each
 * with its source in edk2.
 */
#include "tests/model_update.h"

static struct kf_bytes none, owner, key, leaf, stranger, pk, kek, old, value;
static struct kf_verdict verdict;

static int open_update(void **state)
{
	model_open(state);
	none = kf_view(NULL, 0);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	key = model_certificate('k', KF_WHY_NO_PATH);
	leaf = model_certificate('l', KF_WHY_NO_PATH);
	stranger = model_certificate('s', KF_WHY_NO_PATH);
	pk = model_list(model_x509, owner);
	kek = model_list(model_x509, key);
	old = model_list(model_sha256, model_fill(32, 1));
	value = model_list(model_sha256, model_fill(32, 2));
	return 0;
}

#define UPDATE_TEST(name) cmocka_unit_test_setup(name, open_update)

static const char *const rules[] = { "edk2-variable-2022.11",
				     "edk2-variable-2025.02",
				     "edk2-variable" };

/* ask judges a file by every profile, which have to agree. */
static enum kf_answer ask(struct kf_bytes file, const struct kf_store *store)
{
	enum kf_answer answer = model_ask(&verdict, file, store, rules[0]);

	for (size_t i = 1; i < sizeof(rules) / sizeof(rules[0]); i++)
		assert_int_equal(model_ask(&verdict, file, store, rules[i]),
				 answer);
	return answer;
}

static struct kf_store device(uint32_t attributes)
{
	struct kf_store store = model_device(pk, kek, "db", old, 2020);

	if (attributes)
		assert_true(kf_store_set(&store, "attributes",
					 attributes == MODEL_APPEND ? "0x67"
					 : "0x27"));
	return store;
}

static bool gave(const char *slug)
{
	return verdict.why.reason && model_same(verdict.why.reason->slug,
						slug);
}

static bool refused(const char *slug, const char *rule)
{
	return verdict.answer == KF_REJECT && gave(slug) &&
	       model_same(verdict.why.rule, rule) &&
	       model_same(verdict.outcome, "refused-at-install");
}

static bool warned(const char *slug)
{
	for (size_t i = 0; i < verdict.num_warnings; i++)
		if (model_same(verdict.warning[i].reason->slug, slug))
			return true;
	return false;
}

static const struct kf_evidence *proof(enum kf_evidence_kind kind)
{
	for (size_t i = 0; i < verdict.why.num_evidence; i++)
		if (verdict.why.evidence[i].kind == kind)
			return &verdict.why.evidence[i];
	return NULL;
}

static void kek_writes_db_by_itself_and_through_a_path(void **state)
{
	struct kf_store store = device(MODEL_REPLACE);
	struct model_update spec = { .value = value,
				     .certificate = { leaf, key } };

	assert_int_equal(ask(model_update_by(key, MODEL_REPLACE, value),
			     &store), KF_ACCEPT);
	assert_string_equal(verdict.why.rule, "UEFI-51");
	assert_string_equal(proof(KF_EV_STORE_ENTRY)->name, "kek");
	assert_string_equal(verdict.outcome, "installs");
	assert_int_equal(ask(model_update(&spec), &store), KF_ACCEPT);
	ask(model_update_by(stranger, MODEL_REPLACE, value), &store);
	assert_true(refused("update-not-authorized", "UEFI-49"));
}

/* UEFI-48: the name is signed, too. What PK or KEK signed for another variable
 * does not lack their right, and a stranger's would not hold with any. */
static void what_was_signed_for_another_variable_is_said_to_be(void **state)
{
	static const char *const names[] = { "KEK", "dbx" };
	struct kf_bytes by[] = { owner, key, stranger };

	for (size_t n = 0; n < 2; n++)
		for (size_t i = 0; i < 3; i++) {
			struct kf_store store = device(MODEL_APPEND);
			struct model_update spec = {
				.variable = names[n], .value = value,
				.attributes = MODEL_APPEND,
				.certificate = { by[i] },
			};

			assert_int_equal(ask(model_update(&spec), &store),
					 KF_REJECT);
			assert_true(refused("update-other-variable",
					    "UEFI-48"));
			assert_string_equal(proof(KF_EV_TEXT)->text, names[n]);
			assert_non_null(proof(KF_EV_CERTIFICATE));
		}
}

static void pk_writes_db_but_what_pk_issued_does_not(void **state)
{
	struct kf_store store = device(MODEL_REPLACE);
	struct model_update spec = { .value = value,
				     .certificate = { leaf, owner } };

	assert_int_equal(ask(model_update_by(owner, MODEL_REPLACE, value),
			     &store), KF_ACCEPT);
	assert_string_equal(verdict.why.rule, "UEFI-50");
	ask(model_update(&spec), &store);
	assert_true(refused("update-not-authorized", "UEFI-49"));
}

static void kek_and_pk_are_written_by_pk_alone(void **state)
{
	static const char *const names[] = { "KEK", "PK" };

	for (size_t i = 0; i < 2; i++) {
		struct model_update by_pk = {
			.variable = names[i], .certificate = { owner },
			.value = i ? pk : kek,
		};
		struct model_update by_kek = by_pk, under = by_pk;
		struct kf_store store = model_device(pk, kek, names[i],
						     i ? pk : kek, 2020);

		by_kek.certificate[0] = key;
		under.certificate[0] = leaf;
		under.certificate[1] = owner;
		assert_int_equal(ask(model_update(&by_pk), &store),
				 KF_ACCEPT);
		ask(model_update(&by_kek), &store);
		assert_true(refused("update-pk-not-identical", "UEFI-50"));
		ask(model_update(&under), &store);
		assert_true(refused("update-pk-not-identical", "UEFI-50"));
	}
}

static void a_second_signer_has_to_lead_to_the_key_too(void **state)
{
	struct kf_store store = device(MODEL_REPLACE);
	struct model_update spec = { .value = value, .num_signers = 2,
				     .certificate = { key, stranger } };

	/* The toy's anchor is any certificate in the bag: its second signer is
	 * no hindrance, so that the first one decides about PK. */
	assert_int_equal(ask(model_update(&spec), &store), KF_ACCEPT);
	spec.lost = true;
	ask(model_update(&spec), &store);
	assert_true(refused("signature-malformed", "UEFI-48"));
	spec.lost = false;
	spec.num_signers = MODEL_NONE;
	ask(model_update(&spec), &store);
	assert_true(refused("signature-malformed", "UEFI-48"));
}

static void nobody_but_pk_writes_where_there_is_no_kek(void **state)
{
	struct kf_store store = model_device(pk, none, "db", old, 2020);

	ask(model_update_by(key, MODEL_REPLACE, value), &store);
	assert_true(refused("update-not-authorized", "UEFI-49"));
	assert_int_equal(ask(model_update_by(owner, MODEL_REPLACE, value),
			     &store), KF_ACCEPT);
}

static void attributes_are_signed(void **state)
{
	struct kf_bytes append = model_update_by(key, MODEL_APPEND, value);
	struct kf_bytes replace = model_update_by(key, MODEL_REPLACE, value);
	struct kf_store store = device(MODEL_REPLACE);

	ask(append, &store);
	assert_true(refused("update-attributes-not-signed", "UEFI-48"));
	assert_int_equal(proof(KF_EV_FIELD)->value, MODEL_REPLACE);
	assert_int_equal(proof(KF_EV_FIELD)->bound, MODEL_APPEND);
	store = device(MODEL_APPEND);
	ask(replace, &store);
	assert_true(refused("update-attributes-not-signed", "UEFI-48"));
	assert_int_equal(ask(append, &store), KF_ACCEPT);
	/* Not told, both are tried. */
	store = device(0);
	assert_int_equal(ask(append, &store), KF_ACCEPT);
	assert_string_equal(proof(KF_EV_SETTING)->text, "0x67");
	assert_int_equal(ask(replace, &store), KF_ACCEPT);
	assert_string_equal(proof(KF_EV_SETTING)->text, "0x27");
}

static void not_told_the_attributes_that_were_signed_decide(void **state)
{
	struct kf_store store = model_device(pk, kek, "db", old, 2022);

	ask(model_update_by(key, MODEL_REPLACE, value), &store);
	assert_true(refused("update-time-not-later", "UEFI-46"));
	ask(model_update_by(stranger, MODEL_REPLACE, value), &store);
	assert_true(refused("update-time-not-later", "UEFI-46"));
	ask(model_update_by(stranger, MODEL_APPEND, value), &store);
	assert_true(refused("update-not-authorized", "UEFI-49"));
}

static void other_attributes_are_refused_unless_they_delete(void **state)
{
	static const char *const odd[] = { "0x7", "0x25", "0x23", "0x26",
					   "0xa7", "0x37", "0x17", "0", "0x2f",
					   "0x127", "0x20" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct kf_store store = device(0);

		assert_true(kf_store_set(&store, "attributes", odd[i]));
		ask(model_update_by(key, MODEL_REPLACE, value), &store);
		assert_true(refused("update-attributes", "UEFI-44"));
		ask(model_update_by(key, MODEL_REPLACE, none), &store);
		assert_true(refused("update-attributes", "UEFI-44"));
	}
}

static void an_update_of_another_variable_is_named(void **state)
{
	struct kf_store store = device(MODEL_APPEND);
	struct model_update spec = { .variable = "dbx", .value = value,
				     .attributes = MODEL_APPEND,
				     .certificate = { key } };

	ask(model_update(&spec), &store);
	assert_true(refused("update-other-variable", "UEFI-48"));
	assert_string_equal(proof(KF_EV_TEXT)->text, "dbx");
}

static void a_signature_that_does_not_hold_is_refused(void **state)
{
	struct kf_store store = device(MODEL_REPLACE);
	struct model_update spec = { .value = value, .bad = true,
				     .certificate = { key } };
	struct kf_bytes file = model_update_by(key, MODEL_REPLACE, value);

	ask(model_update(&spec), &store);
	assert_true(refused("signature-invalid", "UEFI-48"));
	/* PK has the right: what fails is the signature. UEFI-50. */
	spec.certificate[0] = owner;
	ask(model_update(&spec), &store);
	assert_true(refused("signature-invalid", "UEFI-48"));
	spec.certificate[0] = stranger;
	ask(model_update(&spec), &store);
	assert_true(refused("update-not-authorized", "UEFI-49"));
	model_poke(file, file.len - 1, 1, 0xee);
	ask(file, &store);
	assert_true(refused("signature-invalid", "UEFI-48"));
}

static void a_replacement_has_to_be_later_and_an_append_not(void **state)
{
	struct kf_bytes replace = model_update_by(key, MODEL_REPLACE, value);
	struct kf_bytes append = model_update_by(key, MODEL_APPEND, value);
	struct kf_store store = model_device(pk, kek, "db", old, 2021);

	ask(replace, &store);
	assert_true(refused("update-time-not-later", "UEFI-46"));
	assert_int_equal(ask(append, &store), KF_ACCEPT);
	store = model_device(pk, kek, "db", none, 2021);
	assert_int_equal(ask(replace, &store), KF_ACCEPT);
	store = model_device(pk, kek, "db", old, 2021);
	assert_true(kf_store_set(&store, "time", "2020-12-31T23:59:59Z"));
	assert_int_equal(ask(replace, &store), KF_ACCEPT);
	assert_true(kf_store_set(&store, "time", "2021-01-01"));
	ask(replace, &store);
	assert_true(refused("update-time-not-later", "UEFI-46"));
}

static void the_rest_of_the_time_is_zero(void **state)
{
	struct kf_store store = device(0);

	for (size_t at = MODEL_PAD1_AT; at <= MODEL_PAD2_AT; at++) {
		struct kf_bytes file = model_update_by(key, MODEL_REPLACE,
						       value);

		model_poke(file, at, 1, 1);
		ask(file, &store);
		assert_true(refused("update-malformed", "UEFI-45"));
	}
}

static void the_header_has_to_add_up(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_REPLACE, value);
	const uint64_t wrong[] = { 0, 23, file.len - 15, 0xffffffff };
	struct kf_store store = device(0);

	for (size_t len = 0; len < MODEL_BLOB_AT; len++) {
		ask(kf_part_of(file, 0, len), &store);
		assert_true(refused("update-malformed", "UEFI-43"));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kf_bytes other = model_copy(file);

		model_poke(other, MODEL_LENGTH_AT, 4, wrong[i]);
		ask(other, &store);
		assert_true(refused("update-malformed", "UEFI-43"));
	}
	for (size_t at = MODEL_TYPE_AT; at < MODEL_BLOB_AT; at++) {
		struct kf_bytes other = model_copy(file);

		model_poke(other, at, 1, (uint64_t)other.data[at] ^ 1);
		ask(other, &store);
		assert_true(refused("update-malformed", "UEFI-43"));
	}
	/* wRevision is not looked at. */
	model_poke(file, MODEL_LENGTH_AT + 4, 2, 0xffff);
	assert_int_equal(ask(file, &store), KF_ACCEPT);
}

static void the_older_firmware_finds_sha256_without_a_header(void **state)
{
	const struct {
		unsigned sha2;
		bool wrapped;
		enum kf_answer older, newer;
	} ways[] = {
		{ 1, false, KF_ACCEPT, KF_ACCEPT },
		{ 1, true, KF_REJECT, KF_ACCEPT },
		{ 2, false, KF_REJECT, KF_ACCEPT },
		{ 3, false, KF_REJECT, KF_ACCEPT },
		{ 3, true, KF_REJECT, KF_ACCEPT },
		{ 9, false, KF_REJECT, KF_REJECT },
		{ 9, true, KF_REJECT, KF_REJECT },
	};
	struct kf_store store = device(0);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct model_update spec = {
			.value = value, .certificate = { key },
			.sha2 = ways[i].sha2, .wrapped = ways[i].wrapped,
		};
		struct kf_bytes file = model_update(&spec);

		assert_int_equal(model_ask(&verdict, file, &store, rules[0]),
				 ways[i].older);
		assert_true(ways[i].older == KF_ACCEPT ||
			    refused("digest-algorithm-unsupported",
				    "UEFI-47"));
		assert_int_equal(model_ask(&verdict, file, &store, rules[1]),
				 ways[i].newer);
		assert_int_equal(model_ask(&verdict, file, &store, rules[2]),
				 ways[i].newer);
	}
}

static void in_setup_mode_no_signature_is_asked_for(void **state)
{
	struct kf_bytes file = model_update_by(stranger, MODEL_REPLACE,
					       value);
	struct kf_store store = model_device(none, kek, "db", old, 2022);

	model_poke(file, MODEL_PAD1_AT, 1, 1);
	model_poke(file, MODEL_TYPE_AT, 1, 0);
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	assert_true(verdict.not_enforced);
	assert_int_equal(verdict.enforced_answer, KF_REJECT);
	assert_true(warned("not-enforced"));
	/* The value still counts. */
	ask(model_update_by(stranger, MODEL_REPLACE, model_fill(40, 1)),
	    &store);
	assert_true(refused("update-content", "UEFI-53"));
}

static void in_custom_mode_no_signature_is_asked_for(void **state)
{
	struct kf_bytes file = model_update_by(stranger, MODEL_REPLACE,
					       value);
	struct kf_store store = device(0);

	assert_int_equal(ask(file, &store), KF_REJECT);
	assert_true(kf_store_set(&store, "custom-mode", "on"));
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	assert_int_equal(verdict.enforced_answer, KF_REJECT);
	assert_true(kf_store_set(&store, "custom-mode", "off"));
	assert_int_equal(ask(file, &store), KF_REJECT);
}

static void the_first_pk_signs_itself_where_that_is_wanted(void **state)
{
	struct kf_store store = model_device(none, none, "PK", none, 0);
	struct model_update own = { .variable = "PK", .value = pk,
				    .certificate = { owner } };
	struct model_update other = own;

	other.certificate[0] = stranger;
	assert_int_equal(ask(model_update(&own), &store), KF_ACCEPT);
	for (size_t i = 0; i < 2; i++) {
		model_ask(&verdict, model_update(&other), &store, rules[i]);
		assert_true(refused("update-not-self-signed", "UEFI-52"));
	}
	assert_int_equal(model_ask(&verdict, model_update(&other), &store,
				   rules[2]), KF_ACCEPT);
	own.bad = true;
	for (size_t i = 0; i < 2; i++) {
		model_ask(&verdict, model_update(&own), &store, rules[i]);
		assert_true(refused("signature-invalid", "UEFI-48"));
	}
}

static void nothing_is_deleted_where_nothing_is(void **state)
{
	struct kf_bytes file = model_update_by(key, MODEL_REPLACE, none);
	struct kf_store store = device(0);

	assert_int_equal(ask(file, &store), KF_ACCEPT);
	assert_false(warned("not-enforced"));
	store = model_device(pk, kek, "db", none, 0);
	ask(file, &store);
	assert_true(refused("update-nothing-to-delete", "UEFI-55"));
	file = model_update_by(key, MODEL_APPEND, none);
	assert_int_equal(ask(file, &store), KF_ACCEPT);
	assert_true(warned("no-effect"));
}

static void a_device_without_its_pk_asks_for_nothing(void **state)
{
	struct model_update spec = { .variable = "PK",
				     .certificate = { owner } };
	struct kf_store store = model_device(pk, kek, "PK", pk, 2020);

	assert_int_equal(ask(model_update(&spec), &store), KF_ACCEPT);
	assert_true(warned("not-enforced"));
	assert_false(verdict.not_enforced);
}

static void an_append_of_what_is_there_changes_nothing(void **state)
{
	struct kf_bytes both[] = { model_fill(32, 1), model_fill(32, 2) };
	struct kf_store store = device(MODEL_APPEND);

	assert_int_equal(ask(model_update_by(key, MODEL_APPEND, old),
			     &store), KF_ACCEPT);
	assert_true(warned("no-effect"));
	ask(model_update_by(key, MODEL_APPEND,
			    model_list_of(model_sha256, both, 2)), &store);
	assert_false(warned("no-effect"));
	store = model_device(pk, kek, "db",
			     model_list_of(model_sha256, both, 2), 2020);
	ask(model_update_by(key, MODEL_APPEND, old), &store);
	assert_true(warned("no-effect"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UPDATE_TEST(kek_writes_db_by_itself_and_through_a_path),
		UPDATE_TEST(what_was_signed_for_another_variable_is_said_to_be),
		UPDATE_TEST(pk_writes_db_but_what_pk_issued_does_not),
		UPDATE_TEST(kek_and_pk_are_written_by_pk_alone),
		UPDATE_TEST(a_second_signer_has_to_lead_to_the_key_too),
		UPDATE_TEST(nobody_but_pk_writes_where_there_is_no_kek),
		UPDATE_TEST(attributes_are_signed),
		UPDATE_TEST(not_told_the_attributes_that_were_signed_decide),
		UPDATE_TEST(other_attributes_are_refused_unless_they_delete),
		UPDATE_TEST(an_update_of_another_variable_is_named),
		UPDATE_TEST(a_signature_that_does_not_hold_is_refused),
		UPDATE_TEST(a_replacement_has_to_be_later_and_an_append_not),
		UPDATE_TEST(the_rest_of_the_time_is_zero),
		UPDATE_TEST(the_header_has_to_add_up),
		UPDATE_TEST(the_older_firmware_finds_sha256_without_a_header),
		UPDATE_TEST(in_setup_mode_no_signature_is_asked_for),
		UPDATE_TEST(in_custom_mode_no_signature_is_asked_for),
		UPDATE_TEST(the_first_pk_signs_itself_where_that_is_wanted),
		UPDATE_TEST(nothing_is_deleted_where_nothing_is),
		UPDATE_TEST(a_device_without_its_pk_asks_for_nothing),
		UPDATE_TEST(an_append_of_what_is_there_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
