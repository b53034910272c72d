/* Signature lists: types by the specification's GUIDs, lists that are made
 * and read again, walks over lists that do not hold.
 *
 * Source of GUIDs and layout: UEFI 2.10, 32.4.1; the layout that this test
 * makes lists in is tests/model.c's own.
 */
#include "tests/model.h"

#include "core/siglist.h"


static void every_type_of_the_specification_has_its_name(void **state)
{
	static const struct {
		const char *guid, *name;
	} types[] = {
		{ "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "x509" },
		{ "826ca512-cf10-4ac9-b187-be01496631bd", "sha1" },
		{ "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", "sha224" },
		{ "c1c41626-504c-4092-aca9-41f936934328", "sha256" },
		{ "ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "sha384" },
		{ "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "sha512" },
		{ "3bd2a492-96c0-4079-b420-fcf98ef103ed", "x509-sha256" },
		{ "7076876e-80c2-4ee6-aad2-28b349a6865b", "x509-sha384" },
		{ "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", "x509-sha512" },
		{ "3c5766e8-269c-4e34-aa14-ed776e85b3b6", "rsa2048" },
		{ "e2b36190-879b-4a3d-ad8d-f2e7bba32784", "rsa2048-sha256" },
		{ "67f8444f-8743-48f1-a328-1eaab8736080", "rsa2048-sha1" },
		{ "452e8ced-dfff-4b8c-ae01-5118862e682c",
		  "external-management" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct kf_bytes guid = model_guid(types[i].guid);

		assert_true(model_same(kf_siglist_type(guid), types[i].name));
	}
	assert_null(kf_siglist_type(model_fill(16, 0)));
	assert_null(kf_siglist_type(model_fill(15, 0)));
}

static void a_list_is_likely_by_its_type_and_header(void **state)
{
	struct kf_bytes list = model_list(model_sha256, model_fill(32, 'h'));

	assert_true(kf_siglist_likely(list));
	for (size_t len = 0; len < 28; len++)
		assert_false(kf_siglist_likely(kf_part_of(list, 0, len)));
	assert_true(kf_siglist_likely(kf_part_of(list, 0, 28)));
	/* A type that nobody knows has to add up. */
	model_poke(list, 0, 1, 0);
	assert_true(kf_siglist_likely(list));
	assert_false(kf_siglist_likely(kf_part_of(list, 0, list.len - 1)));
}

static void a_made_list_has_the_bytes_of_the_specification(void **state)
{
	struct kf_bytes der = model_certificate('c', KF_WHY_NO_PATH);
	struct kf_bytes digest = model_fill(32, 'd'), made, want;
	struct kf_env *env = model_env();

	assert_int_equal(kf_siglist_of_certificates(&made, &der, 1,
						    env->arena), KF_OK);
	want = model_list(model_x509, der);
	/* A list of ours has an owner of zeros. */
	for (size_t i = 28; i < 44; i++)
		model_poke(want, i, 1, 0);
	assert_true(kf_equal(made, want));
	assert_int_equal(kf_siglist_of_digest(&made, digest, env->arena),
			 KF_OK);
	want = model_list(model_sha256, digest);
	for (size_t i = 28; i < 44; i++)
		model_poke(want, i, 1, 0);
	assert_true(kf_equal(made, want));
}

static void a_list_that_the_arena_cannot_hold_is_no_memory(void **state)
{
	struct kf_bytes der = model_fill(100, 'c'), made;
	struct kf_env *env = model_env();

	env->arena->size = 100;
	assert_int_equal(kf_siglist_of_certificates(&made, &der, 1,
						    env->arena), KF_NO_MEMORY);
	assert_int_equal(kf_siglist_of_digest(&made, der, env->arena),
			 KF_NO_MEMORY);
}

/* walk counts the certificates that a walk comes to. */
static size_t walk(struct kf_bytes lists, struct kf_bytes *last)
{
	struct kf_siglist_walk w = kf_siglist_walk(lists);
	size_t num = 0;

	while (kf_siglist_certificate(&w, last))
		num++;
	return num;
}

static void a_walk_finds_certificates_among_all_lists(void **state)
{
	struct kf_bytes pair[] = { model_fill(50, 'a'), model_fill(50, 'b') };
	struct kf_bytes c = model_fill(60, 'c'), lists, last = { NULL, 0 };

	lists = model_join(model_list(model_sha256, model_fill(32, 'h')),
			   model_list_of(model_x509, pair, 2));
	lists = model_join(lists, model_list(model_x509_sha256,
					     model_fill(48, 't')));
	assert_int_equal(walk(lists, &last), 2);
	lists = model_join(lists, model_list(model_x509, c));
	assert_int_equal(walk(lists, &last), 3);
	assert_int_equal(walk(kf_view(NULL, 0), &last), 0);
}

static void a_walk_ends_at_the_first_list_that_does_not_hold(void **state)
{
	struct kf_bytes c = model_fill(60, 'c'), last;
	struct kf_bytes good = model_list(model_x509, c);
	struct kf_bytes bad = model_list(model_x509, c);

	model_poke(bad, 16, 4, 27);		/* SignatureListSize */
	assert_int_equal(walk(model_join(bad, good), &last), 0);
	model_poke(bad, 16, 4, 0);
	assert_int_equal(walk(model_join(bad, good), &last), 0);
	model_poke(bad, 16, 4, UINT32_MAX);
	assert_int_equal(walk(model_join(bad, good), &last), 0);
	model_poke(bad, 16, 4, bad.len);
	model_poke(bad, 24, 4, 16);		/* SignatureSize: owner only */
	assert_int_equal(walk(model_join(bad, good), &last), 1);
	model_poke(bad, 24, 4, 0);
	assert_int_equal(walk(model_join(bad, good), &last), 1);
}

static void every_cut_of_a_list_is_walked_without_harm(void **state)
{
	struct kf_bytes lists = model_join(
		model_list(model_x509, model_fill(60, 'c')),
		model_list(model_x509, model_fill(61, 'd')));
	struct kf_bytes last;

	for (size_t len = 0; len < lists.len; len++)
		assert_int_equal(walk(kf_part_of(lists, 0, len), &last),
				 len >= 104);
	assert_int_equal(walk(lists, &last), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_type_of_the_specification_has_its_name),
		MODEL_TEST(a_list_is_likely_by_its_type_and_header),
		MODEL_TEST(a_made_list_has_the_bytes_of_the_specification),
		MODEL_TEST(a_list_that_the_arena_cannot_hold_is_no_memory),
		MODEL_TEST(a_walk_finds_certificates_among_all_lists),
		MODEL_TEST(a_walk_ends_at_the_first_list_that_does_not_hold),
		MODEL_TEST(every_cut_of_a_list_is_walked_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
