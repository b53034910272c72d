/* The new value, and the room for it.
 *
 * Expected values: UEFI-53, UEFI-54 and UEFI-130 in docs/rules/uefi.md. In
 * setup mode no signature is asked for, so that the value alone decides.
 */
#include "tests/model_update.h"

static struct kf_bytes none, owner, hash, x509;
static struct kf_verdict verdict;

static const char *const rules[] = { "edk2-variable-2022.11",
				     "edk2-variable-2025.02",
				     "edk2-variable" };

/* The size of a variable in flash less its header and the name "db".
 * Source: edk2 OvmfPkg/OvmfPkgX64.dsc, PcdMaxAuthVariableSize. */
enum { ROOM = 0x8400 - 60 - 6, LIST_LEN = 28, OWNER_LEN = 16 };

static int open_content(void **state)
{
	model_open(state);
	none = kf_view(NULL, 0);
	owner = model_certificate('p', KF_WHY_NO_PATH);
	hash = model_list(model_sha256, model_fill(32, 1));
	x509 = model_list(model_x509, owner);
	return 0;
}

#define CONTENT_TEST(name) cmocka_unit_test_setup(name, open_content)

/* put writes a value to a variable that holds `old`, by one profile. */
static enum kf_answer put_by(size_t profile, const char *variable,
			     struct kf_bytes value, struct kf_bytes old,
			     const char *attributes)
{
	struct kf_store store = model_device(none, none, variable, old, 2020);
	struct kf_bytes file = model_update_by(owner, 0, value);

	assert_true(kf_store_set(&store, "attributes", attributes));
	assert_true(kf_store_set(&store, "custom-mode", "on"));
	return model_ask(&verdict, file, &store, rules[profile]);
}

/* put: every profile has to say the same. */
static enum kf_answer put(struct kf_bytes value)
{
	enum kf_answer answer = put_by(0, "db", value, none, "0x27");

	for (size_t i = 1; i < 3; i++)
		assert_int_equal(put_by(i, "db", value, none, "0x27"),
				 answer);
	return answer;
}

static bool refused(const char *slug, const char *field, uint64_t at)
{
	const struct kf_evidence *e = &verdict.why.evidence[0];

	return verdict.answer == KF_REJECT &&
	       model_same(verdict.why.reason->slug, slug) &&
	       e->kind == KF_EV_FIELD && model_same(e->name, field) &&
	       e->at == at;
}

/* value_at is where the value stands in an update by `owner`. */
static uint64_t value_at(void)
{
	return model_update_by(owner, 0, none).len;
}

static bool content(const char *field, uint64_t at)
{
	return refused("update-content", field, value_at() + at);
}

static void known_types_of_the_right_size_are_taken(void **state)
{
	const struct { const char *type; size_t len; } types[] = {
		{ model_sha1, 20 }, { model_sha224, 28 },
		{ model_sha256, 32 }, { model_sha384, 48 },
		{ model_sha512, 64 }, { model_rsa2048, 256 },
		{ model_x509_sha256, 48 }, { model_x509_sha384, 64 },
		{ model_x509_sha512, 80 },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put(model_list(types[i].type, model_fill(types[i].len, 1)));
		assert_int_equal(verdict.answer, KF_ACCEPT);
		put(model_list(types[i].type,
			       model_fill(types[i].len + 1, 1)));
		assert_true(content("SignatureSize", 24));
	}
	assert_int_equal(put(x509), KF_ACCEPT);
	assert_int_equal(put(model_join(hash, x509)), KF_ACCEPT);
}

static void other_types_are_refused(void **state)
{
	/* EFI_CERT_SM3, EFI_CERT_EXTERNAL_MANAGEMENT, nobody's. */
	static const char *const types[] = {
		"57347f87-7a9b-403a-b93c-dc4afb7a0ebc",
		"452e8ced-dfff-4b8c-ae01-5118862e682c",
		"00000000-0000-0000-0000-000000000000",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put(model_list(types[i], model_fill(32, 1)));
		assert_true(content("SignatureType", 0));
	}
	put(model_join(hash, model_list(types[0], model_fill(32, 1))));
	assert_true(content("SignatureType", hash.len));
}

