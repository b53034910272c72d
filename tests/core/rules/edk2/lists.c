/* Walks through signature lists, with the firmware's ways of going wrong.
 * UEFI-32, UEFI-36, UEFI-37, UEFI-107.
 */
#include "tests/model.h"

#include "core/rules/edk2/edk2.h"

#include <string.h>

enum { SIZE_AT = 16, HEADER_AT = 20, ENTRY_AT = 24 };

static struct kf_digest digest_of(struct kf_bytes bytes)
{
	struct kf_digest digest = { .len = bytes.len };

	memcpy(digest.bytes, bytes.data, bytes.len);
	return digest;
}

/* find looks for a SHA-256 digest of bytes 'h'. */
static enum edk2_end find(struct kf_bytes list, struct edk2_entry *out)
{
	struct kf_digest wanted = digest_of(model_fill(32, 'h'));

	return edk2_find_digest(list, KF_SHA256, &wanted, out);
}

static struct kf_bytes hashes(void)
{
	struct kf_bytes all[] = { model_fill(32, 'g'), model_fill(32, 'h') };

	return model_list_of(model_sha256, all, 2);
}

static void a_digest_is_found_with_its_place(void **state)
{
	struct kf_bytes lists = model_join(
		model_list(model_x509, model_fill(40, 'c')), hashes());
	struct edk2_entry e;

	assert_int_equal(find(lists, &e), EDK2_END);
	assert_int_equal(e.list, 2);
	assert_int_equal(e.entry, 2);
	assert_true(e.at == 84 + 28 + 48);
	assert_true(e.len == 48);
	assert_int_equal(find(kf_view(NULL, 0), &e), EDK2_END);
	assert_int_equal(e.list, 0);
}

static void a_digest_is_found_in_lists_of_its_own_kind_alone(void **state)
{
	struct kf_digest wanted = digest_of(model_fill(32, 'h'));
	struct edk2_entry e;

	assert_int_equal(find(model_list(model_x509, model_fill(32, 'h')),
			      &e), EDK2_END);
	assert_int_equal(e.list, 0);
	assert_int_equal(edk2_find_digest(hashes(), KF_SHA384, &wanted, &e),
			 EDK2_END);
	assert_int_equal(e.list, 0);
	assert_int_equal(find(model_list(model_sha256, model_fill(33, 'h')),
			      &e), EDK2_END);
	assert_int_equal(e.list, 0);
}

static void a_list_header_moves_the_entries(void **state)
{
	struct kf_bytes list = hashes();
	struct edk2_entry e;

	/* Without its first entry, which is taken for the header. */
	model_poke(list, HEADER_AT, 4, 48);
	assert_int_equal(find(list, &e), EDK2_END);
	assert_int_equal(e.entry, 1);
	model_poke(list, HEADER_AT, 4, 49);
	assert_int_equal(find(list, &e), EDK2_END);
	assert_int_equal(e.list, 0);
}

static void a_list_larger_than_what_is_left_ends_the_walk(void **state)
{
	struct kf_bytes big = model_list(model_x509, model_fill(40, 'c'));
	struct kf_bytes lists;
	struct edk2_entry e;

	model_poke(big, SIZE_AT, 4, big.len + hashes().len);
	lists = model_join(big, hashes());
	assert_int_equal(find(lists, &e), EDK2_END);
	assert_int_equal(e.list, 0);
	model_poke(lists, SIZE_AT, 4, lists.len + 1);
	assert_int_equal(find(lists, &e), EDK2_CUT);
	assert_int_equal(e.list, 0);
}

static void a_list_of_size_zero_hangs_the_firmware(void **state)
{
	struct kf_bytes lists = hashes();
	struct edk2_entry e;

	model_poke(lists, SIZE_AT, 4, 0);
	model_poke(lists, 0, 1, 0);	/* of no type that is searched */
	assert_int_equal(find(lists, &e), EDK2_HANG);
}

static void the_firmware_looks_before_it_hangs(void **state)
{
	struct kf_bytes lists = hashes();
	struct edk2_entry e;

	/* (0 - 28) / 48 entries, of 64 bits: the second one is found. */
	model_poke(lists, SIZE_AT, 4, 0);
	assert_int_equal(find(lists, &e), EDK2_END);
	assert_int_equal(e.entry, 2);
}

static void entries_of_size_zero_divide_by_zero(void **state)
{
	struct edk2_part part = {
		.bytes = model_list(model_x509, model_fill(40, 'c')) };
	struct edk2_certificates c;
	struct edk2_entry e;
	struct kf_digest tbs[KF_NUM_DIGESTS] = { { .len = 0 } };

	model_poke(part.bytes, ENTRY_AT, 4, 0);
	c = edk2_certificates(&part);
	assert_false(edk2_certificates_next(&c, &e));
	assert_int_equal(c.walk.end, EDK2_DIVIDE);
	part.bytes = model_list(model_x509_sha256, model_fill(48, 't'));
	model_poke(part.bytes, ENTRY_AT, 4, 0);
	tbs[KF_SHA256] = digest_of(model_fill(32, 't'));
	assert_int_equal(edk2_find_tbs(part.bytes, tbs, &e), EDK2_DIVIDE);
	/* Where digests of images are looked up, the size has to be right
	 * before anything is divided. */
	part.bytes = hashes();
	model_poke(part.bytes, ENTRY_AT, 4, 0);
	assert_int_equal(find(part.bytes, &e), EDK2_END);
}

