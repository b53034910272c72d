/* Trees and proofs, against the definitions of RFC 6962 written down once more
 * in their recursive form, a worked example made by another program, and what
 * another implementation publishes for its own tests.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include "core/base64.h"
#include "core/merkle.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVES = 1100, LINE_MAX_LEN = 4096 };

static struct grove {
	struct kf_hash leaf[LEAVES];
	struct kf_frontier edge;
	size_t asked;
} ours, forked;

/* By the definition: MTH(D[n]) = H(1 || MTH(D[0:k]) || MTH(D[k:n])). */
static struct kf_hash tree_hash(const struct kf_hash *leaf, size_t n)
{
	struct kf_hash left, right, out;
	size_t k = 1;

	if (n == 0) {
		assert_int_equal(kf_hash_nothing(&out, crypto), KF_OK);
		return out;
	}
	if (n == 1)
		return *leaf;
	while (2 * k < n)
		k *= 2;
	left = tree_hash(leaf, k);
	right = tree_hash(leaf + k, n - k);
	assert_int_equal(kf_hash_node(&out, crypto, &left, &right), KF_OK);
	return out;
}

/* By the definition: PATH(m, D[n]). */
static void path(struct kf_proof *out, size_t m, const struct kf_hash *leaf,
		 size_t n)
{
	size_t k = 1;

	if (n == 1)
		return;
	while (2 * k < n)
		k *= 2;
	path(out, m < k ? m : m - k, m < k ? leaf : leaf + k,
	     m < k ? k : n - k);
	out->hash[out->num++] = m < k ? tree_hash(leaf + k, n - k)
				      : tree_hash(leaf, k);
}

/* By the definition: SUBPROOF(m, D[n], b). */
static void subproof(struct kf_proof *out, size_t m,
		     const struct kf_hash *leaf, size_t n, bool b)
{
	size_t k = 1;

	if (m == n) {
		if (!b)
			out->hash[out->num++] = tree_hash(leaf, n);
		return;
	}
	while (2 * k < n)
		k *= 2;
	subproof(out, m <= k ? m : m - k, m <= k ? leaf : leaf + k,
		 m <= k ? k : n - k, m <= k && b);
	out->hash[out->num++] = m <= k ? tree_hash(leaf + k, n - k)
				       : tree_hash(leaf, k);
}

static enum kf_status hashes(void *self, struct kf_hash *out, unsigned level,
			     uint64_t from, size_t num)
{
	struct grove *g = self;
	size_t under = level ? 256 : 1;

	g->asked++;
	assert_true(level < 2);
	assert_true(num > 0 && from / 256 == (from + num - 1) / 256);
	assert_true((from + num) * under <= LEAVES);
	for (size_t i = 0; i < num; i++)
		out[i] = tree_hash(g->leaf + (from + i) * under, under);
	return KF_OK;
}

static void plant(struct grove *g, size_t changed)
{
	for (size_t i = 0; i < LEAVES; i++) {
		char entry[32];
		int len = snprintf(entry, sizeof(entry), "%zu%s", i,
				   i == changed ? "'" : "");

		assert_int_equal(kf_hash_leaf(&g->leaf[i], crypto,
					      kf_view(entry, (size_t)len)),
				 KF_OK);
	}
}

static struct kf_tree tree_of(struct grove *g, size_t size)
{
	struct kf_tree tree = { size, &g->edge, crypto, hashes, g };

	assert_int_equal(kf_tree_edge(&g->edge, &tree), KF_OK);
	return tree;
}

static bool includes(const struct kf_inclusion *claim)
{
	bool holds;

	assert_int_equal(kf_inclusion_holds(&holds, claim, crypto), KF_OK);
	return holds;
}

static bool extends(const struct kf_consistency *claim)
{
	bool holds;

	assert_int_equal(kf_consistency_holds(&holds, claim, crypto), KF_OK);
	return holds;
}

static bool same_proof(const struct kf_proof *a, const struct kf_proof *b)
{
	return a->num == b->num &&
	       memcmp(a->hash, b->hash, a->num * sizeof(a->hash[0])) == 0;
}

