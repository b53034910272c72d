/* dm-verity's hash tree as RAUC's bundles have it behind their payload: version
 * 1, SHA-256, blocks of 4096 bytes, a salt of 32 bytes in front of each.
 *
 * Source: rauc/rauc, src/verity_hash.c at v1.8; cryptsetup's dm-verity format,
 * version 1.
 */
#ifndef KEYFIT_CORE_VERITY_H
#define KEYFIT_CORE_VERITY_H

#include <keyfit/crypto.h>

enum {
	KF_VERITY_BLOCK_LEN = 4096,
	KF_VERITY_DIGEST_LEN = 32,
	KF_VERITY_PER_BLOCK = KF_VERITY_BLOCK_LEN / KF_VERITY_DIGEST_LEN,
	KF_VERITY_LEVELS_MAX = 10,	/* 128^10 blocks are more than 2^64
					 * bytes */
};

/* kf_verity_level is a run of blocks, and the hashes over it. */
struct kf_verity_level {
	uint64_t at, num;	/* of its blocks */
	uint64_t hashes_at;
};

/* kf_verity_lay_out finds the levels, from the data up. The highest stands
 * first in the file; behind it `hashes_at` is where the tree ends. Returns how
 * many there are above the data. */
int kf_verity_lay_out(struct kf_verity_level level[KF_VERITY_LEVELS_MAX + 1],
		      uint64_t blocks);

/* kf_verity_hash computes the digest of one block. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status
kf_verity_hash(uint8_t out[KF_VERITY_DIGEST_LEN],
	       const struct kf_crypto *crypto,
	       const uint8_t salt[KF_VERITY_DIGEST_LEN], const uint8_t *block);

#endif
