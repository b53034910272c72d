/* The digest of a PE image that its signatures cover, and the one that a
 * signature says it covers.
 */
#ifndef KEYFIT_ANALYSIS_AUTHENTICODE_H
#define KEYFIT_ANALYSIS_AUTHENTICODE_H

#include "core/pe.h"

enum {
	/* Far more than any loader's; each is sorted by its place. */
	KF_IMAGE_SECTIONS_MAX = 256,
};

/* kf_image is the image in a PE file: its first `len` bytes, without the
 * certificate table, and `pad` zeros behind them. */
struct kf_image {
	const struct kf_pe *pe;
	const struct kf_source *source;
	uint64_t len;
	uint64_t pad;
};

/* kf_image_digest fills those of `out` that have their bit in `wanted`: headers
 * without checksum and certificate entry, sections by their place, the rest.
 * Fails: KF_WRONG_USE when headers or sections do not lie in the image, or are
 * together longer; KF_CANNOT_READ, KF_TOO_MUCH, KF_NO_CRYPTO.
 * Source: Microsoft, "Windows Authenticode Portable Executable Signature
 * Format", "Calculating the PE Image Hash". */
KF_MUST enum kf_status kf_image_digest(struct kf_digest out[KF_NUM_DIGESTS],
				       const struct kf_image *image,
				       unsigned wanted, struct kf_env *env);

/* kf_content_digest takes the digest out of the content of an Authenticode
 * signature, SpcIndirectDataContent. Fails: false when it is none, or when its
 * algorithm is not known. */
KF_MUST bool kf_content_digest(struct kf_bytes *out, enum kf_digest_kind *kind,
			       const struct kf_signed_facts *facts);

#endif
