/* Hashes of a log's tree, its right edge, and proofs verified.
 */
#include "merkle.h"

#include <string.h>

struct kf_bytes kf_hash_view(const struct kf_hash *hash)
{
	return kf_view(hash->bytes, sizeof(hash->bytes));
}

bool kf_hash_same(const struct kf_hash *a, const struct kf_hash *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* hash_pieces hashes what stands one behind the other. */
static enum kf_status hash_pieces(struct kf_hash *out,
				  const struct kf_crypto *crypto,
				  const struct kf_bytes *piece, size_t num)
{
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);
	struct kf_digest made = { .len = 0 };

	if (!digest)
		return KF_NO_CRYPTO;
	for (size_t i = 0; i < num; i++)
		crypto->digest_add(digest, piece[i]);
	crypto->digest_end(digest, &made);
	if (made.len != sizeof(out->bytes))
		return KF_NO_CRYPTO;
	memcpy(out->bytes, made.bytes, sizeof(out->bytes));
	return KF_OK;
}

enum kf_status kf_hash_leaf(struct kf_hash *out,
			    const struct kf_crypto *crypto,
			    struct kf_bytes entry)
{
	const struct kf_bytes piece[] = { kf_view("\0", 1), entry };

	return hash_pieces(out, crypto, piece, 2);
}

enum kf_status kf_hash_node(struct kf_hash *out,
			    const struct kf_crypto *crypto,
			    const struct kf_hash *left,
			    const struct kf_hash *right)
{
	uint8_t all[1 + 2 * KF_HASH_LEN] = { 1 };
	struct kf_bytes piece = kf_view(all, sizeof(all));

	memcpy(all + 1, left->bytes, KF_HASH_LEN);
	memcpy(all + 1 + KF_HASH_LEN, right->bytes, KF_HASH_LEN);
	return hash_pieces(out, crypto, &piece, 1);
}

enum kf_status kf_hash_nothing(struct kf_hash *out,
			       const struct kf_crypto *crypto)
{
	return hash_pieces(out, crypto, NULL, 0);
}

enum kf_status kf_frontier_add(struct kf_frontier *f,
			       const struct kf_crypto *crypto,
			       const struct kf_hash *leaf)
{
	struct kf_hash node = *leaf;
	unsigned i = 0;

	if (f->size >= INT64_MAX)
		return KF_WRONG_USE;
	for (; f->size >> i & 1; i++) {
		enum kf_status status = kf_hash_node(&node, crypto,
						     &f->hash[i], &node);

		if (status != KF_OK)
			return status;
	}
	f->hash[i] = node;
	f->size++;
	return KF_OK;
}

enum kf_status kf_frontier_root(struct kf_hash *out,
				const struct kf_frontier *f,
				const struct kf_crypto *crypto)
{
	enum kf_status status = KF_OK;
	bool begun = false;

	if (f->size == 0)
		return kf_hash_nothing(out, crypto);
	for (unsigned i = 0; i < KF_TREE_HEIGHT && status == KF_OK; i++) {
		if (!(f->size >> i & 1))
			continue;
		if (begun)
			status = kf_hash_node(out, crypto, &f->hash[i], out);
		else
			*out = f->hash[i];
		begun = true;
	}
	return status;
}

/* climb is a node's way up the right edge: its index at its level, and the
 * last one there. */
struct climb {
	uint64_t index, last;
};

/* next goes to the level at which the next hash of a proof stands beside the
 * node; at the right edge, levels without a neighbour are none. `left` tells
 * on which side it stands. Fails: false, the node is the root. */
static bool next(struct climb *c, bool *left)
{
	if (c->last == 0)
		return false;
	while (c->index == c->last && !(c->index & 1)) {
		c->index >>= 1;
		c->last >>= 1;
	}
	*left = c->index & 1;
	c->index >>= 1;
	c->last >>= 1;
	return true;
}

/* join puts a hash of a proof beside a node. */
static enum kf_status join(struct kf_hash *node, const struct kf_hash *beside,
			   bool left, const struct kf_crypto *crypto)
{
	return left ? kf_hash_node(node, crypto, beside, node)
		    : kf_hash_node(node, crypto, node, beside);
}

enum kf_status kf_inclusion_holds(bool *holds,
				  const struct kf_inclusion *claim,
				  const struct kf_crypto *crypto)
{
	struct climb c = { claim->index, claim->size - 1 };
	enum kf_status status = KF_OK;
	struct kf_hash node = claim->leaf;
	bool left;

	*holds = false;
	if (claim->index >= claim->size)
		return KF_OK;
	for (size_t i = 0; i < claim->proof->num && status == KF_OK; i++) {
		if (!next(&c, &left))
			return KF_OK;
		status = join(&node, &claim->proof->hash[i], left, crypto);
	}
	*holds = status == KF_OK && c.last == 0 &&
		 kf_hash_same(&node, &claim->root);
	return status;
}

/* join_both does so for the old tree's node and the new one's: what stands to
 * the right came later. */
static enum kf_status join_both(struct kf_hash *before, struct kf_hash *now,
				const struct kf_hash *beside, bool left,
				const struct kf_crypto *crypto)
{
	enum kf_status status = KF_OK;

	if (left)
		status = join(before, beside, left, crypto);
	return status == KF_OK ? join(now, beside, left, crypto) : status;
}

/* walk_up goes from where the old tree ended up to both roots. */
static enum kf_status walk_up(bool *holds, const struct kf_consistency *claim,
			      const struct kf_crypto *crypto)
{
	struct climb c = { claim->old_size - 1, claim->size - 1 };
	enum kf_status status = KF_OK;
	struct kf_hash before, now;
	size_t i = 0;
	bool left;

	for (; c.index & 1; c.last >>= 1)
		c.index >>= 1;
	/* An old tree that is one complete node starts the proof itself. */
	now = c.index == 0 ? claim->old_root : claim->proof->hash[i++];
	before = now;
	for (; i < claim->proof->num && status == KF_OK; i++) {
		if (!next(&c, &left))
			return KF_OK;
		status = join_both(&before, &now, &claim->proof->hash[i], left,
				   crypto);
	}
	*holds = status == KF_OK && c.last == 0 &&
		 kf_hash_same(&before, &claim->old_root) &&
		 kf_hash_same(&now, &claim->root);
	return status;
}

enum kf_status kf_consistency_holds(bool *holds,
				    const struct kf_consistency *claim,
				    const struct kf_crypto *crypto)
{
	struct kf_hash nothing;
	enum kf_status status;

	*holds = false;
	if (claim->old_size > claim->size)
		return KF_OK;
	if (claim->old_size > 0 && claim->old_size < claim->size)
		return claim->proof->num ? walk_up(holds, claim, crypto)
					 : KF_OK;
	*holds = claim->proof->num == 0 &&
		 (claim->old_size < claim->size ||
		  kf_hash_same(&claim->old_root, &claim->root));
	if (claim->old_size > 0)
		return KF_OK;
	status = kf_hash_nothing(&nothing, crypto);
	*holds = *holds && status == KF_OK &&
		 kf_hash_same(&claim->old_root, &nothing);
	return status;
}
