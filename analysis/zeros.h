/* What fills up room in files is zeros, and counts for nothing.
 */
#ifndef KEYFIT_ANALYSIS_ZEROS_H
#define KEYFIT_ANALYSIS_ZEROS_H

#include <keyfit/env.h>

/* kf_are_zeros tells whether bytes of a file are zeros. It uses the window.
 * Fails: KF_CANNOT_READ, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_are_zeros(bool *out, const struct kf_source *source,
				    struct kf_env *env, uint64_t at,
				    uint64_t len);

#endif
