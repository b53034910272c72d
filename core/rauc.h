/* Where things are in a RAUC bundle, and what its manifest says.
 *
 * A bundle is a payload (squashfs, with a hash tree behind it in the formats
 * verity and crypt), a CMS, and the CMS's length in eight bytes.
 *
 * Source: rauc/rauc, src/bundle.c:open_local_bundle at v1.8; docs/reference.rst
 * (Bundle Formats).
 */
#ifndef KEYFIT_CORE_RAUC_H
#define KEYFIT_CORE_RAUC_H

#include <keyfit/artifact.h>

enum {
	KF_RAUC_TAIL_LEN = 8,
	KF_RAUC_BLOCK_LEN = 4096,
	/* A CMS that is longer is not looked at. Source: HEAD's default and
	 * all releases have 64 KiB; newer ones can be told another bound. */
	KF_RAUC_CMS_MAX = 4 << 20,
};

/* kf_rauc is a bundle's layout. `damage` has a field where it does not add
 * up; `cms_len` is then as the file says it. */
struct kf_rauc {
	uint64_t payload_len;
	uint64_t cms_at;
	uint64_t cms_len;
	struct kf_damage damage;
};

/* kf_rauc_read finds the parts. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_rauc_read(struct kf_rauc *out,
				    const struct kf_source *source);

/* kf_rauc_cms reads the CMS. Fails: KF_CANNOT_READ, KF_NO_MEMORY; KF_WRONG_USE
 * where the layout does not add up, or it is too long. */
KF_MUST enum kf_status kf_rauc_cms(struct kf_bytes *out,
				   const struct kf_rauc *bundle,
				   const struct kf_source *source,
				   struct kf_env *env);

/* kf_rauc_payload yields the bytes of a payload, or its first `size`. */
struct kf_rauc_slice {
	const struct kf_source *whole;
};

struct kf_source kf_rauc_payload(struct kf_rauc_slice *slice,
				 const struct kf_source *source,
				 uint64_t size);

#endif
