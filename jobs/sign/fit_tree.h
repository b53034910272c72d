/* What a signature of a FIT's configuration covers.
 */
#ifndef KEYFIT_JOBS_SIGN_FIT_TREE_H
#define KEYFIT_JOBS_SIGN_FIT_TREE_H

#include "make.h"

#include "core/fdt.h"

enum {
	KF_FIT_NODES_MAX = 100,		/* FIT-10 */
	KF_FIT_PATHS_MAX = 4096,
};

/* kf_fit_cover is the nodes that one signature covers: numbers in the tree, and
 * their paths as hashed-nodes lists them, each with its NUL. */
struct kf_fit_cover {
	uint32_t node[KF_FIT_NODES_MAX];
	size_t num;
	char paths[KF_FIT_PATHS_MAX];
	size_t paths_len;
};

/* kf_fit_cover_find finds them. Fails: KF_WRONG_USE, there are none that a
 * device would take, or too many. */
KF_MUST enum kf_status kf_fit_cover_find(struct kf_fit_cover *out,
					 struct kf_fdt *fdt,
					 uint32_t configuration,
					 struct kf_env *env,
					 struct kf_fault *why);

/* kf_fit_cover_digest hashes them, and the first `strings` bytes of the names
 * of properties. The tree may have grown, but has the same nodes. */
KF_MUST enum kf_status kf_fit_cover_digest(struct kf_digest *out,
					   const struct kf_fit_cover *cover,
					   struct kf_fdt *fdt,
					   uint32_t strings,
					   enum kf_digest_kind kind,
					   struct kf_env *env);

#endif