/* every_proof makes, compares and breaks all proofs of one size. */
static size_t every_proof(size_t size, size_t step)
{
	struct kf_tree tree = tree_of(&ours, size);
	struct kf_hash root = tree_hash(ours.leaf, size);
	size_t proofs = 0;

	for (size_t i = 0; i < size; i += step, proofs += 2) {
		struct kf_proof made, want = { .num = 0 };
		struct kf_inclusion in = { i, size, ours.leaf[i], root,
					   &made };
		struct kf_consistency on = { i + 1, size,
					     tree_hash(ours.leaf, i + 1),
					     root, &made };

		path(&want, i, ours.leaf, size);
		assert_int_equal(kf_prove_inclusion(&made, &tree, i), KF_OK);
		assert_true(same_proof(&made, &want));
		assert_true(includes(&in));
		in.leaf.bytes[i % 32] ^= 1;
		assert_false(includes(&in));

		want.num = 0;
		subproof(&want, i + 1, ours.leaf, size, true);
		assert_int_equal(kf_prove_consistency(&made, &tree, i + 1),
				 KF_OK);
		assert_true(same_proof(&made, &want));
		assert_true(extends(&on));
		on.old_root.bytes[i % 32] ^= 1;
		assert_false(extends(&on));
	}
	return proofs;
}

static void proofs_are_those_of_the_definition(void **state)
{
	size_t proofs = 0;

	plant(&ours, SIZE_MAX);
	for (size_t size = 1; size <= 69; size++)
		proofs += every_proof(size, 1);
	for (size_t size = 255; size <= 257; size++)
		proofs += every_proof(size, 1);
	proofs += every_proof(1000, 1);
	print_message("# counted proofs: %zu proofs, each as RFC 6962 defines it\n",
		      proofs);
	assert_true(proofs > 8000);
}

static void a_frontier_grows_to_the_same_roots(void **state)
{
	struct kf_frontier f = { 0 };
	struct kf_hash root, want;

	plant(&ours, SIZE_MAX);
	for (size_t size = 0; size < 600; size++) {
		assert_int_equal(kf_frontier_root(&root, &f, crypto), KF_OK);
		want = tree_hash(ours.leaf, size);
		assert_true(kf_hash_same(&root, &want));
		assert_int_equal(kf_frontier_add(&f, crypto,
						 &ours.leaf[size]), KF_OK);
	}
	f.size = INT64_MAX;
	assert_int_equal(kf_frontier_add(&f, crypto, &root), KF_WRONG_USE);
}

static void no_hash_of_a_proof_may_change_or_go(void **state)
{
	size_t changes = 0;

	plant(&ours, SIZE_MAX);
	for (size_t size = 2; size <= 40; size++) {
		struct kf_tree tree = tree_of(&ours, size);
		struct kf_hash root = tree_hash(ours.leaf, size);

		for (size_t i = 0; i < size; i++) {
			struct kf_proof made;
			struct kf_inclusion in = { i, size, ours.leaf[i], root,
						   &made };

			assert_int_equal(kf_prove_inclusion(&made, &tree, i),
					 KF_OK);
			for (size_t bit = 0; bit < made.num * 256; bit += 37) {
				made.hash[bit / 256].bytes[bit % 256 / 8] ^=
					(uint8_t)(1 << bit % 8);
				assert_false(includes(&in));
				made.hash[bit / 256].bytes[bit % 256 / 8] ^=
					(uint8_t)(1 << bit % 8);
				changes++;
			}
			made.hash[made.num] = root;
			made.num++;
			assert_false(includes(&in));
			made.num -= 2;
			assert_false(includes(&in));
			made.num++;
			in.index ^= 1;
			assert_false(includes(&in));
		}
	}
	assert_true(changes > 20000);
	print_message("# counted hashes: %zu changed bits of proofs, each refused\n",
		      changes);
}