static void a_digest_of_a_certificate_has_its_time(void **state)
{
	struct kf_digest tbs[KF_NUM_DIGESTS] = { { .len = 0 } };
	struct kf_bytes list;
	struct edk2_entry e;

	for (int kind = KF_SHA256; kind < KF_NUM_DIGESTS; kind++)
		tbs[kind] = digest_of(model_fill(kf_digest_len(
			(enum kf_digest_kind)kind), 't'));
	list = model_list(model_x509_sha384,
			  model_timed(model_fill(48, 't'), 2023));
	model_poke(list, 28 + 16 + 48 + 2, 1, 10);	/* month ... */
	model_poke(list, 28 + 16 + 48 + 6, 1, 59);	/* ... second */
	assert_int_equal(edk2_find_tbs(list, tbs, &e), EDK2_END);
	assert_int_equal(e.list, 1);
	assert_int_equal(e.revoked_at.year, 2023);
	assert_int_equal(e.revoked_at.month, 10);
	assert_int_equal(e.revoked_at.second, 59);
	list = model_list(model_sha384, model_fill(48, 't'));
	assert_int_equal(edk2_find_tbs(list, tbs, &e), EDK2_END);
	assert_int_equal(e.list, 0);
}

static void the_first_time_of_a_certificate_decides(void **state)
{
	struct kf_digest tbs[KF_NUM_DIGESTS] = { { .len = 0 } };
	struct kf_bytes two[] = { model_timed(model_fill(32, 't'), 2020),
				  model_timed(model_fill(32, 't'), 2030) };
	struct edk2_entry e;

	tbs[KF_SHA256] = digest_of(model_fill(32, 't'));
	assert_int_equal(edk2_find_tbs(model_list_of(model_x509_sha256, two,
						     2), tbs, &e), EDK2_END);
	assert_int_equal(e.revoked_at.year, 2020);
}

/* UEFI-37: only this search bounds a list by the whole variable. */
static void the_search_for_certificates_walks_on_behind_the_end(void **state)
{
	struct kf_digest tbs[KF_NUM_DIGESTS] = { { .len = 0 } };
	struct kf_bytes first = hashes(), lists;
	struct edk2_entry e;

	tbs[KF_SHA256] = digest_of(model_fill(32, 't'));
	lists = model_join(first, hashes());
	/* The second list is larger than what is left, not than the whole. */
	model_poke(lists, first.len + SIZE_AT, 4, lists.len);
	assert_int_equal(edk2_find_tbs(lists, tbs, &e), EDK2_PAST);
	model_poke(lists, first.len + SIZE_AT, 4, lists.len + 1);
	assert_int_equal(edk2_find_tbs(lists, tbs, &e), EDK2_END);
}

static void certificates_come_in_the_order_of_the_lists(void **state)
{
	struct kf_bytes pair[] = { model_fill(40, 'a'), model_fill(40, 'b') };
	struct edk2_part part = { .bytes = model_join(
		model_join(model_list_of(model_x509, pair, 2), hashes()),
		model_list(model_x509, model_fill(50, 'c'))) };
	struct edk2_certificates c = edk2_certificates(&part);
	struct edk2_entry e;
	char seen[4] = "";
	size_t num = 0;

	while (edk2_certificates_next(&c, &e))
		seen[num++] = (char)e.data.data[0];
	assert_string_equal(seen, "abc");
	assert_int_equal(c.walk.end, EDK2_END);
	assert_int_equal(e.list, 3);
}

static void every_cut_of_a_store_ends_without_harm(void **state)
{
	struct kf_bytes lists = model_join(hashes(), model_join(
		model_list(model_x509, model_fill(40, 'c')),
		model_list(model_x509_sha256, model_fill(48, 't'))));
	struct kf_digest tbs[KF_NUM_DIGESTS] = { { .len = 0 } };
	struct edk2_entry e;

	tbs[KF_SHA256] = digest_of(model_fill(32, 't'));
	for (size_t len = 0; len < lists.len; len++) {
		struct edk2_part part = { .bytes = kf_part_of(lists, 0,
							      len) };
		struct edk2_certificates c = edk2_certificates(&part);

		assert_int_equal(find(part.bytes, &e), len < 20 && len
				 ? EDK2_PAST : len < 124 && len
				 ? EDK2_CUT : EDK2_END);
		while (edk2_certificates_next(&c, &e))
			assert_true(len >= 124 + 84);
		(void)edk2_find_tbs(part.bytes, tbs, &e);
		assert_int_equal(e.list, 0);
	}
	(void)edk2_find_tbs(lists, tbs, &e);
	assert_int_equal(e.list, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_digest_is_found_with_its_place),
		MODEL_TEST(a_digest_is_found_in_lists_of_its_own_kind_alone),
		MODEL_TEST(a_list_header_moves_the_entries),
		MODEL_TEST(a_list_larger_than_what_is_left_ends_the_walk),
		MODEL_TEST(a_list_of_size_zero_hangs_the_firmware),
		MODEL_TEST(the_firmware_looks_before_it_hangs),
		MODEL_TEST(entries_of_size_zero_divide_by_zero),
		MODEL_TEST(a_digest_of_a_certificate_has_its_time),
		MODEL_TEST(the_first_time_of_a_certificate_decides),
		MODEL_TEST(
		    the_search_for_certificates_walks_on_behind_the_end),
		MODEL_TEST(certificates_come_in_the_order_of_the_lists),
		MODEL_TEST(every_cut_of_a_store_ends_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
