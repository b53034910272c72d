/* The hash tree behind the payload of a verity or crypt bundle: RAUC-14.
 *
 * Read once from front to end, a block of each level in memory: a bundle of
 * any size takes the same room.
 *
 * Source: rauc/rauc, src/verity_hash.c at v1.8; cryptsetup's dm-verity format,
 * version 1.
 */
#include "rauc.h"

#include "core/verity.h"

#include <string.h>

enum {
	DIGEST_LEN = KF_VERITY_DIGEST_LEN,
	PER_BLOCK = KF_VERITY_PER_BLOCK,
};

static int digit(uint8_t c)
{
	uint8_t lower = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool rauc_hex(uint8_t out[32], struct kf_bytes text)
{
	if (text.len != 2 * (size_t)DIGEST_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_LEN; i++) {
		int high = digit(text.data[2 * i]);
		int low = digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

struct walk {
	struct rauc_bundle *bundle;
	const struct kf_source *source;
	struct kf_env *env;
	uint8_t salt[DIGEST_LEN];
	uint8_t hashes[KF_RAUC_BLOCK_LEN];
	uint64_t hashes_at;	/* of what `hashes` holds; UINT64_MAX: none */
	bool spare;
	enum kf_status status;
};

static bool fail(struct walk *w, enum rauc_hashes how, uint64_t at)
{
	w->bundle->hashes = how;
	w->bundle->hashes_at = at;
	return false;
}

/* hash_of computes the digest of one block. */
static bool hash_of(uint8_t out[DIGEST_LEN], struct walk *w,
		    const uint8_t *block)
{
	w->status = kf_verity_hash(out, w->env->crypto, w->salt, block);
	return w->status == KF_OK;
}

static bool read_at(struct walk *w, uint64_t at, uint8_t *out, size_t len)
{
	if (!w->source->read_at(w->source->self, at, out, len)) {
		w->status = KF_CANNOT_READ;
		return false;
	}
	return true;
}

/* look_at_spare looks at the rest of the last block of hashes. */
static void look_at_spare(struct walk *w, size_t from)
{
	for (size_t i = from; i < KF_RAUC_BLOCK_LEN; i++)
		w->spare = w->spare || w->hashes[i] != 0;
}

/* hold compares one digest with the tree's own. */
static bool hold(struct walk *w, const struct kf_verity_level *level,
		 uint64_t index, const uint8_t digest[DIGEST_LEN])
{
	uint64_t at = level->hashes_at +
		      index / PER_BLOCK * KF_RAUC_BLOCK_LEN;
	size_t within = (size_t)(index % PER_BLOCK) * DIGEST_LEN;

	if (w->hashes_at != at &&
	    !read_at(w, at, w->hashes, KF_RAUC_BLOCK_LEN))
		return false;
	w->hashes_at = at;
	if (memcmp(w->hashes + within, digest, DIGEST_LEN) != 0)
		return fail(w, RAUC_HASHES_BLOCK,
			    level->at + index * KF_RAUC_BLOCK_LEN);
	if (index + 1 == level->num)
		look_at_spare(w, within + DIGEST_LEN);
	return true;
}

/* check_level hashes all blocks of a level. */
static bool check_level(struct walk *w, const struct kf_verity_level *level)
{
	size_t room = w->env->window_len / KF_RAUC_BLOCK_LEN;
	uint64_t done = 0;

	w->hashes_at = UINT64_MAX;
	while (done < level->num) {
		uint64_t left = level->num - done;
		size_t num = left < room ? (size_t)left : room;
		uint8_t digest[DIGEST_LEN];

		if (!kf_spend(w->env, (uint64_t)num * KF_RAUC_BLOCK_LEN)) {
			w->status = KF_TOO_MUCH;
			return false;
		}
		if (!read_at(w, level->at + done * KF_RAUC_BLOCK_LEN,
			     w->env->window, num * KF_RAUC_BLOCK_LEN))
			return false;
		for (size_t i = 0; i < num; i++)
			if (!hash_of(digest, w, w->env->window +
				     i * KF_RAUC_BLOCK_LEN) ||
			    !hold(w, level, done + i, digest))
				return false;
		done += num;
	}
	return true;
}

/* check_root holds the one block at the top against the manifest. */
static bool check_root(struct walk *w, uint64_t at, const uint8_t root[])
{
	uint8_t digest[DIGEST_LEN];

	if (!read_at(w, at, w->env->window, KF_RAUC_BLOCK_LEN) ||
	    !hash_of(digest, w, w->env->window))
		return false;
	if (memcmp(digest, root, DIGEST_LEN) != 0)
		return fail(w, RAUC_HASHES_ROOT, at);
	return true;
}

enum kf_status rauc_hashes(struct rauc_bundle *bundle,
			   const struct rauc_manifest *manifest,
			   struct kf_env *env)
{
	uint64_t len = bundle->layout.payload_len;
	uint64_t data = len - manifest->hash_tree_len;
	struct kf_verity_level level[KF_VERITY_LEVELS_MAX + 1];
	struct walk w = { bundle, bundle->source, env, { 0 }, { 0 },
			  UINT64_MAX, false, KF_OK };
	uint8_t root[DIGEST_LEN];
	int levels;

	bundle->hashes_asked = true;
	bundle->hashes = RAUC_HASHES_UNKNOWN;
	if (!rauc_hex(root, manifest->hash) || !rauc_hex(w.salt,
							 manifest->salt))
		return KF_WRONG_USE;
	levels = kf_verity_lay_out(level, data / KF_RAUC_BLOCK_LEN);
	if (manifest->hash_tree_len >= len ||
	    level[levels].hashes_at > bundle->source->size) {
		(void)fail(&w, RAUC_HASHES_SHORT, len);
		return KF_OK;
	}
	for (int i = 0; i < levels; i++)
		if (!check_level(&w, &level[i]))
			return w.status;
	if (!check_root(&w, level[levels].at, root))
		return w.status;
	bundle->hashes = w.spare ? RAUC_HASHES_SPARE : RAUC_HASHES_HOLD;
	return KF_OK;
}

/* differs tells whether a block is not the one that was hashed. */
static bool differs(struct walk *w, const struct kf_verity_level *level,
		    uint64_t index)
{
	uint8_t digest[DIGEST_LEN];

	if (!kf_spend(w->env, KF_RAUC_BLOCK_LEN)) {
		w->status = KF_TOO_MUCH;
		return false;
	}
	return read_at(w, level->at + index * KF_RAUC_BLOCK_LEN,
		       w->env->window, KF_RAUC_BLOCK_LEN) &&
	       hash_of(digest, w, w->env->window) &&
	       !hold(w, level, index, digest);
}

/* mark_level marks the bad blocks of a level, below those that are bad
 * above. */
static void mark_level(struct walk *w, const struct kf_verity_level *level,
		       const uint8_t *above, uint8_t *out)
{
	w->hashes_at = UINT64_MAX;
	for (uint64_t i = 0; i < level->num && w->status == KF_OK; i++) {
		uint64_t parent = i / PER_BLOCK;

		if ((above[parent / 8] >> (parent % 8) & 1) ||
		    differs(w, level, i))
			out[i / 8] |= (uint8_t)(1u << (i % 8));
	}
}

enum kf_status rauc_bad_blocks(const uint8_t **out,
			       const struct rauc_bundle *bundle,
			       const struct rauc_manifest *manifest,
			       struct kf_env *env)
{
	uint64_t data = bundle->layout.payload_len - manifest->hash_tree_len;
	struct rauc_bundle scratch = *bundle;
	struct kf_verity_level level[KF_VERITY_LEVELS_MAX + 1];
	struct walk w = { &scratch, bundle->source, env, { 0 }, { 0 },
			  UINT64_MAX, false, KF_OK };
	uint8_t *above = kf_arena_take(env->arena, 1), root[DIGEST_LEN];
	int levels = kf_verity_lay_out(level, data / KF_RAUC_BLOCK_LEN);

	if (!above)
		return KF_NO_MEMORY;
	if (!rauc_hex(root, manifest->hash) || !rauc_hex(w.salt,
							 manifest->salt))
		return KF_WRONG_USE;
	above[0] = !check_root(&w, level[levels].at, root);
	for (int i = levels - 1; i >= 0 && w.status == KF_OK; i--) {
		uint8_t *bad = kf_arena_take(env->arena,
					     (size_t)(level[i].num / 8 + 1));

		if (!bad)
			return KF_NO_MEMORY;
		mark_level(&w, &level[i], above, bad);
		above = bad;
	}
	*out = above;
	return w.status;
}
