/* Proofs, made out of a tree's complete nodes and its right edge.
 */
#include "merkle.h"

/* node is the complete one that stands above the leaves from `at` on, 2^height
 * of them: a hash of a tile, or one above some of them. */
static enum kf_status node(struct kf_hash *out, const struct kf_tree *tree,
			   unsigned height, uint64_t at)
{
	unsigned level = height / KF_TILE_HEIGHT;
	size_t num = (size_t)1 << height % KF_TILE_HEIGHT;
	struct kf_hash row[KF_TILE_WIDTH];
	enum kf_status status;

	status = tree->hashes(tree->self, row, level,
			      at >> level * KF_TILE_HEIGHT, num);
	for (; num > 1 && status == KF_OK; num /= 2)
		for (size_t i = 0; i < num / 2 && status == KF_OK; i++)
			status = kf_hash_node(&row[i], tree->crypto,
					      &row[2 * i], &row[2 * i + 1]);
	*out = row[0];
	return status;
}

enum kf_status kf_tree_edge(struct kf_frontier *out,
			    const struct kf_tree *tree)
{
	enum kf_status status = KF_OK;
	uint64_t at = 0;

	out->size = tree->size;
	for (unsigned i = KF_TREE_HEIGHT; i-- > 0 && status == KF_OK;) {
		if (!(tree->size >> i & 1))
			continue;
		status = node(&out->hash[i], tree, i, at);
		at += UINT64_C(1) << i;
	}
	return status;
}

/* span is the leaves from `from` to before `to`. */
struct span {
	uint64_t from, to;
};

/* split is the largest power of two below the number of leaves, two at least,
 * as its exponent. */
static unsigned split(struct span s)
{
	unsigned k = 0;

	while ((s.to - s.from - 1) >> (k + 1))
		k++;
	return k;
}

/* at_edge tells whether a span's nodes are those of the right edge: it ends
 * with the tree, and is not one node that is part of a larger one there. */
static bool at_edge(const struct kf_tree *tree, struct span s)
{
	uint64_t num = s.to - s.from, last = tree->size & (~tree->size + 1);

	return s.to == tree->size && ((num & (num - 1)) != 0 || num == last);
}

/* root_of: a span that a proof asks for is complete, or at the edge. */
static enum kf_status root_of(struct kf_hash *out, const struct kf_tree *tree,
			      struct span s)
{
	unsigned height = 0;

	if (at_edge(tree, s)) {
		struct kf_frontier part = *tree->edge;

		part.size = s.to - s.from;
		return kf_frontier_root(out, &part, tree->crypto);
	}
	while ((s.to - s.from) >> (height + 1))
		height++;
	return node(out, tree, height, s.from);
}

static enum kf_status put(struct kf_proof *out, const struct kf_tree *tree,
			  struct span s)
{
	return root_of(&out->hash[out->num++], tree, s);
}

/* turn: proofs go from the leaf up, and are made from the root down. */
static void turn(struct kf_proof *proof)
{
	for (size_t i = 0; i < proof->num / 2; i++) {
		struct kf_hash *a = &proof->hash[i];
		struct kf_hash *b = &proof->hash[proof->num - 1 - i];
		struct kf_hash kept = *a;

		*a = *b;
		*b = kept;
	}
}

enum kf_status kf_prove_inclusion(struct kf_proof *out,
				  const struct kf_tree *tree, uint64_t index)
{
	struct span s = { 0, tree->size };
	enum kf_status status = KF_OK;

	out->num = 0;
	if (index >= tree->size)
		return KF_WRONG_USE;
	while (s.to - s.from > 1 && status == KF_OK) {
		uint64_t middle = s.from + (UINT64_C(1) << split(s));
		struct span left = { s.from, middle };
		struct span right = { middle, s.to };
		bool is_left = index < middle;

		status = put(out, tree, is_left ? right : left);
		s = is_left ? left : right;
	}
	turn(out);
	return status;
}

enum kf_status kf_prove_consistency(struct kf_proof *out,
				    const struct kf_tree *tree,
				    uint64_t old_size)
{
	struct span s = { 0, tree->size };
	enum kf_status status = KF_OK;

	out->num = 0;
	if (old_size > tree->size)
		return KF_WRONG_USE;
	if (old_size == 0)
		return KF_OK;
	while (s.to != old_size && status == KF_OK) {
		uint64_t middle = s.from + (UINT64_C(1) << split(s));
		struct span left = { s.from, middle };
		struct span right = { middle, s.to };
		bool is_left = old_size <= middle;

		status = put(out, tree, is_left ? right : left);
		s = is_left ? left : right;
	}
	/* What is left is the old tree itself, unless something went off its
	 * left side. */
	if (s.from > 0 && status == KF_OK)
		status = put(out, tree, s);
	turn(out);
	return status;
}