static void forks_are_refused_at_every_size(void **state)
{
	static const size_t more[] = { 0, 1, 2, 7, 64, 300 };
	struct kf_proof made;
	size_t forks = 0;

	plant(&ours, SIZE_MAX);
	for (size_t old = 1; old <= 256; old++) {
		const size_t changed[] = { 0, old / 2, old - 1 };
		struct kf_hash old_root = tree_hash(ours.leaf, old);

		for (size_t k = 0; k < 3 * 6; k++) {
			size_t size = old + more[k / 3];
			struct kf_tree tree;
			struct kf_consistency on = { old, size, old_root,
						     { { 0 } }, &made };

			plant(&forked, changed[k % 3]);
			tree = tree_of(&forked, size);
			on.root = tree_hash(forked.leaf, size);
			assert_int_equal(kf_prove_consistency(&made, &tree,
							      old), KF_OK);
			assert_false(extends(&on));
			/* And it is a good proof of the fork's own past. */
			on.old_root = tree_hash(forked.leaf, old);
			assert_true(extends(&on));
			forks++;
		}
	}
	assert_int_equal(forks, 256 * 18);
	print_message("# counted forks: %zu forks at every size to 256, each refused\n",
		      forks);
}

static void trees_without_leaves_have_their_own_root(void **state)
{
	struct kf_proof none = { .num = 0 };
	struct kf_consistency on = { 0, 5, { { 0 } }, { { 0 } }, &none };
	struct kf_inclusion in = { 0, 0, { { 0 } }, { { 0 } }, &none };
	struct kf_tree tree;

	assert_false(extends(&on));
	assert_int_equal(kf_hash_nothing(&on.old_root, crypto), KF_OK);
	assert_true(extends(&on));
	on.size = 0;
	assert_false(extends(&on));
	on.root = on.old_root;
	assert_true(extends(&on));
	assert_false(includes(&in));

	plant(&ours, SIZE_MAX);
	tree = tree_of(&ours, 5);
	assert_int_equal(kf_prove_inclusion(&none, &tree, 5), KF_WRONG_USE);
	assert_int_equal(kf_prove_consistency(&none, &tree, 6), KF_WRONG_USE);
	assert_int_equal(kf_prove_consistency(&none, &tree, 0), KF_OK);
	assert_int_equal(none.num, 0);
}

/* Made by a program of its own, with entries {"v":1,"i":0} and on. */
static void the_worked_example_comes_out(void **state)
{
	static const char *const want[] = {
		"68ce05a6ebb311b56f9c124b3d584ea0134d442974833d2ad85337addcbde621",
		"04493ed595887b0ca40fa43b9d14099c38ad5c4cce52ba0057cab3733d9f1a59",
		"d08f7bb0832217e1fb559c80fb97323ef8bf62601b0e29f3ad49df85d86ff8a5",
		"8dcb0797541a9b905ee60ffcab5523ce552c09ffff76793e5ac3227e73560b03",
		"ca9b60e66da88b2c0dec6055287e44a81a2d87e859ecc7e25936c3cfb875f796",
	};
	struct kf_bytes root = model_hex(
		"5d1bfa78fb0c3bb514126448066a7ac836c5348a7126641f56b5a5b283a051ee");
	struct kf_bytes left = model_hex(
		"76ae86b7bd471e769d0804d17ee3fee63e5cc410b4dd79f6ceef0da1e979f7fb");
	struct kf_frontier f = { 0 };
	struct kf_proof made;
	struct kf_hash hash;
	struct kf_tree tree;

	for (size_t i = 0; i < 5; i++) {
		char entry[32];

		snprintf(entry, sizeof(entry), "{\"v\":1,\"i\":%zu}", i);
		assert_int_equal(kf_hash_leaf(&ours.leaf[i], crypto,
					      kf_text(entry)), KF_OK);
		assert_true(kf_equal(kf_hash_view(&ours.leaf[i]),
				     model_hex(want[i])));
		assert_int_equal(kf_frontier_add(&f, crypto, &ours.leaf[i]),
				 KF_OK);
	}
	assert_int_equal(kf_frontier_root(&hash, &f, crypto), KF_OK);
	assert_true(kf_equal(kf_hash_view(&hash), root));
	tree = tree_of(&ours, 5);
	assert_int_equal(kf_prove_consistency(&made, &tree, 3), KF_OK);
	assert_int_equal(made.num, 4);
	assert_true(kf_hash_same(&made.hash[0], &ours.leaf[2]));
	assert_true(kf_hash_same(&made.hash[1], &ours.leaf[3]));
	assert_true(kf_equal(kf_hash_view(&made.hash[2]), left));
	assert_true(kf_hash_same(&made.hash[3], &ours.leaf[4]));
}

/* hash_of: what is too short or too long for a hash stands for some other, and
 * where there is none at all ("="), each stands for one of its own. */
