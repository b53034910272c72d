/* Where a signature goes in SWUpdate's archives.
 */
#ifndef KEYFIT_JOBS_SIGN_SWU_PUT_H
#define KEYFIT_JOBS_SIGN_SWU_PUT_H

#include "make.h"

/* kf_swu_places: the archive up to `put_at` comes first, then the signature,
 * then the rest from `rest_at` on; what is between was a signature. */
struct kf_swu_places {
	uint64_t put_at, rest_at;
	bool has_sums;
};

/* kf_swu_places_read finds the places, and digests sw-description.
 * Fails: KF_WRONG_USE, it is no such archive. */
KF_MUST enum kf_status kf_swu_places_read(struct kf_swu_places *out,
					  struct kf_making *m,
					  struct kf_fault *why);

/* kf_swu_put fills the patch. */
KF_MUST enum kf_status kf_swu_put(struct kf_making *m,
				  const struct kf_swu_places *places,
				  struct kf_bytes signature);

#endif
