/* The walk through the certificate table, and the digest that is found by its
 * place. UEFI-12 to UEFI-16.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

static struct kf_bytes plain, trusted;

static int open_table(void **state)
{
	struct model_image spec = { 0 };

	model_open(state);
	plain = model_image(&spec);
	trusted = model_certificate('t', KF_WHY_NO_PATH);
	return 0;
}

/* good is an entry whose signature the store of `ask` trusts. */
static struct kf_bytes good(void)
{
	struct kf_bytes file = model_by(plain, trusted);

	return kf_part_of(file, plain.len, file.len - plain.len);
}

static struct kf_verdict verdict;

/* ask judges an image of this table, on a device that trusts `trusted`. */
static enum kf_answer ask(struct kf_bytes table)
{
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", model_fill(1, 1));
	model_put(&store, "db", model_list(model_x509, trusted));
	return model_ask(&verdict, model_attach(plain, table), &store,
			 "edk2-2025.02");
}

static bool refused(const char *slug, const char *rule)
{
	return verdict.answer == KF_REJECT &&
	       model_same(verdict.why.reason->slug, slug) &&
	       model_same(verdict.why.rule, rule);
}

static void a_table_of_one_good_signature_is_accepted(void **state)
{
	assert_int_equal(ask(good()), KF_ACCEPT);
	assert_int_equal(verdict.num_signatures, 1);
	assert_true(verdict.signature[0].at == plain.len);
}

static void without_a_size_there_is_no_table(void **state)
{
	struct kf_bytes file = model_attach(plain, kf_view(NULL, 0));
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", model_fill(1, 1));
	assert_int_equal(model_ask(&verdict, file, &store, "edk2-2025.02"),
			 KF_REJECT);
	assert_true(refused("signature-missing", "UEFI-27"));
	assert_int_equal(verdict.num_signatures, 0);
}

static void a_walk_that_does_not_end_exactly_is_refused(void **state)
{
	struct kf_bytes table = good();

	for (size_t more = 1; more <= 24; more++) {
		ask(model_join(table, model_fill(more, 0)));
		assert_true(refused("certificate-table-malformed",
				    "UEFI-13"));
		/* It is refused although the signature is good. */
		assert_true(verdict.signature[0].trusted);
	}
}

static void the_padding_of_the_last_entry_is_in_the_table(void **state)
{
	struct kf_bytes table = model_entry(2, model_fill(13, 'x'));

	assert_int_equal(table.len % 8, 0);
	table = model_join(good(), table);
	assert_int_equal(ask(table), KF_ACCEPT);
	assert_int_equal(ask(kf_part_of(table, 0, table.len - 1)), KF_REJECT);
	assert_true(refused("certificate-table-malformed", "UEFI-13"));
}

static void an_entry_longer_than_what_is_left_stops_the_walk(void **state)
{
	struct kf_bytes table = model_join(good(), good());
	size_t second = table.len / 2;

	assert_int_equal(ask(table), KF_ACCEPT);
	model_poke(table, second, 4, second + 1);
	assert_int_equal(ask(table), KF_REJECT);
	assert_true(refused("certificate-table-malformed", "UEFI-13"));
	assert_int_equal(verdict.num_signatures, 1);
	model_poke(table, second, 4, UINT32_MAX);
	assert_int_equal(ask(table), KF_REJECT);
}

static void an_entry_too_short_for_its_type_stops_the_walk(void **state)
{
	static const struct {
		unsigned type, len;
		enum kf_answer answer;
	} all[] = {
		{ 2, 8, KF_REJECT }, { 2, 9, KF_ACCEPT },
		{ 2, 7, KF_REJECT }, { 2, 0, KF_REJECT },
		{ 0x0ef1, 24, KF_REJECT }, { 0x0ef1, 25, KF_ACCEPT },
		{ 0x1234, 8, KF_ACCEPT }, { 0x1234, 7, KF_REJECT },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct kf_bytes entry = model_entry(all[i].type,
						    model_fill(24, 0));
		struct kf_bytes padded = kf_part_of(entry, 0,
			all[i].len < 8 ? 32 : (all[i].len + 7) / 8 * 8);

		padded = model_copy(padded);
		model_poke(padded, 0, 4, all[i].len);
		assert_int_equal(ask(model_join(padded, good())),
				 all[i].answer);
	}
}

