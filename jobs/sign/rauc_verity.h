/* A RAUC bundle of the format verity: the hash tree over the payload, and the
 * manifest that names its root.
 */
#ifndef KEYFIT_JOBS_SIGN_RAUC_VERITY_H
#define KEYFIT_JOBS_SIGN_RAUC_VERITY_H

#include "make.h"

/* kf_rauc_verity_tree makes the tree and the manifest, in the arena. `after` is
 * the line of the manifest behind which root, salt and size are put. The salt
 * is the payload's SHA-256: the same payload gives the same tree.
 * Fails: KF_WRONG_USE, the payload has no tree; KF_CANNOT_READ, KF_NO_MEMORY,
 * KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_rauc_verity_tree(struct kf_bytes *tree,
					   struct kf_bytes *manifest,
					   struct kf_making *m,
					   struct kf_bytes after,
					   struct kf_fault *why);

#endif
