/* A device as a fleet keeps it: all that its verifiers decide by, and nothing
 * that tells one device from another one that trusts the same.
 *
 * It is JSON, always the same for the same device: parts and settings stand in
 * the order of their names. Bytes stand in it as base64, or only by their
 * SHA-256, where somebody else keeps them.
 */
#ifndef KEYFIT_HOST_STORED_H
#define KEYFIT_HOST_STORED_H

#include "output.h"

/* kf_keep takes the bytes of a part; equal ones may come again. */
typedef enum kf_status kf_keep(void *self, const struct kf_digest *sha256,
			       struct kf_bytes bytes, struct kf_fault *why);

/* kf_stored_write writes a device. `name` NULL: none stands in it. `keep` NULL:
 * the bytes stand in it. Fails: as `keep` does; KF_NO_CRYPTO; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_stored_write(struct kf_output *out,
				       const struct kf_device *device,
				       const char *name, kf_keep *keep,
				       void *self, struct kf_fault *why);

/* kf_stored_digest is the digest of a device's class: that of the text with
 * the SHA-256 of its parts, and without a name. Fails: KF_NO_CRYPTO;
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_stored_digest(struct kf_digest *out,
					const struct kf_device *device,
					const struct kf_crypto *crypto,
					struct kf_fault *why);

/* kf_sha256 digests bytes. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_sha256(struct kf_digest *out, struct kf_bytes bytes,
				 const struct kf_crypto *crypto,
				 struct kf_fault *why);

#endif