/* UEFI-13: an entry of eight bytes is read, but not where it is the last. */
static void eight_bytes_that_are_left_are_not_read(void **state)
{
	struct kf_bytes entry = model_entry(0x1234, kf_view(NULL, 0));

	assert_int_equal(entry.len, 8);
	assert_int_equal(ask(model_join(entry, good())), KF_ACCEPT);
	assert_int_equal(ask(model_join(good(), entry)), KF_REJECT);
	assert_true(refused("certificate-table-malformed", "UEFI-13"));
}

static void other_types_are_passed_over(void **state)
{
	struct kf_bytes other = model_entry(1, model_fill(40, 'x'));

	assert_int_equal(ask(model_join(other, good())), KF_ACCEPT);
	assert_true(model_same(verdict.signature[0].reason->slug,
			       "signature-type-unsupported"));
	assert_int_equal(ask(other), KF_REJECT);
	assert_true(refused("signature-type-unsupported", "UEFI-14"));
}

static void a_guid_entry_counts_if_it_is_pkcs7(void **state)
{
	/* Source: UEFI 2.10, 32.2.4, EFI_CERT_TYPE_PKCS7_GUID. */
	struct kf_bytes guid =
		model_guid("4aafd29d-68df-49ee-8aa9-347d375665a7");
	struct kf_bytes entry = good();
	struct kf_bytes blob = kf_part_of(entry, 8, entry.len - 8);

	assert_int_equal(ask(model_entry(0x0ef1, model_join(guid, blob))),
			 KF_ACCEPT);
	model_poke(guid, 15, 1, 0);
	assert_int_equal(ask(model_entry(0x0ef1, model_join(guid, blob))),
			 KF_REJECT);
	assert_true(refused("signature-type-unsupported", "UEFI-14"));
}

static void the_revision_is_not_looked_at(void **state)
{
	struct kf_bytes table = good();

	model_poke(table, 4, 2, 0xffff);
	assert_int_equal(ask(table), KF_ACCEPT);
}

static void the_digest_is_found_at_byte_32_alone(void **state)
{
	struct kf_bytes table = good();

	model_poke(table, 8 + 32, 1, 0);
	assert_int_equal(ask(table), KF_REJECT);
	assert_true(refused("digest-algorithm-unsupported", "UEFI-16"));
}

static void sha_224_is_known_and_passed_over(void **state)
{
	struct kf_bytes table = good();

	model_poke(table, 8 + 40, 1, 4);	/* 2.16.840.1.101.3.4.2.4 */
	assert_int_equal(ask(table), KF_REJECT);
	assert_true(refused("digest-algorithm-unsupported", "UEFI-16"));
}

static void the_outer_length_needs_the_bits_0x82(void **state)
{
	for (unsigned value = 0; value < 256; value++) {
		struct kf_bytes table = good();

		model_poke(table, 8 + 1, 1, value);
		assert_int_equal(ask(table), (value & 0x82) == 0x82
				 ? KF_ACCEPT : KF_REJECT);
	}
}

static void more_signatures_than_keyfit_weighs_are_unknown(void **state)
{
	struct kf_bytes table = good();

	for (int i = 1; i < KF_SIGNATURES_MAX; i++)
		table = model_join(table, good());
	assert_int_equal(ask(table), KF_ACCEPT);
	assert_int_equal(ask(model_join(table, good())), KF_UNDECIDED);
	assert_true(model_same(verdict.why.reason->slug, "beyond-limits"));
}

#define TABLE_TEST(name) cmocka_unit_test_setup(name, open_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(a_table_of_one_good_signature_is_accepted),
		TABLE_TEST(without_a_size_there_is_no_table),
		TABLE_TEST(a_walk_that_does_not_end_exactly_is_refused),
		TABLE_TEST(the_padding_of_the_last_entry_is_in_the_table),
		TABLE_TEST(an_entry_longer_than_what_is_left_stops_the_walk),
		TABLE_TEST(an_entry_too_short_for_its_type_stops_the_walk),
		TABLE_TEST(eight_bytes_that_are_left_are_not_read),
		TABLE_TEST(other_types_are_passed_over),
		TABLE_TEST(a_guid_entry_counts_if_it_is_pkcs7),
		TABLE_TEST(the_revision_is_not_looked_at),
		TABLE_TEST(the_digest_is_found_at_byte_32_alone),
		TABLE_TEST(sha_224_is_known_and_passed_over),
		TABLE_TEST(the_outer_length_needs_the_bits_0x82),
		TABLE_TEST(more_signatures_than_keyfit_weighs_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
