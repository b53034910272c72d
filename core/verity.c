/* Where the hashes of a hash tree are, and what one of them is: the tree itself
 * is read by the rules and made by who signs.
 */
#include "verity.h"

#include <string.h>

int kf_verity_lay_out(struct kf_verity_level level[KF_VERITY_LEVELS_MAX + 1],
		      uint64_t blocks)
{
	uint64_t num = blocks, at = blocks * KF_VERITY_BLOCK_LEN;
	int levels = 0;

	level[0].at = 0;
	level[0].num = blocks;
	while (num > 1 && levels < KF_VERITY_LEVELS_MAX) {
		num = (num + KF_VERITY_PER_BLOCK - 1) / KF_VERITY_PER_BLOCK;
		level[++levels].num = num;
	}
	for (int i = levels; i > 0; i--) {
		level[i].at = at;
		at += level[i].num * KF_VERITY_BLOCK_LEN;
	}
	for (int i = 0; i < levels; i++)
		level[i].hashes_at = level[i + 1].at;
	level[levels].hashes_at = at;	/* where the tree ends */
	return levels;
}

enum kf_status
kf_verity_hash(uint8_t out[KF_VERITY_DIGEST_LEN],
	       const struct kf_crypto *crypto,
	       const uint8_t salt[KF_VERITY_DIGEST_LEN], const uint8_t *block)
{
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);
	struct kf_digest value = { .len = 0 };

	if (digest) {
		crypto->digest_add(digest, kf_view(salt,
						   KF_VERITY_DIGEST_LEN));
		crypto->digest_add(digest, kf_view(block,
						   KF_VERITY_BLOCK_LEN));
		crypto->digest_end(digest, &value);
	}
	if (value.len != KF_VERITY_DIGEST_LEN)
		return KF_NO_CRYPTO;
	memcpy(out, value.bytes, KF_VERITY_DIGEST_LEN);
	return KF_OK;
}