static void sizes_have_to_add_up(void **state)
{
	struct kf_bytes list = model_copy(hash);

	model_poke(list, 20, 4, 1);
	put(list);
	assert_true(content("SignatureHeaderSize", 20));
	list = model_copy(hash);
	model_poke(list, 16, 4, list.len + 1);
	put(list);
	assert_true(content("SignatureListSize", 16));
	list = model_join(hash, model_fill(1, 1));
	model_poke(list, 16, 4, list.len);
	put(list);
	assert_true(content("SignatureListSize", 16));
	list = model_copy(hash);
	model_poke(list, 16, 4, 0);
	put(list);
	assert_true(content("SignatureListSize", 16));
}

static void bytes_behind_the_last_list_are_refused(void **state)
{
	for (size_t len = 1; len < LIST_LEN; len++) {
		put(model_join(hash, model_fill(len, 0xff)));
		assert_true(content("SignatureType", hash.len));
		put(model_fill(len, 0xff));
		assert_true(content("SignatureType", 0));
	}
	/* A list that is cut short is one that is longer than what is left,
	 * once its size is there. */
	for (size_t len = 20; len < hash.len; len++) {
		put(kf_part_of(hash, 0, len));
		assert_int_equal(verdict.answer, KF_REJECT);
	}
	/* Else it goes on behind the update, where nobody knows. */
	put(kf_part_of(hash, 0, 19));
	assert_int_equal(verdict.answer, KF_UNDECIDED);
	assert_string_equal(verdict.why.reason->slug, "unpredictable");
}

static void the_first_certificate_of_a_list_has_an_rsa_key(void **state)
{
	struct kf_bytes no_rsa = model_copy(owner);
	struct kf_bytes both[2];

	/* The toy's sign for another key. */
	model_poke(no_rsa, 3, 1, 0xec);
	both[0] = owner;
	both[1] = no_rsa;
	put(model_list(model_x509, no_rsa));
	assert_true(content("SignatureData", LIST_LEN + OWNER_LEN));
	assert_int_equal(put(model_list_of(model_x509, both, 2)), KF_ACCEPT);
	both[0] = no_rsa;
	both[1] = owner;
	put(model_list_of(model_x509, both, 2));
	assert_true(content("SignatureData", LIST_LEN + OWNER_LEN));
	put(model_list(model_x509, model_fill(40, 0)));
	assert_true(content("SignatureData", LIST_LEN + OWNER_LEN));
}

static void upstream_alone_takes_a_certificate_of_no_bytes(void **state)
{
	struct kf_bytes list = model_list(model_x509, none);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(put_by(i, "db", list, none, "0x27"),
				 i == 2 ? KF_ACCEPT : KF_REJECT);
}

static void sizes_of_entries_below_their_owner_are_refused(void **state)
{
	for (size_t size = 0; size < OWNER_LEN; size++) {
		struct kf_bytes list = model_copy(x509);

		model_poke(list, 24, 4, size);
		put(list);
		assert_true(content("SignatureData", LIST_LEN + OWNER_LEN));
	}
}

static void pk_has_one_entry(void **state)
{
	const struct kf_bytes both[] = { owner, owner };
	const struct kf_bytes values[] = {
		model_list_of(model_x509, both, 2), model_join(x509, x509),
		model_join(x509, hash),
	};

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(put_by(i, "PK", x509, none, "0x27"),
				 KF_ACCEPT);
		assert_int_equal(put_by(i, "PK", values[i], none, "0x27"),
				 KF_REJECT);
		assert_string_equal(verdict.why.reason->slug,
				    "update-content");
		assert_int_equal(put_by(i, "KEK", values[i], none, "0x27"),
				 KF_ACCEPT);
	}
}

/* filled is a list of digests that fills `len` bytes, or a little less. */
static struct kf_bytes filled(size_t len, uint8_t value)
{
	size_t num = (len - LIST_LEN) / 48;
	struct kf_bytes list = model_fill(LIST_LEN + num * 48, value);
	struct kf_bytes head = kf_part_of(hash, 0, LIST_LEN);

