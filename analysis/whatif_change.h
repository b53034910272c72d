/* One change of a plan: whether the device takes it, and by whose right. What
 * analysis/whatif.c plays.
 */
#ifndef KEYFIT_ANALYSIS_WHATIF_CHANGE_H
#define KEYFIT_ANALYSIS_WHATIF_CHANGE_H

#include "whatif.h"

/* kf_step_open makes ready what will be asked about, once for all orders.
 * Fails: KF_NO_MEMORY and as reading does. */
KF_MUST enum kf_status kf_step_open(struct kf_step *out,
				    const struct kf_change *change,
				    struct kf_env *env);

/* kf_step_judge asks a device as it is now; the verdict is lent. The step's
 * artifact stays as it is. Fails: as kf_check does. */
KF_MUST enum kf_status kf_step_judge(struct kf_step *step,
				     const struct kf_store *store,
				     const struct kf_rules *update,
				     struct kf_verdict *verdict,
				     struct kf_env *env);

/* kf_step_compare notes what the change did to its part. */
void kf_step_compare(struct kf_step *step, const struct kf_sides *before,
		     const struct kf_sides *after);

#endif