static struct kf_hash hash_of(const char *text)
{
	static uint8_t others;
	struct kf_hash out = { { 0 } };
	uint8_t bytes[256];
	size_t len = 0;

	if (strcmp(text, "=") == 0) {
		out.bytes[0] = ++others;
		return out;
	}
	assert_true(kf_base64_strict(bytes, sizeof(bytes), &len,
				     kf_text(text)));
	memcpy(out.bytes, bytes, len < 32 ? len : 32);
	return out;
}

/* judge asks about one line: "+" or "-", its name, two numbers, two hashes,
 * and those of the proof. */
static bool judge(char *line, bool consistency)
{
	struct kf_proof proof = { .num = 0 };
	struct kf_inclusion in = { .proof = &proof };
	struct kf_consistency on = { .proof = &proof };
	char *word[70] = { NULL };
	size_t n = 0;

	for (char *at = strtok(line, " \n"); at && n < 70;
	     at = strtok(NULL, " \n"))
		word[n++] = at;
	assert_true(n >= 6);
	for (size_t i = 6; i < n; i++)
		proof.hash[proof.num++] = hash_of(word[i]);
	in.index = on.old_size = strtoull(word[2], NULL, 10);
	in.size = on.size = strtoull(word[3], NULL, 10);
	in.root = on.old_root = hash_of(word[4]);
	in.leaf = on.root = hash_of(word[5]);
	if ((consistency ? extends(&on) : includes(&in)) == (*word[0] == '+'))
		return true;
	/* It asks nothing of a tree without leaves; witnesses have to. */
	if (consistency && strcmp(word[1], "additional/"
				  "size1-is-zero-and-size2-is-not-zero") == 0)
		return true;
	print_message("# differs: %s\n", word[1]);
	return false;
}

static void all_lines_of(const char *file, bool consistency)
{
	FILE *in = fopen(file, "r");
	static char line[LINE_MAX_LEN];
	size_t lines = 0, wrong = 0;

	assert_non_null(in);
	for (; fgets(line, sizeof(line), in); lines++)
		wrong += !judge(line, consistency);
	fclose(in);
	assert_int_equal(lines, 98);
	assert_int_equal(wrong, 0);
}

static void another_implementation_judges_so_too(void **state)
{
	all_lines_of(DATA "/merkle/inclusion.txt", false);
	all_lines_of(DATA "/merkle/consistency.txt", true);
}

static void *no_begin(void *self, enum kf_digest_kind kind)
{
	return NULL;
}

static void without_digests_nothing_holds(void **state)
{
	struct kf_crypto broken = { .digest_begin = no_begin };
	struct kf_proof proof;
	struct kf_tree tree;
	bool holds = true;

	plant(&ours, SIZE_MAX);
	tree = tree_of(&ours, 7);
	assert_int_equal(kf_prove_inclusion(&proof, &tree, 3), KF_OK);
	struct kf_inclusion in = { 3, 7, ours.leaf[3],
				   tree_hash(ours.leaf, 7), &proof };
	struct kf_consistency on = { 3, 7, tree_hash(ours.leaf, 3), in.root,
				     &proof };

	assert_int_equal(kf_inclusion_holds(&holds, &in, &broken),
			 KF_NO_CRYPTO);
	assert_false(holds);
	holds = true;
	assert_int_equal(kf_consistency_holds(&holds, &on, &broken),
			 KF_NO_CRYPTO);
	assert_false(holds);
	tree.crypto = &broken;
	assert_int_equal(kf_prove_inclusion(&proof, &tree, 3), KF_NO_CRYPTO);
	assert_int_equal(kf_frontier_add(&ours.edge, &broken, &ours.leaf[0]),
			 KF_NO_CRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(proofs_are_those_of_the_definition),
		MODEL_TEST(a_frontier_grows_to_the_same_roots),
		MODEL_TEST(no_hash_of_a_proof_may_change_or_go),
		MODEL_TEST(forks_are_refused_at_every_size),
		MODEL_TEST(trees_without_leaves_have_their_own_root),
		MODEL_TEST(the_worked_example_comes_out),
		MODEL_TEST(another_implementation_judges_so_too),
		MODEL_TEST(without_digests_nothing_holds),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