	for (size_t i = 0; i < LIST_LEN; i++)
		model_poke(list, i, 1, head.data[i]);
	model_poke(list, 16, 4, list.len);
	for (size_t i = 0; i < num; i++)
		model_poke(list, LIST_LEN + 48 * i + 16, 4, i);
	return list;
}

static void a_value_has_to_fit(void **state)
{
	struct kf_bytes fits = filled(ROOM, 1);
	struct kf_bytes more = filled(ROOM + 48, 1);

	assert_true(fits.len <= ROOM && more.len > ROOM);
	assert_int_equal(put(fits), KF_ACCEPT);
	put(more);
	assert_true(refused("update-no-space", "value size", 0));
	assert_int_equal(verdict.why.evidence[0].value, more.len);
	assert_int_equal(verdict.why.evidence[0].bound, ROOM);
}

static void an_append_has_to_fit_with_what_is_there(void **state)
{
	struct kf_bytes half = filled(ROOM / 2, 1);
	struct kf_bytes other = filled(ROOM / 2, 2);
	struct kf_bytes more = filled(ROOM / 2 + 96, 2);

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(put_by(i, "db", other, half, "0x67"),
				 KF_ACCEPT);
		assert_int_equal(put_by(i, "db", more, half, "0x67"),
				 KF_REJECT);
		assert_true(refused("update-no-space",
				    "size with what is there", 0));
		assert_int_equal(verdict.why.evidence[0].value,
				 half.len + more.len);
		/* What is there already takes no room. */
		assert_int_equal(put_by(i, "db", half, half, "0x67"),
				 KF_ACCEPT);
		assert_int_equal(put_by(i, "db", more, half, "0x27"),
				 KF_ACCEPT);
	}
}

static void a_whole_call_has_to_fit_its_buffer(void **state)
{
	/* Less the name "db" too. */
	enum { BUFFER = 0x40000 - 48 - 6 };
	static uint8_t bytes[BUFFER + 1];
	struct kf_store store = model_device(none, none, "db", none, 0);

	assert_true(kf_store_set(&store, "attributes", "0x27"));
	model_poke(kf_view(bytes, BUFFER), MODEL_LENGTH_AT, 4, BUFFER - 16);
	model_ask(&verdict, kf_view(bytes, BUFFER), &store, rules[0]);
	assert_string_equal(verdict.why.reason->slug,
			    "update-nothing-to-delete");
	model_ask(&verdict, kf_view(bytes, BUFFER + 1), &store, rules[0]);
	assert_true(refused("update-no-space", "file size", 0));
}

static void lists_that_are_there_can_stop_the_firmware(void **state)
{
	struct kf_bytes old = model_copy(hash);
	struct kf_bytes value = model_list(model_sha256, model_fill(32, 2));

	model_poke(old, 16, 4, 0);
	model_poke(old, 0, 1, 0);
	for (size_t i = 0; i < 2; i++) {
		put_by(i, "db", value, old, "0x67");
		assert_int_equal(verdict.answer, KF_REJECT);
		assert_string_equal(verdict.outcome, "device-fault");
		assert_string_equal(verdict.why.reason->slug,
				    "verifier-fault");
	}
	/* Upstream looks first. */
	put_by(2, "db", value, old, "0x67");
	assert_int_equal(verdict.answer, KF_REJECT);
	assert_string_equal(verdict.why.reason->slug, "store-malformed");
	assert_string_equal(verdict.outcome, "refused-at-install");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTENT_TEST(known_types_of_the_right_size_are_taken),
		CONTENT_TEST(other_types_are_refused),
		CONTENT_TEST(sizes_have_to_add_up),
		CONTENT_TEST(bytes_behind_the_last_list_are_refused),
		CONTENT_TEST(the_first_certificate_of_a_list_has_an_rsa_key),
		CONTENT_TEST(upstream_alone_takes_a_certificate_of_no_bytes),
		CONTENT_TEST(sizes_of_entries_below_their_owner_are_refused),
		CONTENT_TEST(pk_has_one_entry),
		CONTENT_TEST(a_value_has_to_fit),
		CONTENT_TEST(an_append_has_to_fit_with_what_is_there),
		CONTENT_TEST(a_whole_call_has_to_fit_its_buffer),
		CONTENT_TEST(lists_that_are_there_can_stop_the_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
