/* The hash tree of a RAUC bundle, and its manifest.
 *
 * The manifest stays as it is, but for three lines: root, salt and size.
 *
 * Source: rauc/rauc at v1.8, src/bundle.c: sign_bundle; src/verity_hash.c:
 * r_verity_hash_create.
 */
#include "rauc_verity.h"

#include "core/hex.h"
#include "core/verity.h"

#include <stdio.h>
#include <string.h>

enum {
	/* The tree is made in memory. */
	PAYLOAD_MAX = 1 << 30,
	LINES_MAX = 256,
};

/* growing is a tree that is made. */
struct growing {
	struct kf_making *m;
	struct kf_verity_level level[KF_VERITY_LEVELS_MAX + 1];
	int levels;
	uint64_t payload_len;
	uint8_t *tree;
	uint8_t salt[KF_VERITY_DIGEST_LEN];
};

/* hash_data hashes the payload's own blocks. */
static enum kf_status hash_data(struct growing *g)
{
	const struct kf_source *source = g->m->source;
	struct kf_env *env = g->m->env;
	size_t room = env->window_len / KF_VERITY_BLOCK_LEN;
	uint8_t *out = g->tree + (g->level[0].hashes_at - g->payload_len);
	uint64_t num = g->level[0].num;

	for (uint64_t done = 0; done < num;) {
		size_t some = num - done < room ? (size_t)(num - done) : room;

		if (!source->read_at(source->self, done * KF_VERITY_BLOCK_LEN,
				     env->window, some * KF_VERITY_BLOCK_LEN))
			return KF_CANNOT_READ;
		for (size_t i = 0; i < some; i++) {
			if (kf_verity_hash(out, g->m->crypto, g->salt,
					   env->window +
					   i * KF_VERITY_BLOCK_LEN) != KF_OK)
				return KF_NO_CRYPTO;
			out += KF_VERITY_DIGEST_LEN;
		}
		done += some;
	}
	return KF_OK;
}

/* hash_level hashes a level of hashes into the one above; of the highest, its
 * only block into the root. */
static enum kf_status hash_level(struct growing *g, int number,
				 uint8_t root[KF_VERITY_DIGEST_LEN])
{
	const struct kf_verity_level *level = &g->level[number];
	const uint8_t *block = g->tree + (level->at - g->payload_len);
	uint8_t *out = number == g->levels
		? root : g->tree + (level->hashes_at - g->payload_len);
	enum kf_status status = KF_OK;

	for (uint64_t i = 0; i < level->num && status == KF_OK; i++) {
		status = kf_verity_hash(out, g->m->crypto, g->salt, block);
		block += KF_VERITY_BLOCK_LEN;
		out += KF_VERITY_DIGEST_LEN;
	}
	return status;
}

/* make_salt takes the payload's own digest. */
static enum kf_status make_salt(struct growing *g)
{
	struct kf_making *m = g->m;
	const struct kf_scheme scheme = m->scheme;
	enum kf_status status;

	m->scheme.digest = KF_SHA256;
	status = kf_making_digest(m, 0, m->source->size);
	m->scheme = scheme;
	if (status == KF_OK)
		memcpy(g->salt, m->covered.bytes, sizeof(g->salt));
	return status;
}

/* write_manifest puts the three lines behind the one that ends at `end`. */
static enum kf_status write_manifest(struct kf_bytes *manifest,
				     const struct growing *g, size_t end,
				     const uint8_t *root, size_t tree_len)
{
	char root_text[2 * KF_VERITY_DIGEST_LEN + 1] = "";
	char salt_text[2 * KF_VERITY_DIGEST_LEN + 1] = "";
	char *out = kf_arena_take(g->m->env->arena,
				  manifest->len + LINES_MAX);
	bool open = end && manifest->data[end - 1] != '\n';
	int len;

	if (!out)
		return KF_NO_MEMORY;
	kf_hex(root_text, kf_view(root, KF_VERITY_DIGEST_LEN));
	kf_hex(salt_text, kf_view(g->salt, KF_VERITY_DIGEST_LEN));
	memcpy(out, manifest->data, end);
	len = snprintf(out + end, LINES_MAX,
		       "%sverity-hash=%s\nverity-salt=%s\nverity-size=%zu\n",
		       open ? "\n" : "", root_text, salt_text, tree_len);
	memcpy(out + end + len, manifest->data + end, manifest->len - end);
	*manifest = kf_view(out, manifest->len + (size_t)len);
	return KF_OK;
}

/* line_end is where the line ends in which a view of the manifest lies. */
static size_t line_end(struct kf_bytes manifest, struct kf_bytes view)
{
	size_t at = (size_t)(view.data + view.len - manifest.data);

	while (at < manifest.len && manifest.data[at] != '\n')
		at++;
	return at < manifest.len ? at + 1 : at;
}

enum kf_status kf_rauc_verity_tree(struct kf_bytes *tree,
				   struct kf_bytes *manifest,
				   struct kf_making *m, struct kf_bytes after,
				   struct kf_fault *why)
{
	struct growing g = { .m = m, .payload_len = m->source->size };
	uint8_t root[KF_VERITY_DIGEST_LEN] = { 0 };
	enum kf_status status;
	size_t len;

	if (g.payload_len > PAYLOAD_MAX) {
		kf_fault_say(why, "rauc bundle makes longer ones",
			     "is longer than 1 GiB: the hash tree is made in memory");
		return KF_WRONG_USE;
	}
	g.levels = kf_verity_lay_out(g.level, g.payload_len /
					      KF_VERITY_BLOCK_LEN);
	if (!g.levels) {
		kf_fault_say(why, NULL, "is one block: a verity bundle needs two, and a hash tree over them");
		return KF_WRONG_USE;
	}
	len = (size_t)(g.level[g.levels].hashes_at - g.payload_len);
	g.tree = kf_arena_take(m->env->arena, len);
	status = g.tree ? make_salt(&g) : KF_NO_MEMORY;
	if (status == KF_OK)
		status = hash_data(&g);
	for (int i = 1; i <= g.levels && status == KF_OK; i++)
		status = hash_level(&g, i, root);
	*tree = kf_view(g.tree, len);
	return status == KF_OK
		? write_manifest(manifest, &g, line_end(*manifest, after),
				 root, len) : status;
}
