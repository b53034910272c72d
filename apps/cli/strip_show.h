/* What keyfit strip answers: the signatures of a file, and two files held
 * against each other; for people or as JSON.
 */
#ifndef KEYFIT_APPS_CLI_STRIP_SHOW_H
#define KEYFIT_APPS_CLI_STRIP_SHOW_H

#include "analysis/compare.h"
#include "host/json_write.h"

/* kf_strip_show is where it is shown. `json` NULL: for people. */
struct kf_strip_show {
	struct kf_output *out;
	struct kf_json *json;
	struct kf_env *env;
};

/* kf_strip_digests are the digests of an image, all kinds. */
struct kf_strip_digests {
	struct kf_digest of[KF_NUM_DIGESTS];
};

/* kf_strip_list writes a file's signatures.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_strip_list(const struct kf_strip_show *show,
				     const char *path,
				     const struct kf_signatures *file,
				     const struct kf_strip_digests *digests);

/* kf_strip_compared writes what became of two files; returns through `same`
 * whether they are one image. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_strip_compared(const struct kf_strip_show *show,
					 const char *const path[2],
					 const struct kf_signatures *file,
					 const struct kf_comparison *found);

/* kf_strip_unfit says why a file's signatures cannot be told from its image. */
void kf_strip_unfit(struct kf_fault *why, const struct kf_signatures *file);

#endif
