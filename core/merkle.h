/* Merkle trees over the entries of a log: what a leaf, a node and a root are,
 * and proofs that an entry is in a tree, or that one tree goes on from another.
 *
 * Pure: no memory but what the caller hands over. A tree that was read from a
 * folder is a way to its complete nodes, and its right edge.
 *
 * Source: RFC 6962, 2.1; how proofs are verified, RFC 9162, 2.1.3.2 and
 * 2.1.4.2; tiles, C2SP/C2SP, tlog-tiles.md, commit 5ba5ee83.
 */
#ifndef KEYFIT_CORE_MERKLE_H
#define KEYFIT_CORE_MERKLE_H

#include <keyfit/crypto.h>

enum {
	KF_HASH_LEN = 32,
	/* A tree has less than 2^63 leaves. */
	KF_TREE_HEIGHT = 63,
	KF_PROOF_MAX = 2 * KF_TREE_HEIGHT,
	KF_TILE_HEIGHT = 8,
	KF_TILE_WIDTH = 1 << KF_TILE_HEIGHT,
};

/* kf_hash is one of SHA-256. */
struct kf_hash {
	uint8_t bytes[KF_HASH_LEN];
};

struct kf_bytes kf_hash_view(const struct kf_hash *hash);
bool kf_hash_same(const struct kf_hash *a, const struct kf_hash *b);

/* kf_hash_leaf, kf_hash_node, kf_hash_nothing: of an entry, of two nodes, and
 * of the tree without leaves. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_hash_leaf(struct kf_hash *out,
				    const struct kf_crypto *crypto,
				    struct kf_bytes entry);
KF_MUST enum kf_status kf_hash_node(struct kf_hash *out,
				    const struct kf_crypto *crypto,
				    const struct kf_hash *left,
				    const struct kf_hash *right);
KF_MUST enum kf_status kf_hash_nothing(struct kf_hash *out,
				       const struct kf_crypto *crypto);

/* kf_frontier is the right edge of a tree, all that it takes to go on:
 * hash[i] is the root of 2^i leaves where bit i of `size` is set. */
struct kf_frontier {
	uint64_t size;
	struct kf_hash hash[KF_TREE_HEIGHT];
};

/* kf_frontier_add puts a leaf behind the others; kf_frontier_root is the root
 * of all. Fails: KF_NO_CRYPTO; KF_WRONG_USE, no room for a leaf. */
KF_MUST enum kf_status kf_frontier_add(struct kf_frontier *f,
				       const struct kf_crypto *crypto,
				       const struct kf_hash *leaf);
KF_MUST enum kf_status kf_frontier_root(struct kf_hash *out,
					const struct kf_frontier *f,
					const struct kf_crypto *crypto);

/* kf_proof is the hashes of one. */
struct kf_proof {
	size_t num;
	struct kf_hash hash[KF_PROOF_MAX];
};

/* kf_inclusion is the claim that a leaf is the one of an index, from 0. */
struct kf_inclusion {
	uint64_t index, size;
	struct kf_hash leaf, root;
	const struct kf_proof *proof;
};

/* kf_consistency is the claim that a tree starts with all of an older one.
 * Every tree starts with the one without leaves, and needs no proof of it. */
struct kf_consistency {
	uint64_t old_size, size;
	struct kf_hash old_root, root;
	const struct kf_proof *proof;
};

/* Does the claim hold? Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_inclusion_holds(bool *holds,
					  const struct kf_inclusion *claim,
					  const struct kf_crypto *crypto);
KF_MUST enum kf_status kf_consistency_holds(bool *holds,
					    const struct kf_consistency *claim,
					    const struct kf_crypto *crypto);

/* kf_tree is a tree whose nodes can be had. `hashes` fills `out` with `num`
 * hashes of a tile, from its hash `from` on; both lie in one tile, all of
 * which is there at `size`. Fails: as it does. */
struct kf_tree {
	uint64_t size;
	const struct kf_frontier *edge;		/* of the same size */
	const struct kf_crypto *crypto;
	enum kf_status (*hashes)(void *self, struct kf_hash *out,
				 unsigned level, uint64_t from, size_t num);
	void *self;
};

/* kf_tree_edge reads the right edge of a tree that has none yet. */
KF_MUST enum kf_status kf_tree_edge(struct kf_frontier *out,
				    const struct kf_tree *tree);

/* kf_prove_inclusion, kf_prove_consistency make a proof. What the tiles hold
 * is not verified by it: that the proof holds has to be asked.
 * Fails: KF_WRONG_USE, no such leaf, or a size that is larger than the tree;
 * KF_NO_CRYPTO; as `hashes`. */
KF_MUST enum kf_status kf_prove_inclusion(struct kf_proof *out,
					  const struct kf_tree *tree,
					  uint64_t index);
KF_MUST enum kf_status kf_prove_consistency(struct kf_proof *out,
					    const struct kf_tree *tree,
					    uint64_t old_size);

#endif
